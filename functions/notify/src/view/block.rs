//! One indicator, and what each witness says about it.

use domain::indicator::{Direction, Found, HashKind, Indicator};
use domain::verdict::{Answer, Contribution, Judged, Judgement, Report, Unanswered, Witness};

use super::silence::{self, about};
use super::testimony::{Most, Testimony, testimony};
use super::{Link, Shown};
use crate::links::{self, MispUrl};

/// One indicator.
#[derive(Clone, Debug)]
pub struct Block {
    pub kind: &'static str,
    pub indicator: Shown,
    /// The end of the connection and the field it was found in.
    pub place: Shown,
    pub judgement: Judgement,
    pub score: Option<u8>,
    pub rows: Vec<Row>,
    pub more_rows: usize,
    /// Who was not asked about it, and why.
    pub not_asked: Vec<Shown>,
    /// What its context has done to the score.
    pub modifiers: Vec<Shown>,
}

/// One witness about one indicator.
#[derive(Clone, Debug)]
pub struct Row {
    pub witness: Shown,
    /// Where the witness says more.
    pub page: Option<Link>,
    pub share: Option<Share>,
    pub reply: Reply,
    /// `3 h`, where the answer comes out of the cache.
    pub age: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Share {
    /// Of the score, where others have added to it.
    Percent(u8),
    /// It says what another witness with the same data has said.
    Repeats,
}

#[derive(Clone, Debug)]
pub enum Reply {
    Known(Testimony),
    None(Unanswered),
}

/// How much of one indicator is shown. The first has decided the verdict; the others must not push it out of sight,
/// nor the mail over what Gmail shows.
pub(super) struct Limits {
    rows: usize,
    most: Most,
}

pub(super) const FIRST: Limits = Limits { rows: 6, most: Most { findings: 3, names: 5 } };
pub(super) const OTHERS: Limits = Limits { rows: 4, most: Most { findings: 1, names: 3 } };

pub(super) fn block(judged: &Judged, reports: &[Report], limits: &Limits, misp: Option<&MispUrl>) -> Block {
    let Judged { found, contributions, .. } = judged;
    let counted = contributions.iter().filter(|contribution| contribution.share > 0).count();
    let rows: Vec<Row> = contributions
        .iter()
        .filter_map(|contribution| {
            let report = about(found, reports).find(|report| is_of(contribution, report))?;
            row(contribution, report, counted > 1, limits.most, misp)
        })
        .collect();
    Block {
        kind: kind(&found.indicator),
        indicator: Shown::indicator(&found.indicator),
        place: place(found),
        judgement: judged.judgement,
        score: score(judged.score),
        more_rows: rows.len().saturating_sub(limits.rows),
        rows: rows.into_iter().take(limits.rows).collect(),
        not_asked: silence::skipped(found, reports),
        modifiers: judged.modifiers.iter().map(|modifier| Shown::title(&modifier.sentence, 200)).collect(),
    }
}

fn is_of(contribution: &Contribution, report: &Report) -> bool {
    report.witness == contribution.witness && report.answer.status() == contribution.status
}

/// Nothing for a witness that was not asked.
fn row(
    contribution: &Contribution,
    report: &Report,
    shared: bool,
    most: Most,
    misp: Option<&MispUrl>,
) -> Option<Row> {
    let indicator = &report.found.indicator;
    let page = match &report.answer {
        Answer::Known { evidence } => links::page(&report.witness, indicator, evidence, misp),
        Answer::Unknown { .. } | Answer::Skipped { .. } => None,
    };
    let reply = match &report.answer {
        Answer::Known { evidence } => Reply::Known(testimony(evidence, indicator, most)),
        Answer::Unknown { reason: Unanswered::Disabled } | Answer::Skipped { .. } => return None,
        Answer::Unknown { reason } => Reply::None(*reason),
    };
    let share = match contribution.share {
        0 if contribution.strength > 0 && contribution.reliability > 0 => Some(Share::Repeats),
        0 => None,
        percent => shared.then_some(Share::Percent(percent)),
    };
    let age = contribution.cache_age_s.map(age);
    Some(Row { witness: name(&contribution.witness), page, share, reply, age })
}

pub(super) fn name(witness: &Witness) -> Shown {
    match witness {
        Witness::Provider(provider) => Shown::line(&provider.to_string(), 40),
        Witness::Feed(_) => Shown::title(&format!("{witness} feed"), 60),
    }
}

/// Nothing where a number would look like an all-clear.
pub(super) fn score(score: u8) -> Option<u8> {
    Some(score).filter(|score| *score > 0)
}

fn kind(indicator: &Indicator) -> &'static str {
    match indicator {
        Indicator::Ip(_) => "Address",
        Indicator::Domain(_) => "Domain",
        Indicator::Url(_) => "URL",
        Indicator::Hash(hash) => match hash.kind() {
            HashKind::Md5 => "MD5",
            HashKind::Sha1 => "SHA-1",
            HashKind::Sha256 => "SHA-256",
        },
    }
}

fn place(found: &Found) -> Shown {
    let direction = match found.direction {
        Direction::Source => "source, ",
        Direction::Destination => "destination, ",
        Direction::Unknown => "",
    };
    Shown::line(&format!("{direction}{}", found.path), 80)
}

/// In the largest unit that fits.
fn age(seconds: i64) -> String {
    match seconds {
        ..60 => format!("{seconds} s"),
        60..3_600 => format!("{} min", seconds / 60),
        3_600..172_800 => format!("{} h", seconds / 3_600),
        172_800.. => format!("{} days", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_age_is_told_in_its_largest_unit() {
        for (seconds, expected) in [
            (0, "0 s"),
            (59, "59 s"),
            (3_599, "59 min"),
            (10_800, "3 h"),
            (172_799, "47 h"),
            (172_800, "2 days"),
        ] {
            assert_eq!(age(seconds), expected);
        }
    }
}
