//! Asking one provider: whoever has the turn asks, everybody else waits for that answer.

use std::time::Duration;

use domain::RuleLevel;
use domain::indicator::Found;
use domain::verdict::{Answer, Provider, Unanswered};
use futures_util::future::{join, join_all};
use jiff::Timestamp;
use lambda::secrets::Secret;
use tokio::time::Instant;

use super::Intelligence;
use crate::providers::{Asked, Client};
use crate::store::{IntelStore, KeptAnswer, Turn};
use crate::time_to_live::time_to_live;

impl<S: IntelStore> Intelligence<S> {
    /// Asks about what nobody is asking about yet, and waits for the answers of those who are. One outcome each, in
    /// their order, and the number of requests.
    pub(super) async fn ask(
        &self,
        client: &Client,
        found: &[&Found],
        level: RuleLevel,
        now: Timestamp,
    ) -> (Vec<Outcome>, u32) {
        let provider = client.provider();
        let all = |reason| (vec![Outcome::unknown(reason, now); found.len()], 0);
        if found.is_empty() {
            return (Vec::new(), 0);
        }
        let Some(key) = self.keys.get(provider).await else { return all(Unanswered::Disabled) };
        if let Err(reason) = self.door.admit(&self.store, &self.recent, provider, now).await {
            return all(reason);
        }
        let turns = join_all(found.iter().map(|found| self.take_turn(found, provider, now))).await;
        let ours: Vec<&Found> = found
            .iter()
            .zip(&turns)
            .filter(|(_, turn)| **turn == Turn::Free)
            .map(|(found, _)| *found)
            .collect();
        let requests = join_all(
            ours.chunks(client.per_request().max(1))
                .map(|asked| self.request(client, asked, &key, level, now)),
        );
        let others = join_all(found.iter().zip(&turns).map(|(found, turn)| async move {
            match turn {
                Turn::Free => None,
                Turn::Answered(kept) => Some(Outcome::cached(kept.clone())),
                Turn::Taken { until } => Some(self.wait_for(found, provider, *until, now).await),
            }
        }));
        let (requests, others) = join(requests, others).await;
        let sent = requests.iter().map(|asked| asked.requests).sum();
        let mut answers = requests.into_iter().flat_map(|asked| asked.answers);
        let outcomes = others.into_iter().map(|outcome| {
            outcome
                .or_else(|| Some(Outcome::fresh(answers.next()?, now)))
                .unwrap_or_else(|| Outcome::unknown(Unanswered::InvalidResponse, now))
        });
        (outcomes.collect(), sent)
    }

    /// One request, and everything that must be remembered of it.
    pub(super) async fn request(
        &self,
        client: &Client,
        asked_about: &[&Found],
        key: &Secret,
        level: RuleLevel,
        now: Timestamp,
    ) -> Asked {
        let provider = client.provider();
        if !self.door.spend(&self.store, &self.recent, provider, level, now).await {
            join_all(asked_about.iter().map(|found| self.end_turn(found, provider))).await;
            return Asked::failed(Unanswered::QuotaExhausted, asked_about.len(), 0);
        }
        let mut asked = client.ask(asked_about, key, now).await;
        // A refused key may have been rotated: it is read again, and used if it is another one.
        if asked.answers.contains(&Answer::Unknown { reason: Unanswered::Unauthorized })
            && let Some(new) = self.keys.renewed(provider, key).await
        {
            let refused = asked.requests;
            asked = client.ask(asked_about, &new, now).await;
            asked.requests += refused;
        }
        self.door.learn(&self.store, &self.recent, provider, &asked, now).await;
        join_all(asked_about.iter().zip(&asked.answers).map(|(found, answer)| async move {
            match time_to_live(answer) {
                Some(lifetime) => self.keep(found, provider, answer, lifetime, now).await,
                None => self.end_turn(found, provider).await,
            }
        }))
        .await;
        asked
    }

    async fn keep(
        &self,
        found: &Found,
        provider: Provider,
        answer: &Answer,
        lifetime: Duration,
        now: Timestamp,
    ) {
        let kept = KeptAnswer { answer: answer.clone(), asked_at: now };
        self.recent.answered(&found.indicator, provider, &kept);
        if let Err(error) = self.store.keep(&found.indicator, provider, &kept, now + lifetime).await {
            tracing::warn!(error = lambda::logs::chain(&error), "an answer could not be kept");
        }
    }

    async fn take_turn(&self, found: &Found, provider: Provider, now: Timestamp) -> Turn {
        // Without a store everybody asks for himself: better twice than not at all.
        self.store.take_turn(&found.indicator, provider, now, now + Self::TURN).await.unwrap_or_else(
            |error| {
                tracing::warn!(error = lambda::logs::chain(&error), "the turn to ask could not be taken");
                Turn::Free
            },
        )
    }

    async fn end_turn(&self, found: &Found, provider: Provider) {
        if let Err(error) = self.store.end_turn(&found.indicator, provider).await {
            tracing::warn!(error = lambda::logs::chain(&error), "the turn to ask could not be ended");
        }
    }

    /// The answer that somebody is asking for, or why there is none.
    async fn wait_for(&self, found: &Found, provider: Provider, until: Timestamp, now: Timestamp) -> Outcome {
        const LOOK_HERE: Duration = Duration::from_millis(25);
        const LOOK_THERE: u32 = 6;
        let started = Instant::now();
        for round in 1_u32.. {
            tokio::time::sleep(LOOK_HERE).await;
            if let Some(kept) = self.recent.answer(&found.indicator, provider) {
                return Outcome::cached(kept);
            }
            let now = now + started.elapsed();
            if round % LOOK_THERE == 0 {
                match self.store.look(&found.indicator, provider, now).await {
                    Ok(Turn::Answered(kept)) => return Outcome::cached(kept),
                    // Whoever had the turn got no answer that is worth keeping.
                    Ok(Turn::Free) => break,
                    Ok(Turn::Taken { .. }) | Err(_) => {}
                }
            }
            if now > until {
                break;
            }
        }
        let reason = self.door.reason(&self.store, &self.recent, provider, now).await;
        Outcome::unknown(reason.unwrap_or(Unanswered::Timeout), now)
    }

    /// A repeat asks nobody, but may listen to whoever is asking.
    pub(super) async fn overhear(
        &self,
        found: &Found,
        provider: Provider,
        now: Timestamp,
    ) -> Option<Outcome> {
        match self.store.look(&found.indicator, provider, now).await {
            Ok(Turn::Answered(kept)) => Some(Outcome::cached(kept)),
            Ok(Turn::Taken { until }) => Some(self.wait_for(found, provider, until, now).await),
            Ok(Turn::Free) | Err(_) => None,
        }
    }
}

/// One answer on its way into a report.
#[derive(Clone, Debug)]
pub(super) struct Outcome {
    pub answer: Answer,
    pub asked_at: Timestamp,
    pub cached: bool,
}

impl Outcome {
    fn fresh(answer: Answer, now: Timestamp) -> Self {
        Self { answer, asked_at: now, cached: false }
    }

    fn cached(kept: KeptAnswer) -> Self {
        Self { answer: kept.answer, asked_at: kept.asked_at, cached: true }
    }

    fn unknown(reason: Unanswered, now: Timestamp) -> Self {
        Self::fresh(Answer::Unknown { reason }, now)
    }
}
