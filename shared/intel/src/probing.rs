//! What providers and the bucket of feeds hand over, given by hand: for the fuzz targets.

use domain::indicator::Found;
use domain::verdict::{Answer, Provider};
use jiff::Timestamp;
use reqwest::StatusCode;
use reqwest::header::HeaderMap;

use crate::providers::transport::Received;
use crate::providers::{Asked, abuseipdb, misp, otx};
use crate::snapshot::hash;

/// What is made of a provider's answer to a question about these indicators. Of MISP's none where it would be asked for
/// another page.
pub fn heard(
    provider: Provider,
    (status, headers, body): (StatusCode, HeaderMap, Vec<u8>),
    asked: &[&Found],
    now: Timestamp,
) -> Asked {
    let received = Received::whole(status, headers, body);
    match provider {
        Provider::AbuseIpDb => abuseipdb::heard(&received, 1, now),
        Provider::Otx => otx::heard(&received, 1, now),
        Provider::Misp => Asked {
            answers: misp::page(&received, asked, now).into_iter().flatten().collect::<Vec<Answer>>(),
            closed_until: misp::closed_until(&received, now),
            quota: None,
            requests: 1,
        },
    }
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
