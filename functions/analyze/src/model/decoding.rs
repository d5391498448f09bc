//! How a model is brought to answer in JSON, from the strictest way down, and how the JSON is found again.

use std::str::FromStr;

use serde::de::IgnoredAny;
use serde_json::Value;

/// What holds the model to the schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decoding {
    /// The server, by the schema itself.
    JsonSchema,
    /// The server sees to JSON; the schema stands in the prompt.
    JsonObject,
    /// Only the prompt.
    Text,
}

impl Decoding {
    fn below(self) -> Option<Self> {
        match self {
            Self::JsonSchema => Some(Self::JsonObject),
            Self::JsonObject => Some(Self::Text),
            Self::Text => None,
        }
    }

    /// The instructions with what this rung needs. Some servers refuse JSON unless the word stands in the prompt.
    pub(super) fn instruct(self, instructions: &str, schema: &Value) -> String {
        match self {
            Self::JsonSchema => format!("{instructions}\n\n{}", Self::REMINDER),
            Self::JsonObject | Self::Text => format!(
                "{instructions}\n\nAnswer with one JSON object and nothing else. It follows this JSON schema:\n{schema}"
            ),
        }
    }

    /// OpenAI's Responses look for the word JSON in the input, and not in the instructions.
    pub(super) const REMINDER: &str = "Answer with one JSON object.";
}

impl FromStr for Decoding {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "json_schema" => Ok(Self::JsonSchema),
            "json_object" => Ok(Self::JsonObject),
            "text" => Ok(Self::Text),
            _ => Err("not one of auto, json_schema, json_object, text"),
        }
    }
}

/// Where decoding begins, and whether a server that refuses it is asked in a looser way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ladder {
    Down,
    Only(Decoding),
}

impl Ladder {
    pub(super) fn top(self) -> Decoding {
        match self {
            Self::Down => Decoding::JsonSchema,
            Self::Only(decoding) => decoding,
        }
    }

    pub(super) fn below(self, decoding: Decoding) -> Option<Decoding> {
        match self {
            Self::Down => decoding.below(),
            Self::Only(_) => None,
        }
    }
}

/// The first complete JSON object in a text: models put fences, greetings and thoughts around it.
///
/// Reads each byte once, whatever the text.
pub(super) fn object(text: &str) -> Option<&str> {
    let mut rest = text.trim_start();
    if rest.starts_with("<think>") {
        rest = rest.split_once("</think>")?.1;
    }
    while let Some(start) = rest.find('{') {
        let (candidate, after) = balanced(rest.get(start..)?)?;
        if serde_json::from_str::<IgnoredAny>(candidate).is_ok() {
            return Some(candidate);
        }
        rest = after;
    }
    None
}

/// The text up to the brace that closes its first one, and what follows.
fn balanced(text: &str) -> Option<(&str, &str)> {
    let (mut depth, mut in_string, mut escaped) = (0_usize, false, false);
    for (position, byte) in text.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            b'{' if !in_string => depth += 1,
            b'}' if !in_string => depth = depth.saturating_sub(1),
            _ => continue,
        }
        if depth == 0 {
            return text.split_at_checked(position + 1);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn the_first_complete_object_is_cut_out() {
        for (text, expected) in [
            (r#"{"a":1}"#, Some(r#"{"a":1}"#)),
            ("```json\n{\"a\":{}}\n```", Some(r#"{"a":{}}"#)),
            (r#"Sure {friend}: {"a":"}{\"}"} {"b":2}"#, Some(r#"{"a":"}{\"}"}"#)),
            (r#"<think>{"draft":1}</think>{"a":1}"#, Some(r#"{"a":1}"#)),
            (r#"{"quote":"</think>"}"#, Some(r#"{"quote":"</think>"}"#)),
            (r#"<think>{"draft":1}"#, None),
            (r#"{"a":{"b":1}"#, None),
            ("[1,2]", None),
            ("It looks bad.", None),
            ("", None),
        ] {
            assert_eq!(object(text), expected, "{text}");
        }
    }

    #[test]
    fn the_word_json_and_where_needed_the_schema_stand_in_the_prompt() {
        let schema = json!({"type": "object"});
        for decoding in [Decoding::JsonSchema, Decoding::JsonObject, Decoding::Text] {
            let prompt = decoding.instruct("Explain.", &schema);
            assert!(prompt.starts_with("Explain.") && prompt.contains("JSON"), "{prompt}");
            assert_eq!(prompt.contains(r#"{"type":"object"}"#), decoding != Decoding::JsonSchema);
        }
    }

    proptest! {
        #[test]
        fn any_object_is_found_between_any_words(value in "[^<{}]*", before in "[^<{}\"]*", after in ".*") {
            let written = json!({"key": value}).to_string();
            let text = format!("{before}{written}{after}");
            prop_assert_eq!(object(&text), Some(written.as_str()));
        }

        #[test]
        fn any_text_is_read(text in ".*") {
            let is_cut_out = object(&text).is_none_or(|found| found.starts_with('{') && text.contains(found));
            prop_assert!(is_cut_out);
        }
    }
}
