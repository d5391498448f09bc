//! What a provider sends, or whoever stands before it: one answer for each indicator, readable or *unknown*.
//!
//! The bytes are an answer as HTTP has it: a line with the status, headers, an empty line, the body.

use domain::indicator::{Direction, Found};
use domain::verdict::{Answer, Evidence, Provider};
use intel::providers::Asked;
use jiff::SignedDuration;
use reqwest::StatusCode;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};

use crate::Kept;

pub fn check_abuseipdb(bytes: &[u8]) -> Kept {
    check(Provider::AbuseIpDb, &["203.0.113.9"], bytes)
}

pub fn check_misp(bytes: &[u8]) -> Kept {
    check(Provider::Misp, &["203.0.113.9", "evil.example.com", "http://evil.example.com/a"], bytes)
}

pub fn check_otx(bytes: &[u8]) -> Kept {
    check(Provider::Otx, &["203.0.113.9"], bytes)
}

fn check(provider: Provider, asked: &[&str], bytes: &[u8]) -> Kept {
    let Some((status, headers, body)) = answer(bytes) else { return Kept::Refused };
    let found: Vec<Found> = asked.iter().map(|indicator| found(indicator)).collect();
    let asked: Vec<&Found> = found.iter().collect();
    let heard = intel::probing::heard(provider, (status, headers, body), &asked, super::now());
    let Asked { answers, closed_until, .. } = heard;
    // Of a full page of MISP what may stand on the next one is asked for once more.
    assert!(answers.len() == asked.len() || (provider == Provider::Misp && answers.len() < asked.len()));
    for answer in &answers {
        if let Answer::Known { evidence } = answer {
            let is_heard =
                status == StatusCode::OK || (provider == Provider::Otx && status == StatusCode::NOT_FOUND);
            assert!(is_heard, "an answer of status {status}");
            check_evidence(provider, evidence);
        }
    }
    let is_known = answers.iter().any(|answer| matches!(answer, Answer::Known { .. }));
    if let Some(closed_until) = closed_until {
        assert!(closed_until <= super::now() + SignedDuration::from_hours(24), "closed until {closed_until}");
    }
    if is_known { Kept::Read } else { Kept::Refused }
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

fn answer(bytes: &[u8]) -> Option<(StatusCode, HeaderMap, Vec<u8>)> {
    let end = bytes.windows(2).position(|pair| pair == b"\n\n")?;
    let (head, body) = bytes.split_at_checked(end)?;
    let mut lines = head.split(|byte| *byte == b'\n');
    let status = StatusCode::from_bytes(lines.next()?).ok()?;
    let mut headers = HeaderMap::new();
    for line in lines {
        let colon = line.iter().position(|byte| *byte == b':')?;
        let (name, value) = line.split_at_checked(colon)?;
        let value = value.strip_prefix(b":")?.trim_ascii();
        headers.insert(HeaderName::from_bytes(name).ok()?, HeaderValue::from_bytes(value).ok()?);
    }
    Some((status, headers, body.strip_prefix(b"\n\n")?.to_vec()))
}
