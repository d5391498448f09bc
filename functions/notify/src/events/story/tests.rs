use std::time::Duration;

use lambda::claims::MemoryClaims;
use serde_json::json;

use super::*;
use crate::mail::{Bounce, BounceReason, Recipients};

fn now() -> Timestamp {
    "2026-10-03T12:30:00Z".parse().unwrap()
}

fn bounce(recipient: &str, feedback: &str) -> String {
    json!({
        "eventType": "Bounce",
        "mail": {"messageId": "m1"},
        "bounce": {
            "bounceType": "Permanent",
            "bounceSubType": "NoEmail",
            "bouncedRecipients": [{"emailAddress": recipient}],
            "timestamp": "2026-10-03T12:22:09.000Z",
            "feedbackId": feedback,
        },
    })
    .to_string()
}

struct Site {
    events: MailEvents,
    claims: Claims<MemoryClaims>,
    metrics: Metrics,
}

impl Site {
    fn new() -> Self {
        Self {
            events: MailEvents::new(Troubles::memory()),
            claims: Claims::new(MemoryClaims::default(), "notify", Duration::from_secs(30)),
            metrics: Metrics::new("WazuhTriage", "notify"),
        }
    }

    async fn take(&self, body: &str) -> Result<Option<Settled>, MailEventError> {
        self.events.take(body, &self.claims, &self.metrics, now()).await
    }

    async fn notes(&self, recipients: &str, at: Timestamp) -> Vec<Note> {
        let recipients: Recipients = recipients.parse().unwrap();
        self.events.notes(&recipients, at).await
    }
}

#[tokio::test]
async fn the_next_mail_tells_the_others_who_cannot_be_reached() {
    let site = Site::new();
    let taken = site.take(&bounce("Gone@Example.com", "f1")).await.unwrap();
    assert_eq!(taken, Some(Settled::Passed));
    let noted = Note::Bounced {
        recipient: "gone@example.com".parse().unwrap(),
        at: "2026-10-03T12:22:09Z".parse().unwrap(),
        bounce: Bounce::Permanent,
        reason: BounceReason::NoMailbox,
    };
    assert_eq!(site.notes("soc@example.com,gone@example.com", now()).await, [noted]);
    assert_eq!(site.notes("soc@example.com", now()).await, []);
    let month = Duration::from_hours(30 * 24);
    assert_eq!(site.notes("gone@example.com", now() + month).await, []);
}

#[tokio::test]
async fn an_event_that_comes_twice_is_done_once() {
    let site = Site::new();
    for _ in 0..3 {
        assert_eq!(site.take(&bounce("gone@example.com", "f1")).await.unwrap(), Some(Settled::Passed));
    }
    let claim = site.claims.claim("event.bounce.f1", now()).await.unwrap();
    assert_eq!(claim, Claim::Done { result: "bounced".into() });
}

#[tokio::test(start_paused = true)]
async fn an_event_that_somebody_else_is_at_comes_again() {
    let site = Site::new();
    let Claim::Won(_held) = site.claims.claim("event.bounce.f1", now()).await.unwrap() else { panic!() };
    let error = site.take(&bounce("gone@example.com", "f1")).await.unwrap_err();
    assert_eq!(error.kind(), "busy");
    assert_eq!(site.notes("gone@example.com", now()).await, []);
}

#[tokio::test]
async fn what_is_no_event_is_left_to_the_stage_and_a_broken_one_fails() {
    let site = Site::new();
    assert_eq!(site.take(r#"{"schema":3}"#).await.unwrap(), None);
    let error = site.take(r#"{"eventType":"Bounce"}"#).await.unwrap_err();
    assert_eq!((error.kind(), error.to_string().as_str()), ("mail_event", "could not read an event of SES"));
    assert!(lambda::logs::chain(&error).ends_with("the event Bounce of SES has no bounce"));
    let recipients = r#"{"eventType":"Bounce","bounce":{"bouncedRecipients":["gone@example.com"]}}"#;
    let error = lambda::logs::chain(&site.take(recipients).await.unwrap_err());
    assert!(error.ends_with("as they are documented (line 1, column 71)"), "{error}");
    assert!(!error.contains("gone@"), "{error}");
}
