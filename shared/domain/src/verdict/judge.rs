//! From reports to a judgement: one indicator at a time, the worst decides.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::formula::{self, BasisPoints, Formula};
use super::sentence::sentence;
use super::standing::standings_of;
use super::{Answer, Class, Judgement, Report, Skipped, Standing, Unanswered, Verdict, Witness};
use crate::indicator::{Direction, Found};

/// Everything that is known about one indicator of an alert.
#[derive(Clone, Debug, PartialEq)]
pub struct Examined {
    pub found: Found,
    pub reports: Vec<Report>,
    /// Beside what the reports say themselves: analyst lists and curated services.
    pub standings: Vec<Standing>,
}

/// The judgement about one indicator, with its account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Judged {
    #[serde(flatten)]
    pub found: Found,
    pub judgement: Judgement,
    pub score: u8,
    pub coverage: u8,
    pub agreement: u8,
    /// Largest share first.
    pub contributions: Vec<Contribution>,
    /// In the order in which they were applied.
    pub modifiers: Vec<Modifier>,
}

/// What one witness adds to the score.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contribution {
    pub witness: Witness,
    /// `hit`, `miss`, or why there is neither.
    pub status: String,
    pub strength: BasisPoints,
    pub reliability: BasisPoints,
    /// Percent of the evidence that is this witness's; 0 for one who repeats another.
    pub share: u8,
    pub sentence: String,
    pub as_of: Timestamp,
    /// Age of an answer that came out of the cache.
    pub cache_age_s: Option<i64>,
    /// Whether it could say something: its silence would be a gap.
    pub applicable: bool,
}

/// A bound or a person's word, and what it did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Modifier {
    pub class: Class,
    pub sentence: String,
}

impl Verdict {
    /// Judges all indicators of an alert.
    pub fn over(examined: &[Examined], formula: &Formula, now: Timestamp) -> Self {
        let mut indicators: Vec<Judged> =
            examined.iter().map(|examined| judge(examined, formula, now)).collect();
        // Whom nobody could be asked about says nothing about the alert.
        indicators.sort_by_key(|judged| {
            (!judged.is_applicable(), std::cmp::Reverse((judged.judgement, judged.score)))
        });
        let reasons = indicators.iter().flat_map(Judged::sentences).map(str::to_owned).collect();
        let worst = indicators.first().filter(|worst| worst.is_applicable());
        Self {
            formula_version: Formula::VERSION,
            judgement: worst.map_or(Judgement::Unknown, |worst| worst.judgement),
            score: worst.map_or(0, |worst| worst.score),
            coverage: worst.map_or(0, |worst| worst.coverage),
            agreement: worst.map_or(0, |worst| worst.agreement),
            reasons,
            indicators,
        }
    }
}

impl Judged {
    /// Whether there was anybody who could say something, or something known about what it is.
    pub fn is_applicable(&self) -> bool {
        !self.modifiers.is_empty() || self.contributions.iter().any(|contribution| contribution.applicable)
    }

    /// What counted, in words, and what did not answer; not who could not be asked at all.
    pub fn sentences(&self) -> impl Iterator<Item = &str> {
        let applicable = self.contributions.iter().filter(|contribution| contribution.applicable);
        let contributions = applicable.map(|contribution| contribution.sentence.as_str());
        contributions.chain(self.modifiers.iter().map(|modifier| modifier.sentence.as_str()))
    }

    /// Those whose evidence counted, strongest first.
    pub fn accusers(&self) -> impl Iterator<Item = &Witness> {
        self.contributions
            .iter()
            .filter(|contribution| contribution.share > 0)
            .map(|contribution| &contribution.witness)
    }
}

fn judge(examined: &Examined, formula: &Formula, now: Timestamp) -> Judged {
    let mut contributions: Vec<Contribution> =
        examined.reports.iter().map(|report| contribution(report, formula, now)).collect();
    let counted = share_out(&mut contributions);
    let score = formula::combined(counted.iter().copied());
    let mut standings = examined.standings.clone();
    standings.extend(standings_of(&examined.reports));
    let only_community = contributions.iter().filter(|contribution| contribution.share > 0).all(is_community);
    let bounds = Bounds { direction: examined.found.direction, only_community };
    let (score, forced, modifiers) = bounds.apply(score, &standings, formula);
    let coverage = coverage(&contributions);
    let judgement = forced.unwrap_or_else(|| by_score(score, coverage, formula));
    Judged {
        found: examined.found.clone(),
        judgement,
        score,
        coverage,
        agreement: agreement(&contributions),
        contributions,
        modifiers,
    }
}

