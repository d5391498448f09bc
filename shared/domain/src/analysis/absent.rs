//! Why there is no analysis.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

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
    /// The alert is larger than the model can read.
    ContextTooLong,
    Timeout,
    Unreachable,
    /// Too little time was left before the function's deadline.
    NoTime,
    /// Low priority, seen before, and nothing known against it: code alone is sure enough.
    Certain,
    /// The site asks the model from a higher priority on.
    BelowPriority,
    /// Another worker was asking the same question, and its answer did not come in time.
    InProgress,
    /// The site's own limit of tokens or money for this day is reached.
    BudgetExhausted,
    /// What was spent today could not be read: no money is spent blindly.
    BudgetUnknown,
    /// The model is left alone until then, for all alerts.
    CircuitOpen {
        until: Timestamp,
        trouble: Trouble,
    },
}

/// What a model is left alone for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Trouble {
    Configuration,
    Quota,
    /// It was slow, overloaded or not there, several times within minutes.
    Outage,
}

impl fmt::Display for Trouble {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Configuration => "its address, name or key was refused",
            Self::Quota => "its quota is used up",
            Self::Outage => "it failed repeatedly",
        })
    }
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
            Self::ContextTooLong => "context_too_long",
            Self::Timeout => "timeout",
            Self::Unreachable => "unreachable",
            Self::NoTime => "no_time",
            Self::Certain => "certain",
            Self::BelowPriority => "below_priority",
            Self::InProgress => "in_progress",
            Self::BudgetExhausted => "budget_exhausted",
            Self::BudgetUnknown => "budget_unknown",
            Self::CircuitOpen { .. } => "circuit_open",
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
            Self::ContextTooLong => "the alert is too long for the model",
            Self::Timeout => "the model did not answer in time",
            Self::Unreachable => "the model was not reachable",
            Self::NoTime => "there was no time left to ask the model",
            Self::Certain => "the alert is of low priority, was seen before, and nothing is known against it",
            Self::BelowPriority => "the alert is below the priority from which a model is asked",
            Self::InProgress => "a model was being asked about an alert like this one",
            Self::BudgetExhausted => "the model's budget for today is used up",
            Self::BudgetUnknown => "the model's budget could not be checked",
            Self::CircuitOpen { until, trouble } => {
                let time = until.strftime("%H:%M UTC");
                return write!(formatter, "the model is left alone until {time}, since {trouble}");
            }
        })
    }
}
