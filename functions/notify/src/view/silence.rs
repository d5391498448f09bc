//! Who said nothing about an indicator, and why: a silence is never mistaken for an all-clear.

use domain::indicator::{Found, scope};
use domain::verdict::{Answer, Judged, Report, Skipped, Unanswered, Witness};

use super::Shown;
use super::block::name;

/// One witness that failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gap {
    pub witness: Shown,
    pub reason: Unanswered,
    /// About how many indicators, and how many it was asked about.
    pub missing: usize,
    pub asked: usize,
}

/// More are counted.
const MAX_NOT_ASKED: usize = 6;

/// Who failed, each with each of its reasons once.
pub(super) fn gaps(reports: &[Report]) -> Vec<Gap> {
    let mut gaps: Vec<(&Witness, Gap)> = Vec::new();
    for report in reports.iter().filter(|report| was_asked(&report.answer)) {
        let Answer::Unknown { reason } = report.answer else { continue };
        let known =
            gaps.iter_mut().find(|(witness, gap)| **witness == report.witness && gap.reason == reason);
        if let Some((_, gap)) = known {
            gap.missing += 1;
        } else {
            let asked = |other: &&Report| other.witness == report.witness && was_asked(&other.answer);
            let asked = reports.iter().filter(asked).count();
            gaps.push((&report.witness, Gap { witness: name(&report.witness), reason, missing: 1, asked }));
        }
    }
    gaps.into_iter().map(|(_, gap)| gap).collect()
}

/// `MISP, OTX (more indicators than are looked up)`: one line for each reason.
pub(super) fn skipped(found: &Found, reports: &[Report]) -> Vec<Shown> {
    let mut by_reason: Vec<(Skipped, Vec<Shown>)> = Vec::new();
    for report in about(found, reports) {
        let Answer::Skipped { reason } = report.answer else { continue };
        match by_reason.iter_mut().find(|(known, _)| *known == reason) {
            Some((_, witnesses)) => witnesses.push(name(&report.witness)),
            None => by_reason.push((reason, vec![name(&report.witness)])),
        }
    }
    let line = |(reason, witnesses): (Skipped, Vec<Shown>)| {
        Shown::line(&format!("{} ({reason})", Shown::joined(&witnesses, ", ")), 200)
    };
    by_reason.into_iter().map(line).collect()
}

/// `10.0.0.5 (private), corp[.]example (excepted from look-ups)`.
pub(super) fn not_asked(unasked: &[&Judged], reports: &[Report]) -> Option<Shown> {
    let mut shown: Vec<Shown> = unasked
        .iter()
        .take(MAX_NOT_ASKED)
        .map(|judged| {
            let indicator = Shown::indicator(&judged.found.indicator);
            Shown::joined(&[indicator, Shown::line(&format!("({})", why(&judged.found, reports)), 80)], " ")
        })
        .collect();
    let more = unasked.len().saturating_sub(MAX_NOT_ASKED);
    if more > 0 {
        shown.push(Shown::line(&format!("{more} more"), 40));
    }
    (!shown.is_empty()).then(|| Shown::joined(&shown, ", "))
}

fn why(found: &Found, reports: &[Report]) -> String {
    let reason = about(found, reports).find_map(|report| match report.answer {
        Answer::Skipped { reason } => Some(reason),
        Answer::Known { .. } | Answer::Unknown { .. } => None,
    });
    match (reason, found.address()) {
        (Some(Skipped::Private), Some(address)) => scope(address).name().to_owned(),
        (Some(Skipped::Private), None) => "not public".to_owned(),
        (Some(reason @ (Skipped::AllowList | Skipped::Repeat | Skipped::TooMany)), _) => reason.to_string(),
        (None, _) => "nobody is configured who knows such indicators".to_owned(),
    }
}

pub(super) fn not_configured(reports: &[Report]) -> Option<Shown> {
    let disabled = |report: &&Report| report.answer == Answer::Unknown { reason: Unanswered::Disabled };
    let mut names: Vec<Shown> = Vec::new();
    for name in reports.iter().filter(disabled).map(|report| name(&report.witness)) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    (!names.is_empty()).then(|| Shown::joined(&names, ", "))
}

pub(super) fn was_asked(answer: &Answer) -> bool {
    match answer {
        Answer::Known { .. } => true,
        Answer::Skipped { .. } => false,
        Answer::Unknown { reason } => *reason != Unanswered::Disabled,
    }
}

pub(super) fn about<'all>(found: &Found, reports: &'all [Report]) -> impl Iterator<Item = &'all Report> {
    reports.iter().filter(|report| report.found.indicator == found.indicator)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::goldens::witnesses::{examined, misp, silent};
    use domain::indicator::Direction;
    use domain::verdict::Provider;

    #[test]
    fn each_failure_is_told_once_with_its_reach() {
        let failed = |provider, reason| silent(provider, reason);
        let all = [
            vec![
                failed(Provider::Misp, Unanswered::Unauthorized),
                failed(Provider::Otx, Unanswered::Timeout),
            ],
            vec![
                failed(Provider::Misp, Unanswered::Unauthorized),
                failed(Provider::Otx, Unanswered::CircuitOpen),
            ],
            vec![misp(vec![], 0), failed(Provider::AbuseIpDb, Unanswered::Disabled)],
        ];
        let reports: Vec<Report> = all
            .into_iter()
            .enumerate()
            .flat_map(|(last, answers)| {
                examined(&format!("203.0.113.{last}"), "p", Direction::Source, answers).reports
            })
            .collect();
        let told: Vec<String> = gaps(&reports)
            .iter()
            .map(|gap| format!("{}: {}, {} of {}", gap.witness, gap.reason, gap.missing, gap.asked))
            .collect();
        assert_eq!(
            told,
            [
                "MISP: key refused, 2 of 3",
                "OTX: no answer in time, 1 of 2",
                "OTX: left alone after repeated failures, 1 of 2",
            ]
        );
        assert_eq!(not_configured(&reports).unwrap().as_str(), "AbuseIPDB");
    }
}