fn contribution(report: &Report, formula: &Formula, now: Timestamp) -> Contribution {
    let evidence = report.answer.evidence();
    let age = || now.duration_since(report.asked_at).as_secs().max(0);
    Contribution {
        witness: report.witness.clone(),
        status: report.answer.status().to_owned(),
        strength: evidence.map_or(0, |evidence| formula::strength(evidence, now)),
        reliability: formula.reliability(&report.witness, evidence),
        share: 0,
        sentence: sentence(report, now),
        as_of: report.asked_at,
        cache_age_s: report.cached.then(age),
        applicable: is_applicable(&report.answer),
    }
}

fn is_applicable(answer: &Answer) -> bool {
    match answer {
        Answer::Skipped { reason: Skipped::Private | Skipped::AllowList }
        | Answer::Unknown { reason: Unanswered::Disabled } => false,
        Answer::Known { .. }
        | Answer::Skipped { reason: Skipped::Repeat | Skipped::TooMany }
        | Answer::Unknown { .. } => true,
    }
}

/// Orders the contributions by what they add, sets their shares, and gives the weights that count: one per origin,
/// for a feed made of a provider's data is the same witness.
fn share_out(contributions: &mut [Contribution]) -> Vec<BasisPoints> {
    let weight =
        |contribution: &Contribution| formula::weighted(contribution.reliability, contribution.strength);
    contributions.sort_by_key(|contribution| std::cmp::Reverse(weight(contribution)));
    let mut by_origin: BTreeMap<String, usize> = BTreeMap::new();
    for (index, contribution) in
        contributions.iter().enumerate().filter(|(_, contribution)| weight(contribution) > 0)
    {
        by_origin.entry(contribution.witness.origin()).or_insert(index);
    }
    // Shares of −ln(1 − weight): how much of the doubt each one has removed.
    let removed = |weight: BasisPoints| -(1.0 - f64::from(weight.min(9_999)) / 10_000.0).ln();
    let all: f64 =
        by_origin.values().filter_map(|index| contributions.get(*index)).map(|it| removed(weight(it))).sum();
    let mut counted = Vec::new();
    for index in by_origin.into_values() {
        let Some(contribution) = contributions.get_mut(index) else { continue };
        let weight = weight(contribution);
        contribution.share = percent(removed(weight), all).max(1);
        counted.push(weight);
    }
    counted
}

/// Whose evidence anybody could have put there.
fn is_community(contribution: &Contribution) -> bool {
    matches!(contribution.witness.origin().as_str(), "abuseipdb" | "otx")
}

/// What context does to a score. A person's word goes last and wins; of two persons, the one who warns.
struct Bounds {
    direction: Direction,
    only_community: bool,
}

impl Bounds {
    const BENIGN_AT_MOST: u8 = 20;
    const SCANNER_AT_MOST: u8 = 60;

    /// The bounded score, the judgement where it does not follow from the score, and what was done.
    fn apply(
        &self,
        mut score: u8,
        standings: &[Standing],
        formula: &Formula,
    ) -> (u8, Option<Judgement>, Vec<Modifier>) {
        let mut forced = None;
        let mut modifiers = Vec::new();
        let mut by_rank: Vec<&Standing> = standings.iter().collect();
        by_rank.sort_by_key(|standing| rank(standing.class));
        for standing in by_rank {
            let by = &standing.by;
            let sentence = match standing.class {
                Class::BenignAnchor => {
                    score = score.min(Self::BENIGN_AT_MOST);
                    forced = Some(Judgement::BenignInfrastructure);
                    format!("A well-known service ({by}): the score is at most {}", Self::BENIGN_AT_MOST)
                }
                Class::SharedInfrastructure if self.only_community && score > 0 => {
                    let most = formula.malicious_from.saturating_sub(1);
                    score = score.min(most);
                    format!(
                        "Shared infrastructure ({by}) and only community reports: the score is at most {most}"
                    )
                }
                Class::SharedInfrastructure => format!("Shared infrastructure ({by})"),
                Class::ResearchScanner if self.direction == Direction::Source => {
                    score = score.min(Self::SCANNER_AT_MOST);
                    format!(
                        "A research scanner ({by}) at the door: the score is at most {}",
                        Self::SCANNER_AT_MOST
                    )
                }
                Class::ResearchScanner => format!("A research scanner ({by})"),
                Class::Anonymity => format!("An anonymity network ({by})"),
                Class::Sinkhole if self.direction == Direction::Destination => {
                    score = score.max(formula.malicious_from);
                    format!("Contact to a sinkhole ({by}): the score is at least {}", formula.malicious_from)
                }
                Class::Sinkhole => format!("A sinkhole ({by})"),
                Class::Allowed => {
                    (score, forced) = (0, Some(Judgement::BenignInfrastructure));
                    format!("On the site's allow list ({by}), which wins over everything but its deny list")
                }
                Class::Denied => {
                    (score, forced) = (100, Some(Judgement::Malicious));
                    format!("On the site's deny list ({by}), which wins over everything")
                }
            };
            modifiers.push(Modifier { class: standing.class, sentence });
        }
        (score, forced, modifiers)
    }
}

