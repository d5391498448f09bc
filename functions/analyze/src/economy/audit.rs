//! What was asked, what came back and what was made of it, for whoever has to answer for a mail later.
//!
//! The answer is kept as the model wrote it, from redacted data. The question is not: it can be made again from the
//! alert and the versions.

use std::time::Duration;

use domain::analysis::{Analysis, ModelVerdict, NoAnalysis};
use domain::message::NoticeId;
use domain::trim::cut_middle;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;

use super::price::Tokens;
use crate::analyses::{Analyses, StoreError};

/// How long records are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Audit {
    pub retention: Duration,
}

/// One analysis.
#[derive(Debug, Serialize)]
pub struct Record<'a> {
    pub at: Timestamp,
    pub fingerprint: &'a str,
    pub prompt_version: u16,
    pub redaction_version: u16,
    /// The day of the prices by which costs were computed.
    pub prices_as_of: Option<Date>,
    /// In the order in which models were asked; none for an answer that was used again.
    pub calls: &'a [Call],
    pub result: Verified,
}

/// One question to one model, answered or not.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Call {
    /// The model that was asked.
    pub asked: String,
    /// The model that answered, as the server named it.
    pub answered: Option<String>,
    pub request_id: Option<String>,
    pub input_tokens: u64,
    pub cached_tokens: u64,
    pub output_tokens: u64,
    /// Nothing for a model without a price.
    pub cost_micro_usd: Option<u64>,
    /// Why the call was of no use.
    pub failed: Option<NoAnalysis>,
    pub answer: Option<String>,
}

impl Call {
    const MAX_ANSWER_BYTES: usize = 32 * 1024;

    pub fn tokens(&self) -> Tokens {
        Tokens { input: self.input_tokens, cached: self.cached_tokens, output: self.output_tokens }
    }
}

/// What verification made of the last answer.
#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verified {
    Written { verdict: ModelVerdict, verified: usize, cited: usize },
    Unavailable { reason: &'static str },
}

impl From<&Analysis> for Verified {
    fn from(analysis: &Analysis) -> Self {
        match analysis {
            Analysis::Written(explanation) => Self::Written {
                verdict: explanation.verdict,
                verified: explanation.evidence.len(),
                cited: explanation.cited,
            },
            Analysis::Unavailable { reason } => Self::Unavailable { reason: reason.name() },
        }
    }
}

impl Audit {
    /// Keeps the record of a notice's analysis; a later one of the same notice replaces it. Never fails: the mail is
    /// worth more.
    pub async fn keep(self, analyses: &Analyses, notice: &NoticeId, record: &Record<'_>, now: Timestamp) {
        if self.retention.is_zero() {
            return;
        }
        let written = async {
            let document = serde_json::to_string(record).map_err(StoreError::write)?;
            analyses.put(&format!("audit#{notice}"), &document, now + self.retention).await
        };
        if let Err(error) = written.await {
            tracing::warn!(
                notice.id = notice.as_str(),
                error = lambda::logs::chain(&error),
                "the record of an analysis could not be kept"
            );
        }
    }
}

/// An answer as it is kept: what is too long loses its middle.
pub fn bounded(answer: &str) -> String {
    cut_middle(answer, Call::MAX_ANSWER_BYTES)
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::incident::IncidentId;

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;

    fn call() -> Call {
        Call {
            asked: "gpt-5.4-mini".to_owned(),
            answered: Some("gpt-5.4-mini-2026-03-17".to_owned()),
            request_id: Some("req_1".to_owned()),
            input_tokens: 2_500,
            cached_tokens: 1_500,
            output_tokens: 900,
            cost_micro_usd: Some(4_913),
            failed: None,
            answer: Some(bounded(&"x".repeat(100_000))),
        }
    }

    async fn kept(retention: Duration) -> Option<serde_json::Value> {
        let table = Analyses::memory();
        let incident = IncidentId::try_from("0123456789abcdef".to_owned()).unwrap();
        let notice = NoticeId::of(&incident, NOW, 1);
        let analysis = Analysis::Unavailable { reason: NoAnalysis::Invalid };
        let record = Record {
            at: NOW,
            fingerprint: "f",
            prompt_version: 2,
            redaction_version: 1,
            prices_as_of: Some("2026-07-01".parse().unwrap()),
            calls: &[call()],
            result: Verified::from(&analysis),
        };
        Audit { retention }.keep(&table, &notice, &record, NOW).await;
        let row = table.read(&format!("audit#{notice}"), NOW).await.unwrap()?;
        Some(serde_json::from_str(&row.document).unwrap())
    }

    #[tokio::test]
    async fn a_record_says_who_was_asked_what_it_cost_and_what_came_of_it() {
        let mut record = kept(Duration::from_hours(24)).await.unwrap();
        let answer = record["calls"][0]["answer"].take();
        assert!(answer.as_str().unwrap().len() < 40_000);
        insta::assert_json_snapshot!(record, @r#"
        {
          "at": "1970-01-01T00:00:00Z",
          "fingerprint": "f",
          "prompt_version": 2,
          "redaction_version": 1,
          "prices_as_of": "2026-07-01",
          "calls": [
            {
              "asked": "gpt-5.4-mini",
              "answered": "gpt-5.4-mini-2026-03-17",
              "request_id": "req_1",
              "input_tokens": 2500,
              "cached_tokens": 1500,
              "output_tokens": 900,
              "cost_micro_usd": 4913,
              "failed": null,
              "answer": null
            }
          ],
          "result": {
            "unavailable": {
              "reason": "invalid"
            }
          }
        }
        "#);
    }

    #[tokio::test]
    async fn no_record_is_kept_for_no_days() {
        assert_eq!(kept(Duration::ZERO).await, None);
    }
}
