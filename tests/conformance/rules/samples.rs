//! Events of the four kinds, and the rule that fires for each.

use std::fs;

use anyhow::{Context, Result};
use domain::message::Schema;
use domain::{Agent, Feedback};
use serde_json::{Value, json};
use tests::project;

use super::Ruleset;
use super::events::{self, Kind};

/// An event as enrich would send it: the location goes with the kind.
fn feedback(event: Value) -> Feedback {
    let location = kind(&event).map_or("", |kind| kind.location);
    from(location, event)
}

fn kind(event: &Value) -> Option<&'static Kind> {
    event.get("integration")?.as_str().and_then(Kind::of)
}

fn from(location: &str, event: Value) -> Feedback {
    let agent = Agent { id: "007".into(), name: "web-01".into(), ip: Some("10.20.0.7".into()) };
    Feedback { schema: Schema, agent, location: location.to_owned(), event }
}

fn abuseipdb(score: &Value) -> Value {
    json!({
        "integration": "custom-abuseipdb",
        "abuseipdb": {
            "found": 1,
            "source": {"alert_id": "1791030127.4711", "rule": "5763", "srcip": "203.0.113.24", "ip": "203.0.113.24"},
            "abuse_confidence_score": score,
            "isp": null,
        },
    })
}

fn misp(to_ids: bool) -> Value {
    json!({
        "integration": "misp",
        "misp": {
            "event_id": "1208", "category": "Network activity", "value": "203.0.113.24", "type": "ip-src",
            "event_info": "Scanners of October", "tags": ["tlp:green"], "threat_level": "2", "to_ids": to_ids,
            "source": {"alert_id": "1791030127.4711", "rule": "5763", "description": "sshd: brute force", "level": 10},
        },
        "ioc": {"ip_src": "203.0.113.24"},
        "result_flags": {"ip_src_misp": "true"},
        "misp_response": {"ip_src": {"value": "203.0.113.24", "event_info": "Scanners of October"}},
        "threat": "MISP match",
        "original_alert": {"rule": {"id": "5763"}},
    })
}

fn otx(malicious: &str, verdict: &str, indicators: &Value) -> Value {
    json!({
        "integration": "alienvault_otx",
        "overall_malicious": malicious,
        "overall_verdict": verdict,
        "indicators": indicators,
        "original_rule": {"id": "5763"},
        "original_full_log": "Failed password: an attack, an error",
        "otx": {"pulse_count": 7, "active": true},
    })
}

fn otx_indicator(value: &str, malicious: bool) -> Value {
    let verdict = if malicious { "malicious" } else { "clean" };
    json!({"value": value, "malicious": malicious.to_string(), "verdict": verdict, "pulse_count": 7})
}

fn verdict(judgement: &str, direction: &str) -> Value {
    json!({
        "integration": "wazuh-triage",
        "triage": {
            "kind": "verdict", "judgement": judgement, "score": "81", "indicator": "203.0.113.24",
            "indicator_type": "ip", "direction": direction, "formula_version": "1",
            "source": {"alert_id": "1791030127.4711", "rule": "5763", "level": 10},
        },
    })
}

fn finding(severity: &str) -> Value {
    json!({
        "integration": "wazuh-triage",
        "triage": {
            "kind": "finding", "severity": severity, "score": 91, "title": "alice: success after failures",
            "kinds": ["success_after_failures"], "technique_ids": ["T1078", "T1110"],
        },
    })
}

fn without(mut event: Value, pointer: &str, name: &str) -> Value {
    event.pointer_mut(pointer).and_then(Value::as_object_mut).and_then(|object| object.remove(name));
    event
}

/// The rule of an event, `None` if no alert comes of it.
fn alerted(ruleset: &Ruleset, feedback: &Feedback) -> Option<u32> {
    ruleset.fired(feedback).filter(|rule| rule.level > 0).map(|rule| rule.id)
}

