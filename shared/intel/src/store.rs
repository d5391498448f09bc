//! What is kept about indicators and providers between alerts, and between functions that run at the same time.

#[cfg(any(test, feature = "contract"))]
pub mod contract;
mod dynamo;
mod feed_table;
mod key;
mod memory;
mod table;

use std::future::Future;
use std::time::Duration;

use domain::indicator::Indicator;
use domain::verdict::{Answer, Class, Listing, Provider, Standing, Unanswered};
use ipnet::IpNet;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use dynamo::DynamoStore;
pub use feed_table::{Becomes, Change, FeedTable};
pub use key::{entry_of, key_of};
pub use memory::MemoryStore;

/// Where answers, feeds, analyst lists, gates and quotas are kept. Every write is one conditional write.
pub trait IntelStore {
    /// Everything that is kept about an indicator and still holds at `now`, and what is listed under the `networks` that
    /// it lies in. A store may know of networks by itself; `DynamoDB` finds those that it is told of.
    fn about(
        &self,
        indicator: &Indicator,
        networks: &[IpNet],
        now: Timestamp,
    ) -> impl Future<Output = Result<Kept, StoreError>>;

    /// Takes the turn to ask a provider about an indicator until `until`, unless somebody has it or has the answer.
    fn take_turn(
        &self,
        indicator: &Indicator,
        provider: Provider,
        now: Timestamp,
        until: Timestamp,
    ) -> impl Future<Output = Result<Turn, StoreError>>;

    /// The answer of a provider as it stands: for whoever waits for another's turn to end.
    fn look(
        &self,
        indicator: &Indicator,
        provider: Provider,
        now: Timestamp,
    ) -> impl Future<Output = Result<Turn, StoreError>>;

    /// Keeps an answer until `fresh_until`, and ends the turn.
    fn keep(
        &self,
        indicator: &Indicator,
        provider: Provider,
        answer: &KeptAnswer,
        fresh_until: Timestamp,
    ) -> impl Future<Output = Result<(), StoreError>>;

    /// Ends the turn without an answer.
    fn end_turn(
        &self,
        indicator: &Indicator,
        provider: Provider,
    ) -> impl Future<Output = Result<(), StoreError>>;

    /// Writes a note about the indicator unless there is one: true for exactly one of all who try within `lifetime`.
    fn note(
        &self,
        indicator: &Indicator,
        note: &str,
        now: Timestamp,
        lifetime: Duration,
    ) -> impl Future<Output = Result<bool, StoreError>>;

    fn gate(&self, provider: Provider) -> impl Future<Output = Result<Gate, StoreError>>;

    /// Closes the gate until `until`.
    fn close_gate(
        &self,
        provider: Provider,
        until: Timestamp,
        reason: Unanswered,
    ) -> impl Future<Output = Result<(), StoreError>>;

    /// Lets one through a gate that was closed until `seen`: true for exactly one of all who try.
    fn probe(
        &self,
        provider: Provider,
        seen: Timestamp,
        until: Timestamp,
    ) -> impl Future<Output = Result<bool, StoreError>>;

    /// Counts a failure; how many there were in a row, each within `window` of the one before.
    fn count_failure(
        &self,
        provider: Provider,
        now: Timestamp,
        window: Duration,
    ) -> impl Future<Output = Result<u32, StoreError>>;

    /// The provider answers again: forgets failures and opens the gate.
    fn open_gate(&self, provider: Provider) -> impl Future<Output = Result<(), StoreError>>;

    /// Counts requests of a day in the provider's ledger, unless that would pass `limit`: false then.
    fn spend(
        &self,
        provider: Provider,
        requests: u32,
        limit: Option<u64>,
        now: Timestamp,
    ) -> impl Future<Output = Result<bool, StoreError>>;
}

/// What is kept about one indicator.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Kept {
    pub answers: Vec<(Provider, KeptAnswer)>,
    /// Rows of feeds, by the feed's name.
    pub listings: Vec<(String, Listing)>,
    /// What analysts say.
    pub standings: Vec<Standing>,
}

impl Kept {
    pub fn answer(&self, provider: Provider) -> Option<&KeptAnswer> {
        self.answers.iter().find(|(who, _)| *who == provider).map(|(_, kept)| kept)
    }
}

/// An answer and when it was given.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct KeptAnswer {
    pub answer: Answer,
    pub asked_at: Timestamp,
}

/// Whose turn it is to ask.
#[derive(Clone, Debug, PartialEq)]
pub enum Turn {
    /// Nobody's, or ours if we took it.
    Free,
    /// Somebody is asking, at most until then.
    Taken {
        until: Timestamp,
    },
    Answered(KeptAnswer),
}

/// How a provider stands, for all functions alike.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Gate {
    pub failures: u32,
    /// Closed until then, and why.
    pub closed: Option<(Timestamp, Unanswered)>,
}

/// The analyst lists, by the name under which they are kept.
fn class_of_list(name: &str) -> Option<Class> {
    match name {
        "allow" => Some(Class::Allowed),
        "deny" => Some(Class::Denied),
        _ => None,
    }
}

#[derive(Debug, thiserror::Error)]
#[error("could not {action} the intel table")]
pub struct StoreError {
    action: &'static str,
    #[source]
    source: Box<dyn std::error::Error + Send + Sync>,
}

impl StoreError {
    pub fn new(action: &'static str, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self { action, source: source.into() }
    }
}
