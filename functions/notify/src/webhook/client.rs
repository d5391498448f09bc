//! The way to a chat: one attempt, bounded in time and in what is read of the answer.

use std::time::Duration;

use lambda::http::{self, ClientError};
use lambda::secrets::{SecretError, Secrets};
use reqwest::header::RETRY_AFTER;
use reqwest::{Client, Response, StatusCode};
use tokio::sync::OnceCell;

use super::Message;
use super::url::{UrlParameter, WebhookUrl, WebhookUrlError};

/// The webhooks of all groups. Follows no redirect, and speaks TLS only.
#[derive(Debug)]
pub struct Webhooks {
    /// Built for the first message: most sites have no chat, and one client takes longer than the rest of a start.
    client: OnceCell<Client>,
    addresses: Addresses,
}

/// Where addresses come from.
#[derive(Debug)]
enum Addresses {
    Parameters(Secrets),
    #[cfg(test)]
    Known(WebhookUrl),
}

impl Webhooks {
    const CONNECT: Duration = Duration::from_secs(2);

    /// Longest time that posting one message takes, the address's parameter aside.
    pub const TOTAL: Duration = Duration::from_secs(5);

    pub fn new(secrets: Secrets) -> Self {
        Self { client: OnceCell::new(), addresses: Addresses::Parameters(secrets) }
    }

    /// A server of a test, on this machine.
    #[cfg(test)]
    fn of_test(url: WebhookUrl, total: Duration) -> Self {
        let client = http::client(Self::CONNECT).unwrap().timeout(total).build().unwrap();
        Self { client: OnceCell::new_with(Some(client)), addresses: Addresses::Known(url) }
    }

    /// Posts the message once, to the address in this parameter. Whoever posts it again after an error may have it shown
    /// twice: a chat knows no ids.
    pub async fn send(&self, parameter: &UrlParameter, message: &Message) -> Result<(), WebhookError> {
        let url = self.url(parameter).await?;
        let client = self.client.get_or_try_init(async || Self::client()).await;
        let client = client.map_err(WebhookError::Client)?;
        // The text of the errors would hold the address.
        let unreachable = |error: reqwest::Error| WebhookError::Unreachable(error.without_url());
        let request = client.post(url.secret().reveal()).json(message).build().map_err(unreachable)?;
        let answer = http::execute(client, request).await.map_err(unreachable)?;
        match Fate::of(answer.status(), wait(&answer)) {
            Fate::Sent => Ok(()),
            Fate::Later(wait) => Err(WebhookError::Later { status: answer.status(), wait }),
            Fate::Rejected => {
                self.forget(parameter);
                Err(WebhookError::Rejected { status: answer.status(), word: word(answer).await })
            }
        }
    }

    fn client() -> Result<Client, ClientError> {
        Ok(http::client(Self::CONNECT)?.timeout(Self::TOTAL).https_only(true).build()?)
    }

    async fn url(&self, parameter: &UrlParameter) -> Result<WebhookUrl, WebhookError> {
        match &self.addresses {
            // What is not right yet, somebody will put right.
            Addresses::Parameters(secrets) => {
                read(secrets, parameter).await.inspect_err(|_| self.forget(parameter))
            }
            #[cfg(test)]
            Addresses::Known(url) => Ok(url.clone()),
        }
    }

    /// The address is read anew for the next message: it may have been replaced by another one meanwhile.
    fn forget(&self, parameter: &UrlParameter) {
        match &self.addresses {
            Addresses::Parameters(secrets) => secrets.forget(parameter.as_str()),
            #[cfg(test)]
            Addresses::Known(_) => {}
        }
    }
}

async fn read(secrets: &Secrets, parameter: &UrlParameter) -> Result<WebhookUrl, WebhookError> {
    let name = || parameter.as_str().to_owned();
    let secret = secrets.get(parameter.as_str()).await.map_err(WebhookError::Secret)?;
    let secret = secret.ok_or_else(|| WebhookError::Unset { name: name() })?;
    secret.reveal().parse().map_err(|source| WebhookError::Address { name: name(), source })
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
    #[error("could not build the client for webhooks")]
    Client(#[source] ClientError),
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
            Self::Client(_) | Self::Secret(_) | Self::Unreachable(_) | Self::Later { .. } => true,
            Self::Unset { .. } | Self::Address { .. } | Self::Rejected { .. } => false,
        }
    }

    /// How long to wait before another attempt, where the chat has said so or it is usual.
    pub fn wait(&self) -> Option<Duration> {
        match self {
            Self::Later { wait, .. } => Some(*wait),
            Self::Client(_)
            | Self::Secret(_)
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
            Self::Client(_) => "webhook_client",
            Self::Secret(_) => "webhook_secret",
            Self::Unreachable(_) => "webhook_unreachable",
            Self::Later { .. } => "webhook_later",
            Self::Rejected { .. } => "webhook_rejected",
        }
    }
}

#[cfg(test)]
mod tests;