#[test]
fn each_event_fires_its_rule() -> Result<()> {
    let ruleset = Ruleset::shipped()?;
    let ip = |malicious| otx_indicator("203.0.113.24", malicious);
    for (event, expected) in [
        (abuseipdb(&json!(0)), None),
        (abuseipdb(&json!("0")), None),
        (abuseipdb(&json!(1)), Some(100_015)),
        (abuseipdb(&json!(10)), Some(100_015)),
        (abuseipdb(&json!(87)), Some(100_015)),
        (abuseipdb(&json!("100")), Some(100_015)),
        (without(abuseipdb(&json!(87)), "/abuseipdb", "abuse_confidence_score"), None),
        (misp(true), Some(117_001)),
        (misp(false), Some(117_002)),
        (without(misp(true), "/misp", "to_ids"), Some(117_001)),
        (without(misp(true), "", "threat"), None),
        (otx("true", "malicious", &json!({"src_ip": ip(true)})), Some(117_027)),
        (
            otx("true", "malicious", &json!({"url": otx_indicator("http://evil.example/a", true)})),
            Some(117_026),
        ),
        (otx("true", "malicious", &json!({"domain": otx_indicator("evil.example", true)})), Some(117_025)),
        (otx("true", "malicious", &json!({"src_ip": ip(true), "dst_ip": ip(true)})), Some(117_024)),
        (otx("true", "malicious", &json!({"src_ip": ip(true), "dst_ip": ip(false)})), Some(117_027)),
        (otx("true", "malicious", &json!({"file_hash": otx_indicator("ab", true)})), Some(117_023)),
        (otx("true", "malicious", &json!({})), Some(117_022)),
        (otx("true", "suspicious", &json!({})), Some(117_022)),
        (otx("false", "suspicious", &json!({"src_ip": ip(false)})), Some(117_021)),
        (otx("false", "clean", &json!({"src_ip": ip(false)})), None),
        (verdict("observed", "source"), Some(117_041)),
        (verdict("suspicious", "destination"), Some(117_042)),
        (verdict("malicious", "source"), Some(117_043)),
        (verdict("malicious", "unknown"), Some(117_043)),
        (verdict("malicious", "destination"), Some(117_044)),
        (verdict("benign_infrastructure", "destination"), Some(117_045)),
        (verdict("no_evidence", "source"), None),
        (finding("medium"), Some(117_046)),
        (finding("high"), Some(117_047)),
        (finding("critical"), Some(117_048)),
        (without(verdict("malicious", "source"), "/triage", "kind"), None),
    ] {
        let feedback = feedback(event);
        assert_eq!(alerted(&ruleset, &feedback), expected, "{}", feedback.event);
        assert_eq!(unknown_fields(&feedback), [""; 0]);
    }
    Ok(())
}

#[test]
fn events_of_the_manager_fire_as_those_of_agents_do() -> Result<()> {
    let ruleset = Ruleset::shipped()?;
    for (event, expected) in [(abuseipdb(&json!(87)), 100_015), (misp(true), 117_001)] {
        let mut feedback = feedback(event);
        feedback.agent.id = "000".into();
        assert_eq!(alerted(&ruleset, &feedback), Some(expected));
    }
    Ok(())
}

#[test]
fn events_that_the_relay_wrote_to_its_file_fire_as_those_of_the_socket_do() -> Result<()> {
    let ruleset = Ruleset::shipped()?;
    for (event, expected) in
        [(abuseipdb(&json!(87)), 100_015), (misp(true), 117_001), (verdict("malicious", "source"), 117_043)]
    {
        let mut feedback = from("/var/ossec/logs/wazuh-triage-events.json", event);
        // logcollector speaks for the manager.
        feedback.agent.id = "000".into();
        assert_eq!(alerted(&ruleset, &feedback), Some(expected));
        feedback.agent.id = "007".into();
        assert_ne!(alerted(&ruleset, &feedback), Some(117_001));
    }
    Ok(())
}

/// Else our bases, which raise nothing, would silence it, and our group would keep it from triage.
#[test]
fn a_log_line_that_calls_itself_ours_is_left_to_other_rules() -> Result<()> {
    let ruleset = Ruleset::shipped()?;
    for event in [misp(true), otx("true", "malicious", &json!({})), verdict("malicious", "source")] {
        for location in ["/var/log/app.json", "/var/log/misp", "wazuh-triage.log", "API-Webhook"] {
            let feedback = from(location, event.clone());
            assert_eq!(ruleset.fired(&feedback).map(|rule| rule.id), None, "{location}");
        }
    }
    Ok(())
}

/// The lines after `wazuh-logtest -l LOCATION    # rule ID` in the manager's README.
#[test]
fn the_examples_for_logtest_fire_the_rules_that_the_readme_says() -> Result<()> {
    let ruleset = Ruleset::shipped()?;
    let path = project::folder().join("infra/wazuh/README.md");
    let text = fs::read_to_string(path)?;
    let lines: Vec<_> = text.lines().collect();
    let mut found = Vec::new();
    for pair in lines.windows(2) {
        let [command, event] = pair else { continue };
        let Some((_, command)) = command.split_once("wazuh-logtest -l ") else { continue };
        let (location, id) = command.split_once("# rule ").context("a command without its rule")?;
        let feedback = from(location.trim(), serde_json::from_str(event)?);
        assert_eq!(alerted(&ruleset, &feedback), Some(id.trim().parse()?), "{event}");
        assert_eq!(unknown_fields(&feedback), [""; 0]);
        found.push(feedback.location);
    }
    assert_eq!(found, events::KINDS.map(|kind| kind.location));
    Ok(())
}

/// Fields of an event that the table of its kind does not have.
pub fn unknown_fields(feedback: &Feedback) -> Vec<String> {
    let kind = kind(&feedback.event);
    let names = events::flattened(&feedback.event).into_iter().map(|(name, _)| name);
    names.filter(|name| !kind.is_some_and(|kind| kind.allows(name))).collect()
}
