//! How many batches Lambda runs at the same time, and which of them meet an environment that is warm.

use std::collections::VecDeque;
use std::time::Duration;

use crate::bucket::Bucket;
use crate::plan::Scaling;

/// The event source mapping's decision.
#[derive(Clone, Debug)]
pub(crate) struct Scaler {
    scaling: Scaling,
    allowed: u64,
    pace: Option<Bucket>,
}

impl Scaler {
    /// How often it decides.
    pub const EVERY: Duration = Duration::from_secs(10);
    const FIRST: u64 = 5;
    /// 300 a minute, and 1,000 with pollers of one's own.
    const STEP: u64 = 50;
    const PROVISIONED_STEP: u64 = 167;

    pub fn new(scaling: Scaling) -> Self {
        let mut scaler = Self { scaling, allowed: 0, pace: None };
        scaler.allow(match scaling {
            Scaling::Standard { maximum_concurrency } => Self::FIRST.min(maximum_concurrency),
            Scaling::Provisioned { minimum_pollers, .. } => minimum_pollers * Scaling::BATCHES_PER_POLLER,
            Scaling::Fixed(batches) => batches,
        });
        scaler
    }

    pub fn allowed(&self) -> u64 {
        self.allowed
    }

    /// More where messages wait although all that is allowed runs; fewer where half of it is idle.
    pub fn decide(&mut self, running: u64, is_waiting: bool) {
        let (least, step) = match self.scaling {
            Scaling::Standard { maximum_concurrency } => (Self::FIRST.min(maximum_concurrency), Self::STEP),
            Scaling::Provisioned { minimum_pollers, .. } => {
                (minimum_pollers * Scaling::BATCHES_PER_POLLER, Self::PROVISIONED_STEP)
            }
            Scaling::Fixed(_) => return,
        };
        if running >= self.allowed && is_waiting {
            self.allow((self.allowed + step).min(self.scaling.most()));
        } else if running < self.allowed / 2 {
            self.allow(self.allowed.saturating_sub(step).max(least));
        }
    }

    /// How long the pollers need before they take so many bytes more.
    pub fn poll(&mut self, bytes: f64, now: Duration) -> Duration {
        self.pace.as_mut().map_or(Duration::ZERO, |pace| pace.borrow(bytes, now))
    }

    fn allow(&mut self, batches: u64) {
        if let Scaling::Provisioned { .. } = self.scaling
            && (batches != self.allowed || self.pace.is_none())
        {
            let bytes = batches as f64 / Scaling::BATCHES_PER_POLLER as f64 * Scaling::BYTES_PER_POLLER;
            self.pace = Some(Bucket::new(bytes, bytes));
        }
        self.allowed = batches;
    }
}

/// Environments that wait for work.
#[derive(Clone, Debug, Default)]
pub(crate) struct Fleet {
    /// Since when, and how many; the one that worked last is taken first.
    idle: VecDeque<(Duration, u64)>,
    pub cold_starts: u64,
}

/// Batches that begin together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Start {
    Warm(u64),
    Cold(u64),
}

impl Fleet {
    /// AWS promises no time; five to seven minutes are seen.
    const IDLE: Duration = Duration::from_mins(6);

    /// Up to `batches`, all warm or all cold; `cold_allowed` may be new.
    pub fn start(&mut self, batches: u64, cold_allowed: u64, now: Duration) -> Start {
        while self.idle.front().is_some_and(|(since, _)| *since + Self::IDLE < now) {
            self.idle.pop_front();
        }
        let mut warm = 0;
        while let Some((_, count)) = self.idle.back_mut().filter(|_| warm < batches) {
            let taken = (*count).min(batches - warm);
            warm += taken;
            *count -= taken;
            if *count == 0 {
                self.idle.pop_back();
            }
        }
        if warm > 0 {
            return Start::Warm(warm);
        }
        let cold = batches.min(cold_allowed);
        self.cold_starts += cold;
        Start::Cold(cold)
    }

    pub fn end(&mut self, batches: u64, now: Duration) {
        match self.idle.back_mut() {
            Some((since, count)) if now.saturating_sub(*since) < Duration::from_secs(1) => *count += batches,
            Some(_) | None => self.idle.push_back((now, batches)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_is_allowed_while_messages_wait_and_less_when_nobody_needs_it() {
        let mut scaler = Scaler::new(Scaling::Standard { maximum_concurrency: 1_000 });
        assert_eq!(scaler.allowed(), 5);
        for _ in 0..6 {
            scaler.decide(scaler.allowed(), true);
        }
        assert_eq!(scaler.allowed(), 305, "300 a minute");
        for _ in 0..60 {
            scaler.decide(scaler.allowed(), true);
        }
        assert_eq!(scaler.allowed(), 1_000);
        for _ in 0..60 {
            scaler.decide(0, false);
        }
        assert_eq!(scaler.allowed(), 5);
    }

    #[test]
    fn pollers_take_a_megabyte_a_second_each() {
        let mut scaler = Scaler::new(Scaling::Provisioned { minimum_pollers: 2, maximum_pollers: 200 });
        assert_eq!(scaler.allowed(), 20);
        assert_eq!(scaler.poll(2e6, Duration::ZERO), Duration::ZERO);
        assert_eq!(scaler.poll(4e6, Duration::ZERO), Duration::from_secs(2));
    }

    #[test]
    fn a_warm_environment_is_taken_before_a_new_one_and_forgotten_after_minutes() {
        let mut fleet = Fleet::default();
        let minutes = Duration::from_mins;
        assert_eq!(fleet.start(3, 10, minutes(0)), Start::Cold(3));
        fleet.end(3, minutes(1));
        assert_eq!(fleet.start(2, 10, minutes(2)), Start::Warm(2));
        assert_eq!(fleet.start(5, 10, minutes(2)), Start::Warm(1));
        assert_eq!(fleet.start(5, 4, minutes(2)), Start::Cold(4));
        fleet.end(2, minutes(2));
        assert_eq!(fleet.start(1, 10, minutes(20)), Start::Cold(1));
    }
}
