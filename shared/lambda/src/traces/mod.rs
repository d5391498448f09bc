//! Optional traces for OpenTelemetry: one per alert, from the publisher's message to the mail.
//!
//! Off until `OTEL_EXPORTER_OTLP_ENDPOINT` names a collector; docs/operations.md has the variables. A trace travels as the
//! message attribute `traceparent`; an alert that comes without one gets the trace of its key, so that a redelivery and a
//! replay continue it. The SDK's own `tracing` spans become children, so its calls are seen without a word at the call.
//!
//! Written here and not taken from the `opentelemetry` crates: ARCHITECTURE.md says why.

mod breaker;
mod collector;
mod context;
mod exporter;
mod fields;
mod listed;
mod otlp;
mod sampler;
mod settings;
pub(crate) mod spans;
#[cfg(test)]
mod tests;

use std::time::Duration;

use jiff::Timestamp;

pub(crate) use collector::{Collector, Wanted, current};
pub use spans::{about, found, run};

use crate::config::{ConfigError, Environment};
use crate::metrics::Metrics;
use crate::secrets::Secrets;
use collector::Kept;
use exporter::Exporter;
use sampler::Sampler;
use settings::Settings;

/// Where a function's spans go.
#[derive(Debug, Default)]
pub struct Traces(Option<On>);

#[derive(Debug)]
struct On {
    collector: Collector,
    exporter: Exporter,
}

impl Traces {
    /// Longest time that an invocation waits for the collector.
    pub const MOST: Duration = Duration::from_secs(1);
    /// Kept for the answer to Lambda.
    const RESERVE: Duration = Duration::from_millis(250);

    /// As the environment says; off where it says nothing.
    pub fn read(environment: &Environment, aws: &aws_types::SdkConfig) -> Result<Self, ConfigError> {
        let settings = Settings::read(environment)?;
        Ok(Self(settings.map(|settings| On::new(settings, Secrets::new(aws_sdk_ssm::Client::new(aws))))))
    }

    /// Whether [`Traces::read`] would take these variables; looks at nothing else.
    pub fn check(environment: &Environment) -> Result<(), ConfigError> {
        Settings::read(environment).map(drop)
    }

    /// The layer that keeps spans, and which it wants: a span that nobody wants costs one look at a flag.
    pub(crate) fn layer(&self) -> (Collector, Wanted) {
        match &self.0 {
            Some(on) => (on.collector.clone(), Wanted::Spans),
            None => (Collector::new(Sampler::NEVER), Wanted::Nothing),
        }
    }

    /// Sends what the invocation has left behind, within what is left of it before Lambda stops it, and a second at most.
    /// What does not arrive is counted and forgotten.
    pub async fn flush(&self, metrics: &Metrics, time_left: Duration) {
        if let Some(on) = &self.0 {
            on.flush(metrics, time_left.saturating_sub(Self::RESERVE).min(Self::MOST)).await;
        }
    }
}

impl On {
    fn new(settings: Settings, secrets: Secrets) -> Self {
        Self { collector: Collector::new(settings.sampler), exporter: Exporter::new(settings, secrets) }
    }

    async fn flush(&self, metrics: &Metrics, within: Duration) {
        let Kept { spans, lost } = self.collector.take();
        let dropped = |count: u32, reason: &str| {
            if count > 0 {
                metrics.add("SpansDropped", count, &[("reason", reason)], Timestamp::now());
            }
        };
        dropped(lost, "too_many");
        if spans.is_empty() {
            return;
        }
        match self.exporter.send(&spans, within).await {
            Ok(rejected) => dropped(rejected, "rejected"),
            Err(error) => {
                tracing::debug!(error = error.to_string(), spans = spans.len(), "spans were dropped");
                dropped(u32::try_from(spans.len()).unwrap_or(u32::MAX), error.name());
            }
        }
    }
}
