//! The deterministic assessment: priority with named reasons, next steps and questions from tables.

use domain::assessment::{Assessment, Priority, Technique};
use domain::verdict::{Judgement, Verdict};
use domain::{Alert, Rule, RuleLevel};

/// Judges an alert by its rule and by what intelligence says. Nothing in here asks anybody.
pub fn assess(alert: &Alert, verdict: &Verdict) -> Assessment {
    let rule = alert.rule();
    let mut priority = by_level(rule.level);
    let mut reasons = vec![format!("Rule {} has level {}, which makes it {priority}.", rule.id, rule.level)];
    let floor = floor(verdict.judgement);
    if floor > priority {
        priority = floor;
        reasons.push(format!("Intelligence says {}: at least {floor}.", verdict.judgement));
    }
    let topic = Topic::of(rule);
    Assessment {
        priority,
        reasons,
        next_steps: owned(topic.next_steps()),
        open_questions: owned(topic.open_questions()),
        techniques: techniques(rule),
    }
}

/// Wazuh's own words for its levels: 7 to 9 medium, 10 to 13 high, 14 and above critical.
fn by_level(level: RuleLevel) -> Priority {
    match level.get() {
        0..7 => Priority::Low,
        7..10 => Priority::Medium,
        10..14 => Priority::High,
        14.. => Priority::Critical,
    }
}

/// Intelligence raises a priority, and never lowers it.
fn floor(judgement: Judgement) -> Priority {
    match judgement {
        Judgement::Malicious => Priority::High,
        Judgement::Suspicious => Priority::Medium,
        Judgement::Observed
        | Judgement::Unknown
        | Judgement::BenignInfrastructure
        | Judgement::NoEvidence => Priority::Low,
    }
}

/// What an alert is about, as far as its rule's groups tell; it chooses the advice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Topic {
    Authentication,
    Web,
    FileIntegrity,
    Malware,
    Vulnerability,
    Privilege,
    Network,
    Other,
}

impl Topic {
    /// The first group that says something wins; Wazuh writes the particular groups last.
    fn of(rule: &Rule) -> Self {
        let by_group = |group: &String| match group.as_str() {
            "authentication_failures"
            | "authentication_failed"
            | "authentication_success"
            | "invalid_login" => Some(Self::Authentication),
            "web" | "accesslog" | "web_scan" | "attack" | "sql_injection" => Some(Self::Web),
            "syscheck" | "syscheck_file" | "syscheck_entry_modified" => Some(Self::FileIntegrity),
            "rootcheck" | "virus" | "malware" | "yara" | "virustotal" => Some(Self::Malware),
            "vulnerability-detector" => Some(Self::Vulnerability),
            "sudo" | "su" | "adduser" | "account_changed" => Some(Self::Privilege),
            "ids" | "suricata" | "firewall" | "firewall_drop" => Some(Self::Network),
            _ => None,
        };
        rule.groups.iter().find_map(by_group).unwrap_or(Self::Other)
    }

    fn next_steps(self) -> &'static [&'static str] {
        match self {
            Self::Authentication => &[
                "Look for a successful login from the same address or for the same user after these events.",
                "Block the source address where nothing legitimate comes from it.",
                "If a login succeeded: end its sessions, reset the credential, and look at what was run.",
            ],
            Self::Web => &[
                "Look at the server's answer: a 2xx or a long answer to an attack needs a closer look.",
                "Search the same source's other requests around this time.",
                "Block the source at the edge if this was an attack.",
            ],
            Self::FileIntegrity => &[
                "Compare the change with deployments and package updates of that time.",
                "Find the process and user that wrote the file.",
                "Restore the file and isolate the host if nobody can explain the change.",
            ],
            Self::Malware => &[
                "Isolate the host before anything else is tried on it.",
                "Keep the file and its hash, and search the hash on other hosts.",
                "Find out how it came in: mail, download, or a login just before.",
            ],
            Self::Vulnerability => &[
                "Check whether the vulnerable software is reachable and in use.",
                "Plan the update by exposure, not by score alone.",
            ],
            Self::Privilege => &[
                "Ask the user, or check the change ticket, whether this was meant.",
                "Look at the commands that followed.",
            ],
            Self::Network => &[
                "Check whether the connection was allowed and what was transferred.",
                "Look at the inner host for a process that belongs to the connection.",
            ],
            Self::Other => &[
                "Read the raw event below and the host's events around it.",
                "Ask the owner of the host whether the activity was expected.",
            ],
        }
    }

    fn open_questions(self) -> &'static [&'static str] {
        match self {
            Self::Authentication => {
                &["Did any of the attempts succeed?", "Is the account a real one, and whose?"]
            }
            Self::Web => {
                &["Was the attacked application vulnerable to this?", "Is the source one of our scanners?"]
            }
            Self::FileIntegrity => &["Was there a change window for this host?"],
            Self::Malware => &["Was the file executed?", "Where else is it?"],
            Self::Vulnerability => &["Is the host reachable from the internet?"],
            Self::Privilege => &["Does this user normally do this on this host?"],
            Self::Network => &["Which process opened the connection?"],
            Self::Other => &["Is this expected on this host?"],
        }
    }
}

