//! Who is told of a notice: groups of recipients, from one JSON document of the operator's ([docs](../../../docs/mail-delivery.md)).

mod quiet;
mod read;
#[cfg(test)]
pub(crate) mod tests;
mod ways;

use std::collections::BTreeMap;

use domain::assessment::Priority;
use domain::canary::{self, is_canary};
use domain::{Alert, NamePattern, Notice};
use serde::Deserialize;

pub use quiet::{QuietError, QuietHours};
pub use read::RoutesError;
pub(crate) use ways::Means;
pub use ways::Ways;

use crate::delivery::Policy;
use crate::mail::MailSettings;
use crate::opening::highest_priority;

/// All groups. There is always one for what no other one gets.
#[derive(Clone, Debug)]
pub struct Routes {
    groups: Vec<(When, Group)>,
    default: Group,
    /// The agent label that names a tenant.
    tenant_label: String,
}

/// People who are told together.
#[derive(Clone, Debug)]
pub struct Group {
    pub name: String,
    pub ways: Ways,
    /// How mails and messages look, how much of an alert they may tell, and to whom a mail goes where one does.
    pub mail: MailSettings,
    pub policy: Policy,
    pub mode: Mode,
}

/// Whether anything really goes out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    #[default]
    Live,
    /// What would be sent is recorded, and nothing is sent: for tests and staging.
    Record,
}

/// What a group wants to be told of: all of the conditions that are there, each with any of its values.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct When {
    min_priority: Option<Priority>,
    rule_groups: Vec<String>,
    agents: Vec<NamePattern>,
    labels: BTreeMap<String, NamePattern>,
    tenants: Vec<NamePattern>,
}

impl Routes {
    /// The groups that are told: at least one. A canary is for whoever asks for canaries.
    pub fn of(&self, notice: &Notice) -> Vec<&Group> {
        let is_canary = is_canary(&notice.alert);
        let fits = |(when, group): (&When, _)| {
            let wanted = !is_canary || when.rule_groups.iter().any(|group| group == canary::GROUP);
            (wanted && self.fits(when, notice)).then_some(group)
        };
        let groups: Vec<&Group> =
            self.groups.iter().map(|(when, group)| (when, group)).filter_map(fits).collect();
        if groups.is_empty() { vec![&self.default] } else { groups }
    }

    /// The group of this name; where the operator has taken it away, the default takes over what it has left.
    pub fn group(&self, name: &str) -> &Group {
        let named = self.groups.iter().map(|(_, group)| group).find(|group| group.name == name);
        named.unwrap_or(&self.default)
    }

    fn fits(&self, when: &When, notice: &Notice) -> bool {
        let (alert, any) = (&notice.alert, |patterns: &[NamePattern], text: &str| {
            patterns.is_empty() || patterns.iter().any(|pattern| pattern.fits(text))
        });
        // An incident that was told to a group once is told to its end: its priority never goes down.
        when.min_priority.is_none_or(|least| highest_priority(notice) >= least)
            && (when.rule_groups.is_empty()
                || when.rule_groups.iter().any(|group| alert.rule().in_group(group)))
            && any(&when.agents, &alert.agent().name)
            && when
                .labels
                .iter()
                .all(|(name, pattern)| label(alert, name).is_some_and(|text| pattern.fits(&text)))
            && any(&when.tenants, &self.tenant(alert))
    }

    /// The agent's label, or the manager.
    fn tenant(&self, alert: &Alert) -> String {
        label(alert, &self.tenant_label).or_else(|| alert.manager()).unwrap_or_default()
    }
}

/// Wazuh writes the label `a.b` as an object in an object.
fn label(alert: &Alert, name: &str) -> Option<String> {
    let path: Vec<&str> = ["agent", "labels"].into_iter().chain(name.split('.')).collect();
    alert.text_at(&path).or_else(|| alert.text_at(&["agent", "labels", name]))
}
