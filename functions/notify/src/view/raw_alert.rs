//! The alert itself, for the eye: indented, and short enough for a mail.

use domain::{Alert, trim};
use serde_json::Value;

use super::Shown;

/// Most bytes of the alert as HTML: Gmail hides what lies behind 102 KB, and nobody reads that far.
const MAX_BYTES: usize = 12 * 1024;

/// Long strings are shortened to this first, so that every field stays in sight; the rest is cut in the middle.
const MAX_COMPACT_BYTES: usize = 6 * 1024;

pub(super) fn raw_alert(alert: &Alert) -> Shown {
    let trimmed = trim::to_fit(alert.document(), MAX_COMPACT_BYTES);
    let document = trimmed.and_then(|trimmed| serde_json::from_str(&trimmed.text).ok());
    let mut text = String::new();
    write(document.as_ref().unwrap_or(alert.document()), 0, &mut text);
    Shown::block(&text, MAX_BYTES)
}

/// Indented JSON; a list without objects takes one line, which halves the height of a usual alert.
fn write(value: &Value, depth: usize, text: &mut String) {
    match value {
        Value::Object(members) if !members.is_empty() => {
            text.push('{');
            for (index, (key, member)) in members.iter().enumerate() {
                text.push_str(if index == 0 { "\n" } else { ",\n" });
                indent(depth + 1, text);
                text.push_str(&Value::from(key.as_str()).to_string());
                text.push_str(": ");
                write(member, depth + 1, text);
            }
            text.push('\n');
            indent(depth, text);
            text.push('}');
        }
        Value::Array(items) => {
            text.push('[');
            for (index, item) in items.iter().enumerate() {
                text.push_str(if index == 0 { "" } else { ", " });
                write(item, depth, text);
            }
            text.push(']');
        }
        Value::Object(_) | Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            text.push_str(&value.to_string());
        }
    }
}

fn indent(depth: usize, text: &mut String) {
    text.extend(std::iter::repeat_n("  ", depth));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(fields: &str) -> Shown {
        raw_alert(&Alert::parse(&format!(r#"{{"id":"1.1","rule":{{"id":"5","level":3}}{fields}}}"#)).unwrap())
    }

    #[test]
    fn an_alert_is_indented_and_its_lists_are_not() {
        insta::assert_snapshot!(shown(r#","groups":["a","b"],"data":{"n":[{"x":"a\nb"},1],"e":{},"k\"":null}"#), @r#"
        {
          "id": "1.1",
          "rule": {
            "id": "5",
            "level": 3
          },
          "groups": ["a", "b"],
          "data": {
            "n": [{
              "x": "a\nb"
            }, 1],
            "e": {},
            "k\"": null
          }
        }
        "#);
    }

    #[test]
    fn a_long_log_leaves_the_other_fields_in_sight() {
        let shown = shown(&format!(r#","full_log":"{}","location":"journald""#, "<".repeat(64 * 1024)));
        assert!(shown.as_str().contains("characters cut"));
        assert!(shown.as_str().ends_with("\"location\": \"journald\"\n}"));
    }
}
