//! When alerts come: steadily, by the time of day, in bursts, in a storm of one rule, or as a file of alerts had them.

use std::collections::BTreeMap;
use std::f64::consts::TAU;
use std::time::Duration;

use crate::chance::Chance;
use crate::spread::seconds;

/// The alerts of the time that is simulated.
#[derive(Clone, Debug)]
pub struct Arrivals {
    /// On average; a storm comes on top.
    pub per_day: u64,
    pub shape: Shape,
    pub storm: Option<Storm>,
}

#[derive(Clone, Debug)]
pub enum Shape {
    Steady,
    /// More by day than by night, most at two in the afternoon: so many times the average.
    Daily {
        peak: f64,
    },
    /// Calm and burst in turns, each of a length that chance decides: a Markov-modulated Poisson process.
    Bursts {
        factor: f64,
        calm: Duration,
        burst: Duration,
    },
    /// So many in each second from the first alert on.
    Trace(Vec<(u32, u64)>),
}

/// Alerts of one rule about one thing, all in one incident.
#[derive(Clone, Copy, Debug)]
pub struct Storm {
    pub at: Duration,
    pub lasting: Duration,
    pub alerts: u64,
}

const DAY: f64 = 86_400.0;

/// Alerts that come together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Arrival {
    pub at: Duration,
    pub alerts: u64,
}

/// One stream of alerts, in order of time.
#[derive(Debug)]
pub(crate) struct Source {
    pub is_storm: bool,
    pace: Pace,
    /// Alerts that are taken as one event.
    together: u64,
    at: Duration,
    end: Duration,
    chance: Chance,
}

#[derive(Debug)]
enum Pace {
    Steady { rate: f64 },
    Daily { rate: f64, sharpness: f64, scale: f64 },
    Bursts { rates: [f64; 2], means: [Duration; 2], is_burst: bool, until: Duration },
    Window { rate: f64, left: u64 },
    Trace { seconds: std::vec::IntoIter<(u32, u64)>, scale: f64, carried: f64, second: u32, left: u64 },
}

impl Arrivals {
    /// Streams that end before `length`; `together` alerts are one event.
    pub(crate) fn sources(&self, length: Duration, together: u64, seed: u64) -> Vec<Source> {
        let source = |is_storm, pace, at, end| Source {
            is_storm,
            pace,
            together: together.max(1),
            at,
            end,
            chance: Chance::new(seed, if is_storm { "storm" } else { "arrivals" }),
        };
        let mut sources = Vec::new();
        if self.per_day > 0 {
            sources.push(source(false, self.pace(), Duration::ZERO, length));
        }
        if let Some(storm) = self.storm {
            let rate = storm.alerts as f64 / storm.lasting.as_secs_f64().max(0.001);
            sources.push(source(true, Pace::Window { rate, left: storm.alerts }, storm.at, length));
        }
        sources
    }

    /// Alerts a second at the busiest.
    pub fn peak_per_second(&self) -> f64 {
        let rate = self.per_day as f64 / DAY;
        let usual = match &self.shape {
            Shape::Steady => rate,
            Shape::Daily { peak } => rate * peak,
            Shape::Bursts { factor, calm, burst } => burst_rates(rate, *factor, *calm, *burst)[1],
            Shape::Trace(seconds) => {
                let mut minutes = BTreeMap::<u32, u64>::new();
                for (second, count) in seconds {
                    *minutes.entry(second / 60).or_default() += count;
                }
                let all: u64 = minutes.values().sum();
                let busiest = minutes.values().max().copied().unwrap_or_default();
                busiest as f64 / 60.0 * self.per_day as f64 / (all as f64).max(1.0)
            }
        };
        let storm =
            self.storm.map_or(0.0, |storm| storm.alerts as f64 / storm.lasting.as_secs_f64().max(0.001));
        usual + storm
    }

