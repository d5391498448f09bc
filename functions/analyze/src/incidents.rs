//! Where incidents are kept, and what every store of them must do.

#[cfg(any(test, feature = "contract"))]
pub mod contract;
mod dynamo;
mod memory;

use std::future::Future;

use domain::EnrichedAlert;
use domain::alert::AlertKey;
use domain::analysis::Explanation;
use domain::assessment::Assessment;
use domain::history::History;
use domain::incident::{Incident, IncidentId, Trail};
use jiff::Timestamp;
use lambda::claims::{ClaimStore, Claimed, Completion};
use serde::{Deserialize, Serialize};

pub use dynamo::DynamoIncidents;
pub use memory::MemoryIncidents;

/// A value, and which of its versions it is: a change names the version that it changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored<T> {
    pub value: T,
    pub version: u64,
}

/// One alert's count, as one write: the claim, the incident, the principal's trail and the alert itself.
#[derive(Debug)]
pub struct Count<'a> {
    pub id: &'a IncidentId,
    /// What the decision was made on; the write is refused if that has changed.
    pub before: Option<&'a Stored<Incident>>,
    pub after: &'a Incident,
    /// Where the alert has changed it: its id, what it was, what it is.
    pub trail: Option<(&'a str, Option<&'a Stored<Trail>>, &'a Trail)>,
    /// The notice that the alert is kept for, and the parcel as text.
    pub parcel: Option<(u32, &'a str)>,
    /// What the claim remembers.
    pub result: &'a str,
    pub now: Timestamp,
}

impl Count<'_> {
    /// Whether the alert opens an incident, perhaps in the place of one that is closed.
    fn opens(&self) -> bool {
        self.before.is_none_or(|before| before.value.opened_at() != self.after.opened_at())
    }

    /// Whether the alert changes nothing but count and time: such writes do not get in each other's way.
    fn is_plain(&self) -> bool {
        self.before.is_some_and(|before| before.value.facts == self.after.facts)
    }
}

/// What became of a write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Written {
    Done,
    /// The incident or the trail is not what it was: decide anew.
    Changed,
    /// Somebody writes at this very moment: try again a little later.
    Busy,
    /// The claim is not ours any more.
    Refused(Completion),
}

/// An alert with what is needed to tell of it, whoever does.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Parcel {
    pub enriched: EnrichedAlert,
    pub history: History,
    pub assessment: Assessment,
}

/// What a model wrote about an incident, for the updates that follow.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptAnalysis {
    pub explanation: Box<Explanation>,
    pub about: AlertKey,
}

/// Keeps incidents. Every change is one conditional write on a version that was read.
pub trait IncidentStore {
    type Claims: ClaimStore;

    fn incident(
        &self,
        id: &IncidentId,
    ) -> impl Future<Output = Result<Option<Stored<Incident>>, IncidentError>>;

    fn trail(&self, id: &str) -> impl Future<Output = Result<Option<Stored<Trail>>, IncidentError>>;

    /// Counts an alert and completes its claim: all of it or nothing.
    fn count(
        &self,
        claimed: &Claimed,
        count: &Count<'_>,
    ) -> impl Future<Output = Result<Written, IncidentError>>;

    /// Writes an incident whose notices have changed, and nothing else; false if it is not what it was.
    fn change(
        &self,
        id: &IncidentId,
        changed: &Stored<Incident>,
    ) -> impl Future<Output = Result<bool, IncidentError>>;

    /// The parcel that was kept for a notice.
    fn parcel(
        &self,
        id: &IncidentId,
        opened_at: Timestamp,
        number: u32,
    ) -> impl Future<Output = Result<Option<Parcel>, IncidentError>>;

    fn keep_analysis(
        &self,
        id: &IncidentId,
        opened_at: Timestamp,
        analysis: &KeptAnalysis,
        now: Timestamp,
    ) -> impl Future<Output = Result<(), IncidentError>>;

    fn analysis(
        &self,
        id: &IncidentId,
        opened_at: Timestamp,
    ) -> impl Future<Output = Result<Option<KeptAnalysis>, IncidentError>>;

    /// Incidents for which something is due at `now`, longest due first. It may lag a moment behind the writes.
    fn due(
        &self,
        now: Timestamp,
        most: usize,
    ) -> impl Future<Output = Result<Vec<IncidentId>, IncidentError>>;
}

/// The store did not answer, or holds what cannot be read. Carries no alert data.
#[derive(Debug, thiserror::Error)]
pub enum IncidentError {
    #[error("could not {action}")]
    Store {
        action: &'static str,
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    #[error("the stored {what} cannot be read")]
    Unreadable { what: &'static str },
}
