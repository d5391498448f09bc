//! The answer as the schema asks for it, and finding it in what a server wrote.

use domain::analysis::{ActionKind, Basis, Confidence, Direction, ModelVerdict, Severity, When};
use serde::Deserialize;

use super::{Invalid, MAX_ANSWER_BYTES};

#[derive(Debug, Deserialize)]
pub(super) struct Answer {
    pub what_happened: String,
    pub evidence: Vec<Citation>,
    pub attack: Vec<Technique>,
    pub benign_explanation: String,
    pub malicious_explanation: String,
    pub missing_information: Vec<Asked>,
    pub embedded_instructions: Vec<Quoted>,
    pub verdict: ModelVerdict,
    pub confidence: Confidence,
    pub severity: Severity,
    pub severity_reason: String,
    pub headline: String,
    pub recommended_actions: Vec<Advised>,
    #[serde(default)]
    pub tuning_hint: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Citation {
    pub path: String,
    pub value: String,
    pub meaning: String,
    pub points_to: Direction,
}

#[derive(Debug, Deserialize)]
pub(super) struct Technique {
    #[serde(rename = "technique_id")]
    pub id: String,
    pub basis: Basis,
    pub evidence_index: i64,
}

#[derive(Debug, Deserialize)]
pub(super) struct Asked {
    pub question: String,
    pub why: String,
    pub where_to_look: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct Quoted {
    pub path: String,
    pub quote: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct Advised {
    pub action: String,
    pub when: When,
    pub kind: ActionKind,
    pub target: String,
}

impl Answer {
    /// Reads the text as it is, or the first whole object in it: servers without a schema mode add fences and greetings.
    pub(super) fn parse(text: &str) -> Result<Self, Invalid> {
        if text.len() > MAX_ANSWER_BYTES {
            return Err(Invalid::TooLong);
        }
        let object = first_object(text).ok_or(Invalid::NotJson)?;
        serde_json::from_str(object).map_err(|error| Invalid::Shape(problem(&error)))
    }
}

/// The first `{…}` whose braces match, those in strings aside.
fn first_object(text: &str) -> Option<&str> {
    let start = text.find('{')?;
    let object = text.get(start..)?;
    let (mut depth, mut in_string, mut escaped) = (0_u32, false, false);
    for (at, byte) in object.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            b'{' if !in_string => depth += 1,
            b'}' if !in_string => {
                depth -= 1;
                if depth == 0 {
                    return object.get(..=at);
                }
            }
            _ => {}
        }
    }
    None
}

/// serde quotes values that it does not expect; only the names of our own fields may pass.
fn problem(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let what = text.split(" at line ").next().unwrap_or_default();
    let own = what.starts_with("missing field") || what.starts_with("duplicate field");
    let what = if own { what } else { "a value of the wrong kind" };
    format!("{what} at line {}, column {}", error.line(), error.column())
}
