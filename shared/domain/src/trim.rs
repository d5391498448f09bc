//! Making a JSON text fit a size limit by shortening fields, never by cutting the text blindly.

use serde_json::Value;

/// A text that fits, and the fields that were shortened for it.
#[derive(Debug, PartialEq, Eq)]
pub struct Trimmed {
    pub text: String,
    /// Dotted paths, in the order they were shortened.
    pub fields: Vec<String>,
}

/// Shortens the longest strings, those that repeat other evidence first, until the text has at most `max_bytes`.
///
/// Nothing when even that is not enough: more structure than text.
pub fn to_fit(document: &Value, max_bytes: usize) -> Option<Trimmed> {
    let mut document = document.clone();
    let mut text = document.to_string();
    let mut fields = Vec::new();
    while text.len() > max_bytes {
        let excess = text.len() - max_bytes;
        let pointer = next_to_shorten(&document, &fields)?;
        let path = dotted(&pointer);
        let Some(Value::String(long)) = document.pointer_mut(&pointer) else { return None };
        *long = shorten(long, excess);
        fields.push(path);
        text = document.to_string();
    }
    Some(Trimmed { text, fields })
}

/// Copies of evidence that the alert also holds elsewhere: the first to go. In a message they stand under `alert`.
const REPEATS: [&str; 5] =
    ["previous_output", "previous_log", "syscheck.diff", "data.win.system.message", "full_log"];

/// Strings up to this size stay whole: they identify, they do not describe.
const KEEP_BYTES: usize = 1024;

fn next_to_shorten(document: &Value, done: &[String]) -> Option<String> {
    let mut strings = Vec::new();
    long_strings(document, &mut String::new(), &mut strings);
    strings.retain(|(pointer, _)| !done.contains(&dotted(pointer)));
    let in_alert = |pointer: &str| dotted(pointer).trim_start_matches("alert.").to_owned();
    let repeat =
        REPEATS.iter().find_map(|repeat| strings.iter().find(|(pointer, _)| in_alert(pointer) == *repeat));
    repeat.or_else(|| strings.iter().max_by_key(|(_, length)| *length)).map(|(pointer, _)| pointer.clone())
}

fn long_strings(value: &Value, pointer: &mut String, strings: &mut Vec<(String, usize)>) {
    let length = pointer.len();
    match value {
        Value::String(text) if text.len() > KEEP_BYTES => strings.push((pointer.clone(), text.len())),
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                pointer.push('/');
                pointer.push_str(&index.to_string());
                long_strings(item, pointer, strings);
                pointer.truncate(length);
            }
        }
        Value::Object(members) => {
            for (key, member) in members {
                pointer.push('/');
                pointer.push_str(&key.replace('~', "~0").replace('/', "~1"));
                long_strings(member, pointer, strings);
                pointer.truncate(length);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn dotted(pointer: &str) -> String {
    pointer.trim_start_matches('/').replace('/', ".").replace("~1", "/").replace("~0", "~")
}

fn shorten(text: &str, excess: usize) -> String {
    cut_middle(text, text.len().saturating_sub(excess + 64).max(KEEP_BYTES))
}

/// The text, or its start and end with a visible mark between them: attackers pad the front, and the cause often
/// stands last.
pub fn cut_middle(text: &str, keep_bytes: usize) -> String {
    if text.len() <= keep_bytes {
        return text.to_owned();
    }
    let head = text.floor_char_boundary(keep_bytes * 2 / 3);
    let tail = text.ceil_char_boundary(text.len() - keep_bytes / 3);
    let cut = text.get(head..tail).map_or(0, |middle| middle.chars().count());
    let (start, end) = (text.get(..head).unwrap_or_default(), text.get(tail..).unwrap_or_default());
    format!("{start} [{cut} characters cut] {end}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn a_text_that_fits_is_left_alone() {
        let document = json!({"full_log": "x".repeat(5000)});
        let trimmed = to_fit(&document, 10_000).unwrap();
        assert_eq!(trimmed.text, document.to_string());
        assert!(trimmed.fields.is_empty());
    }

    #[test]
    fn repeated_evidence_goes_before_the_log_line() {
        let document = json!({
            "rule": {"id": "5763"},
            "full_log": "f".repeat(40_000),
            "previous_output": "p".repeat(200_000),
            "data": {"command": "c".repeat(90_000)},
        });
        let trimmed = to_fit(&document, 150_000).unwrap();
        assert_eq!(trimmed.fields, ["previous_output"]);
        assert!(trimmed.text.len() <= 150_000);
        let smaller = to_fit(&document, 100_000).unwrap();
        assert_eq!(smaller.fields, ["previous_output", "full_log"]);
        let wrapped = to_fit(&json!({"schema": 1, "alert": document}), 150_000).unwrap();
        assert_eq!(wrapped.fields, ["alert.previous_output"]);
        let kept: Value = serde_json::from_str(&smaller.text).unwrap();
        assert_eq!(kept["rule"]["id"], "5763");
        assert!(kept["full_log"].as_str().unwrap().contains("characters cut]"));
    }

    #[test]
    fn a_cut_text_keeps_its_start_and_its_end() {
        assert_eq!(cut_middle("short", 5), "short");
        assert_eq!(cut_middle("aaaaaa-----zzz", 9), "aaaaaa [5 characters cut] zzz");
        assert_eq!(cut_middle("éééééé", 6), "éé [3 characters cut] é");
    }

    #[test]
    fn structure_without_text_cannot_be_trimmed() {
        assert_eq!(to_fit(&json!(vec![1; 1000]), 100), None);
    }

    proptest! {
        #[test]
        fn what_is_trimmed_fits_and_stays_json(text in "\\PC{0,9000}", more in ".{0,3000}", max in 6_000_usize..20_000) {
            let document = json!({"a/b": text, "full_log": more.repeat(4)});
            if let Some(trimmed) = to_fit(&document, max) {
                prop_assert!(trimmed.text.len() <= max);
                prop_assert!(serde_json::from_str::<Value>(&trimmed.text).is_ok());
            }
        }
    }
}
