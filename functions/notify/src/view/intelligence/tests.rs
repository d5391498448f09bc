//! What is said about an alert's indicators, and what is not.

use domain::indicator::Direction;
use domain::verdict::{
    Answer, Class, Evidence, Examined, Formula, Listing, Provider, Reputation, Skipped, Standing, Unanswered,
    Witness,
};

use super::*;
use crate::goldens::witnesses::{asked_at, examined, feed, misp, otx, private, says, silent};
use crate::view::Share;

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
