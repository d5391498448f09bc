//! The address of a webhook. Whoever knows it may post, so it is a secret.

use std::fmt;
use std::str::FromStr;

use lambda::secrets::Secret;
use serde::Deserialize;

/// `https://host/path`; never shown.
#[derive(Clone, Debug, PartialEq)]
pub struct WebhookUrl(Secret);

impl WebhookUrl {
    pub(super) fn secret(&self) -> &Secret {
        &self.0
    }

    /// A server on this machine, which has no certificate.
    #[cfg(test)]
    pub(super) fn loopback(address: std::net::SocketAddr) -> Self {
        Self(Secret::new(format!("http://{address}/services/hunter2")))
    }
}

impl FromStr for WebhookUrl {
    type Err = WebhookUrlError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let rest = text.strip_prefix("https://").ok_or(WebhookUrlError::Scheme)?;
        if !text.bytes().all(|byte| byte.is_ascii_graphic() && !b"<>\"\\`{}|^".contains(&byte)) {
            return Err(WebhookUrlError::Character);
        }
        let (host, path) = rest.split_once('/').ok_or(WebhookUrlError::Path)?;
        if host.is_empty() || host.contains('@') || reqwest::Url::parse(text).is_err() {
            return Err(WebhookUrlError::Host);
        }
        if path.is_empty() { Err(WebhookUrlError::Path) } else { Ok(Self(Secret::new(text))) }
    }
}

/// The name of the SSM parameter that holds an address: `/wazuh-triage/webhook-soc`. No secret.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
pub struct UrlParameter(String);

impl UrlParameter {
    /// SSM's own limit.
    const MAX_BYTES: usize = 1_011;

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for UrlParameter {
    type Error = UrlParameterError;

    /// A name that begins with `/` is no address that was put there by mistake, which would end in a log.
    fn try_from(name: String) -> Result<Self, UrlParameterError> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_.-/".contains(&byte);
        let fits = (2..=Self::MAX_BYTES).contains(&name.len()) && name.bytes().all(plain);
        if fits && name.starts_with('/') { Ok(Self(name)) } else { Err(UrlParameterError) }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "webhook_parameter is the name of an SSM parameter such as /wazuh-triage/webhook-soc, never the address itself"
)]
pub struct UrlParameterError;

/// Says what is wrong without a word of the address.
#[derive(Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WebhookUrlError {
    #[error("it must begin with https://")]
    Scheme,
    #[error("it names no host, or has a user in it")]
    Host,
    #[error("it has no path: the address that the chat gave ends in something secret")]
    Path,
    #[error("it holds a character that no address has")]
    Character,
}

impl fmt::Debug for WebhookUrlError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_whole_address_with_tls_is_taken_and_none_is_shown() {
        use WebhookUrlError::{Character, Host, Path, Scheme};
        for (text, expected) in [
            ("https://hooks.slack.com/services/T0/B0/hunter2", None),
            ("https://chat.example.com:8065/hooks/hunter2", None),
            ("http://hooks.slack.com/services/hunter2", Some(Scheme)),
            ("hooks.slack.com/services/hunter2", Some(Scheme)),
            ("https:///services/hunter2", Some(Host)),
            ("https://soc:hunter2@chat.example/x", Some(Host)),
            ("https://hooks.slack.com", Some(Path)),
            ("https://hooks.slack.com/", Some(Path)),
            ("https://chat.example/hooks/hunter2\r\nX: y", Some(Character)),
            ("https://chat.example/hooks/hunter2 ", Some(Character)),
        ] {
            let url = text.parse::<WebhookUrl>();
            assert!(!format!("{url:?}").contains("hunter2"));
            assert_eq!(url.err(), expected, "{text}");
        }
    }

    #[test]
    fn an_address_is_not_taken_for_the_name_of_its_parameter() {
        for (name, expected) in [
            ("/wazuh-triage/webhook-soc", true),
            ("wazuh-triage/webhook-soc", false),
            ("https://hooks.slack.com/services/hunter2", false),
            ("/wazuh triage", false),
            ("/", false),
        ] {
            assert_eq!(UrlParameter::try_from(name.to_owned()).is_ok(), expected, "{name}");
        }
    }
}
