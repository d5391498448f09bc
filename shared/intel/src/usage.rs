use std::collections::BTreeMap;

use domain::verdict::{Answer, Provider, Unanswered};

/// What one alert cost a provider, and what it did not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Usage {
    pub provider: Provider,
    /// Requests that were sent.
    pub requests: u32,
    /// Questions that the cache answered, or another worker's request.
    pub saved: u32,
    /// Questions without an answer, by reason.
    pub failures: BTreeMap<&'static str, u32>,
}

impl Usage {
    pub fn new(provider: Provider) -> Self {
        Self { provider, requests: 0, saved: 0, failures: BTreeMap::new() }
    }

    /// Whether there is anything to tell.
    pub fn is_empty(&self) -> bool {
        self.requests == 0 && self.saved == 0 && self.failures.is_empty()
    }

    pub(crate) fn note(&mut self, answer: &Answer) {
        // A provider that is off does not fail.
        if let Answer::Unknown { reason } = answer
            && *reason != Unanswered::Disabled
        {
            *self.failures.entry(reason.name()).or_default() += 1;
        }
    }
}
