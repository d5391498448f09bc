//! Reading JSON from writers that disagree about types: numbers as strings, strings as numbers, one item
//! instead of a list, list items padded with newlines.

use serde_json::{Number, Value};

/// The value as trimmed text, whatever scalar type it was written as; nothing for null, blanks and containers.
pub fn text(value: &Value) -> Option<String> {
    Scalar::of(value)?.text()
}

/// The value as an integer, written as a number or as digits in a string.
pub fn integer(value: &Value) -> Option<i64> {
    Scalar::of(value)?.integer()
}

/// The value as a list of non-empty texts: a list, or one text with commas.
pub fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::Array(items) => items.iter().filter_map(text).collect(),
        Value::String(line) => listed(line),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => Vec::new(),
    }
}

/// The items of one text with commas.
pub(crate) fn listed(line: &str) -> Vec<String> {
    line.split(',').map(str::trim).filter(|item| !item.is_empty()).map(str::to_owned).collect()
}

/// A value that has a text, wherever it is kept.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Scalar<'a> {
    Bool(bool),
    Number(&'a Number),
    Text(&'a str),
}

impl<'a> Scalar<'a> {
    fn of(value: &'a Value) -> Option<Self> {
        match value {
            Value::Bool(flag) => Some(Self::Bool(*flag)),
            Value::Number(number) => Some(Self::Number(number)),
            Value::String(text) => Some(Self::Text(text)),
            Value::Null | Value::Array(_) | Value::Object(_) => None,
        }
    }

    pub fn text(self) -> Option<String> {
        let text = match self {
            Self::Text(text) => text.trim().to_owned(),
            Self::Number(number) => number.to_string(),
            Self::Bool(flag) => flag.to_string(),
        };
        (!text.is_empty()).then_some(text)
    }

    pub fn integer(self) -> Option<i64> {
        match self {
            Self::Number(number) => number.as_i64(),
            Self::Text(text) => text.trim().parse().ok(),
            Self::Bool(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn scalars_of_any_type_become_text() {
        for (value, expected) in [
            (json!(" 5715 "), Some("5715")),
            (json!(5715), Some("5715")),
            (json!(true), Some("true")),
            (json!(""), None),
            (json!(null), None),
            (json!({}), None),
        ] {
            assert_eq!(text(&value).as_deref(), expected, "{value}");
        }
    }

    #[test]
    fn lists_lose_padding_and_empty_items() {
        assert_eq!(
            texts(&json!(["\n      authentication_success", "\n    ", 3])),
            ["authentication_success", "3"]
        );
        assert_eq!(texts(&json!("syslog,sshd,")), ["syslog", "sshd"]);
        assert!(texts(&json!({})).is_empty());
    }
}
