//! What intelligence says about the addresses of an alert.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::indicator::AddressFound;

/// Whoever can be asked about an indicator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Provider {
    #[serde(rename = "abuseipdb")]
    AbuseIpDb,
}

impl Provider {
    /// Name in keys, logs and metrics.
    pub fn name(self) -> &'static str {
        match self {
            Self::AbuseIpDb => "abuseipdb",
        }
    }
}

impl fmt::Display for Provider {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::AbuseIpDb => "AbuseIPDB",
        })
    }
}

/// One provider's answer about one indicator.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    pub provider: Provider,
    pub indicator: AddressFound,
    pub answer: Answer,
    /// When the provider was asked; an answer from the cache keeps its first time.
    pub asked_at: Timestamp,
}

/// A failed look-up is never mistaken for "nothing known".
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "status", rename_all = "snake_case")]
pub enum Answer {
    Known(Reputation),
    Unknown { reason: Unanswered },
}

impl Answer {
    pub fn reputation(&self) -> Option<&Reputation> {
        match self {
            Self::Known(reputation) => Some(reputation),
            Self::Unknown { .. } => None,
        }
    }
}

/// What `AbuseIPDB` knows about an address. The texts come from outside and are not trusted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reputation {
    /// Confidence of abuse, 0 to 100.
    pub score: u8,
    pub country_code: Option<String>,
    pub usage_type: Option<String>,
    pub isp: Option<String>,
    pub domain: Option<String>,
    pub total_reports: Option<u64>,
    pub distinct_reporters: Option<u64>,
    pub last_reported_at: Option<Timestamp>,
    pub is_tor: bool,
}

/// Why a provider gave no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unanswered {
    /// No key is configured: the provider is off.
    Disabled,
    QuotaExhausted,
    Unauthorized,
    Timeout,
    Unreachable,
    InvalidResponse,
}

impl Unanswered {
    /// Name in metrics and logs.
    pub fn name(self) -> &'static str {
        match self {
            Self::Disabled => "disabled",
            Self::QuotaExhausted => "quota_exhausted",
            Self::Unauthorized => "unauthorized",
            Self::Timeout => "timeout",
            Self::Unreachable => "unreachable",
            Self::InvalidResponse => "invalid_response",
        }
    }
}

impl fmt::Display for Unanswered {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Disabled => "not configured",
            Self::QuotaExhausted => "daily quota used up",
            Self::Unauthorized => "key refused",
            Self::Timeout => "no answer in time",
            Self::Unreachable => "not reachable",
            Self::InvalidResponse => "unreadable answer",
        })
    }
}

/// The combined judgement over all reports. There is no "clean": silence is not innocence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    pub judgement: Judgement,
    /// 0 to 100.
    pub score: u8,
    /// One checkable sentence per contribution, and one per provider that did not answer.
    pub reasons: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Judgement {
    /// Nobody answered, or there was nobody to ask about.
    Unknown,
    /// Everybody who was asked answered, and nobody knows anything bad.
    NoEvidence,
    Observed,
    Suspicious,
    Malicious,
}

impl fmt::Display for Judgement {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Unknown => "unknown",
            Self::NoEvidence => "no evidence",
            Self::Observed => "observed",
            Self::Suspicious => "suspicious",
            Self::Malicious => "malicious",
        })
    }
}

impl Verdict {
    /// Judges the reports: the worst address decides, weighted by how far its witness is trusted.
    pub fn over(reports: &[Report]) -> Self {
        let score = reports
            .iter()
            .filter_map(|report| {
                report.answer.reputation().map(|known| weighted(report.provider, known.score))
            })
            .max();
        let all_answered = reports.iter().all(|report| report.answer.reputation().is_some());
        let judgement = match score {
            Some(0) if all_answered => Judgement::NoEvidence,
            None | Some(0) => Judgement::Unknown,
            Some(1..35) => Judgement::Observed,
            Some(35..75) => Judgement::Suspicious,
            Some(75..) => Judgement::Malicious,
        };
        Self { judgement, score: score.unwrap_or(0), reasons: reports.iter().map(sentence).collect() }
    }
}

/// `AbuseIPDB` is trusted to three quarters: 100 alone is just enough for "malicious".
fn weighted(provider: Provider, score: u8) -> u8 {
    match provider {
        Provider::AbuseIpDb => u8::try_from((u16::from(score) * 3).div_ceil(4)).unwrap_or(u8::MAX),
    }
}

fn sentence(report: &Report) -> String {
    let (provider, address) = (report.provider, report.indicator.address);
    match &report.answer {
        Answer::Unknown { reason } => format!("{provider} gave no answer about {address}: {reason}"),
        Answer::Known(Reputation { score: 0, total_reports: Some(0) | None, .. }) => {
            format!("{provider} has no reports about {address}")
        }
        Answer::Known(known) => {
            let reports = known.total_reports.map_or_else(String::new, |count| format!(", {count} reports"));
            format!("{provider} is {}% confident that {address} is abusive{reports}", known.score)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::indicator::Direction;

    fn report(answer: Answer) -> Report {
        let indicator = AddressFound {
            address: "203.0.113.9".parse().unwrap(),
            path: "data.srcip".into(),
            direction: Direction::Source,
        };
        Report { provider: Provider::AbuseIpDb, indicator, answer, asked_at: Timestamp::UNIX_EPOCH }
    }

    fn known(score: u8) -> Report {
        report(Answer::Known(Reputation {
            score,
            total_reports: Some(u64::from(score)),
            ..Reputation::default()
        }))
    }

    fn silent() -> Report {
        report(Answer::Unknown { reason: Unanswered::Timeout })
    }

    #[test]
    fn the_worst_address_decides() {
        for (reports, judgement, score) in [
            (vec![], Judgement::Unknown, 0),
            (vec![silent()], Judgement::Unknown, 0),
            (vec![known(0)], Judgement::NoEvidence, 0),
            (vec![known(0), silent()], Judgement::Unknown, 0),
            (vec![known(1)], Judgement::Observed, 1),
            (vec![known(1), silent()], Judgement::Observed, 1),
            (vec![known(60), known(0)], Judgement::Suspicious, 45),
            (vec![known(100), silent()], Judgement::Malicious, 75),
        ] {
            let verdict = Verdict::over(&reports);
            assert_eq!((verdict.judgement, verdict.score), (judgement, score), "{reports:?}");
            assert_eq!(verdict.reasons.len(), reports.len());
        }
    }

    #[test]
    fn each_reason_is_a_sentence_a_person_can_check() {
        assert_eq!(
            Verdict::over(&[known(100), known(0), silent()]).reasons,
            [
                "AbuseIPDB is 100% confident that 203.0.113.9 is abusive, 100 reports",
                "AbuseIPDB has no reports about 203.0.113.9",
                "AbuseIPDB gave no answer about 203.0.113.9: no answer in time",
            ]
        );
    }
}
