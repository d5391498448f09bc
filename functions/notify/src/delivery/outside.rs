//! What deliveries need of others: SES, chats, and the queue that the notices came from.

use std::future::Future;
use std::time::Duration;

use aws_sdk_ses::Client as Ses;
use aws_sdk_ses::config::retry::RetryConfig;
use aws_sdk_ses::config::timeout::TimeoutConfig;
use aws_sdk_ses::error::ProvideErrorMetadata;
use aws_sdk_ses::primitives::Blob;
use aws_sdk_ses::types::RawMessage;
use aws_sdk_sqs::Client as Sqs;
use jiff::Timestamp;
use lambda::claims::Claimed;
use lambda::queue;

use super::error::NotifyError;
use super::letter::Letter;
use super::trouble::Trouble;
use crate::events::Reports;
use crate::mail::{Mail, MailSettings, Note, Recipients};
use crate::webhook::{Message, UrlParameter, WebhookError, Webhooks};

pub trait Outside {
    /// Sends one mail; only the holder of a won claim may. Answers with the message's id.
    fn send(
        &self,
        proof: &Claimed,
        settings: &MailSettings,
        letter: &Letter<'_>,
        mail: Mail,
    ) -> impl Future<Output = Result<String, Trouble>>;

    /// Posts one message to the chat whose address is in this parameter; only the holder of a won claim may.
    fn post(
        &self,
        proof: &Claimed,
        webhook: &UrlParameter,
        message: &Message,
    ) -> impl Future<Output = Result<(), WebhookError>>;

    /// What is known of trouble with these recipients; nothing where nobody knows.
    fn notes(&self, recipients: &Recipients, now: Timestamp) -> impl Future<Output = Vec<Note>>;

    /// Puts a notice into its queue as if it had just come.
    fn requeue(&self, body: &str) -> impl Future<Output = Result<(), NotifyError>>;
}

/// SES, chats and SQS.
#[derive(Debug)]
pub struct Services {
    ses: Ses,
    webhooks: Webhooks,
    sqs: Sqs,
    notices_queue_url: String,
    /// Absent where nobody reports what becomes of a mail.
    reports: Option<Reports>,
}

impl Services {
    /// Longest time that sending one mail takes.
    pub const SEND_TIMEOUT: Duration = Duration::from_secs(12);

    pub fn new(
        aws: &aws_types::SdkConfig,
        sqs: Sqs,
        webhooks: Webhooks,
        notices_queue_url: String,
        reports: Option<Reports>,
    ) -> Self {
        // One attempt, with time to finish it: SES has no idempotency token, so an attempt cut short and repeated may be
        // two mails.
        let timeouts = TimeoutConfig::builder()
            .connect_timeout(Duration::from_secs(2))
            .operation_timeout(Self::SEND_TIMEOUT);
        let config = aws_sdk_ses::config::Builder::from(aws)
            .retry_config(RetryConfig::disabled())
            .timeout_config(timeouts.build())
            .build();
        Self { ses: Ses::from_conf(config), webhooks, sqs, notices_queue_url, reports }
    }
}

impl Outside for Services {
    async fn send(
        &self,
        _proof: &Claimed,
        settings: &MailSettings,
        letter: &Letter<'_>,
        mail: Mail,
    ) -> Result<String, Trouble> {
        let recipients = settings.to.iter().map(|address| address.as_str().to_owned()).collect();
        let message = RawMessage::builder().data(Blob::new(mail.raw)).build();
        let message = message.map_err(|error| Trouble::Unclear(error.into()))?;
        let mut request = self
            .ses
            .send_raw_email()
            .source(settings.from.as_str())
            .set_destinations(Some(recipients))
            .raw_message(message);
        if let Some(reports) = &self.reports {
            request = reports.settings.report(request, &letter.tags());
        }
        match request.send().await {
            Ok(answer) => Ok(answer.message_id),
            Err(error) => {
                let known =
                    Trouble::of(error.code().unwrap_or_default(), error.message().unwrap_or_default());
                Err(known.unwrap_or_else(|| Trouble::Unclear(error.into())))
            }
        }
    }

    async fn post(
        &self,
        _proof: &Claimed,
        webhook: &UrlParameter,
        message: &Message,
    ) -> Result<(), WebhookError> {
        self.webhooks.send(webhook, message).await
    }

    async fn notes(&self, recipients: &Recipients, now: Timestamp) -> Vec<Note> {
        match &self.reports {
            Some(reports) => reports.events.notes(recipients, now).await,
            None => Vec::new(),
        }
    }

    async fn requeue(&self, body: &str) -> Result<(), NotifyError> {
        let sent = queue::send(&self.sqs, &self.notices_queue_url, body.to_owned()).await;
        sent.map_err(|error| NotifyError::Requeue(error.into()))
    }
}
