//! Where every alert is. At every moment the alerts that came are the sum of all places.

use serde::Serialize;

/// Alerts, by what has become of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Ledger {
    /// Written by Wazuh.
    pub came: u64,
    /// Not sent, by the publisher's filter.
    pub filtered: u64,
    /// Repeats that the manager counted: one alert stands for them.
    pub counted_at_the_edge: u64,
    /// Ended in enrich: nothing speaks for them.
    pub ignored: u64,
    /// Belong to an incident that is known.
    pub counted: u64,
    /// Mailed, by themselves or in a digest.
    pub notified: u64,
    pub dead_lettered: u64,
    /// Waited longer than a queue keeps messages: lost.
    pub expired: u64,
    /// Still under way.
    pub queued: u64,
    pub running: u64,
    /// Failed, and hidden until they come again.
    pub retrying: u64,
    /// Held back for a digest.
    pub held: u64,
    /// In the table, until the account may send again.
    pub parked: u64,
}

impl Ledger {
    /// Whether everything that came is somewhere.
    pub fn closes(&self) -> bool {
        let ended = self.filtered
            + self.counted_at_the_edge
            + self.ignored
            + self.counted
            + self.notified
            + self.dead_lettered
            + self.expired;
        self.came == ended + self.under_way()
    }

    pub fn under_way(&self) -> u64 {
        self.queued + self.running + self.retrying + self.held + self.parked
    }

    /// What nobody will hear of unless a person acts.
    pub fn lost(&self) -> u64 {
        self.expired
    }
}
