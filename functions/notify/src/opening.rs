//! What an incident looked like when it was opened: what all its mails are called by.

use std::net::IpAddr;

use domain::Notice;
use domain::alert::RuleLevel;
use domain::assessment::Priority;
use domain::incident::principal;
use serde::{Deserialize, Serialize};

/// Facts that do not change within an incident: no count, and no word of a model.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opening {
    pub priority: Priority,
    pub level: RuleLevel,
    pub rule_id: String,
    /// What the rule says; Wazuh allows a rule without words.
    pub title: String,
    pub agent: String,
    /// The address that the incident is about.
    pub source: Option<IpAddr>,
}

impl Opening {
    pub fn of(notice: &Notice) -> Self {
        let opener = &notice.opener;
        Self {
            priority: opener.priority,
            level: opener.level,
            rule_id: opener.rule_id.clone(),
            title: opener.description.clone(),
            agent: opener.agent.clone(),
            // The same for every alert of an incident: it is a part of the incident's id.
            source: principal(&notice.alert).parse().ok(),
        }
    }

    /// The title, or what stands where a rule has none.
    pub(crate) fn title(&self) -> &str {
        if self.title.trim().is_empty() { "Wazuh alert without a description" } else { &self.title }
    }
}

/// The highest that the incident has reached: what the bar of its mails shows.
pub(crate) fn highest_priority(notice: &Notice) -> Priority {
    notice.priority().max(notice.summary.totals.highest_priority)
}

/// Alerts that no mail has told of yet.
pub(crate) fn untold(notice: &Notice) -> u64 {
    let told = notice.summary.before.as_ref().map_or(0, |before| before.alerts);
    notice.summary.alerts.saturating_sub(told)
}
