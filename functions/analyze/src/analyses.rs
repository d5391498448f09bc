//! The `analyses` table: key `id`, TTL attribute `expires_at` (seconds).
//!
//! | id | attributes |
//! | --- | --- |
//! | `reuse#<fingerprint>` | `document` (JSON: who writes the text, or the text), `version` |
//! | `breaker#<address> <model>` | `document` (JSON), `version` |
//! | `budget#2026-10-03` | `tokens`, `micro_usd` |
//! | `audit#<notice id>` | `document` (JSON) |
//!
//! Three writes serve them all: compare and swap, add up to a ceiling, put.

#[cfg(any(test, feature = "contract"))]
pub mod contract;
mod dynamo;
mod memory;

use std::future::Future;
use std::time::Duration;

use jiff::Timestamp;

pub use dynamo::DynamoAnalyses;
pub use memory::MemoryAnalyses;

/// Where texts, breakers, budgets and audits are kept.
#[derive(Clone, Debug)]
pub enum Analyses {
    /// Shared by all functions.
    Table(DynamoAnalyses),
    /// In this process: for the evaluation on the command line, and for tests.
    Memory(MemoryAnalyses),
}

impl Analyses {
    /// Whatever the table is good for, it is not worth a mail that comes late.
    const PATIENCE: Duration = Duration::from_secs(2);

    pub fn table(client: aws_sdk_dynamodb::Client, name: impl Into<String>) -> Self {
        Self::Table(DynamoAnalyses::new(client, name))
    }

    pub fn memory() -> Self {
        Self::Memory(MemoryAnalyses::default())
    }

    /// The row as the last write left it; nothing if it has expired, deleted or not.
    pub async fn read(&self, id: &str, now: Timestamp) -> Result<Option<Row>, StoreError> {
        match self {
            Self::Table(table) => bounded(table.read(id, now)).await,
            Self::Memory(memory) => Ok(memory.read(id, now)),
        }
    }

    /// Writes the row if it is still as it was `seen`, where nothing means absent or expired: the new version then, and
    /// nothing if somebody was faster. Exactly one of all who saw the same row succeeds.
    pub async fn swap(
        &self,
        id: &str,
        seen: Option<&Version>,
        document: &str,
        now: Timestamp,
        expires_at: Timestamp,
    ) -> Result<Option<Version>, StoreError> {
        let version = Version(uuid::Uuid::new_v4().to_string());
        let written = match self {
            Self::Table(table) => bounded(table.swap(id, seen, &version, document, now, expires_at)).await?,
            Self::Memory(memory) => memory.swap(id, seen, &version, document, now, expires_at),
        };
        Ok(written.then_some(version))
    }

    /// Writes the row, whatever was there.
    pub async fn put(&self, id: &str, document: &str, expires_at: Timestamp) -> Result<(), StoreError> {
        match self {
            Self::Table(table) => bounded(table.put(id, document, expires_at)).await,
            Self::Memory(memory) => {
                memory.put(id, document, expires_at);
                Ok(())
            }
        }
    }

    /// What the row's sums have come to.
    pub async fn sums(&self, id: &str) -> Result<Amount, StoreError> {
        match self {
            Self::Table(table) => bounded(table.sums(id)).await,
            Self::Memory(memory) => Ok(memory.sums(id)),
        }
    }

    /// Adds to the row's sums, unless one of them would pass its ceiling: false then, and nothing is added.
    pub async fn add(
        &self,
        id: &str,
        amount: Amount,
        ceiling: Ceiling,
        expires_at: Timestamp,
    ) -> Result<bool, StoreError> {
        match self {
            Self::Table(table) => bounded(table.add(id, amount, ceiling, expires_at)).await,
            Self::Memory(memory) => Ok(memory.add(id, amount, ceiling)),
        }
    }
}

async fn bounded<T>(call: impl Future<Output = Result<T, StoreError>>) -> Result<T, StoreError> {
    // The SDK's futures are large, and every step of a story would carry them.
    match tokio::time::timeout(Analyses::PATIENCE, Box::pin(call)).await {
        Ok(answer) => answer,
        Err(elapsed) => Err(StoreError { action: "reach", source: elapsed.into() }),
    }
}

/// A document, and which write it comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    pub document: String,
    pub version: Version,
}

/// Another one for every write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version(String);

/// Tokens and their price; negative when something is given back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Amount {
    pub tokens: i64,
    pub micro_usd: i64,
}

/// What sums may reach; nothing is no ceiling.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ceiling {
    pub tokens: Option<i64>,
    pub micro_usd: Option<i64>,
}

#[derive(Debug, thiserror::Error)]
#[error("could not {action} the analyses table")]
pub struct StoreError {
    action: &'static str,
    #[source]
    source: Box<dyn std::error::Error + Send + Sync>,
}

impl StoreError {
    fn read(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self { action: "read", source: source.into() }
    }

    pub(crate) fn write(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self { action: "write", source: source.into() }
    }
}
