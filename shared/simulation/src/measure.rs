//! What is measured on the way: times in buckets, and a value each minute.

use std::time::Duration;

use serde::Serialize;

/// Times, each counted in the bucket of its size; a quantile is true within 9 %.
#[derive(Clone, Debug, Default)]
pub(crate) struct Times {
    buckets: Vec<u64>,
    count: u64,
    sum: f64,
    max: Duration,
}

/// What a reader wants to know of many times, in seconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Summary {
    pub count: u64,
    pub mean_seconds: f64,
    pub p50_seconds: f64,
    pub p99_seconds: f64,
    pub max_seconds: f64,
}

/// Buckets for each doubling.
const STEPS: f64 = 8.0;
/// The end of the first bucket.
const SMALLEST: f64 = 0.000_1;

impl Times {
    pub fn add(&mut self, time: Duration, count: u64) {
        let bucket = ((time.as_secs_f64() / SMALLEST).max(1.0).log2() * STEPS).ceil() as usize;
        if self.buckets.len() <= bucket {
            self.buckets.resize(bucket + 1, 0);
        }
        if let Some(counted) = self.buckets.get_mut(bucket) {
            *counted += count;
        }
        self.count += count;
        self.sum += time.as_secs_f64() * count as f64;
        if count > 0 {
            self.max = self.max.max(time);
        }
    }

    pub fn summary(&self) -> Summary {
        Summary {
            count: self.count,
            mean_seconds: if self.count == 0 { 0.0 } else { self.sum / self.count as f64 },
            p50_seconds: self.quantile(0.5),
            p99_seconds: self.quantile(0.99),
            max_seconds: self.max.as_secs_f64(),
        }
    }

    fn quantile(&self, part: f64) -> f64 {
        let wanted = part * self.count as f64;
        let mut below = 0;
        for (bucket, counted) in self.buckets.iter().enumerate() {
            below += counted;
            if *counted > 0 && below as f64 >= wanted {
                let end = SMALLEST * (bucket as f64 / STEPS).exp2();
                let at_most = end.min(self.max.as_secs_f64());
                return if bucket == 0 { 0.0 } else { at_most };
            }
        }
        0.0
    }
}

/// How one queue and its function stood at the end of a minute.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Sample {
    pub minute: u32,
    /// Messages that wait to be received.
    pub waiting: u64,
    pub oldest_seconds: f64,
    pub running: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_true_within_a_tenth() {
        let mut times = Times::default();
        for ms in 1..=10_000 {
            times.add(Duration::from_millis(ms), 1);
        }
        let summary = times.summary();
        for (found, expected) in
            [(summary.p50_seconds, 5.0), (summary.p99_seconds, 9.9), (summary.max_seconds, 10.0)]
        {
            assert!((0.99..1.1).contains(&(found / expected)), "{found} {expected}");
        }
        assert!((summary.mean_seconds - 5.0005).abs() < 1e-6);
    }

    #[test]
    fn nothing_measured_is_zero() {
        assert_eq!(Times::default().summary(), Summary::default());
    }
}
