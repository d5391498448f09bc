//! When a model is left alone, for all workers alike: a state machine, and its row in the table.

use std::time::Duration;

use domain::analysis::{NoAnalysis, Trouble};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::analyses::{Analyses, StoreError, Version};

/// How a model stands.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Breaker {
    /// Bad moments of the last two minutes.
    failures: Vec<Timestamp>,
    /// How often in a row it had to rest: each time twice as long.
    rests: u32,
    resting: Option<Resting>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Resting {
    until: Timestamp,
    trouble: Trouble,
}

/// Whether a question may go to the model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Passage {
    Open,
    /// Its time has come: whoever writes this state goes through, and all others wait for what he learns.
    Probe(Breaker),
    Closed(NoAnalysis),
}

/// What a call says about the model's health.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lesson {
    /// It was there, whether or not its answer was of use.
    Alive,
    /// A bad moment, and when the server said to come back.
    BadMoment { retry_after: Option<Duration> },
    /// Nothing that passes by itself within minutes.
    Down(Trouble),
    /// It was not asked.
    None,
}

impl Lesson {
    pub fn of(reason: NoAnalysis, retry_after: Option<Duration>) -> Self {
        match reason {
            NoAnalysis::Configuration => Self::Down(Trouble::Configuration),
            NoAnalysis::QuotaExhausted => Self::Down(Trouble::Quota),
            NoAnalysis::RateLimited | NoAnalysis::Timeout | NoAnalysis::Unreachable => {
                Self::BadMoment { retry_after }
            }
            NoAnalysis::Policy
            | NoAnalysis::Refused
            | NoAnalysis::Incomplete
            | NoAnalysis::Invalid
            | NoAnalysis::ContextTooLong => Self::Alive,
            NoAnalysis::Disabled
            | NoAnalysis::NoTime
            | NoAnalysis::Certain
            | NoAnalysis::BelowPriority
            | NoAnalysis::InProgress
            | NoAnalysis::BudgetExhausted
            | NoAnalysis::BudgetUnknown
            | NoAnalysis::CircuitOpen { .. } => Self::None,
        }
    }
}

impl Breaker {
    /// So many bad moments within [`Breaker::WINDOW`] are too many.
    const FAILURES: usize = 5;
    const WINDOW: Duration = Duration::from_mins(2);
    /// First rest after bad moments; each further one is twice as long, up to [`Breaker::LONGEST`].
    const REST: Duration = Duration::from_mins(1);
    const LONGEST: Duration = Duration::from_mins(16);
    /// A wrong key or name needs a person; a used up quota needs money.
    const CONFIGURATION: Duration = Duration::from_mins(10);
    const QUOTA: Duration = Duration::from_hours(1);
    /// How long all others wait for the one who tries: longer than any call.
    const PROBE: Duration = Duration::from_mins(1);

    pub fn passage(&self, now: Timestamp) -> Passage {
        match self.resting {
            None => Passage::Open,
            Some(Resting { until, trouble }) if until > now => {
                Passage::Closed(NoAnalysis::CircuitOpen { until, trouble })
            }
            Some(Resting { trouble, .. }) => {
                let resting = Some(Resting { until: now + Self::PROBE, trouble });
                Passage::Probe(Self { resting, ..self.clone() })
            }
        }
    }

    /// The state after a call; nothing if it stays as it is. `probing`: the call was the one try of a closed breaker.
    pub fn after(&self, lesson: Lesson, probing: bool, now: Timestamp) -> Option<Self> {
        let rest = |pause: Duration, trouble| {
            let resting = Some(Resting { until: now + pause, trouble });
            Some(Self { failures: Vec::new(), rests: self.rests.saturating_add(1), resting })
        };
        match lesson {
            Lesson::Alive if probing => Some(Self::default()),
            // The one try was not made: the next call may make it.
            Lesson::None if probing => {
                let resting = self.resting.map(|resting| Resting { until: now, ..resting });
                Some(Self { resting, ..self.clone() })
            }
            Lesson::Alive | Lesson::None => None,
            // Calls that were under way when the breaker closed tell nothing new.
            _ if self.resting.is_some() && !probing => None,
            Lesson::Down(Trouble::Quota) => rest(Self::QUOTA, Trouble::Quota),
            Lesson::Down(trouble @ (Trouble::Configuration | Trouble::Outage)) => {
                rest(Self::CONFIGURATION, trouble)
            }
            Lesson::BadMoment { retry_after } => {
                let recent = self.failures.iter().copied().filter(|failure| *failure + Self::WINDOW > now);
                let failures: Vec<Timestamp> = recent.chain([now]).collect();
                if failures.len() < Self::FAILURES && !probing {
                    return Some(Self { failures, ..self.clone() });
                }
                let doubled = Self::REST.saturating_mul(2_u32.saturating_pow(self.rests));
                let pause = doubled.max(retry_after.unwrap_or_default()).min(Self::LONGEST);
                rest(pause, Trouble::Outage)
            }
        }
    }
}

