//! The events that enrich really makes, and the rules that fire for them.

use anyhow::{Context, Result};
use domain::Alert;
use domain::indicator::{Direction, Found};
use domain::verdict::{
    Evidence, Examined, Formula, MispAttribute, MispEvent, MispMatches, OtxPulse, OtxPulses, Provider,
    Report, Reputation, ThreatLevel, Verdict, Witness,
};
use jiff::Timestamp;
use serde_json::json;

use super::Ruleset;
use super::samples::unknown_fields;

fn evidence() -> [(Provider, Evidence); 3] {
    let event = MispEvent { id: "501".into(), threat_level: ThreatLevel::High, ..MispEvent::default() };
    let attribute = MispAttribute {
        kind: "ip-src".into(),
        category: "Network activity".into(),
        value: "203.0.113.24".into(),
        to_ids: true,
        decay_score: Some(80),
        event,
        ..MispAttribute::default()
    };
    let pulse =
        OtxPulse { author: "AlienVault".into(), active: true, indicator_count: 50, ..OtxPulse::default() };
    [
        (Provider::AbuseIpDb, Evidence::AbuseIpDb(Reputation { score: 100, ..Reputation::default() })),
        (Provider::Misp, Evidence::Misp(MispMatches { attributes: vec![attribute], total: 1 })),
        (Provider::Otx, Evidence::Otx(OtxPulses { count: 1, pulses: vec![pulse], ..OtxPulses::default() })),
    ]
}

fn examined(indicator: &str, direction: Direction) -> Result<Examined> {
    let found = Found { indicator: indicator.parse()?, path: "data.srcip".into(), direction };
    let report = |(provider, evidence): (Provider, Evidence)| Report {
        witness: Witness::Provider(provider),
        found: found.clone(),
        answer: evidence.into(),
        asked_at: Timestamp::UNIX_EPOCH,
        cached: false,
    };
    Ok(Examined { reports: evidence().map(report).into(), found, standings: Vec::new() })
}

#[test]
fn every_event_that_is_sent_fires_the_rule_that_is_meant_for_it() -> Result<()> {
    let ruleset = Ruleset::shipped()?;
    let alert = json!({
        "id": "1791030127.4711", "rule": {"id": "5763", "level": 10, "description": "sshd: brute force"},
        "agent": {"id": "007", "name": "web-01", "ip": "2001:db8::7"}, "full_log": "Failed password: error, attack",
    });
    let alert = Alert::parse(&alert.to_string())?;
    for (direction, expected) in [
        (Direction::Source, [100_015, 117_001, 117_027, 117_043]),
        (Direction::Destination, [100_015, 117_001, 117_024, 117_044]),
    ] {
        let examined = [examined("203.0.113.24", direction)?];
        let reports: Vec<Report> = examined.iter().flat_map(|examined| examined.reports.clone()).collect();
        let verdict = Verdict::over(&examined, &Formula::default(), Timestamp::UNIX_EPOCH);
        let mut fired = Vec::new();
        for feedback in enrich::feedback::events(&alert, &reports, &verdict) {
            assert_eq!(unknown_fields(&feedback), [""; 0]);
            assert!(feedback.datagram().is_ok());
            fired.push(ruleset.fired(&feedback).context("no rule for an event")?.id);
        }
        assert_eq!(fired, expected);
    }
    Ok(())
}
