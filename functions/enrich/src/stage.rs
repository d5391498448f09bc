//! One alert's story in the enrich stage.

use std::sync::Mutex;
use std::time::Duration;

use aws_sdk_dynamodb::Client as DynamoDb;
use aws_sdk_sqs::Client as Sqs;
use domain::message::{self, Schema};
use domain::verdict::{Report, Verdict};
use domain::{Alert, EnrichedAlert, MessageError, indicator};
use intel::{AbuseIpDb, AnswerCache, Intelligence, Policy};
use jiff::Timestamp;
use lambda::batch::{Deadline, Record};
use lambda::http::ClientError;
use lambda::ledger::{End, Outcome};
use lambda::metrics::Metrics;
use lambda::secrets::Secrets;
use lambda::{Failure, Settled, Stage, Turn, Worker, WorkerError};
use serde::Serialize;

use crate::config::Config;
use crate::routing::{Path, Route};
use crate::sightings::{SightingError, Sightings};
use crate::{feedback, forwarding};

/// The enrich stage with its clients.
#[derive(Debug)]
pub struct Enrich {
    config: Config,
    worker: Worker,
    intelligence: Intelligence,
    sightings: Sightings,
    sqs: Sqs,
}

impl Enrich {
    const NAME: &str = "enrich";

    pub fn new(config: Config, aws: &aws_types::SdkConfig) -> Result<Self, ClientError> {
        let (dynamodb, sqs) = (DynamoDb::new(aws), Sqs::new(aws));
        let intelligence = Intelligence {
            policy: Policy {
                never_report: config.never_report.clone(),
                documentation_is_public: config.documentation_is_public,
            },
            abuseipdb: AbuseIpDb::new(&config.abuseipdb_url)?,
            key_parameter: config.abuseipdb_key_parameter.clone(),
            secrets: Secrets::new(aws_sdk_ssm::Client::new(aws)),
            cache: AnswerCache::new(dynamodb.clone(), &config.intel_table),
            closed_until: Mutex::default(),
        };
        Ok(Self {
            worker: Worker::new(Self::NAME, &config.settings, dynamodb.clone(), sqs.clone()),
            intelligence,
            sightings: Sightings::new(dynamodb, &config.sightings_table),
            sqs,
            config,
        })
    }

    /// Opens the connections that the first alert will need while CPU is free, before the first poll.
    pub async fn warm_up(&self) {
        // Whatever goes wrong here goes wrong again, and is reported, with the first alert.
        let _ = tokio::time::timeout(Duration::from_secs(1), self.intelligence.warm_up()).await;
    }

    /// Won claim in hand: does what its path asks for.
    async fn follow(&self, path: Path, alert: &Alert, now: Timestamp) -> Result<Settled, EnrichError> {
        let end = |outcome, reason: &str| Ok(Settled::Ended(End::new(alert.key(), outcome, reason)));
        match path {
            Path::Observe => {
                self.sightings.record(alert, now).await?;
                end(Outcome::Observed, "authentication")
            }
            Path::Returned => {
                self.pass_on(alert, forwarding::reports_of_returned(alert, now)).await?;
                Ok(Settled::Passed)
            }
            Path::Triage => {
                let reports = self.intelligence.reports(&indicator::addresses(alert), now).await;
                for event in feedback::events(alert, &reports) {
                    self.send(&self.config.feedback_queue_url, &event).await?;
                }
                if !self.config.forward_level.forwards(alert.rule(), &reports, &Verdict::over(&reports)) {
                    return end(Outcome::Ignored, "below_forward_level");
                }
                self.pass_on(alert, reports).await?;
                Ok(Settled::Passed)
            }
        }
    }

    async fn pass_on(&self, alert: &Alert, reports: Vec<Report>) -> Result<(), EnrichError> {
        let verdict = Verdict::over(&reports);
        let enriched = EnrichedAlert { schema: Schema, alert: alert.clone(), reports, verdict };
        self.send(&self.config.enriched_queue_url, &enriched).await
    }

    async fn send<M: Serialize>(&self, queue_url: &str, message: &M) -> Result<(), EnrichError> {
        let body = message::encode(message)?;
        let sent = self.sqs.send_message().queue_url(queue_url).message_body(body).send().await;
        sent.map(|_| ()).map_err(|error| EnrichError::Send(error.into()))
    }
}

impl Stage for Enrich {
    type Error = EnrichError;

    const ONE_RECORD: Duration = Duration::from_secs(8);
    const CROWD: usize = 10;

    fn metrics(&self) -> &Metrics {
        &self.worker.metrics
    }

    async fn handle(&self, record: &Record, _: Deadline, now: Timestamp) -> Result<Settled, EnrichError> {
        let alert = match Alert::parse(&record.body) {
            Ok(alert) => alert,
            Err(error) => return Ok(self.worker.dead_letter(record, None, &error.to_string()).await?),
        };
        let end = |outcome, reason| Ok(Settled::Ended(End::new(alert.key(), outcome, reason)));
        let path = match self.config.routing.route(&alert) {
            Route::Follow(path) => path,
            Route::Ignore(rule) => return end(Outcome::Ignored, rule.name()),
        };
        let claimed = match self.worker.claim(alert.key().as_str(), now).await? {
            Turn::Ours(claimed) => claimed,
            // The same message again ended before; another message with the same alert is one alert too many.
            Turn::Done { result } if result == record.message_id.as_str() => return Ok(Settled::Passed),
            Turn::Done { .. } => return end(Outcome::Counted, "duplicate"),
        };
        let error = match self.follow(path, &alert, now).await {
            Ok(settled) => {
                return Ok(self.worker.complete(&claimed, record.message_id.as_str(), settled, now).await?);
            }
            Err(error) => error,
        };
        // Sending it again, from this queue or from the dead-letter queue, must find the claim free.
        self.worker.claims.release(&claimed).await;
        if let EnrichError::Message(error) = error {
            return Ok(self.worker.dead_letter(record, Some(alert.key()), &error.to_string()).await?);
        }
        Err(error)
    }
}

#[derive(Debug, thiserror::Error)]
pub enum EnrichError {
    #[error(transparent)]
    Worker(#[from] WorkerError),
    #[error(transparent)]
    Sighting(#[from] SightingError),
    #[error("could not write the message")]
    Message(#[from] MessageError),
    #[error("could not send the message")]
    Send(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl Failure for EnrichError {
    fn kind(&self) -> &'static str {
        match self {
            Self::Worker(error) => error.kind(),
            Self::Sighting(_) => "sighting",
            Self::Message(_) => "message",
            Self::Send(_) => "send",
        }
    }
}
