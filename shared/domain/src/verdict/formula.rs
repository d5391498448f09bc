//! The weights of the verdict, and how strongly a witness's evidence speaks.
//!
//! Noisy-OR over witnesses: `100 × (1 − Π (1 − reliability × strength))`. It is monotone and free of order, no witness
//! lowers another, and one that is missing is neutral. The weights are judgement, so they are configuration.

use std::collections::BTreeMap;
use std::str::FromStr;
use std::time::Duration;

use jiff::Timestamp;

use super::evidence::{
    Evidence, Listing, MispAttribute, MispMatches, OtxPulse, OtxPulses, Reputation, ThreatLevel,
};
use super::{Provider, Witness};

/// Hundredths of a percent: 10,000 is certainty.
pub type BasisPoints = u16;

const CERTAIN: BasisPoints = 10_000;

/// Weights and thresholds of the verdict.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Formula {
    weights: BTreeMap<String, u8>,
    trusted_organisations: Vec<String>,
    pub suspicious_from: u8,
    pub malicious_from: u8,
}

impl Default for Formula {
    fn default() -> Self {
        let weights = Self::WEIGHTS.map(|(name, weight)| (name.to_owned(), weight)).into();
        Self { weights, trusted_organisations: Vec::new(), suspicious_from: 35, malicious_from: 75 }
    }
}

impl Formula {
    /// Changes whenever the same reports would be judged differently.
    pub const VERSION: u16 = 1;

    /// Percent by which a witness is trusted. `feed` is for feeds that have no weight of their own: a list that the
    /// site has chosen to load is believed more than a community pulse.
    const WEIGHTS: [(&str, u8); 11] = [
        ("abuseipdb", 75),
        ("misp", 80),
        ("misp-trusted", 95),
        ("otx", 50),
        ("feed", 80),
        ("feed-abuseipdb", 75),
        ("feed-blocklist.de", 40),
        ("feed-feodo", 90),
        ("feed-spamhaus-drop", 85),
        ("feed-threatfox", 80),
        ("feed-tor", 20),
    ];

    /// Takes weights from `name=percent` pairs; what is not named keeps its default.
    #[must_use]
    pub fn with_weights(mut self, pairs: &[Weight]) -> Self {
        self.weights.extend(pairs.iter().map(|pair| (pair.name.clone(), pair.percent)));
        self
    }

    /// Events of these organisations have the weight `misp-trusted`.
    #[must_use]
    pub fn trusting(mut self, organisations: Vec<String>) -> Self {
        self.trusted_organisations = organisations;
        self
    }

    /// The score of an indicator that this feed lists and of which nobody else says anything.
    pub fn listing_score(&self, feed: &str, listing: &Listing) -> u8 {
        let reliability = self.reliability(&Witness::Feed(feed.to_owned()), None);
        combined(std::iter::once(weighted(reliability, basis_points(listing_strength(listing)))))
    }

    /// How far a witness is trusted, knowing what it says.
    pub(super) fn reliability(&self, witness: &Witness, evidence: Option<&Evidence>) -> BasisPoints {
        let own = |name: &str| self.weights.get(name).copied();
        let percent = match witness {
            Witness::Provider(Provider::Misp) if self.comes_from_trusted(evidence) => own("misp-trusted"),
            Witness::Provider(provider) => own(provider.name()),
            Witness::Feed(_) => own(&format!("feed-{}", witness.origin())).or_else(|| own("feed")),
        };
        BasisPoints::from(percent.unwrap_or(0).min(100)) * 100
    }

    fn comes_from_trusted(&self, evidence: Option<&Evidence>) -> bool {
        let Some(Evidence::Misp(matches)) = evidence else { return false };
        // The strongest attribute stands first.
        let Some(strongest) = matches.attributes.first() else { return false };
        let name = &strongest.event.organisation;
        self.trusted_organisations.iter().any(|trusted| trusted.eq_ignore_ascii_case(name))
    }
}

