//! How fast events go to the manager, and how long to wait when they cannot.

use std::time::{Duration, Instant};

/// A bucket of tokens, one for each event: analysisd drops what its queue cannot hold and says so once.
#[derive(Debug)]
pub struct Pace {
    per_second: f64,
    tokens: f64,
    filled_at: Instant,
}

impl Pace {
    pub fn new(per_second: u16, now: Instant) -> Self {
        let per_second = f64::from(per_second);
        Self { per_second, tokens: per_second * BURST_SECONDS, filled_at: now }
    }

    /// Takes a token and says how long to wait before it may be used.
    pub fn take(&mut self, now: Instant) -> Duration {
        let gained = now.saturating_duration_since(self.filled_at).as_secs_f64() * self.per_second;
        self.tokens = (self.tokens + gained).min(self.per_second * BURST_SECONDS) - 1.0;
        self.filled_at = now;
        Duration::from_secs_f64((-self.tokens).max(0.0) / self.per_second)
    }
}

/// The bucket holds what two seconds bring: 100 at the default of 50 a second.
const BURST_SECONDS: f64 = 2.0;

/// Waits that double, each give or take a half.
#[derive(Debug, Default)]
pub struct Backoff {
    failures: u32,
}

impl Backoff {
    /// `chance` lies between 0 and 1.
    pub fn next(&mut self, longest: Duration, chance: f64) -> Duration {
        let pause = FIRST_PAUSE.saturating_mul(1 << self.failures.min(16)).min(longest);
        self.failures += 1;
        pause.mul_f64(0.5 + chance)
    }
}

const FIRST_PAUSE: Duration = Duration::from_millis(50);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_goes_at_once_and_the_rest_at_its_pace() {
        let start = Instant::now();
        let mut pace = Pace::new(50, start);
        for _ in 0..100 {
            assert_eq!(pace.take(start), Duration::ZERO);
        }
        assert_eq!(pace.take(start), Duration::from_millis(20));
        assert_eq!(pace.take(start + Duration::from_millis(20)), Duration::from_millis(20));
        let rested = start + Duration::from_hours(1);
        for _ in 0..100 {
            assert_eq!(pace.take(rested), Duration::ZERO);
        }
        assert!(pace.take(rested) > Duration::ZERO);
    }

    #[test]
    fn waits_double_up_to_the_longest_and_differ_by_chance() {
        let longest = Duration::from_secs(5);
        let mut backoff = Backoff::default();
        let waits: Vec<_> = (0..40).map(|_| backoff.next(longest, 0.5)).collect();
        assert_eq!(waits[..3], [50, 100, 200].map(Duration::from_millis));
        assert_eq!(waits[39], longest);
        assert_eq!(Backoff::default().next(longest, 0.0), Duration::from_millis(25));
        assert_eq!(Backoff::default().next(longest, 1.0), Duration::from_millis(75));
    }
}
