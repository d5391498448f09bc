use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use domain::indicator::Indicator;
use domain::verdict::{Listing, Provider, Standing, Unanswered};
use ipnet::IpNet;
use jiff::Timestamp;

use super::table::Table;
use super::{Gate, IntelStore, Kept, KeptAnswer, StoreError, Turn, class_of_list};
use crate::feed::{Entry, Row as FeedRow};

/// A store in this process: for the command line, and for tests.
#[derive(Debug, Default)]
pub struct MemoryStore(Mutex<Memory>);

#[derive(Debug, Default)]
struct Memory {
    answers: BTreeMap<(String, Provider), Row>,
    listings: Table<(String, Listing)>,
    gates: BTreeMap<Provider, GateRow>,
    spent: BTreeMap<(Provider, i64), u64>,
    /// When each note ends.
    notes: BTreeMap<(String, String), Timestamp>,
}

#[derive(Debug, Default)]
struct Row {
    kept: Option<(KeptAnswer, Timestamp)>,
    turn_until: Option<Timestamp>,
}

#[derive(Debug, Default)]
struct GateRow {
    gate: Gate,
    last_failure: Option<Timestamp>,
}

impl MemoryStore {
    /// For a process that runs for weeks; about 50 MB.
    const MOST_ANSWERS: usize = 100_000;

    /// Adds a feed's row about one indicator.
    pub fn list(&self, indicator: &Indicator, feed: &str, listing: Listing) {
        let entry = Entry::Indicator(indicator.clone());
        self.load(FeedRow { entry, source: feed.to_owned(), listing, expires: None });
    }

    /// Adds a feed's row, also one about a network.
    pub fn load(&self, row: FeedRow) {
        self.memory().listings.add(row.entry.into(), (row.source, row.listing));
    }

    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Row {
    fn turn(&self, now: Timestamp) -> Turn {
        match (&self.kept, self.turn_until) {
            (Some((kept, fresh_until)), _) if *fresh_until > now => Turn::Answered(kept.clone()),
            (_, Some(until)) if until > now => Turn::Taken { until },
            _ => Turn::Free,
        }
    }
}

impl IntelStore for MemoryStore {
    async fn about(&self, indicator: &Indicator, _: &[IpNet], now: Timestamp) -> Result<Kept, StoreError> {
        let mut memory = self.memory();
        let rows =
            memory.listings.about(indicator).iter().map(|row| row.as_ref().clone()).collect::<Vec<_>>();
        let key = indicator.key();
        let fresh = |provider: Provider| match memory.answers.get(&(key.clone(), provider))?.turn(now) {
            Turn::Answered(kept) => Some((provider, kept)),
            Turn::Free | Turn::Taken { .. } => None,
        };
        let (lists, listings): (Vec<_>, Vec<_>) =
            rows.into_iter().partition(|(name, _)| class_of_list(name).is_some());
        let standing = |(name, listing): (String, Listing)| {
            let by = listing.title.unwrap_or_else(|| name.clone());
            Some(Standing::new(class_of_list(&name)?, by))
        };
        Ok(Kept {
            answers: Provider::ALL.into_iter().filter_map(fresh).collect(),
            listings,
            standings: lists.into_iter().filter_map(standing).collect(),
        })
    }

    async fn take_turn(
        &self,
        indicator: &Indicator,
        provider: Provider,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<Turn, StoreError> {
        let mut memory = self.memory();
        let row = memory.answers.entry((indicator.key(), provider)).or_default();
        let turn = row.turn(now);
        if turn == Turn::Free {
            row.turn_until = Some(until);
        }
        Ok(turn)
    }

    async fn look(
        &self,
        indicator: &Indicator,
        provider: Provider,
        now: Timestamp,
    ) -> Result<Turn, StoreError> {
        Ok(self.memory().answers.get(&(indicator.key(), provider)).map_or(Turn::Free, |row| row.turn(now)))
    }

    async fn keep(
        &self,
        indicator: &Indicator,
        provider: Provider,
        answer: &KeptAnswer,
        fresh_until: Timestamp,
    ) -> Result<(), StoreError> {
        let mut memory = self.memory();
        if memory.answers.len() >= Self::MOST_ANSWERS {
            memory.answers.retain(|_, row| row.turn(answer.asked_at) != Turn::Free);
        }
        if memory.answers.len() >= Self::MOST_ANSWERS {
            memory.answers.clear();
        }
        let row = Row { kept: Some((answer.clone(), fresh_until)), turn_until: None };
        memory.answers.insert((indicator.key(), provider), row);
        Ok(())
    }

    async fn end_turn(&self, indicator: &Indicator, provider: Provider) -> Result<(), StoreError> {
        self.memory().answers.remove(&(indicator.key(), provider));
        Ok(())
    }

    async fn note(
        &self,
        indicator: &Indicator,
        note: &str,
        now: Timestamp,
        lifetime: Duration,
    ) -> Result<bool, StoreError> {
        let mut memory = self.memory();
        let ends = memory.notes.entry((indicator.key(), note.to_owned())).or_insert(now);
        let is_new = *ends <= now;
        if is_new {
            *ends = now + lifetime;
        }
        Ok(is_new)
    }

    async fn gate(&self, provider: Provider) -> Result<Gate, StoreError> {
        Ok(self.memory().gates.get(&provider).map(|row| row.gate).unwrap_or_default())
    }

    async fn close_gate(
        &self,
        provider: Provider,
        until: Timestamp,
        reason: Unanswered,
    ) -> Result<(), StoreError> {
        self.memory().gates.entry(provider).or_default().gate.closed = Some((until, reason));
        Ok(())
    }

    async fn probe(&self, provider: Provider, seen: Timestamp, until: Timestamp) -> Result<bool, StoreError> {
        let mut memory = self.memory();
        let gate = &mut memory.gates.entry(provider).or_default().gate;
        match &mut gate.closed {
            Some((closed_until, _)) if *closed_until == seen => {
                *closed_until = until;
                Ok(true)
            }
            _ => Ok(false),
        }
    }

    async fn count_failure(
        &self,
        provider: Provider,
        now: Timestamp,
        window: Duration,
    ) -> Result<u32, StoreError> {
        let mut memory = self.memory();
        let row = memory.gates.entry(provider).or_default();
        let in_a_row = row.last_failure.is_some_and(|last| last + window >= now);
        row.gate.failures = if in_a_row { row.gate.failures + 1 } else { 1 };
        row.last_failure = Some(now);
        Ok(row.gate.failures)
    }

    async fn open_gate(&self, provider: Provider) -> Result<(), StoreError> {
        self.memory().gates.remove(&provider);
        Ok(())
    }

    async fn spend(
        &self,
        provider: Provider,
        requests: u32,
        limit: Option<u64>,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let mut memory = self.memory();
        let spent = memory.spent.entry((provider, now.as_second().div_euclid(86_400))).or_default();
        let after = *spent + u64::from(requests);
        let allowed = limit.is_none_or(|limit| after <= limit);
        if allowed {
            *spent = after;
        }
        Ok(allowed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::contract;

    #[tokio::test]
    async fn it_behaves_like_every_store() {
        let store = MemoryStore::default();
        contract::keeps_answers(&store, &"203.0.113.9".parse().unwrap()).await;
        contract::guards_providers(&store, Provider::Misp).await;
        contract::finds_networks(&store, async |row| store.load(row)).await;
    }
}
