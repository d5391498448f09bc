//! Where alerts ended, as the stages have said it.

use std::collections::BTreeMap;

use domain::AlertKey;
use lambda::ledger::End;

/// By alert, or by message where that held none, its ends; a closed ledger has one for each.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ledger {
    ends: BTreeMap<String, Vec<&'static str>>,
}

impl Ledger {
    pub fn enter(&mut self, end: &End, message: &str) {
        let about = end.alert_key.as_ref().map_or(message, AlertKey::as_str).to_owned();
        self.ends.entry(about).or_default().push(end.outcome.name());
    }

    /// How often each outcome stands in it.
    pub fn outcomes(&self) -> BTreeMap<&'static str, usize> {
        let mut outcomes = BTreeMap::new();
        for outcome in self.ends.values().flatten() {
            *outcomes.entry(*outcome).or_default() += 1;
        }
        outcomes
    }

    /// The ends of the alert whose key begins so, in their order.
    pub fn ends_of(&self, key: &str) -> Vec<&'static str> {
        self.ends
            .iter()
            .filter(|(about, _)| about.starts_with(key))
            .flat_map(|(_, ends)| ends.clone())
            .collect()
    }

    /// How many ends this alert, or message, has.
    pub fn count_of(&self, about: &str) -> usize {
        self.ends.get(about).map_or(0, Vec::len)
    }

    /// Alerts that ended.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Whether no alert has ended more than once.
    pub fn has_no_second_end(&self) -> bool {
        self.ends.values().all(|ends| ends.len() == 1)
    }
}
