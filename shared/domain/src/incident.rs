//! Which alerts belong together.

use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::alert::Alert;
use crate::indicator::Direction;

/// Identity of an incident: the same rule, on the same agent, about the same address, user or file.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct IncidentId(String);

impl IncidentId {
    pub fn of(alert: &Alert) -> Self {
        let (rule_id, principal) = match Cause::of(alert) {
            Some(cause) => (cause.rule_id, cause.address),
            None => (alert.rule().id.clone(), principal(alert)),
        };
        let mut hash = Sha256::new();
        for part in [&rule_id, &alert.site(), &alert.agent().id, &principal] {
            hash.update(part.len().to_be_bytes());
            hash.update(part);
        }
        let digest = hash.finalize();
        let short = digest.iter().take(8).fold(0_u64, |short, byte| (short << 8) | u64::from(*byte));
        Self(format!("{short:016x}"))
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

/// Who or what the alert is about: the source address, else any address, else the user, else the file.
pub fn principal(alert: &Alert) -> String {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn id(rule: &str, agent: &str, rest: &str) -> IncidentId {
        let text = format!(
            r#"{{"id":"1.1","rule":{{"id":"{rule}","level":10}},"agent":{{"id":"{agent}"}},{rest}}}"#
        );
        IncidentId::of(&Alert::parse(&text).unwrap())
    }

    #[test]
    fn the_same_rule_agent_and_address_are_one_incident() {
        let first = id("5763", "001", r#""data":{"srcip":"203.0.113.9","dstuser":"root"}"#);
        assert_eq!(first, id("5763", "001", r#""data":{"srcip":"203.0.113.9","dstuser":"admin"}"#));
        assert_ne!(first, id("5712", "001", r#""data":{"srcip":"203.0.113.9"}"#));
        assert_ne!(first, id("5763", "002", r#""data":{"srcip":"203.0.113.9"}"#));
        assert_ne!(first, id("5763", "001", r#""data":{"srcip":"203.0.113.10"}"#));
        assert_eq!(first.as_str().len(), 16);
    }

    #[test]
    fn without_an_address_the_user_or_the_file_decides() {
        assert_ne!(
            id("550", "001", r#""syscheck":{"path":"/etc/passwd"}"#),
            id("550", "001", r#""syscheck":{"path":"/etc/shadow"}"#)
        );
        assert_ne!(
            id("5402", "001", r#""data":{"srcuser":"a"}"#),
            id("5402", "001", r#""data":{"srcuser":"b"}"#)
        );
    }

    #[test]
    fn a_returned_intelligence_event_joins_the_alert_that_caused_it() {
        let returned = r#""data":{"integration":"custom-abuseipdb","abuseipdb":{"source":{"rule":"5763","srcip":"203.0.113.9"}}}"#;
        assert_eq!(id("100015", "001", returned), id("5763", "001", r#""data":{"srcip":"203.0.113.9"}"#));
    }
}
