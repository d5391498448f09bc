//! The part of `OSRegex` that our rules use.

use std::str::FromStr;

use anyhow::{Error, bail};

/// Alternatives, each with both ends open or fixed.
#[derive(Debug)]
pub struct Pattern(Vec<Alternative>);

#[derive(Debug)]
struct Alternative {
    from_start: bool,
    to_end: bool,
    content: Content,
}

#[derive(Debug)]
enum Content {
    Literal(String),
    /// `\.+`
    Anything,
    /// `\d+`
    Digits,
}

impl Pattern {
    /// As Wazuh does it: without regard to case, and anywhere in the value where an end is open.
    pub fn matches(&self, value: &str) -> bool {
        let value = value.to_ascii_lowercase();
        self.0.iter().any(|alternative| alternative.matches(&value))
    }

    pub fn is_anchored(&self) -> bool {
        self.0.iter().all(|alternative| alternative.from_start && alternative.to_end)
    }
}

impl FromStr for Pattern {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let mut alternatives = Vec::new();
        for part in text.split('|') {
            let (from_start, rest) = part.strip_prefix('^').map_or((false, part), |rest| (true, rest));
            let (to_end, rest) = rest.strip_suffix('$').map_or((false, rest), |rest| (true, rest));
            let content = match rest {
                r"\.+" => Content::Anything,
                r"\d+" => Content::Digits,
                // A dot is a dot; all other signs have a meaning.
                literal if !literal.is_empty() && !literal.contains(['\\', '^', '$', '(', ')', '+', '*']) => {
                    Content::Literal(literal.to_ascii_lowercase())
                }
                _ => bail!("pattern `{text}` is not known here"),
            };
            alternatives.push(Alternative { from_start, to_end, content });
        }
        Ok(Self(alternatives))
    }
}

impl Alternative {
    fn matches(&self, value: &str) -> bool {
        let is_digit = |sign: char| sign.is_ascii_digit();
        match (&self.content, self.from_start, self.to_end) {
            (Content::Literal(text), true, true) => value == text,
            (Content::Literal(text), true, false) => value.starts_with(text),
            (Content::Literal(text), false, true) => value.ends_with(text),
            (Content::Literal(text), false, false) => value.contains(text),
            (Content::Anything, _, _) => !value.is_empty(),
            (Content::Digits, true, true) => !value.is_empty() && value.chars().all(is_digit),
            (Content::Digits, true, false) => value.starts_with(is_digit),
            (Content::Digits, false, true) => value.ends_with(is_digit),
            (Content::Digits, false, false) => value.contains(is_digit),
        }
    }
}

#[test]
fn a_pattern_matches_what_wazuh_would_match() {
    for (pattern, value, expected) in [
        ("^misp$", "misp", true),
        ("^misp$", "MISP", true),
        ("^misp$", "custom-misp", false),
        ("misp", "custom-misp", true),
        ("^misp$|->misp$", "(web-01) 10.20.0.7->misp", true),
        ("^misp$|->misp$", "/var/log/misp", false),
        ("^misp$|->misp$", "misp.log", false),
        ("^0$", "0", true),
        ("^0$", "100", false),
        ("^a.b$", "axb", false),
        (r"^\.+$", "anything at all", true),
        (r"^\.+$", "", false),
        (r"^\d+$", "4711", true),
        (r"^\d+$", "4711a", false),
        (r"\d+$", "a4711", true),
    ] {
        assert_eq!(pattern.parse::<Pattern>().unwrap().matches(value), expected, "{pattern} {value}");
    }
}
