//! What providers say, and who of them said nothing.

use domain::indicator::Direction;
use domain::verdict::{Answer, Judgement, Report, Reputation, Unanswered, Verdict};

use super::{Shown, facts};

#[derive(Clone, Debug)]
pub struct Intelligence {
    pub judgement: Judgement,
    /// 1 to 100; nothing where a number would look like an all-clear.
    pub score: Option<u8>,
    /// What the judgement does not mean, where it could be misread.
    pub caution: Option<&'static str>,
    pub reasons: Vec<Shown>,
    pub rows: Vec<IntelligenceRow>,
}

#[derive(Clone, Debug)]
pub struct IntelligenceRow {
    pub provider: String,
    pub address: String,
    /// The end of the connection and the field the address was found in.
    pub place: Shown,
    pub reply: Reply,
    pub asked_at: String,
}

#[derive(Clone, Debug)]
pub enum Reply {
    Known(Shown),
    None(Unanswered),
}

/// Most rows; the worst address has decided the verdict anyway.
const MAX_ROWS: usize = 12;

pub(super) fn intelligence(verdict: &Verdict, reports: &[Report]) -> Intelligence {
    Intelligence {
        judgement: verdict.judgement,
        score: Some(verdict.score).filter(|score| *score > 0),
        caution: caution(verdict.judgement, reports.is_empty()),
        reasons: super::lines(&verdict.reasons, MAX_ROWS),
        rows: reports.iter().take(MAX_ROWS).map(row).collect(),
    }
}

fn caution(judgement: Judgement, nobody_asked: bool) -> Option<&'static str> {
    match judgement {
        Judgement::Unknown if nobody_asked => Some("No provider was asked about an address of this alert."),
        Judgement::Unknown => Some("The answers are incomplete. That is not an all-clear."),
        Judgement::NoEvidence => Some("All answered, none is confident of abuse. That is not an all-clear."),
        Judgement::Observed | Judgement::Suspicious | Judgement::Malicious => None,
    }
}

fn row(report: &Report) -> IntelligenceRow {
    let found = &report.indicator;
    let direction = match found.direction {
        Direction::Source => "source, ",
        Direction::Destination => "destination, ",
        Direction::Unknown => "",
    };
    IntelligenceRow {
        provider: report.provider.to_string(),
        address: found.address.to_string(),
        place: Shown::line(&format!("{direction}{}", found.path), 80),
        reply: match &report.answer {
            Answer::Known(reputation) => Reply::Known(Shown::line(&known(reputation), 300)),
            Answer::Unknown { reason } => Reply::None(*reason),
        },
        asked_at: facts::utc(report.asked_at),
    }
}

fn known(reputation: &Reputation) -> String {
    let count = |number: Option<u64>, one: &str, many: &str| {
        number.map(|number| format!("{number} {}", if number == 1 { one } else { many }))
    };
    let network = match (&reputation.isp, &reputation.domain) {
        (Some(isp), Some(domain)) => Some(format!("{isp} ({domain})")),
        (isp, domain) => isp.clone().or_else(|| domain.clone()),
    };
    let parts = [
        Some(format!("{}% confidence of abuse", reputation.score)),
        count(reputation.total_reports, "report", "reports"),
        count(reputation.distinct_reporters, "reporter", "reporters"),
        reputation.last_reported_at.map(|time| format!("last reported {}", facts::utc(time))),
        reputation.is_tor.then(|| "Tor exit".to_owned()),
        network,
        reputation.usage_type.clone(),
        reputation.country_code.clone(),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join(" · ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::goldens;

    #[test]
    fn a_zero_beside_a_silence_is_no_all_clear() {
        let mut reports = goldens::sshd().reports;
        let mut silent = reports[0].clone();
        reports[0].answer = Answer::Known(Reputation::default());
        silent.answer = Answer::Unknown { reason: Unanswered::Timeout };
        let shown = |reports: &[Report]| intelligence(&Verdict::over(reports), reports);
        let answered = shown(&reports);
        assert_eq!((answered.judgement, answered.score), (Judgement::NoEvidence, None));
        assert!(answered.caution.unwrap().ends_with("not an all-clear."));
        reports.push(silent);
        let incomplete = shown(&reports);
        assert_eq!((incomplete.judgement, incomplete.score), (Judgement::Unknown, None));
        assert!(incomplete.caution.unwrap().starts_with("The answers are incomplete."));
    }
}