/// One `name=percent` pair of the configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Weight {
    name: String,
    percent: u8,
}

impl FromStr for Weight {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const EXPECTED: &str = "a weight is a witness, = and 0 to 100, as in otx=50 or feed-feodo=90";
        let (name, percent) = text.split_once('=').ok_or(EXPECTED)?;
        let name = name.trim().to_ascii_lowercase();
        let known = Formula::WEIGHTS.iter().any(|(known, _)| *known == name) || name.starts_with("feed-");
        let percent: u8 = percent.trim().parse().map_err(|_| EXPECTED)?;
        if !known {
            return Err("the witness is abuseipdb, misp, misp-trusted, otx, feed or feed-<name>");
        }
        if percent > 100 {
            return Err(EXPECTED);
        }
        Ok(Self { name, percent })
    }
}

/// How strongly the evidence says "bad", at `now`.
pub(super) fn strength(evidence: &Evidence, now: Timestamp) -> BasisPoints {
    basis_points(match evidence {
        Evidence::AbuseIpDb(reputation) => reputation_strength(reputation, now),
        Evidence::Misp(matches) => misp_strength(matches, now),
        Evidence::Otx(pulses) => otx_strength(pulses, now),
        Evidence::Listed(listing) => listing_strength(listing),
    })
}

/// Few reporters may be one grudge, and old reports another owner.
fn reputation_strength(reputation: &Reputation, now: Timestamp) -> f64 {
    let few = reputation.distinct_reporters.is_some_and(|reporters| reporters < 3);
    let old = reputation.last_reported_at.is_some_and(|last| days(last, now) > 30.0);
    f64::from(reputation.score) / 100.0 * if few { 0.8 } else { 1.0 } * if old { 0.5 } else { 1.0 }
}

/// The strongest attribute, corroborated by those of other organisations.
fn misp_strength(matches: &MispMatches, now: Timestamp) -> f64 {
    const CORROBORATION: f64 = 0.3;
    let mut by_organisation: BTreeMap<&str, f64> = BTreeMap::new();
    for attribute in &matches.attributes {
        let strongest = by_organisation.entry(&attribute.event.organisation).or_default();
        *strongest = strongest.max(attribute_weight(attribute, now));
    }
    let mut strengths: Vec<f64> = by_organisation.into_values().collect();
    strengths.sort_by(|left, right| right.total_cmp(left));
    let mut strengths = strengths.into_iter();
    let strongest = strengths.next().unwrap_or(0.0);
    let doubt = strengths.fold(1.0 - strongest, |doubt, strength| doubt * (1.0 - CORROBORATION * strength));
    1.0 - doubt
}

/// How much one attribute says, 0 to 1.
pub fn attribute_weight(attribute: &MispAttribute, now: Timestamp) -> f64 {
    let decay = attribute.decay_score.map_or_else(
        || decayed(attribute.last_seen.or(attribute.timestamp), now),
        |score| f64::from(score.min(100)),
    );
    let threat = match attribute.event.threat_level {
        ThreatLevel::High => 1.0,
        ThreatLevel::Medium => 0.9,
        ThreatLevel::Low => 0.7,
        ThreatLevel::Undefined => 0.8,
    };
    let intent = if attribute.to_ids { 1.0 } else { 0.4 };
    let (agreed, denied) = (f64::from(attribute.true_positives), f64::from(attribute.false_positives));
    let sightings = if denied > 0.0 { agreed / (agreed + denied) } else { 1.0 };
    decay / 100.0 * threat * intent * sightings
}

/// MISP's "NIDS Simple Decaying Model", for instances that send no score: base 80, gone after 120 days, speed 2.
fn decayed(since: Option<Timestamp>, now: Timestamp) -> f64 {
    const BASE: f64 = 80.0;
    const LIFETIME_DAYS: f64 = 120.0;
    // Without any date the attribute is taken to be a month old, where half of the score is left.
    let age = since.map_or(30.0, |since| days(since, now));
    (BASE * (1.0 - (age / LIFETIME_DAYS).sqrt())).max(0.0)
}

