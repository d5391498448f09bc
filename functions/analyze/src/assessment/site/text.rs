//! The texts of site notes: short, without control characters.

use std::fmt;

use serde::Deserialize;

/// A name with `*` for any characters, upper and lower case alike. The default fits everything.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct Pattern(String);

impl Pattern {
    const MAX_CHARS: usize = 128;

    pub fn is_all(&self) -> bool {
        self.0.bytes().all(|byte| byte == b'*')
    }

    pub fn fits(&self, name: &str) -> bool {
        let name = name.to_lowercase();
        let mut parts = self.0.split('*');
        let Some(rest) = parts.next().and_then(|first| name.strip_prefix(first)) else { return false };
        let Some(last) = parts.next_back() else { return rest.is_empty() };
        // Each part between two stars is taken as early as it comes, which leaves most to those that follow.
        let rest = parts.try_fold(rest, |rest, part| rest.split_once(part).map(|(_, after)| after));
        rest.is_some_and(|rest| rest.ends_with(last))
    }
}

impl Default for Pattern {
    fn default() -> Self {
        Self("*".to_owned())
    }
}

impl TryFrom<String> for Pattern {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        if short_line(&text, Self::MAX_CHARS) {
            Ok(Self(text.to_lowercase()))
        } else {
            Err("a pattern is one line of 1 to 128 characters, with * for any")
        }
    }
}

/// The operator's words, without the full stop that the sentence around them brings.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct Note(String);

impl Note {
    const MAX_CHARS: usize = 200;
}

impl TryFrom<String> for Note {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let text = text.trim().trim_end_matches('.');
        if short_line(text, Self::MAX_CHARS) {
            Ok(Self(text.to_owned()))
        } else {
            Err("a note is one line of 1 to 200 characters")
        }
    }
}

impl fmt::Display for Note {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

fn short_line(text: &str, most: usize) -> bool {
    !text.is_empty() && text.chars().count() <= most && !text.chars().any(char::is_control)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_any_characters() {
        for (pattern, name, fits) in [
            ("web-01", "web-01", true),
            ("web-01", "WEB-01", true),
            ("web-01", "web-011", false),
            ("web-*", "web-01", true),
            ("web-*", "intranet-web-01", false),
            ("*-db", "shop-db", true),
            ("*-db", "shop-db-2", false),
            ("*db*", "shop-db-2", true),
            ("a*b*c", "a-b-b-c", true),
            ("a*b*c", "a-c-b", false),
            ("aa*aa", "aaa", false),
            ("*", "", true),
        ] {
            assert_eq!(Pattern::try_from(pattern.to_owned()).unwrap().fits(name), fits, "{pattern} {name}");
        }
    }
}
