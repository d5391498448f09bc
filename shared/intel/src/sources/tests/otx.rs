use std::time::Duration;

use axum::response::Response;
use serde_json::{Value, json};

use super::stub::{Asked, Stub, ok, status};
use super::{Kept, LeftOut, fetcher, now};
use crate::sources::{FetchError, Source};

/// Pulses as OTX has them: each with two indicators, every tenth with 250 more behind another request.
pub fn pulses(count: usize) -> Vec<Value> {
    let pulse = |number: usize| {
        json!({
            "id": id(number),
            "name": format!("Pulse {number}"),
            "author_name": "someone",
            "modified": "2026-10-01T09:43:18.855000",
            "tags": ["c2"],
            "more_indicators": number.is_multiple_of(10),
            "indicators": [
                {"id": 1, "indicator": format!("host{number}.evil.example"), "type": "hostname", "title": "", "expiration": null, "is_active": 1},
                {"id": 2, "indicator": format!("203.0.113.{}", number % 50), "type": "IPv4", "title": "", "expiration": "2026-10-20T00:00:00", "is_active": 1},
            ],
        })
    };
    (0..count).map(pulse).collect()
}

fn id(number: usize) -> String {
    format!("{number:024x}")
}

/// What OTX says when all is well.
pub fn answer(asked: &Asked, pulses: &[Value]) -> Response {
    let page = asked.number("page");
    if asked.path == "/api/v1/pulses/subscribed" {
        let size = asked.number("limit");
        let results: Vec<&Value> = pulses.iter().skip((page - 1) * size).take(size).collect();
        let more = page * size < pulses.len();
        return paged(
            &json!(results),
            more.then(|| format!("/api/v1/pulses/subscribed?limit={size}&page={}", page + 1)).as_deref(),
        );
    }
    if asked.path == "/api/v1/indicators/export" {
        let all: Vec<&Value> =
            pulses.iter().flat_map(|pulse| pulse["indicators"].as_array().unwrap()).collect();
        let results: Vec<Value> = all
            .chunks(10)
            .nth(page - 1)
            .unwrap_or_default()
            .iter()
            .map(|indicator| json!({"indicator": indicator["indicator"], "type": indicator["type"], "title": null}))
            .collect();
        let more = page * 10 < all.len();
        return paged(
            &json!(results),
            more.then(|| format!("/api/v1/indicators/export?page={}", page + 1)).as_deref(),
        );
    }
    let number = asked.path.split('/').nth(4).and_then(|id| usize::from_str_radix(id, 16).ok()).unwrap();
    assert!(asked.path.ends_with("/indicators") && number.is_multiple_of(10), "{}", asked.path);
    let results: Vec<Value> = (0..250)
        .skip((page - 1) * 100)
        .take(100)
        .map(|index| json!({"indicator": format!("more{index}.of{number}.example"), "type": "domain", "is_active": 1}))
        .collect();
    paged(
        &json!(results),
        (page < 3).then(|| format!("https://elsewhere.example/x?page={}", page + 1)).as_deref(),
    )
}

fn paged(results: &Value, next: Option<&str>) -> Response {
    ok(json!({"results": results, "count": 9, "previous": null, "next": next}).to_string())
}

#[tokio::test]
async fn subscribed_pulses_are_read_page_by_page_and_large_ones_to_their_end() {
    let stub = Stub::new(|asked, _| answer(asked, &pulses(45))).await;
    let fetcher = fetcher(&stub.url);
    let mut kept = Kept::default();
    // Three pages of pulses, and three of indicators for each of five pulses.
    assert_eq!(kept.run(&fetcher, &Source::Otx, now()).await.unwrap(), 3 + 5 * 3);
    assert_eq!(kept.rows.len(), 45 + 45 + 5 * 250);
    let shown = kept.shown();
    assert!(shown.contains(&"host7.evil.example \"Pulse 7\"".to_owned()));
    assert!(shown.contains(&"203.0.113.7 \"Pulse 7\" until 10-20 00:00".to_owned()));
    assert!(shown.contains(&"more249.of40.example \"Pulse 40\"".to_owned()));
    let asked = stub.asked();
    assert_eq!(asked[0].query["modified_since"], "2026-04-06T12:00:00");
    assert!(asked.iter().all(|asked| asked.header("x-otx-api-key") == "k3y"));
    // An hour later only what has changed since is asked for; a week later everything once more.
    for (hours, since) in [(1, "2026-10-03T10:00:00"), (8 * 24, "2026-04-14T12:00:00")] {
        let before = stub.asked().len();
        let at = now() + Duration::from_hours(hours);
        kept.run(&fetcher, &Source::Otx, at).await.unwrap();
        assert_eq!(stub.asked()[before].query["modified_since"], since);
    }
}

