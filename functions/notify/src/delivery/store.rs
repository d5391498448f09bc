//! Where deliveries are kept, and what every store of them must do.

#[cfg(any(test, feature = "contract"))]
pub mod contract;
mod dynamo;
mod memory;

use std::collections::BTreeMap;
use std::future::Future;

use domain::message::NoticeId;
use jiff::Timestamp;
use lambda::claims::{ClaimStore, Claimed};

pub use dynamo::DynamoDeliveries;
pub use memory::MemoryDeliveries;

use super::{Account, Gate, Post, State};
use crate::mail::HeldIncident;

/// A value, and which of its versions it is: a change names the version that it changes. What was never written has
/// version 0.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stored<T> {
    pub value: T,
    pub version: u64,
}

/// A notice meets a gate, as one write: the gate, the notice's state, and what is held.
#[derive(Debug)]
pub struct Passing<'a> {
    pub notice: &'a NoticeId,
    pub post: &'a Post,
    pub proof: &'a Claimed,
    /// The gate after the meeting, with the version before it.
    pub gate: &'a Stored<Gate>,
    pub state: &'a State,
    /// The digest it waits for, and what that will tell.
    pub held: Option<(&'a str, &'a HeldIncident)>,
    pub now: Timestamp,
}

/// What became of a write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Written {
    Done,
    /// Something is not what it was: decide anew.
    Changed,
    /// Somebody writes at this very moment: try again a little later.
    Busy,
}

/// A notice that waits for the account to be allowed to send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parked {
    pub notice: String,
    pub body: String,
}

/// Keeps deliveries. Every change is one conditional write, and every read sees the writes before it.
pub trait DeliveryStore {
    type Claims: ClaimStore;

    /// How far a notice has come, for each group that it was ever on its way to.
    fn states(&self, notice: &NoticeId)
    -> impl Future<Output = Result<BTreeMap<Post, State>, DeliveryError>>;

    fn gate(&self, post: &Post) -> impl Future<Output = Result<Stored<Gate>, DeliveryError>>;

    /// All gates that were ever written.
    fn gates(&self) -> impl Future<Output = Result<Vec<(Post, Stored<Gate>)>, DeliveryError>>;

    /// Lets a notice meet a gate, once: all of it is written or nothing.
    fn pass(&self, passing: &Passing<'_>) -> impl Future<Output = Result<Written, DeliveryError>>;

    /// Writes a gate that no notice has met.
    fn change(
        &self,
        post: &Post,
        gate: &Stored<Gate>,
    ) -> impl Future<Output = Result<Written, DeliveryError>>;

    /// Notes how far a notice has come, unless that is settled: false then, or if it is in other hands. `Sending` takes
    /// it over from whoever had the claim before.
    fn note(
        &self,
        notice: &NoticeId,
        post: &Post,
        proof: &Claimed,
        state: &State,
        now: Timestamp,
    ) -> impl Future<Output = Result<bool, DeliveryError>>;

    /// Everything that is held for a digest.
    fn held(
        &self,
        post: &Post,
        digest: &str,
    ) -> impl Future<Output = Result<Vec<HeldIncident>, DeliveryError>>;

    fn account(&self) -> impl Future<Output = Result<Option<Account>, DeliveryError>>;

    fn set_account(&self, account: Option<&Account>) -> impl Future<Output = Result<(), DeliveryError>>;

    fn park(&self, parked: &Parked, now: Timestamp) -> impl Future<Output = Result<(), DeliveryError>>;

    fn parked(&self, most: u32) -> impl Future<Output = Result<Vec<Parked>, DeliveryError>>;

    fn unpark(&self, notice: &str) -> impl Future<Output = Result<(), DeliveryError>>;
}

/// The store did not answer, or holds what cannot be read. Carries no alert data.
#[derive(Debug, thiserror::Error)]
pub enum DeliveryError {
    #[error("could not {action}")]
    Store {
        action: &'static str,
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    #[error("the stored {what} cannot be read")]
    Unreadable { what: &'static str },
}
