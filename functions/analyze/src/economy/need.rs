//! Whether a model is worth asking about an alert.

use domain::analysis::NoAnalysis;
use domain::assessment::Priority;
use domain::history::History;
use domain::verdict::{Judgement, Verdict};

/// Why the assessment alone is enough; nothing if a model should explain the alert.
pub fn spared(
    priority: Priority,
    from: Priority,
    verdict: &Verdict,
    history: &History,
) -> Option<NoAnalysis> {
    if priority < from {
        return Some(NoAnalysis::BelowPriority);
    }
    let known_and_low = priority == Priority::Low && history.known_before;
    (known_and_low && nothing_against(verdict)).then_some(NoAnalysis::Certain)
}

/// Somebody who was asked and did not answer might have known something. Where there was nobody to ask about, nobody is
/// silent.
fn nothing_against(verdict: &Verdict) -> bool {
    match verdict.judgement {
        Judgement::NoEvidence | Judgement::BenignInfrastructure => true,
        Judgement::Unknown => verdict.indicators.is_empty(),
        Judgement::Observed | Judgement::Suspicious | Judgement::Malicious => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::verdict::{Examined, Formula};
    use jiff::Timestamp;

    fn verdict(judgement: Judgement, indicators: usize) -> Verdict {
        let found = domain::indicator::Found {
            indicator: "203.0.113.9".parse().unwrap(),
            path: "data.srcip".into(),
            direction: domain::indicator::Direction::Source,
        };
        let examined = vec![Examined { found, reports: Vec::new(), standings: Vec::new() }; indicators];
        Verdict { judgement, ..Verdict::over(&examined, &Formula::default(), Timestamp::UNIX_EPOCH) }
    }

    #[test]
    fn a_model_is_spared_only_where_code_is_sure() {
        use Judgement::{BenignInfrastructure, Malicious, NoEvidence, Observed, Suspicious, Unknown};
        use Priority::{Critical, High, Low, Medium};
        let certain = Some(NoAnalysis::Certain);
        let below = Some(NoAnalysis::BelowPriority);
        for (priority, from, judgement, indicators, known_before, expected) in [
            (Low, Low, NoEvidence, 1, true, certain),
            (Low, Low, BenignInfrastructure, 1, true, certain),
            (Low, Low, Unknown, 0, true, certain),
            (Low, Low, Unknown, 1, true, None),
            (Low, Low, NoEvidence, 1, false, None),
            (Low, Low, Observed, 1, true, None),
            (Low, Low, Suspicious, 1, true, None),
            (Low, Low, Malicious, 1, true, None),
            (Medium, Low, NoEvidence, 1, true, None),
            (Medium, High, NoEvidence, 1, true, below),
            (Low, Medium, Malicious, 1, false, below),
            (High, High, NoEvidence, 1, true, None),
            (Critical, High, NoEvidence, 0, true, None),
        ] {
            let history = History { known_before, ..History::default() };
            let verdict = verdict(judgement, indicators);
            assert_eq!(
                spared(priority, from, &verdict, &history),
                expected,
                "{priority} from {from}, {judgement}, {indicators} indicators, known: {known_before}"
            );
        }
    }
}
