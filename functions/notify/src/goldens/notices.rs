//! Notices as they come, one per kind of alert; clock and ids are fixed.

mod extremes;
mod intrusions;
mod logins;

use std::time::Duration;

use domain::analysis::{
    Action, ActionKind, Analysis, Confidence, Direction as Way, Evidence, Explanation, ModelVerdict,
    Severity, When,
};
use domain::assessment::Assessment;
use domain::history::History;
use domain::incident::{Incident, IncidentId, Seen, Silences};
use domain::message::{NoticeId, Schema};
use domain::verdict::{Examined, Formula, Verdict};
use domain::{Alert, EnrichedAlert, Notice};
use jiff::Timestamp;

pub(crate) use self::extremes::{hostile, long, missing, scripts};
pub(crate) use self::intrusions::{fim, harmless, injected, malware, web};
pub(crate) use self::logins::{finding, sshd, success, windows};
use super::witnesses;

/// What a model wrote, where a notice needs nothing special of it.
fn explanation() -> Explanation {
    Explanation {
        headline: String::new(),
        what_happened: String::new(),
        evidence: Vec::new(),
        cited: 0,
        techniques: Vec::new(),
        benign_explanation: "An administrator's script with an old password.".into(),
        malicious_explanation: "A botnet guesses passwords from a list.".into(),
        missing_information: Vec::new(),
        embedded_instructions: Vec::new(),
        verdict: ModelVerdict::TruePositive,
        confidence: Confidence::High,
        severity: Severity::High,
        severity_reason: "Many guesses from a reported address.".into(),
        recommended_actions: Vec::new(),
        tuning_hint: None,
        raised_to: None,
        overrides: Vec::new(),
        model: "gpt-5-mini-2025-08-07".into(),
        prompt_version: 2,
        usage: None,
        reused: false,
    }
}

fn evidence(path: &str, value: &str, meaning: &str) -> Evidence {
    Evidence { path: path.into(), value: value.into(), meaning: meaning.into(), points_to: Way::Malicious }
}

fn action(action: &str, when: When, target: &str) -> Action {
    Action { action: action.into(), when, kind: ActionKind::Contain, target: target.into() }
}

fn notice(raw: &str, examined: &[Examined], assessment: Assessment, analysis: Analysis) -> Notice {
    let enriched = EnrichedAlert {
        schema: Schema,
        alert: Alert::parse(raw).unwrap(),
        reports: examined.iter().flat_map(|examined| examined.reports.clone()).collect(),
        verdict: Verdict::over(examined, &Formula::default(), witnesses::asked_at()),
        repeat_of: None,
    };
    let id = IncidentId::of(&enriched.alert);
    let (opened_at, history) = (opened_at(), History::default());
    let seen = Seen::of(&enriched);
    let meeting = Incident::meet(
        None,
        &seen,
        assessment.priority,
        &history,
        opened_at,
        opened_at + LEASE,
        &Silences::default(),
    );
    let taken = meeting.taken.unwrap();
    Notice {
        schema: Schema,
        id: NoticeId::of(&id, opened_at, taken.number),
        incident: id,
        opened_at,
        number: taken.number,
        opener: meeting.incident.opener().clone(),
        summary: meeting.incident.summary(&taken),
        kind: taken.kind,
        analysed: enriched.alert.key().clone(),
        alert: enriched.alert,
        reports: enriched.reports,
        verdict: enriched.verdict,
        history,
        assessment,
        analysis,
    }
}

const LEASE: Duration = Duration::from_mins(1);

fn opened_at() -> Timestamp {
    "2026-10-03T12:22:08.250Z".parse().unwrap()
}
