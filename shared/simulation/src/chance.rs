//! Random numbers that are the same for the same seed, on every machine and with every version.

/// One stream of random numbers. What draws for one purpose has a stream of its own, so that a change in one place
/// does not change what all others draw.
#[derive(Clone, Debug)]
pub(crate) struct Chance {
    state: u64,
}

impl Chance {
    /// The stream called `purpose`.
    pub fn new(seed: u64, purpose: &str) -> Self {
        const OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
        const PRIME: u64 = 0x0100_0000_01b3;
        let name = purpose.bytes().fold(OFFSET, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(PRIME));
        // Mixed, so that neighbouring seeds are not the same stream a step apart.
        Self { state: Self { state: name ^ seed.rotate_left(32) }.next() }
    }

    /// `SplitMix64` (Steele, Lea, Flood 2014).
    fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.state ^ (self.state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Above 0 and below 1.
    pub fn unit(&mut self) -> f64 {
        const STEPS: f64 = (1_u64 << 52) as f64;
        ((self.next() >> 12) as f64 + 0.5) / STEPS
    }

    pub fn exponential(&mut self, mean: f64) -> f64 {
        -self.unit().ln() * mean
    }

    /// Time until the `count`th of events that come once a second.
    pub fn erlang(&mut self, count: u64) -> f64 {
        const EXACT: u64 = 12;
        if count <= EXACT {
            return (0..count).map(|_| self.exponential(1.0)).sum();
        }
        // Wilson and Hilferty: within a percent from a dozen on.
        let shape = count as f64;
        let root = 1.0 - 1.0 / (9.0 * shape) + self.normal() / (3.0 * shape.sqrt());
        shape * root.max(0.0).powi(3)
    }

    /// How many of `count` belong to a part that is `share` of the whole.
    pub fn of(&mut self, count: u64, share: f64) -> u64 {
        /// Drawn one by one.
        const FEW: u64 = 40;
        if share <= 0.0 || count == 0 {
            return 0;
        }
        if share >= 1.0 {
            return count;
        }
        if count <= FEW {
            return (0..count).filter(|_| self.unit() < share).count() as u64;
        }
        if share > 0.5 {
            return count - self.of(count, 1.0 - share);
        }
        let mean = count as f64 * share;
        if mean > 30.0 {
            let spread = (mean * (1.0 - share)).sqrt();
            return ((mean + spread * self.normal()).round().max(0.0) as u64).min(count);
        }
        // Leaps from one to the next: as many draws as there are hits.
        let (mut hits, mut place) = (0, 0.0);
        let log_miss = (1.0 - share).ln();
        loop {
            place += (self.unit().ln() / log_miss).floor() + 1.0;
            if place > count as f64 {
                return hits;
            }
            hits += 1;
        }
    }

    /// How many events come where `mean` are expected.
    pub fn poisson(&mut self, mean: f64) -> u64 {
        if mean > 50.0 {
            return (mean + mean.sqrt() * self.normal()).round().max(0.0) as u64;
        }
        let (mut count, mut time) = (0, self.exponential(1.0));
        while time < mean {
            count += 1;
            time += self.exponential(1.0);
        }
        count
    }

    fn normal(&mut self) -> f64 {
        (-2.0 * self.unit().ln()).sqrt() * (std::f64::consts::TAU * self.unit()).cos()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Mean and variance of many draws.
    fn moments(mut draw: impl FnMut() -> f64) -> (f64, f64) {
        const DRAWS: usize = 200_000;
        let values: Vec<f64> = (0..DRAWS).map(|_| draw()).collect();
        let mean = values.iter().sum::<f64>() / DRAWS as f64;
        (mean, values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / DRAWS as f64)
    }

    #[test]
    fn draws_have_the_mean_and_variance_of_their_distribution() {
        let mut chance = Chance::new(7, "test");
        for (count, share) in [(10, 0.3), (1_000, 0.001), (1_000, 0.5), (50, 0.97)] {
            let (mean, variance) = moments(|| chance.of(count, share) as f64);
            let expected = count as f64 * share;
            assert!((mean - expected).abs() < 0.01 * expected.max(1.0), "{count} {share}: {mean}");
            assert!(
                (variance / (expected * (1.0 - share)) - 1.0).abs() < 0.05,
                "{count} {share}: {variance}"
            );
        }
        for count in [1, 12, 13, 400] {
            let (mean, variance) = moments(|| chance.erlang(count));
            assert!((mean / count as f64 - 1.0).abs() < 0.01, "{count}: {mean}");
            assert!((variance / count as f64 - 1.0).abs() < 0.05, "{count}: {variance}");
        }
        for expected in [0.2, 4.0, 80.0] {
            let (mean, variance) = moments(|| chance.poisson(expected) as f64);
            assert!((mean / expected - 1.0).abs() < 0.02, "{expected}: {mean}");
            assert!((variance / expected - 1.0).abs() < 0.05, "{expected}: {variance}");
        }
    }

    #[test]
    fn a_stream_depends_on_seed_and_purpose_only() {
        let first = |seed, purpose| Chance::new(seed, purpose).next();
        assert_eq!(first(1, "arrivals"), first(1, "arrivals"));
        assert_ne!(first(1, "arrivals"), first(2, "arrivals"));
        assert_ne!(first(1, "arrivals"), first(1, "service"));
    }
}
