//! The feedback queue: taking messages, keeping them, forgetting them.

use std::time::Duration;

use aws_config::timeout::TimeoutConfig;
use aws_sdk_sqs::Client;
use aws_sdk_sqs::config::Builder;
use aws_sdk_sqs::error::BuildError;
use aws_sdk_sqs::types::{ChangeMessageVisibilityBatchRequestEntry, DeleteMessageBatchRequestEntry};

use crate::destination::Destination;
use crate::queue::{Access, Queue, SendError};

/// How long a message that was taken is hidden from others; extended while the manager cannot take it.
pub const VISIBILITY: Duration = Duration::from_mins(2);

/// The longest that SQS lets a request wait for a message.
pub const LONG_POLL: Duration = Duration::from_secs(20);

const MAX_BATCH: i32 = 10;

/// What the answer of a long poll may take beyond its wait.
const ANSWER_TIME: Duration = Duration::from_secs(10);

pub struct FeedbackQueue {
    queue: Queue,
}

/// One message of the queue.
#[derive(Clone, Debug)]
pub struct Taken {
    pub body: String,
    pub receipt: Receipt,
}

/// By this the queue knows a message again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt(String);

/// What the queue did not do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum QueueProblem {
    #[error(
        "the feedback queue refuses access ({0}); these credentials need sqs:ReceiveMessage, sqs:DeleteMessage and \
         sqs:ChangeMessageVisibility on it"
    )]
    AccessDenied(String),
    #[error("the feedback queue: {0}")]
    Other(SendError),
}

impl From<SendError> for QueueProblem {
    fn from(error: SendError) -> Self {
        match error {
            SendError::AccessDenied(code) => Self::AccessDenied(code),
            other => Self::Other(other),
        }
    }
}

impl From<BuildError> for QueueProblem {
    fn from(error: BuildError) -> Self {
        Self::Other(SendError::Refused(error.to_string()))
    }
}

impl FeedbackQueue {
    pub async fn connect(destination: &Destination, access: &Access) -> Result<Self, QueueProblem> {
        Ok(Self { queue: Queue::connect(destination, access).await? })
    }

    pub fn url(&self) -> &str {
        self.queue.url()
    }

    /// Up to ten messages; none after that time without one.
    pub async fn receive(&self, wait: Duration) -> Result<Vec<Taken>, QueueProblem> {
        let request = self
            .client()
            .receive_message()
            .queue_url(self.url())
            .max_number_of_messages(MAX_BATCH)
            .wait_time_seconds(seconds(wait))
            .visibility_timeout(seconds(VISIBILITY));
        let answer = request.customize().config_override(patient(wait)).send().await;
        let answer = answer.map_err(|error| self.queue.meaning(&error))?;
        let taken = answer.messages.unwrap_or_default().into_iter().filter_map(|message| {
            Some(Taken { body: message.body?, receipt: Receipt(message.receipt_handle?) })
        });
        Ok(taken.collect())
    }

    /// Gives back what the queue did not forget.
    pub async fn delete(&self, receipts: &[Receipt]) -> Result<Vec<Receipt>, QueueProblem> {
        let mut entries = Vec::new();
        for (index, Receipt(handle)) in receipts.iter().enumerate() {
            let entry =
                DeleteMessageBatchRequestEntry::builder().id(index.to_string()).receipt_handle(handle);
            entries.push(entry.build()?);
        }
        let request = self.client().delete_message_batch().queue_url(self.url()).set_entries(Some(entries));
        let answer = request.send().await.map_err(|error| self.queue.meaning(&error))?;
        // One that the queue calls our fault it will never forget: the receipt is too old. It comes again and is known.
        let failed = answer.failed().iter().filter(|failed| !failed.sender_fault());
        let failed = failed.filter_map(|failed| receipts.get(failed.id().parse::<usize>().ok()?).cloned());
        Ok(failed.collect())
    }

    /// Hides them for that long from now; zero gives them back at once.
    pub async fn hide(&self, receipts: &[Receipt], time: Duration) -> Result<(), QueueProblem> {
        let mut entries = Vec::new();
        for (index, Receipt(handle)) in receipts.iter().enumerate() {
            let entry = ChangeMessageVisibilityBatchRequestEntry::builder()
                .id(index.to_string())
                .receipt_handle(handle)
                .visibility_timeout(seconds(time));
            entries.push(entry.build()?);
        }
        let request = self.client().change_message_visibility_batch().queue_url(self.url());
        let answer = request.set_entries(Some(entries)).send().await;
        answer.map(drop).map_err(|error| self.queue.meaning(&error).into())
    }

    fn client(&self) -> &Client {
        self.queue.client()
    }
}

/// A long poll is longer than any other request may be.
fn patient(wait: Duration) -> Builder {
    let limit = wait + ANSWER_TIME;
    let timeouts = TimeoutConfig::builder().operation_attempt_timeout(limit).operation_timeout(limit).build();
    Builder::new().timeout_config(timeouts)
}

fn seconds(time: Duration) -> i32 {
    i32::try_from(time.as_secs()).unwrap_or(i32::MAX)
}
