mod any_alert;
mod classes;

use domain::assessment::{Priority, SignalName};
use domain::verdict::{Formula, Judgement};
use jiff::Timestamp;

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
