//! Telling alerts apart in a text, without changing a byte of them.

use std::borrow::Cow;

use domain::{Alert, AlertError, lenient};
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

pub use intake::spool::Form;

/// What the publisher wants to know of an alert; the pipeline judges the rest.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Look {
    pub id: Option<String>,
    pub manager: Option<String>,
}

impl Look {
    /// The alert's id as a log line may show it.
    pub fn label(&self) -> &str {
        self.id.as_deref().unwrap_or("without an id")
    }
}

/// Looks at one JSON text; anything that is JSON passes.
pub fn look(text: &str) -> Result<Look, AlertError> {
    if serde_json::from_str::<&RawValue>(text).is_err() {
        return Err(Alert::parse(text).err().unwrap_or(AlertError::Empty));
    }
    let fields: Fields = serde_json::from_str(text).unwrap_or_default();
    let value = |raw: Option<&RawValue>| raw.and_then(|raw| serde_json::from_str::<Value>(raw.get()).ok());
    let id = value(fields.id).as_ref().and_then(lenient::text);
    let manager = value(fields.manager).and_then(|manager| manager.get("name").and_then(lenient::text));
    Ok(Look { id: id.map(|id| shown(&id)), manager: manager.map(|name| shown(&name)) })
}

/// The text of the bytes; what is not UTF-8 becomes U+FFFD, for SQS takes nothing else.
pub fn decode(bytes: &[u8]) -> Cow<'_, str> {
    String::from_utf8_lossy(bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes))
}

/// The items of a text: one JSON value, an array of them, one after the other, or one a line.
///
/// A line that is not JSON comes back as an error and does not stop its neighbours.
pub fn split(text: &str) -> Vec<Result<&str, BadItem>> {
    let items = match in_sequence(text) {
        Ok(items) => items,
        Err(_) if has_an_object_on_a_line(text) => return by_line(text),
        Err(problem) => return vec![Err(BadItem { place: "it".to_owned(), problem })],
    };
    match items.as_slice() {
        [only] if only.starts_with('[') => match serde_json::from_str::<Vec<&RawValue>>(only) {
            Ok(items) => items.into_iter().map(|item| Ok(item.get())).collect(),
            Err(_) => vec![Ok(*only)],
        },
        _ => items.into_iter().map(Ok).collect(),
    }
}

/// The lines of a text, without a look at them.
pub fn lines(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    let lines = bytes.split(|byte| *byte == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line));
    lines.filter(|line| !line.trim_ascii().is_empty())
}

/// An item that is not JSON, and where it stands. Carries no alert data.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{place} is not an alert")]
pub struct BadItem {
    /// `line 3`, or `it` when there are no lines to tell apart.
    pub place: String,
    #[source]
    pub problem: AlertError,
}

/// Borrowed, and every field left as text: the look must cost next to nothing.
#[derive(Default, Deserialize)]
struct Fields<'a> {
    #[serde(borrow)]
    id: Option<&'a RawValue>,
    #[serde(borrow)]
    manager: Option<&'a RawValue>,
}

fn in_sequence(text: &str) -> Result<Vec<&str>, AlertError> {
    let mut items = Vec::new();
    for item in serde_json::Deserializer::from_str(text).into_iter::<&RawValue>() {
        match item {
            Ok(item) => items.push(item.get()),
            Err(_) => return Err(Alert::parse(text).err().unwrap_or(AlertError::Empty)),
        }
    }
    Ok(items)
}

/// Tells lines of JSON, one of them broken, from one broken document: only the former have whole objects that
/// begin a line.
fn has_an_object_on_a_line(text: &str) -> bool {
    text.lines().any(|line| line.starts_with('{') && look(line).is_ok())
}

fn by_line(text: &str) -> Vec<Result<&str, BadItem>> {
    let mut items = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() {
            continue;
        }
        items.push(match look(line) {
            Ok(_) => Ok(line),
            Err(problem) => Err(BadItem { place: format!("line {}", index + 1), problem }),
        });
    }
    items
}

/// Short and without control characters: it goes into logs and message attributes.
fn shown(text: &str) -> String {
    text.chars().filter(|letter| !letter.is_control()).take(128).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[Result<&str, &str>]) {
        let found = split(text);
        let found = found.iter().map(|item| item.as_ref().copied().map_err(|bad| bad.place.as_str()));
        assert_eq!(found.collect::<Vec<_>>(), expected, "{text}");
    }

    #[test]
    fn one_alert_an_array_lines_and_sequences_are_told_apart() {
        check("{ \"id\" :1.50 }\n", &[Ok("{ \"id\" :1.50 }")]);
        check("{\n \"id\": \"1\"\n}", &[Ok("{\n \"id\": \"1\"\n}")]);
        check(" [ {\"a\" : 1},\n 2 ] ", &[Ok("{\"a\" : 1}"), Ok("2")]);
        check("{\"a\":1}\n\r\n{\"b\":2}\r\n", &[Ok("{\"a\":1}"), Ok("{\"b\":2}")]);
        check("{\n\"a\":1}\n{\n\"b\":2}", &[Ok("{\n\"a\":1}"), Ok("{\n\"b\":2}")]);
        check("[]", &[]);
    }

    #[test]
    fn a_bad_line_does_not_stop_its_neighbours() {
        check(
            "oops\n{\"a\":1}\n{\"b\":\nnull\n",
            &[Err("line 1"), Ok("{\"a\":1}"), Err("line 3"), Ok("null")],
        );
    }

    #[test]
    fn one_broken_document_is_one_error() {
        check("{\n  \"list\": [\n    \"text\",\n    {}\n  ]\n", &[Err("it")]);
        check("not JSON", &[Err("it")]);
    }

    #[test]
    fn the_look_takes_the_id_and_the_manager_and_minds_nothing_else() {
        for (text, id, manager) in [
            (r#"{"id":"1.5","manager":{"name":"wazuh-1"}}"#, Some("1.5"), Some("wazuh-1")),
            (r#"{"id":1.50,"manager":7}"#, Some("1.5"), None),
            (r#"{"id":"1\n2"}"#, Some("12"), None),
            (r#"{"id":"1","id":"2"}"#, None, None),
            ("[1]", None, None),
        ] {
            let seen = look(text).unwrap();
            assert_eq!((seen.id.as_deref(), seen.manager.as_deref()), (id, manager), "{text}");
        }
        assert!(look(&"[".repeat(100_000)).is_err());
    }

    #[test]
    fn bytes_that_are_not_utf_8_are_replaced_and_a_byte_order_mark_goes() {
        assert_eq!(decode(b"\xef\xbb\xbf{\"a\":\"\xff\"}"), "{\"a\":\"\u{fffd}\"}");
    }
}
