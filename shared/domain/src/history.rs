//! What came before an alert, as far as it decides how serious the alert is. Counts and times, never texts of others.

mod login;
mod past;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use login::Login;
pub use past::Past;

/// The past of one alert: of its incident, and of the address or user it is about.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct History {
    /// Alerts that the incident had before this one.
    pub alerts_before: u64,
    /// Of those, the ones within the ten minutes before this one.
    pub recent_alerts: u64,
    /// When the incident's first alert came; nothing for an alert that opens one.
    pub first_seen: Option<Timestamp>,
    pub last_seen: Option<Timestamp>,
    /// Whether the same rule, agent and principal ever had an incident before this one.
    pub known_before: bool,
    /// Distinct hosts, users, addresses and rules in the alerts of the same principal within a day, this alert's included.
    pub hosts: u32,
    pub users: u32,
    pub addresses: u32,
    pub rules: u32,
    /// Failed logins by the same principal within the hour before this alert.
    pub failures_before: u32,
}

impl History {
    /// Whether anything was recorded at all. Without a record "never seen before" would be a guess: the alert's own
    /// host is counted in every record.
    pub fn is_recorded(&self) -> bool {
        self.hosts > 0
    }
}