/// Pulses are anybody's: author, age, activity and size decide, never their number alone.
fn otx_strength(pulses: &OtxPulses, now: Timestamp) -> f64 {
    const AT_MOST: f64 = 0.9;
    let doubt: f64 = pulses.pulses.iter().map(|pulse| 1.0 - pulse_weight(pulse, now)).product();
    // OTX's own whitelist doubts every pulse that names the indicator.
    let doubted = if pulses.validations.iter().any(|source| source == "whitelist") { 0.25 } else { 1.0 };
    (1.0 - doubt).min(AT_MOST) * doubted
}

/// How much one pulse says, 0 to 1. Larger pulses say less about each of their indicators.
pub fn pulse_weight(pulse: &OtxPulse, now: Timestamp) -> f64 {
    const HALF_LIFE_DAYS: f64 = 90.0;
    const TYPICAL_SIZE: f64 = 200.0;
    let author = match (pulse.author.as_str(), pulse.subscribed) {
        ("AlienVault", _) => 0.9,
        (_, true) => 0.6,
        (_, false) => 0.35,
    };
    let active = if pulse.active { 1.0 } else { 0.25 };
    let age = pulse.modified_at.map_or(365.0, |modified| days(modified, now));
    let size = f64::from(u32::try_from(pulse.indicator_count.max(1)).unwrap_or(u32::MAX));
    author * active * 0.5_f64.powf(age / HALF_LIFE_DAYS) * (TYPICAL_SIZE / size).sqrt().min(1.0)
}

fn listing_strength(listing: &Listing) -> f64 {
    listing.confidence.map_or(1.0, |confidence| f64::from(confidence.min(100)) / 100.0)
}

/// 100 × noisy-OR of the contributions, rounded.
pub(super) fn combined(weighted: impl Iterator<Item = BasisPoints>) -> u8 {
    let certain = u64::from(CERTAIN);
    let doubt = weighted.fold(certain * certain, |doubt, weight| {
        doubt * (certain - u64::from(weight.min(CERTAIN))) / certain
    });
    let scale = certain * certain / 100;
    u8::try_from((certain * certain - doubt + scale / 2) / scale).unwrap_or(100)
}

/// Reliability times strength.
pub(super) fn weighted(reliability: BasisPoints, strength: BasisPoints) -> BasisPoints {
    let product = u32::from(reliability) * u32::from(strength) / u32::from(CERTAIN);
    BasisPoints::try_from(product).unwrap_or(CERTAIN)
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "clamped to 0..=10,000 just before"
)]
fn basis_points(share: f64) -> BasisPoints {
    (share * f64::from(CERTAIN)).round().clamp(0.0, f64::from(CERTAIN)) as BasisPoints
}

