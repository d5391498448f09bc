use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// When a source that tells its changes was read: everything once a week, in between what is new.
///
/// Changes tell nothing of what was unsubscribed, unpublished or deleted elsewhere: rows that no full round confirms
/// run out ([`super::Source::holding`]).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Rounds {
    full_at: Option<Timestamp>,
    /// When the last complete round began.
    read_to: Option<Timestamp>,
}

/// A round that is under way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Round {
    began: Timestamp,
    /// What has changed since then is read.
    pub since: Timestamp,
    pub is_full: bool,
}

impl Rounds {
    /// What is older says little: half of it is gone by `OTX`'s own count after 90 days.
    pub const HORIZON: Duration = Duration::from_hours(180 * 24);
    const FULL_EVERY: Duration = Duration::from_hours(7 * 24);
    /// Our clock, or theirs, may be an hour off.
    const OVERLAP: Duration = Duration::from_hours(2);

    pub fn begin(&self, now: Timestamp) -> Round {
        let is_recent = |full_at: &Timestamp| *full_at <= now && *full_at + Self::FULL_EVERY > now;
        let full_at = self.full_at.filter(is_recent);
        match full_at.and(self.read_to) {
            Some(read_to) => Round { began: now, since: read_to.min(now) - Self::OVERLAP, is_full: false },
            None => Round { began: now, since: now - Self::HORIZON, is_full: true },
        }
    }

    /// The round has come to its end; one that had to leave something out is read again from its beginning.
    pub fn end(&mut self, round: &Round, is_complete: bool) {
        if round.is_full {
            self.full_at = Some(round.began);
        }
        if round.is_full || is_complete {
            self.read_to = Some(round.began);
        }
    }
}

impl Round {
    /// After so long a round that was interrupted is begun anew: its pages are not the same any more.
    const LONGEST: Duration = Duration::from_hours(24);

    pub fn is_stale(&self, now: Timestamp) -> bool {
        self.began + Self::LONGEST <= now || self.began > now + Rounds::OVERLAP
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn everything_is_read_once_a_week_and_changes_in_between() {
        let mut rounds = Rounds::default();
        let first = rounds.begin(at("2026-10-03T12:00:00Z"));
        assert!(first.is_full);
        assert_eq!(first.since, at("2026-04-06T12:00:00Z"));
        rounds.end(&first, true);
        let second = rounds.begin(at("2026-10-04T12:00:00Z"));
        assert_eq!((second.is_full, second.since), (false, at("2026-10-03T10:00:00Z")));
        // One that left something out is read again.
        rounds.end(&second, false);
        assert_eq!(rounds.begin(at("2026-10-05T12:00:00Z")).since, at("2026-10-03T10:00:00Z"));
        rounds.end(&second, true);
        assert_eq!(rounds.begin(at("2026-10-05T12:00:00Z")).since, at("2026-10-04T10:00:00Z"));
        assert!(rounds.begin(at("2026-10-10T12:00:00Z")).is_full);
    }

    #[test]
    fn a_clock_that_was_ahead_costs_a_full_round_and_loses_nothing() {
        let mut rounds = Rounds::default();
        let ahead = rounds.begin(at("2026-10-03T13:00:00Z"));
        rounds.end(&ahead, true);
        assert!(rounds.begin(at("2026-10-03T12:00:00Z")).is_full);
        assert!(!ahead.is_stale(at("2026-10-03T12:00:00Z")));
        assert!(ahead.is_stale(at("2026-10-04T13:00:00Z")));
        assert!(ahead.is_stale(at("2026-10-01T13:00:00Z")));
    }
}
