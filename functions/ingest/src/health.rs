//! How each feed stands: what `triage feeds status` shows.

use std::collections::BTreeMap;
use std::time::Duration;

use intel::sources::{Source, Tally};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::copy::GoodCopy;

/// How one feed stands. `feeds/<name>.health.json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Health {
    pub feed: String,
    pub licence: String,
    pub state: Working,
    /// Rows that it lists.
    pub rows: usize,
    /// Rows that the table has not been told of yet: the next run goes on with them.
    pub pending: usize,
    /// The source has more than there was time for: the next run goes on.
    pub unfinished: bool,
    pub last_attempt: Timestamp,
    pub last_success: Option<Timestamp>,
    pub rows_changed_at: Option<Timestamp>,
    /// What the last run left out, by reason.
    pub left_out: BTreeMap<String, usize>,
}

/// Whether a feed works.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Working {
    Fine,
    /// It has no key; `parameter` is where to put it.
    Off {
        parameter: String,
    },
    Failing {
        since: Timestamp,
        /// Runs in a row.
        attempts: u32,
        /// As metrics name it.
        reason: String,
        /// What went wrong and what to do, without anything secret.
        error: String,
        /// The server answers nothing before.
        closed_until: Option<Timestamp>,
    },
}

/// How all feeds stand, and what was made of them. `feeds/status.json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    pub schema: u32,
    pub written_at: Timestamp,
    pub snapshot: Option<Published>,
    /// Every feed that is switched on, by name.
    pub feeds: Vec<Health>,
}

/// What was made of the feeds. `snapshot/manifest.json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Published {
    pub built_at: Timestamp,
    pub indicators: usize,
    pub bytes: usize,
    /// When the rows of each feed had changed last.
    pub feeds: BTreeMap<String, Timestamp>,
    /// Entries of each list for the manager.
    pub lists: BTreeMap<String, usize>,
}

impl Status {
    pub const SCHEMA: u32 = 1;
    pub const KEY: &str = "feeds/status.json";
    pub const MOST_BYTES: usize = 1024 * 1024;
}

impl Health {
    pub(crate) fn key(feed: &str) -> String {
        format!("feeds/{feed}.health.json")
    }

    /// A feed that is tried for the first time.
    pub(crate) fn new(source: &Source, now: Timestamp) -> Self {
        Self {
            feed: source.name().to_owned(),
            licence: source.licence().to_owned(),
            state: Working::Fine,
            rows: 0,
            pending: 0,
            unfinished: false,
            last_attempt: now,
            last_success: None,
            rows_changed_at: None,
            left_out: BTreeMap::new(),
        }
    }

    /// Another run begins.
    pub(crate) fn begin(&mut self, now: Timestamp) {
        self.last_attempt = now;
        self.unfinished = false;
        self.left_out.clear();
    }

    /// Whether the server would refuse another request now.
    pub(crate) fn rests_at(&self, now: Timestamp) -> bool {
        match self.state {
            Working::Failing { closed_until, .. } => closed_until.is_some_and(|until| until > now),
            Working::Fine | Working::Off { .. } => false,
        }
    }

    pub(crate) fn describe(&mut self, copy: &GoodCopy, holding: Duration) {
        (self.rows, self.pending) = (copy.count(), copy.pending(holding));
        self.rows_changed_at = Some(copy.rows_changed_at());
    }

    pub(crate) fn succeeded(&mut self, now: Timestamp) {
        self.last_success = Some(now);
        self.state = Working::Fine;
    }

    pub(crate) fn failed(
        &mut self,
        reason: &str,
        error: String,
        closed_until: Option<Timestamp>,
        now: Timestamp,
    ) {
        let (since, attempts) = match self.state {
            Working::Failing { since, attempts, .. } => (since, attempts.saturating_add(1)),
            Working::Fine | Working::Off { .. } => (now, 1),
        };
        self.state = Working::Failing { since, attempts, reason: reason.to_owned(), error, closed_until };
    }

    /// Adds what a step left out.
    pub(crate) fn leave_out(&mut self, tally: &Tally) {
        for (reason, entries) in &tally.left_out {
            *self.left_out.entry(reason.name().to_owned()).or_default() += entries;
        }
    }

    /// Adds rows that the copy had no room for.
    pub(crate) fn leave_out_for_size(&mut self, rows: usize) {
        if rows > 0 {
            *self.left_out.entry("too_many".to_owned()).or_default() += rows;
        }
    }

    /// How long ago the feed was fetched last; nothing if it never was.
    pub fn age_seconds(&self, now: Timestamp) -> Option<u64> {
        let seconds = now.as_second().saturating_sub(self.last_success?.as_second());
        Some(u64::try_from(seconds).unwrap_or(0))
    }
}
