//! Reading others' JSON: a side field may have any type, and what is not as expected is absent.
//!
//! Fields stay slices of the body until they are read, so a hostile answer takes no more memory than its bytes.

use std::borrow::Cow;
use std::collections::BTreeSet;

use domain::lenient;
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

/// One field of an answer: anything, or nothing.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(transparent)]
pub(super) struct Field<'a>(#[serde(borrow)] Option<&'a RawValue>);

impl<'a> Field<'a> {
    /// A scalar longer than this is none.
    const MAX_SCALAR_BYTES: usize = 64 * 1024;

    /// The object that is expected here; nothing when it is something else.
    pub fn object<T: Deserialize<'a>>(self) -> Option<T> {
        // Serde would take a list for an object with its fields in order.
        self.0.is_some_and(|raw| raw.get().starts_with('{')).then(|| self.read())?
    }

    fn read<T: Deserialize<'a>>(self) -> Option<T> {
        serde_json::from_str(self.0?.get()).ok()
    }

    fn scalar(self) -> Option<Value> {
        let short = self.0?.get().len() <= Self::MAX_SCALAR_BYTES;
        self.read().filter(|_| short)
    }

    pub fn list(self) -> Option<Vec<Self>> {
        self.read()
    }

    /// A visible text of at most `max_chars`.
    pub fn text(self, max_chars: usize) -> Option<String> {
        let text = self.scalar().as_ref().and_then(lenient::text)?;
        Some(visible(&text, max_chars)).filter(|text| !text.is_empty())
    }

    /// A number or UUID that may stand in a link; empty when it is anything else.
    pub fn identifier(self) -> String {
        const MAX_CHARS: usize = 64;
        let is_identifier = |text: &String| {
            text.len() <= MAX_CHARS && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        };
        self.scalar().as_ref().and_then(lenient::text).filter(is_identifier).unwrap_or_default()
    }

    /// A whole number that is not negative.
    pub fn count(self) -> Option<u64> {
        lenient::integer(&self.scalar()?).and_then(|number| u64::try_from(number).ok())
    }

    pub fn number(self) -> Option<f64> {
        match self.scalar()? {
            Value::Number(number) => number.as_f64(),
            Value::String(text) => text.trim().parse().ok().filter(|number: &f64| number.is_finite()),
            Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
        }
    }

    /// Yes or no, also as 1 or 0 and as text.
    pub fn flag(self) -> Option<bool> {
        match lenient::text(&self.scalar()?)?.to_ascii_lowercase().as_str() {
            "true" | "1" => Some(true),
            "false" | "0" => Some(false),
            _ => None,
        }
    }

    /// A time in ISO 8601; without zone it is UTC.
    pub fn time(self) -> Option<Timestamp> {
        let text: Cow<'_, str> = self.read()?;
        let utc = || text.parse::<DateTime>().ok()?.to_zoned(TimeZone::UTC).ok();
        text.parse().ok().or_else(|| Some(utc()?.timestamp()))
    }

    /// A time in seconds since 1970.
    pub fn epoch(self) -> Option<Timestamp> {
        Timestamp::from_second(i64::try_from(self.count()?).ok()?).ok()
    }
}

/// Each text once, in their order.
pub(super) fn distinct(texts: impl Iterator<Item = String>) -> impl Iterator<Item = String> {
    let mut seen = BTreeSet::new();
    texts.filter(move |text| seen.insert(text.clone()))
}

/// Another's text on one line: short, and without what a reader cannot see or what reorders what he sees.
pub fn visible(text: &str, max_chars: usize) -> String {
    let blank = |character: char| if character.is_whitespace() { ' ' } else { character };
    let seen = |character: &char| character.is_whitespace() || !is_unseen(*character);
    let text: String = text.chars().filter(seen).map(blank).take(max_chars).collect();
    text.trim().to_owned()
}

/// Controls, soft hyphen, fillers, joiners, bidirectional marks, line separators, variation selectors and tags.
fn is_unseen(character: char) -> bool {
    character.is_control()
        || matches!(character,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff9}'..='\u{fffb}'
            | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(json: &str) -> Field<'_> {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn texts_of_others_are_short_and_visible() {
        for (text, expected) in [
            ("Żółć 東京 עברית", "Żółć 東京 עברית"),
            ("a\r\nb\tc", "a  b c"),
            ("\u{202e}gpj.exe\u{2066}", "gpj.exe"),
            ("ad\u{200b}min\u{feff}\u{0}\u{1b}[31m", "admin[31m"),
            (" \u{7} ", ""),
            ("0123456789 12345", "0123456789 1234"),
        ] {
            assert_eq!(visible(text, 15), expected);
        }
    }

    #[test]
    fn what_is_not_as_expected_is_absent() {
        assert_eq!(field("\"12\"").count(), Some(12));
        assert_eq!(field("-1").count(), None);
        assert_eq!(field("true").count(), None);
        assert_eq!(field("99999999999999999999").count(), None);
        assert_eq!(field("1e999").number(), None);
        assert_eq!(field("\"1\"").flag(), Some(true));
        assert_eq!(field("2").flag(), None);
        assert_eq!(field("null").text(9), None);
        assert_eq!(field("\"a/b\"").identifier(), "");
        assert_eq!(field("145").identifier(), "145");
        assert_eq!(field("99999999999999").epoch(), None);
        assert_eq!(field("\"2026-10-01T12:00:00.123000\"").time(), "2026-10-01T12:00:00.123Z".parse().ok());
        assert_eq!(field("\"2026-10-01T12:00:00+02:00\"").time(), "2026-10-01T10:00:00Z".parse().ok());
        assert_eq!(field("\"-9999-01-01T00:00:00\"").time(), None);
    }
}
