use crate::feed::Entry;

/// Key of what is listed: an indicator's own key, or `network#203.0.113.0/24`.
pub fn key_of(entry: &Entry) -> String {
    match entry {
        Entry::Indicator(indicator) => indicator.key(),
        Entry::Network(network) => format!("network#{network}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
