//! One notice's story in the notify stage.

use std::time::Duration;

use aws_sdk_ses::Client as Ses;
use aws_sdk_ses::config::retry::RetryConfig;
use aws_sdk_ses::config::timeout::TimeoutConfig;
use aws_sdk_ses::operation::send_raw_email::SendRawEmailError;
use aws_sdk_ses::primitives::Blob;
use aws_sdk_ses::types::RawMessage;
use domain::incident::Kind;
use domain::{Notice, message};
use jiff::Timestamp;
use lambda::batch::{Deadline, Record};
use lambda::claims::Claimed;
use lambda::ledger::{End, Outcome};
use lambda::metrics::Metrics;
use lambda::{Failure, Settled, Stage, Turn, Worker, WorkerError};

use crate::config::Config;
use crate::events::{MailEventError, MailEvents, Troubles};
use crate::mail::{Mail, MailError, Note, mail};

/// The notify stage with its clients.
#[derive(Debug)]
pub struct Notify {
    config: Config,
    worker: Worker,
    ses: Ses,
    events: Option<MailEvents>,
}

impl Notify {
    const NAME: &str = "notify";
    const SEND_TIMEOUT: Duration = Duration::from_secs(12);

    pub fn new(config: Config, aws: &aws_types::SdkConfig) -> Self {
        let (dynamodb, sqs) = (aws_sdk_dynamodb::Client::new(aws), aws_sdk_sqs::Client::new(aws));
        let worker = Worker::new(Self::NAME, &config.settings, dynamodb.clone(), sqs);
        let events = config.events.as_ref();
        let events = events.map(|events| MailEvents::new(Troubles::table(dynamodb, &events.incidents_table)));
        Self { worker, ses: Ses::from_conf(ses_config(aws)), config, events }
    }

    /// Sends the mail; only the holder of a won claim may. Answers with SES's message id.
    async fn send(&self, _proof: &Claimed, notice: &Notice, mail: Mail) -> Result<String, NotifyError> {
        let settings = &self.config.mail;
        let recipients = settings.to.iter().map(|address| address.as_str().to_owned()).collect();
        let message = RawMessage::builder().data(Blob::new(mail.raw)).build();
        let message = message.map_err(|error| NotifyError::Send(error.into()))?;
        let mut request = self
            .ses
            .send_raw_email()
            .source(settings.from.as_str())
            .set_destinations(Some(recipients))
            .raw_message(message);
        if let Some(events) = &self.config.events {
            let (kind, incident) = (notice.kind.name(), notice.incident.as_str());
            let tags = [("kind", kind), ("incident", incident), ("notice", notice.id.as_str())];
            request = events.report(request, &tags);
        }
        match request.send().await {
            Ok(answer) => Ok(answer.message_id),
            Err(error) => Err(match error.as_service_error() {
                Some(SendRawEmailError::MessageRejected(_)) => NotifyError::Rejected("MessageRejected"),
                Some(SendRawEmailError::MailFromDomainNotVerifiedException(_)) => {
                    NotifyError::Rejected("MailFromDomainNotVerified")
                }
                _ => NotifyError::Send(error.into()),
            }),
        }
    }

    /// What the mail should tell of its recipients.
    async fn notes(&self, now: Timestamp) -> Vec<Note> {
        match &self.events {
            Some(events) => events.notes(&self.config.mail.to, now).await,
            None => Vec::new(),
        }
    }

    /// A record that holds no notice: an event of SES, or something that a person has to look at.
    async fn other(
        &self,
        record: &Record,
        error: &message::MessageError,
        now: Timestamp,
    ) -> Result<Settled, NotifyError> {
        if let Some(events) = &self.events {
            let Worker { claims, metrics, .. } = &self.worker;
            if let Some(settled) = events.take(&record.body, claims, metrics, now).await? {
                return Ok(settled);
            }
        }
        Ok(self.worker.dead_letter(record, None, &error.to_string()).await?)
    }

    /// Won claim in hand: one mail, and its record.
    async fn follow(
        &self,
        notice: &Notice,
        claimed: &Claimed,
        now: Timestamp,
    ) -> Result<Settled, NotifyError> {
        let mail = mail(notice, &self.config.mail, &self.notes(now).await, now)?;
        let mail_id = self.send(claimed, notice, mail).await?;
        let key = notice.alert.key();
        tracing::info!(
            alert.key = key.as_str(),
            notice.id = notice.id.as_str(),
            mail.id = mail_id,
            "mail accepted by SES"
        );
        // Only the alert that opened the incident ends with its mail; every other one is counted already.
        let settled = match notice.kind {
            Kind::First => {
                Settled::Ended(End::new(key, Outcome::Notified, format!("incident {}", notice.incident)))
            }
            Kind::Update | Kind::Escalation(_) => Settled::Passed,
        };
        Ok(self.worker.complete(claimed, &mail_id, settled, now).await?)
    }
}

/// One attempt, with time to finish it: SES has no idempotency token, so an attempt cut short and repeated may be
/// two mails.
fn ses_config(aws: &aws_types::SdkConfig) -> aws_sdk_ses::Config {
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(Duration::from_secs(2))
        .operation_timeout(Notify::SEND_TIMEOUT);
    aws_sdk_ses::config::Builder::from(aws)
        .retry_config(RetryConfig::disabled())
        .timeout_config(timeouts.build())
        .build()
}

impl Stage for Notify {
    type Error = NotifyError;

    const ONE_RECORD: Duration = Duration::from_secs(14);
    const CROWD: usize = 4;

    fn metrics(&self) -> &Metrics {
        &self.worker.metrics
    }

    async fn handle(&self, record: &Record, _: Deadline, now: Timestamp) -> Result<Settled, NotifyError> {
        let notice: Notice = match message::decode(&record.body) {
            Ok(notice) => notice,
            Err(error) => return self.other(record, &error, now).await,
        };
        let claimed = match self.worker.claim(notice.id.as_str(), now).await? {
            Turn::Ours(claimed) => claimed,
            Turn::Done { .. } => return Ok(Settled::Passed),
        };
        let error = match self.follow(&notice, &claimed, now).await {
            Ok(settled) => return Ok(settled),
            Err(error) => error,
        };
        // Sending it again, from this queue or from the dead-letter queue, must find the claim free.
        self.worker.claims.release(&claimed).await;
        if let NotifyError::Rejected(_) = error {
            return Ok(self.worker.dead_letter(record, Some(notice.alert.key()), &error.to_string()).await?);
        }
        Err(error)
    }
}

#[derive(Debug, thiserror::Error)]
pub enum NotifyError {
    #[error(transparent)]
    Worker(#[from] WorkerError),
    #[error(transparent)]
    Mail(#[from] MailError),
    #[error(transparent)]
    Event(#[from] MailEventError),
    /// Sending the same mail again would not help.
    #[error("SES rejected the mail: {0}")]
    Rejected(&'static str),
    #[error("could not send the mail")]
    Send(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl Failure for NotifyError {
    fn kind(&self) -> &'static str {
        match self {
            Self::Worker(error) => error.kind(),
            Self::Mail(_) => "mail",
            Self::Event(error) => error.kind(),
            Self::Rejected(_) => "rejected",
            Self::Send(_) => "send",
        }
    }
}
