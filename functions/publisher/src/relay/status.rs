//! What the relay did since it started, for whoever asks.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Counters that another task may read at any time.
#[derive(Debug, Default)]
pub struct Status {
    pub(super) received: Counter,
    pub(super) written: Counter,
    pub(super) repeated: Counter,
    pub(super) set_aside: Counter,
    /// Seconds since 1970, or 0 while nothing waits.
    waiting_since: AtomicI64,
}

/// The counters at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snapshot {
    pub received: u64,
    pub written: u64,
    pub repeated: u64,
    pub set_aside: u64,
    /// Since when the manager takes no events.
    pub waiting_since: Option<Timestamp>,
}

impl Status {
    pub fn snapshot(&self) -> Snapshot {
        let since = self.waiting_since.load(Ordering::Relaxed);
        Snapshot {
            received: self.received.get(),
            written: self.written.get(),
            repeated: self.repeated.get(),
            set_aside: self.set_aside.get(),
            waiting_since: (since != 0).then(|| Timestamp::from_second(since).ok()).flatten(),
        }
    }

    /// Says whether the waiting begins with this call.
    pub(super) fn waits(&self, now: Timestamp) -> bool {
        let before =
            self.waiting_since.compare_exchange(0, now.as_second(), Ordering::Relaxed, Ordering::Relaxed);
        before.is_ok()
    }

    /// Says whether something was waiting.
    pub(super) fn goes_on(&self) -> bool {
        self.waiting_since.swap(0, Ordering::Relaxed) != 0
    }
}

#[derive(Debug, Default)]
pub(super) struct Counter(AtomicU64);

impl Counter {
    pub(super) fn add(&self, count: usize) {
        self.0.fetch_add(count as u64, Ordering::Relaxed);
    }

    fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}
