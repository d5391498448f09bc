use domain::indicator::{DomainName, FileHash, Indicator, WebUrl};

use crate::feed::Entry;

/// Key of what is listed: an indicator's own key, or `network#203.0.113.0/24`.
pub fn key_of(entry: &Entry) -> String {
    match entry {
        Entry::Indicator(indicator) => indicator.key(),
        Entry::Network(network) => format!("network#{network}"),
    }
}

/// What a key is about; nothing where [`key_of`] writes no such key.
pub fn entry_of(key: &str) -> Option<Entry> {
    let (kind, value) = key.split_once('#')?;
    let entry = match kind {
        "network" => Entry::Network(value.parse().ok()?),
        "ip" => Entry::Indicator(Indicator::address(value.parse().ok()?)),
        "domain" => Entry::Indicator(Indicator::Domain(DomainName::parse(value)?)),
        "url" => Entry::Indicator(Indicator::Url(WebUrl::parse(value)?)),
        _ => Entry::Indicator(Indicator::Hash(FileHash::parse(value)?)),
    };
    (key_of(&entry) == key).then_some(entry)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_tells_what_it_is_about() {
        for key in [
            "network#203.0.113.0/24",
            "network#2001:db8::/32",
            "ip#203.0.113.9",
            "ip#2001:db8::9",
            "domain#evil.example.com",
            "url#http://evil.example.com/a)",
            "md5#d41d8cd98f00b204e9800998ecf8427e",
        ] {
            assert_eq!(entry_of(key).map(|entry| key_of(&entry)).as_deref(), Some(key));
        }
        for key in
            ["", "ip#", "ip#::ffff:203.0.113.9", "domain#Evil.example.com", "sha1#d41d8cd98f", "provider#otx"]
        {
            assert_eq!(entry_of(key), None, "{key}");
        }
    }

    #[test]
    fn a_network_has_a_key_of_its_own() {
        let network = |text: &str| Entry::Network(text.parse().unwrap());
        let indicator = |text: &str| Entry::Indicator(text.parse().unwrap());
        for (entry, expected) in [
            (network("203.0.113.0/24"), "network#203.0.113.0/24"),
            (network("2001:db8::/32"), "network#2001:db8::/32"),
            (indicator("203.0.113.9"), "ip#203.0.113.9"),
            (indicator("evil.example.com"), "domain#evil.example.com"),
            (indicator("http://evil.example.com/a"), "url#http://evil.example.com/a"),
        ] {
            assert_eq!(key_of(&entry), expected);
        }
    }
}
