//! What providers send, or whoever stands before them: one answer for each indicator, readable or *unknown*.
//!
//! The bytes are an answer of HTTP; of MISP two, the second behind a line of its own that says `next`.

use domain::indicator::{Direction, Found};
use domain::verdict::{Answer, Evidence, Provider};
use intel::providers::Asked;
use jiff::SignedDuration;
use reqwest::StatusCode;

use crate::{Kept, http};

const NEXT: &[u8] = b"\nnext\n";

pub fn check_abuseipdb(bytes: &[u8]) -> Kept {
    check(Provider::AbuseIpDb, &["203.0.113.9"], &[bytes])
}

/// Indicators of every kind that MISP is asked about, in one request and, behind a full page, in another.
pub fn check_misp(bytes: &[u8]) -> Kept {
    let asked = [
        "203.0.113.9",
        "2001:db8::9",
        "evil.example.com",
        "http://evil.example.com/a",
        "68b329da9893e34099c7d8ad5cb9c940",
    ];
    let end = bytes.windows(NEXT.len()).position(|part| part == NEXT);
    let Some((first, second)) = end.and_then(|end| bytes.split_at_checked(end)) else {
        return check(Provider::Misp, &asked, &[bytes]);
    };
    let second = second.strip_prefix(NEXT).unwrap_or_default();
    let kept = check(Provider::Misp, &asked, &[first, second]);
    check_nothing_is_taken_back(&asked, first, second);
    kept
}

/// What OTX says is read in the same way for every kind of indicator.
pub fn check_otx(bytes: &[u8]) -> Kept {
    check(Provider::Otx, &["203.0.113.9"], &[bytes])
}

fn check(provider: Provider, asked: &[&str], answers: &[&[u8]]) -> Kept {
    let Some(heard) = heard(provider, asked, answers) else { return Kept::Refused };
    let statuses: Vec<StatusCode> =
        answers.iter().filter_map(|bytes| http::answer(bytes)).map(|(status, ..)| status).collect();
    let Asked { answers, closed_until, requests, .. } = heard;
    assert_eq!(answers.len(), asked.len());
    assert!(requests == 1 || (requests == 2 && provider == Provider::Misp), "{requests} requests");
    for answer in &answers {
        if let Answer::Known { evidence } = answer {
            let is_heard = statuses.contains(&StatusCode::OK)
                || (provider == Provider::Otx && statuses.contains(&StatusCode::NOT_FOUND));
            assert!(is_heard, "an answer of {statuses:?}");
            check_evidence(provider, evidence);
        }
    }
    let is_known = answers.iter().any(|answer| matches!(answer, Answer::Known { .. }));
    if let Some(closed_until) = closed_until {
        let most = super::now() + SignedDuration::from_hours(24);
        assert!((super::now()..=most).contains(&closed_until), "closed until {closed_until}");
    }
    if is_known { Kept::Read } else { Kept::Refused }
}

/// The second page answers only what the first one left open, and is not asked for from a window that is spent.
fn check_nothing_is_taken_back(asked: &[&str], first: &[u8], second: &[u8]) {
    let (Some(alone), Some(both)) =
        (heard(Provider::Misp, asked, &[first]), heard(Provider::Misp, asked, &[first, second]))
    else {
        return;
    };
    assert!(both.requests == 1 || alone.closed_until.is_none(), "a spent window was asked again");
    for (alone, both) in alone.answers.iter().zip(&both.answers) {
        assert!(alone == both || matches!(alone, Answer::Unknown { .. }), "{alone:?} became {both:?}");
    }
}

fn heard(provider: Provider, asked: &[&str], answers: &[&[u8]]) -> Option<Asked> {
    let answers: Vec<_> = answers.iter().map(|bytes| http::answer(bytes)).collect::<Option<_>>()?;
    let found: Vec<Found> = asked.iter().map(|indicator| found(indicator)).collect();
    let asked: Vec<&Found> = found.iter().collect();
    Some(intel::probing::heard(provider, answers, &asked, super::now()))
}

fn check_evidence(provider: Provider, evidence: &Evidence) {
    match (provider, evidence) {
        (Provider::AbuseIpDb, Evidence::AbuseIpDb(reputation)) => assert!(reputation.score <= 100),
        (Provider::Misp, Evidence::Misp(matches)) => {
            assert!(matches.total >= matches.attributes.len() as u64 && matches.attributes.len() <= 20);
        }
        (Provider::Otx, Evidence::Otx(pulses)) => assert!(pulses.pulses.len() <= 10),
        (provider, evidence) => panic!("{provider:?} said {evidence:?}"),
    }
    let written = serde_json::to_value(evidence).expect("evidence is JSON");
    super::assert_visible(&written);
    assert!(written.to_string().len() < 512 * 1024, "evidence has to fit into a message");
    assert_eq!(serde_json::from_value::<Evidence>(written).ok().as_ref(), Some(evidence));
}

fn found(indicator: &str) -> Found {
    let indicator = indicator.parse().expect("an indicator");
    Found { indicator, path: "data.srcip".to_owned(), direction: Direction::Source }
}