    fn pace(&self) -> Pace {
        let rate = self.per_day as f64 / DAY;
        match &self.shape {
            Shape::Steady => Pace::Steady { rate },
            Shape::Daily { peak } => {
                let sharpness = sharpness(*peak);
                Pace::Daily { rate, sharpness, scale: peak.max(1.0) }
            }
            Shape::Bursts { factor, calm, burst } => Pace::Bursts {
                rates: burst_rates(rate, *factor, *calm, *burst),
                means: [*calm, *burst],
                is_burst: true,
                until: Duration::ZERO,
            },
            Shape::Trace(seconds) => {
                let all: u64 = seconds.iter().map(|(_, count)| count).sum();
                let scale = self.per_day as f64 / (all as f64).max(1.0);
                Pace::Trace { seconds: seconds.clone().into_iter(), scale, carried: 0.0, second: 0, left: 0 }
            }
        }
    }
}

/// Rates of calm and burst that come to `rate` on average.
fn burst_rates(rate: f64, factor: f64, calm: Duration, burst: Duration) -> [f64; 2] {
    let (calm, burst) = (calm.as_secs_f64(), burst.as_secs_f64());
    let quiet = rate * (calm + burst) / (calm + factor * burst);
    [quiet, quiet * factor]
}

/// How sharp a bell around the day's peak must be for the peak to be so many times the average.
fn sharpness(peak: f64) -> f64 {
    const STEPS: u32 = 24 * 12;
    let (mut low, mut high) = (0.0, 2_000.0);
    for _ in 0..60 {
        let middle = 0.5 * (low + high);
        let mean = (0..STEPS).map(|step| bell(middle, f64::from(step) / f64::from(STEPS))).sum::<f64>()
            / f64::from(STEPS);
        if mean * peak > 1.0 { low = middle } else { high = middle }
    }
    0.5 * (low + high)
}

/// 1 at the peak, less the further away; `part` of a day after it.
fn bell(sharpness: f64, part: f64) -> f64 {
    (sharpness * ((TAU * part).cos() - 1.0)).exp()
}

impl Source {
    pub fn next(&mut self) -> Option<Arrival> {
        let arrival = match &mut self.pace {
            Pace::Trace { .. } => self.next_of_trace()?,
            Pace::Window { left, rate } => {
                let alerts = self.together.min(*left);
                if alerts == 0 {
                    return None;
                }
                *left -= alerts;
                let at = self.at + seconds(self.chance.erlang(alerts) / *rate);
                Arrival { at, alerts }
            }
            Pace::Steady { .. } | Pace::Daily { .. } | Pace::Bursts { .. } => {
                Arrival { at: self.next_by_rate()?, alerts: self.together }
            }
        };
        self.at = arrival.at;
        (arrival.at < self.end).then_some(arrival)
    }

    /// Exact for a rate that stays the same between two changes.
    fn next_by_rate(&mut self) -> Option<Duration> {
        let mut wanted = self.chance.erlang(self.together);
        let mut at = self.at;
        while at < self.end {
            let (rate, until) = self.rate(at);
            let coming = rate * until.saturating_sub(at).as_secs_f64();
            if coming >= wanted {
                return Some(at + seconds(wanted / rate));
            }
            wanted -= coming;
            at = until;
        }
        None
    }

    /// Alerts a second, and until when.
    fn rate(&mut self, at: Duration) -> (f64, Duration) {
        const STEP: u64 = 300;
        const BUSIEST: f64 = 14.0 / 24.0;
        match &mut self.pace {
            Pace::Steady { rate } => (*rate, self.end),
            Pace::Daily { rate, sharpness, scale } => {
                let step = at.as_secs() / STEP;
                let middle = (step as f64 + 0.5) * STEP as f64 / DAY;
                (*rate * *scale * bell(*sharpness, middle - BUSIEST), Duration::from_secs((step + 1) * STEP))
            }
            Pace::Bursts { rates, means, is_burst, until } => {
                if at >= *until {
                    *is_burst = !*is_burst;
                    let [calm, burst] = *means;
                    let mean = if *is_burst { burst } else { calm };
                    *until = at + mean.mul_f64(self.chance.exponential(1.0)) + Duration::from_micros(1);
                }
                let [calm, burst] = *rates;
                (if *is_burst { burst } else { calm }, *until)
            }
            Pace::Window { .. } | Pace::Trace { .. } => (0.0, self.end),
        }
    }

