//! How many mails a group gets in a time: a token bucket, kept as one instant.

use std::num::NonZeroU32;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// So many at once, and so many an hour after that.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limit {
    pub per_hour: NonZeroU32,
    pub burst: NonZeroU32,
}

impl Limit {
    /// Time in which one token comes back; rounded up, so that an hour never has more than its due.
    fn interval(self) -> Duration {
        Duration::from_millis(3_600_000_u64.div_ceil(self.per_hour.get().into()))
    }

    /// Until `tokens` of an emptied bucket are back.
    fn refill(self, tokens: u32) -> Duration {
        self.interval().saturating_mul(tokens)
    }
}

/// Nothing but the instant at which the bucket is full again: refilling needs no write, and no rounding adds up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Bucket {
    full_at: Timestamp,
}

impl Bucket {
    /// Takes one token if there is one.
    pub fn take(&mut self, limit: Limit, now: Timestamp) -> bool {
        let there = self.has_at(limit, NonZeroU32::MIN) <= now;
        if there {
            self.charge(limit, now);
        }
        there
    }

    /// Takes one token whether it is there or not: what has to be sent is paid for later.
    pub fn charge(&mut self, limit: Limit, now: Timestamp) {
        self.full_at = self.full_at.max(now) + limit.interval();
    }

    /// From when on so many tokens are there, if none is taken; never more than the burst.
    pub fn has_at(&self, limit: Limit, tokens: NonZeroU32) -> Timestamp {
        self.full_at - limit.refill(limit.burst.get().saturating_sub(tokens.get()))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn limit(per_hour: u32, burst: u32) -> Limit {
        let number = |number| NonZeroU32::new(number).unwrap();
        Limit { per_hour: number(per_hour), burst: number(burst) }
    }

    fn start() -> Timestamp {
        "2026-10-03T12:00:00Z".parse().unwrap()
    }

    #[test]
    fn a_burst_goes_at_once_and_then_one_every_three_minutes() {
        let (limit, mut bucket) = (limit(20, 10), Bucket::default());
        let taken: Vec<u64> =
            (0..3_600).filter(|second| bucket.take(limit, start() + Duration::from_secs(*second))).collect();
        assert_eq!(taken.len(), 10 + 19);
        assert_eq!(taken[..12], [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 180, 360]);
    }

    #[test]
    fn what_is_charged_beyond_the_tokens_is_paid_back_first() {
        let (limit, mut bucket) = (limit(60, 1), Bucket::default());
        for _ in 0..3 {
            bucket.charge(limit, start());
        }
        assert!(!bucket.take(limit, start() + Duration::from_secs(179)));
        assert!(bucket.take(limit, start() + Duration::from_mins(3)));
    }

    proptest! {
        /// In any span of time there are no more than its due and one burst; a clock that jumps back gives nothing away.
        #[test]
        fn no_span_of_time_has_more_than_its_due(
            per_hour in 1_u32..5_000,
            burst in 1_u32..200,
            steps in prop::collection::vec(-2_000_i64..600_000, 1..400),
        ) {
            let limit = limit(per_hour, burst);
            let (mut bucket, mut now) = (Bucket::default(), start());
            let mut taken: Vec<Timestamp> = Vec::new();
            for step in steps {
                now += jiff::SignedDuration::from_millis(step);
                if bucket.take(limit, now) {
                    taken.push(now);
                }
            }
            taken.sort();
            for (index, from) in taken.iter().enumerate() {
                for (further, until) in taken[index..].iter().enumerate() {
                    let span = until.duration_since(*from).as_millis();
                    let due = span * i128::from(per_hour) / 3_600_000;
                    // Two functions' clocks, two seconds apart, may each see a token a little early.
                    let early = 4_000 * i128::from(per_hour) / 3_600_000 + 1;
                    prop_assert!(
                        i128::try_from(further).unwrap() < i128::from(burst) + due + early,
                        "{} in {span} ms", further + 1
                    );
                }
            }
        }

        /// Whoever asks less often gets as much as there is: refilling does not depend on when it is looked at.
        #[test]
        fn a_full_bucket_gives_its_burst(per_hour in 1_u32..5_000, burst in 1_u32..200, idle in 0_u64..1_000_000) {
            let limit = limit(per_hour, burst);
            let mut bucket = Bucket::default();
            while bucket.take(limit, start()) {}
            let later = start() + Duration::from_millis(idle);
            let mut given = 0_u64;
            while bucket.take(limit, later) {
                given += 1;
            }
            let due = idle / u64::try_from(limit.interval().as_millis()).unwrap();
            prop_assert_eq!(given, due.min(burst.into()));
        }
    }
}
