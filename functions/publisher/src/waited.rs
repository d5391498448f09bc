//! How long an alert has waited, whatever was done to the host's clock meanwhile.

use std::time::{Duration, Instant, SystemTime};

/// The two clocks of a process at one moment: the wall's may be set, the steady one only goes on.
#[derive(Clone, Copy, Debug)]
pub struct Moment {
    wall: SystemTime,
    steady: Instant,
}

impl Moment {
    pub fn now() -> Self {
        Self { wall: SystemTime::now(), steady: Instant::now() }
    }

    /// The age on which both clocks agree; nothing for what comes from the future.
    ///
    /// `self` is when this process began. A clock that is set forward makes nothing old, and what is accepted after one
    /// was set back is as young as it is.
    pub fn age(self, accepted_at: SystemTime, now: Self) -> Option<Duration> {
        let passed = now.steady.saturating_duration_since(self.steady);
        let by_steady = (self.wall + passed).duration_since(accepted_at).ok()?;
        let by_wall = now.wall.duration_since(accepted_at).ok()?;
        Some(by_steady.min(by_wall))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_jumps_makes_nothing_old() {
        const HOUR: u64 = 3600;
        const YEAR: u64 = 365 * 24 * HOUR;
        let began = Moment::now();
        // All in seconds since the begin: by its name, by the wall, really.
        for (what, accepted_at, wall, steady, age) in [
            ("all is well", 0, 3 * HOUR, 3 * HOUR, Some(3 * HOUR)),
            ("set forward while it waits", 0, YEAR, HOUR, Some(HOUR)),
            ("accepted after it was set forward", YEAR, YEAR + HOUR, 2 * HOUR, None),
            ("and set right again", YEAR, 3 * HOUR, 3 * HOUR, None),
        ] {
            let at = |seconds| began.wall + Duration::from_secs(seconds);
            let now = Moment { wall: at(wall), steady: began.steady + Duration::from_secs(steady) };
            assert_eq!(began.age(at(accepted_at), now), age.map(Duration::from_secs), "{what}");
        }
        let hours = |count| Duration::from_hours(count);
        let back = Moment { wall: began.wall - hours(240), steady: began.steady + hours(1) };
        assert_eq!(began.age(began.wall, back), None, "set back while it waits");
        let accepted_at = began.wall - hours(241);
        assert_eq!(began.age(accepted_at, back), Some(hours(1)), "accepted after it was set back");
    }
}
