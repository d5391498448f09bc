//! Believing a model only as far as it can be checked.
//!
//! In this order: the canary, the shape, the bounds; then each citation against the document as it was sent; then what
//! the verdict rests on; then the merge with the assessment, which the model can raise by one step and never lower.

mod citation;
mod echo;
mod merge;
mod prose;
mod wire;

use domain::analysis::{
    Action, Basis, ClaimedTechnique, EmbeddedInstruction, Evidence, Explanation, Finder, Question, Spent,
};

use crate::prompt::{PROMPT_VERSION, Prompt};
use echo::Echo;
use prose::Prose;
use wire::Answer;

pub use merge::{Veto, vetoes};

/// Why an answer is not used. Carries nothing of the alert; its text may go back to the model for a second try.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Invalid {
    #[error("the answer is longer than {MAX_ANSWER_BYTES} bytes")]
    TooLong,
    #[error("the answer holds no complete JSON object")]
    NotJson,
    #[error("the answer does not follow the schema: {0}")]
    Shape(String),
    /// The instructions have leaked into the answer: none of it is trusted.
    #[error("the answer holds the word that must never be written")]
    Canary,
}

impl Invalid {
    /// Name in metrics and logs.
    pub fn name(&self) -> &'static str {
        match self {
            Self::TooLong => "too_long",
            Self::NotJson => "not_json",
            Self::Shape(_) => "shape",
            Self::Canary => "canary",
        }
    }

    /// Whether another try may help: a leak is not asked for twice.
    pub fn is_repairable(&self) -> bool {
        match self {
            Self::TooLong | Self::NotJson | Self::Shape(_) => true,
            Self::Canary => false,
        }
    }
}

const MAX_ANSWER_BYTES: usize = 64 * 1024;

const MAX_STORY_BYTES: usize = 1_200;
const MAX_SENTENCE_BYTES: usize = 300;
const MAX_HEADLINE_BYTES: usize = 120;
const MAX_NAME_BYTES: usize = 100;

/// A verified answer that does not yet say who wrote it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reading {
    explanation: Explanation,
    invalid_ids: u32,
}

impl Reading {
    /// Techniques that the model named and that do not exist, or that it took for the rule's and are not.
    pub fn invalid_ids(&self) -> u32 {
        self.invalid_ids
    }

    /// The explanation of a model that was asked just now.
    pub fn written_by(self, model: &str, usage: Option<Spent>) -> Explanation {
        Explanation { model: prose::name(model), usage, ..self.explanation }
    }

    /// The explanation from an answer that was given to an earlier alert of the same kind.
    pub fn reused_from(self, model: &str) -> Explanation {
        Explanation { model: prose::name(model), reused: true, ..self.explanation }
    }
}

/// Reads and verifies an answer to this prompt. `is_technique` says whether ATT&CK has a technique of this id.
pub fn read(text: &str, prompt: &Prompt, is_technique: impl Fn(&str) -> bool) -> Result<Reading, Invalid> {
    if text.contains(prompt.canary()) {
        return Err(Invalid::Canary);
    }
    let answer = Answer::parse(text)?;
    let echo = Echo::of(prompt.sent());
    let prose = Prose { prompt, echo: &echo };
    let cited = answer.evidence.len().min(Explanation::MAX_EVIDENCE);
    let verified: Vec<(usize, Evidence)> = answer
        .evidence
        .iter()
        .take(Explanation::MAX_EVIDENCE)
        .enumerate()
        .filter_map(|(index, item)| Some((index, citation::verified(item, prompt, &prose)?)))
        .collect();
    let embedded_instructions = embedded_instructions(&answer, prompt);
    let merged = merge::merge(&answer, &verified, &embedded_instructions, prompt);
    let (techniques, invalid_ids) = techniques(&answer, &verified, prompt, is_technique);
    let explanation = Explanation {
        // The shortest text is the one that is believed first: it goes with the verdict that it was written for.
        headline: if merged.stands { prose.of(&answer.headline, MAX_HEADLINE_BYTES) } else { String::new() },
        what_happened: prose.of(&answer.what_happened, MAX_STORY_BYTES),
        techniques,
        evidence: verified.into_iter().map(|(_, item)| item).collect(),
        cited,
        benign_explanation: prose.of(&answer.benign_explanation, 2 * MAX_SENTENCE_BYTES),
        malicious_explanation: prose.of(&answer.malicious_explanation, 2 * MAX_SENTENCE_BYTES),
        missing_information: questions(&answer, &prose),
        embedded_instructions,
        verdict: merged.verdict,
        confidence: merged.confidence,
        severity: answer.severity,
        severity_reason: prose.of(&answer.severity_reason, MAX_SENTENCE_BYTES),
        recommended_actions: actions(&answer, &prose),
        tuning_hint: answer
            .tuning_hint
            .as_deref()
            .map(|hint| prose.of(hint, MAX_SENTENCE_BYTES))
            .filter(|hint| !hint.is_empty()),
        raised_to: merged.raised_to,
        overrides: merged.overrides,
        model: String::new(),
        prompt_version: PROMPT_VERSION,
        usage: None,
        reused: false,
    };
    Ok(Reading { explanation, invalid_ids })
}