#[tokio::test]
async fn pages_that_time_out_become_smaller() {
    for (largest, too_large) in [(20, 0), (10, 1), (5, 2)] {
        let stub = Stub::new(move |asked, _| {
            let is_too_large = asked.path.ends_with("/subscribed") && asked.number("limit") > largest;
            if is_too_large { status(504) } else { answer(asked, &pulses(45)) }
        })
        .await;
        let mut kept = Kept::default();
        kept.run(&fetcher(&stub.url), &Source::Otx, now()).await.unwrap();
        let asked = stub.asked();
        assert_eq!(
            asked.iter().filter(|asked| asked.number("limit") == 20).count(),
            if largest < 20 { 1 } else { 3 }
        );
        assert_eq!(
            asked
                .iter()
                .filter(|asked| asked.path.ends_with("/subscribed") && asked.number("limit") > largest)
                .count(),
            too_large
        );
        assert_eq!(kept.rows.len(), 90 + 5 * 250, "{largest}");
    }
}

#[tokio::test]
async fn when_no_page_comes_for_two_hours_the_export_takes_over() {
    let stub =
        Stub::new(
            |asked, _| {
                if asked.path.ends_with("/subscribed") { status(504) } else { answer(asked, &pulses(45)) }
            },
        )
        .await;
    let fetcher = fetcher(&stub.url);
    let mut kept = Kept::default();
    for minutes in [0, 60, 119] {
        let at = now() + Duration::from_mins(minutes);
        let error = kept.run(&fetcher, &Source::Otx, at).await.unwrap_err();
        assert_eq!((error.reason(), error.is_transient()), ("server_error", true));
    }
    kept.run(&fetcher, &Source::Otx, now() + Duration::from_hours(2)).await.unwrap();
    assert_eq!(kept.rows.len(), 90);
    let asked = stub.asked();
    let exported = asked.iter().find(|asked| asked.path.ends_with("/export")).unwrap();
    assert_eq!(exported.query["modified_since"], "2026-04-06T12:00:00");
    assert!(exported.query["types"].starts_with("IPv4,IPv6,CIDR,domain,hostname,URL,FileHash-MD5"));
    // The next round begins with pulses again.
    let before = asked.len();
    kept.run(&fetcher, &Source::Otx, now() + Duration::from_hours(3)).await.unwrap_err();
    assert_eq!(stub.asked()[before].number("limit"), 20);
}

#[tokio::test]
async fn a_page_that_was_read_is_not_read_again_when_the_next_one_is_too_large() {
    let stub = Stub::new(|asked, _| {
        let is_too_large =
            asked.path.ends_with("/subscribed") && asked.number("page") > 1 && asked.number("limit") == 20;
        if is_too_large { status(504) } else { answer(asked, &pulses(45)) }
    })
    .await;
    let mut kept = Kept::default();
    kept.run(&fetcher(&stub.url), &Source::Otx, now()).await.unwrap();
    let subscribed: Vec<(usize, usize)> = stub
        .asked()
        .iter()
        .filter(|asked| asked.path.ends_with("/subscribed"))
        .map(|asked| (asked.number("limit"), asked.number("page")))
        .collect();
    assert_eq!(subscribed, [(20, 1), (20, 2), (10, 3), (10, 4), (10, 5)]);
    assert_eq!(kept.rows.len(), 90 + 5 * 250);
}

#[tokio::test]
async fn the_rest_of_a_pulse_that_does_not_come_is_left_for_the_next_round() {
    let stub = Stub::new(|asked, _| {
        let is_broken = asked.path == format!("/api/v1/pulses/{}/indicators", id(0));
        let is_gone = asked.path == format!("/api/v1/pulses/{}/indicators", id(10));
        match (is_broken, is_gone) {
            (true, _) => status(500),
            (_, true) => status(404),
            _ => answer(asked, &pulses(25)),
        }
    })
    .await;
    let fetcher = fetcher(&stub.url);
    let mut kept = Kept::default();
    // At the next run, a quarter of an hour later, the round goes on without it.
    let quarter = Duration::from_mins(15);
    let error = kept.run(&fetcher, &Source::Otx, now()).await.unwrap_err();
    assert_eq!((error.reason(), kept.rows.len()), ("server_error", 40));
    kept.run(&fetcher, &Source::Otx, now() + quarter).await.unwrap();
    assert_eq!(kept.rows.len(), 50 + 250);
    // The full round is over; the next one that leaves something out is read again from where it began.
    for hours in [1, 2, 3] {
        let (before, at) = (stub.asked().len(), now() + Duration::from_hours(hours));
        kept.run(&fetcher, &Source::Otx, at).await.unwrap_err();
        kept.run(&fetcher, &Source::Otx, at + quarter).await.unwrap();
        assert_eq!(stub.asked()[before].query["modified_since"], "2026-10-03T10:00:00");
    }
}

