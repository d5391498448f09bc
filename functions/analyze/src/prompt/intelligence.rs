//! Intelligence as counts and words of ours. Names of pulses and events, comments and tags are written by strangers and
//! stay out.

use domain::indicator::Indicator;
use domain::verdict::{Evidence, Judged, Report, Verdict};
use serde_json::{Map, Value, json};

/// The worst of them.
const MAX_INDICATORS: usize = 5;
const MAX_WITNESSES: usize = 6;

pub(super) fn intelligence(verdict: &Verdict, reports: &[Report]) -> Value {
    let indicators: Vec<Value> = verdict
        .indicators
        .iter()
        .filter(|judged| judged.is_applicable())
        .take(MAX_INDICATORS)
        .map(|judged| indicator(judged, reports))
        .collect();
    json!({
        "judgement": verdict.judgement,
        "score": verdict.score,
        "coverage_percent": verdict.coverage,
        "agreement_percent": verdict.agreement,
        "indicators": indicators,
    })
}

fn indicator(judged: &Judged, reports: &[Report]) -> Value {
    let applicable = judged.contributions.iter().filter(|contribution| contribution.applicable);
    let witnesses: Vec<Value> = applicable
        .take(MAX_WITNESSES)
        .map(|contribution| {
            let report = reports.iter().find(|report| {
                report.witness == contribution.witness && report.found.indicator == judged.found.indicator
            });
            let mut witness =
                report.and_then(|report| report.answer.evidence()).map(counts).unwrap_or_default();
            witness.insert("witness".to_owned(), word(&contribution.witness.to_string()).into());
            witness.insert("status".to_owned(), contribution.status.as_str().into());
            Value::Object(witness)
        })
        .collect();
    json!({
        "kind": kind(&judged.found.indicator),
        "found_at": place(&judged.found.path),
        "judgement": judged.judgement,
        "score": judged.score,
        "witnesses": witnesses,
    })
}

/// Numbers and flags of an answer.
fn counts(evidence: &Evidence) -> Map<String, Value> {
    let members = match evidence {
        Evidence::AbuseIpDb(reputation) => json!({
            "score": reputation.score,
            "reports": reputation.total_reports,
            "reporters": reputation.distinct_reporters,
            "is_tor": reputation.is_tor,
        }),
        Evidence::Misp(matches) => json!({
            "attributes": matches.total,
            "for_detection": matches.attributes.iter().filter(|attribute| attribute.to_ids).count(),
            "threat_level": matches.attributes.first().map(|attribute| attribute.event.threat_level.name()),
            "false_positive_sightings": matches.attributes.iter().map(|attribute| attribute.false_positives).max(),
        }),
        Evidence::Otx(pulses) => json!({
            "pulses": pulses.count,
            "active": pulses.pulses.iter().filter(|pulse| pulse.active).count(),
            "by_followed_authors": pulses.pulses.iter().filter(|pulse| pulse.subscribed).count(),
            "accepted_false_positive": pulses.false_positive,
        }),
        Evidence::Listed(listing) => json!({"confidence": listing.confidence}),
    };
    match members {
        Value::Object(members) => members,
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => Map::new(),
    }
}

fn kind(indicator: &Indicator) -> &'static str {
    match indicator {
        Indicator::Ip(_) => "ip",
        Indicator::Domain(_) => "domain",
        Indicator::Url(_) => "url",
        Indicator::Hash(_) => "hash",
    }
}

/// Where logs are JSON, their keys are chosen by whoever wrote them.
fn place(path: &str) -> &str {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'[' | b']');
    if path.len() <= 60 && path.bytes().all(plain) { path } else { "a field" }
}

/// A provider's or a feed's name, if it is one.
fn word(name: &str) -> &str {
    let plain = |character: char| character.is_alphanumeric() || matches!(character, ' ' | '-' | '_' | '.');
    if name.len() <= 40 && name.chars().all(plain) { name } else { "a feed" }
}
