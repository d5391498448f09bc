use std::fmt;

use serde::{Deserialize, Serialize};
use url::Url;

use super::{DomainName, Host};

/// An `http`, `https` or `ftp` URL of a host that is an address or a [`DomainName`], without user, password and
/// fragment.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct WebUrl(Url);

impl WebUrl {
    /// Longer ones are not indicators, and do not fit a key.
    pub const MAX_BYTES: usize = 1024;

    pub fn parse(text: &str) -> Option<Self> {
        let mut url = Url::parse(text).ok()?;
        let known = matches!(url.scheme(), "http" | "https" | "ftp");
        let host = match url.host()? {
            url::Host::Domain(name) => DomainName::parse(name).is_some(),
            url::Host::Ipv4(_) | url::Host::Ipv6(_) => true,
        };
        url.set_username("").ok()?;
        url.set_password(None).ok()?;
        url.set_fragment(None);
        (known && host && url.as_str().len() <= Self::MAX_BYTES).then_some(Self(url))
    }

    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    pub fn host(&self) -> Host<'_> {
        match self.0.host() {
            Some(url::Host::Ipv4(address)) => Host::Ip(address.into()),
            Some(url::Host::Ipv6(address)) => Host::Ip(std::net::IpAddr::from(address).to_canonical()),
            Some(url::Host::Domain(domain)) => Host::Domain(domain),
            None => Host::Domain(""),
        }
    }

    /// The URL without its query, which may hold what should not leave the account.
    pub fn without_query(&self) -> String {
        let mut url = self.0.clone();
        url.set_query(None);
        url.into()
    }
}

impl fmt::Display for WebUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl TryFrom<String> for WebUrl {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text).ok_or("a URL begins with http://, https:// or ftp://, and names a public host")
    }
}

impl From<WebUrl> for String {
    fn from(url: WebUrl) -> Self {
        url.0.into()
    }
}
