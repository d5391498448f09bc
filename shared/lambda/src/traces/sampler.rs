//! Which traces are kept: the samplers that OpenTelemetry's variables name.

use std::str::FromStr;

use super::context::TraceId;

/// Decides by the trace alone or, if its parent has a say, as the parent did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Sampler {
    asks_parent: bool,
    ratio: Ratio,
}

impl Sampler {
    pub const NEVER: Self = Self { asks_parent: false, ratio: Ratio::NONE };

    /// The sampler of this name; the ratio is for those that have none of their own.
    pub fn named(name: &str, ratio: Ratio) -> Result<Self, &'static str> {
        let (asks_parent, own) = match name.strip_prefix("parentbased_") {
            Some(own) => (true, own),
            None => (false, name),
        };
        let ratio = match own {
            "always_on" => Ratio::ALL,
            "always_off" => Ratio::NONE,
            "traceidratio" => ratio,
            _ => {
                return Err(
                    "it is always_on, always_off or traceidratio, or one of these after parentbased_",
                );
            }
        };
        Ok(Self { asks_parent, ratio })
    }

    /// Every stage decides the same about the same trace.
    pub fn samples(self, trace: TraceId, parent: Option<bool>) -> bool {
        match parent {
            Some(sampled) if self.asks_parent => sampled,
            Some(_) | None => self.ratio.takes(trace),
        }
    }
}

/// A share of all traces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ratio {
    /// Of 2^63 traces.
    taken: u64,
}

impl Ratio {
    const OF: u64 = 1 << 63;
    pub const ALL: Self = Self { taken: Self::OF };
    const NONE: Self = Self { taken: 0 };

    fn takes(self, trace: TraceId) -> bool {
        trace.low() >> 1 < self.taken
    }
}

impl FromStr for Ratio {
    type Err = &'static str;

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        clippy::cast_sign_loss,
        reason = "a share from 0 to 1 of 2^63 is a whole number that fits"
    )]
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.parse::<f64>() {
            Ok(share) if (0.0..=1.0).contains(&share) => Ok(Self { taken: (share * Self::OF as f64) as u64 }),
            Ok(_) | Err(_) => Err("it is not a number from 0 to 1"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn share(sampler: Sampler, parent: Option<bool>) -> usize {
        let traces = (0..1000).map(|number| TraceId::of_alert(&format!("node/{number}")));
        traces.filter(|trace| sampler.samples(*trace, parent)).count()
    }

    #[test]
    fn a_tenth_is_about_a_tenth_and_a_parent_has_its_way() {
        let check =
            |name: &str, ratio: &str, parent: Option<bool>, expected: std::ops::RangeInclusive<usize>| {
                let sampler = Sampler::named(name, ratio.parse().unwrap()).unwrap();
                let taken = share(sampler, parent);
                assert!(expected.contains(&taken), "{name} {ratio} {parent:?}: {taken}");
            };
        check("parentbased_traceidratio", "0.1", None, 70..=130);
        check("parentbased_traceidratio", "0.1", Some(true), 1000..=1000);
        check("parentbased_traceidratio", "1", Some(false), 0..=0);
        check("traceidratio", "0.1", Some(true), 70..=130);
        check("traceidratio", "1.0", Some(false), 1000..=1000);
        check("traceidratio", "0", None, 0..=0);
        check("always_on", "0", None, 1000..=1000);
        check("parentbased_always_on", "0", Some(false), 0..=0);
        check("always_off", "1", Some(true), 0..=0);
        assert!(Sampler::named("jaeger_remote", Ratio::ALL).is_err());
        for text in ["2", "-0.1", "NaN", "all", ""] {
            assert!(text.parse::<Ratio>().is_err(), "{text}");
        }
    }
}
