use std::borrow::Cow;
use std::fmt;
use std::net::{IpAddr, SocketAddr};

use domain::indicator::{DomainName, FileHash, HashKind, Host, Indicator, WebUrl};
use ipnet::IpNet;

use crate::Pattern;

/// What a feed lists: one indicator, or a network.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Entry {
    Indicator(Indicator),
    Network(IpNet),
}

impl From<Entry> for Pattern {
    /// Matches what is listed and nothing else: a listed domain says nothing about the names below it.
    fn from(entry: Entry) -> Self {
        match entry {
            Entry::Network(network) => Self::Network(network),
            Entry::Indicator(Indicator::Ip(address)) => Self::Network(address.into()),
            Entry::Indicator(indicator) => Self::Exactly(indicator),
        }
    }
}

impl fmt::Display for Entry {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Indicator(indicator) => indicator.fmt(formatter),
            Self::Network(network) => network.fmt(formatter),
        }
    }
}

/// What a feed says that an entry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// An address or a network.
    Address,
    /// An address with a port behind it.
    Endpoint,
    Domain,
    Url,
    Hash(Option<HashKind>),
    /// Told by the text itself.
    Any,
}

impl Kind {
    /// The kind behind a type as OTX, MISP and others write it; nothing for types that alerts are not searched for.
    pub fn of_type(name: &str) -> Option<Self> {
        Some(match name.to_ascii_lowercase().as_str() {
            "ip" | "ipv4" | "ipv6" | "ip-src" | "ip-dst" | "ipv4-addr" | "ipv6-addr" | "cidr" | "network" => {
                Self::Address
            }
            "ip:port" => Self::Endpoint,
            "domain" | "hostname" | "domain-name" | "fqdn" => Self::Domain,
            "url" => Self::Url,
            "md5" | "filehash-md5" | "md5_hash" => Self::Hash(Some(HashKind::Md5)),
            "sha1" | "filehash-sha1" | "sha1_hash" => Self::Hash(Some(HashKind::Sha1)),
            "sha256" | "filehash-sha256" | "sha256_hash" => Self::Hash(Some(HashKind::Sha256)),
            "hash" | "filehash" => Self::Hash(None),
            _ => return None,
        })
    }
}

impl Entry {
    /// Reads an entry as a feed writes it, defanged or not. The error says what was expected.
    pub(super) fn read(text: &str, kind: Kind) -> Result<Self, &'static str> {
        let text = refanged(text.trim());
        match kind {
            Kind::Address => address(&text).unwrap_or(Err("it is not an IP address or a network")),
            Kind::Endpoint => {
                let endpoint: Option<SocketAddr> = text.parse().ok();
                let entry = endpoint.map(|endpoint| Self::Indicator(Indicator::address(endpoint.ip())));
                entry.ok_or("it is not an IP address with a port")
            }
            Kind::Domain => domain(&text).ok_or("it is not a domain"),
            Kind::Url => url(&text)
                .ok_or("it is not a URL; one begins with http://, https:// or ftp:// and names a host"),
            Kind::Hash(kind) => hash(&text, kind).ok_or("it is not a file hash of the type that is said"),
            Kind::Any => address(&text).unwrap_or_else(|| {
                let entry = hash(&text, None).or_else(|| url(&text)).or_else(|| domain(&text));
                entry.ok_or(
                    "it is not an IP address, a network, a domain, a URL or an MD5, SHA-1 or SHA-256 hash; \
                     write one on a line, and comments behind a #",
                )
            }),
        }
    }
}

/// Nothing if the text is of another kind, an error if the network is one that cannot be meant.
fn address(text: &str) -> Option<Result<Entry, &'static str>> {
    if let Ok(address) = text.parse::<IpAddr>() {
        return Some(Ok(Entry::Indicator(Indicator::address(address))));
    }
    let network: IpNet = text.parse().ok()?;
    let widest = match network {
        IpNet::V4(_) => 8,
        IpNet::V6(_) => 16,
    };
    Some(if network.prefix_len() == network.max_prefix_len() {
        Ok(Entry::Indicator(Indicator::address(network.addr())))
    } else if network.prefix_len() < widest {
        Err("the network is wider than /8 (/16 for IPv6); list its parts")
    } else {
        Ok(Entry::Network(network.trunc()))
    })
}

