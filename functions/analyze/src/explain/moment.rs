use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;

/// What time it is, and how much of it is left.
#[derive(Clone, Copy, Debug)]
pub(super) struct Moment {
    started_at: Timestamp,
    begun: Instant,
    available: Duration,
}

impl Moment {
    pub fn new(started_at: Timestamp, available: Duration) -> Self {
        Self { started_at, begun: Instant::now(), available }
    }

    pub fn now(&self) -> Timestamp {
        self.started_at + self.begun.elapsed()
    }

    pub fn remaining(&self) -> Duration {
        self.available.saturating_sub(self.begun.elapsed())
    }
}
