//! The events that enrich really makes, and the rules that fire for them.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use domain::indicator::{Direction, Found};
use domain::verdict::{
    Evidence, Examined, Formula, MispAttribute, MispEvent, MispMatches, OtxPulse, OtxPulses, Provider,
    Report, Reputation, ThreatLevel, Verdict, Witness,
};
use domain::{Alert, Sighting};
use enrich::routing::{IgnoreRule, Route, Routing};
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

/// What came back of a finding must not be enriched, hunted and told again.
#[test]
fn a_finding_fires_its_rule_and_is_set_aside_when_it_comes_back() -> Result<()> {
    let ruleset = Ruleset::shipped()?;
    let login = |index: u32, outcome: &str| {
        let text = json!({
            "id": format!("{index}.1"), "timestamp": format!("2026-10-03T12:{index:02}:00Z"), "manager": {"name": "m"},
            "agent": {"id": "007", "name": "web-01"}, "data": {"srcip": "203.0.113.24", "dstuser": "alice"},
            "rule": {"id": "1", "level": 3, "groups": [format!("authentication_{outcome}")]},
        });
        let alert = Alert::parse(&text.to_string())?;
        Sighting::of(&alert, Timestamp::UNIX_EPOCH).context("it is a login")
    };
    let mut logins = (0..12).map(|index| login(index, "failed")).collect::<Result<Vec<_>>>()?;
    logins.push(login(20, "success")?);
    let now = "2026-10-03T13:00:00Z".parse()?;
    let hunted = hunt::detect(&logins, BTreeMap::new(), &hunt::Thresholds::default(), now);
    let finding = hunted.findings.first().context("there is a finding")?;
    let feedback = hunt::report::feedback(finding);
    assert_eq!(unknown_fields(&feedback), [""; 0]);
    let rule = ruleset.fired(&feedback).context("no rule for a finding")?;
    assert_eq!((rule.id, rule.level), (117_047, 10));
    let returned = json!({
        "id": "1.1", "rule": {"id": rule.id.to_string(), "level": rule.level, "groups": rule.group_names()},
        "data": feedback.event, "location": feedback.location,
    });
    let routing = Routing { min_level: 6, triage_groups: Vec::new(), excluded_rule_ids: Vec::new() };
    let route = routing.route(&Alert::parse(&returned.to_string())?);
    assert_eq!(route, Route::Ignore(IgnoreRule::LoopGuard));
    Ok(())
}
