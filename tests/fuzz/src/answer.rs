//! A model's answer: believed only as far as it stands in the alert, and never below the assessment.

use std::sync::LazyLock;

use analyze::answer;
use analyze::assessment::{SiteNotes, assess};
use analyze::prompt::{Prompt, PromptSettings, Subject};
use analyze::redaction::Redaction;
use domain::analysis::{Analysis, Explanation};
use domain::assessment::{Assessment, Priority};
use domain::history::History;
use domain::message::Schema;
use domain::verdict::{Formula, Verdict};
use domain::{Alert, EnrichedAlert, attack};
use jiff::Timestamp;
use serde_json::Value;

use crate::Kept;

const ALERT: &str = r#"{"id":"1.1","agent":{"id":"001","name":"web-01"},
"rule":{"id":"5763","level":10,"description":"sshd: brute force","groups":["sshd"],"mitre":{"id":["T1110"]}},
"data":{"srcip":"203.0.113.24","srcport":"50122","dstuser":"root"},
"full_log":"Failed password for root from 203.0.113.24 port 50122 ssh2"}"#;

struct Asked {
    assessment: Assessment,
    prompts: [Prompt; 2],
    alert: Alert,
}

static ASKED: LazyLock<Asked> = LazyLock::new(|| {
    let alert = Alert::parse(ALERT).expect("an alert of ours");
    let verdict = Verdict::over(&[], &Formula::default(), Timestamp::UNIX_EPOCH);
    let history = History::default();
    let assessment = assess(&alert, &verdict, &history, &SiteNotes::default());
    let reports = Vec::new();
    let enriched = EnrichedAlert { schema: Schema, alert: alert.clone(), reports, verdict, repeat_of: None };
    let subject = Subject { enriched: &enriched, history: &history, assessment: &assessment, context: &[] };
    let prompts = [Redaction::Secrets, Redaction::Strict].map(|redaction| {
        let settings = PromptSettings { redaction, ..PromptSettings::default() };
        Prompt::new(&settings, &subject, 7 << 64 | 7)
    });
    Asked { assessment, prompts, alert }
});

pub fn check(bytes: &[u8]) -> Kept {
    let text = &*super::text(bytes);
    let Asked { assessment, prompts, alert } = &*ASKED;
    let mut kept = Kept::Refused;
    for prompt in prompts {
        let is_technique = |id: &str| attack::technique(id).is_some();
        let Ok(reading) = answer::read(text, prompt, is_technique) else { continue };
        let explanation = reading.written_by("model", None);
        check_bounds(&explanation);
        for item in &explanation.evidence {
            let place = alert.document().pointer(&item.path);
            let there = place.map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned));
            let stands = there.is_some_and(|there| there.contains(&item.value));
            assert!(stands || prompt.document().contains(&item.value), "{item:?} stands nowhere");
        }
        check_priority(assessment.priority, explanation);
        kept = Kept::Read;
    }
    kept
}

fn check_bounds(explanation: &Explanation) {
    assert!(explanation.evidence.len() <= Explanation::MAX_EVIDENCE);
    assert!(explanation.techniques.len() <= Explanation::MAX_TECHNIQUES);
    assert!(explanation.missing_information.len() <= Explanation::MAX_QUESTIONS);
    assert!(explanation.recommended_actions.len() <= Explanation::MAX_ACTIONS);
    assert!(explanation.embedded_instructions.len() <= Explanation::MAX_EMBEDDED);
    let written: Value = serde_json::to_value(explanation).expect("an explanation is JSON");
    assert!(written.to_string().len() < 64 * 1024, "an explanation has to fit into a mail");
}

/// One step up at most, and nothing down.
fn check_priority(assessed: Priority, explanation: Explanation) {
    let raised = Analysis::from(explanation).priority(assessed);
    let one_up = match assessed {
        Priority::Low => Priority::Medium,
        Priority::Medium => Priority::High,
        Priority::High | Priority::Critical => Priority::Critical,
    };
    assert!(raised == assessed || raised == one_up, "{assessed:?} became {raised:?}");
}
