//! Believing a model only as far as it can be checked: what it cites must stand in the alert.

use domain::Alert;
use domain::analysis::{Confidence, Evidence, Explanation, ModelVerdict};
use domain::lenient;
use domain::trim::cut_middle;
use serde::Deserialize;

/// The answer as the schema asks for it.
#[derive(Debug, Deserialize)]
pub struct Answer {
    what_happened: String,
    evidence: Vec<Evidence>,
    verdict: ModelVerdict,
    confidence: Confidence,
    recommended_actions: Vec<String>,
    missing_information: Vec<String>,
}

const MAX_EVIDENCE: usize = 8;
const MAX_ACTIONS: usize = 5;
const MAX_QUESTIONS: usize = 4;
const MAX_PROSE_BYTES: usize = 1_200;
const MAX_LINE_BYTES: usize = 300;

/// Keeps what can be verified. Without any verified evidence the verdict is "undetermined", whatever the model said.
pub fn verify(answer: Answer, alert: &Alert, model: &str) -> Explanation {
    let cited = answer.evidence.len().min(MAX_EVIDENCE);
    let evidence: Vec<Evidence> = answer
        .evidence
        .into_iter()
        .take(MAX_EVIDENCE)
        .filter(|item| stands_in(alert, item))
        .map(bounded)
        .collect();
    let supported = !evidence.is_empty();
    Explanation {
        what_happened: cut_middle(answer.what_happened.trim(), MAX_PROSE_BYTES),
        evidence,
        cited,
        verdict: if supported { answer.verdict } else { ModelVerdict::Undetermined },
        confidence: if supported { answer.confidence } else { Confidence::Low },
        recommended_actions: lines(&answer.recommended_actions, MAX_ACTIONS),
        missing_information: lines(&answer.missing_information, MAX_QUESTIONS),
        model: cut_middle(model, 80),
    }
}

/// The value, or a part of it, stands where the model says. Nothing is proved by an empty quotation.
fn stands_in(alert: &Alert, item: &Evidence) -> bool {
    let quoted = item.value.trim();
    let there = alert.document().pointer(&item.path);
    let texts =
        there.map(|value| lenient::text(value).map_or_else(|| lenient::texts(value), |text| vec![text]));
    !quoted.is_empty() && texts.unwrap_or_default().iter().any(|text| text.contains(quoted))
}

fn bounded(item: Evidence) -> Evidence {
    Evidence {
        path: item.path,
        value: cut_middle(item.value.trim(), MAX_LINE_BYTES),
        meaning: cut_middle(item.meaning.trim(), MAX_LINE_BYTES),
    }
}

fn lines(texts: &[String], most: usize) -> Vec<String> {
    texts
        .iter()
        .map(|text| cut_middle(text.trim(), MAX_LINE_BYTES))
        .filter(|text| !text.is_empty())
        .take(most)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn explained(evidence: &Value, verdict: &str) -> Explanation {
        let alert = json!({
            "id": "1.1", "rule": {"id": "5763", "level": 10, "groups": ["sshd", "authentication_failures"]},
            "data": {"srcip": "203.0.113.24", "srcport": "50122"},
            "full_log": "Failed password for root from 203.0.113.24 port 50122 ssh2",
        });
        let answer = json!({
            "what_happened": "w", "evidence": evidence, "verdict": verdict, "confidence": "high",
            "recommended_actions": ["a", " ", "b", "c", "d", "e", "f"], "missing_information": [],
        });
        let alert = Alert::parse(&alert.to_string()).unwrap();
        verify(serde_json::from_value(answer).unwrap(), &alert, "m")
    }

    #[test]
    fn only_what_stands_in_the_alert_is_evidence() {
        for (path, value, stands) in [
            ("/data/srcip", "203.0.113.24", true),
            ("/full_log", "Failed password for root", true),
            ("/rule/level", "10", true),
            ("/rule/groups", "authentication_failures", true),
            ("/data/srcip", "203.0.113.25", false),
            ("/data/dstip", "203.0.113.24", false),
            ("data.srcip", "203.0.113.24", false),
            ("/data/srcip", "", false),
            ("/data/srcip", " ", false),
            ("/data", "203.0.113.24", false),
        ] {
            let evidence = json!([{"path": path, "value": value, "meaning": "m"}]);
            assert_eq!(
                explained(&evidence, "true_positive").evidence.len(),
                usize::from(stands),
                "{path} {value}"
            );
        }
    }

    #[test]
    fn a_verdict_without_evidence_is_undetermined() {
        let invented = json!([{"path": "/data/user", "value": "admin", "meaning": "m"}]);
        let explanation = explained(&invented, "false_positive");
        assert_eq!(explanation.verdict, ModelVerdict::Undetermined);
        assert_eq!(explanation.confidence, Confidence::Low);
        assert_eq!(explanation.cited, 1);
        let real = json!([{"path": "/data/srcip", "value": "203.0.113.24", "meaning": "m"}]);
        assert_eq!(explained(&real, "true_positive").verdict, ModelVerdict::TruePositive);
    }

    #[test]
    fn lists_are_bounded() {
        assert_eq!(explained(&json!([]), "undetermined").recommended_actions, ["a", "b", "c", "d", "e"]);
    }
}
