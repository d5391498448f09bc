//! Names with a star, as an operator writes them: of agents, of tenants, of what stands in a label.

use serde::Deserialize;

/// A name with `*` for any characters, upper and lower case alike. Spaces around it are not part of it: no agent has any
/// in its name, and a pattern that can never fit would be a setting that silently does nothing. The default fits everything.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct NamePattern(String);

impl NamePattern {
    const MAX_CHARS: usize = 128;

    /// Whether it fits every name.
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

impl Default for NamePattern {
    fn default() -> Self {
        Self("*".to_owned())
    }
}

impl TryFrom<String> for NamePattern {
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
        for (pattern, name, fits) in [
            ("web-01", "web-01", true),
            ("web-01", "WEB-01", true),
            ("Web-01", "web-01", true),
            ("web-01", "web-011", false),
            (" web-01 ", "web-01", true),
            ("web-*", "web-01", true),
            ("web-*", "intranet-web-01", false),
            ("*-db", "shop-db", true),
            ("*-db", "shop-db-2", false),
            ("*db*", "shop-db-2", true),
            ("a*b*c", "a-b-b-c", true),
            ("a*b*c", "a-c-b", false),
            ("a*b", "a", false),
            ("ab*b", "ab", false),
            ("aa*aa", "aaa", false),
            ("*", "", true),
        ] {
            let pattern = NamePattern::try_from(pattern.to_owned()).unwrap();
            assert_eq!(pattern.fits(name), fits, "{pattern:?} {name}");
        }
    }

    #[test]
    fn what_is_no_name_is_no_pattern() {
        for text in ["", "  ", "a\nb", &"x".repeat(129)] {
            assert!(NamePattern::try_from(text.to_owned()).is_err(), "{text:?}");
        }
        assert!(NamePattern::default().is_all() && !NamePattern::try_from("a*".to_owned()).unwrap().is_all());
    }
}
