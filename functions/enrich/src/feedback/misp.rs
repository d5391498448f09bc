use std::collections::BTreeMap;

use domain::Alert;
use domain::indicator::{Direction, Indicator};
use domain::verdict::{Evidence, MispAttribute, MispMatches, Report, ThreatLevel};
use serde_json::{Value, json};

/// `misp`: `misp.*` as the rules of `SOCFortress` ask for it, and `ioc.*`, `result_flags.*` and `misp_response.*` as
/// those of wazuh/integrations do. Only what matched stands there: some rules ask no more than whether a field exists.
pub(super) fn event(alert: &Alert, report: &Report) -> Option<Value> {
    let Some(Evidence::Misp(matches)) = report.answer.evidence() else { return None };
    let strongest = matches.attributes.first()?;
    let indicator = report.found.indicator.to_string();
    let name = name(&report.found.indicator, report.found.direction);
    Some(json!({
        "integration": "misp",
        "misp": {
            "event_id": strongest.event.id,
            "event_info": strongest.event.info,
            "permalink": strongest.event.permalink,
            "category": strongest.category,
            "type": strongest.kind,
            "value": strongest.value,
            "tags": strongest.tags,
            "threat_level": strongest.event.threat_level.name(),
            "to_ids": strongest.to_ids,
            "attribute_count": matches.total,
            "related_events": related_events(matches),
            "source": super::source(alert),
        },
        "ioc": {name: indicator},
        "result_flags": {format!("{name}_misp"): true},
        "misp_response": {name: response(strongest)},
        "threat": "MISP match",
        "original_alert": super::original_alert(alert),
    }))
}

fn name(indicator: &Indicator, direction: Direction) -> &'static str {
    match (indicator, direction) {
        (Indicator::Ip(_), Direction::Destination) => "ip_dst",
        (Indicator::Ip(_), Direction::Source | Direction::Unknown) => "ip_src",
        (Indicator::Domain(_), _) => "domain",
        (Indicator::Url(_), _) => "url",
        (Indicator::Hash(hash), _) => hash.kind().name(),
    }
}

/// Id and title of every event with a matching attribute, each once.
fn related_events(matches: &MispMatches) -> Vec<String> {
    let events: BTreeMap<&str, &str> =
        matches.attributes.iter().map(|it| (it.event.id.as_str(), it.event.info.as_str())).collect();
    events.into_iter().map(|(id, info)| format!("{id} {info}")).take(10).collect()
}

fn response(attribute: &MispAttribute) -> Value {
    json!({
        "value": attribute.value,
        "uuid": attribute.uuid,
        "timestamp": attribute.timestamp.map(|time| time.as_second().to_string()),
        "event_id": attribute.event.id,
        "event_org": attribute.event.organisation,
        "event_info": attribute.event.info,
        "threat_level_id": threat_level_id(attribute.event.threat_level),
    })
}

fn threat_level_id(level: ThreatLevel) -> &'static str {
    match level {
        ThreatLevel::High => "1",
        ThreatLevel::Medium => "2",
        ThreatLevel::Low => "3",
        ThreatLevel::Undefined => "4",
    }
}
