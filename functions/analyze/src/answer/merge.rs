//! The model's verdict and severity beside what code knows: it may raise by one step, and never lower.

use domain::analysis::{
    Claim, Confidence, Direction, EmbeddedInstruction, Evidence, Finder, ModelVerdict, Override,
};
use domain::assessment::Priority;
use domain::verdict::{Judged, Judgement};

use super::wire::Answer;
use crate::embedded::{Finding, Kind};
use crate::prompt::{Prompt, Subject};

/// Why no benign verdict is accepted about an alert. Displays as the end of a sentence that begins with "because".
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Veto {
    /// With who says so, if they can be named.
    #[error("{0}")]
    Malicious(String),
    #[error("the rule's level is {0}")]
    Level(u8),
    #[error("a login succeeded after {0} failures")]
    SuccessAfterFailures(u32),
    #[error("the alert holds text that speaks to its reader")]
    EmbeddedInstruction,
    #[error("the log holds links or templates, unseen characters, or more text than was shown")]
    Disguise,
    #[error("{0} gave no answer")]
    Unverified(String),
}

/// From this level on Wazuh itself calls an event important.
const HIGH_LEVEL: u8 = 12;

/// A user who mistypes once or twice is no sign of anything.
const MIN_FAILURES: u32 = 3;

/// What forbids a benign verdict, strongest first.
pub fn vetoes(subject: &Subject<'_>, findings: &[Finding]) -> Vec<Veto> {
    let (alert, verdict) = (&subject.enriched.alert, &subject.enriched.verdict);
    let rule = alert.rule();
    let mut vetoes = Vec::new();
    if verdict.judgement == Judgement::Malicious {
        vetoes.push(Veto::Malicious(accusation(verdict.indicators.first())));
    }
    if rule.level.get() >= HIGH_LEVEL {
        vetoes.push(Veto::Level(rule.level.get()));
    }
    if rule.in_group("authentication_success") && subject.history.failures_before >= MIN_FAILURES {
        vetoes.push(Veto::SuccessAfterFailures(subject.history.failures_before));
    }
    if findings.iter().any(|finding| finding.kind.is_claim()) {
        vetoes.push(Veto::EmbeddedInstruction);
    }
    if findings.iter().any(|finding| matches!(finding.kind, Kind::Markup | Kind::Hidden | Kind::Flood)) {
        vetoes.push(Veto::Disguise);
    }
    let silent = verdict.indicators.iter().flat_map(|judged| &judged.contributions);
    let silent = silent.filter(|contribution| contribution.applicable && !contribution.has_answered());
    let mut names: Vec<String> = silent.map(|contribution| contribution.witness.to_string()).collect();
    names.sort_unstable();
    names.dedup();
    if !names.is_empty() {
        vetoes.push(Veto::Unverified(listed(&names)));
    }
    vetoes
}

fn accusation(worst: Option<&Judged>) -> String {
    let accusers: Vec<String> =
        worst.iter().flat_map(|judged| judged.accusers()).map(ToString::to_string).take(3).collect();
    match (worst, accusers.len()) {
        (None, _) | (_, 0) => "intelligence calls it malicious".to_owned(),
        (Some(judged), 1) => format!("{} lists {}", listed(&accusers), judged.found.indicator),
        (Some(judged), _) => format!("{} list {}", listed(&accusers), judged.found.indicator),
    }
}

fn listed(names: &[String]) -> String {
    match names {
        [rest @ .., last] if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        _ => names.concat(),
    }
}

/// What is left of verdict and severity.
pub(super) struct Merged {
    /// Whether the verdict is the one that the model said.
    pub stands: bool,
    pub verdict: ModelVerdict,
    pub confidence: Confidence,
    pub raised_to: Option<Priority>,
    pub overrides: Vec<Override>,
}

pub(super) fn merge(
    answer: &Answer,
    verified: &[(usize, Evidence)],
    embedded: &[EmbeddedInstruction],
    prompt: &Prompt,
) -> Merged {
    let points = |way: Direction| verified.iter().any(|(_, item)| item.points_to == way);
    let priority = prompt.priority();
    let mut overrides = Vec::new();
    let supported = match answer.verdict {
        ModelVerdict::TruePositive => points(Direction::Malicious),
        ModelVerdict::BenignTruePositive | ModelVerdict::FalsePositive => points(Direction::Benign),
        ModelVerdict::Undetermined => true,
    };
    let mut vetoes: Vec<String> = prompt.vetoes().iter().map(ToString::to_string).collect();
    if embedded.iter().any(|found| found.found_by == Finder::Model)
        && !prompt.vetoes().contains(&Veto::EmbeddedInstruction)
    {
        vetoes.push(Veto::EmbeddedInstruction.to_string());
    }
    let forbidden = answer.verdict.is_benign() && !vetoes.is_empty();
    let mut against = Vec::new();
    if !supported {
        against.push("nothing that it cites for this could be verified".to_owned());
    }
    if forbidden {
        against.extend(vetoes.into_iter().take(3));
    }
    if !against.is_empty() {
        overrides.push(Override {
            said: Claim::Verdict(answer.verdict),
            kept: Claim::Verdict(ModelVerdict::Undetermined),
            because: listed(&against),
        });
    }
    let stands = supported && !forbidden;
    let raised_to =
        raised(answer, priority, stands && answer.verdict == ModelVerdict::TruePositive, &mut overrides);
    Merged {
        stands,
        verdict: if stands { answer.verdict } else { ModelVerdict::Undetermined },
        confidence: if stands { answer.confidence } else { Confidence::Low },
        raised_to,
        overrides,
    }
}

/// One step up for a verdict of harm that rests on verified evidence; every other difference is only noted.
fn raised(
    answer: &Answer,
    priority: Priority,
    harmful: bool,
    overrides: &mut Vec<Override>,
) -> Option<Priority> {
    let wanted = answer.severity.priority();
    let raised = (harmful && wanted > priority).then(|| above(priority));
    let kept = raised.unwrap_or(priority);
    let because = match wanted.cmp(&kept) {
        std::cmp::Ordering::Equal => return raised,
        std::cmp::Ordering::Less => "a model can raise a priority and never lower it",
        std::cmp::Ordering::Greater if harmful => "a model raises a priority by one step at most",
        std::cmp::Ordering::Greater => "no verified evidence of harm stands behind it",
    };
    overrides.push(Override {
        said: Claim::Severity(answer.severity),
        kept: Claim::Priority(kept),
        because: because.to_owned(),
    });
    raised
}

fn above(priority: Priority) -> Priority {
    match priority {
        Priority::Low => Priority::Medium,
        Priority::Medium => Priority::High,
        Priority::High | Priority::Critical => Priority::Critical,
    }
}
