//! One message of a dead-letter queue.

use std::collections::BTreeMap;

use aws_sdk_sqs::types::{Message, MessageAttributeValue, MessageSystemAttributeName};
use domain::Alert;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::value::RawValue;

/// What a stage adds when it puts a message there; its own ones come before that.
const ADDED: [&str; 3] = ["reason", "stage", "source_message_id"];

pub(super) struct Letter {
    pub id: String,
    /// When it was sent to this queue, or, where SQS moved it, to the queue before.
    pub sent_at: Option<Timestamp>,
    pub tries: u32,
    pub alert_key: Option<String>,
    pub body: String,
    attributes: BTreeMap<String, MessageAttributeValue>,
    pub(super) receipt: String,
}

impl Letter {
    pub fn of(message: Message) -> Self {
        let system = |name| message.attributes().and_then(|all| all.get(&name)).map(String::as_str);
        let sent_at = system(MessageSystemAttributeName::SentTimestamp)
            .and_then(|millis| Timestamp::from_millisecond(millis.parse().ok()?).ok());
        let tries = system(MessageSystemAttributeName::ApproximateReceiveCount);
        let tries = tries.and_then(|count| count.parse().ok()).unwrap_or(0);
        let body = message.body.unwrap_or_default();
        Self {
            id: message.message_id.unwrap_or_default(),
            sent_at,
            tries,
            alert_key: alert_key(&body),
            body,
            attributes: message.message_attributes.unwrap_or_default().into_iter().collect(),
            receipt: message.receipt_handle.unwrap_or_default(),
        }
    }

    /// Which stage put it there; nobody where SQS did.
    pub fn stage(&self) -> Option<&str> {
        self.text("stage")
    }

    pub fn reason(&self) -> Option<&str> {
        self.text("reason")
    }

    /// Whether the text stands in anything that a person can see of it.
    pub fn holds(&self, text: &str) -> bool {
        let words = [self.stage(), self.reason(), self.alert_key.as_deref()];
        self.id.contains(text)
            || self.body.contains(text)
            || words.into_iter().flatten().any(|word| word.contains(text))
    }

    /// The attributes that it had before a stage put it there.
    pub fn original_attributes(&self) -> impl Iterator<Item = (&String, &MessageAttributeValue)> {
        self.attributes.iter().filter(|(name, _)| !ADDED.contains(&name.as_str()))
    }

    /// All attributes that are text.
    pub fn texts(&self) -> BTreeMap<&str, &str> {
        let texts = self.attributes.iter();
        texts.filter_map(|(name, value)| Some((name.as_str(), value.string_value()?))).collect()
    }

    fn text(&self, name: &str) -> Option<&str> {
        self.attributes.get(name)?.string_value()
    }
}

/// The key of the alert that is the body, or in it.
fn alert_key(body: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct Envelope<'a> {
        #[serde(borrow)]
        alert: &'a RawValue,
    }
    let inside = serde_json::from_str::<Envelope<'_>>(body).ok().map(|envelope| envelope.alert.get());
    let alert = Alert::parse(inside.unwrap_or(body)).ok()?;
    Some(alert.key().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALERT: &str =
        r#"{"id":"1.1","rule":{"id":"1","level":3,"description":"d"},"manager":{"name":"m"}}"#;

    #[test]
    fn an_alert_is_recognised_alone_and_inside_a_message() {
        for (body, expected) in [
            (ALERT.to_owned(), Some("m/1.1")),
            (format!(r#"{{"schema":1,"alert":{ALERT},"reports":[]}}"#), Some("m/1.1")),
            (r#"{"eventType":"Bounce"}"#.to_owned(), None),
            ("(empty)".to_owned(), None),
        ] {
            assert_eq!(alert_key(&body).as_deref(), expected, "{body}");
        }
    }
}
