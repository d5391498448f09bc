//! The way to a chat: one attempt, bounded in time and in what is read of the answer.

use std::sync::Arc;
use std::time::Duration;

use lambda::http::{self, ClientError};
use lambda::secrets::{SecretError, Secrets};
use reqwest::header::RETRY_AFTER;
use reqwest::{Client, Response, StatusCode};

use super::Message;
use super::url::{WebhookUrl, WebhookUrlError};

/// One webhook of a chat. Follows no redirect, and speaks TLS only.
#[derive(Clone, Debug)]
pub struct Webhook {
    client: Client,
    address: Address,
}

/// Where the address comes from.
#[derive(Clone, Debug)]
enum Address {
    Parameter {
        name: String,
        secrets: Arc<Secrets>,
    },
    #[cfg(test)]
    Known(WebhookUrl),
}

impl Webhook {
    const CONNECT: Duration = Duration::from_secs(2);
    const TOTAL: Duration = Duration::from_secs(5);

    /// The address is the value of this SSM parameter.
    pub fn new(url_parameter: impl Into<String>, secrets: Arc<Secrets>) -> Result<Self, ClientError> {
        let client = http::client(Self::CONNECT)?.timeout(Self::TOTAL).https_only(true).build()?;
        Ok(Self { client, address: Address::Parameter { name: url_parameter.into(), secrets } })
    }

    /// A server of a test, on this machine.
    #[cfg(test)]
    fn of_test(url: WebhookUrl, total: Duration) -> Self {
        let client = http::client(Self::CONNECT).unwrap().timeout(total).build().unwrap();
        Self { client, address: Address::Known(url) }
    }

    /// Posts the message once. Whoever posts it again after an error may have it shown twice: a chat knows no ids.
    pub async fn send(&self, message: &Message) -> Result<(), WebhookError> {
        let url = self.url().await?;
        let request = self.client.post(url.secret().reveal()).json(message);
        // The text of the error would hold the address.
        let answer = request.send().await.map_err(|error| WebhookError::Unreachable(error.without_url()))?;
        match Fate::of(answer.status(), wait(&answer)) {
            Fate::Sent => Ok(()),
            Fate::Later(wait) => Err(WebhookError::Later { status: answer.status(), wait }),
            Fate::Rejected => {
                self.forget();
                Err(WebhookError::Rejected { status: answer.status(), word: word(answer).await })
            }
        }
    }

    async fn url(&self) -> Result<WebhookUrl, WebhookError> {
        match &self.address {
            Address::Parameter { name, secrets } => {
                let secret = secrets.get(name).await.map_err(WebhookError::Secret)?;
                let secret = secret.ok_or_else(|| WebhookError::Unset { name: name.clone() })?;
                secret.reveal().parse().map_err(|source| WebhookError::Address { name: name.clone(), source })
            }
            #[cfg(test)]
            Address::Known(url) => Ok(url.clone()),
        }
    }

    /// The webhook may have been replaced by another one meanwhile.
    fn forget(&self) {
        match &self.address {
            Address::Parameter { name, secrets } => secrets.forget(name),
            #[cfg(test)]
            Address::Known(_) => {}
        }
    }
}

/// What an answer means for the message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Sent,
    Later(Duration),
    Rejected,
}

impl Fate {
    /// Where nobody says how long to wait.
    const PAUSE: Duration = Duration::from_mins(1);
    const LONGEST: Duration = Duration::from_hours(1);

    fn of(status: StatusCode, wait: Option<Duration>) -> Self {
        let retried = status == StatusCode::TOO_MANY_REQUESTS || status == StatusCode::REQUEST_TIMEOUT;
        if status.is_success() {
            Self::Sent
        } else if retried || status.is_server_error() {
            Self::Later(wait.unwrap_or(Self::PAUSE).min(Self::LONGEST))
        } else {
            Self::Rejected
        }
    }
}

/// Slack gives seconds.
fn wait(answer: &Response) -> Option<Duration> {
    let seconds = answer.headers().get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds))
}

/// Slack explains itself in one word, such as `no_service`; anything else is not read on, and not repeated.
async fn word(mut answer: Response) -> Option<String> {
    const MAX_BYTES: usize = 40;
    let mut bytes = Vec::new();
    while let Ok(Some(chunk)) = answer.chunk().await {
        if bytes.len() + chunk.len() > MAX_BYTES {
            return None;
        }
        bytes.extend_from_slice(&chunk);
    }
    let word = String::from_utf8(bytes).ok()?.trim().to_owned();
    let is_word = |byte: u8| byte.is_ascii_lowercase() || byte == b'_';
    (!word.is_empty() && word.bytes().all(is_word)).then_some(word)
}

/// Never holds the address.
#[derive(Debug, thiserror::Error)]
pub enum WebhookError {
    #[error("the SSM parameter {name} holds no webhook address yet")]
    Unset { name: String },
    #[error("the SSM parameter {name} holds no usable webhook address")]
    Address { name: String, source: WebhookUrlError },
    #[error("could not read the address of the webhook")]
    Secret(#[source] SecretError),
    #[error("could not reach the webhook")]
    Unreachable(#[source] reqwest::Error),
    /// Too many messages, or a server in trouble.
    #[error("the webhook answered {status}; it may be asked again in {} s", wait.as_secs())]
    Later { status: StatusCode, wait: Duration },
    #[error("the webhook refused the message with {status}{}", said(word.as_deref()))]
    Rejected { status: StatusCode, word: Option<String> },
}

fn said(word: Option<&str>) -> String {
    word.map(|word| format!(": {word}")).unwrap_or_default()
}

impl WebhookError {
    /// Whether the same message may get through later. Otherwise somebody has to change something first.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Secret(_) | Self::Unreachable(_) | Self::Later { .. } => true,
            Self::Unset { .. } | Self::Address { .. } | Self::Rejected { .. } => false,
        }
    }

    /// How long to wait before another attempt, where the chat has said so or it is usual.
    pub fn wait(&self) -> Option<Duration> {
        match self {
            Self::Later { wait, .. } => Some(*wait),
            Self::Secret(_)
            | Self::Unreachable(_)
            | Self::Unset { .. }
            | Self::Address { .. }
            | Self::Rejected { .. } => None,
        }
    }

    /// Name of the failure in metrics.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Unset { .. } => "webhook_unset",
            Self::Address { .. } => "webhook_address",
            Self::Secret(_) => "webhook_secret",
            Self::Unreachable(_) => "webhook_unreachable",
            Self::Later { .. } => "webhook_later",
            Self::Rejected { .. } => "webhook_rejected",
        }
    }
}

#[cfg(test)]
mod tests;
