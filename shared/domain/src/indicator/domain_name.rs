use std::fmt;

use serde::{Deserialize, Serialize};

use super::suffix::{Section, Suffix, suffix};

/// A name that can be registered on the internet, below a public suffix: lower case, without final dot, IDNs in their
/// ASCII form. `localhost`, `srv.lan` and `co.uk` are none.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct DomainName(String);

impl DomainName {
    const MAX_BYTES: usize = 253;

    pub fn parse(text: &str) -> Option<Self> {
        let text = text.strip_suffix('.').unwrap_or(text);
        if text.len() > Self::MAX_BYTES {
            return None;
        }
        let name = if text.is_ascii() { text.to_ascii_lowercase() } else { idna(text)? };
        let valid = name.len() <= Self::MAX_BYTES && name.split('.').all(is_label) && is_public(&name);
        valid.then_some(Self(name))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it stands below a name that somebody registered: `www.evil.com` does, `evil.com` and `owner.github.io` do
    /// not.
    pub fn is_below_registered(&self) -> bool {
        let public = suffix(&self.0).map_or("example", |suffix| suffix.text);
        self.0
            .strip_suffix(public)
            .and_then(|rest| rest.strip_suffix('.'))
            .is_some_and(|rest| rest.contains('.'))
    }
}

fn is_label(label: &str) -> bool {
    (1..=63).contains(&label.len())
        && !label.starts_with('-')
        && !label.ends_with('-')
        && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
}

fn idna(text: &str) -> Option<String> {
    match url::Host::parse(text).ok()? {
        url::Host::Domain(name) => Some(name),
        url::Host::Ipv4(_) | url::Host::Ipv6(_) => None,
    }
}

/// Whether the lower-case name stands below a suffix under which anybody can register. `.example` counts: what is set
/// aside for examples is found as an example, as with addresses.
fn is_public(name: &str) -> bool {
    if name.ends_with(".example") {
        return true;
    }
    let Some(Suffix { text, section }) = suffix(name) else { return false };
    match section {
        // `arpa` holds names of addresses.
        Section::Icann => text != name && text.rsplit('.').next() != Some("arpa"),
        // `github.io` has an owner.
        Section::Private => true,
    }
}

/// Whether the last label of a name, in lower case, is a top-level domain.
pub(super) fn is_top_level(label: &str) -> bool {
    label == "example" || suffix(label).is_some()
}

impl fmt::Display for DomainName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl TryFrom<String> for DomainName {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
            .ok_or("a domain name is labels of letters, digits and hyphens under a public suffix")
    }
}

impl From<DomainName> for String {
    fn from(name: DomainName) -> Self {
        name.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_one_form_and_a_public_suffix() {
        for (text, expected) in [
            ("Evil.COM.", Some("evil.com")),
            ("a_b.example.co.uk", Some("a_b.example.co.uk")),
            ("müller.de", Some("xn--mller-kva.de")),
            ("пример.рф", Some("xn--e1afmkfd.xn--p1ai")),
            ("evil.example", Some("evil.example")),
            ("owner.github.io", Some("owner.github.io")),
            ("co.uk", None),
            ("localhost", None),
            ("srv.lan", None),
            ("dc01.corp.local", None),
            ("ip-10-0-0-219.compute.internal", None),
            ("9.113.0.203.in-addr.arpa", None),
            ("203.0.113.9", None),
            ("256.1.1.1", None),
            ("-a.com", None),
            ("a..com", None),
            ("", None),
        ] {
            assert_eq!(DomainName::parse(text).as_ref().map(DomainName::as_str), expected, "{text}");
        }
    }

    #[test]
    fn what_is_registered_stands_right_below_a_public_suffix() {
        for (name, expected) in [
            ("evil.com", false),
            ("www.evil.com", true),
            ("evil.co.uk", false),
            ("a.www.evil.co.uk", true),
            ("github.io", false),
            ("owner.github.io", false),
            ("www.owner.github.io", true),
            ("evil.example", false),
            ("www.evil.example", true),
        ] {
            assert_eq!(DomainName::parse(name).unwrap().is_below_registered(), expected, "{name}");
        }
    }
}
