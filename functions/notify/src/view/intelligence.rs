//! What witnesses say about each indicator, who of them said nothing, and what follows from it.

use std::fmt;

use domain::Alert;
use domain::incident::HUNT_GROUP;
use domain::indicator::{Direction, Found, HashKind, Indicator};
use domain::verdict::{Answer, Contribution, Judged, Judgement, Report, Unanswered, Verdict, Witness};

use super::silence::{self, Gap, about, was_asked};
use super::testimony::{Most, Testimony, testimony};
use super::{Link, Shown};
use crate::clock;
use crate::links::{self, MispUrl};

/// What is said before all else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opinion {
    Judged(Judgement),
    /// Hunting has found it. Its alert holds no indicator to ask about: what was known of an address when somebody logged
    /// in from it is in its sentences.
    Hunted,
}

#[derive(Clone, Debug)]
pub struct Intelligence {
    pub opinion: Opinion,
    /// 1 to 100; nothing where a number would look like an all-clear.
    pub score: Option<u8>,
    /// Of those that could say something about the deciding indicator; nothing where all of them did.
    pub coverage: Option<Coverage>,
    /// Percent; nothing where those that answered agree.
    pub agreement: Option<u8>,
    /// Who should have answered and did not.
    pub gaps: Vec<Gap>,
    /// What the judgement does not mean, where it could be misread.
    pub caution: Option<Shown>,
    /// Worst first.
    pub blocks: Vec<Block>,
    /// How many indicators have no block although somebody was asked about them.
    pub more: Option<More>,
    /// Indicators that nobody was asked about, with the reason.
    pub not_asked: Option<Shown>,
    /// Witnesses without a key.
    pub not_configured: Option<Shown>,
    /// When those were asked whose answer does not come out of the cache.
    pub asked_at: Option<Shown>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Coverage {
    pub answered: usize,
    pub applicable: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct More {
    pub indicators: usize,
    pub at_worst: Judgement,
}

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

const MAX_BLOCKS: usize = 6;

/// How much of one indicator is shown. The first has decided the verdict; the others must not push it out of sight,
/// nor the mail over what Gmail shows.
struct Limits {
    rows: usize,
    most: Most,
}

const FIRST: Limits = Limits { rows: 6, most: Most { findings: 3, names: 5 } };
const OTHERS: Limits = Limits { rows: 4, most: Most { findings: 1, names: 3 } };

/// The opinion and how bad it is: by the verdict, or by the finding.
pub(super) fn opinion(alert: &Alert, verdict: &Verdict) -> (Opinion, Option<u8>) {
    if verdict.indicators.is_empty() && alert.rule().in_group(HUNT_GROUP) {
        let score = alert.text_at(&["data", "hunt", "score"]).and_then(|score| score.parse().ok());
        return (Opinion::Hunted, score.filter(|score| (1..=100).contains(score)));
    }
    (Opinion::Judged(verdict.judgement), score(verdict.score))
}

pub(super) fn intelligence(
    opinion: Opinion,
    verdict: &Verdict,
    reports: &[Report],
    misp: Option<&MispUrl>,
) -> Intelligence {
    let (examined, unasked): (Vec<&Judged>, Vec<&Judged>) =
        verdict.indicators.iter().partition(|judged| is_examined(judged, reports));
    let gaps = silence::gaps(reports);
    let blocks = examined
        .iter()
        .take(MAX_BLOCKS)
        .enumerate()
        .map(|(index, judged)| block(judged, reports, if index == 0 { &FIRST } else { &OTHERS }, misp));
    let worst_hidden = examined.get(MAX_BLOCKS);
    Intelligence {
        opinion,
        score: score(verdict.score),
        coverage: verdict.indicators.first().filter(|judged| is_examined(judged, reports)).and_then(coverage),
        agreement: Some(verdict.agreement).filter(|percent| (1..100).contains(percent)),
        caution: caution(opinion, examined.is_empty(), !gaps.is_empty()),
        gaps,
        blocks: blocks.collect(),
        more: worst_hidden
            .map(|worst| More { indicators: examined.len() - MAX_BLOCKS, at_worst: worst.judgement }),
        not_asked: silence::not_asked(&unasked, reports),
        not_configured: silence::not_configured(reports),
        asked_at: asked_at(reports),
    }
}

fn asked_at(reports: &[Report]) -> Option<Shown> {
    let (cached, fresh): (Vec<&Report>, Vec<&Report>) =
        reports.iter().filter(|report| was_asked(&report.answer)).partition(|report| report.cached);
    let first = fresh.iter().map(|report| report.asked_at).min()?;
    let except = if cached.is_empty() { "" } else { ", except where an age is given" };
    Some(Shown::line(&format!("{}{except}", clock::utc(first)), 80))
}

fn score(score: u8) -> Option<u8> {
    Some(score).filter(|score| *score > 0)
}

/// Whether anybody was asked about it, or a person or a list knows what it is.
fn is_examined(judged: &Judged, reports: &[Report]) -> bool {
    let asked = || about(&judged.found, reports).any(|report| was_asked(&report.answer));
    !judged.modifiers.is_empty() || asked()
}

fn coverage(decisive: &Judged) -> Option<Coverage> {
    let count = |which: fn(&&Contribution) -> bool| decisive.contributions.iter().filter(which).count();
    let answered = count(|contribution| contribution.has_answered());
    let applicable = count(|contribution| contribution.applicable);
    (answered < applicable).then_some(Coverage { answered, applicable })
}

fn caution(opinion: Opinion, nobody_asked: bool, has_gaps: bool) -> Option<Shown> {
    let Opinion::Judged(judgement) = opinion else {
        let text = "What was known of an address when somebody logged in from it is part of the reasons above; nobody \
                    was asked again.";
        return Some(Shown::line(text, 200));
    };
    let text = match judgement {
        Judgement::Unknown if nobody_asked => {
            "Nobody was asked about an indicator of this alert. That is not an all-clear."
        }
        Judgement::Unknown => "The answers are incomplete. That is not an all-clear.",
        Judgement::NoEvidence => "All answered, nobody knows anything bad. That is not an all-clear.",
        Judgement::BenignInfrastructure => {
            "Allowed by the site, or a service that everybody uses. What came through it can still be an attack: \
             that is not an all-clear."
        }
        Judgement::Observed | Judgement::Suspicious if has_gaps => {
            "The answers are incomplete: a low score is not an all-clear."
        }
        Judgement::Malicious if has_gaps => "The answers are incomplete: the score may be too low.",
        Judgement::Observed | Judgement::Suspicious | Judgement::Malicious => return None,
    };
    Some(Shown::line(text, 200))
}

impl fmt::Display for Opinion {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Judged(judgement) => judgement.fmt(formatter),
            Self::Hunted => formatter.write_str("found by hunting"),
        }
    }
}

