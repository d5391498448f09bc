//! What a model wrote about an alert, after verification, or why there is nothing.

use std::fmt;

use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "status", rename_all = "snake_case")]
pub enum Analysis {
    Written(Explanation),
    Unavailable { reason: NoAnalysis },
}

/// The model's words. Text from a model is as untrusted as text from a log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Explanation {
    pub what_happened: String,
    /// Only items whose value was found in the alert at the place the model named.
    pub evidence: Vec<Evidence>,
    /// How many items the model cited, verified or not.
    pub cited: usize,
    pub verdict: ModelVerdict,
    pub confidence: Confidence,
    pub recommended_actions: Vec<String>,
    pub missing_information: Vec<String>,
    /// The model that answered, as the server named it.
    pub model: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// JSON pointer into the alert.
    pub path: String,
    pub value: String,
    pub meaning: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ModelVerdict {
    TruePositive,
    BenignTruePositive,
    FalsePositive,
    Undetermined,
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

/// Why the mail has to do without a model. A category, never the server's own text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoAnalysis {
    /// No key is configured: the model is off.
    Disabled,
    /// The key, the model's name or the address is wrong.
    Configuration,
    QuotaExhausted,
    RateLimited,
    /// The server's content policy turned the alert away.
    Policy,
    /// The model declined to answer.
    Refused,
    /// The answer was cut before it ended.
    Incomplete,
    /// The answer was not what was asked for.
    Invalid,
    Timeout,
    Unreachable,
    /// Too little time was left before the function's deadline.
    NoTime,
}

impl NoAnalysis {
    /// Name in metrics and logs.
    pub fn name(self) -> &'static str {
        match self {
            Self::Disabled => "disabled",
            Self::Configuration => "configuration",
            Self::QuotaExhausted => "quota_exhausted",
            Self::RateLimited => "rate_limited",
            Self::Policy => "policy",
            Self::Refused => "refused",
            Self::Incomplete => "incomplete",
            Self::Invalid => "invalid",
            Self::Timeout => "timeout",
            Self::Unreachable => "unreachable",
            Self::NoTime => "no_time",
        }
    }
}

impl fmt::Display for NoAnalysis {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Disabled => "no model is configured",
            Self::Configuration => "the model's address, name or key was refused",
            Self::QuotaExhausted => "the model's quota is used up",
            Self::RateLimited => "the model is rate-limited",
            Self::Policy => "the model's content policy turned the alert away",
            Self::Refused => "the model declined to answer",
            Self::Incomplete => "the model's answer was cut short",
            Self::Invalid => "the model's answer was not usable",
            Self::Timeout => "the model did not answer in time",
            Self::Unreachable => "the model was not reachable",
            Self::NoTime => "there was no time left to ask the model",
        })
    }
}
