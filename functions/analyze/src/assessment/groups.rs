//! What a rule's groups say about its event. The names are Wazuh's general classes, never those of one rule.

use domain::Rule;
use domain::assessment::SignalName;
use domain::history::Login;

use super::scale;
use super::signal::{Collected, Sign};

struct Class {
    name: SignalName,
    points: u16,
    groups: &'static [&'static str],
    /// What Wazuh means by it; the group that says so is put in front.
    meaning: &'static str,
}

const CLASSES: [Class; 6] = [
    Class {
        name: SignalName::Attack,
        points: scale::ATTACK,
        groups: &[
            "attack",
            "attacks",
            "automatic_attack",
            "command_injection",
            "exploit",
            "exploit_attempt",
            "ip_spoof",
            "sql_injection",
            "web_attack",
            "xss",
        ],
        meaning: "the rule looks for attacks",
    },
    Class {
        name: SignalName::Reconnaissance,
        points: scale::RECONNAISSANCE,
        groups: &["connection_attempt", "network_scan", "port_scan", "portscan", "recon", "web_scan"],
        meaning: "somebody looks for ways in",
    },
    Class {
        name: SignalName::Malware,
        points: scale::MALWARE,
        groups: &["malware", "ransomware", "rootcheck", "rootkit", "trojan", "virus", "yara"],
        meaning: "the rule reports malicious software or its scanner",
    },
    Class {
        name: SignalName::LogsCleared,
        points: scale::LOGS_CLEARED,
        groups: &["log_clearing", "logs_cleared"],
        meaning: "traces may have been removed",
    },
    Class {
        name: SignalName::AccessDenied,
        points: scale::ACCESS_DENIED,
        groups: &["access_denied", "invalid_access", "multiple_drops", "unknown_resource"],
        meaning: "something was asked for that is not allowed",
    },
    Class {
        name: SignalName::PrivilegeChange,
        points: scale::PRIVILEGE_CHANGE,
        groups: &[
            "account_changed",
            "adduser",
            "elevation_of_privilege",
            "group_changed",
            "policy_changed",
            "win_group_changed",
        ],
        meaning: "rights or accounts changed",
    },
];

/// One signal for each class, however many of its groups the rule has.
pub(super) fn signals(rule: &Rule, collected: &mut Collected) {
    for class in &CLASSES {
        let group = class.groups.iter().find(|group| rule.in_group(group));
        collected.add(group.map(|group| {
            Sign::new(class.name, class.points, format!("Rule group {group}: {}.", class.meaning))
        }));
    }
    if Login::of(rule) == Some(Login::Failed) {
        let sentence = "By the rule's groups a login failed.".to_owned();
        collected.add([Sign::new(
            SignalName::AuthenticationFailure,
            scale::AUTHENTICATION_FAILURE,
            sentence,
        )]);
    }
}
