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
use lambda::claims::{Claim, Claims, Completion, DynamoClaims, StoreError};
use lambda::dead_letter::{DeadLetterError, DeadLetters};
use lambda::ledger::{End, Outcome};
use lambda::metrics::Metrics;
use lambda::secrets::Secrets;
use lambda::{Failure, Settled, Stage};
use serde::Serialize;

use crate::config::Config;
use crate::routing::{Path, Route};
use crate::sightings::{SightingError, Sightings};
use crate::{feedback, forwarding};

/// The enrich stage with its clients.
#[derive(Debug)]
pub struct Enrich {
    config: Config,
    claims: Claims<DynamoClaims>,
    intelligence: Intelligence,
    sightings: Sightings,
    sqs: Sqs,
    dead_letters: DeadLetters,
    metrics: Metrics,
}

impl Enrich {
    const NAME: &str = "enrich";

    pub fn new(config: Config, aws: &aws_types::SdkConfig) -> Result<Self, reqwest::Error> {
        let (dynamodb, sqs) = (DynamoDb::new(aws), Sqs::new(aws));
        let claims = DynamoClaims::new(dynamodb.clone(), &config.claims_table);
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
            claims: Claims::new(claims, Self::NAME, config.lease),
            intelligence,
            sightings: Sightings::new(dynamodb, &config.sightings_table),
            dead_letters: DeadLetters::new(sqs.clone(), &config.dead_letter_queue_url, Self::NAME),
            sqs,
            metrics: Metrics::new(&config.metrics_namespace, Self::NAME),
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
        &self.metrics
    }

    async fn handle(&self, record: &Record, _: Deadline, now: Timestamp) -> Result<Settled, EnrichError> {
        let alert = match Alert::parse(&record.body) {
            Ok(alert) => alert,
            Err(error) => {
                return Ok(Settled::Ended(self.dead_letters.send(record, None, &error.to_string()).await?));
            }
        };
        let path = match self.config.routing.route(&alert) {
            Route::Follow(path) => path,
            Route::Ignore(rule) => {
                return Ok(Settled::Ended(End::new(alert.key(), Outcome::Ignored, rule.name())));
            }
        };
        let claimed = match self.claims.claim_or_wait(alert.key().as_str(), now).await? {
            Claim::Won(claimed) => claimed,
            // The same message again ended before; another message with the same alert is one alert too many.
            Claim::Done { result } if result == record.message_id.as_str() => return Ok(Settled::Passed),
            Claim::Done { .. } => {
                return Ok(Settled::Ended(End::new(alert.key(), Outcome::Counted, "duplicate")));
            }
            Claim::Busy { .. } => return Err(EnrichError::Busy),
        };
        let settled = match self.follow(path, &alert, now).await {
            Ok(settled) => settled,
            Err(EnrichError::Message(error)) => {
                let reason = error.to_string();
                Settled::Ended(self.dead_letters.send(record, Some(alert.key()), &reason).await?)
            }
            Err(error) => {
                self.claims.release(&claimed).await;
                return Err(error);
            }
        };
        match self.claims.complete(&claimed, record.message_id.as_str(), now).await? {
            Completion::Recorded | Completion::DoneByAnother => Ok(settled),
            Completion::Lost => Err(EnrichError::LeaseLost),
        }
    }
}

#[derive(Debug, thiserror::Error)]
pub enum EnrichError {
    #[error(transparent)]
    Claim(#[from] StoreError),
    #[error("another worker holds the alert")]
    Busy,
    #[error("the lease ran out before the work was recorded")]
    LeaseLost,
    #[error(transparent)]
    Sighting(#[from] SightingError),
    #[error(transparent)]
    DeadLetter(#[from] DeadLetterError),
    #[error("could not write the message")]
    Message(#[from] MessageError),
    #[error("could not send the message")]
    Send(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl Failure for EnrichError {
    fn kind(&self) -> &'static str {
        match self {
            Self::Claim(_) => "claim",
            Self::Busy => "busy",
            Self::LeaseLost => "lease_lost",
            Self::Sighting(_) => "sighting",
            Self::DeadLetter(_) => "dead_letter",
            Self::Message(_) => "message",
            Self::Send(_) => "send",
        }
    }
}
