//! When a destination that took nothing is tried again.

use std::time::Duration;

const FIRST: Duration = Duration::from_millis(500);
const LONGEST: Duration = Duration::from_secs(30);

/// Twice as long after each failure, give or take a half: a crowd of managers shall not come back as one.
///
/// `chance` is between 0 and 1.
pub(crate) fn pause(failures: u32, chance: f64) -> Duration {
    let doubled = FIRST.saturating_mul(2_u32.saturating_pow(failures.saturating_sub(1)));
    doubled.min(LONGEST).mul_f64(0.5 + chance)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_doubles_up_to_half_a_minute() {
        let pauses = [1, 2, 3, 6, 7, 100].map(|failures| pause(failures, 0.5).as_millis());
        assert_eq!(pauses, [500, 1000, 2000, 16_000, 30_000, 30_000]);
        assert_eq!(pause(1, 0.0), Duration::from_millis(250));
        assert_eq!(pause(1, 1.0), Duration::from_millis(750));
    }
}
