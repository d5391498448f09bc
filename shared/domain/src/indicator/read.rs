//! One indicator as a person or a feed writes it.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use super::link::{self, Link};
use super::refang::{Refanged, refang};
use super::{DomainName, FileHash, Indicator, WebUrl};

/// Why a text is not an indicator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IndicatorError {
    #[error("it is a network; an indicator is one address of it")]
    Network,
    #[error("a name without a dot is known in its own network only")]
    SingleLabel,
    #[error("it is not an IP address, a public domain or URL, or an MD5, SHA-1 or SHA-256 hash")]
    Unknown,
}

impl FromStr for Indicator {
    type Err = IndicatorError;

    /// Reads one indicator; it may be broken (`hxxp://evil[.]example`), stand in quotes or brackets, or have a port.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = unwrapped(text);
        if let Some(url) = url(text) {
            return Ok(Self::Url(url));
        }
        let whole = match refang(text) {
            Some(Refanged { text: whole, taken, link: false, .. }) => {
                whole + text.get(taken..).unwrap_or_default()
            }
            _ => text.to_owned(),
        };
        if let Some(address) = address(&whole) {
            return Ok(Self::address(address));
        }
        if let Some(hash) = FileHash::parse(whole.strip_prefix("0x").unwrap_or(&whole)) {
            return Ok(Self::Hash(hash));
        }
        if whole.split_once('/').is_some_and(|(address, _)| address.parse::<IpAddr>().is_ok()) {
            return Err(IndicatorError::Network);
        }
        let name = match whole.rsplit_once(':') {
            Some((name, port)) if port.parse::<u16>().is_ok() => name,
            _ => &whole,
        };
        let is_label = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        let single = !name.is_empty() && name.bytes().all(is_label);
        let refused = if single { IndicatorError::SingleLabel } else { IndicatorError::Unknown };
        DomainName::parse(name).map(Self::Domain).ok_or(refused)
    }
}

/// An address, with or without port, brackets and zone.
pub(super) fn address(text: &str) -> Option<IpAddr> {
    if let Ok(address) = text.parse() {
        return Some(address);
    }
    if let Some((inner, port)) = text.strip_prefix('[').and_then(|text| text.split_once(']')) {
        let port_is_one = port.is_empty() || port.strip_prefix(':')?.parse::<u16>().is_ok();
        return address_v6(inner).filter(|_| port_is_one);
    }
    if let Some((host, port)) = text.rsplit_once(':')
        && let (Ok(address), Ok(_)) = (host.parse::<Ipv4Addr>(), port.parse::<u16>())
    {
        return Some(IpAddr::V4(address));
    }
    address_v6(text)
}

fn address_v6(text: &str) -> Option<IpAddr> {
    let (address, _zone) = text.split_once('%').unwrap_or((text, ""));
    address.parse::<Ipv6Addr>().ok().map(IpAddr::V6)
}

/// Without white space, quotes and brackets around the whole.
fn unwrapped(text: &str) -> &str {
    const PAIRS: [(char, char); 6] =
        [('"', '"'), ('\'', '\''), ('`', '`'), ('<', '>'), ('(', ')'), ('[', ']')];
    let mut inner = text.trim();
    for _ in 0..PAIRS.len() {
        let pair = |(open, close): &(char, char)| inner.strip_prefix(*open)?.strip_suffix(*close);
        let Some(next) = PAIRS.iter().find_map(pair) else { break };
        inner = next.trim();
    }
    inner
}

fn url(text: &str) -> Option<WebUrl> {
    if text.contains("://")
        && let Some(url) = WebUrl::parse(text)
    {
        return Some(url);
    }
    let (word, rest) = match refang(text) {
        Some(Refanged { text: word, taken, link: true, .. }) => (word, text.get(taken..)?),
        _ => text.split_once("://").map(|(scheme, rest)| (scheme.to_owned(), rest))?,
    };
    let ("", Some(scheme)) = link::scheme(&word) else { return None };
    let link = Link::read(Some(scheme), rest);
    link.url.filter(|_| link.end == rest.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_indicator_is_read_as_people_write_it() {
        for (text, expected) in [
            ("203.0.113.9", Ok("203.0.113.9")),
            (" \"203[.]0[.]113[.]9\" ", Ok("203.0.113.9")),
            ("203(dot)0(.)113{.}9", Ok("203.0.113.9")),
            ("203\\.0\\.113\\.9", Ok("203.0.113.9")),
            ("203.0.113.9:443", Ok("203.0.113.9")),
            ("203[.]0[.]113[.]9:443", Ok("203.0.113.9")),
            ("[2001:db8::1]:443", Ok("2001:db8::1")),
            ("[2001:DB8::1]", Ok("2001:db8::1")),
            ("2001[:]db8[:][:]1", Ok("2001:db8::1")),
            ("fe80::1%eth0", Ok("fe80::1")),
            ("::ffff:203.0.113.9", Ok("203.0.113.9")),
            ("Evil.EXAMPLE.", Ok("evil.example")),
            ("evil[.]example:8080", Ok("evil.example")),
            ("<evil[dot]com>", Ok("evil.com")),
            ("müller.de", Ok("xn--mller-kva.de")),
            ("hxxps[:]//evil[.]example/a?b=c#d", Ok("https://evil.example/a?b=c")),
            ("hXXp://evil[.]example", Ok("http://evil.example/")),
            ("hxxp[://]evil.example/x", Ok("http://evil.example/x")),
            ("http://user:secret@evil.example/", Ok("http://evil.example/")),
            ("D41D8CD98F00B204E9800998ECF8427F", Ok("d41d8cd98f00b204e9800998ecf8427f")),
            ("203.0.113.0/24", Err(IndicatorError::Network)),
            ("2001:db8::/32", Err(IndicatorError::Network)),
            ("203[.]0[.]113[.]0/24", Err(IndicatorError::Network)),
            ("web-01", Err(IndicatorError::SingleLabel)),
            ("http://web-01/", Err(IndicatorError::Unknown)),
            ("dc01.corp.local", Err(IndicatorError::Unknown)),
            ("evil.example evil.example", Err(IndicatorError::Unknown)),
            ("", Err(IndicatorError::Unknown)),
        ] {
            let read = text.parse::<Indicator>().map(|indicator| indicator.to_string());
            assert_eq!(read, expected.map(str::to_owned), "{text}");
        }
    }
}