fn owned(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

/// Names belong to ids only where the rule gives one for each.
fn techniques(rule: &Rule) -> Vec<Technique> {
    let named = rule.technique_ids.len() == rule.technique_names.len();
    let name = |index: usize| rule.technique_names.get(index).filter(|_| named).cloned();
    rule.technique_ids
        .iter()
        .enumerate()
        .map(|(index, id)| Technique { id: id.clone(), name: name(index) })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::verdict::Formula;
    use jiff::Timestamp;

    fn assessed(rule: &str, judgement: Judgement) -> Assessment {
        let alert = Alert::parse(&format!(r#"{{"id":"1.1","rule":{{{rule}}}}}"#)).unwrap();
        let nothing = Verdict::over(&[], &Formula::default(), Timestamp::UNIX_EPOCH);
        assess(&alert, &Verdict { judgement, ..nothing })
    }

    #[test]
    fn intelligence_raises_and_never_lowers() {
        for (level, judgement, expected) in [
            (3, Judgement::NoEvidence, Priority::Low),
            (3, Judgement::Observed, Priority::Low),
            (10, Judgement::BenignInfrastructure, Priority::High),
            (3, Judgement::Suspicious, Priority::Medium),
            (7, Judgement::Suspicious, Priority::Medium),
            (7, Judgement::Malicious, Priority::High),
            (10, Judgement::NoEvidence, Priority::High),
            (10, Judgement::Unknown, Priority::High),
            (15, Judgement::Malicious, Priority::Critical),
        ] {
            let priority = assessed(&format!(r#""id":"1","level":{level}"#), judgement).priority;
            assert_eq!(priority, expected, "level {level}, {judgement}");
        }
    }

    #[test]
    fn each_step_up_is_explained() {
        let assessment = assessed(r#""id":"31103","level":7"#, Judgement::Malicious);
        assert_eq!(
            assessment.reasons,
            ["Rule 31103 has level 7, which makes it MEDIUM.", "Intelligence says malicious: at least HIGH."]
        );
    }

    #[test]
    fn advice_follows_the_groups() {
        let steps = |groups: &str| {
            assessed(&format!(r#""id":"1","level":7,"groups":{groups}"#), Judgement::Unknown).next_steps
        };
        assert!(steps(r#"["syslog","sshd","authentication_failures"]"#)[0].contains("successful login"));
        assert!(steps(r#"["web","accesslog","attack"]"#)[0].contains("server's answer"));
        assert!(steps(r#"["ossec","syscheck","syscheck_entry_modified"]"#)[0].contains("deployments"));
        assert!(steps("[]")[0].contains("raw event"));
    }

    #[test]
    fn techniques_are_named_only_when_the_names_match() {
        let rule =
            r#""id":"1","level":7,"mitre":{"id":["T1110","T1021.004"],"technique":["Brute Force","SSH"]}"#;
        let named = assessed(rule, Judgement::Unknown).techniques;
        assert_eq!(named[1], Technique { id: "T1021.004".into(), name: Some("SSH".into()) });
        let rule = r#""id":"1","level":7,"mitre":{"id":["T1110","T1021.004"],"technique":["Brute Force"]}"#;
        assert_eq!(assessed(rule, Judgement::Unknown).techniques[0].name, None);
    }
}
