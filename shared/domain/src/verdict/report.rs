use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Evidence, Reputation, Witness};
use crate::indicator::Found;

/// What one witness says about one indicator.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Report {
    pub witness: Witness,
    pub found: Found,
    pub answer: Answer,
    /// When the witness was asked; an answer from the cache keeps its first time.
    pub asked_at: Timestamp,
    /// Whether the answer came out of the cache.
    pub cached: bool,
}

/// A look-up that failed or was not made is never mistaken for "nothing known".
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "status", rename_all = "snake_case")]
pub enum Answer {
    Known { evidence: Evidence },
    Skipped { reason: Skipped },
    Unknown { reason: Unanswered },
}

impl Answer {
    pub fn evidence(&self) -> Option<&Evidence> {
        match self {
            Self::Known { evidence } => Some(evidence),
            Self::Skipped { .. } | Self::Unknown { .. } => None,
        }
    }

    /// What `AbuseIPDB` said, if it was asked and answered.
    pub fn reputation(&self) -> Option<&Reputation> {
        match self.evidence()? {
            Evidence::AbuseIpDb(reputation) => Some(reputation),
            Evidence::Misp(_) | Evidence::Otx(_) | Evidence::Listed(_) => None,
        }
    }

    /// How the look-up ended, for keys, logs and metrics: `hit`, `miss`, or why there is neither.
    pub fn status(&self) -> &'static str {
        match self {
            Self::Known { evidence } if evidence.is_hit() => "hit",
            Self::Known { .. } => "miss",
            Self::Skipped { reason } => reason.name(),
            Self::Unknown { reason } => reason.name(),
        }
    }
}

impl From<Evidence> for Answer {
    fn from(evidence: Evidence) -> Self {
        Self::Known { evidence }
    }
}

/// Why a provider was not to be asked. It takes nothing away from the verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Skipped {
    /// No address of the internet: it stays in the account.
    Private,
    /// On the site's list of what is never asked about, or curated as harmless.
    AllowList,
    /// The same rule asked about the same indicator within the dedup window.
    Repeat,
    /// The alert has more indicators than are looked up.
    TooMany,
}

impl Skipped {
    pub fn name(self) -> &'static str {
        match self {
            Self::Private => "skipped_private",
            Self::AllowList => "skipped_allowlist",
            Self::Repeat => "skipped_repeat",
            Self::TooMany => "skipped_too_many",
        }
    }
}

impl fmt::Display for Skipped {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Private => "not public",
            Self::AllowList => "excepted from look-ups",
            Self::Repeat => "seen within the dedup window",
            Self::TooMany => "more indicators than are looked up",
        })
    }
}

/// Why a provider gave no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unanswered {
    /// No key is configured: the provider is off.
    Disabled,
    /// The day's requests are used up, the provider's or our own.
    QuotaExhausted,
    /// Too many requests in a short time.
    RateLimited,
    Unauthorized,
    Timeout,
    Unreachable,
    InvalidResponse,
    /// It failed again and again, and is left alone for a while.
    CircuitOpen,
}

impl Unanswered {
    /// Name in metrics and logs.
    pub fn name(self) -> &'static str {
        match self {
            Self::Disabled => "disabled",
            Self::QuotaExhausted => "quota_exhausted",
            Self::RateLimited => "rate_limited",
            Self::Unauthorized => "unauthorized",
            Self::Timeout => "timeout",
            Self::Unreachable => "unreachable",
            Self::InvalidResponse => "invalid_response",
            Self::CircuitOpen => "circuit_open",
        }
    }
}

impl fmt::Display for Unanswered {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Disabled => "not configured",
            Self::QuotaExhausted => "daily quota used up",
            Self::RateLimited => "too many requests",
            Self::Unauthorized => "key refused",
            Self::Timeout => "no answer in time",
            Self::Unreachable => "not reachable",
            Self::InvalidResponse => "unreadable answer",
            Self::CircuitOpen => "left alone after repeated failures",
        })
    }
}
