//! Posts spans to the collector.

use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Duration;

use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, USER_AGENT};
use tokio::time::{Instant, timeout};

use super::Traces;
use super::breaker::Breaker;
use super::collector::Finished;
use super::listed::Pairs;
use super::otlp;
use super::settings::Settings;
use crate::http;
use crate::secrets::{Secret, Secrets};

/// The way to one collector.
#[derive(Debug)]
pub(crate) struct Exporter {
    settings: Settings,
    secrets: Secrets,
    /// Built for the first spans: the start has better things to do.
    client: OnceLock<reqwest::Client>,
    breaker: Mutex<Breaker>,
}

/// Why spans did not arrive. Holds nothing that was sent or answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Lost {
    #[error("the collector is left alone after failures")]
    Resting,
    #[error("the collector took too long")]
    Timeout,
    #[error("the collector could not be reached")]
    Unreachable,
    #[error("the collector answered {0}")]
    Status(u16),
    #[error("the parameter of OTEL_EXPORTER_OTLP_HEADERS_PARAMETER does not hold NAME=VALUE,NAME=VALUE")]
    Headers,
    #[error("the endpoint is no URL")]
    Endpoint,
    #[error("the HTTP client could not be built")]
    Client,
}

impl Lost {
    /// Name of the reason in metrics.
    pub fn name(self) -> &'static str {
        match self {
            Self::Resting => "resting",
            Self::Timeout => "timeout",
            Self::Unreachable => "unreachable",
            Self::Status(_) => "status",
            Self::Headers => "headers",
            Self::Endpoint => "endpoint",
            Self::Client => "client",
        }
    }
}

impl Exporter {
    /// More of an answer is not read.
    const MOST_ANSWER_BYTES: usize = 16 * 1024;

    pub fn new(settings: Settings, secrets: Secrets) -> Self {
        Self { settings, secrets, client: OnceLock::new(), breaker: Mutex::default() }
    }

    /// Sends these spans once, within this time. Says how many of them the collector did not want.
    pub async fn send(&self, spans: &[Finished], within: Duration) -> Result<u32, Lost> {
        if !self.breaker(|breaker| breaker.lets_through(Instant::now())) {
            return Err(Lost::Resting);
        }
        // Boxed: this future is part of every invocation's, and most send nothing.
        let posted = timeout(within, Box::pin(self.post(spans))).await.unwrap_or(Err(Lost::Timeout));
        self.breaker(|breaker| breaker.learn(posted.is_ok(), Instant::now()));
        posted
    }

    async fn post(&self, spans: &[Finished]) -> Result<u32, Lost> {
        let body = otlp::body(&self.settings.resource, spans);
        let request = self.client()?.post(self.settings.endpoint.as_str()).body(body);
        let mut request = request.build().map_err(|_| Lost::Endpoint)?;
        let headers = request.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        let agent = concat!("wazuh-triage/", env!("CARGO_PKG_VERSION"));
        headers.insert(USER_AGENT, HeaderValue::from_static(agent));
        if let Some(parameter) = &self.settings.headers_parameter {
            let secret = self.secrets.get(parameter).await.ok().flatten().ok_or(Lost::Headers)?;
            show(&secret, headers)?;
        }
        // Not `http::execute`: spans about sending spans would never end.
        let answer = self.client()?.execute(request).await.map_err(|_| Lost::Unreachable)?;
        let status = answer.status();
        if !status.is_success() {
            if let (Some(parameter), 401 | 403) = (&self.settings.headers_parameter, status.as_u16()) {
                self.secrets.forget(parameter);
            }
            return Err(Lost::Status(status.as_u16()));
        }
        Ok(otlp::rejected(&beginning(answer).await))
    }

    fn client(&self) -> Result<&reqwest::Client, Lost> {
        if let Some(client) = self.client.get() {
            return Ok(client);
        }
        let built = http::client(Traces::MOST).and_then(|client| Ok(client.build()?));
        let built = built.map_err(|_| Lost::Client)?;
        Ok(self.client.get_or_init(|| built))
    }

    fn breaker<T>(&self, ask: impl FnOnce(&mut Breaker) -> T) -> T {
        ask(&mut self.breaker.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

fn show(secret: &Secret, headers: &mut HeaderMap) -> Result<(), Lost> {
    let shown: Pairs = secret.reveal().parse().map_err(|_| Lost::Headers)?;
    for (name, value) in shown.0 {
        let name: HeaderName = name.parse().map_err(|_| Lost::Headers)?;
        let mut value: HeaderValue = value.parse().map_err(|_| Lost::Headers)?;
        value.set_sensitive(true);
        headers.insert(name, value);
    }
    Ok(())
}

/// The answer, unless it is larger than an answer is. Spans have arrived by then, whatever breaks here.
async fn beginning(mut answer: reqwest::Response) -> Vec<u8> {
    let mut bytes = Vec::new();
    while let Ok(Some(chunk)) = answer.chunk().await {
        if bytes.len() + chunk.len() > Exporter::MOST_ANSWER_BYTES {
            return Vec::new();
        }
        bytes.extend_from_slice(&chunk);
    }
    bytes
}
