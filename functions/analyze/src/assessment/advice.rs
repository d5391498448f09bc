//! Next steps and open questions: the table of topics, filled in with the alert's host and source.

use domain::Rule;

use super::signal::Subject;
use super::topics::{OTHER, TOPICS, Topic};

pub(super) struct Advice {
    pub next_steps: Vec<String>,
    pub open_questions: Vec<String>,
}

/// What to do and to ask about an alert of this rule.
pub(super) fn on(rule: &Rule, subject: &Subject) -> Advice {
    let topic = topic(rule);
    let source = subject.address.as_deref().unwrap_or("the source");
    let fill = |text: &&str| text.replace("{host}", &subject.host).replace("{source}", source);
    Advice {
        next_steps: topic.next_steps.iter().map(fill).collect(),
        open_questions: topic.open_questions.iter().map(fill).collect(),
    }
}

/// The topics stand from the particular to the general: a login in the cloud is about the cloud.
fn topic(rule: &Rule) -> &'static Topic {
    let about = |topic: &&Topic| {
        let stem = |group: &str| topic.stems.iter().any(|stem| group.starts_with(stem));
        rule.groups.iter().any(|group| topic.groups.contains(&group.as_str()) || stem(group))
    };
    TOPICS.iter().find(about).unwrap_or(&OTHER)
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::Alert;

    fn alert(groups: &str) -> Alert {
        let text = format!(
            r#"{{"id":"1.1","rule":{{"id":"1","level":7,"groups":{groups}}},"agent":{{"id":"7","name":"web-01"}},"data":{{"srcip":"203.0.113.9"}}}}"#
        );
        Alert::parse(&text).unwrap()
    }

    #[test]
    fn groups_choose_the_topic() {
        for (groups, expected) in [
            (r#"["syslog","sshd","authentication_failures"]"#, Some("invalid_login")),
            (r#"["pam","syslog","authentication_success"]"#, Some("invalid_login")),
            (r#"["web","accesslog","attack","sql_injection"]"#, Some("appsec")),
            (r#"["apache","web","access_denied"]"#, Some("appsec")),
            (r#"["ossec","syscheck","syscheck_entry_modified","syscheck_file"]"#, Some("syscheck")),
            (r#"["ossec","rootcheck"]"#, Some("yara")),
            (r#"["virus","windows_defender","windows"]"#, Some("yara")),
            (r#"["vulnerability-detector"]"#, Some("vulnerability-detector")),
            (r#"["syslog","sudo"]"#, Some("sudo")),
            (r#"["ids","suricata"]"#, Some("snort")),
            (r#"["windows","sysmon","sysmon_event1"]"#, Some("sysmon")),
            (r#"["windows","windows_application","system_error"]"#, Some("sysmon")),
            (r#"["windows","windows_security","authentication_success"]"#, Some("invalid_login")),
            (r#"["amazon","aws","aws_cloudtrail","authentication_failed"]"#, Some("amazon")),
            (r#"["office365","AzureActiveDirectory"]"#, Some("office365")),
            (r#"["windows","windows_security","logs_cleared"]"#, Some("logs_cleared")),
            (r#"["azure","ad_user"]"#, Some("azure")),
            (r#"["gcp"]"#, Some("gcp")),
            (r#"["docker"]"#, Some("docker")),
            (r#"["kubernetes_audit"]"#, Some("docker")),
            (r#"["sca"]"#, Some("sca")),
            (r#"["postfix","spam"]"#, Some("postfix")),
            (r#"["dovecot","authentication_success"]"#, Some("invalid_login")),
            (r#"["audit","audit_command"]"#, Some("audit")),
            (r#"["syslog","service_availability"]"#, Some("service_start")),
            ("[]", None),
        ] {
            let topic = topic(alert(groups).rule());
            match expected {
                Some(group) => assert!(topic.groups.contains(&group), "{groups}: {:?}", topic.groups),
                None => assert!(topic.groups.is_empty(), "{groups}: {:?}", topic.groups),
            }
        }
    }

    #[test]
    fn advice_names_the_host_and_the_source() {
        let alert = alert(r#"["sshd","authentication_failed"]"#);
        let advice = on(alert.rule(), &Subject::of(&alert));
        assert_eq!(
            advice.next_steps[0],
            "Look for a successful login from 203.0.113.9, or for the same user on web-01, after these events."
        );
    }

    #[test]
    fn every_topic_has_a_few_steps_and_questions_and_no_placeholder_is_left() {
        let alert = alert("[]");
        for topic in TOPICS.iter().chain([&OTHER]) {
            assert!((2..=4).contains(&topic.next_steps.len()), "{:?}", topic.groups);
            assert!((1..=3).contains(&topic.open_questions.len()), "{:?}", topic.groups);
            for text in topic.next_steps.iter().chain(topic.open_questions) {
                assert!(text.ends_with(['.', '?']) && text.len() < 170, "{text}");
            }
        }
        let advice = on(alert.rule(), &Subject::of(&alert));
        let all = [advice.next_steps, advice.open_questions].concat();
        assert!(all.iter().all(|text| !text.contains(['{', '}'])), "{all:?}");
    }
}
