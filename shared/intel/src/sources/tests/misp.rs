use std::time::Duration;

use axum::response::Response;
use serde_json::{Value, json};

use super::stub::{Asked, Stub, ok, status};
use super::{Kept, LeftOut, fetcher, key, now};
use crate::sources::{Source, State, Step};

fn attribute(kind: &str, value: &str) -> Value {
    json!({
        "id": "69583", "event_id": "145", "type": kind, "value": value, "to_ids": true, "deleted": false,
        "timestamp": "1790900000", "first_seen": null, "last_seen": null, "comment": "",
        "Event": {"id": "145", "info": "Campaign", "uuid": "56d76936-0d34-44ff-a8c5-5280c0a8ab16"},
    })
}

fn attributes(attributes: &[Value]) -> Response {
    ok(json!({"response": {"Attribute": attributes}}).to_string())
}

/// An instance with so many attributes.
pub fn answer(asked: &Asked, count: usize) -> Response {
    let query: Value = serde_json::from_str(&asked.body).unwrap();
    let number = |name: &str| usize::try_from(query[name].as_u64().unwrap()).unwrap();
    let (page, limit) = (number("page"), number("limit"));
    let on_page = (0..count).skip((page - 1) * limit).take(limit);
    let on_page: Vec<Value> =
        on_page.map(|index| attribute("domain", &format!("host{index}.example"))).collect();
    attributes(&on_page)
}

#[tokio::test]
async fn attributes_are_asked_for_by_the_time_of_their_change_page_by_page() {
    let stub = Stub::new(|asked, _| answer(asked, 2_500)).await;
    let fetcher = fetcher(&stub.url);
    let mut kept = Kept::default();
    assert_eq!(kept.run(&fetcher, &Source::Misp, now()).await.unwrap(), 3);
    assert_eq!(kept.rows.len(), 2_500);
    // It ends 180 days after its last change.
    assert_eq!(kept.shown()[0], "host0.example \"Campaign\" until 03-31 00:13");
    let asked = stub.asked();
    assert_eq!((asked[0].path.as_str(), asked[0].header("authorization")), ("/attributes/restSearch", "k3y"));
    let query: Value = serde_json::from_str(&asked[1].body).unwrap();
    assert_eq!(query["type"].as_array().unwrap().len(), 16);
    let mut rest = query.clone();
    rest.as_object_mut().unwrap().remove("type");
    let expected = json!({
        "returnFormat": "json", "to_ids": 1, "published": 1, "deleted": 0,
        "timestamp": "1775476800", "limit": 1000, "page": 2,
    });
    assert_eq!(rest, expected);
    // What has changed since, and what was taken back.
    kept.run(&fetcher, &Source::Misp, now() + Duration::from_hours(1)).await.unwrap();
    let query: Value = serde_json::from_str(&stub.asked()[3].body).unwrap();
    assert_eq!((&query["timestamp"], &query["deleted"]), (&json!("1791021600"), &json!([0, 1])));
}

#[tokio::test]
async fn an_attribute_that_is_deleted_is_removed_unless_another_event_lists_it() {
    let deleted = |value: &str| {
        let mut attribute = attribute("ip-dst|port", &format!("{value}|443"));
        attribute["deleted"] = json!(true);
        attribute
    };
    let changes = [
        deleted("203.0.113.1"),
        deleted("203.0.113.2"),
        deleted("203.0.113.3"),
        attribute("ip-src", "203.0.113.3"),
    ];
    let stub = Stub::new(move |asked, _| {
        if asked.body.contains("\"value\"") {
            attributes(&[attribute("ip-dst", "203.0.113.2")])
        } else if asked.body.contains("[0,1]") {
            attributes(&changes)
        } else {
            attributes(&[attribute("ip-src", "203.0.113.1"), attribute("ip-src", "203.0.113.9")])
        }
    })
    .await;
    let fetcher = fetcher(&stub.url);
    let mut kept = Kept::default();
    kept.run(&fetcher, &Source::Misp, now()).await.unwrap();
    assert_eq!(kept.entries(), ["203.0.113.1", "203.0.113.9"]);
    kept.run(&fetcher, &Source::Misp, now() + Duration::from_hours(1)).await.unwrap();
    assert_eq!(kept.entries(), ["203.0.113.2", "203.0.113.3", "203.0.113.9"]);
    let asked = stub.asked();
    let query: Value = serde_json::from_str(&asked[2].body).unwrap();
    assert_eq!(query["value"], json!(["203.0.113.1", "203.0.113.2"]));
    assert_eq!((&query["deleted"], query.get("timestamp")), (&json!(0), None));
}

#[tokio::test]
async fn what_an_instance_says_is_judged_like_any_other_feed() {
    let mut context = attribute("ip-src", "203.0.113.1");
    context["to_ids"] = json!(false);
    let mut old = attribute("ip-src", "203.0.113.2");
    old["timestamp"] = json!("1600000000");
    let mut ahead = attribute("ip-src", "203.0.113.3");
    ahead["timestamp"] = json!((now() + Duration::from_hours(1)).as_second());
    let odd = json!({"type": "ip-src", "value": {"a": 1}, "to_ids": "yes"});
    let all = [
        context,
        old,
        ahead,
        odd,
        attribute("ip-src", "10.1.2.3"),
        attribute("domain|ip", "evil.example|8.8.8.8"),
        attribute("btc", "1BoatSLRHtKNngkdXEeobR76b53LETtpyT"),
    ];
    let stub = Stub::new(move |_, _| attributes(&all)).await;
    let mut kept = Kept::default();
    kept.run(&fetcher(&stub.url), &Source::Misp, now()).await.unwrap();
    let expected =
        ["203.0.113.3 \"Campaign\" until 04-01 12:00", "evil.example \"Campaign\" until 03-31 00:13"];
    assert_eq!(kept.shown(), expected);
    let expected = [
        (LeftOut::Context, 1),
        (LeftOut::Ended, 1),
        (LeftOut::OtherType, 1),
        (LeftOut::NotGlobal, 1),
        (LeftOut::WellKnown, 1),
        (LeftOut::Unreadable, 1),
    ];
    assert_eq!(kept.tally, expected.into());
}

#[tokio::test]
async fn what_is_no_answer_is_an_error_and_nothing_found_is_none() {
    for (text, reason) in [
        ("[]", "unreadable"),
        (r#"{"response":[]}"#, "unreadable"),
        (r#"{"response":{"Attribute":{}}}"#, "unreadable"),
        (r#"{"name":"Invalid output format."}"#, "unreadable"),
        (r#"{"response":{"Attribute":["#, "truncated"),
        ("<html>login</html>", "web_page"),
    ] {
        let stub = Stub::new(move |_, _| ok(text)).await;
        let error = Kept::default().run(&fetcher(&stub.url), &Source::Misp, now()).await.unwrap_err();
        assert_eq!(error.reason(), reason, "{text}");
    }
    for (code, reason) in [(302, "moved"), (403, "unauthorized"), (405, "refused"), (500, "server_error")] {
        let stub = Stub::new(move |_, _| status(code)).await;
        let error = Kept::default().run(&fetcher(&stub.url), &Source::Misp, now()).await.unwrap_err();
        assert_eq!(error.reason(), reason, "{code}");
    }
    let stub = Stub::new(|_, _| attributes(&[])).await;
    let step = fetcher(&stub.url).step(&Source::Misp, Some(&key()), &State::default(), now()).await.unwrap();
    assert!(matches!(step, Step::Part { ref rows, more: false, .. } if rows.is_empty()), "{step:?}");
}