/// The order in which classes are applied.
fn rank(class: Class) -> u8 {
    match class {
        Class::Anonymity => 0,
        Class::SharedInfrastructure => 1,
        Class::ResearchScanner => 2,
        Class::BenignAnchor => 3,
        Class::Sinkhole => 4,
        Class::Allowed => 5,
        Class::Denied => 6,
    }
}

fn by_score(score: u8, coverage: u8, formula: &Formula) -> Judgement {
    if score >= formula.malicious_from {
        Judgement::Malicious
    } else if score >= formula.suspicious_from {
        Judgement::Suspicious
    } else if score > 0 {
        Judgement::Observed
    } else if coverage == 100 {
        Judgement::NoEvidence
    } else {
        Judgement::Unknown
    }
}

/// Percent of those that could say something and did, by reliability.
fn coverage(contributions: &[Contribution]) -> u8 {
    let weight = |answered: bool| -> f64 {
        contributions
            .iter()
            .filter(|contribution| contribution.applicable && (!answered || contribution.has_answered()))
            .map(|contribution| f64::from(contribution.reliability.max(1)))
            .sum()
    };
    let answered = weight(true);
    let applicable = weight(false);
    // A gap must never round to none.
    if answered < applicable { percent(answered, applicable).min(99) } else { percent(answered, applicable) }
}

/// Percent of those that answered and say what the score says, by reliability.
fn agreement(contributions: &[Contribution]) -> u8 {
    let weight = |which: &dyn Fn(&Contribution) -> bool| -> f64 {
        let chosen =
            contributions.iter().filter(|contribution| contribution.has_answered() && which(contribution));
        chosen.map(|contribution| f64::from(contribution.reliability.max(1))).sum()
    };
    let (all, accusing) = (weight(&|_| true), weight(&|contribution| contribution.strength > 0));
    if accusing > 0.0 { percent(accusing, all) } else { percent(all, all) }
}