fn block(judged: &Judged, reports: &[Report], limits: &Limits, misp: Option<&MispUrl>) -> Block {
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
    use crate::goldens::witnesses::{asked_at, examined, feed, misp, otx, private, says, silent};
    use domain::verdict::{
        Class, Evidence, Examined, Formula, Listing, Provider, Reputation, Skipped, Standing,
    };

    fn shown(examined: &[Examined]) -> Intelligence {
        let reports: Vec<Report> = examined.iter().flat_map(|it| it.reports.clone()).collect();
        let verdict = Verdict::over(examined, &Formula::default(), asked_at());
        let missing = crate::goldens::missing();
        intelligence(opinion(&missing.alert, &verdict).0, &verdict, &reports, None)
    }

    fn source(answers: Vec<(Witness, Answer)>) -> Examined {
        examined("203.0.113.9", "data.srcip", Direction::Source, answers)
    }

    fn reputation(score: u8) -> (Witness, Answer) {
        says(Provider::AbuseIpDb, Evidence::AbuseIpDb(Reputation { score, ..Reputation::default() }))
    }

    #[test]
    fn a_zero_beside_a_silence_is_no_all_clear() {
        let timeout = silent(Provider::Otx, Unanswered::Timeout);
        for (answers, judgement, begins) in [
            (vec![reputation(0)], Judgement::NoEvidence, "All answered"),
            (vec![reputation(0), timeout.clone()], Judgement::Unknown, "The answers are incomplete."),
            (vec![timeout], Judgement::Unknown, "The answers are incomplete."),
            (vec![silent(Provider::Otx, Unanswered::Disabled)], Judgement::Unknown, "Nobody was asked"),
            (vec![], Judgement::Unknown, "Nobody was asked"),
        ] {
            let shown = shown(&[source(answers)]);
            assert_eq!((shown.opinion, shown.score), (Opinion::Judged(judgement), None));
            let caution = shown.caution.unwrap();
            assert!(caution.as_str().starts_with(begins), "{caution}");
            assert!(caution.as_str().ends_with("not an all-clear."), "{caution}");
        }
    }

    #[test]
    fn an_allow_list_is_no_all_clear_either() {
        let mut allowed = source(vec![reputation(100)]);
        allowed.standings = vec![Standing::new(Class::Allowed, "alice")];
        let shown = shown(&[allowed]);
        assert_eq!((shown.opinion, shown.score), (Opinion::Judged(Judgement::BenignInfrastructure), None));
        assert!(shown.caution.unwrap().as_str().ends_with("not an all-clear."));
    }

    #[test]
    fn the_verdict_line_says_who_answered_and_who_agrees() {
        let partial = shown(&[source(vec![
            reputation(100),
            otx(vec![], 0),
            silent(Provider::Misp, Unanswered::QuotaExhausted),
        ])]);
        assert_eq!((partial.opinion, partial.score), (Opinion::Judged(Judgement::Malicious), Some(75)));
        assert_eq!(partial.coverage, Some(Coverage { answered: 2, applicable: 3 }));
        assert_eq!(partial.agreement, Some(60));
        assert!(partial.caution.unwrap().as_str().starts_with("The answers are incomplete"));
        let complete = shown(&[source(vec![reputation(100)])]);
        assert_eq!((complete.coverage, complete.agreement, complete.caution), (None, None, None));
    }

    #[test]
    fn a_share_is_told_where_several_have_added_to_the_score() {
        let shares = |answers| -> Vec<(String, Option<Share>)> {
            let mut shown = shown(&[source(answers)]);
            let rows = shown.blocks.remove(0).rows;
            rows.iter().map(|row| (row.witness.to_string(), row.share)).collect()
        };
        let named = |name: &str, share| (name.to_owned(), share);
        assert_eq!(
            shares(vec![reputation(100), misp(vec![], 0)]),
            [named("AbuseIPDB", None), named("MISP", None)]
        );
        assert_eq!(
            shares(vec![
                reputation(100),
                feed("abuseipdb", Listing::default()),
                feed("ours", Listing::default())
            ]),
            [
                named("ours feed", Some(Share::Percent(54))),
                named("AbuseIPDB", Some(Share::Percent(46))),
                named("AbuseIPDB feed", Some(Share::Repeats)),
            ]
        );
    }

    #[test]
    fn six_blocks_at_most_and_the_rest_is_counted() {
        let mut all: Vec<Examined> = (1..=9)
            .map(|last| {
                let answers = [reputation(if last > 7 { 0 } else { 10 * last })];
                examined(&format!("203.0.113.{last}"), "full_log", Direction::Unknown, answers)
            })
            .collect();
        all.push(private("10.0.0.5", "data.srcip", Direction::Source));
        let shown = shown(&all);
        let first = shown.blocks.first().unwrap();
        assert_eq!((shown.blocks.len(), first.indicator.as_str()), (6, "203[.]0[.]113[.]7"));
        assert_eq!(shown.more, Some(More { indicators: 3, at_worst: Judgement::Observed }));
    }

    #[test]
    fn what_nobody_was_asked_about_is_one_line() {
        let skipped = |reason| (Witness::Provider(Provider::Misp), Answer::Skipped { reason });
        let not_asked = |all: &[Examined]| shown(all).not_asked.map(|line| line.to_string());
        assert_eq!(
            not_asked(&[
                source(vec![reputation(1), skipped(Skipped::Repeat)]),
                private("10.0.0.5", "data.srcip", Direction::Source),
                private("fe80::1", "data.srcip", Direction::Source),
                private("db.corp.example", "data.host", Direction::Unknown),
                examined("b.example", "data.host", Direction::Unknown, [skipped(Skipped::TooMany)]),
                examined("c.example", "data.host", Direction::Unknown, []),
            ])
            .unwrap(),
            "b[.]example (more indicators than are looked up), 10.0.0.5 (private), fe80::1 (link-local), \
             db[.]corp[.]example (not public), c[.]example (nobody is configured who knows such indicators)"
        );
        let one = shown(&[source(vec![reputation(1), skipped(Skipped::Repeat)])]);
        assert_eq!(one.blocks[0].not_asked[0].as_str(), "MISP (seen within the dedup window)");
        assert_eq!((one.blocks[0].rows.len(), one.not_asked), (1, None));
    }

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
