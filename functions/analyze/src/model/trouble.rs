//! What can be wrong with one try.

use std::time::Duration;

use domain::analysis::NoAnalysis;

use super::manners::Parameter;

/// One class of trouble: each has its own remedy, see [`super::course`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Trouble {
    /// The server does not know a part of the request.
    Unknown(Parameter),
    /// More was sent than the model can read.
    TooLong,
    /// The content policy turned the document, or the answer, away.
    Policy,
    /// The model declined.
    Refused,
    /// The answer ended before its end.
    Cut,
    /// There is an answer, and it is not what was asked for: why, in words for the model.
    Unaccepted(String),
    /// The key was turned away.
    Key,
    /// No try can succeed before somebody changes a setting.
    Configuration,
    /// The money is spent.
    Quota,
    /// Too many requests or tokens a minute.
    Rate,
    /// The server had a bad moment.
    Busy,
    /// No connection, or one that broke.
    Unreachable,
    /// The server may still be at work, and the answer be billed.
    Timeout,
    /// Not an answer of this API.
    Invalid,
}

impl Trouble {
    /// What is left of it when nothing helped.
    pub(super) fn reason(&self) -> NoAnalysis {
        match self {
            Self::TooLong => NoAnalysis::ContextTooLong,
            Self::Policy => NoAnalysis::Policy,
            Self::Refused => NoAnalysis::Refused,
            Self::Cut => NoAnalysis::Incomplete,
            Self::Unaccepted(_) | Self::Invalid => NoAnalysis::Invalid,
            Self::Unknown(_) | Self::Key | Self::Configuration => NoAnalysis::Configuration,
            Self::Quota => NoAnalysis::QuotaExhausted,
            Self::Rate => NoAnalysis::RateLimited,
            Self::Busy | Self::Unreachable => NoAnalysis::Unreachable,
            Self::Timeout => NoAnalysis::Timeout,
        }
    }
}

/// Trouble, and what the server says about another try.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Mishap {
    pub trouble: Trouble,
    pub advice: Advice,
}

impl From<Trouble> for Mishap {
    fn from(trouble: Trouble) -> Self {
        Self { trouble, advice: Advice::default() }
    }
}

/// What the headers say about another try.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Advice {
    /// Not before this time has passed.
    pub wait: Option<Duration>,
    /// Whether it can help at all, as far as the server knows.
    pub again: Option<bool>,
}
