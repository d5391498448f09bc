//! The links a mail may carry: made here from checked addresses, never taken out of a text.

mod dashboard;
mod escape;
mod pages;

use std::fmt;

pub use dashboard::{AlertLink, Dashboard, HostLink, LinkError, Target};
pub use pages::MispUrl;
pub(crate) use pages::page;

/// An address on a host that the operator or this program has named. Holds nothing that could end an attribute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link(String);

impl Link {
    /// A longer one is no link: mail programs and proxies cut it.
    const MAX_BYTES: usize = 2_000;

    fn new(address: String) -> Option<Self> {
        (address.len() <= Self::MAX_BYTES).then_some(Self(address))
    }
}

impl fmt::Display for Link {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// `https://host:port/path` of a site of the operator's, without a slash at its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SiteUrl(String);

impl SiteUrl {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::str::FromStr for SiteUrl {
    type Err = SiteUrlError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
        let rest = rest.ok_or(SiteUrlError::Scheme)?;
        if rest.is_empty() || rest.starts_with('/') {
            return Err(SiteUrlError::NoHost);
        }
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~:/[]%".contains(&byte);
        if !rest.bytes().all(plain) {
            return Err(SiteUrlError::Character);
        }
        Ok(Self(text.trim_end_matches('/').to_owned()))
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SiteUrlError {
    #[error("it must begin with https:// or http://")]
    Scheme,
    #[error("it names no host")]
    NoHost,
    #[error("it may hold only a host, a port and a path")]
    Character,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_that_could_break_out_is_refused() {
        for (text, expected) in [
            ("wazuh.example.com", SiteUrlError::Scheme),
            ("javascript:alert(1)", SiteUrlError::Scheme),
            ("https:///app", SiteUrlError::NoHost),
            ("https://", SiteUrlError::NoHost),
            ("https://a\" onclick=", SiteUrlError::Character),
            ("https://a?x=1", SiteUrlError::Character),
            ("https://user@a", SiteUrlError::Character),
        ] {
            assert_eq!(text.parse::<SiteUrl>().unwrap_err(), expected, "{text}");
        }
        assert!("https://[2001:db8::7]:443/wazuh".parse::<SiteUrl>().is_ok());
    }
}
