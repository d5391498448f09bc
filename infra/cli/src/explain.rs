//! How a judgement comes about, for people.

use domain::verdict::{Contribution, Judged};

use crate::desk::Findings;
use crate::subject::Subject;

/// The account of one indicator.
pub(crate) fn of_indicator(judged: &Judged) -> Vec<String> {
    let mut lines = vec![
        format!("    field      {} ({})", judged.found.path, judged.found.direction.name()),
        format!(
            "    score      {} of 100, coverage {}%, agreement {}%",
            judged.score, judged.coverage, judged.agreement
        ),
    ];
    for contribution in &judged.contributions {
        lines.push(format!("    {:<10} {}", contribution.witness.to_string(), figures(contribution)));
        lines.push(format!("               {}", contribution.sentence));
    }
    for modifier in &judged.modifiers {
        lines.push(format!("    context    {}", modifier.sentence));
    }
    lines
}

/// What concerns the alert as a whole.
pub(crate) fn of_alert(subject: &Subject, findings: &Findings) -> Vec<String> {
    let verdict = &findings.verdict;
    let mut lines = vec![format!(
        "    verdict    {}, score {}, by formula {}",
        verdict.judgement, verdict.score, verdict.formula_version
    )];
    if let Some(missing) = &subject.missing {
        lines.push(format!("    note       {missing}: the pipeline would not take it"));
    }
    lines
}

fn figures(contribution: &Contribution) -> String {
    let Contribution { status, strength, reliability, share, as_of, .. } = contribution;
    let age =
        contribution.cache_age_s.map_or_else(String::new, |age| format!(", from the cache, {age} s old"));
    format!(
        "{status}, strength {}%, reliability {}%, share {share}%, as of {}{age}",
        percent(*strength),
        percent(*reliability),
        as_of.strftime("%Y-%m-%dT%H:%M:%SZ"),
    )
}

/// Hundredths of a percent as percent.
fn percent(basis_points: u16) -> String {
    let (whole, rest) = (basis_points / 100, basis_points % 100);
    if rest == 0 { whole.to_string() } else { format!("{whole}.{rest:02}") }
}
