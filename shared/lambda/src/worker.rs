//! What every stage works with: its claims, its dead letters, its metrics, and the settings for them.

use std::time::Duration;

use domain::AlertKey;
use jiff::Timestamp;
use tracing::Level;

use crate::Settled;
use crate::batch::Record;
use crate::claims::{Claim, Claimed, Claims, Completion, DynamoClaims, StoreError};
use crate::config::Reader;
use crate::dead_letter::{DeadLetterError, DeadLetters};
use crate::metrics::Metrics;

/// Settings that all stages have.
#[derive(Clone, Debug)]
pub struct Settings {
    pub claims_table: String,
    pub dead_letter_queue_url: String,
    /// How long a worker may hold a claim: the function's timeout.
    pub lease: Duration,
    pub log_level: Level,
    pub metrics_namespace: String,
}

impl Settings {
    pub fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let claims_table = reader.required("CLAIMS_TABLE", "wazuh-triage-claims");
        let dead_letter_queue_url = reader.required(
            "DEAD_LETTER_QUEUE_URL",
            "https://sqs.eu-central-1.amazonaws.com/1/wazuh-triage-alerts-dlq",
        );
        let lease: Option<u64> = reader.required("LEASE_SECONDS", "30");
        let log_level = reader.or_default("LOG_LEVEL", "info");
        let metrics_namespace = reader.or_default("METRICS_NAMESPACE", "WazuhTriage");
        Some(Self {
            claims_table: claims_table?,
            dead_letter_queue_url: dead_letter_queue_url?,
            lease: Duration::from_secs(lease?),
            log_level: log_level?,
            metrics_namespace: metrics_namespace?,
        })
    }
}

/// One stage's hold on its work.
#[derive(Clone, Debug)]
pub struct Worker {
    pub claims: Claims<DynamoClaims>,
    pub metrics: Metrics,
    dead_letters: DeadLetters,
}

/// Whose turn it is.
#[derive(Debug, PartialEq, Eq)]
pub enum Turn {
    Ours(Claimed),
    /// It was done before, with this result.
    Done {
        result: String,
    },
}

impl Worker {
    /// Takes the stage's own clients: making one costs a millisecond of the start.
    pub fn new(
        stage: &'static str,
        settings: &Settings,
        dynamodb: aws_sdk_dynamodb::Client,
        sqs: aws_sdk_sqs::Client,
    ) -> Self {
        let store = DynamoClaims::new(dynamodb, &settings.claims_table);
        Self {
            claims: Claims::new(store, stage, settings.lease),
            metrics: Metrics::new(&settings.metrics_namespace, stage),
            dead_letters: DeadLetters::new(sqs, &settings.dead_letter_queue_url, stage),
        }
    }

    /// Claims the key. While somebody else is at work, this delivery fails and comes again: he may still die.
    pub async fn claim(&self, key: &str, now: Timestamp) -> Result<Turn, WorkerError> {
        match self.claims.claim_or_wait(key, now).await? {
            Claim::Won(claimed) => Ok(Turn::Ours(claimed)),
            Claim::Done { result } => Ok(Turn::Done { result }),
            Claim::Busy { .. } => Err(WorkerError::Busy),
        }
    }

    /// Records the work, and says what that makes of the record.
    pub async fn complete(
        &self,
        claimed: &Claimed,
        result: &str,
        settled: Settled,
        now: Timestamp,
    ) -> Result<Settled, WorkerError> {
        Self::settle(self.claims.complete(claimed, result, now).await?, settled)
    }

    /// The end is ours to record only if the work was: whoever took over has recorded his.
    pub fn settle(completion: Completion, settled: Settled) -> Result<Settled, WorkerError> {
        match completion {
            Completion::Recorded => Ok(settled),
            Completion::DoneByAnother => Ok(Settled::Passed),
            Completion::Lost => Err(WorkerError::LeaseLost),
        }
    }

    /// Moves a message that can never be handled to where a person finds it, with the reason.
    pub async fn dead_letter(
        &self,
        record: &Record,
        alert_key: Option<&AlertKey>,
        reason: &str,
    ) -> Result<Settled, WorkerError> {
        Ok(Settled::Ended(self.dead_letters.send(record, alert_key, reason).await?))
    }
}

#[derive(Debug, thiserror::Error)]
pub enum WorkerError {
    #[error(transparent)]
    Claim(#[from] StoreError),
    #[error("another worker holds the claim")]
    Busy,
    #[error("the lease ran out before the work was recorded")]
    LeaseLost,
    #[error(transparent)]
    DeadLetter(#[from] DeadLetterError),
}

impl WorkerError {
    /// Name of the failure in metrics.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Claim(_) => "claim",
            Self::Busy => "busy",
            Self::LeaseLost => "lease_lost",
            Self::DeadLetter(_) => "dead_letter",
        }
    }
}
