//! One thing that speaks for abuse, with the logins that show it.

use std::sync::Arc;

use domain::Sighting;
use jiff::Timestamp;
use sha2::{Digest, Sha256};

use crate::kind::Kind;

/// One sign about one account or one source. The same sign, found again, has the same id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sign {
    pub kind: Kind,
    /// 0 to 100: how much it says alone.
    pub score: u8,
    /// The account, or the network of a source.
    pub subject: String,
    /// When it became one.
    pub at: Timestamp,
    /// What tells it from other signs of its kind about the subject on the same day: a country, an address.
    pub mark: String,
    /// With its figures, and the limits that they passed.
    pub sentence: String,
    /// The logins behind it, oldest first; a few of many.
    pub evidence: Vec<Arc<Sighting>>,
}

impl Sign {
    /// Most logins that are shown for one sign.
    pub const MOST_EVIDENCE: usize = 6;

    /// One a day: who goes on all day is told about once.
    pub fn id(&self) -> String {
        let day = self.at.strftime("%Y-%m-%d").to_string();
        short_hash(&[self.kind.name(), &self.subject, &self.mark, &day])
    }
}

/// The first and the last of them: how it began, and how it ended.
pub(crate) fn both_ends(sightings: &[Arc<Sighting>]) -> Vec<Arc<Sighting>> {
    let half = Sign::MOST_EVIDENCE / 2;
    if sightings.len() <= Sign::MOST_EVIDENCE {
        return sightings.to_vec();
    }
    let (first, last) = (sightings.iter().take(half), sightings.iter().skip(sightings.len() - half));
    first.chain(last).cloned().collect()
}

/// Sixteen hexadecimal digits that stand for these parts.
pub(crate) fn short_hash(parts: &[&str]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part.len().to_be_bytes());
        hash.update(part);
    }
    let short = hash.finalize().iter().take(8).fold(0_u64, |short, byte| (short << 8) | u64::from(*byte));
    format!("{short:016x}")
}

/// One login on one line.
pub fn evidence_line(sighting: &Sighting) -> String {
    let account = sighting.account.as_ref().map_or("nobody known", |account| account.as_str());
    let known = [sighting.country.map(|country| country.name().to_owned()), sighting.network.clone()];
    let known: Vec<String> = known.into_iter().flatten().collect();
    let place = if known.is_empty() { String::new() } else { format!(" ({})", known.join(", ")) };
    let from = sighting.address.map_or_else(String::new, |address| format!(" from {address}{place}"));
    let attempts =
        if sighting.attempts > 1 { format!(", {} attempts", sighting.attempts) } else { String::new() };
    format!(
        "{} {} {} {account}{from} on {}{attempts}, rule {}, alert {}",
        sighting.at.strftime("%Y-%m-%d %H:%M:%SZ"),
        sighting.outcome.name(),
        sighting.method.name(),
        sighting.host,
        sighting.rule_id,
        sighting.alert_key,
    )
}
