//! What providers and the bucket of feeds hand over, given by hand: for the fuzz targets.

use domain::indicator::Found;
use domain::verdict::{Provider, Unanswered};
use jiff::Timestamp;
use reqwest::StatusCode;
use reqwest::header::HeaderMap;

use crate::providers::transport::Received;
use crate::providers::{Asked, abuseipdb, misp, otx};
use crate::snapshot::hash;

/// An answer as HTTP has it.
pub type Heard = (StatusCode, HeaderMap, Vec<u8>);

/// What is made of a provider's answers to questions about these indicators: one is enough for all but MISP. Those that
/// nobody would have asked for are left alone.
pub fn heard(provider: Provider, answers: Vec<Heard>, asked: &[&Found], now: Timestamp) -> Asked {
    let mut answers =
        answers.into_iter().map(|(status, headers, body)| Received::whole(status, headers, body));
    let mut next = || answers.next().ok_or(Unanswered::Unreachable);
    match provider {
        Provider::AbuseIpDb => next().map_or_else(failed, |received| abuseipdb::heard(&received, 1, now)),
        Provider::Otx => next().map_or_else(failed, |received| otx::heard(&received, 1, now)),
        Provider::Misp => {
            let (mut survey, mut requests) = (misp::Survey::of(asked), 0);
            while survey.next_question().is_some() {
                requests += 1;
                survey.hear(next().as_ref().map_err(|reason| *reason), now);
            }
            survey.end(requests)
        }
    }
}

fn failed(reason: Unanswered) -> Asked {
    Asked::failed(reason, 1, 1)
}

/// The bytes with the checksum that a snapshot of them has: behind a wrong one nothing is looked at.
pub fn sealed_snapshot(file: Vec<u8>) -> Vec<u8> {
    sealed(file, 56)
}

/// The same for a file of warninglists.
pub fn sealed_warninglists(file: Vec<u8>) -> Vec<u8> {
    sealed(file, 24)
}

fn sealed(mut file: Vec<u8>, at: usize) -> Vec<u8> {
    if let Some((header, rest)) = file.split_at_mut_checked(at)
        && let Some((checksum, sections)) = rest.split_first_chunk_mut()
    {
        *checksum = hash::checksum(header, sections).to_le_bytes();
    }
    file
}
