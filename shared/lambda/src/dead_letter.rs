//! Putting a message that can never be handled where a person finds it, at once and with the reason.

use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::MessageAttributeValue;
use domain::AlertKey;

use crate::batch::Record;
use crate::ledger::{End, Outcome};

/// The dead-letter queue of a stage's source queue.
#[derive(Clone, Debug)]
pub struct DeadLetters {
    client: Client,
    queue_url: String,
    stage: &'static str,
}

impl DeadLetters {
    pub fn new(client: Client, queue_url: impl Into<String>, stage: &'static str) -> Self {
        Self { client, queue_url: queue_url.into(), stage }
    }

    /// Moves the message with attributes `reason`, `stage` and `source_message_id` beside its own.
    ///
    /// `reason` goes into logs and attributes: it must not hold alert data.
    pub async fn send(
        &self,
        record: &Record,
        alert_key: Option<&AlertKey>,
        reason: &str,
    ) -> Result<End, DeadLetterError> {
        let mut message =
            self.client.send_message().queue_url(&self.queue_url).message_body(body(&record.body));
        let own =
            [("reason", reason), ("stage", self.stage), ("source_message_id", record.message_id.as_str())];
        let kept = record.attributes.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        // SQS allows ten attributes; the publisher sends four.
        let kept = kept.filter(|(name, _)| !own.iter().any(|(ours, _)| ours == name)).take(10 - own.len());
        for (name, value) in own.into_iter().chain(kept).filter(|(_, value)| !value.is_empty()) {
            let value = MessageAttributeValue::builder().data_type("String").string_value(value).build();
            message = message.message_attributes(name, value.map_err(DeadLetterError::new)?);
        }
        message.send().await.map_err(DeadLetterError::new)?;
        Ok(End { alert_key: alert_key.cloned(), outcome: Outcome::DeadLettered, reason: reason.to_owned() })
    }
}

/// SQS refuses empty bodies.
fn body(body: &str) -> &str {
    if body.is_empty() { "(empty)" } else { body }
}

#[derive(Debug, thiserror::Error)]
#[error("could not send the message to the dead-letter queue")]
pub struct DeadLetterError(#[source] Box<dyn std::error::Error + Send + Sync>);

impl DeadLetterError {
    fn new(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self(source.into())
    }
}
