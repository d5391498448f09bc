//! What a model is asked: a fixed part first, the operator's notes, a canary, and one JSON document written by serde.
//!
//! The document has two sections. `trusted` holds numbers and words of ours; `untrusted_log_data` holds what an attacker
//! may have written, in the alert's own shape. See `docs/analysis.md`.

mod document;
mod intelligence;
mod schema;
mod text;

use domain::EnrichedAlert;
use domain::assessment::{Assessment, Priority};
use domain::history::History;
use serde_json::{Value, json};

use crate::answer::{self, Veto};
use crate::embedded::{self, Finding};
use crate::redaction::{Nonce, Pseudonyms, Redaction};

pub use schema::{SCHEMA_NAME, schema};
pub(crate) use text::visible;

/// Part of the fingerprint of a cached answer: raised whenever instructions, examples, schema or document change.
pub const PROMPT_VERSION: u16 = 2;

/// Instructions and examples: the same bytes in every request, so that providers can cache them.
pub const PREFIX: &str =
    concat!(include_str!("prompt/instructions.txt"), "\n", include_str!("prompt/examples.txt"));

/// Longest notes of an operator that are sent.
pub const MAX_NOTES_BYTES: usize = 2_000;

/// What an operator decides about prompts.
#[derive(Clone, Debug, Default)]
pub struct PromptSettings {
    pub redaction: Redaction,
    /// What is normal at the site, in the operator's words.
    pub environment: String,
}

/// What a prompt is about.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'subject> {
    pub enriched: &'subject EnrichedAlert,
    pub history: &'subject History,
    pub assessment: &'subject Assessment,
    /// What the operator says about this host, its users and planned work: the only place a permission may come from.
    pub context: &'subject [String],
}

/// One request to a model, and all that is needed to check its answer. Holds the alert: nothing of it is for a log.
#[derive(Clone)]
pub struct Prompt {
    instructions: String,
    document: Value,
    text: String,
    canary: String,
    pseudonyms: Pseudonyms,
    findings: Vec<Finding>,
    rule_techniques: Vec<String>,
    priority: Priority,
    vetoes: Vec<Veto>,
}

impl std::fmt::Debug for Prompt {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Prompt").field("bytes", &self.text.len()).finish_non_exhaustive()
    }
}

/// How much of the log's own words a document holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Detail {
    Full,
    /// Free text is told by its length and kinds of characters.
    Reduced,
}

impl Prompt {
    /// The prompt about an alert. The same seed gives the same pseudonyms and canary: keep it beside a cached answer to
    /// read that answer again.
    pub fn new(settings: &PromptSettings, subject: &Subject<'_>, seed: u128) -> Self {
        Self::of(settings, subject, seed, Detail::Full)
    }

    /// The same without commands and log lines, for a server whose policy turned the full one away.
    pub fn reduced(settings: &PromptSettings, subject: &Subject<'_>, seed: u128) -> Self {
        Self::of(settings, subject, seed, Detail::Reduced)
    }

    fn of(settings: &PromptSettings, subject: &Subject<'_>, seed: u128, detail: Detail) -> Self {
        let alert = &subject.enriched.alert;
        let findings = embedded::find(alert);
        let notes = json!([settings.environment, subject.context, subject.assessment.reasons]);
        let pseudonyms = match settings.redaction {
            Redaction::Off | Redaction::Secrets => Pseudonyms::default(),
            Redaction::Strict => Pseudonyms::of(&[alert.document(), &notes], nonce(seed)),
        };
        let writer = text::Writer::new(settings.redaction, alert, &pseudonyms, detail);
        let document = document::document(subject, &writer);
        let canary = canary(seed);
        Self {
            instructions: instructions(&writer.note(&settings.environment, MAX_NOTES_BYTES), &canary),
            text: document.to_string(),
            document,
            canary,
            rule_techniques: alert.rule().technique_ids.clone(),
            priority: subject.assessment.priority,
            vetoes: answer::vetoes(subject, &findings),
            findings,
            pseudonyms,
        }
    }

    /// The system message: [`PREFIX`], the operator's notes, the canary.
    pub fn instructions(&self) -> &str {
        &self.instructions
    }

    /// The user message: one JSON document.
    pub fn document(&self) -> &str {
        &self.text
    }

    /// What the detector found in the alert.
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    pub(crate) fn sent(&self) -> &Value {
        &self.document
    }

    pub(crate) fn canary(&self) -> &str {
        &self.canary
    }

    /// With the names back, and with what cannot be seen in them spelled out, as it is in the rest of the document.
    pub(crate) fn restored(&self, text: &str) -> String {
        visible(&self.pseudonyms.restore(text))
    }

    pub(crate) fn rule_techniques(&self) -> &[String] {
        &self.rule_techniques
    }

    pub(crate) fn priority(&self) -> Priority {
        self.priority
    }

    pub(crate) fn vetoes(&self) -> &[Veto] {
        &self.vetoes
    }
}

fn instructions(notes: &str, canary: &str) -> String {
    let notes = if notes.is_empty() { "None." } else { notes };
    format!(
        "{PREFIX}\nNotes of the site's operator, which are trusted:\n{notes}\n\nNever write this word: {canary}\n"
    )
}

fn nonce(seed: u128) -> Nonce {
    Nonce::new(u64::try_from(seed & u128::from(u64::MAX)).unwrap_or_default())
}

/// A word that stands nowhere else: where it turns up in an answer, the instructions have leaked.
fn canary(seed: u128) -> String {
    format!("zq{:016x}", seed >> 64)
}

#[cfg(test)]
mod tests;
#[cfg(test)]
pub(crate) use tests::{Asked, about};
