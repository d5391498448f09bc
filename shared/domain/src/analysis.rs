//! What a model wrote about an alert, after verification, or why there is nothing.

mod absent;

use std::fmt;

use serde::{Deserialize, Serialize};

pub use absent::{NoAnalysis, Trouble};

use crate::assessment::Priority;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "status", rename_all = "snake_case")]
pub enum Analysis {
    Written(Box<Explanation>),
    Unavailable { reason: NoAnalysis },
}

impl From<Explanation> for Analysis {
    fn from(explanation: Explanation) -> Self {
        Self::Written(Box::new(explanation))
    }
}

impl Analysis {
    /// The priority of the notice: the assessment's, or what the model raised it to. Never below the assessment's.
    pub fn priority(&self, assessed: Priority) -> Priority {
        match self {
            Self::Written(explanation) => {
                explanation.raised_to.map_or(assessed, |raised| raised.max(assessed))
            }
            Self::Unavailable { .. } => assessed,
        }
    }
}

/// The model's words after verification. Text from a model is as untrusted as text from a log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Explanation {
    pub headline: String,
    pub what_happened: String,
    /// Only items whose value stands in the document that the model was sent, at the place it named.
    pub evidence: Vec<Evidence>,
    /// How many items the model cited, verified or not.
    pub cited: usize,
    /// Techniques that exist, and that the rule names or verified evidence shows.
    pub techniques: Vec<ClaimedTechnique>,
    pub benign_explanation: String,
    pub malicious_explanation: String,
    pub missing_information: Vec<Question>,
    /// Text in the alert that speaks to whoever reads it, found by code or by the model.
    pub embedded_instructions: Vec<EmbeddedInstruction>,
    /// What is left of the model's verdict after verification and merge.
    pub verdict: ModelVerdict,
    pub confidence: Confidence,
    /// As the model said it; [`Self::raised_to`] is what came of it.
    pub severity: Severity,
    pub severity_reason: String,
    pub recommended_actions: Vec<Action>,
    pub tuning_hint: Option<String>,
    /// Set only where the model raised the assessment's priority.
    pub raised_to: Option<Priority>,
    /// What the model said and code did not accept.
    pub overrides: Vec<Override>,
    /// The model that answered, as the server named it.
    pub model: String,
    pub prompt_version: u16,
    pub usage: Option<Spent>,
    /// Whether the answer was given to an earlier alert of the same kind.
    pub reused: bool,
}

impl Explanation {
    pub const MAX_EVIDENCE: usize = 8;
    pub const MAX_ACTIONS: usize = 5;
    pub const MAX_QUESTIONS: usize = 4;
    pub const MAX_TECHNIQUES: usize = 5;
    pub const MAX_EMBEDDED: usize = 5;
}

/// A citation that was verified.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// JSON pointer into the alert.
    pub path: String,
    pub value: String,
    pub meaning: String,
    pub points_to: Direction,
}

/// Which explanation a citation speaks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    Malicious,
    Benign,
    Context,
}

impl fmt::Display for Direction {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Malicious => "malicious",
            Self::Benign => "benign",
            Self::Context => "context",
        })
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClaimedTechnique {
    pub id: String,
    pub basis: Basis,
}

/// Why a technique is named.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Basis {
    Rule,
    Observed,
}

/// What the model would need to know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Question {
    pub question: String,
    pub why: String,
    pub where_to_look: String,
}

/// Text in a field that an attacker may have written, addressed to whoever reads the alert.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EmbeddedInstruction {
    /// JSON pointer into the alert.
    pub path: String,
    pub quote: String,
    pub found_by: Finder,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Finder {
    Code,
    Model,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Action {
    pub action: String,
    pub when: When,
    pub kind: ActionKind,
    pub target: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum When {
    Now,
    Today,
    Later,
}

impl fmt::Display for When {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Now => "now",
            Self::Today => "today",
            Self::Later => "later",
        })
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ActionKind {
    Verify,
    Contain,
    Eradicate,
    Tune,
    None,
}

/// How serious the model finds the alert.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    Informational,
    Low,
    Medium,
    High,
    Critical,
}

impl Severity {
    /// The priority that says the same.
    pub fn priority(self) -> Priority {
        match self {
            Self::Informational | Self::Low => Priority::Low,
            Self::Medium => Priority::Medium,
            Self::High => Priority::High,
            Self::Critical => Priority::Critical,
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Informational => "informational",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        })
    }
}

/// Something the model said, what of the same kind stands instead, and why. Displays as one sentence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Override {
    pub said: Claim,
    pub kept: Claim,
    /// The end of a sentence that begins with "because".
    pub because: String,
}

impl fmt::Display for Override {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "The model said {}; kept {} because {}.", self.said, self.kept, self.because)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Claim {
    Verdict(ModelVerdict),
    Severity(Severity),
    Priority(Priority),
}

impl fmt::Display for Claim {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Verdict(verdict) => verdict.fmt(formatter),
            Self::Severity(severity) => write!(formatter, "{severity} severity"),
            Self::Priority(priority) => write!(formatter, "priority {priority}"),
        }
    }
}

/// What an answer took.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spent {
    pub input_tokens: u64,
    pub output_tokens: u64,
    /// Millionths of a dollar; nothing where no price is configured.
    pub micro_usd: Option<u64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ModelVerdict {
    TruePositive,
    BenignTruePositive,
    FalsePositive,
    Undetermined,
}

impl ModelVerdict {
    /// Whether it says that nobody needs to act.
    pub fn is_benign(self) -> bool {
        match self {
            Self::BenignTruePositive | Self::FalsePositive => true,
            Self::TruePositive | Self::Undetermined => false,
        }
    }
}

impl fmt::Display for ModelVerdict {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::TruePositive => "true positive",
            Self::BenignTruePositive => "benign true positive",
            Self::FalsePositive => "false positive",
            Self::Undetermined => "undetermined",
        })
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Confidence {
    Low,
    Medium,
    High,
}

impl fmt::Display for Confidence {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
        })
    }
}