/// Leave to ask a model once.
#[derive(Debug)]
pub struct Pass {
    id: String,
    probing: bool,
}

/// How the model at this address stands, for a person who looks; changes nothing.
pub async fn standing(analyses: &Analyses, model: &str, now: Timestamp) -> Result<Passage, StoreError> {
    let (breaker, _) = read(analyses, &row(model), now).await?;
    Ok(breaker.passage(now))
}

fn row(model: &str) -> String {
    format!("breaker#{model}")
}

/// Leave to ask the model at this address, or why not. A table that fails lets everybody through.
pub async fn admit(analyses: &Analyses, model: &str, now: Timestamp) -> Result<Pass, NoAnalysis> {
    let id = row(model);
    let open = |id| Ok(Pass { id, probing: false });
    let (breaker, version) = match read(analyses, &id, now).await {
        Ok(standing) => standing,
        Err(error) => {
            tracing::warn!(error = lambda::logs::chain(&error), "the model's breaker could not be read");
            return open(id);
        }
    };
    match breaker.passage(now) {
        Passage::Open => open(id),
        Passage::Closed(reason) => Err(reason),
        Passage::Probe(probe) => match write(analyses, &id, version.as_ref(), &probe, now).await {
            Ok(true) => Ok(Pass { id, probing: true }),
            Ok(false) => match probe.passage(now) {
                Passage::Closed(reason) => Err(reason),
                Passage::Open | Passage::Probe(_) => open(id),
            },
            Err(error) => {
                tracing::warn!(
                    error = lambda::logs::chain(&error),
                    "the model's breaker could not be written"
                );
                open(id)
            }
        },
    }
}

/// Draws the consequences of a call. Never fails: the next call learns the same.
pub async fn learn(analyses: &Analyses, pass: &Pass, lesson: Lesson, now: Timestamp) {
    /// Workers that fail in the same moment write in turn.
    const TRIES: usize = 5;
    for _ in 0..TRIES {
        let written = async {
            let (breaker, version) = read(analyses, &pass.id, now).await?;
            let Some(next) = breaker.after(lesson, pass.probing, now) else { return Ok(true) };
            write(analyses, &pass.id, version.as_ref(), &next, now).await
        };
        match written.await {
            Ok(true) => return,
            Ok(false) => {}
            Err(error) => {
                let error: StoreError = error;
                tracing::warn!(
                    error = lambda::logs::chain(&error),
                    "the model's breaker could not be written"
                );
                return;
            }
        }
    }
}

/// Gives leave back that was not used, so that the one try of a closed breaker is not lost with it.
pub async fn give_back(analyses: &Analyses, pass: &Pass, now: Timestamp) {
    if pass.probing {
        learn(analyses, pass, Lesson::None, now).await;
    }
}

async fn read(
    analyses: &Analyses,
    id: &str,
    now: Timestamp,
) -> Result<(Breaker, Option<Version>), StoreError> {
    let row = analyses.read(id, now).await?;
    Ok(row.map_or_else(Default::default, |row| {
        // A state of another version of this program is no state.
        (serde_json::from_str(&row.document).unwrap_or_default(), Some(row.version))
    }))
}

