//! Posts spans to the collector, with the HTTP client that the SDK has anyway: no other is linked into every function.

use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Duration;

use aws_smithy_http_client::Connector;
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::Provider as TlsProvider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_runtime_api::client::http::HttpConnector;
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::byte_stream::ByteStream;
use tokio::time::{Instant, timeout};

use super::breaker::Breaker;
use super::collector::Finished;
use super::listed::Pairs;
use super::otlp;
use super::settings::Settings;
use crate::secrets::{Secret, Secrets};

/// The way to one collector.
#[derive(Debug)]
pub(crate) struct Exporter {
    settings: Settings,
    secrets: Secrets,
    /// Built for the first spans: the start has better things to do.
    connector: OnceLock<Connector>,
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
        }
    }
}

impl Exporter {
    /// More of an answer is not read.
    const MOST_ANSWER_BYTES: usize = 16 * 1024;
    /// Collectors and what stands before them close idle connections after a minute at most.
    const IDLE: Duration = Duration::from_secs(15);

    pub fn new(settings: Settings, secrets: Secrets) -> Self {
        Self { settings, secrets, connector: OnceLock::new(), breaker: Mutex::default() }
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
        let mut request = HttpRequest::new(SdkBody::from(otlp::body(&self.settings.resource, spans)));
        request.set_method("POST").map_err(|_| Lost::Endpoint)?;
        request.set_uri(self.settings.endpoint.as_str()).map_err(|_| Lost::Endpoint)?;
        let agent = concat!("wazuh-triage/", env!("CARGO_PKG_VERSION"));
        for (name, value) in [("content-type", "application/json"), ("user-agent", agent)] {
            request.headers_mut().try_insert(name, value).map_err(|_| Lost::Headers)?;
        }
        if let Some(parameter) = &self.settings.headers_parameter {
            let secret = self.secrets.get(parameter).await.ok().flatten().ok_or(Lost::Headers)?;
            show(&secret, &mut request)?;
        }
        let answer = self.connector().call(request).await.map_err(|_| Lost::Unreachable)?;
        let status = answer.status();
        if !status.is_success() {
            if let (Some(parameter), 401 | 403) = (&self.settings.headers_parameter, status.as_u16()) {
                self.secrets.forget(parameter);
            }
            return Err(Lost::Status(status.as_u16()));
        }
        Ok(otlp::rejected(&beginning(ByteStream::new(answer.into_body())).await))
    }

    fn connector(&self) -> &Connector {
        self.connector.get_or_init(|| {
            Connector::builder()
                .tls_provider(TlsProvider::Rustls(CryptoMode::AwsLc))
                .proxy_config(ProxyConfig::from_env())
                .pool_idle_timeout(Self::IDLE)
                .build()
        })
    }

    fn breaker<T>(&self, ask: impl FnOnce(&mut Breaker) -> T) -> T {
        ask(&mut self.breaker.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

fn show(secret: &Secret, request: &mut HttpRequest) -> Result<(), Lost> {
    let headers: Pairs = secret.reveal().parse().map_err(|_| Lost::Headers)?;
    for (name, value) in headers.0 {
        request.headers_mut().try_insert(name.to_ascii_lowercase(), value).map_err(|_| Lost::Headers)?;
    }
    Ok(())
}

/// The answer, unless it is larger than an answer is. Spans have arrived by then, whatever breaks here.
async fn beginning(mut body: ByteStream) -> Vec<u8> {
    let mut bytes = Vec::new();
    while let Some(Ok(chunk)) = body.next().await {
        if bytes.len() + chunk.len() > Exporter::MOST_ANSWER_BYTES {
            return Vec::new();
        }
        bytes.extend_from_slice(&chunk);
    }
    bytes
}
