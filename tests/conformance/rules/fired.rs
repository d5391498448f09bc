//! Which rule fires for an event: what Wazuh would do, as far as our rules go.

use std::cmp::Reverse;

use domain::Feedback;

use super::pattern::Pattern;
use super::{Field, Rule, Ruleset, events};

/// An event as rules see it.
struct Seen {
    location: String,
    fields: Vec<(String, String)>,
}

impl Ruleset {
    /// The one rule that Wazuh settles on. Level 0 means: no alert.
    pub fn fired(&self, feedback: &Feedback) -> Option<&Rule> {
        let seen = Seen { location: events::location(feedback), fields: events::flattened(&feedback.event) };
        let mut fired =
            self.first(|rule| rule.if_sid.is_empty() && !rule.is_for_lists() && seen.meets(rule))?;
        while let Some(child) = self.first(|rule| rule.if_sid.contains(&fired.id) && seen.meets(rule)) {
            fired = child;
        }
        Some(fired)
    }

    /// Level 0 first, then from the highest level down; among equals as loaded.
    fn first(&self, wanted: impl Fn(&Rule) -> bool) -> Option<&Rule> {
        let mut candidates: Vec<_> = self.rules.iter().filter(|rule| wanted(rule)).collect();
        candidates.sort_by_key(|rule| (rule.level != 0, Reverse(rule.level)));
        candidates.first().copied()
    }
}

impl Seen {
    fn meets(&self, rule: &Rule) -> bool {
        let decoded = rule.decoded_as.as_deref().is_none_or(|decoder| decoder == "json");
        let pattern =
            |text: &String| text.parse().is_ok_and(|pattern: Pattern| pattern.matches(&self.location));
        decoded
            && rule.location.as_ref().is_none_or(pattern)
            && rule.fields.iter().all(|field| self.has(field))
    }

    /// A field that is absent never matches, negated or not.
    fn has(&self, field: &Field) -> bool {
        let found = self.fields.iter().find(|(name, _)| *name == field.name);
        found.is_some_and(|(_, value)| field.pattern.matches(value) != field.negated)
    }
}