async fn write(
    analyses: &Analyses,
    id: &str,
    seen: Option<&Version>,
    breaker: &Breaker,
    now: Timestamp,
) -> Result<bool, StoreError> {
    /// Longer than any rest: then everything about the outage is forgotten.
    const RETENTION: Duration = Duration::from_hours(24);
    let document = serde_json::to_string(breaker).map_err(StoreError::write)?;
    Ok(analyses.swap(id, seen, &document, now, now + RETENTION).await?.is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: Timestamp = Timestamp::UNIX_EPOCH;

    fn at(seconds: u64) -> Timestamp {
        NOON + Duration::from_secs(seconds)
    }

    const BAD: Lesson = Lesson::BadMoment { retry_after: None };

    fn closed(until: u64, trouble: Trouble) -> Passage {
        Passage::Closed(NoAnalysis::CircuitOpen { until: at(until), trouble })
    }

    /// The breaker after these calls, none of them a probe.
    fn after(calls: &[(u64, Lesson)]) -> Breaker {
        calls.iter().fold(Breaker::default(), |breaker, (seconds, lesson)| {
            breaker.after(*lesson, false, at(*seconds)).unwrap_or(breaker)
        })
    }

    #[test]
    fn it_closes_at_once_for_trouble_and_after_five_bad_moments_in_two_minutes() {
        let quota = Lesson::Down(Trouble::Quota);
        let patient = Lesson::BadMoment { retry_after: Some(Duration::from_mins(5)) };
        for (name, calls, now, expected) in [
            ("untouched", vec![], 0, Passage::Open),
            ("alive", vec![(0, Lesson::Alive)], 0, Passage::Open),
            ("key", vec![(0, Lesson::Down(Trouble::Configuration))], 1, closed(600, Trouble::Configuration)),
            ("quota", vec![(0, quota)], 1, closed(3600, Trouble::Quota)),
            ("four", vec![(0, BAD), (1, BAD), (2, BAD), (3, BAD)], 4, Passage::Open),
            ("five", vec![(0, BAD), (1, BAD), (2, BAD), (3, BAD), (4, BAD)], 5, closed(64, Trouble::Outage)),
            ("five, slowly", vec![(0, BAD), (30, BAD), (60, BAD), (90, BAD), (121, BAD)], 122, Passage::Open),
            (
                "success between",
                vec![(0, BAD), (1, BAD), (2, Lesson::Alive), (3, BAD), (4, BAD), (5, BAD)],
                6,
                closed(65, Trouble::Outage),
            ),
            (
                "the server says when",
                vec![(0, BAD), (1, BAD), (2, BAD), (3, BAD), (4, patient)],
                5,
                closed(304, Trouble::Outage),
            ),
            ("not asked", vec![(0, Lesson::None)], 1, Passage::Open),
            ("late news", vec![(0, quota), (1, BAD), (2, Lesson::Alive)], 3, closed(3600, Trouble::Quota)),
        ] {
            assert_eq!(after(&calls).passage(at(now)), expected, "{name}");
        }
    }

    #[test]
    fn each_failed_try_doubles_the_rest_up_to_a_cap() {
        let mut breaker = after(&[(0, BAD), (0, BAD), (0, BAD), (0, BAD), (0, BAD)]);
        let mut now = 60;
        for rest in [120, 240, 480, 960, 960] {
            let Passage::Probe(probe) = breaker.passage(at(now)) else { panic!("its time has come") };
            assert_eq!(probe.passage(at(now)), closed(now + 60, Trouble::Outage), "all others wait");
            breaker = probe.after(BAD, true, at(now)).unwrap();
            now += rest;
            assert_eq!(breaker.passage(at(now - 1)), closed(now, Trouble::Outage));
        }
        assert_eq!(breaker.after(Lesson::Alive, true, at(now)), Some(Breaker::default()));
    }

    #[tokio::test]
    async fn exactly_one_worker_tries_and_what_he_learns_holds_for_all() {
        let analyses = Analyses::memory();
        let pass = admit(&analyses, "m", at(0)).await.unwrap();
        learn(&analyses, &pass, Lesson::Down(Trouble::Quota), at(0)).await;
        let refused = NoAnalysis::CircuitOpen { until: at(3600), trouble: Trouble::Quota };
        assert_eq!(admit(&analyses, "m", at(1)).await.unwrap_err(), refused);
        assert!(admit(&analyses, "another", at(1)).await.is_ok());

        let tries = [admit(&analyses, "m", at(3600)).await, admit(&analyses, "m", at(3600)).await];
        let [Ok(probe), Err(NoAnalysis::CircuitOpen { until, .. })] = tries else { panic!("{tries:?}") };
        assert_eq!(until, at(3660));
        learn(&analyses, &probe, Lesson::Alive, at(3601)).await;
        assert!(admit(&analyses, "m", at(3602)).await.is_ok());
    }

    #[tokio::test]
    async fn one_who_dies_trying_is_followed_by_another() {
        let analyses = Analyses::memory();
        let pass = admit(&analyses, "m", at(0)).await.unwrap();
        learn(&analyses, &pass, Lesson::Down(Trouble::Configuration), at(0)).await;
        assert!(admit(&analyses, "m", at(600)).await.unwrap().probing);
        assert!(admit(&analyses, "m", at(601)).await.is_err());
        assert!(admit(&analyses, "m", at(660)).await.unwrap().probing);
    }

    #[tokio::test]
    async fn a_try_that_is_given_back_is_the_next_ones_and_no_lesson() {
        let analyses = Analyses::memory();
        let pass = admit(&analyses, "m", at(0)).await.unwrap();
        learn(&analyses, &pass, Lesson::Down(Trouble::Quota), at(0)).await;
        let unused = admit(&analyses, "m", at(3600)).await.unwrap();
        give_back(&analyses, &unused, at(3601)).await;
        assert!(admit(&analyses, "m", at(3601)).await.unwrap().probing);
        assert!(admit(&analyses, "m", at(3602)).await.is_err(), "one at a time, as ever");
    }

    #[tokio::test]
    async fn failures_of_workers_are_added_up() {
        let analyses = Analyses::memory();
        for second in 0..5 {
            let pass = admit(&analyses, "m", at(second)).await.unwrap();
            learn(&analyses, &pass, BAD, at(second)).await;
        }
        assert!(admit(&analyses, "m", at(5)).await.is_err());
    }
}
