//! One notice's story in the notify stage.

use std::time::Duration;

use aws_sdk_ses::Client as Ses;
use aws_sdk_ses::config::retry::RetryConfig;
use aws_sdk_ses::config::timeout::TimeoutConfig;
use aws_sdk_ses::operation::send_raw_email::SendRawEmailError;
use aws_sdk_ses::primitives::Blob;
use aws_sdk_ses::types::RawMessage;
use domain::{Notice, message};
use jiff::Timestamp;
use lambda::batch::{Deadline, Record};
use lambda::claims::{Claim, Claimed, Claims, Completion, DynamoClaims, StoreError};
use lambda::dead_letter::{DeadLetterError, DeadLetters};
use lambda::ledger::{End, Outcome};
use lambda::metrics::Metrics;
use lambda::{Failure, Settled, Stage};

use crate::config::Config;
use crate::mail::{Mail, MailError, mail};

/// The notify stage with its clients.
#[derive(Debug)]
pub struct Notify {
    config: Config,
    claims: Claims<DynamoClaims>,
    ses: Ses,
    dead_letters: DeadLetters,
    metrics: Metrics,
}

impl Notify {
    const NAME: &str = "notify";
    const SEND_TIMEOUT: Duration = Duration::from_secs(12);

    pub fn new(config: Config, aws: &aws_types::SdkConfig) -> Self {
        let claims = DynamoClaims::new(aws_sdk_dynamodb::Client::new(aws), &config.claims_table);
        let sqs = aws_sdk_sqs::Client::new(aws);
        Self {
            claims: Claims::new(claims, Self::NAME, config.lease),
            ses: Ses::from_conf(ses_config(aws)),
            dead_letters: DeadLetters::new(sqs, &config.dead_letter_queue_url, Self::NAME),
            metrics: Metrics::new(&config.metrics_namespace, Self::NAME),
            config,
        }
    }

    /// Sends the mail; only the holder of a won claim may. Answers with SES's message id.
    async fn send(&self, _proof: &Claimed, mail: Mail) -> Result<String, NotifyError> {
        let settings = &self.config.mail;
        let recipients = settings.to.iter().map(|address| address.as_str().to_owned()).collect();
        let message = RawMessage::builder().data(Blob::new(mail.raw)).build();
        let message = message.map_err(|error| NotifyError::Send(error.into()))?;
        let sent = self
            .ses
            .send_raw_email()
            .source(settings.from.as_str())
            .set_destinations(Some(recipients))
            .raw_message(message)
            .send()
            .await;
        match sent {
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

    /// Won claim in hand: one mail, and its record.
    async fn follow(
        &self,
        notice: &Notice,
        claimed: &Claimed,
        now: Timestamp,
    ) -> Result<Completion, NotifyError> {
        let mail = mail(notice, &self.config.mail, now)?;
        let mail_id = self.send(claimed, mail).await?;
        tracing::info!(
            alert.key = notice.alert.key().as_str(),
            notice.id = notice.id.as_str(),
            mail.id = mail_id,
            "mail accepted by SES"
        );
        Ok(self.claims.complete(claimed, &mail_id, now).await?)
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
        &self.metrics
    }

    async fn handle(&self, record: &Record, _: Deadline, now: Timestamp) -> Result<Settled, NotifyError> {
        let notice: Notice = match message::decode(&record.body) {
            Ok(notice) => notice,
            Err(error) => {
                return Ok(Settled::Ended(self.dead_letters.send(record, None, &error.to_string()).await?));
            }
        };
        let key = notice.alert.key();
        let claimed = match self.claims.claim_or_wait(notice.id.as_str(), now).await? {
            Claim::Won(claimed) => claimed,
            Claim::Done { .. } => return Ok(Settled::Passed),
            Claim::Busy { .. } => return Err(NotifyError::Busy),
        };
        match self.follow(&notice, &claimed, now).await {
            Ok(Completion::Recorded) => {
                let reason = format!("incident {}", notice.incident);
                Ok(Settled::Ended(End::new(key, Outcome::Notified, reason)))
            }
            Ok(Completion::DoneByAnother) => Ok(Settled::Passed),
            Ok(Completion::Lost) => Err(NotifyError::LeaseLost),
            Err(error @ NotifyError::Rejected(_)) => {
                // Sending it again from the dead-letter queue must find the claim free.
                self.claims.release(&claimed).await;
                Ok(Settled::Ended(self.dead_letters.send(record, Some(key), &error.to_string()).await?))
            }
            Err(error) => {
                self.claims.release(&claimed).await;
                Err(error)
            }
        }
    }
}

#[derive(Debug, thiserror::Error)]
pub enum NotifyError {
    #[error(transparent)]
    Claim(#[from] StoreError),
    #[error("another worker holds the notice")]
    Busy,
    #[error("the lease ran out before the mail was recorded")]
    LeaseLost,
    #[error(transparent)]
    DeadLetter(#[from] DeadLetterError),
    #[error(transparent)]
    Mail(#[from] MailError),
    /// Sending the same mail again would not help.
    #[error("SES rejected the mail: {0}")]
    Rejected(&'static str),
    #[error("could not send the mail")]
    Send(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl Failure for NotifyError {
    fn kind(&self) -> &'static str {
        match self {
            Self::Claim(_) => "claim",
            Self::Busy => "busy",
            Self::LeaseLost => "lease_lost",
            Self::DeadLetter(_) => "dead_letter",
            Self::Mail(_) => "mail",
            Self::Rejected(_) => "rejected",
            Self::Send(_) => "send",
        }
    }
}
