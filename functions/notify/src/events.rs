//! What becomes of a mail after SES has accepted it: bounces and complaints, told by SES through SNS and a queue.
//!
//! They come as records beside the notices, so batches, claims, retries and a dead-letter queue are those of the stage:
//! one event is counted once, however often it is delivered.

#[cfg(any(test, feature = "contract"))]
pub mod contract;
mod dynamo;
mod event;
mod memory;
mod publishing;
mod story;
mod trouble;
mod wire;

use std::future::Future;
use std::time::Duration;

use jiff::Timestamp;

pub use dynamo::DynamoTroubles;
pub use event::{EventError, MailEvent, What};
#[cfg(any(test, feature = "fuzz"))]
pub(crate) use event::{Reading, read};
pub use memory::MemoryTroubles;
pub use publishing::{ConfigurationSet, ConfigurationSetError, EventSettings};
pub use story::{MailEventError, MailEvents};
pub use trouble::{AddressHash, Trouble, Troubled};

/// What a stage that follows its mails works with.
#[derive(Clone, Debug)]
pub struct Reports {
    pub events: MailEvents,
    pub settings: EventSettings,
}

/// Where is kept which recipients had trouble. No row holds an address.
#[derive(Clone, Debug)]
pub enum Troubles {
    /// In the incidents table, for all functions.
    Table(DynamoTroubles),
    /// In this process: for previews and tests.
    Memory(MemoryTroubles),
}

impl Troubles {
    /// A note is not worth a mail that comes late.
    const PATIENCE: Duration = Duration::from_secs(2);

    pub fn table(client: aws_sdk_dynamodb::Client, name: impl Into<String>) -> Self {
        Self::Table(DynamoTroubles::new(client, name))
    }

    pub fn memory() -> Self {
        Self::Memory(MemoryTroubles::default())
    }

    /// Remembers the trouble, unless as much or more is known of this recipient.
    pub async fn keep(
        &self,
        recipient: &AddressHash,
        troubled: Troubled,
        now: Timestamp,
    ) -> Result<(), TroublesError> {
        match self {
            Self::Table(table) => bounded(table.keep(recipient, troubled, now)).await,
            Self::Memory(memory) => {
                memory.keep(recipient, troubled, now);
                Ok(())
            }
        }
    }

    /// What is known of each of these recipients, in their order.
    pub async fn of(
        &self,
        recipients: &[AddressHash],
        now: Timestamp,
    ) -> Result<Vec<Option<Troubled>>, TroublesError> {
        match self {
            Self::Table(table) => bounded(table.of(recipients, now)).await,
            Self::Memory(memory) => Ok(memory.of(recipients, now)),
        }
    }
}

async fn bounded<T>(call: impl Future<Output = Result<T, TroublesError>>) -> Result<T, TroublesError> {
    // The SDK's futures are large, and every step of a story would carry them.
    match tokio::time::timeout(Troubles::PATIENCE, Box::pin(call)).await {
        Ok(answer) => answer,
        Err(elapsed) => Err(TroublesError::new("reach", elapsed)),
    }
}

#[derive(Debug, thiserror::Error)]
#[error("could not {action} the rows of recipients in trouble")]
pub struct TroublesError {
    action: &'static str,
    #[source]
    source: Box<dyn std::error::Error + Send + Sync>,
}

impl TroublesError {
    fn new(action: &'static str, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self { action, source: source.into() }
    }
}
