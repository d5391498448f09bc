//! How many alerts an incident has had lately, without remembering each.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The incident's count at a few times of the last ten minutes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Pace {
    /// When, and how many alerts there were before. At most six.
    marks: Vec<(Timestamp, u64)>,
}

impl Pace {
    const WINDOW: Duration = Duration::from_mins(10);

    /// Alerts closer together than this share a mark: a storm must not rewrite the record for each.
    const APART: Duration = Duration::from_mins(2);

    /// An alert comes, after so many others.
    pub(super) fn mark(&mut self, alerts_before: u64, now: Timestamp) {
        if self.marks.last().is_none_or(|(at, _)| now >= *at + Self::APART) {
            self.marks.retain(|(at, _)| *at + Self::WINDOW >= now);
            self.marks.push((now, alerts_before));
        }
    }

    /// How many of so many alerts came within the last ten minutes; up to two minutes' worth may be missing.
    pub(super) fn recent(&self, alerts: u64, now: Timestamp) -> u64 {
        let oldest = self.marks.iter().find(|(at, _)| *at + Self::WINDOW >= now);
        oldest.map_or(0, |(_, before)| alerts.saturating_sub(*before))
    }
}
