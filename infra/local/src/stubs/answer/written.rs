//! An answer with evidence for and against, whose pointers lead into the document as it was sent.

use serde_json::{Value, json};

use super::{Facts, Tone};

pub(super) fn explain(facts: &Facts<'_>) -> Value {
    let severity = match (facts.tone, facts.level) {
        (Tone::Downplaying, _) => "informational",
        (_, 12..) => "critical",
        (_, 10..=11) => "high",
        (_, 7..=9) => "medium",
        (_, 0..=6) => "low",
    };
    json!({
        "what_happened": facts.what_happened,
        "evidence": evidence(facts),
        "attack": attack(facts),
        "benign_explanation": facts.topic.harmless,
        "malicious_explanation": facts.topic.harmful,
        "missing_information": [{
            "question": facts.topic.question,
            "why": facts.topic.why,
            "where_to_look": facts.topic.place,
        }],
        "embedded_instructions": claims(facts.document),
        "verdict": facts.verdict,
        "confidence": facts.confidence,
        "severity": severity,
        "severity_reason": format!("The rule's level is {}.", facts.level),
        "headline": facts.topic.headline,
        "recommended_actions": [
            {
                "action": "Check whether the same source was seen on other hosts in the last 24 hours.",
                "when": "now", "kind": "verify", "target": "the source",
            },
            {
                "action": "Ask the owner of the host whether the activity was planned.",
                "when": "today", "kind": "verify", "target": "the owner of the host",
            },
        ],
        "tuning_hint": null,
    })
}

/// At most three values of the log and the rule's level, each where its pointer says.
fn evidence(facts: &Facts<'_>) -> Vec<Value> {
    if facts.tone == Tone::Lying {
        return vec![
            cited("/untrusted_log_data/data/srcip", "192.0.2.254", "The attacker's address.", "malicious"),
            cited(
                "/untrusted_log_data/data/nowhere",
                "mimikatz",
                "A tool for stealing passwords.",
                "malicious",
            ),
        ];
    }
    let points_to = match facts.verdict {
        "true_positive" => "malicious",
        "false_positive" => "benign",
        _ => "context",
    };
    let log = facts.telling().take(3);
    let log = log.map(|(path, value, meaning)| {
        cited(&format!("/untrusted_log_data{path}"), &value, meaning, points_to)
    });
    let level = facts.document.pointer("/trusted/rule/level").map(|level| {
        cited(
            "/trusted/rule/level",
            &level.to_string(),
            "How grave the rule's author thinks it is.",
            "context",
        )
    });
    log.chain(level).collect()
}

fn cited(path: &str, value: &str, meaning: &str, points_to: &str) -> Value {
    json!({"path": path, "value": value, "meaning": meaning, "points_to": points_to})
}

fn attack(facts: &Facts<'_>) -> Vec<Value> {
    let technique = |id: &str, basis: &str| json!({"technique_id": id, "basis": basis, "evidence_index": 0});
    if facts.tone == Tone::Inventing {
        return vec![
            technique("T9999", "observed"),
            technique("T1059.999", "observed"),
            technique("T1498", "rule"),
        ];
    }
    let places = ["/trusted/rule/technique_ids", "/trusted/rule/mitre/id"];
    let ids = places.iter().find_map(|place| facts.document.pointer(place)?.as_array());
    ids.into_iter().flatten().filter_map(Value::as_str).map(|id| technique(id, "rule")).collect()
}

/// Phrases of the log that talk to whoever judges it.
fn claims(document: &Value) -> Vec<Value> {
    const PHRASES: [&str; 6] = [
        "ignore previous instructions",
        "authorised test",
        "authorized test",
        "non-malicious",
        "false positive",
        "evaluation event",
    ];
    let mut found = Vec::new();
    let mut places = vec![("/untrusted_log_data".to_owned(), document.get("untrusted_log_data"))];
    while let Some((path, value)) = places.pop() {
        match value {
            Some(Value::String(text)) => {
                let phrase = PHRASES.iter().find(|phrase| text.contains(*phrase));
                found.extend(phrase.map(|phrase| json!({"path": path, "quote": phrase})));
            }
            Some(Value::Array(items)) => {
                places.extend(
                    items.iter().enumerate().map(|(index, item)| (format!("{path}/{index}"), Some(item))),
                );
            }
            Some(Value::Object(members)) => places.extend(members.iter().map(|(name, member)| {
                (format!("{path}/{}", name.replace('~', "~0").replace('/', "~1")), Some(member))
            })),
            Some(Value::Null | Value::Bool(_) | Value::Number(_)) | None => {}
        }
    }
    found
}
