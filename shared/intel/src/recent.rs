//! The layer in front of the store: what this process has seen in the last seconds costs no read.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use domain::indicator::Indicator;
use domain::verdict::Provider;
use jiff::Timestamp;

use crate::store::{Gate, Kept, KeptAnswer};

#[derive(Debug, Default)]
pub(crate) struct Recent(Mutex<Memory>);

#[derive(Debug, Default)]
struct Memory {
    kept: HashMap<String, (Timestamp, Kept)>,
    gates: HashMap<Provider, (Timestamp, Gate)>,
}

impl Recent {
    /// Feeds and lists of the store reach a running function within this time.
    pub const KEPT_FOR: Duration = Duration::from_secs(30);
    const GATE_FOR: Duration = Duration::from_secs(2);
    /// Most indicators are known to nobody and take 1 KB; one that all know takes up to 30.
    const MOST: usize = 1_000;

    pub fn about(&self, indicator: &Indicator, now: Timestamp) -> Option<Kept> {
        let memory = self.memory();
        let (read_at, kept) = memory.kept.get(&indicator.key())?;
        (*read_at + Self::KEPT_FOR > now).then(|| kept.clone())
    }

    pub fn remember(&self, indicator: &Indicator, kept: Kept, now: Timestamp) {
        let mut memory = self.memory();
        if memory.kept.len() >= Self::MOST {
            memory.kept.retain(|_, (read_at, _)| *read_at + Self::KEPT_FOR > now);
        }
        if memory.kept.len() >= Self::MOST {
            memory.kept.clear();
        }
        memory.kept.insert(indicator.key(), (now, kept));
    }

    /// Adds an answer to what is remembered about an indicator.
    pub fn answered(&self, indicator: &Indicator, provider: Provider, answer: &KeptAnswer) {
        if let Some((_, kept)) = self.memory().kept.get_mut(&indicator.key()) {
            kept.answers.retain(|(who, _)| *who != provider);
            kept.answers.push((provider, answer.clone()));
        }
    }

    pub fn answer(&self, indicator: &Indicator, provider: Provider) -> Option<KeptAnswer> {
        self.memory().kept.get(&indicator.key())?.1.answer(provider).cloned()
    }

    /// The gate as it was seen moments ago; a closed one stays closed until its time has come.
    pub fn gate(&self, provider: Provider, now: Timestamp) -> Option<Gate> {
        let memory = self.memory();
        let (read_at, gate) = memory.gates.get(&provider)?;
        let still_closed = gate.closed.is_some_and(|(until, _)| until > now);
        (still_closed || *read_at + Self::GATE_FOR > now).then_some(*gate)
    }

    pub fn remember_gate(&self, provider: Provider, gate: Gate, now: Timestamp) {
        self.memory().gates.insert(provider, (now, gate));
    }

    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
