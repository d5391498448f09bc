use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use domain::indicator::{Host, Indicator};
use ipnet::IpNet;

/// An entry of a site's list: an address, a network, a domain with everything below it, a URL or a file hash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pattern {
    Network(IpNet),
    /// Any name, in lower case: `corp.local` is no indicator, but may stand on a list.
    Domain(String),
    Exactly(Indicator),
}

impl Pattern {
    pub fn matches(&self, indicator: &Indicator) -> bool {
        match self {
            Self::Exactly(exactly) => exactly == indicator,
            Self::Network(network) => match indicator.host() {
                Some(Host::Ip(address)) => network.contains(&address),
                Some(Host::Domain(_)) | None => false,
            },
            Self::Domain(domain) => match indicator.host() {
                Some(Host::Domain(host)) => is_below(host, domain),
                Some(Host::Ip(_)) | None => false,
            },
        }
    }
}

fn is_below(host: &str, domain: &str) -> bool {
    host.strip_suffix(domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

impl FromStr for Pattern {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if let Ok(network) = text.parse::<IpNet>() {
            return Ok(Self::Network(network.trunc()));
        }
        if let Ok(address) = text.parse::<IpAddr>() {
            return Ok(Self::Network(IpNet::from(address.to_canonical())));
        }
        match text.parse::<Indicator>() {
            Ok(Indicator::Domain(domain)) => Ok(Self::Domain(domain.to_string())),
            Ok(indicator) => Ok(Self::Exactly(indicator)),
            Err(_) if is_name(text) => Ok(Self::Domain(text.to_ascii_lowercase())),
            Err(_) => {
                Err("it is not an address, a network as in 198.51.100.0/24, a domain, a URL or a file hash")
            }
        }
    }
}

fn is_name(text: &str) -> bool {
    let is_label = |label: &str| {
        !label.is_empty()
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
    };
    // A last label of digits would be an address that is none.
    text.split('.').all(is_label)
        && !text.rsplit('.').next().is_some_and(|last| last.bytes().all(|byte| byte.is_ascii_digit()))
}

impl fmt::Display for Pattern {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Network(network) if network.prefix_len() == network.max_prefix_len() => {
                network.addr().fmt(formatter)
            }
            Self::Network(network) => network.fmt(formatter),
            Self::Domain(domain) => domain.fmt(formatter),
            Self::Exactly(indicator) => indicator.fmt(formatter),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_matches_what_it_names() {
        for (pattern, indicator, expected) in [
            ("1.1.1.1", "1.1.1.1", true),
            ("1.1.1.1", "1.1.1.2", false),
            ("198.51.100.0/24", "198.51.100.77", true),
            ("198.51.100.9/24", "198.51.100.77", true),
            ("2001:db8::/32", "2001:db8::5", true),
            ("198.51.100.0/24", "http://198.51.100.77/x", true),
            ("example.com", "example.com", true),
            ("example.com", "www.example.com", true),
            ("example.com", "https://www.example.com/login", true),
            ("example.com", "notexample.com", false),
            ("example.com", "example.com.evil.net", false),
            ("d41d8cd98f00b204e9800998ecf8427e", "D41D8CD98F00B204E9800998ECF8427E", true),
        ] {
            let (pattern, indicator): (Pattern, Indicator) =
                (pattern.parse().unwrap(), indicator.parse().unwrap());
            assert_eq!(pattern.matches(&indicator), expected, "{pattern} {indicator}");
        }
        assert!("corp.local".parse::<Pattern>().is_ok());
        for wrong in ["300.1.1.1/8", "300.1.1.1", "a..b", "two words", ""] {
            assert!(wrong.parse::<Pattern>().is_err(), "{wrong}");
        }
    }
}
