//! The result for one alert as JSON. Names stay; new ones may come.

use domain::verdict::Verdict;
use domain::{AlertKey, RuleLevel};
use serde::Serialize;

use crate::desk::Findings;
use crate::subject::Subject;

#[derive(Serialize)]
struct Document<'a> {
    schema: u8,
    alert_key: Option<&'a AlertKey>,
    rule: Rule<'a>,
    verdict: &'a Verdict,
    /// Indicators that are never reported.
    never_reported: usize,
    /// Indicators that were not looked at, since there were too many.
    not_examined: usize,
    /// Why the pipeline would not take the alert.
    missing: Option<String>,
}

#[derive(Serialize)]
struct Rule<'a> {
    id: Option<&'a str>,
    level: Option<RuleLevel>,
    description: Option<&'a str>,
}

pub(crate) fn of(subject: &Subject, findings: &Findings) -> String {
    let document = Document {
        schema: 1,
        alert_key: subject.key.as_ref(),
        rule: Rule {
            id: subject.rule_id.as_deref(),
            level: subject.rule_level,
            description: subject.description.as_deref(),
        },
        verdict: &findings.verdict,
        never_reported: findings.never_reported,
        not_examined: findings.too_many,
        missing: subject.missing.as_ref().map(ToString::to_string),
    };
    // Texts and numbers always serialise.
    serde_json::to_string(&document).unwrap_or_default()
}
