//! Reading JSON from writers that disagree about types: numbers as strings, strings as numbers, one item
//! instead of a list, list items padded with newlines.

use serde_json::Value;

/// The value as trimmed text, whatever scalar type it was written as; nothing for null, blanks and containers.
pub fn text(value: &Value) -> Option<String> {
    let text = match value {
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) => number.to_string(),
        Value::Bool(flag) => flag.to_string(),
        Value::Null | Value::Array(_) | Value::Object(_) => return None,
    };
    (!text.is_empty()).then_some(text)
}

/// The value as an integer, written as a number or as digits in a string.
pub fn integer(value: &Value) -> Option<i64> {
    match value {
        Value::Number(number) => number.as_i64(),
        Value::String(text) => text.trim().parse().ok(),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

/// The value as a list of non-empty texts: a list, or one text with commas.
pub fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::Array(items) => items.iter().filter_map(text).collect(),
        Value::String(line) => {
            line.split(',').map(str::trim).filter(|item| !item.is_empty()).map(str::to_owned).collect()
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => Vec::new(),
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