    /// Spread evenly over the second in which they came.
    fn next_of_trace(&mut self) -> Option<Arrival> {
        let Pace::Trace { seconds: trace, scale, carried, second, left } = &mut self.pace else {
            return None;
        };
        while *left == 0 {
            let (next, count) = trace.next()?;
            *carried += count as f64 * *scale;
            *left = carried.floor() as u64;
            *carried -= carried.floor();
            *second = next;
            self.at = self.at.max(Duration::from_secs(u64::from(next)));
        }
        let alerts = self.together.min(*left);
        let end = Duration::from_secs(u64::from(*second) + 1);
        let events = left.div_ceil(self.together);
        *left -= alerts;
        let step = end.saturating_sub(self.at).as_secs_f64() / (events as f64 + 1.0);
        Some(Arrival { at: self.at + seconds(step), alerts })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LENGTH: Duration = Duration::from_hours(24);

    fn all(shape: Shape, per_day: u64, together: u64) -> Vec<Arrival> {
        let arrivals = Arrivals { per_day, shape, storm: None };
        let mut source = arrivals.sources(LENGTH, together, 3).pop().unwrap();
        std::iter::from_fn(|| source.next()).collect()
    }

    fn alerts(arrivals: &[Arrival]) -> f64 {
        arrivals.iter().map(|arrival| arrival.alerts).sum::<u64>() as f64
    }

    #[test]
    fn as_many_come_as_were_asked_for_and_in_order() {
        let bursts =
            Shape::Bursts { factor: 10.0, calm: Duration::from_mins(20), burst: Duration::from_mins(2) };
        for (shape, tolerance) in [(Shape::Steady, 0.01), (Shape::Daily { peak: 3.0 }, 0.01), (bursts, 0.1)] {
            for together in [1, 50] {
                let arrivals = all(shape.clone(), 200_000, together);
                assert!(arrivals.is_sorted_by_key(|arrival| arrival.at), "{shape:?}");
                assert!(
                    (alerts(&arrivals) / 200_000.0 - 1.0).abs() < tolerance,
                    "{shape:?} {}",
                    alerts(&arrivals)
                );
            }
        }
    }

    #[test]
    fn a_day_is_busiest_in_the_afternoon_by_the_factor_asked_for() {
        let arrivals = all(Shape::Daily { peak: 4.0 }, 1_000_000, 1);
        let hour = |hour| {
            let within = |arrival: &&Arrival| arrival.at.as_secs() / 3600 == hour;
            arrivals.iter().filter(within).count() as f64 * 24.0 / 1e6
        };
        assert!((3.6..4.1).contains(&hour(13)), "{}", hour(13));
        assert!(hour(2) < 0.1, "{}", hour(2));
    }

    #[test]
    fn bursts_are_burstier_than_chance() {
        let counts = |shape| {
            let mut minutes = vec![0.0; 24 * 60];
            for arrival in all(shape, 500_000, 1) {
                minutes[(arrival.at.as_secs() / 60) as usize] += 1.0;
            }
            let mean = minutes.iter().sum::<f64>() / minutes.len() as f64;
            minutes.iter().map(|count: &f64| (count - mean).powi(2)).sum::<f64>()
                / minutes.len() as f64
                / mean
        };
        assert!((0.8..1.2).contains(&counts(Shape::Steady)), "the variance of a Poisson process is its mean");
        let bursts =
            Shape::Bursts { factor: 10.0, calm: Duration::from_mins(20), burst: Duration::from_mins(2) };
        assert!(counts(bursts) > 50.0);
    }

    #[test]
    fn a_trace_is_replayed_to_the_second() {
        let trace = vec![(0, 3), (7, 250), (9, 1)];
        let arrivals = all(Shape::Trace(trace.clone()), 254, 100);
        for (second, count) in trace {
            let within = arrivals.iter().filter(|arrival| arrival.at.as_secs() == u64::from(second));
            assert_eq!(within.map(|arrival| arrival.alerts).sum::<u64>(), count, "{second}");
        }
        // Twice as many, at the same times.
        assert_eq!(alerts(&all(Shape::Trace(vec![(0, 3), (7, 250)]), 506, 1)) as u64, 506);
    }

    #[test]
    fn nothing_comes_of_nothing() {
        let arrivals = Arrivals { per_day: 0, shape: Shape::Steady, storm: None };
        assert!(arrivals.sources(LENGTH, 1, 1).is_empty());
    }
}
