//! From reports to a judgement: one indicator at a time, the worst decides.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::bounds::Bounds;
use super::formula::{self, BasisPoints, Formula};
use super::sentence::sentence;
use super::standing::standings_of;
use super::{Answer, Class, Judgement, Report, Skipped, Standing, Unanswered, Verdict, Witness};
use crate::indicator::Found;

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
    for standing in standings_of(&examined.reports) {
        // MISP names warninglists that may be known here, too.
        if !standings.contains(&standing) {
            standings.push(standing);
        }
    }
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
mod tests;
