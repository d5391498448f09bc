//! The way out of the stage: the model, the notices queue, the sightings.

use std::time::Duration;

use crate::explain::Explainer;
use crate::prompt::Subject;
use crate::sightings::Sightings;
use crate::story::{AnalyzeError, Outside};
use aws_sdk_sqs::Client as Sqs;
use domain::analysis::Analysis;
use domain::message::NoticeId;
use domain::{Alert, Notice, message};
use jiff::Timestamp;
use lambda::metrics::Metrics;
use lambda::queue;

/// What Lambda's analyze stage works with.
#[derive(Debug)]
pub struct Services {
    pub explainer: Explainer,
    pub sqs: Sqs,
    pub notices_queue_url: String,
    pub sightings: Sightings,
    pub metrics: Metrics,
}

impl Outside for Services {
    async fn observed_failures(&self, alert: &Alert, now: Timestamp) -> u32 {
        match self.sightings.failures(alert, now).await {
            Ok(failures) => failures,
            Err(error) => {
                // The history knows less; the alert is no less an alert.
                tracing::warn!(error = lambda::logs::chain(&error), "observed logins could not be read");
                0
            }
        }
    }

    async fn explain(&self, subject: &Subject<'_>, notice: &NoticeId, available: Duration) -> Analysis {
        // Boxed: all of asking a model would stand in the future of every alert that asks nothing.
        let analysis = Box::pin(self.explainer.explain(subject, notice, Timestamp::now(), available)).await;
        if let Analysis::Unavailable { reason } = analysis {
            self.metrics.count("AnalysesUnavailable", &[("reason", reason.name())], Timestamp::now());
        }
        analysis
    }

    async fn send(&self, notice: &Notice) -> Result<(), AnalyzeError> {
        let body = message::encode(notice).map_err(|error| AnalyzeError::Send(error.into()))?;
        let sent = queue::send(&self.sqs, &self.notices_queue_url, body).await;
        sent.map_err(|error| AnalyzeError::Send(error.into()))?;
        self.metrics.count("NoticesSent", &[("kind", notice.kind.name())], Timestamp::now());
        Ok(())
    }
}