/// A technique of the rule's must be the rule's; an observed one must exist and rest on a verified citation. Beside
/// them, how many ids are none.
fn techniques(
    answer: &Answer,
    verified: &[(usize, Evidence)],
    prompt: &Prompt,
    is_technique: impl Fn(&str) -> bool,
) -> (Vec<ClaimedTechnique>, u32) {
    let (mut techniques, mut invalid_ids): (Vec<ClaimedTechnique>, u32) = (Vec::new(), 0);
    for claim in &answer.attack {
        let id = claim.id.trim();
        let is_real = is_technique(id)
            && (claim.basis == Basis::Observed || prompt.rule_techniques().iter().any(|known| known == id));
        if !is_real {
            invalid_ids = invalid_ids.saturating_add(1);
            continue;
        }
        let holds = match claim.basis {
            Basis::Rule => true,
            Basis::Observed => {
                verified.iter().any(|(index, _)| i64::try_from(*index) == Ok(claim.evidence_index))
            }
        };
        let is_new = techniques.iter().all(|known| known.id != id);
        if holds && is_new && techniques.len() < Explanation::MAX_TECHNIQUES {
            techniques.push(ClaimedTechnique { id: id.to_owned(), basis: claim.basis });
        }
    }
    (techniques, invalid_ids)
}

/// What the detector found, then what the model quotes from where it really stands.
fn embedded_instructions(answer: &Answer, prompt: &Prompt) -> Vec<EmbeddedInstruction> {
    let found = prompt.findings().iter().filter(|finding| finding.kind.is_claim()).map(|finding| {
        EmbeddedInstruction {
            path: finding.path.clone(),
            quote: prose::start(&finding.quote, MAX_SENTENCE_BYTES).to_owned(),
            found_by: Finder::Code,
        }
    });
    let mut all: Vec<EmbeddedInstruction> = found.collect();
    for claim in &answer.embedded_instructions {
        let Some(path) = citation::place_in_log(&claim.path, &claim.quote, prompt) else { continue };
        if all.iter().all(|known| known.path != path) {
            let quote = prompt.restored(prose::start(claim.quote.trim(), MAX_SENTENCE_BYTES));
            all.push(EmbeddedInstruction { path, quote, found_by: Finder::Model });
        }
    }
    all.truncate(Explanation::MAX_EMBEDDED);
    all
}

fn questions(answer: &Answer, prose: &Prose<'_>) -> Vec<Question> {
    let written = answer.missing_information.iter().map(|asked| Question {
        question: prose.of(&asked.question, MAX_SENTENCE_BYTES),
        why: prose.of(&asked.why, MAX_SENTENCE_BYTES),
        where_to_look: prose.of(&asked.where_to_look, MAX_SENTENCE_BYTES),
    });
    written.filter(|asked| !asked.question.is_empty()).take(Explanation::MAX_QUESTIONS).collect()
}

/// What is to be done at once comes first.
fn actions(answer: &Answer, prose: &Prose<'_>) -> Vec<Action> {
    let written = answer.recommended_actions.iter().map(|advised| Action {
        action: prose.of(&advised.action, MAX_SENTENCE_BYTES),
        when: advised.when,
        kind: advised.kind,
        target: prose.of(&advised.target, MAX_NAME_BYTES),
    });
    let mut actions: Vec<Action> =
        written.filter(|advised| !advised.action.is_empty()).take(Explanation::MAX_ACTIONS).collect();
    actions.sort_by_key(|advised| advised.when);
    actions
}

#[cfg(test)]
mod tests;
