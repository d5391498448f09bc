use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

fn mail() -> Value {
    json!({
        "timestamp": "2026-10-03T12:22:00.000Z",
        "source": "triage@example.com",
        "messageId": "0107019a-4711-000000",
        "destination": ["soc@example.com", "gone@example.com"],
        "tags": {"ses:configuration-set": ["triage"], "notice": ["5f3a-3"]},
    })
}

fn bounce(kind: &str, sub: &str, status: Option<&str>) -> Value {
    json!({
        "eventType": "Bounce",
        "mail": mail(),
        "bounce": {
            "bounceType": kind,
            "bounceSubType": sub,
            "bouncedRecipients": [{"emailAddress": "gone@example.com", "action": "failed", "status": status}],
            "timestamp": "2026-10-03T12:22:09.000Z",
            "feedbackId": "0107019a-4712",
            "reportingMTA": "dsn; mx.example.com",
        },
    })
}

fn complaint(sub: Option<&str>) -> Value {
    json!({
        "eventType": "Complaint",
        "mail": mail(),
        "complaint": {
            "complainedRecipients": [{"emailAddress": "gone@example.com"}],
            "complaintSubType": sub,
            "timestamp": "2026-10-03T12:22:09.000Z",
            "feedbackId": "0107019a-4713",
        },
    })
}

fn of(body: &Value) -> MailEvent {
    match read(&body.to_string()).unwrap() {
        Reading::Event(event) => event,
        other => panic!("{body}: {other:?}"),
    }
}

#[test]
fn a_bounce_is_told_by_kind_and_reason() {
    use Bounce::{Permanent, Transient};
    let bounced = |bounce, reason| Trouble::Bounced { bounce, reason };
    for (kind, sub, status, metric, expected) in [
        ("Permanent", "NoEmail", Some("5.1.1"), "permanent", bounced(Permanent, BounceReason::NoMailbox)),
        ("Permanent", "General", Some("5.1.1"), "permanent", bounced(Permanent, BounceReason::NoMailbox)),
        ("Permanent", "General", None, "permanent", bounced(Permanent, BounceReason::Unstated)),
        ("Permanent", "OnAccountSuppressionList", None, "permanent", Trouble::Suppressed),
        ("Permanent", "Suppressed", None, "permanent", Trouble::Suppressed),
        (
            "Transient",
            "MailboxFull",
            Some("4.2.2"),
            "transient",
            bounced(Transient, BounceReason::MailboxFull),
        ),
        ("Transient", "General", Some("5.2.2"), "transient", bounced(Transient, BounceReason::MailboxFull)),
        ("Transient", "MessageTooLarge", None, "transient", bounced(Transient, BounceReason::TooLarge)),
        ("Transient", "ContentRejected", None, "transient", bounced(Transient, BounceReason::Content)),
        ("Transient", "AttachmentRejected", None, "transient", bounced(Transient, BounceReason::Attachment)),
        ("Undetermined", "Undetermined", None, "undetermined", bounced(Transient, BounceReason::Unstated)),
        ("of a later year", "", None, "undetermined", bounced(Transient, BounceReason::Unstated)),
    ] {
        let event = of(&bounce(kind, sub, status));
        let recipients = vec![(AddressHash::of("gone@example.com"), expected)];
        let at = Some("2026-10-03T12:22:09Z".parse().unwrap());
        assert_eq!(event.what, What::Bounced { kind: metric, recipients, at }, "{kind} {sub}");
        assert_eq!(event.what.counted(), ("MailBounced", 1, vec![("type", metric)]));
        assert_eq!(
            (event.id.as_str(), event.mail_id.as_str()),
            ("event.bounce.0107019a-4712", "0107019a-4711-000000")
        );
        assert_eq!(event.notice.as_deref(), Some("5f3a-3"));
    }
}

#[test]
fn a_complaint_is_one_whoever_may_have_made_it() {
    let mut body = complaint(None);
    body["complaint"]["complainedRecipients"] =
        json!([{"emailAddress": "one@example.com"}, {"emailAddress": "Two <TWO@example.com>"}]);
    let event = of(&body);
    assert_eq!(event.what.counted(), ("MailComplaints", 1, vec![]));
    let troubled = event.what.troubled("2026-10-03T12:30:00Z".parse().unwrap());
    assert_eq!(troubled.len(), 2);
    assert_eq!(troubled[1].0, AddressHash::of("two@example.com"));
    assert_eq!(troubled[1].1.trouble, Trouble::Complained);

    let suppressed = of(&complaint(Some("OnAccountSuppressionList")));
    let now = "2026-10-03T12:30:00Z".parse().unwrap();
    assert_eq!(suppressed.what.troubled(now)[0].1.trouble, Trouble::Suppressed);
}

