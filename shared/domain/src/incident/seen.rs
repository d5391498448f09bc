//! What one alert brings into its incident.

use super::{USER_FIELDS, distinct};
use crate::alert::{Alert, RuleLevel};
use crate::assessment::Priority;
use crate::history::Login;
use crate::message::EnrichedAlert;
use crate::verdict::Judgement;

/// One alert as its incident and its principal's trail see it.
#[derive(Clone, Debug)]
pub struct Seen<'alert> {
    pub alert: &'alert Alert,
    pub host: String,
    pub users: Vec<String>,
    pub addresses: Vec<String>,
    pub login: Option<Login>,
    pub judgement: Judgement,
}

/// How grave an alert is among others of its incident: the first difference decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
pub struct Gravity {
    pub priority: Priority,
    pub level: RuleLevel,
    pub judgement: Judgement,
}

impl<'alert> Seen<'alert> {
    /// As many addresses of one alert are taken in: the rest is noise in one log line.
    const MOST_ADDRESSES: usize = 8;

    pub fn of(enriched: &'alert EnrichedAlert) -> Self {
        let alert = &enriched.alert;
        let addresses = alert.indicators().into_iter().filter_map(|found| found.address());
        let user = |path: &&[&str]| alert.text_at(path).filter(|user| !user.is_empty() && user != "-");
        Self {
            alert,
            host: alert.agent().name.clone(),
            users: USER_FIELDS.iter().filter_map(user).collect(),
            addresses: addresses.take(Self::MOST_ADDRESSES).map(|address| address.to_string()).collect(),
            login: Login::of(alert.rule()),
            judgement: enriched.verdict.judgement,
        }
    }

    pub fn gravity(&self, priority: Priority) -> Gravity {
        Gravity { priority, level: self.alert.rule().level, judgement: self.judgement }
    }

    /// A short name of this alert: enough to recognise its redelivery.
    pub(super) fn mark(&self) -> u64 {
        distinct::hash(self.alert.key().as_str())
    }
}
