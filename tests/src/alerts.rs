//! Alerts for tests: real shapes, own values, an identity that no other test has.

use domain::{Alert, AlertKey};
use serde_json::{Value, json};

/// A brute-force alert about this address, on a manager node of its own, by a rule of its own: the dedup window is
/// about rule and address, whatever the node.
pub fn brute_force(address: &str) -> Value {
    let rule = fastrand::u32(200_000..1_000_000).to_string();
    let node = format!("node-{}", uuid::Uuid::new_v4().simple());
    json!({
        "timestamp": "2026-10-03T14:22:07.512+0200",
        "rule": {
            "level": 10, "id": rule, "firedtimes": 3, "mail": false,
            "description": "sshd: brute force trying to get access to the system. Authentication failed.",
            "mitre": {"id": ["T1110"], "tactic": ["Credential Access"], "technique": ["Brute Force"]},
            "groups": ["syslog", "sshd", "authentication_failures"],
        },
        "agent": {"id": "007", "name": "web-01", "ip": "10.20.0.7"},
        "manager": {"name": node},
        "id": "1791030127.4711",
        "full_log": format!("Oct  3 14:22:06 web-01 sshd[881]: Failed password for root from {address} port 50122 ssh2"),
        "predecoder": {"program_name": "sshd", "hostname": "web-01"},
        "decoder": {"name": "sshd", "parent": "sshd"},
        "data": {"srcip": address, "srcport": "50122", "dstuser": "root"},
        "location": "journald",
    })
}

/// The same with one member changed.
#[must_use]
pub fn with(mut alert: Value, pointer: &str, value: impl Into<Value>) -> Value {
    if let Some(member) = alert.pointer_mut(pointer) {
        *member = value.into();
    }
    alert
}

pub fn key(alert: &Value) -> anyhow::Result<AlertKey> {
    Ok(Alert::parse(&alert.to_string())?.key().clone())
}

/// An address that a feed lists, in [`crate::Pipeline`].
pub const LISTED: &str = "203.0.113.66";

/// A successful login that nobody is told about by itself; a hunt is, if it came from a [`LISTED`] address.
#[must_use]
pub fn login(id: &str, address: &str) -> Value {
    json!({
        "timestamp": "2026-10-03T14:25:07.000+0200",
        "rule": {
            "level": 3, "id": "5715", "description": "sshd: authentication success.",
            "groups": ["syslog", "sshd", "authentication_success"],
        },
        "agent": {"id": "007", "name": "web-01", "ip": "10.20.0.7"},
        "manager": {"name": "node-1"},
        "id": id,
        "full_log": format!("Oct  3 14:25:07 web-01 sshd[882]: Accepted password for deploy from {address} port 50123 ssh2"),
        "decoder": {"name": "sshd", "parent": "sshd"},
        "data": {"srcip": address, "srcport": "50123", "dstuser": "deploy"},
        "location": "journald",
    })
}