impl Contribution {
    /// Whether it says anything, be it that it knows nothing.
    pub fn has_answered(&self) -> bool {
        matches!(self.status.as_str(), "hit" | "miss")
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to 0..=100 just before")]
fn percent(part: f64, whole: f64) -> u8 {
    if whole > 0.0 { (100.0 * part / whole).round().clamp(0.0, 100.0) as u8 } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verdict::{
        Evidence, Listing, MispAttribute, MispEvent, MispMatches, OtxPulse, OtxPulses, Provider, Reputation,
        ThreatLevel,
    };

    fn now() -> Timestamp {
        "2026-10-03T12:00:00Z".parse().unwrap()
    }

    fn found(direction: Direction) -> Found {
        Found { indicator: "203.0.113.9".parse().unwrap(), path: "data.srcip".into(), direction }
    }

    fn report(witness: Witness, answer: impl Into<Answer>) -> Report {
        let (found, asked_at) = (found(Direction::Source), now());
        Report { witness, found, answer: answer.into(), asked_at, cached: false }
    }

    fn abuseipdb(score: u8) -> Report {
        let reputation = Reputation { score, total_reports: Some(score.into()), ..Reputation::default() };
        report(Witness::Provider(Provider::AbuseIpDb), Evidence::AbuseIpDb(reputation))
    }

    fn misp(decay: u8, organisation: &str) -> Report {
        let event = MispEvent {
            id: "145".into(),
            organisation: organisation.into(),
            threat_level: ThreatLevel::High,
            ..MispEvent::default()
        };
        let attribute = MispAttribute {
            kind: "ip-src".into(),
            to_ids: true,
            decay_score: Some(decay),
            event,
            ..MispAttribute::default()
        };
        let matches = MispMatches { attributes: vec![attribute], total: 1 };
        report(Witness::Provider(Provider::Misp), Evidence::Misp(matches))
    }

    fn otx(pulses: usize) -> Report {
        let pulse = OtxPulse {
            author: "AlienVault".into(),
            active: true,
            modified_at: Some(now()),
            indicator_count: 50,
            ..OtxPulse::default()
        };
        let pulses = OtxPulses { count: pulses as u64, pulses: vec![pulse; pulses], ..OtxPulses::default() };
        report(Witness::Provider(Provider::Otx), Evidence::Otx(pulses))
    }

    fn silent(provider: Provider, reason: Unanswered) -> Report {
        report(Witness::Provider(provider), Answer::Unknown { reason })
    }

    fn feed(name: &str) -> Report {
        report(Witness::Feed(name.into()), Evidence::Listed(Listing::default()))
    }

    fn verdict_of(reports: Vec<Report>, direction: Direction, standings: Vec<Standing>) -> Verdict {
        let formula = Formula::default().trusting(vec!["Our CERT".into()]);
        Verdict::over(&[Examined { found: found(direction), reports, standings }], &formula, now())
    }

    fn verdict(reports: Vec<Report>) -> Verdict {
        verdict_of(reports, Direction::Source, Vec::new())
    }

    #[test]
    fn witnesses_add_up_and_silence_is_no_innocence() {
        for (name, reports, judgement, score, coverage, agreement) in [
            ("nobody to ask", vec![], Judgement::Unknown, 0, 0, 0),
            ("AbuseIPDB is certain", vec![abuseipdb(100)], Judgement::Malicious, 75, 100, 100),
            ("AbuseIPDB leans to it", vec![abuseipdb(60)], Judgement::Suspicious, 45, 100, 100),
            ("a trace", vec![abuseipdb(1)], Judgement::Observed, 1, 100, 100),
            ("a fresh attribute", vec![misp(80, "CIRCL")], Judgement::Suspicious, 64, 100, 100),
            ("of a trusted organisation", vec![misp(80, "our cert")], Judgement::Malicious, 76, 100, 100),
            ("two fresh pulses", vec![otx(2)], Judgement::Suspicious, 45, 100, 100),
            (
                "all three",
                vec![abuseipdb(100), misp(80, "CIRCL"), otx(2)],
                Judgement::Malicious,
                95,
                100,
                100,
            ),
            (
                "two against one",
                vec![abuseipdb(100), misp(80, "CIRCL"), otx(0)],
                Judgement::Malicious,
                91,
                100,
                76,
            ),
            ("nobody knows anything", vec![abuseipdb(0), otx(0)], Judgement::NoEvidence, 0, 100, 100),
            (
                "one was silent",
                vec![abuseipdb(0), silent(Provider::Otx, Unanswered::Timeout)],
                Judgement::Unknown,
                0,
                60,
                100,
            ),
            (
                "one is not configured",
                vec![abuseipdb(0), silent(Provider::Otx, Unanswered::Disabled)],
                Judgement::NoEvidence,
                0,
                100,
                100,
            ),
            (
                "nobody is configured",
                vec![silent(Provider::Otx, Unanswered::Disabled)],
                Judgement::Unknown,
                0,
                0,
                0,
            ),
            ("a feed", vec![feed("OTX")], Judgement::Malicious, 80, 100, 100),
            (
                "a feed and its provider are one",
                vec![feed("otx"), otx(2)],
                Judgement::Malicious,
                80,
                100,
                100,
            ),
            ("two feeds are two", vec![feed("otx"), feed("ours")], Judgement::Malicious, 96, 100, 100),
        ] {
            let verdict = verdict(reports);
            assert_eq!((verdict.judgement, verdict.score), (judgement, score), "{name}");
            assert_eq!((verdict.coverage, verdict.agreement), (coverage, agreement), "{name}");
        }
    }

    #[test]
    fn context_bounds_a_score_and_a_person_decides() {
        let standing = |class| Standing::new(class, "list");
        let (inbound, outbound) = (Direction::Source, Direction::Destination);
        for (reports, direction, classes, judgement, score) in [
            (vec![abuseipdb(100)], inbound, vec![Class::BenignAnchor], Judgement::BenignInfrastructure, 20),
            (vec![abuseipdb(100)], inbound, vec![Class::SharedInfrastructure], Judgement::Suspicious, 74),
            (
                vec![abuseipdb(100), misp(80, "CIRCL")],
                inbound,
                vec![Class::SharedInfrastructure],
                Judgement::Malicious,
                91,
            ),
            (vec![abuseipdb(100)], inbound, vec![Class::ResearchScanner], Judgement::Suspicious, 60),
            (vec![abuseipdb(100)], outbound, vec![Class::ResearchScanner], Judgement::Malicious, 75),
            (vec![abuseipdb(100)], inbound, vec![Class::Anonymity], Judgement::Malicious, 75),
            (vec![], outbound, vec![Class::Sinkhole], Judgement::Malicious, 75),
            (vec![abuseipdb(0)], inbound, vec![Class::Sinkhole], Judgement::NoEvidence, 0),
            (vec![abuseipdb(100)], inbound, vec![Class::Allowed], Judgement::BenignInfrastructure, 0),
            (vec![], inbound, vec![Class::Denied], Judgement::Malicious, 100),
            (vec![], inbound, vec![Class::Denied, Class::Allowed], Judgement::Malicious, 100),
        ] {
            let standings = classes.iter().copied().map(standing).collect();
            let verdict = verdict_of(reports, direction, standings);
            assert_eq!((verdict.judgement, verdict.score), (judgement, score), "{classes:?}");
            assert_eq!(verdict.indicators[0].modifiers.len(), classes.len());
        }
    }

    #[test]
    fn the_worst_indicator_decides_and_stands_first() {
        let of = |reports| Examined { found: found(Direction::Source), reports, standings: Vec::new() };
        let private = Skipped::Private;
        let unasked = report(Witness::Provider(Provider::Otx), Answer::Skipped { reason: private });
        let verdict = Verdict::over(
            &[of(vec![unasked]), of(vec![abuseipdb(0)]), of(vec![abuseipdb(100)]), of(vec![])],
            &Formula::default(),
            now(),
        );
        assert_eq!((verdict.judgement, verdict.score), (Judgement::Malicious, 75));
        let judgements: Vec<Judgement> = verdict.indicators.iter().map(|judged| judged.judgement).collect();
        assert_eq!(
            judgements,
            [Judgement::Malicious, Judgement::NoEvidence, Judgement::Unknown, Judgement::Unknown]
        );
    }

    #[test]
    fn each_reason_is_a_sentence_a_person_can_check() {
        let mut listed = feed("OTX");
        listed.answer = Evidence::Listed(Listing {
            confidence: Some(90),
            listed_at: Some(now()),
            title: Some("<b>Ignore all rules</b>".into()),
            ..Listing::default()
        })
        .into();
        let reports = vec![
            abuseipdb(100),
            misp(80, "CIRCL"),
            otx(2),
            listed,
            silent(Provider::Misp, Unanswered::Unauthorized),
            report(Witness::Provider(Provider::Otx), Answer::Skipped { reason: Skipped::TooMany }),
        ];
        assert_eq!(
            verdict(reports).reasons,
            [
                "AbuseIPDB is 100% confident that 203.0.113.9 is abusive, 100 reports",
                "The feed OTX lists 203.0.113.9, 90% sure, since 2026-10-03",
                "MISP lists 203.0.113.9 as ip-src in event 145, threat level high, decay score 80",
                "2 OTX pulses name 203.0.113.9; the strongest is by AlienVault, active, with 50 indicators, changed 0 days ago",
                "MISP gave no answer about 203.0.113.9: key refused",
                "OTX was not asked about 203.0.113.9: more indicators than are looked up",
            ]
        );
    }

    #[test]
    fn shares_say_whose_evidence_it_is() {
        let judged = verdict(vec![otx(2), abuseipdb(100), feed("otx")]).indicators.remove(0);
        let shares: Vec<(String, u8)> =
            judged.contributions.iter().map(|it| (it.witness.to_string(), it.share)).collect();
        assert_eq!(shares, [("OTX".into(), 54), ("AbuseIPDB".into(), 46), ("OTX".into(), 0)]);
        let accusers: Vec<String> = judged.accusers().map(ToString::to_string).collect();
        assert_eq!(accusers, ["OTX", "AbuseIPDB"]);
    }
}
