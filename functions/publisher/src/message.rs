//! From an accepted alert to a message that SQS takes.

use std::borrow::Cow;
use std::fmt::Write;

use domain::{message::MAX_BYTES, trim};
use jiff::Timestamp;

use crate::PUBLISHER;
use crate::failure::chain;
use crate::item::{self, Form, Look};
use crate::spool::Entry;

/// Most messages of one request.
pub const MAX_BATCH: usize = 10;

/// What SQS gets for one alert.
#[derive(Debug)]
pub struct Message {
    pub origin: Origin,
    /// The alert's id, for the log.
    pub label: String,
    pub body: String,
    pub attributes: Vec<(&'static str, String)>,
    /// What was changed to make it pass, for the log.
    pub notes: Vec<String>,
}

/// Where an alert waits until SQS has it, and what is to be done then.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Its file goes.
    Spool(Entry),
    /// A line of `alerts.json`, by its number in the chunk: it is ticked off, and the chunk committed when all are.
    Line(usize, Vec<u8>),
}

impl Origin {
    pub fn form(&self) -> Form {
        match self {
            Self::Spool(entry) => entry.form(),
            Self::Line(..) => Form::Json,
        }
    }
}

impl Message {
    /// The body is the alert byte for byte, unless SQS would not take it so.
    pub fn prepare(origin: Origin, bytes: &[u8], host: &str, now: Timestamp) -> Result<Self, Unsendable> {
        let mut notes = Vec::new();
        let text = match origin.form() {
            Form::AsIs => Cow::Borrowed(std::str::from_utf8(bytes).map_err(|_| Unsendable::NotUtf8)?),
            Form::Json => clean(bytes, &mut notes),
        };
        if text.is_empty() {
            return Err(Unsendable::Empty);
        }
        let look = match (item::look(&text), origin.form()) {
            (Ok(look), _) => look,
            (Err(_), Form::AsIs) => Look::default(),
            (Err(problem), Form::Json) => return Err(Unsendable::NotJson(chain(&problem))),
        };
        let label = look.label().to_owned();
        let mut message =
            Self { origin, label, body: String::new(), attributes: attributes(look, host, now), notes };
        if text.len() + message.size_bytes() <= MAX_BYTES {
            message.body = text.into_owned();
            return Ok(message);
        }
        if message.origin.form() == Form::AsIs {
            return Err(Unsendable::TooLarge(text.len()));
        }
        message.trim(&text)?;
        Ok(message)
    }

    /// What counts against the limits of SQS: the body, and names, types and values of the attributes.
    pub fn size_bytes(&self) -> usize {
        let attributes = self.attributes.iter().map(|(name, value)| name.len() + TYPE.len() + value.len());
        self.body.len() + attributes.sum::<usize>()
    }

    fn trim(&mut self, text: &str) -> Result<(), Unsendable> {
        let document = serde_json::from_str(text).map_err(|_| Unsendable::TooLarge(text.len()))?;
        let room = MAX_BYTES - RESERVED_BYTES;
        let trimmed = trim::to_fit(&document, room).ok_or(Unsendable::TooLarge(text.len()))?;
        let fields = listed(&trimmed.fields);
        self.notes.push(format!("trimmed: {fields}"));
        self.attributes.push(("trimmed", fields));
        self.body = trimmed.text;
        Ok(())
    }
}

/// Whether a message still fits into a request beside those that are in it.
pub fn fits(batch: &[Message], message: &Message) -> bool {
    let size_bytes: usize = batch.iter().map(Message::size_bytes).sum();
    batch.len() < MAX_BATCH && size_bytes + message.size_bytes() <= MAX_BYTES
}

/// Why SQS can never take an alert.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unsendable {
    #[error("it is empty")]
    Empty,
    #[error("it is not UTF-8, and SQS takes nothing else")]
    NotUtf8,
    #[error("it is not JSON ({0})")]
    NotJson(String),
    #[error("its {0} bytes cannot be trimmed to the {MAX_BYTES} of a message")]
    TooLarge(usize),
    #[error("the queue refuses its content ({0})")]
    Content(String),
}

/// The only type of attribute used here.
pub const TYPE: &str = "String";

/// Room for the attributes when a body is trimmed; the list of trimmed fields may take half of it.
const RESERVED_BYTES: usize = 2048;

fn attributes(look: Look, host: &str, now: Timestamp) -> Vec<(&'static str, String)> {
    // A malformed alert names no manager; the host says in the dead-letter queue where it came from.
    let manager = look.manager.filter(|name| !name.is_empty()).unwrap_or_else(|| host.to_owned());
    vec![
        ("manager", printable(&manager)),
        ("published_at", now.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()),
        ("publisher", PUBLISHER.to_owned()),
    ]
}

fn clean<'a>(bytes: &'a [u8], notes: &mut Vec<String>) -> Cow<'a, str> {
    let text = item::decode(bytes.trim_ascii());
    if matches!(text, Cow::Owned(_)) {
        notes.push("bytes that are not UTF-8 were replaced".to_owned());
    }
    if !text.contains(NOT_FOR_SQS) {
        return text;
    }
    // In JSON these can only stand in strings, where their escapes mean the same.
    let mut escaped = String::with_capacity(text.len() + 16);
    for letter in text.chars() {
        if NOT_FOR_SQS.contains(&letter) {
            let _ = write!(escaped, "\\u{:04x}", u32::from(letter));
        } else {
            escaped.push(letter);
        }
    }
    notes.push("characters that SQS does not take were escaped".to_owned());
    Cow::Owned(escaped)
}

