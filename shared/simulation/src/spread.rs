//! How long something takes, and how much that varies.

use std::time::Duration;

use crate::chance::Chance;

/// A distribution of times.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Spread {
    Constant(Duration),
    Exponential(Duration),
    /// Known at three places, and a straight line on a logarithmic scale between them.
    Quantiles {
        p50: Duration,
        p90: Duration,
        p99: Duration,
    },
}

impl Spread {
    pub const fn quantiles_ms(p50: u64, p90: u64, p99: u64) -> Self {
        Self::Quantiles {
            p50: Duration::from_millis(p50),
            p90: Duration::from_millis(p90),
            p99: Duration::from_millis(p99),
        }
    }

    pub(crate) fn draw(&self, chance: &mut Chance) -> Duration {
        self.at(chance.unit())
    }

    /// The longest of so many that wait side by side.
    pub(crate) fn slowest_of(&self, count: f64, chance: &mut Chance) -> Duration {
        self.at(chance.unit().powf(1.0 / count.max(1.0)))
    }

    pub fn mean(&self) -> Duration {
        let places = match self {
            Self::Constant(time) | Self::Exponential(time) => return *time,
            Self::Quantiles { p50, p90, p99 } => places(*p50, *p90, *p99),
        };
        let parts = places.iter().zip(places.iter().skip(1)).map(|(lower, upper)| {
            let growth = (upper.1 / lower.1).ln();
            let height = if growth.abs() < 1e-9 { lower.1 } else { (upper.1 - lower.1) / growth };
            (upper.0 - lower.0) * height
        });
        seconds(parts.sum())
    }

    /// The time that this part of all stay below.
    fn at(&self, part: f64) -> Duration {
        let places = match self {
            Self::Constant(time) => return *time,
            Self::Exponential(mean) => return mean.mul_f64(-(1.0 - part).ln()),
            Self::Quantiles { p50, p90, p99 } => places(*p50, *p90, *p99),
        };
        let [.., last] = places;
        let between = places.iter().zip(places.iter().skip(1)).find(|(_, upper)| part <= upper.0);
        let Some((lower, upper)) = between else { return seconds(last.1) };
        let way = (part - lower.0) / (upper.0 - lower.0);
        seconds(lower.1 * (upper.1 / lower.1).powf(way))
    }
}

/// As far below the middle as nine of ten are above it; beyond the last place on as before it.
fn places(p50: Duration, p90: Duration, p99: Duration) -> [(f64, f64); 5] {
    const LEAST: f64 = 1e-6;
    let [p50, p90, p99] = [p50, p90, p99].map(|time| time.as_secs_f64().max(LEAST));
    [(0.0, p50 * p50 / p90.max(p50)), (0.5, p50), (0.9, p90), (0.99, p99), (1.0, p99 * p99 / p90)]
}

/// What is no time, such as a division by zero, is none at all.
pub(crate) fn seconds(seconds: f64) -> Duration {
    Duration::try_from_secs_f64(seconds).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_come_out_as_they_went_in() {
        let spread = Spread::quantiles_ms(10, 20, 80);
        for (part, ms) in [(0.0, 5.0), (0.5, 10.0), (0.9, 20.0), (0.99, 80.0), (1.0, 320.0)] {
            assert!((spread.at(part).as_secs_f64() * 1e3 - ms).abs() < 0.01, "{part}");
        }
        let mean = spread.mean().as_secs_f64() * 1e3;
        assert!((14.5..15.5).contains(&mean), "{mean}");
    }

    #[test]
    fn the_slowest_of_many_is_slower() {
        let (mut few, mut many) = (Chance::new(1, "few"), Chance::new(1, "few"));
        let spread = Spread::quantiles_ms(10, 20, 80);
        for _ in 0..1_000 {
            assert!(spread.slowest_of(10.0, &mut many) >= spread.draw(&mut few));
        }
    }
}
