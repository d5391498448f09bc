//! Names with a star.

use serde::Deserialize;

/// A name with `*` for any characters, upper and lower case alike.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct Pattern(String);

impl Pattern {
    const MAX_CHARS: usize = 128;

    pub fn fits(&self, name: &str) -> bool {
        let name = name.to_lowercase();
        let mut parts = self.0.split('*');
        let Some(rest) = parts.next().and_then(|first| name.strip_prefix(first)) else { return false };
        let Some(last) = parts.next_back() else { return rest.is_empty() };
        // Each part is taken as early as it comes, which leaves most to those behind it.
        let rest = parts.try_fold(rest, |rest, part| rest.split_once(part).map(|(_, after)| after));
        rest.is_some_and(|rest| rest.ends_with(last))
    }
}

impl TryFrom<String> for Pattern {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let text = text.trim();
        if text.is_empty() || text.chars().count() > Self::MAX_CHARS || text.chars().any(char::is_control) {
            return Err("a pattern is one line of 1 to 128 characters, with * for any");
        }
        Ok(Self(text.to_lowercase()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_any_characters() {
        for (pattern, name, expected) in [
            ("db-*", "DB-7", true),
            ("db-*", "web-db-7", false),
            ("*", "", true),
            ("*-db-*", "eu-db-7", true),
            ("a*b", "a", false),
            ("ab*b", "ab", false),
            ("web-01", "web-01", true),
            ("web-01", "web-011", false),
        ] {
            assert_eq!(
                Pattern::try_from(pattern.to_owned()).unwrap().fits(name),
                expected,
                "{pattern} {name}"
            );
        }
        assert!(Pattern::try_from(" ".to_owned()).is_err());
    }
}
