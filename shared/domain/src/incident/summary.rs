//! An incident as a notice tells it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::distinct::Distinct;
use super::seen::{Gravity, Seen};
use super::varying::Varying;
use crate::alert::{AlertKey, RuleLevel};
use crate::assessment::Priority;
use crate::verdict::Judgement;

/// What an incident has come to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    /// Alerts counted in it, this notice's included.
    pub alerts: u64,
    pub first_seen: Timestamp,
    pub last_seen: Timestamp,
    pub totals: Totals,
    /// How it stood at the notice before; nothing in the first.
    pub before: Option<Standing>,
}

/// What all alerts of an incident have shown, the same whatever their order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Totals {
    pub hosts: Distinct,
    pub users: Distinct,
    pub addresses: Distinct,
    pub rules: Distinct,
    pub highest_level: RuleLevel,
    pub highest_priority: Priority,
    pub worst_judgement: Judgement,
    pub varying: Varying,
}

/// The incident at one time, to tell later what has changed since.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    pub at: Timestamp,
    pub alerts: u64,
    pub level: RuleLevel,
    pub priority: Priority,
    pub judgement: Judgement,
    pub hosts: u64,
    pub users: u64,
    pub addresses: u64,
}

/// The alert that opened an incident: what the subject of all its mails says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opener {
    pub alert: AlertKey,
    pub priority: Priority,
    pub level: RuleLevel,
    pub rule_id: String,
    pub description: String,
    pub agent: String,
}

impl Totals {
    pub(super) fn of(seen: &Seen<'_>, gravity: Gravity) -> Self {
        let mut totals = Self {
            hosts: Distinct::default(),
            users: Distinct::default(),
            addresses: Distinct::default(),
            rules: Distinct::default(),
            highest_level: gravity.level,
            highest_priority: gravity.priority,
            worst_judgement: gravity.judgement,
            varying: Varying::of(seen.alert),
        };
        totals.list(seen);
        totals
    }

    pub(super) fn add(&mut self, seen: &Seen<'_>, gravity: Gravity) {
        self.highest_level = self.highest_level.max(gravity.level);
        self.highest_priority = self.highest_priority.max(gravity.priority);
        self.worst_judgement = self.worst_judgement.max(gravity.judgement);
        self.varying.add(seen.alert);
        self.list(seen);
    }

    fn list(&mut self, seen: &Seen<'_>) {
        self.hosts.insert(&seen.host);
        for user in &seen.users {
            self.users.insert(user);
        }
        for address in &seen.addresses {
            self.addresses.insert(address);
        }
        self.rules.insert(&seen.alert.rule().id);
    }

    pub(super) fn standing(&self, alerts: u64, at: Timestamp) -> Standing {
        Standing {
            at,
            alerts,
            level: self.highest_level,
            priority: self.highest_priority,
            judgement: self.worst_judgement,
            hosts: self.hosts.amount().get(),
            users: self.users.amount().get(),
            addresses: self.addresses.amount().get(),
        }
    }
}

impl Opener {
    /// A description longer than any subject is cut: the record stays small.
    const MAX_CHARS: usize = 200;

    pub(super) fn of(seen: &Seen<'_>, gravity: Gravity) -> Self {
        let rule = seen.alert.rule();
        let cut = |text: &str| text.chars().take(Self::MAX_CHARS).collect();
        Self {
            alert: seen.alert.key().clone(),
            priority: gravity.priority,
            level: gravity.level,
            rule_id: cut(&rule.id),
            description: cut(&rule.description),
            agent: cut(&seen.alert.agent().name),
        }
    }
}