fn hash(text: &str, kind: Option<HashKind>) -> Option<Entry> {
    let hash = FileHash::parse(text)?;
    kind.is_none_or(|kind| kind == hash.kind()).then_some(Entry::Indicator(Indicator::Hash(hash)))
}

fn url(text: &str) -> Option<Entry> {
    WebUrl::parse(text).map(|url| Entry::Indicator(Indicator::Url(url)))
}

fn domain(text: &str) -> Option<Entry> {
    if text.is_ascii() {
        // The last label of a name is never a number: that would be an address, and not a good one.
        let number = text.trim_end_matches('.').rsplit('.').next()?.bytes().all(|byte| byte.is_ascii_digit());
        let name = DomainName::parse(text).filter(|_| !number)?;
        return Some(Entry::Indicator(Indicator::Domain(name)));
    }
    // Only a whole URL knows how a name in another script is written in ASCII.
    let url = WebUrl::parse(&format!("http://{text}/"))?;
    match url.host() {
        Host::Domain(name) if !text.contains(['/', '@', ':', '?', '#']) => {
            DomainName::parse(name).map(|name| Entry::Indicator(Indicator::Domain(name)))
        }
        Host::Domain(_) | Host::Ip(_) => None,
    }
}

/// Takes back what makes an indicator harmless to read: `hxxps://evil[.]example`.
fn refanged(text: &str) -> Cow<'_, str> {
    const DEFANGED: [(&str, &str); 9] = [
        ("[.]", "."),
        ("(.)", "."),
        ("{.}", "."),
        ("[dot]", "."),
        ("(dot)", "."),
        ("[:]", ":"),
        ("[://]", "://"),
        ("[/]", "/"),
        ("\\.", "."),
    ];
    let mut text = Cow::Borrowed(text);
    for (defanged, meant) in DEFANGED {
        if text.contains(defanged) {
            text = Cow::Owned(text.replace(defanged, meant));
        }
    }
    let harmless = text.split_once("://").and_then(|(scheme, rest)| {
        let scheme = match scheme.to_ascii_lowercase().as_str() {
            "hxxp" | "hxtp" | "htxp" => "http",
            "hxxps" | "hxtps" | "htxps" => "https",
            "fxp" => "ftp",
            _ => return None,
        };
        Some(format!("{scheme}://{rest}"))
    });
    harmless.map_or(text, Cow::Owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_is_read_as_feeds_write_it() {
        for (text, kind, expected) in [
            ("203.0.113.9", Kind::Any, Some("203.0.113.9")),
            (" 203[.]0[.]113[.]9\r", Kind::Address, Some("203.0.113.9")),
            ("203.0.113.9/32", Kind::Any, Some("203.0.113.9")),
            ("198.51.100.77/24", Kind::Any, Some("198.51.100.0/24")),
            ("2001:db8::/32", Kind::Address, Some("2001:db8::/32")),
            ("0.0.0.0/0", Kind::Any, None),
            ("::/0", Kind::Any, None),
            ("300.1.1.1", Kind::Any, None),
            ("Evil.Example.com.", Kind::Any, Some("evil.example.com")),
            ("evil[dot]example", Kind::Domain, Some("evil.example")),
            ("bücher.example", Kind::Any, Some("xn--bcher-kva.example")),
            ("bücher.example/path", Kind::Domain, None),
            ("hxxps://evil[.]example/a#b", Kind::Any, Some("https://evil.example/a")),
            ("hXXp[:]//evil.example/", Kind::Url, Some("http://evil.example/")),
            ("evil.example/path", Kind::Url, None),
            ("D41D8CD98F00B204E9800998ECF8427E", Kind::Any, Some("d41d8cd98f00b204e9800998ecf8427e")),
            ("d41d8cd98f00b204e9800998ecf8427e", Kind::Hash(Some(HashKind::Sha1)), None),
            ("evil.example", Kind::Address, None),
            ("203.0.113.9:443", Kind::Endpoint, Some("203.0.113.9")),
            ("[2001:db8::1]:443", Kind::Endpoint, Some("2001:db8::1")),
            ("203.0.113.9", Kind::Endpoint, None),
            ("two words", Kind::Any, None),
            ("", Kind::Any, None),
        ] {
            let entry = Entry::read(text, kind).ok().map(|entry| entry.to_string());
            assert_eq!(entry.as_deref(), expected, "{text}");
        }
    }
}
