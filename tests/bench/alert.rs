//! The alerts that are sent: of the usual size, each with an id of its own.

use serde_json::{Value, json};

/// One line of `alerts.json`, about 1.7 kB as usual.
pub(crate) fn alert(id: &str) -> Value {
    let line = "Oct  3 14:22:06 web-01 sshd[881]: Failed password for root from 203.0.113.24 port 50122 ssh2";
    let earlier = [line; 6].join("\n");
    json!({
        "timestamp": "2026-10-03T14:22:07.512+0200",
        "rule": {
            "level": 10, "id": "5763", "frequency": 8, "firedtimes": 3, "mail": false,
            "description": "sshd: brute force trying to get access to the system. Authentication failed.",
            "mitre": {"id": ["T1110"], "tactic": ["Credential Access"], "technique": ["Brute Force"]},
            "groups": ["syslog", "sshd", "authentication_failures"],
            "gdpr": ["IV_35.7.d", "IV_32.2"], "hipaa": ["164.312.b"], "nist_800_53": ["SI.4", "AU.14", "AC.7"],
            "pci_dss": ["11.4", "10.2.4", "10.2.5"], "tsc": ["CC6.1", "CC6.8", "CC7.2", "CC7.3"],
        },
        "agent": {"id": "007", "name": "web-01", "ip": "10.20.0.7"},
        "manager": {"name": "wazuh-1"},
        "id": id,
        "previous_output": earlier,
        "full_log": line,
        "predecoder": {"program_name": "sshd", "timestamp": "Oct  3 14:22:06", "hostname": "web-01"},
        "decoder": {"parent": "sshd", "name": "sshd"},
        "data": {"srcip": "203.0.113.24", "srcport": "50122", "dstuser": "root"},
        "location": "journald",
    })
}

/// The id of an alert that arrived.
pub(crate) fn id(body: &str) -> Option<String> {
    let alert: Value = serde_json::from_str(body).ok()?;
    alert.get("id")?.as_str().map(str::to_owned)
}
