//! Who may go and ask a provider: its gate, its breaker and its ledger, shared by all functions.

use std::collections::BTreeMap;
use std::time::Duration;

use domain::RuleLevel;
use domain::verdict::{Answer, Provider, Unanswered};
use jiff::Timestamp;

use crate::providers::Asked;
use crate::recent::Recent;
use crate::store::{Gate, IntelStore};

/// Guards the providers. A store that fails lets everybody through: an alert is worth more than a quota.
#[derive(Clone, Debug, Default)]
pub struct Door {
    /// Requests that may be sent on one UTC day; without an entry they are only counted.
    pub daily_limits: BTreeMap<Provider, u64>,
}

impl Door {
    /// Failures in a row, each within [`Door::ROW`] of the one before, after which a provider is left alone.
    const FAILURES: u32 = 5;
    const ROW: Duration = Duration::from_mins(1);
    /// How long it is left alone; then one worker tries.
    const REST: Duration = Duration::from_mins(1);
    /// How long all others wait for the one who tries.
    const PROBE: Duration = Duration::from_secs(5);
    /// A refused key is not tried again for so long; then it is read anew.
    const REFUSED: Duration = Duration::from_mins(1);
    /// Alerts from this level on may use the last tenth of the day's requests.
    const RESERVED_FOR: u8 = 10;

    /// Whether the provider may be asked now.
    pub(crate) async fn admit<S: IntelStore>(
        &self,
        store: &S,
        recent: &Recent,
        provider: Provider,
        now: Timestamp,
    ) -> Result<(), Unanswered> {
        let gate = self.gate(store, recent, provider, now).await;
        let Some((until, reason)) = gate.closed else { return Ok(()) };
        if until > now {
            return Err(reason);
        }
        // Its time has come: one goes through, and what he learns opens or closes the gate for all.
        let probe_until = now + Self::PROBE;
        let ours = store.probe(provider, until, probe_until).await.unwrap_or(true);
        let closed = Some((probe_until, reason));
        recent.remember_gate(provider, Gate { closed, ..gate }, now);
        if ours { Ok(()) } else { Err(reason) }
    }

    /// Why the provider is not asked at the moment.
    pub(crate) async fn reason<S: IntelStore>(
        &self,
        store: &S,
        recent: &Recent,
        provider: Provider,
        now: Timestamp,
    ) -> Option<Unanswered> {
        self.gate(store, recent, provider, now).await.closed.map(|(_, reason)| reason)
    }

    /// Books a request, or says that the day's are used up.
    pub(crate) async fn spend<S: IntelStore>(
        &self,
        store: &S,
        recent: &Recent,
        provider: Provider,
        level: RuleLevel,
        now: Timestamp,
    ) -> bool {
        let limit = self.daily_limits.get(&provider).copied();
        let important = level.get() >= Self::RESERVED_FOR;
        let limit = limit.map(|limit| if important { limit } else { limit - limit / 10 });
        let booked = store.spend(provider, 1, limit, now).await.unwrap_or_else(|error| {
            tracing::warn!(error = lambda::logs::chain(&error), "a request could not be booked");
            true
        });
        if !booked {
            tracing::warn!(
                provider = provider.name(),
                reason = "quota_exhausted",
                "a provider is not asked any more today"
            );
            // What is left is for important alerts: only when those are refused too, nobody need try for a while.
            if important {
                let closed = Some((now + Self::REST, Unanswered::QuotaExhausted));
                recent.remember_gate(provider, Gate { failures: 0, closed }, now);
            }
        }
        booked
    }

    /// Draws the consequences of a request.
    pub(crate) async fn learn<S: IntelStore>(
        &self,
        store: &S,
        recent: &Recent,
        provider: Provider,
        asked: &Asked,
        now: Timestamp,
    ) {
        if asked.requests > 1 {
            // The hiccup's second try was sent already: it is booked whatever the limit.
            let _ = store.spend(provider, asked.requests - 1, None, now).await;
        }
        let failure = asked.answers.iter().find_map(|answer| match answer {
            Answer::Unknown { reason } => Some(*reason),
            Answer::Known { .. } | Answer::Skipped { .. } => None,
        });
        if let Some(reason) = failure {
            tracing::warn!(provider = provider.name(), reason = reason.name(), "a provider gave no answer");
        }
        match (failure, asked.closed_until) {
            (reason, Some(until)) => {
                let reason = reason.unwrap_or(Unanswered::QuotaExhausted);
                self.close(store, recent, provider, until, reason, now).await;
            }
            (Some(Unanswered::Unauthorized), None) => {
                self.close(store, recent, provider, now + Self::REFUSED, Unanswered::Unauthorized, now).await;
            }
            (Some(_), None) => self.count_failure(store, recent, provider, now).await,
            (None, None) => self.open_if_needed(store, recent, provider, now).await,
        }
    }

    async fn count_failure<S: IntelStore>(
        &self,
        store: &S,
        recent: &Recent,
        provider: Provider,
        now: Timestamp,
    ) {
        let failures = store.count_failure(provider, now, Self::ROW).await.unwrap_or(1);
        let was_closed = recent.gate(provider, now).is_some_and(|gate| gate.closed.is_some());
        // The one who was let through to try has found it still down.
        if failures >= Self::FAILURES || was_closed {
            self.close(store, recent, provider, now + Self::REST, Unanswered::CircuitOpen, now).await;
        } else {
            recent.remember_gate(provider, Gate { failures, closed: None }, now);
        }
    }

    async fn open_if_needed<S: IntelStore>(
        &self,
        store: &S,
        recent: &Recent,
        provider: Provider,
        now: Timestamp,
    ) {
        let gate = recent.gate(provider, now).unwrap_or_default();
        if gate == Gate::default() {
            return;
        }
        recent.remember_gate(provider, Gate::default(), now);
        if let Err(error) = store.open_gate(provider).await {
            tracing::warn!(error = lambda::logs::chain(&error), "a provider's gate could not be opened");
        }
    }

    async fn close<S: IntelStore>(
        &self,
        store: &S,
        recent: &Recent,
        provider: Provider,
        until: Timestamp,
        reason: Unanswered,
        now: Timestamp,
    ) {
        let failures = recent.gate(provider, now).map_or(0, |gate| gate.failures);
        recent.remember_gate(provider, Gate { failures, closed: Some((until, reason)) }, now);
        if let Err(error) = store.close_gate(provider, until, reason).await {
            tracing::warn!(error = lambda::logs::chain(&error), "a provider's gate could not be closed");
        }
    }

    async fn gate<S: IntelStore>(
        &self,
        store: &S,
        recent: &Recent,
        provider: Provider,
        now: Timestamp,
    ) -> Gate {
        if let Some(gate) = recent.gate(provider, now) {
            return gate;
        }
        let gate = store.gate(provider).await.unwrap_or_else(|error| {
            tracing::warn!(error = lambda::logs::chain(&error), "a provider's gate could not be read");
            Gate::default()
        });
        recent.remember_gate(provider, gate, now);
        gate
    }
}