/// Valid in JSON, refused by SQS: <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessageBatch.html>.
const NOT_FOR_SQS: [char; 2] = ['\u{fffe}', '\u{ffff}'];

fn printable(text: &str) -> String {
    let text: String = text.chars().filter(|letter| !NOT_FOR_SQS.contains(letter)).collect();
    if text.is_empty() { "unknown".to_owned() } else { text }
}

fn listed(fields: &[String]) -> String {
    let mut list = String::new();
    for field in fields {
        let separator = if list.is_empty() { "" } else { "," };
        if list.len() + separator.len() + field.len() > RESERVED_BYTES / 2 {
            list.push_str(",…");
            break;
        }
        list.push_str(separator);
        list.push_str(&printable(field));
    }
    list
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::destination::{Destination, QueueUrl};
    use crate::spool::{Durability, Spool};

    fn prepare(bytes: &[u8], form: Form) -> Result<Message, Unsendable> {
        let folder = tempfile::tempdir().unwrap();
        let spool = Spool::open(folder.path().to_owned(), Durability::Os).unwrap();
        let queue_url = QueueUrl::try_from(QueueUrl::EXAMPLE.to_owned()).unwrap();
        let entry =
            spool.accept(&Destination { queue_url, profile: None, endpoint_url: None }, bytes, form).unwrap();
        Message::prepare(Origin::Spool(entry), bytes, "host-1", "2026-10-03T12:22:07.5Z".parse().unwrap())
    }

    fn attribute<'a>(message: &'a Message, name: &str) -> Option<&'a str> {
        message.attributes.iter().find(|(known, _)| *known == name).map(|(_, value)| value.as_str())
    }

    #[test]
    fn the_body_is_the_alert_byte_for_byte() {
        let message =
            prepare(b"{\"id\" : \"1.5\",\"n\":1.10,\"manager\":{\"name\":\"m\"}}\n", Form::Json).unwrap();
        assert_eq!(message.body, r#"{"id" : "1.5","n":1.10,"manager":{"name":"m"}}"#);
        assert_eq!(message.label, "1.5");
        assert_eq!(
            message.attributes,
            [
                ("manager", "m".to_owned()),
                ("published_at", "2026-10-03T12:22:07.500Z".to_owned()),
                ("publisher", PUBLISHER.to_owned())
            ]
        );
        assert_eq!(prepare(b" as it is\n", Form::AsIs).unwrap().body, " as it is\n");
    }

    #[test]
    fn an_alert_without_a_manager_names_the_host() {
        assert_eq!(attribute(&prepare(b"{}", Form::Json).unwrap(), "manager"), Some("host-1"));
    }

    #[test]
    fn what_sqs_does_not_take_is_replaced_where_json_allows_it() {
        let message = prepare("{\"log\":\"a\u{ffff}b\"}".as_bytes(), Form::Json).unwrap();
        assert_eq!(message.body, r#"{"log":"a\uffffb"}"#);
        assert_eq!(prepare(b"{\"log\":\"\xff\"}", Form::Json).unwrap().body, "{\"log\":\"\u{fffd}\"}");
        assert!(matches!(prepare(b"{\"id\":", Form::Json), Err(Unsendable::NotJson(_))));
        assert_eq!(prepare(b"\xff", Form::AsIs).unwrap_err(), Unsendable::NotUtf8);
        assert_eq!(prepare(b"", Form::AsIs).unwrap_err(), Unsendable::Empty);
    }

    #[test]
    fn an_alert_of_400_kb_is_trimmed_with_its_attributes_in_the_sum() {
        let alert = format!(r#"{{"id":"1","previous_output":"{}","full_log":"kept"}}"#, "x".repeat(400_000));
        let message = prepare(alert.as_bytes(), Form::Json).unwrap();
        assert!(message.size_bytes() <= MAX_BYTES, "{}", message.size_bytes());
        assert_eq!(attribute(&message, "trimmed"), Some("previous_output"));
        assert_eq!(prepare(alert.as_bytes(), Form::AsIs).unwrap_err(), Unsendable::TooLarge(alert.len()));
        let numbers = format!("[{}1]", "1,".repeat(200_000));
        assert_eq!(prepare(numbers.as_bytes(), Form::Json).unwrap_err(), Unsendable::TooLarge(numbers.len()));
    }

    #[test]
    fn a_body_at_the_edge_leaves_room_for_the_attributes() {
        for length in MAX_BYTES - 400..MAX_BYTES - 380 {
            let alert = format!(r#"{{"id":"1","full_log":"{}"}}"#, "x".repeat(length));
            let message = prepare(alert.as_bytes(), Form::Json).unwrap();
            assert!(message.size_bytes() <= MAX_BYTES, "{length}");
        }
    }

    #[test]
    fn a_batch_ends_at_ten_messages_or_at_the_size() {
        let small = || prepare(b"{}", Form::Json).unwrap();
        let large = || prepare(format!("\"{}\"", "x".repeat(100_000)).as_bytes(), Form::Json).unwrap();
        let batch: Vec<_> = (0..9).map(|_| small()).collect();
        assert!(fits(&batch, &small()));
        let batch: Vec<_> = (0..10).map(|_| small()).collect();
        assert!(!fits(&batch, &small()));
        assert!(fits(&[large()], &large()));
        assert!(!fits(&[large(), large()], &large()));
    }
}
