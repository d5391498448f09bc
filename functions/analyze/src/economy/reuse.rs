//! One text for alerts that ask the same question, written by one worker while the others wait.
//!
//! What is kept is the model's own answer, never a verdict of ours: for the next alert it is checked again, against
//! that alert, as if it had just come.

use std::time::Duration;

use domain::analysis::{ModelVerdict, NoAnalysis};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tokio::time::Instant;

use super::fingerprint::{Fingerprint, Question};
use super::rebase::{mentioned, rebase};
use crate::analyses::{Analyses, StoreError, Version};

/// How long a text may be shown again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reuse {
    /// Nothing: each alert is asked about for itself.
    pub lifetime: Option<Duration>,
}

/// An answer that was accepted once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    answer: String,
    /// Of the prompt: its pseudonyms are read back by it.
    pub seed: u128,
    /// The values of its alert that it mentions.
    mentioned: Vec<(usize, String)>,
    /// What verification made of it: it must make the same of it again.
    pub verdict: ModelVerdict,
    /// The model that wrote it, as the server named it.
    pub model: String,
}

impl Kept {
    /// An answer longer than this is not worth its place.
    const MAX_BYTES: usize = 32 * 1024;

    /// Nothing for an answer that cannot be said about another alert.
    pub fn new(
        answer: &str,
        question: &Question,
        seed: u128,
        verdict: ModelVerdict,
        model: &str,
    ) -> Option<Self> {
        let mentioned = mentioned(answer, &question.values).filter(|_| answer.len() <= Self::MAX_BYTES)?;
        let (answer, model) = (answer.to_owned(), model.to_owned());
        Some(Self { answer, seed, mentioned, verdict, model })
    }

    /// The answer with this alert's values; nothing when it cannot be said of it.
    pub fn about(&self, question: &Question) -> Option<String> {
        rebase(&self.answer, &self.mentioned, &question.values)
    }
}

/// Whose turn it is to ask.
#[derive(Debug)]
pub enum Turn {
    /// The question was answered before.
    Answered(Kept),
    /// Ours, and all others wait for us.
    Ours(Lease),
    /// Ours, and nobody knows: reuse is off, or the table does not answer.
    Alone,
    Refused(NoAnalysis),
}

/// The right to answer a question for everybody. It ends by itself.
#[derive(Debug)]
pub struct Lease {
    id: String,
    version: Version,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Standing {
    Free,
    InProgress { until: Timestamp },
    Answered(Kept),
}

impl Reuse {
    /// Longest wait for another worker's answer: a mail is not worth more.
    const WAIT: Duration = Duration::from_secs(10);
    const LOOK_EVERY: Duration = Duration::from_secs(1);

    /// Takes the turn, or waits for whoever has it, at most half of what is `available`.
    pub async fn turn(
        self,
        analyses: &Analyses,
        fingerprint: &Fingerprint,
        now: Timestamp,
        available: Duration,
    ) -> Turn {
        if self.lifetime.is_none() {
            return Turn::Alone;
        }
        let begun = Instant::now();
        let patience = Self::WAIT.min(available / 2);
        loop {
            let waited = begun.elapsed();
            let until = now + available;
            match take(analyses, fingerprint, now + waited, until).await {
                Ok(Some(turn)) => return turn,
                Ok(None) if waited + Self::LOOK_EVERY > patience => {
                    return Turn::Refused(NoAnalysis::InProgress);
                }
                Ok(None) => tokio::time::sleep(Self::LOOK_EVERY).await,
                Err(error) => {
                    tracing::warn!(error = lambda::logs::chain(&error), "kept answers could not be read");
                    return Turn::Alone;
                }
            }
        }
    }

