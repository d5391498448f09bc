//! What groups, techniques and outcomes of an alert say.

use super::*;

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
