//! The schema of the answer, within what the strict mode of every provider knows: types, enums, closed objects.

use std::sync::LazyLock;

use serde_json::{Value, json};

/// Name of the schema in a request.
pub const SCHEMA_NAME: &str = "alert_analysis";

/// The schema. Evidence stands before the verdict: models write in this order, and so reason before they judge. Bounds
/// are checked by [`crate::answer::read`], since not every provider knows the words for them.
pub fn schema() -> &'static Value {
    static SCHEMA: LazyLock<Value> = LazyLock::new(written);
    &SCHEMA
}

fn written() -> Value {
    let text = || json!({"type": "string"});
    let one_of = |words: &[&str]| json!({"type": "string", "enum": words});
    object(&[
        ("what_happened", told("2 to 4 plain sentences, facts of this alert only")),
        (
            "evidence",
            list(&object(&[
                ("path", told("JSON pointer into the document, as in /untrusted_log_data/data/srcip")),
                ("value", told("the value at that place, copied exactly, or an exact part of it")),
                ("meaning", text()),
                ("points_to", one_of(&["malicious", "benign", "context"])),
            ])),
        ),
        (
            "attack",
            list(&object(&[
                ("technique_id", text()),
                ("basis", one_of(&["rule", "observed"])),
                ("evidence_index", json!({"type": "integer"})),
            ])),
        ),
        ("benign_explanation", text()),
        ("malicious_explanation", text()),
        (
            "missing_information",
            list(&object(&[("question", text()), ("why", text()), ("where_to_look", text())])),
        ),
        ("embedded_instructions", list(&object(&[("path", text()), ("quote", text())]))),
        ("verdict", one_of(&["true_positive", "benign_true_positive", "false_positive", "undetermined"])),
        ("confidence", one_of(&["low", "medium", "high"])),
        ("severity", one_of(&["critical", "high", "medium", "low", "informational"])),
        ("severity_reason", text()),
        ("headline", told("at most 90 characters")),
        (
            "recommended_actions",
            list(&object(&[
                ("action", text()),
                ("when", one_of(&["now", "today", "later"])),
                ("kind", one_of(&["verify", "contain", "eradicate", "tune", "none"])),
                ("target", text()),
            ])),
        ),
        ("tuning_hint", json!({"type": ["string", "null"]})),
    ])
}

fn told(description: &str) -> Value {
    json!({"type": "string", "description": description})
}

fn list(items: &Value) -> Value {
    json!({"type": "array", "items": items})
}

/// A closed object that must have all its members.
fn object(properties: &[(&str, Value)]) -> Value {
    let names: Vec<&str> = properties.iter().map(|(name, _)| *name).collect();
    let members: serde_json::Map<String, Value> =
        properties.iter().map(|(name, schema)| ((*name).to_owned(), schema.clone())).collect();
    json!({"type": "object", "additionalProperties": false, "required": names, "properties": members})
}
