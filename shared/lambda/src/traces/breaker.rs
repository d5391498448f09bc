//! Leaves a collector alone that does not answer, so that it costs a second now and then and not with every batch.

use std::time::Duration;

use tokio::time::Instant;

#[derive(Debug, Default)]
pub(crate) struct Breaker {
    failures: u32,
    rests_until: Option<Instant>,
}

impl Breaker {
    /// Failures in a row after which the collector is left alone.
    pub const FAILURES: u32 = 3;
    /// For how long; then one export tries.
    pub const REST: Duration = Duration::from_mins(1);

    pub fn lets_through(&self, now: Instant) -> bool {
        self.rests_until.is_none_or(|until| until <= now)
    }

    pub fn learn(&mut self, is_fine: bool, now: Instant) {
        self.failures = if is_fine { 0 } else { self.failures.saturating_add(1) };
        self.rests_until = (self.failures >= Self::FAILURES).then(|| now + Self::REST);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_opens_after_three_failures_and_one_try_a_minute_tells_whether_it_is_over() {
        let start = Instant::now();
        let mut breaker = Breaker::default();
        for fine in [false, false, true, false, false] {
            breaker.learn(fine, start);
            assert!(breaker.lets_through(start));
        }
        breaker.learn(false, start);
        assert!(!breaker.lets_through(start));
        assert!(!breaker.lets_through(start + Breaker::REST / 2));
        let later = start + Breaker::REST;
        assert!(breaker.lets_through(later));
        breaker.learn(false, later);
        assert!(!breaker.lets_through(later));
        breaker.learn(true, later + Breaker::REST);
        assert!(breaker.lets_through(later + Breaker::REST));
    }
}