#[tokio::test]
async fn an_interrupted_round_is_begun_anew_after_a_day() {
    let stub = Stub::new(|asked, _| answer(asked, &pulses(45))).await;
    let fetcher = fetcher(&stub.url);
    let mut kept = Kept::default();
    assert!(kept.step(&fetcher, &Source::Otx, now()).await.unwrap());
    for (hours, path) in [(23, "/indicators"), (24, "/api/v1/pulses/subscribed")] {
        assert!(kept.step(&fetcher, &Source::Otx, now() + Duration::from_hours(hours)).await.unwrap());
        assert!(stub.asked().last().unwrap().path.ends_with(path), "{hours}");
    }
    assert_eq!(stub.asked().last().unwrap().number("page"), 1);
}

#[tokio::test]
async fn what_pages_hold_is_judged_and_where_they_point_is_not_followed() {
    let page = |next: Value| {
        json!({"next": next, "results": [
            {"id": "../../users/me", "name": "Paths", "more_indicators": true, "indicators": []},
            {"id": id(1), "name": 7, "more_indicators": "no", "indicators": [
                {"indicator": "192.168.113.98", "type": "IPv4", "is_active": 1},
                {"indicator": "8.8.8.8", "type": "IPv4", "is_active": 1},
                {"indicator": "203.0.113.1", "type": "IPv4", "expiration": "2026-09-05T00:00:00", "is_active": 1},
                {"indicator": "203.0.113.2", "type": "IPv4", "is_active": 0},
                {"indicator": "CVE-2026-1", "type": "CVE"},
                {"indicator": "evil.example", "type": "domain"},
                {"indicator": "EVIL.example.", "type": "hostname"},
            ]},
            {"id": null, "indicators": "none", "indicator": "203.0.113.3", "type": "IPv4"},
        ]})
        .to_string()
    };
    let text = page(json!("http://127.0.0.1:9/steal?page=2"));
    let last = page(Value::Null);
    let stub = Stub::new(move |_, number| ok(if number == 1 { text.clone() } else { last.clone() })).await;
    let mut kept = Kept::default();
    assert_eq!(kept.run(&fetcher(&stub.url), &Source::Otx, now()).await.unwrap(), 2);
    assert_eq!(kept.entries(), ["203.0.113.3", "evil.example"]);
    let expected = [
        (LeftOut::Duplicate, 2),
        (LeftOut::Ended, 4),
        (LeftOut::OtherType, 2),
        (LeftOut::NotGlobal, 2),
        (LeftOut::WellKnown, 2),
    ];
    assert_eq!(kept.tally, expected.into());
    assert_eq!(stub.asked()[1].number("page"), 2);
}

#[tokio::test]
async fn a_pulse_full_of_nonsense_does_not_stop_the_others() {
    let page = r#"{"results":[1,[2],{"name":"junk","indicators":[{"indicator":"a b","type":"IPv4"},{"type":"IPv4"},{}]},
        {"name":"fine","indicators":[{"indicator":"evil.example","type":"domain"}]}],"next":null}"#;
    let stub = Stub::new(move |_, _| ok(page)).await;
    let mut kept = Kept::default();
    kept.run(&fetcher(&stub.url), &Source::Otx, now()).await.unwrap();
    assert_eq!(kept.entries(), ["evil.example"]);
    assert_eq!(kept.tally, [(LeftOut::Unreadable, 5)].into());
}

#[tokio::test]
async fn pages_that_are_none_are_an_error() {
    for (text, reason) in [
        ("[]", "unreadable"),
        ("{}", "unreadable"),
        (r#"{"results":null}"#, "unreadable"),
        (r#"{"results":{},"next":null}"#, "unreadable"),
        (r#"{"results":[],"next":"/x?page=1"}"#, "unreadable"),
        (r#"{"results":[],"next":"/x?page=4000000000"}"#, "unreadable"),
        (r#"{"detail":"Authentication required"}"#, "unreadable"),
        ("<html></html>", "web_page"),
    ] {
        let stub = Stub::new(move |_, _| ok(text)).await;
        let error = Kept::default().run(&fetcher(&stub.url), &Source::Otx, now()).await.unwrap_err();
        assert_eq!(error.reason(), reason, "{text}");
    }
    for (code, reason) in [(403, "unauthorized"), (429, "rate_limited"), (400, "refused")] {
        let stub = Stub::new(move |_, _| status(code)).await;
        let error: FetchError =
            Kept::default().run(&fetcher(&stub.url), &Source::Otx, now()).await.unwrap_err();
        assert_eq!(error.reason(), reason, "{code}");
    }
}
