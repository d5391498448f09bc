//! Which alerts belong together, and what they make together.

mod distinct;
mod notices;
mod pace;
mod record;
mod seen;
mod silences;
mod summary;
#[cfg(test)]
mod tests;
mod trail;
mod varying;

use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

pub use distinct::{Amount, Distinct};
pub use notices::{Escalation, Kind, Notices, Taken};
pub use record::{Facts, Incident, Meeting};
pub use seen::{Gravity, Seen};
pub use silences::{Silences, SilencesError};
pub use summary::{Opener, Standing, Summary, Totals};
pub use trail::{Trail, trail_id};
pub use varying::Varying;

use crate::alert::Alert;
use crate::indicator::Direction;

/// Identity of an incident: the same rule, on the same agent, about the same address, user or file.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct IncidentId(String);

impl IncidentId {
    pub fn of(alert: &Alert) -> Self {
        let (rule_id, principal) = about(alert);
        Self(short_hash([rule_id.as_str(), &alert.site(), &alert.agent().id, &principal]))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for IncidentId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl TryFrom<String> for IncidentId {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let valid = text.len() == 16 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        if valid { Ok(Self(text)) } else { Err("an incident id is 16 hexadecimal digits") }
    }
}

impl From<IncidentId> for String {
    fn from(id: IncidentId) -> Self {
        id.0
    }
}

/// The alert behind an intelligence event that came back through Wazuh (rule 100015): it joins that alert's incident.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cause {
    pub rule_id: String,
    pub address: String,
}

impl Cause {
    pub fn of(alert: &Alert) -> Option<Self> {
        let source = |key: &str| alert.text_at(&["data", "abuseipdb", "source", key]);
        let address = source("srcip").or_else(|| source("ip"))?;
        Some(Self { rule_id: source("rule")?, address })
    }
}

/// The rule and the principal that an alert is counted under.
fn about(alert: &Alert) -> (String, String) {
    match Cause::of(alert) {
        Some(cause) => (cause.rule_id, cause.address),
        None => (alert.rule().id.clone(), principal(alert)),
    }
}

/// Sixteen hexadecimal digits that stand for these parts.
fn short_hash<const N: usize>(parts: [&str; N]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part.len().to_be_bytes());
        hash.update(part);
    }
    let digest = hash.finalize();
    let short = digest.iter().take(8).fold(0_u64, |short, byte| (short << 8) | u64::from(*byte));
    format!("{short:016x}")
}

/// The group of alerts that a hunt makes of its findings, and of the rules for its events.
pub const HUNT_GROUP: &str = "wazuh_triage_hunt";

/// Who or what the alert is about: the source address, else any address, else the user, else the file. A finding of a
/// hunt says so itself: an account that is abused from three addresses is one incident.
pub fn principal(alert: &Alert) -> String {
    if alert.rule().in_group(HUNT_GROUP)
        && let Some(subject) = alert.text_at(&["data", "hunt", "subject"])
    {
        return subject;
    }
    let indicators = alert.indicators();
    let mut addresses = indicators.iter().filter(|found| found.address().is_some());
    let source =
        indicators.iter().find(|found| found.direction == Direction::Source && found.address().is_some());
    let user = || USER_FIELDS.iter().find_map(|path| alert.text_at(path));
    source
        .or(addresses.next())
        .map(|found| found.indicator.to_string())
        .or_else(user)
        .or_else(|| alert.text_at(&["syscheck", "path"]))
        .unwrap_or_default()
}

/// Where decoders put the user name, the account that was acted on first.
pub const USER_FIELDS: [&[&str]; 7] = [
    &["data", "dstuser"],
    &["data", "srcuser"],
    &["data", "win", "eventdata", "targetUserName"],
    &["data", "win", "eventdata", "subjectUserName"],
    &["data", "win", "eventdata", "user"],
    &["data", "office365", "UserId"],
    &["data", "aws", "userIdentity", "userName"],
];
