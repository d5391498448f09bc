use domain::Alert;
use domain::indicator::{Direction, Indicator};
use domain::verdict::{Evidence, Judgement, OtxPulse, OtxPulses, Report, Verdict};
use serde_json::{Map, Value, json};

/// `alienvault_otx`: one event per alert with what OTX has pulses about, as the rules of wazuh/integrations ask for it.
///
/// They take any pulse for malice. Here an indicator is `malicious` only if the verdict over all witnesses says so.
pub(super) fn event(alert: &Alert, reports: &[Report], verdict: &Verdict) -> Option<Value> {
    let mut indicators = Map::new();
    let (mut worst, mut most) = (Judgement::NoEvidence, None::<&OtxPulses>);
    for report in reports {
        let Some(Evidence::Otx(pulses)) = report.answer.evidence().filter(|evidence| evidence.is_hit())
        else {
            continue;
        };
        let judgement =
            super::judged_of(verdict, report).map_or(Judgement::Unknown, |judged| judged.judgement);
        let name = name(&report.found.indicator, report.found.direction);
        // The shape has room for one of each kind: the worst.
        if !indicators.contains_key(name) || judgement > worst {
            indicators.insert(name.to_owned(), indicator(&report.found.indicator, pulses, judgement));
        }
        worst = worst.max(judgement);
        most = Some(most.filter(|most| most.count >= pulses.count).unwrap_or(pulses));
    }
    let most = most?;
    Some(json!({
        "integration": "alienvault_otx",
        "original_rule": alert.rule().id,
        "input_alert": alert.text_at(&["id"]),
        "overall_malicious": worst == Judgement::Malicious,
        "overall_verdict": worst.name(),
        "indicators": indicators,
        "otx": {"pulse_count": most.count, "active": most.pulses.iter().any(|pulse| pulse.active)},
        "original_full_log": super::full_log(alert),
    }))
}

fn indicator(indicator: &Indicator, pulses: &OtxPulses, judgement: Judgement) -> Value {
    let distinct = |of_pulse: fn(&OtxPulse) -> Vec<String>| {
        let mut texts: Vec<String> = pulses.pulses.iter().flat_map(of_pulse).collect();
        texts.sort();
        texts.dedup();
        texts.truncate(10);
        texts
    };
    json!({
        "value": indicator.to_string(),
        "malicious": judgement == Judgement::Malicious,
        "verdict": judgement.name(),
        "confidence": confidence(judgement),
        "pulse_count": pulses.count,
        "pulse_names": pulses.pulses.iter().map(|pulse| pulse.name.as_str()).take(5).collect::<Vec<_>>(),
        "adversaries": distinct(|pulse| pulse.adversary.clone().into_iter().collect()),
        "malware_families": distinct(|pulse| pulse.malware_families.clone()),
    })
}

fn confidence(judgement: Judgement) -> &'static str {
    match judgement {
        Judgement::Malicious => "high",
        Judgement::Suspicious => "medium",
        Judgement::Observed
        | Judgement::Unknown
        | Judgement::BenignInfrastructure
        | Judgement::NoEvidence => "low",
    }
}

fn name(indicator: &Indicator, direction: Direction) -> &'static str {
    match (indicator, direction) {
        (Indicator::Ip(_), Direction::Destination) => "dst_ip",
        (Indicator::Ip(_), Direction::Source | Direction::Unknown) => "src_ip",
        (Indicator::Domain(_), _) => "domain",
        (Indicator::Url(_), _) => "url",
        (Indicator::Hash(_), _) => "file_hash",
    }
}