    /// Ends the turn: with an answer for everybody, or without, so that the next one may ask at once.
    pub async fn end(self, analyses: &Analyses, lease: Lease, kept: Option<Kept>, now: Timestamp) {
        let lifetime = self.lifetime.filter(|_| kept.is_some()).unwrap_or_default();
        let standing = kept.map_or(Standing::Free, Standing::Answered);
        let written = async {
            let document = serde_json::to_string(&standing).map_err(StoreError::write)?;
            // A lease that was lost meanwhile is another's: what he writes holds.
            analyses.swap(&lease.id, Some(&lease.version), &document, now, now + lifetime).await
        };
        if let Err(error) = written.await {
            tracing::warn!(error = lambda::logs::chain(&error), "an answer could not be kept");
        }
    }
}

/// The turn, if it is to be had; nothing while another has it.
async fn take(
    analyses: &Analyses,
    fingerprint: &Fingerprint,
    now: Timestamp,
    until: Timestamp,
) -> Result<Option<Turn>, StoreError> {
    let id = format!("reuse#{}", fingerprint.as_str());
    let row = analyses.read(&id, now).await?;
    // A row of another version of this program is no answer.
    match row.as_ref().and_then(|row| serde_json::from_str(&row.document).ok()) {
        Some(Standing::Answered(kept)) => return Ok(Some(Turn::Answered(kept))),
        Some(Standing::InProgress { until }) if until > now => return Ok(None),
        Some(Standing::InProgress { .. } | Standing::Free) | None => {}
    }
    let document = serde_json::to_string(&Standing::InProgress { until }).map_err(StoreError::write)?;
    let seen = row.map(|row| row.version);
    let version = analyses.swap(&id, seen.as_ref(), &document, now, until + Reuse::LOOK_EVERY).await?;
    Ok(version.map(|version| Turn::Ours(Lease { id, version })))
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::Alert;
    use domain::EnrichedAlert;
    use domain::assessment::Priority;
    use domain::history::History;
    use domain::message::Schema;
    use domain::verdict::{Formula, Verdict};

    const REUSE: Reuse = Reuse { lifetime: Some(Duration::from_hours(24)) };
    const LONG: Duration = Duration::from_secs(30);
    const NOON: Timestamp = Timestamp::UNIX_EPOCH;

    fn at(seconds: u64) -> Timestamp {
        NOON + Duration::from_secs(seconds)
    }

    fn question(port: u16) -> Question {
        let alert =
            format!(r#"{{"id":"1.{port}","rule":{{"id":"5763","level":10}},"data":{{"srcport":"{port}"}}}}"#);
        let enriched = EnrichedAlert {
            schema: Schema,
            alert: Alert::parse(&alert).unwrap(),
            reports: Vec::new(),
            verdict: Verdict::over(&[], &Formula::default(), NOON),
            repeat_of: None,
        };
        Question::of(&enriched, Priority::High, &History::default(), &[])
    }

    fn kept(question: &Question) -> Option<Kept> {
        let answer = r#"{"what_happened":"Port 50122 was used."}"#;
        Kept::new(answer, question, u128::MAX, ModelVerdict::TruePositive, "m")
    }

    #[tokio::test(start_paused = true)]
    async fn one_asks_and_the_others_wait_for_his_answer() {
        let analyses = Analyses::memory();
        let (first, twin) = (question(50_122), question(40_001));
        let Turn::Ours(lease) = REUSE.turn(&analyses, &first.fingerprint, at(0), LONG).await else {
            panic!()
        };
        let (waiting, ()) = tokio::join!(REUSE.turn(&analyses, &twin.fingerprint, at(1), LONG), async {
            tokio::time::sleep(Duration::from_secs(3)).await;
            REUSE.end(&analyses, lease, kept(&first), at(4)).await;
        });
        let Turn::Answered(answer) = waiting else { panic!("{waiting:?}") };
        assert_eq!(answer.seed, u128::MAX);
        assert_eq!(answer.about(&twin).unwrap(), r#"{"what_happened":"Port 40001 was used."}"#);
        let later = REUSE.turn(&analyses, &twin.fingerprint, at(86_403), LONG).await;
        assert!(matches!(later, Turn::Answered(_)), "a day long");
        let tomorrow = REUSE.turn(&analyses, &twin.fingerprint, at(86_404), LONG).await;
        assert!(matches!(tomorrow, Turn::Ours(_)), "and no longer");
    }

    #[tokio::test(start_paused = true)]
    async fn a_failure_is_not_kept_and_ends_the_turn_at_once() {
        let (analyses, question) = (Analyses::memory(), question(50_122));
        let Turn::Ours(lease) = REUSE.turn(&analyses, &question.fingerprint, at(0), LONG).await else {
            panic!()
        };
        REUSE.end(&analyses, lease, None, at(1)).await;
        let next = REUSE.turn(&analyses, &question.fingerprint, at(1), LONG).await;
        assert!(matches!(next, Turn::Ours(_)));
    }

    #[tokio::test(start_paused = true)]
    async fn who_waits_in_vain_goes_without_and_a_dead_lease_ends_by_itself() {
        let (analyses, question) = (Analyses::memory(), question(50_122));
        let begun = Instant::now();
        let turn = async |seconds, available| {
            REUSE.turn(&analyses, &question.fingerprint, at(seconds), available).await
        };
        assert!(matches!(turn(0, LONG).await, Turn::Ours(_)));
        assert!(matches!(turn(1, LONG).await, Turn::Refused(NoAnalysis::InProgress)));
        assert_eq!(begun.elapsed(), Reuse::WAIT);
        assert!(matches!(turn(11, Duration::from_secs(4)).await, Turn::Refused(NoAnalysis::InProgress)));
        assert_eq!(begun.elapsed(), Reuse::WAIT + Duration::from_secs(2), "half of what there is");
        assert!(
            matches!(turn(25, LONG).await, Turn::Ours(_)),
            "the holder died; his time ended while we waited"
        );
    }

    #[tokio::test(start_paused = true)]
    async fn a_lost_lease_writes_nothing() {
        let (analyses, question) = (Analyses::memory(), question(50_122));
        let turn = async |seconds| REUSE.turn(&analyses, &question.fingerprint, at(seconds), LONG).await;
        let Turn::Ours(late) = turn(0).await else { panic!() };
        let Turn::Ours(lease) = turn(31).await else { panic!() };
        REUSE.end(&analyses, late, kept(&question), at(32)).await;
        assert!(matches!(turn(32).await, Turn::Refused(_)));
        REUSE.end(&analyses, lease, kept(&question), at(33)).await;
        assert!(matches!(turn(33).await, Turn::Answered(_)));
    }

    #[tokio::test]
    async fn reuse_that_is_off_asks_for_each_alert() {
        let off = Reuse { lifetime: None };
        let (analyses, question) = (Analyses::memory(), question(50_122));
        for _ in 0..2 {
            assert!(matches!(off.turn(&analyses, &question.fingerprint, at(0), LONG).await, Turn::Alone));
        }
    }

    #[test]
    fn what_is_too_long_or_no_json_is_not_kept() {
        let question = question(50_122);
        let kept = |answer: &str| Kept::new(answer, &question, 0, ModelVerdict::Undetermined, "m");
        assert!(kept("It looks bad.").is_none());
        assert!(kept(&format!("{{\"a\":\"{}\"}}", "x".repeat(Kept::MAX_BYTES))).is_none());
        assert!(kept("{}").is_some());
    }
}
