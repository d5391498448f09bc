//! Indicators: what threat intelligence has names for. One canonical form each, so that a cache, a request and a
//! comparison speak of the same thing.

mod bytes;
mod context;
mod domain_name;
mod encoded;
mod extract;
mod fields;
mod file_hash;
mod found;
mod link;
mod name;
mod places;
mod read;
mod refang;
mod scan;
mod scope;
mod suffix;
mod typed;
mod web_url;
mod word;

use std::fmt;
use std::net::IpAddr;

use serde::{Deserialize, Serialize};

pub use domain_name::DomainName;
pub use extract::extract;
pub use file_hash::{FileHash, HashKind};
pub use found::{Direction, Found};
pub use read::IndicatorError;
pub use scan::scan;
pub use scope::{Scope, scope};
pub use web_url::WebUrl;

/// One indicator in canonical form.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "type", content = "value", rename_all = "snake_case")]
pub enum Indicator {
    /// Never an IPv4-mapped IPv6 address, and without zone: [`Indicator::address`] sees to it.
    Ip(IpAddr),
    Domain(DomainName),
    Url(WebUrl),
    Hash(FileHash),
}

impl Indicator {
    /// The address, IPv4 where it is IPv4 in IPv6's clothes.
    pub fn address(address: IpAddr) -> Self {
        Self::Ip(address.to_canonical())
    }

    /// What kind of indicator it is, as it stands in keys, events and metrics.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Ip(_) => "ip",
            Self::Domain(_) => "domain",
            Self::Url(_) => "url",
            Self::Hash(hash) => hash.kind().name(),
        }
    }

    /// Key of everything that is known about it: `ip#203.0.113.9`.
    pub fn key(&self) -> String {
        format!("{}#{self}", self.kind())
    }

    pub fn as_ip(&self) -> Option<IpAddr> {
        match self {
            Self::Ip(address) => Some(*address),
            Self::Domain(_) | Self::Url(_) | Self::Hash(_) => None,
        }
    }

    /// The host that the indicator is about: an address, a domain, or what a URL points to; a file has none.
    pub fn host(&self) -> Option<Host<'_>> {
        match self {
            Self::Ip(address) => Some(Host::Ip(*address)),
            Self::Domain(domain) => Some(Host::Domain(domain.as_str())),
            Self::Url(url) => Some(url.host()),
            Self::Hash(_) => None,
        }
    }
}

/// Whom an indicator is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Host<'a> {
    Ip(IpAddr),
    Domain(&'a str),
}

impl fmt::Display for Indicator {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ip(address) => address.fmt(formatter),
            Self::Domain(domain) => domain.fmt(formatter),
            Self::Url(url) => url.fmt(formatter),
            Self::Hash(hash) => hash.fmt(formatter),
        }
    }
}