#[test]
fn a_delay_and_a_refusal_are_counted_and_concern_no_recipient() {
    let delay = json!({"eventType": "DeliveryDelay", "mail": mail(), "deliveryDelay": {
        "timestamp": "2026-10-03T12:30:00.000Z", "delayType": "MailboxFull", "delayedRecipients": []}});
    let reject = json!({"eventType": "Reject", "mail": mail(), "reject": {"reason": "Bad content"}});
    for (body, id, metric) in [
        (delay, "event.delay.0107019a-4711-000000.2026-10-03T12:30:00.000Z", "MailDelayed"),
        (reject, "event.reject.0107019a-4711-000000.", "MailRejected"),
    ] {
        let event = of(&body);
        assert_eq!((event.id.as_str(), event.what.counted()), (id, (metric, 1, vec![])));
        assert_eq!(event.what.troubled(Timestamp::UNIX_EPOCH), vec![]);
    }
}

#[test]
fn an_event_is_the_same_in_the_envelope_of_sns_and_from_an_identity() {
    let plain = bounce("Permanent", "NoEmail", None);
    let envelope = json!({"Type": "Notification", "MessageId": "1", "Message": plain.to_string(),
        "TopicArn": "arn:aws:sns:eu-central-1:123456789012:t", "Signature": "x"});
    assert_eq!(of(&envelope), of(&plain));
    let mut identity = plain.clone();
    let kind = identity.as_object_mut().unwrap().remove("eventType").unwrap();
    identity["notificationType"] = kind;
    assert_eq!(of(&identity), of(&plain));
}

#[test]
fn what_needs_no_answer_is_told_from_what_is_not_for_us() {
    let trial = "Successfully validated SNS topic for Amazon SES event publishing.";
    let topic = "arn:aws:sns:eu-central-1:123456789012:t";
    for (body, expected) in [
        (trial.to_owned(), Reading::Nothing),
        (json!({"Type": "Notification", "TopicArn": topic, "Message": trial}).to_string(), Reading::Nothing),
        (
            json!({"Type": "SubscriptionConfirmation", "TopicArn": topic, "Message": "x"}).to_string(),
            Reading::Nothing,
        ),
        (json!({"eventType": "Delivery", "mail": mail()}).to_string(), Reading::Nothing),
        (json!({"eventType": "Event of 2030"}).to_string(), Reading::Nothing),
        (String::new(), Reading::Foreign),
        ("not JSON".to_owned(), Reading::Foreign),
        (json!({"schema": 3, "id": "1", "kind": "first"}).to_string(), Reading::Foreign),
        (json!(["eventType"]).to_string(), Reading::Foreign),
    ] {
        assert_eq!(read(&body).unwrap(), expected, "{body}");
    }
}

#[test]
fn an_event_that_misses_something_says_what() {
    let topic = "arn:aws:sns:eu-central-1:123456789012:t";
    let mut nobody = bounce("Permanent", "General", None);
    nobody["bounce"]["bouncedRecipients"] = json!([{"emailAddress": ""}]);
    for (body, expected) in [
        (json!({"eventType": "Bounce", "mail": mail()}), "the event Bounce of SES has no bounce"),
        (json!({"eventType": "Complaint"}), "the event Complaint of SES has no complaint"),
        (nobody, "the event Bounce of SES has no recipient"),
        (json!({"eventType": "Reject"}), "the event reject of SES has no feedback id and no mail id"),
        (
            json!({"eventType": "Bounce", "bounce": 7}),
            "it holds no event of SES as they are documented (line 1, column 32)",
        ),
        (
            json!({"Type": "Notification", "TopicArn": topic, "Message": "?"}),
            "it holds no event of SES as they are documented (line 1, column 1)",
        ),
    ] {
        assert_eq!(read(&body.to_string()).unwrap_err().to_string(), expected);
    }
}

#[test]
fn a_time_of_the_future_is_not_believed() {
    let now: Timestamp = "2026-10-01T00:00:00Z".parse().unwrap();
    let troubled = of(&bounce("Permanent", "NoEmail", None)).what.troubled(now);
    assert_eq!(troubled[0].1.at, now);
}

proptest! {
    #[test]
    fn no_body_is_too_strange(body in "\\PC{0,200}") {
        drop(read(&body));
    }

    /// Each value of a real event is replaced by another type, or taken away.
    #[test]
    fn no_event_is_too_strange(
        field in prop::sample::select(vec!["eventType", "mail", "bounce", "complaint"]),
        inner in prop::sample::select(vec!["", "bounceType", "bouncedRecipients", "timestamp", "feedbackId", "messageId", "tags"]),
        value in prop::sample::select(vec![Value::Null, json!(7), json!("x"), json!([]), json!([{}]), json!({}), json!("\u{0}")]),
    ) {
        let mut body = bounce("Permanent", "General", Some("5.1.1"));
        if inner.is_empty() || !body[field].is_object() {
            body[field] = value;
        } else {
            body[field][inner] = value;
        }
        if let Ok(Reading::Event(event)) = read(&body.to_string()) {
            prop_assert!(event.id.len() < 512 && event.id.is_ascii());
            let shown = format!("{event:?}");
            prop_assert!(!shown.contains("gone@"), "{}", shown);
        }
    }
}
