//! Time of one run.

use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;

/// When a run began, and when it has to be over.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    began: Instant,
    began_at: Timestamp,
    available: Duration,
}

impl Pace {
    /// A step takes a minute at most.
    const STEP: Duration = Duration::from_mins(1);
    /// Kept for putting the copy and publishing.
    const END: Duration = Duration::from_mins(1);

    pub fn new(began_at: Timestamp, available: Duration) -> Self {
        Self { began: Instant::now(), began_at, available }
    }

    pub fn now(&self) -> Timestamp {
        self.began_at + self.began.elapsed()
    }

    pub fn has_time_for_a_step(&self) -> bool {
        self.left() >= Self::STEP + Self::END
    }

    pub fn has_time_for_rows(&self) -> bool {
        self.left() >= Self::END
    }

    pub fn left(&self) -> Duration {
        self.available.saturating_sub(self.began.elapsed())
    }
}
