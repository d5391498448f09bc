use std::time::Duration;

use axum::response::Response;
use serde_json::{Value, json};

use super::stub::{Asked, Stub, ok, status, versioned};
use super::{Kept, LeftOut, fetcher, now};
use crate::sources::{MispFeed, Source};

pub fn source(url: &str) -> Source {
    Source::MispFeed(MispFeed::new("circl-osint", &format!("{url}/feed")).unwrap())
}

pub fn uuid(number: usize) -> String {
    format!("56D76936-0d34-44ff-a8c5-{number:012x}")
}

/// A manifest with so many events, each changed some minutes before the one before it.
pub fn manifest(count: usize) -> Value {
    let event = |number: usize| {
        let changed_at = now().as_second() - 60 * i64::try_from(number).unwrap();
        let about = json!({"Orgc": {"name": "CIRCL"}, "Tag": [], "info": "C2", "date": "2026-10-01", "timestamp": changed_at.to_string()});
        (uuid(number), about)
    };
    Value::Object((0..count).map(event).collect())
}

fn event(path: &str) -> Response {
    let number = path.strip_suffix(".json").and_then(|path| path.rsplit('-').next()).unwrap();
    ok(json!({"Event": {
        "info": format!("Event {number}"),
        "Attribute": [
            {"type": "domain", "value": format!("a{number}.example"), "to_ids": true, "timestamp": "1790900000"},
            {"type": "link", "value": "https://example.com/report", "to_ids": false, "timestamp": "1790900000"},
            {"type": "domain", "value": "victim.example", "to_ids": false, "timestamp": "1790900000"},
        ],
        "Object": [{"Attribute": [
            {"type": "domain", "value": format!("b{number}.example"), "to_ids": true, "timestamp": "1790900000"},
        ]}],
    }})
    .to_string())
}

/// A web server with the feed.
pub fn answer(asked: &Asked, manifest: &Value) -> Response {
    match asked.path.as_str() {
        "/feed/manifest.json" => versioned(asked, &manifest.to_string()),
        path => event(path),
    }
}

#[tokio::test]
async fn events_that_have_changed_are_read_and_no_others() {
    let mut all = manifest(25);
    let old = json!({"timestamp": (now() - Duration::from_hours(181 * 24)).as_second().to_string()});
    all[uuid(99)] = old;
    all["../../etc/passwd"] = json!({"timestamp": "1791028800"});
    all["not-a-uuid"] = json!({"timestamp": "1791028800"});
    let mut changed = all.clone();
    changed[uuid(3)]["timestamp"] = json!(now().as_second() + 3_600);
    changed[uuid(3)]["info"] = json!("C2, changed");
    changed[uuid(30)] = json!({"timestamp": now().as_second()});
    let stub =
        Stub::new(move |asked, number| answer(asked, if number <= 27 { &all } else { &changed })).await;
    let (fetcher, source) = (fetcher(&stub.url), source(&stub.url));
    let mut kept = Kept::default();
    // The manifest, and three batches.
    assert_eq!(kept.run(&fetcher, &source, now()).await.unwrap(), 4);
    assert_eq!((kept.rows.len(), stub.asked().len()), (50, 26));
    assert_eq!(kept.shown()[0], "a000000000000.example \"Event 000000000000\" until 03-31 00:13");
    assert_eq!(kept.tally[&LeftOut::Context], 25);
    // Nothing is new.
    kept.run(&fetcher, &source, now()).await.unwrap();
    assert_eq!((kept.unchanged, stub.asked().len()), (1, 27));
    // Two are.
    kept.run(&fetcher, &source, now()).await.unwrap();
    let asked: Vec<String> = stub.asked().iter().skip(28).map(|asked| asked.path.clone()).collect();
    let expected = [uuid(3), uuid(30)].map(|uuid| format!("/feed/{}.json", uuid.to_ascii_lowercase()));
    assert_eq!(asked, expected);
    assert_eq!(kept.rows.len(), 52);
}

#[tokio::test]
async fn an_event_that_is_broken_is_left_out_until_it_changes_and_a_server_in_trouble_is_asked_again() {
    let stub = Stub::new(|asked, number| match asked.path.as_str() {
        path if path.ends_with("00001.json") => status(404),
        path if path.ends_with("00002.json") => ok("{\"Event\":[]}"),
        path if path.ends_with("00005.json") && number < 9 => status(503),
        _ => answer(asked, &manifest(12)),
    })
    .await;
    let (fetcher, source) = (fetcher(&stub.url), source(&stub.url));
    let mut kept = Kept::default();
    // What came before the trouble is handed over, and then the trouble.
    let error = kept.run(&fetcher, &source, now()).await.unwrap_err();
    assert_eq!((error.reason(), kept.rows.len()), ("server_error", 6));
    kept.run(&fetcher, &source, now()).await.unwrap();
    assert_eq!(kept.rows.len(), 20);
    assert_eq!(kept.tally[&LeftOut::Unreadable], 2);
    let requests = stub.asked().iter().filter(|asked| asked.path.ends_with("00005.json")).count();
    assert_eq!(requests, 3);
    kept.run(&fetcher, &source, now()).await.unwrap();
    assert_eq!(kept.unchanged, 1);
}

#[tokio::test]
async fn the_newest_thousand_events_are_kept_in_mind() {
    let all = manifest(3_000);
    let stub = Stub::new(move |asked, _| answer(asked, &all)).await;
    let mut kept = Kept::default();
    // The helper sees to it that the state stays small.
    assert!(kept.step(&fetcher(&stub.url), &source(&stub.url), now()).await.unwrap());
    let state = serde_json::to_value(&kept.state).unwrap();
    assert_eq!(state["waiting"].as_object().unwrap().len(), 1_000);
    assert!(kept.step(&fetcher(&stub.url), &source(&stub.url), now()).await.unwrap());
    assert_eq!(kept.entries()[0], "a000000000000.example");
}

#[tokio::test]
async fn a_manifest_that_is_none_or_has_lost_its_events_is_an_error() {
    for (text, reason) in [
        ("[]", "unreadable"),
        ("{", "truncated"),
        ("{}", "shrunk"),
        ("{\"a\":1}", "unreadable"),
        ("<html>", "web_page"),
    ] {
        let stub = Stub::new(move |_, _| ok(text)).await;
        let error = Kept::default().run(&fetcher(&stub.url), &source(&stub.url), now()).await.unwrap_err();
        assert_eq!(error.reason(), reason, "{text}");
    }
    let stub = Stub::new(|asked, number| answer(asked, &manifest(if number == 1 { 50 } else { 20 }))).await;
    let (fetcher, source) = (fetcher(&stub.url), source(&stub.url));
    let mut kept = Kept::default();
    kept.run(&fetcher, &source, now()).await.unwrap();
    let error = kept.run(&fetcher, &source, now()).await.unwrap_err();
    assert_eq!(error.reason(), "shrunk");
    assert_eq!(error.feed, "circl-osint");
}
