//! What may be used up at a certain rate.

use std::time::Duration;

use crate::spread::seconds;

/// Tokens that come back with time.
#[derive(Clone, Debug)]
pub(crate) struct Bucket {
    per_second: f64,
    most: f64,
    tokens: f64,
    at: Duration,
}

impl Bucket {
    /// Full at the beginning.
    pub fn new(per_second: f64, most: f64) -> Self {
        Self { per_second, most, tokens: most, at: Duration::ZERO }
    }

    /// Whether so many were there; then they are taken.
    pub fn take(&mut self, tokens: f64, now: Duration) -> bool {
        self.refill(now);
        let enough = self.tokens >= tokens;
        if enough {
            self.tokens -= tokens;
        }
        enough
    }

    /// Takes them in any case, and says how long whoever takes them must wait for them.
    pub fn borrow(&mut self, tokens: f64, now: Duration) -> Duration {
        self.refill(now);
        self.tokens -= tokens;
        if self.tokens >= 0.0 { Duration::ZERO } else { seconds(-self.tokens / self.per_second) }
    }

    /// Gives back what was borrowed and not used.
    pub fn give_back(&mut self, tokens: f64) {
        self.tokens = (self.tokens + tokens).min(self.most);
    }

    pub fn tokens(&mut self, now: Duration) -> f64 {
        self.refill(now);
        self.tokens
    }

    fn refill(&mut self, now: Duration) {
        let passed = now.saturating_sub(self.at).as_secs_f64();
        self.tokens = (self.tokens + passed * self.per_second).min(self.most);
        self.at = self.at.max(now);
    }
}

/// A table on demand: it takes twice what it has taken before, and more only after half an hour.
#[derive(Clone, Debug)]
pub(crate) struct Table {
    bucket: Bucket,
    capacity: f64,
    quota: f64,
    /// When the half hour began that is looked at, and the units of its present minute.
    since: Duration,
    minute: u64,
    in_minute: f64,
    busiest_minute: f64,
    pub written: f64,
    pub busiest: f64,
    /// In the first half hour, while it has only what it was made with.
    pub busiest_early: f64,
    pub throttled: u64,
}

impl Table {
    /// Unused capacity of five minutes is kept.
    const KEPT_SECONDS: f64 = 300.0;
    const GROWS_AFTER: Duration = Duration::from_mins(30);
    /// As long as the SDK's tries and the stage's patience last.
    const PATIENCE: Duration = Duration::from_secs(5);

    pub fn new(capacity: f64, quota: f64) -> Self {
        Self {
            bucket: Bucket::new(capacity, capacity * Self::KEPT_SECONDS),
            capacity,
            quota,
            since: Duration::ZERO,
            minute: 0,
            in_minute: 0.0,
            busiest_minute: 0.0,
            written: 0.0,
            busiest: 0.0,
            busiest_early: 0.0,
            throttled: 0,
        }
    }

    /// How long the writes take longer than usual; nothing if they are refused.
    pub fn write(&mut self, units: f64, now: Duration) -> Option<Duration> {
        self.watch(now);
        let wait = self.bucket.borrow(units, now);
        if wait > Self::PATIENCE {
            self.bucket.give_back(units);
            self.throttled += 1;
            return None;
        }
        self.written += units;
        self.in_minute += units;
        Some(wait)
    }

    /// The most units a second over a minute, so far.
    fn watch(&mut self, now: Duration) {
        let minute = now.as_secs() / 60;
        if minute != self.minute {
            self.busiest_minute = self.busiest_minute.max(self.in_minute / 60.0);
            self.busiest = self.busiest.max(self.in_minute / 60.0);
            if now < Self::GROWS_AFTER {
                self.busiest_early = self.busiest;
            }
            (self.minute, self.in_minute) = (minute, 0.0);
        }
        if now.saturating_sub(self.since) < Self::GROWS_AFTER {
            return;
        }
        let wanted = (2.0 * self.busiest_minute).min(self.quota);
        if wanted > self.capacity {
            let tokens = self.bucket.tokens(now);
            self.capacity = wanted;
            self.bucket = Bucket { tokens, at: now, ..Bucket::new(wanted, wanted * Self::KEPT_SECONDS) };
        }
        (self.since, self.busiest_minute) = (now, 0.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn tokens_come_back_with_time_and_not_beyond_the_most() {
        let mut bucket = Bucket::new(2.0, 10.0);
        assert!(bucket.take(10.0, Duration::ZERO));
        assert!(!bucket.take(3.0, SECOND));
        assert!(bucket.take(3.0, 2 * SECOND));
        assert_eq!(bucket.borrow(11.0, 2 * SECOND), 5 * SECOND);
        assert!((bucket.tokens(1_000 * SECOND) - 10.0).abs() < 1e-9);
    }

    #[test]
    fn a_table_refuses_beyond_its_capacity_and_grows_to_twice_its_peak() {
        let (mut table, mut taken) = (Table::new(100.0, 1_000.0), [0.0_f64, 0.0]);
        for second in 0..4_000_u32 {
            if table.write(150.0, SECOND * second).is_some() {
                taken[usize::from(second >= 2_000)] += 150.0;
            }
        }
        assert!(table.throttled > 0);
        assert!(taken[0] < 2_000.0 * 150.0 * 0.95, "{taken:?}");
        assert!((taken[1] - 2_000.0 * 150.0).abs() < 1.0, "after half an hour it takes them all: {taken:?}");
    }
}
