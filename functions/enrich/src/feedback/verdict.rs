use domain::Alert;
use domain::indicator::Direction;
use domain::verdict::{Judged, Judgement, Verdict};
use serde_json::{Value, json};

/// `wazuh-triage`: the verdict over all witnesses about one indicator, with its reasons.
pub(super) fn event(alert: &Alert, judged: &Judged, verdict: &Verdict) -> Option<Value> {
    let said = match judged.judgement {
        Judgement::Malicious | Judgement::Suspicious | Judgement::Observed => true,
        // Worth a word only where somebody accuses it.
        Judgement::BenignInfrastructure => judged.accusers().next().is_some(),
        Judgement::Unknown | Judgement::NoEvidence => false,
    };
    if !said {
        return None;
    }
    let indicator = &judged.found.indicator;
    let mut source = super::source(alert);
    source.insert("alert_key".to_owned(), alert.key().as_str().into());
    let mut event = json!({
        "integration": "wazuh-triage",
        "triage": {
            "kind": "verdict",
            "judgement": judged.judgement.name(),
            "score": judged.score,
            "indicator": indicator.to_string(),
            "indicator_type": indicator.kind(),
            "direction": judged.found.direction.name(),
            "coverage": judged.coverage,
            "agreement": judged.agreement,
            "witnesses": judged.accusers().map(ToString::to_string).collect::<Vec<_>>(),
            "reasons": judged.sentences().take(12).collect::<Vec<_>>(),
            "formula_version": verdict.formula_version,
            "source": source,
        },
    });
    // At the top it can be used by active response, so it is there only when blocking it would make sense.
    let blockable = judged.judgement == Judgement::Malicious && judged.found.direction == Direction::Source;
    if let (true, Some(address), Some(members)) = (blockable, indicator.as_ip(), event.as_object_mut()) {
        members.insert("srcip".to_owned(), address.to_string().into());
    }
    Some(event)
}
