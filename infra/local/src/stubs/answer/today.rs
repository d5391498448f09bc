//! The shape whose pointers lead into the alert.

use serde_json::{Value, json};

use super::{Facts, Tone};

pub(super) fn explain(facts: &Facts<'_>) -> Value {
    json!({
        "what_happened": facts.what_happened,
        "evidence": evidence(facts),
        "verdict": facts.verdict,
        "confidence": facts.confidence,
        "recommended_actions": [
            "Check whether the same source was seen on other hosts in the last 24 hours.",
            "Ask the owner of the host whether the activity was planned.",
        ],
        "missing_information": ["Whether a login succeeded afterwards."],
    })
}

/// At most three values, each where its pointer says.
fn evidence(facts: &Facts<'_>) -> Vec<Value> {
    if facts.tone == Tone::Lying {
        return vec![
            json!({"path": "/data/srcip", "value": "192.0.2.254", "meaning": "The attacker's address."}),
            json!({"path": "/data/nowhere", "value": "mimikatz", "meaning": "A tool for stealing passwords."}),
        ];
    }
    let cited = facts.telling().take(3);
    cited.map(|(path, value, meaning)| json!({"path": path, "value": value, "meaning": meaning})).collect()
}
