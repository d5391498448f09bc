//! What intelligence says about the indicators of an alert, and the judgement that follows from it.

mod bounds;
pub mod evidence;
mod formula;
mod judge;
mod provider;
mod report;
mod sentence;
mod standing;

use std::fmt;

use serde::{Deserialize, Serialize};

pub use evidence::{
    Evidence, Listing, MispAttribute, MispEvent, MispMatches, OtxPulse, OtxPulses, Reputation, ThreatLevel,
};
pub use formula::{BasisPoints, Formula, Weight, attribute_weight, pulse_weight};
pub use judge::{Contribution, Examined, Judged, Modifier};
pub use provider::{Provider, Witness};
pub use report::{Answer, Report, Skipped, Unanswered};
pub use standing::{Class, Standing};

/// The combined judgement over an alert: its worst indicator decides. There is no "clean": silence is not innocence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    pub formula_version: u16,
    pub judgement: Judgement,
    /// 0 to 100.
    pub score: u8,
    /// Percent of the witnesses that could say something about the deciding indicator and did, by their weight.
    pub coverage: u8,
    /// Percent of those that answered and side with the judgement, by their weight.
    pub agreement: u8,
    /// One checkable sentence per contribution, worst indicator first, in our own words: no outside text.
    pub reasons: Vec<String>,
    /// Worst first.
    pub indicators: Vec<Judged>,
}

/// From the one that needs no attention to the one that needs it most.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Judgement {
    /// Everybody who was asked answered, and nobody knows anything bad.
    NoEvidence,
    /// A service that everybody uses, whatever is said about it, or an analyst's allow list.
    BenignInfrastructure,
    /// Somebody did not answer, or there was nobody to ask about.
    Unknown,
    Observed,
    Suspicious,
    Malicious,
}

impl Judgement {
    /// Name in events and metrics.
    pub fn name(self) -> &'static str {
        match self {
            Self::NoEvidence => "no_evidence",
            Self::BenignInfrastructure => "benign_infrastructure",
            Self::Unknown => "unknown",
            Self::Observed => "observed",
            Self::Suspicious => "suspicious",
            Self::Malicious => "malicious",
        }
    }
}

impl fmt::Display for Judgement {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::NoEvidence => "no evidence",
            Self::BenignInfrastructure => "benign infrastructure",
            Self::Unknown => "unknown",
            Self::Observed => "observed",
            Self::Suspicious => "suspicious",
            Self::Malicious => "malicious",
        })
    }
}
