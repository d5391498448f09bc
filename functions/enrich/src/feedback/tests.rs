use domain::indicator::{Direction, Found};
use domain::verdict::{
    Evidence, Examined, Formula, MispAttribute, MispEvent, MispMatches, OtxPulse, OtxPulses, Provider,
    Reputation, ThreatLevel, Unanswered, Witness,
};
use jiff::Timestamp;

use super::*;

fn found(indicator: &str, direction: Direction) -> Found {
    Found { indicator: indicator.parse().unwrap(), path: "data.srcip".into(), direction }
}

fn report(provider: Provider, found: &Found, answer: impl Into<domain::verdict::Answer>) -> Report {
    let (witness, asked_at) = (Witness::Provider(provider), Timestamp::UNIX_EPOCH);
    Report { witness, found: found.clone(), answer: answer.into(), asked_at, cached: false }
}

fn reputation(score: u8) -> Evidence {
    let country_code = Some("NL".into());
    Evidence::AbuseIpDb(Reputation { score, country_code, total_reports: Some(9), ..Reputation::default() })
}

fn matches() -> Evidence {
    let event = MispEvent {
        id: "501".into(),
        info: "Example botnet".into(),
        organisation: "CIRCL".into(),
        threat_level: ThreatLevel::High,
        ..MispEvent::default()
    };
    let attribute = MispAttribute {
        uuid: "u-1".into(),
        kind: "ip-src".into(),
        category: "Network activity".into(),
        value: "203.0.113.24".into(),
        to_ids: true,
        timestamp: Some(Timestamp::UNIX_EPOCH),
        decay_score: Some(80),
        tags: vec!["tlp:amber".into()],
        event,
        ..MispAttribute::default()
    };
    Evidence::Misp(MispMatches { attributes: vec![attribute], total: 1 })
}

fn pulses() -> Evidence {
    let pulse = OtxPulse {
        name: "SSH scanners".into(),
        author: "AlienVault".into(),
        active: true,
        modified_at: Some(Timestamp::UNIX_EPOCH),
        indicator_count: 50,
        malware_families: vec!["Mirai".into()],
        ..OtxPulse::default()
    };
    Evidence::Otx(OtxPulses { count: 1, pulses: vec![pulse], ..OtxPulses::default() })
}

fn alert(log: &str) -> Alert {
    let text = json!({
        "id": "1791030127.4711",
        "timestamp": "2026-10-03T14:22:07.512+0200",
        "rule": {"id": "5763", "level": 10, "description": "sshd: brute force", "groups": ["sshd"]},
        "agent": {"id": "007", "name": "web-01", "ip": "10.20.0.7"},
        "manager": {"name": "wazuh-1"},
        "full_log": log,
        "location": "journald",
    });
    Alert::parse(&text.to_string()).unwrap()
}

fn events_of(log: &str, reports: &[Report]) -> Vec<Feedback> {
    let examined: Vec<Examined> = reports
        .iter()
        .map(|report| Examined { found: report.found.clone(), reports: Vec::new(), standings: Vec::new() })
        .take(1)
        .map(|examined| Examined { reports: reports.to_vec(), ..examined })
        .collect();
    let verdict = Verdict::over(&examined, &Formula::default(), Timestamp::UNIX_EPOCH);
    events(&alert(log), reports, &verdict)
}

#[test]
fn each_witness_speaks_in_the_shape_that_rules_in_the_wild_match() {
    let found = found("203.0.113.24", Direction::Source);
    let reports = vec![
        report(Provider::AbuseIpDb, &found, reputation(100)),
        report(Provider::Misp, &found, matches()),
        report(Provider::Otx, &found, pulses()),
    ];
    let events = events_of("Failed password", &reports);
    let places: Vec<&str> = events.iter().map(|event| event.location.as_str()).collect();
    assert_eq!(places, ["abuseipdb", "misp", "alienvault_otx", "wazuh-triage"]);
    assert!(events.iter().all(|event| event.agent.id == "007"));
    insta::assert_json_snapshot!(events.iter().map(|event| &event.event).collect::<Vec<_>>());
}

#[test]
fn only_real_intelligence_is_sent_back() {
    let found = found("203.0.113.24", Direction::Source);
    let silent = |reason| domain::verdict::Answer::Unknown { reason };
    let reports = vec![
        report(Provider::AbuseIpDb, &found, reputation(0)),
        report(Provider::Misp, &found, Evidence::Misp(MispMatches::default())),
        report(Provider::Otx, &found, silent(Unanswered::Timeout)),
    ];
    assert!(events_of("", &reports).is_empty());
}

#[test]
fn only_what_matched_is_named() {
    let hash = found("6c1e26a76c1e26a76c1e26a76c1e26a7", Direction::Unknown);
    let event = events_of("", &[report(Provider::Misp, &hash, matches())]).remove(0).event;
    assert_eq!(event["ioc"], json!({"md5": "6c1e26a76c1e26a76c1e26a76c1e26a7"}));
    assert_eq!(event["result_flags"], json!({"md5_misp": true}));
}

#[test]
fn an_event_stays_small_and_readable_whatever_the_log_holds() {
    let found = found("203.0.113.24", Direction::Source);
    for log in ["é".repeat(40_000), "\"\\\u{0}".repeat(20_000), "x|y:z->w".repeat(9_000)] {
        let reports = vec![
            report(Provider::AbuseIpDb, &found, reputation(100)),
            report(Provider::Otx, &found, pulses()),
        ];
        for feedback in events_of(&log, &reports) {
            assert!(feedback.event.to_string().len() <= MAX_BYTES, "{}", feedback.event.to_string().len());
        }
    }
}