/// Days between two times; the future counts as now.
fn days(since: Timestamp, now: Timestamp) -> f64 {
    let age = Duration::try_from(now.duration_since(since)).unwrap_or_default();
    age.as_secs_f64() / 86_400.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Timestamp {
        "2026-10-03T12:00:00Z".parse().unwrap()
    }

    fn ago(days: i64) -> Timestamp {
        now() - jiff::SignedDuration::from_hours(24 * days)
    }

    fn attribute(decay_score: Option<u8>, threat_level: ThreatLevel) -> MispAttribute {
        let event = super::super::MispEvent { threat_level, ..Default::default() };
        MispAttribute { to_ids: true, decay_score, event, ..MispAttribute::default() }
    }

    fn misp(attributes: Vec<MispAttribute>) -> Evidence {
        Evidence::Misp(MispMatches { total: attributes.len() as u64, attributes })
    }

    fn pulse(author: &str, active: bool, age: i64, indicator_count: u64) -> OtxPulse {
        OtxPulse {
            author: author.into(),
            active,
            modified_at: Some(ago(age)),
            indicator_count,
            ..OtxPulse::default()
        }
    }

    fn otx(pulses: Vec<OtxPulse>) -> Evidence {
        Evidence::Otx(OtxPulses { count: pulses.len() as u64, pulses, ..OtxPulses::default() })
    }

    fn reputation(score: u8, distinct_reporters: Option<u64>, age: i64) -> Evidence {
        let last_reported_at = Some(ago(age));
        Evidence::AbuseIpDb(Reputation {
            score,
            distinct_reporters,
            last_reported_at,
            ..Reputation::default()
        })
    }

    #[test]
    fn evidence_weighs_by_what_stands_behind_it() {
        let mut context = attribute(Some(80), ThreatLevel::High);
        context.to_ids = false;
        let mut disputed = attribute(Some(80), ThreatLevel::High);
        (disputed.true_positives, disputed.false_positives) = (1, 3);
        let mut dated = attribute(None, ThreatLevel::High);
        dated.timestamp = Some(ago(30));
        let mut second = attribute(Some(80), ThreatLevel::High);
        second.event.organisation = "CIRCL".into();
        for (name, evidence, expected) in [
            ("full confidence", reputation(100, Some(40), 0), 10_000),
            ("two reporters", reputation(100, Some(2), 0), 8_000),
            ("old reports", reputation(100, Some(40), 31), 5_000),
            ("fresh attribute", misp(vec![attribute(Some(80), ThreatLevel::High)]), 8_000),
            ("medium threat", misp(vec![attribute(Some(80), ThreatLevel::Medium)]), 7_200),
            ("not for detection", misp(vec![context]), 3_200),
            ("disputed by sightings", misp(vec![disputed]), 2_000),
            ("a month old, by our own decay", misp(vec![dated]), 4_000),
            ("two organisations", misp(vec![second, attribute(Some(80), ThreatLevel::High)]), 8_480),
            ("nothing", misp(Vec::new()), 0),
            ("fresh pulses of AlienVault", otx(vec![pulse("AlienVault", true, 0, 50); 2]), 9_000),
            ("fresh pulses of the community", otx(vec![pulse("someone", true, 0, 50); 3]), 7_254),
            ("stale mega-pulses", otx(vec![pulse("someone", false, 720, 20_000); 5]), 2),
            ("a listing", Evidence::Listed(Listing::default()), 10_000),
            (
                "an unsure listing",
                Evidence::Listed(Listing { confidence: Some(30), ..Listing::default() }),
                3_000,
            ),
        ] {
            assert_eq!(strength(&evidence, now()), expected, "{name}");
        }
    }

    #[test]
    fn weights_combine_with_diminishing_return() {
        for (weights, expected) in [
            (vec![], 0),
            (vec![7_500], 75),
            (vec![4_500], 45),
            (vec![4_500, 3_627], 65),
            (vec![7_200, 3_000], 80),
            (vec![10_000, 10_000], 100),
        ] {
            assert_eq!(combined(weights.iter().copied()), expected, "{weights:?}");
        }
    }

    #[test]
    fn a_weight_reads_as_documented() {
        let formula =
            Formula::default().with_weights(&["otx=60".parse().unwrap(), "feed-ours=95".parse().unwrap()]);
        assert_eq!(formula.reliability(&Witness::Provider(Provider::Otx), None), 6_000);
        assert_eq!(formula.reliability(&Witness::Feed("Ours".into()), None), 9_500);
        assert_eq!(formula.reliability(&Witness::Feed("unheard-of".into()), None), 8_000);
        assert_eq!(formula.listing_score("ours", &Listing::default()), 95);
        assert_eq!(formula.listing_score("tor", &Listing { confidence: Some(50), ..Listing::default() }), 10);
        for wrong in ["otx", "otx=101", "otx=-1", "virustotal=50", "=5"] {
            assert!(wrong.parse::<Weight>().is_err(), "{wrong}");
        }
    }
}
