//! Events for Wazuh: what intelligence knows, in the shapes that rules in the wild match, and our own verdict.

mod abuseipdb;
mod misp;
mod otx;
mod verdict;

use domain::message::Schema;
use domain::trim;
use domain::verdict::{Judged, Report, Verdict};
use domain::{Alert, Feedback};
use serde_json::{Value, json};

/// Wazuh repeats an event inside the alert it makes of it, and cuts at 64 KiB: an event stays well below.
const MAX_BYTES: usize = 25 * 1024;

/// The longest log line that goes along.
const MAX_LOG_BYTES: usize = 8 * 1024;

/// Most events of one kind for one alert.
const MAX_EVENTS: usize = 5;

/// One event per provider and indicator that somebody knows something bad about; silence is not sent back.
pub fn events(alert: &Alert, reports: &[Report], verdict: &Verdict) -> Vec<Feedback> {
    let mut events: Vec<Feedback> = Vec::new();
    let mut send = |location: &str, of_kind: Vec<Value>| {
        events.extend(of_kind.into_iter().take(MAX_EVENTS).map(|event| Feedback {
            schema: Schema,
            agent: alert.agent().clone(),
            location: location.to_owned(),
            event: fitted(event),
        }));
    };
    send("abuseipdb", reports.iter().filter_map(|report| abuseipdb::event(alert, report)).collect());
    send("misp", reports.iter().filter_map(|report| misp::event(alert, report)).collect());
    send("alienvault_otx", otx::event(alert, reports, verdict).into_iter().collect());
    send(
        "wazuh-triage",
        verdict.indicators.iter().filter_map(|judged| verdict::event(alert, judged, verdict)).collect(),
    );
    events
}

/// Shortened by field if it must be; what cannot be shortened is left to the relay, which refuses it by name.
fn fitted(event: Value) -> Value {
    if event.to_string().len() <= MAX_BYTES {
        return event;
    }
    let trimmed =
        trim::to_fit(&event, MAX_BYTES).and_then(|trimmed| serde_json::from_str(&trimmed.text).ok());
    trimmed.unwrap_or(event)
}

/// The alert that was asked about, as rules in the wild look for it.
fn original_alert(alert: &Alert) -> Value {
    let rule = alert.rule();
    json!({
        "id": alert.text_at(&["id"]),
        "timestamp": alert.text_at(&["timestamp"]),
        "rule": {"id": rule.id, "level": rule.level.get(), "description": rule.description, "groups": rule.groups},
        "agent": {"id": alert.agent().id, "name": alert.agent().name},
        "manager": {"name": alert.manager()},
        "location": alert.location(),
    })
}

fn source(alert: &Alert) -> serde_json::Map<String, Value> {
    let rule = alert.rule();
    let members = [
        ("alert_id", json!(alert.text_at(&["id"]))),
        ("rule", json!(rule.id)),
        ("description", json!(rule.description)),
        ("level", json!(rule.level.get())),
    ];
    members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

fn full_log(alert: &Alert) -> String {
    let log = alert.text_at(&["full_log"]).unwrap_or_default();
    log.get(..log.floor_char_boundary(MAX_LOG_BYTES)).unwrap_or_default().to_owned()
}

fn judged_of<'a>(verdict: &'a Verdict, report: &Report) -> Option<&'a Judged> {
    verdict.indicators.iter().find(|judged| judged.found.indicator == report.found.indicator)
}

#[cfg(test)]
mod tests;
