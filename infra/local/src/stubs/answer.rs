//! What the stub model writes: plausible, and built from real values of the alert that it was shown.

use serde_json::{Value, json};

/// How far the model can be trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tone {
    Plausible,
    /// Cites what is not there.
    Lying,
    /// Calls it a false positive, and is sure of it.
    Downplaying,
}

/// The user's message as JSON; null when it is something else.
pub(super) fn question(messages: &[Value]) -> Value {
    let user = messages.iter().rfind(|message| message.get("role") == Some(&json!("user")));
    let text = match user.and_then(|message| message.get("content")) {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(parts)) => {
            parts.iter().filter_map(|part| part.get("text")).filter_map(Value::as_str).collect()
        }
        _ => String::new(),
    };
    serde_json::from_str(&text).unwrap_or_default()
}

/// An analysis of the alert in the question.
pub(super) fn explain(question: &Value, tone: Tone) -> Value {
    let trusted = question.get("trusted").unwrap_or(&Value::Null);
    let alert = question.get("untrusted_log_data").unwrap_or(&Value::Null);
    let rule = find(trusted, alert, "/rule/description").unwrap_or_else(|| "A rule".to_owned());
    let level = find(trusted, alert, "/rule/level").and_then(|level| level.parse::<u8>().ok()).unwrap_or(0);
    let evidence = match tone {
        Tone::Plausible | Tone::Downplaying => evidence(alert),
        Tone::Lying => vec![
            json!({"path": "/data/srcip", "value": "192.0.2.254", "meaning": "The attacker's address."}),
            json!({"path": "/data/nowhere", "value": "mimikatz", "meaning": "A tool for stealing passwords."}),
        ],
    };
    let (verdict, confidence) = match tone {
        Tone::Downplaying => ("false_positive", "high"),
        Tone::Plausible | Tone::Lying if level >= 10 => ("true_positive", "high"),
        Tone::Plausible | Tone::Lying if level >= 7 => ("true_positive", "medium"),
        Tone::Plausible | Tone::Lying => ("undetermined", "low"),
    };
    json!({
        "what_happened": format!("\"{}\" fired at level {level}. This text was written by the stub model.", rule.trim_end_matches('.')),
        "evidence": evidence,
        "verdict": verdict,
        "confidence": confidence,
        "recommended_actions": [
            "Check whether the same source was seen on other hosts in the last 24 hours.",
            "Ask the owner of the host whether the activity was planned.",
        ],
        "missing_information": ["Whether a login succeeded afterwards."],
    })
}

/// Fields that an analyst would look at first, and what they mean.
const TELLING: [(&str, &str); 9] = [
    ("/data/srcip", "The address that the activity came from."),
    ("/data/win/eventdata/ipAddress", "The address that the activity came from."),
    ("/data/dstuser", "The account that was tried."),
    ("/data/win/eventdata/targetUserName", "The account that was tried."),
    ("/data/url", "What was asked for."),
    ("/syscheck/path", "The file that changed."),
    ("/syscheck/sha256_after", "The content that it has now."),
    ("/full_log", "The line that the rule matched."),
    ("/location", "Where the event was read."),
];

/// At most three values, each where its pointer says.
fn evidence(alert: &Value) -> Vec<Value> {
    let cited = TELLING.iter().filter_map(|(path, meaning)| {
        let value = scalar(alert.pointer(path)?)?;
        Some(json!({"path": path, "value": value, "meaning": meaning}))
    });
    cited.take(3).collect()
}

fn find(trusted: &Value, alert: &Value, path: &str) -> Option<String> {
    trusted.pointer(path).or_else(|| alert.pointer(path)).and_then(scalar)
}

fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(truth) => Some(truth.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked() -> Value {
        let question = json!({
            "trusted": {"rule": {"description": "sshd: brute force.", "level": 10}},
            "untrusted_log_data": {"data": {"srcip": "203.0.113.24", "dstuser": "root"}, "location": "/var/log/auth.log"},
        });
        let messages = [
            json!({"role": "system", "content": "x"}),
            json!({"role": "user", "content": question.to_string()}),
        ];
        super::question(&messages)
    }

    #[test]
    fn evidence_is_where_its_pointer_says() {
        let question = asked();
        let explanation = explain(&question, Tone::Plausible);
        let evidence = explanation["evidence"].as_array().unwrap();
        assert_eq!(evidence.len(), 3);
        for item in evidence {
            let found = question["untrusted_log_data"].pointer(item["path"].as_str().unwrap());
            assert_eq!(found, Some(&item["value"]));
        }
        assert_eq!(explanation["verdict"], "true_positive");
        assert!(
            explanation["what_happened"]
                .as_str()
                .unwrap()
                .starts_with("\"sshd: brute force\" fired at level 10.")
        );
    }

    #[test]
    fn a_lie_is_not_in_the_alert() {
        let question = asked();
        for item in explain(&question, Tone::Lying)["evidence"].as_array().unwrap() {
            let found = question["untrusted_log_data"].pointer(item["path"].as_str().unwrap());
            assert_ne!(found, Some(&item["value"]));
        }
        assert_eq!(explain(&question, Tone::Downplaying)["verdict"], "false_positive");
    }

    #[test]
    fn a_message_that_is_no_json_still_gets_an_answer() {
        let question = question(&[json!({"role": "user", "content": [{"type": "text", "text": "hello"}]})]);
        assert_eq!(explain(&question, Tone::Plausible)["verdict"], "undetermined");
    }
}
