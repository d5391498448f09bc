//! What witnesses say about each indicator, who of them said nothing, and what follows from it.

#[cfg(test)]
mod tests;

use std::fmt;

use domain::Alert;
use domain::incident::HUNT_GROUP;
use domain::verdict::{Contribution, Judged, Judgement, Report, Verdict};

use super::Shown;
use super::block::{Block, FIRST, OTHERS, block, score};
use super::silence::{self, Gap, about, was_asked};
use crate::clock;
use crate::links::MispUrl;

/// What is said before all else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opinion {
    Judged(Judgement),
    /// Hunting has found it. Its alert holds no indicator to ask about: what was known of an address when somebody logged
    /// in from it is in its sentences.
    Hunted,
}

#[derive(Clone, Debug)]
pub struct Intelligence {
    pub opinion: Opinion,
    /// 1 to 100; nothing where a number would look like an all-clear.
    pub score: Option<u8>,
    /// Of those that could say something about the deciding indicator; nothing where all of them did.
    pub coverage: Option<Coverage>,
    /// Percent; nothing where those that answered agree.
    pub agreement: Option<u8>,
    /// Who should have answered and did not.
    pub gaps: Vec<Gap>,
    /// What the judgement does not mean, where it could be misread.
    pub caution: Option<Shown>,
    /// Worst first.
    pub blocks: Vec<Block>,
    /// How many indicators have no block although somebody was asked about them.
    pub more: Option<More>,
    /// Indicators that nobody was asked about, with the reason.
    pub not_asked: Option<Shown>,
    /// Witnesses without a key.
    pub not_configured: Option<Shown>,
    /// When those were asked whose answer does not come out of the cache.
    pub asked_at: Option<Shown>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Coverage {
    pub answered: usize,
    pub applicable: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct More {
    pub indicators: usize,
    pub at_worst: Judgement,
}

const MAX_BLOCKS: usize = 6;

/// The opinion and how bad it is: by the verdict, or by the finding.
pub(super) fn opinion(alert: &Alert, verdict: &Verdict) -> (Opinion, Option<u8>) {
    if verdict.indicators.is_empty() && alert.rule().in_group(HUNT_GROUP) {
        let score = alert.text_at(&["data", "hunt", "score"]).and_then(|score| score.parse().ok());
        return (Opinion::Hunted, score.filter(|score| (1..=100).contains(score)));
    }
    (Opinion::Judged(verdict.judgement), score(verdict.score))
}

pub(super) fn intelligence(
    opinion: Opinion,
    verdict: &Verdict,
    reports: &[Report],
    misp: Option<&MispUrl>,
) -> Intelligence {
    let (examined, unasked): (Vec<&Judged>, Vec<&Judged>) =
        verdict.indicators.iter().partition(|judged| is_examined(judged, reports));
    let gaps = silence::gaps(reports);
    let blocks = examined
        .iter()
        .take(MAX_BLOCKS)
        .enumerate()
        .map(|(index, judged)| block(judged, reports, if index == 0 { &FIRST } else { &OTHERS }, misp));
    let worst_hidden = examined.get(MAX_BLOCKS);
    Intelligence {
        opinion,
        score: score(verdict.score),
        coverage: verdict.indicators.first().filter(|judged| is_examined(judged, reports)).and_then(coverage),
        agreement: Some(verdict.agreement).filter(|percent| (1..100).contains(percent)),
        caution: caution(opinion, examined.is_empty(), !gaps.is_empty()),
        gaps,
        blocks: blocks.collect(),
        more: worst_hidden
            .map(|worst| More { indicators: examined.len() - MAX_BLOCKS, at_worst: worst.judgement }),
        not_asked: silence::not_asked(&unasked, reports),
        not_configured: silence::not_configured(reports),
        asked_at: asked_at(reports),
    }
}

fn asked_at(reports: &[Report]) -> Option<Shown> {
    let (cached, fresh): (Vec<&Report>, Vec<&Report>) =
        reports.iter().filter(|report| was_asked(&report.answer)).partition(|report| report.cached);
    let first = fresh.iter().map(|report| report.asked_at).min()?;
    let except = if cached.is_empty() { "" } else { ", except where an age is given" };
    Some(Shown::line(&format!("{}{except}", clock::utc(first)), 80))
}

/// Whether anybody was asked about it, or a person or a list knows what it is.
fn is_examined(judged: &Judged, reports: &[Report]) -> bool {
    let asked = || about(&judged.found, reports).any(|report| was_asked(&report.answer));
    !judged.modifiers.is_empty() || asked()
}

fn coverage(decisive: &Judged) -> Option<Coverage> {
    let count = |which: fn(&&Contribution) -> bool| decisive.contributions.iter().filter(which).count();
    let answered = count(|contribution| contribution.has_answered());
    let applicable = count(|contribution| contribution.applicable);
    (answered < applicable).then_some(Coverage { answered, applicable })
}

fn caution(opinion: Opinion, nobody_asked: bool, has_gaps: bool) -> Option<Shown> {
    let Opinion::Judged(judgement) = opinion else {
        let text = "What was known of an address when somebody logged in from it is part of the reasons above; nobody \
                    was asked again.";
        return Some(Shown::line(text, 200));
    };
    let text = match judgement {
        Judgement::Unknown if nobody_asked => {
            "Nobody was asked about an indicator of this alert. That is not an all-clear."
        }
        Judgement::Unknown => "The answers are incomplete. That is not an all-clear.",
        Judgement::NoEvidence => "All answered, nobody knows anything bad. That is not an all-clear.",
        Judgement::BenignInfrastructure => {
            "Allowed by the site, or a service that everybody uses. What came through it can still be an attack: \
             that is not an all-clear."
        }
        Judgement::Observed | Judgement::Suspicious if has_gaps => {
            "The answers are incomplete: a low score is not an all-clear."
        }
        Judgement::Malicious if has_gaps => "The answers are incomplete: the score may be too low.",
        Judgement::Observed | Judgement::Suspicious | Judgement::Malicious => return None,
    };
    Some(Shown::line(text, 200))
}

impl fmt::Display for Opinion {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Judged(judgement) => judgement.fmt(formatter),
            Self::Hunted => formatter.write_str("found by hunting"),
        }
    }
}
