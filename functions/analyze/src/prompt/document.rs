//! The document about one alert: numbers and words of ours in one section, everything else in the other.

use serde_json::{Map, Value, json};

use super::text::{Room, Writer};
use super::{Subject, intelligence};
use crate::embedded;

/// Most reasons and most notes about the host that are sent.
const MAX_NOTES: usize = 10;
const MAX_NOTE_BYTES: usize = 300;

/// What of the alert is sent, in this order, and how much room each part has: about 11,000 characters together.
const MEMBERS: [(&str, Room); 9] = [
    ("full_log", Room { text: 2_400, all: 2_400 }),
    ("data", Room { text: 1_000, all: 4_500 }),
    ("syscheck", Room { text: 800, all: 1_600 }),
    ("predecoder", Room { text: 120, all: 300 }),
    ("location", Room { text: 200, all: 200 }),
    ("previous_output", Room { text: 1_400, all: 1_400 }),
    ("previous_log", Room { text: 400, all: 400 }),
    ("title", Room { text: 300, all: 300 }),
    ("output", Room { text: 400, all: 400 }),
];

pub(super) fn document(subject: &Subject<'_>, writer: &Writer<'_>) -> Value {
    json!({
        "trusted": trusted(subject, writer),
        "untrusted_log_data": untrusted(subject, writer),
    })
}

fn trusted(subject: &Subject<'_>, writer: &Writer<'_>) -> Value {
    let alert = &subject.enriched.alert;
    let (rule, assessment) = (alert.rule(), subject.assessment);
    // A reason may name a user or a file; one that speaks to its reader does not become trusted by it.
    let own = |text: &&String| embedded::is_plain(text);
    let notes = |texts: &[String]| -> Vec<String> {
        texts.iter().take(MAX_NOTES).map(|text| writer.note(text, MAX_NOTE_BYTES)).collect()
    };
    let reasons: Vec<String> = assessment.reasons.iter().filter(own).cloned().collect();
    json!({
        "rule": {
            "id": writer.note(&rule.id, 20),
            "level": rule.level,
            "groups": rule.groups.iter().take(12).map(|group| writer.note(group, 60)).collect::<Vec<_>>(),
            "technique_ids": rule.technique_ids.iter().take(8).map(|id| writer.note(id, 20)).collect::<Vec<_>>(),
        },
        "agent_id": writer.note(&alert.agent().id, 20),
        "decoder": alert.text_at(&["decoder", "name"]).map(|name| writer.note(&name, 60)),
        "timestamp": alert.timestamp(),
        "history": subject.history,
        "assessment": {"priority": assessment.priority, "reasons": notes(&reasons)},
        "intelligence": intelligence::intelligence(&subject.enriched.verdict, &subject.enriched.reports),
        "context": notes(subject.context),
    })
}

fn untrusted(subject: &Subject<'_>, writer: &Writer<'_>) -> Value {
    let alert = &subject.enriched.alert;
    let mut section = Map::new();
    let description =
        writer.member("", &Value::from(alert.rule().description.as_str()), Room { text: 400, all: 400 });
    section.insert("rule".to_owned(), json!({"description": description}));
    let name = writer.member("", &Value::from(alert.agent().name.as_str()), Room { text: 120, all: 120 });
    section.insert("agent".to_owned(), json!({"name": name}));
    for (member, room) in MEMBERS {
        if let Some(value) = alert.document().get(member) {
            section.insert(member.to_owned(), writer.member(member, value, room));
        }
    }
    Value::Object(section)
}
