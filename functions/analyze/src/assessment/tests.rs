use domain::assessment::{Priority, Signal, SignalName};
use domain::verdict::{Formula, Judgement};
use jiff::Timestamp;
use proptest::prelude::*;

use super::*;

fn verdict(judgement: Judgement) -> Verdict {
    let nothing = Verdict::over(&[], &Formula::default(), Timestamp::UNIX_EPOCH);
    Verdict { judgement, score: 80, ..nothing }
}

fn alert(rule: &str, rest: &str) -> Alert {
    let agent = r#""agent":{"id":"007","name":"web-01"}"#;
    Alert::parse(&format!(r#"{{"id":"1.1","rule":{{"id":"5712",{rule}}},{agent}{rest}}}"#)).unwrap()
}

fn assessed(alert: &Alert, judgement: Judgement, history: &History) -> Assessment {
    assess(alert, &verdict(judgement), history, &SiteNotes::default())
}

/// What the alert alone says.
fn alone(rule: &str, rest: &str) -> Assessment {
    assessed(&alert(rule, rest), Judgement::Unknown, &History::default())
}

fn points(assessment: &Assessment, name: SignalName) -> Option<u16> {
    assessment.signals.iter().find(|signal| signal.name == name).map(|signal| signal.points)
}

const SOURCE: &str = r#","data":{"srcip":"203.0.113.9","dstuser":"root"}"#;

fn recorded() -> History {
    History { known_before: true, hosts: 1, users: 1, addresses: 1, rules: 1, ..History::default() }
}

#[test]
fn a_level_alone_makes_the_priority_that_wazuh_means_by_it() {
    for level in 0..=16 {
        let expected = match level {
            0..7 => Priority::Low,
            7..10 => Priority::Medium,
            10..14 => Priority::High,
            _ => Priority::Critical,
        };
        let assessment = alone(&format!(r#""level":{level}"#), "");
        assert_eq!(assessment.priority, expected, "level {level}");
        assert_eq!(assessment.reasons, [format!("Rule 5712 has level {level}: {expected}.")]);
    }
}

#[test]
fn intelligence_raises_and_never_lowers() {
    for (level, judgement, expected) in [
        (3, Judgement::NoEvidence, Priority::Low),
        (3, Judgement::Observed, Priority::Low),
        (10, Judgement::BenignInfrastructure, Priority::High),
        (3, Judgement::Suspicious, Priority::Medium),
        (7, Judgement::Suspicious, Priority::Medium),
        (3, Judgement::Malicious, Priority::High),
        (7, Judgement::Malicious, Priority::High),
        (10, Judgement::NoEvidence, Priority::High),
        (10, Judgement::Unknown, Priority::High),
        (10, Judgement::Malicious, Priority::High),
        (15, Judgement::Malicious, Priority::Critical),
    ] {
        let alert = alert(&format!(r#""level":{level}"#), "");
        let assessment = assessed(&alert, judgement, &History::default());
        assert_eq!(assessment.priority, expected, "level {level}, {judgement}");
        let raised = judgement >= Judgement::Suspicious;
        assert_eq!(assessment.reasons.len(), if raised { 2 } else { 1 }, "level {level}, {judgement}");
    }
}

#[test]
fn groups_are_read_as_general_classes() {
    for (groups, name, sentence) in [
        (r#"["web","attack"]"#, SignalName::Attack, "Rule group attack: the rule looks for attacks."),
        (
            r#"["sql_injection","attack"]"#,
            SignalName::Attack,
            "Rule group attack: the rule looks for attacks.",
        ),
        (r#"["recon"]"#, SignalName::Reconnaissance, "Rule group recon: somebody looks for ways in."),
        (
            r#"["rootcheck"]"#,
            SignalName::Malware,
            "Rule group rootcheck: the rule reports malicious software or its scanner.",
        ),
        (
            r#"["logs_cleared"]"#,
            SignalName::LogsCleared,
            "Rule group logs_cleared: traces may have been removed.",
        ),
        (
            r#"["access_denied"]"#,
            SignalName::AccessDenied,
            "Rule group access_denied: something was asked for that is not allowed.",
        ),
        (r#"["adduser"]"#, SignalName::PrivilegeChange, "Rule group adduser: rights or accounts changed."),
        (
            r#"["authentication_failed"]"#,
            SignalName::AuthenticationFailure,
            "By the rule's groups a login failed.",
        ),
    ] {
        let assessment = alone(&format!(r#""level":5,"groups":{groups}"#), "");
        let names: Vec<SignalName> = assessment.signals.iter().map(|signal| signal.name).collect();
        assert_eq!(names, [SignalName::RuleLevel, name], "{groups}");
        assert_eq!(assessment.reasons[1], sentence);
    }
}

#[test]
fn everyday_events_are_no_reason_to_look() {
    for (rule, rest) in [
        (r#""level":3,"groups":["pam","authentication_success"],"mitre":{"id":["T1078"]}"#, ""),
        (r#""level":3,"groups":["sshd","authentication_success"],"mitre":{"id":["T1078","T1021"]}"#, SOURCE),
        (r#""level":3,"groups":["pam","syslog"]"#, ""),
        (r#""level":3,"groups":["syslog","sudo"],"mitre":{"id":["T1548.003"]}"#, ""),
        (r#""level":5,"groups":["windows","authentication_failed"],"mitre":{"id":["T1531"]}"#, SOURCE),
        (r#""level":5,"groups":["windows","authentication_failed"],"mitre":{"id":["T1078.002"]}"#, SOURCE),
        (r#""level":3,"groups":["clamd","freshclam","virus"]"#, ""),
        (r#""level":3,"groups":["ids","suricata"]"#, r#","data":{"alert":{"severity":"3"}}"#),
    ] {
        let alert = alert(rule, rest);
        for history in [History::default(), recorded(), History { known_before: false, ..recorded() }] {
            let assessment = assessed(&alert, Judgement::Unknown, &history);
            assert!(!assessment.is_suspicious(), "{rule} {:?}", assessment.reasons);
            assert_eq!(points(&assessment, SignalName::AttackTechnique), None, "{rule}");
        }
    }
}

#[test]
fn a_technique_that_everyday_events_do_not_carry_is_a_signal() {
    let assessment = alone(r#""level":6,"mitre":{"id":["T1078","T1003.001","T9999"]}"#, "");
    assert_eq!(assessment.reasons[1], "The rule names T1003.001 (LSASS Memory; Credential Access).");
}

#[test]
fn outcomes_are_read_from_the_alert() {
    let web = r#""level":6,"groups":["web","accesslog","attack"]"#;
    let ids = r#""level":3,"groups":["ids","suricata"]"#;
    let fim = r#""level":5,"groups":["syscheck"]"#;
    for (rule, rest, name, expected) in [
        (web, r#","data":{"id":"200"}"#, SignalName::AttackAnswered, Some("with status 200.")),
        (web, r#","data":{"id":"404"}"#, SignalName::AttackAnswered, None),
        (web, r#","data":{"id":"20"}"#, SignalName::AttackAnswered, None),
        (
            r#""level":3,"groups":["web","accesslog"]"#,
            r#","data":{"id":"200"}"#,
            SignalName::AttackAnswered,
            None,
        ),
        (
            ids,
            r#","data":{"alert":{"severity":1}}"#,
            SignalName::SensorSeverity,
            Some("severity 1, the highest."),
        ),
        (
            ids,
            r#","data":{"alert":{"severity":"2"}}"#,
            SignalName::SensorSeverity,
            Some("severity 2, medium."),
        ),
        (
            ids,
            r#","full_log":"[**] x [**] [Priority: 1] {TCP}""#,
            SignalName::SensorSeverity,
            Some("severity 1, the highest."),
        ),
        (ids, r#","full_log":"[Priority: 3] {TCP}""#, SignalName::SensorSeverity, None),
        (web, r#","full_log":"GET /[Priority: 1]""#, SignalName::SensorSeverity, None),
        (
            fim,
            r#","syscheck":{"path":"/root/.ssh/authorized_keys"}"#,
            SignalName::SensitiveFile,
            Some("/root/.ssh/authorized_keys decides"),
        ),
        (
            fim,
            r#","syscheck":{"path":"c:\\windows\\System32\\drivers\\etc\\hosts"}"#,
            SignalName::SensitiveFile,
            Some("decides who may log in"),
        ),
        (
            fim,
            r#","syscheck":{"path":"HKEY_LOCAL_MACHINE\\\\Software\\\\Microsoft\\\\Windows\\\\CurrentVersion\\\\Run"}"#,
            SignalName::SensitiveFile,
            Some("decides who may log in"),
        ),
        (fim, r#","syscheck":{"path":"/var/www/index.html"}"#, SignalName::SensitiveFile, None),
    ] {
        let assessment = alone(rule, rest);
        assert_eq!(points(&assessment, name).is_some(), expected.is_some(), "{rest}");
        if let Some(sentence) = expected {
            assert!(
                assessment.reasons.iter().any(|reason| reason.contains(sentence)),
                "{:?}",
                assessment.reasons
            );
        }
    }
}

#[test]
fn accounts_of_services_and_stored_secrets_are_worth_a_look() {
    let pam = r#""level":3,"groups":["pam","syslog","authentication_success"]"#;
    let sudo = r#""level":3,"groups":["syslog","sudo"]"#;
    for (rule, rest, sentence) in [
        (
            r#""level":3,"groups":["syslog","su","authentication_success"]"#,
            r#","data":{"srcuser":"www-data","dstuser":"anna"}"#,
            Some("www-data is an account of a service, and became another user."),
        ),
        (sudo, r#","data":{"srcuser":"anna","dstuser":"www-data"}"#, None),
        (
            pam,
            r#","data":{"uid":"33","dstuser":"anna"}"#,
            Some("An account of a service (uid 33) opened the session."),
        ),
        (pam, r#","data":{"uid":"0","dstuser":"www-data"}"#, None),
        (pam, r#","data":{"uid":"1000","dstuser":"root"}"#, None),
        (
            sudo,
            r#","data":{"srcuser":"anna","command":"/bin/cat /etc/shadow"}"#,
            Some("The command names /etc/shadow, where secrets are stored."),
        ),
        (sudo, r#","data":{"srcuser":"anna","command":"/usr/bin/tail /var/log/syslog"}"#, None),
    ] {
        let assessment = alone(rule, rest);
        assert_eq!(assessment.is_suspicious(), sentence.is_some(), "{rest} {:?}", assessment.reasons);
        assert_eq!(assessment.reasons.get(1).map(String::as_str), sentence, "{rest}");
    }
}

#[test]
fn history_speaks_only_where_it_was_recorded_and_names_its_facts() {
    let failed = r#""level":5,"groups":["sshd","authentication_failed"]"#;
    let success = r#""level":3,"groups":["sshd","authentication_success"]"#;
    let probe = r#""level":5,"groups":["web","attack"]"#;
    let plain = r#""level":3,"groups":["syslog"]"#;
    let default = History::default();
    for (rule, history, priority, sentence) in [
        (
            success,
            History { failures_before: 14, ..recorded() },
            Priority::High,
            "203.0.113.9 failed 14 times in the hour before and now succeeded.",
        ),
        (
            success,
            History { failures_before: 3, ..recorded() },
            Priority::Medium,
            "203.0.113.9 failed 3 times in the hour before and now succeeded.",
        ),
        (success, History { failures_before: 2, ..recorded() }, Priority::Low, ""),
        (success, History { failures_before: 14, ..default.clone() }, Priority::Low, ""),
        (
            failed,
            History { failures_before: 10, ..recorded() },
            Priority::Medium,
            "203.0.113.9 failed 10 times in the hour before.",
        ),
        (
            failed,
            History { users: 6, ..recorded() },
            Priority::Medium,
            "203.0.113.9 tried 6 users within a day.",
        ),
        (success, History { users: 6, ..recorded() }, Priority::Low, ""),
        (
            plain,
            History { known_before: false, ..recorded() },
            Priority::Low,
            "First time rule 5712 fires on web-01 about 203.0.113.9.",
        ),
        (plain, default, Priority::Low, ""),
        (probe, recorded(), Priority::Low, ""),
        (
            probe,
            History { recent_alerts: 2, ..recorded() },
            Priority::Medium,
            "2 alerts of the same kind in the ten minutes before.",
        ),
        (plain, History { recent_alerts: 900, ..recorded() }, Priority::Low, ""),
        (probe, History { hosts: 4, ..recorded() }, Priority::Medium, "203.0.113.9 on 4 hosts within a day."),
        (plain, History { hosts: 40, ..recorded() }, Priority::Low, "203.0.113.9 on 40 hosts within a day."),
        (
            probe,
            History { rules: 5, ..recorded() },
            Priority::Medium,
            "203.0.113.9 set off 5 rules within a day.",
        ),
    ] {
        let assessment = assessed(&alert(rule, SOURCE), Judgement::Unknown, &history);
        assert_eq!(assessment.priority, priority, "{rule} {history:?}");
        let said = assessment.reasons.iter().any(|reason| reason == sentence);
        assert!(said || sentence.is_empty(), "{sentence} / {:?}", assessment.reasons);
        let of_groups = alone(rule, SOURCE).reasons.len();
        assert_eq!(assessment.reasons.len() > of_groups, !sentence.is_empty(), "{:?}", assessment.reasons);
    }
}

#[test]
fn many_signals_together_reach_critical() {
    let success = alert(r#""level":3,"groups":["sshd","authentication_success"]"#, SOURCE);
    let history = History { failures_before: 40, known_before: false, ..recorded() };
    let site = r#"{"assets":[{"agent":"web-*","criticality":"critical","note":"shop"}]}"#.parse().unwrap();
    let assessment = assess(&success, &verdict(Judgement::Malicious), &history, &site);
    insta::assert_snapshot!(format!("{} {}\n{}", assessment.priority, assessment.score(), assessment.reasons.join("\n")), @r"
    CRITICAL 130
    Rule 5712 has level 3: LOW.
    Intelligence says malicious with score 80: at least HIGH.
    203.0.113.9 failed 40 times in the hour before and now succeeded.
    First time rule 5712 fires on web-01 about 203.0.113.9.
    web-01 is a host marked critical: shop.
    ");
}

#[test]
fn names_of_techniques_are_att_and_ck_s_and_unknown_ids_stay_marked() {
    let techniques = |mitre: &str| alone(&format!(r#""level":7,"mitre":{mitre}"#), "").techniques;
    let named = techniques(r#"{"id":["T1110","T1021.004"],"technique":["brute","ssh"]}"#);
    assert_eq!(named[0], Technique { id: "T1110".into(), name: Some("Brute Force".into()) });
    assert_eq!(named[1], Technique { id: "T1021.004".into(), name: Some("SSH".into()) });
    assert!(named[1].known().is_some());
    let unknown = techniques(r#"{"id":["T1086","T9999"],"technique":["PowerShell"]}"#);
    assert_eq!(unknown[0], Technique { id: "T1086".into(), name: None });
    assert!(unknown.iter().all(|technique| technique.known().is_none()));
    let by_rule = techniques(r#"{"id":["T1086"],"technique":["PowerShell"]}"#);
    assert_eq!(by_rule[0].name.as_deref(), Some("PowerShell"));
}

const GROUPS: [&str; 11] = [
    "attack",
    "recon",
    "virus",
    "logs_cleared",
    "access_denied",
    "adduser",
    "authentication_failed",
    "authentication_success",
    "web",
    "ids",
    "syslog",
];

fn groups() -> impl Strategy<Value = Vec<&'static str>> {
    prop::sample::subsequence(GROUPS.to_vec(), 0..5)
}

proptest! {
    /// More of anything never makes less of the alert.
    #[test]
    fn raising_any_signal_never_lowers_the_priority(
        level in 0_i64..16,
        groups in groups(),
        judgement in prop::sample::select(vec![Judgement::Unknown, Judgement::Suspicious]),
        counts in prop::array::uniform5(0_u32..30),
        raised in 0_usize..9,
    ) {
        let [recent, hosts, users, rules, failures] = counts;
        let rule = |level: i64, groups: &[&str]| {
            format!(r#""level":{level},"groups":{}"#, serde_json::to_string(groups).unwrap())
        };
        let history = History {
            recent_alerts: recent.into(), hosts: hosts + 1, users, rules, failures_before: failures,
            known_before: true, ..History::default()
        };
        let before = assessed(&alert(&rule(level, &groups), SOURCE), judgement, &history);
        let mut more = history;
        let (mut level, mut judgement, mut groups) = (level, judgement, groups);
        match raised {
            0 => level += 1,
            1 => judgement = Judgement::Malicious,
            2 => more.recent_alerts += 7,
            3 => more.hosts += 7,
            4 => more.users += 7,
            5 => more.rules += 7,
            6 => more.failures_before += 7,
            7 => more.known_before = false,
            _ => groups.push("exploit_attempt"),
        }
        let after = assessed(&alert(&rule(level, &groups), SOURCE), judgement, &more);
        prop_assert!(after.priority >= before.priority, "{:?}\n{:?}", before.reasons, after.reasons);
        prop_assert!(after.score() >= before.score());
    }

    /// Every sentence belongs to a signal, and nothing ends below what the level alone makes.
    #[test]
    fn sentences_and_signals_go_together(level in 0_i64..=16, groups in groups(), hosts in 0_u32..20) {
        let rule = format!(r#""level":{level},"groups":{}"#, serde_json::to_string(&groups).unwrap());
        let history = History { hosts, ..recorded() };
        let assessment = assessed(&alert(&rule, SOURCE), Judgement::Unknown, &history);
        prop_assert_eq!(assessment.signals.len(), assessment.reasons.len());
        let base = alone(&format!(r#""level":{level}"#), "").priority;
        prop_assert!(assessment.priority >= base);
        let first: Signal = assessment.signals[0];
        prop_assert_eq!(first.name, SignalName::RuleLevel);
    }
}

#[test]
fn a_finding_of_a_hunt_weighs_by_its_score_and_only_a_hunt_has_findings() {
    let finding = |groups: &str, score: u16| {
        let rest = format!(
            r#","data":{{"dstuser":"alice","hunt":{{"subject":"alice","score":{score},"kinds":["malicious_source","impossible_travel"],"signs":[{{"sentence":"alice got in twice."}}],"evidence":["at nine","at ten"]}}}}"#
        );
        alone(&format!(r#""level":3,"groups":["wazuh_triage"{groups}]"#), &rest)
    };
    let hunted = r#","wazuh_triage_hunt""#;
    for (groups, score, expected, priority) in [
        (hunted, 99, Some(25), Priority::High),
        (hunted, 60, Some(10), Priority::Medium),
        // A log line may call itself what it likes.
        ("", 99, None, Priority::Low),
    ] {
        let assessment = finding(groups, score);
        assert_eq!(points(&assessment, SignalName::Finding), expected);
        assert_eq!(assessment.priority, priority);
    }
    let assessment = finding(hunted, 99);
    assert!(
        assessment.reasons.contains(
            &"Hunting found: malicious source, impossible travel; score 99 of 100: at least HIGH.".to_owned()
        ),
        "{:?}",
        assessment.reasons
    );
    assert!(assessment.reasons.ends_with(&["alice got in twice.", "at nine", "at ten"].map(str::to_owned)));
    assert!(assessment.next_steps[0].contains("by telephone"), "{:?}", assessment.next_steps);
}
