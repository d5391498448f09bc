//! A queue and its function, and what they have done so far.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::chance::Chance;
use crate::lambda::{Fleet, Scaler};
use crate::measure::{Sample, Times};
use crate::parcel::{Parcel, Parcels};
use crate::plan::{Plan, Stage};

/// A queue and its function.
#[derive(Debug)]
pub(crate) struct Station {
    pub queue: Parcels,
    /// Received and not deleted.
    pub in_flight: u64,
    /// Failed messages, by the time at which they come again.
    pub(super) hidden: BTreeMap<(Duration, u64), Parcel>,
    pub(super) scaler: Scaler,
    pub(super) fleet: Fleet,
    pub running: u64,
    pub(super) service: Chance,
    /// An event that will wake it is set for then.
    pub(super) wakes_at: Option<Duration>,
    pub count: Counts,
    pub ages: Times,
    pub samples: Vec<Sample>,
    /// Messages that came in this minute, and in the busiest one.
    pub in_minute: u64,
    pub busiest_minute: u64,
}

/// What a stage has done.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Counts {
    pub came: u64,
    pub received: u64,
    pub done: u64,
    pub failed: u64,
    pub dead: u64,
    pub expired: u64,
    pub batches: u64,
    pub busy_seconds: f64,
    pub cold_starts: u64,
    pub most_running: u64,
    pub most_waiting: u64,
    pub most_waiting_at: Duration,
    pub most_in_flight: u64,
    pub oldest: Duration,
    pub oldest_at: Duration,
    /// Sum over time, for Little's law.
    pub waiting_seconds: f64,
    waiting_since: Duration,
}

impl Station {
    pub(super) fn new(plan: &Plan, stage: Stage) -> Self {
        Self {
            queue: Parcels::default(),
            in_flight: 0,
            hidden: BTreeMap::new(),
            scaler: Scaler::new(plan.stages.get(stage).scaling),
            fleet: Fleet::default(),
            running: 0,
            service: Chance::new(plan.seed, stage.name()),
            wakes_at: None,
            count: Counts::default(),
            ages: Times::default(),
            samples: Vec::new(),
            in_minute: 0,
            busiest_minute: 0,
        }
    }

    /// To be called before the number of messages that wait changes.
    pub(super) fn note_waiting(&mut self, now: Duration) {
        let since = now.saturating_sub(self.count.waiting_since).as_secs_f64();
        self.count.waiting_seconds += since * self.queue.messages() as f64;
        self.count.waiting_since = now;
    }
}
