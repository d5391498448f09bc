//! Whoever can be asked: one closed set behind one interface.

pub(crate) mod abuseipdb;
#[cfg(test)]
pub(crate) mod hostile;
pub(crate) mod misp;
pub(crate) mod otx;
#[cfg(test)]
mod proxy;
pub(crate) mod transport;
mod wire;

use domain::indicator::Found;
use domain::verdict::{Answer, Provider, Unanswered};
use jiff::Timestamp;
use lambda::secrets::Secret;

pub use abuseipdb::AbuseIpDb;
pub use misp::{Misp, MispOptions, Sighted};
pub use otx::Otx;
pub use wire::visible;

/// The client of one provider.
#[derive(Clone, Debug)]
pub enum Client {
    AbuseIpDb(AbuseIpDb),
    Misp(Misp),
    Otx(Otx),
}

impl Client {
    pub fn provider(&self) -> Provider {
        match self {
            Self::AbuseIpDb(_) => Provider::AbuseIpDb,
            Self::Misp(_) => Provider::Misp,
            Self::Otx(_) => Provider::Otx,
        }
    }

    /// Whether the provider can be asked about this indicator at all.
    pub fn covers(&self, found: &Found) -> bool {
        match self {
            Self::AbuseIpDb(_) => found.address().is_some(),
            Self::Misp(_) => Misp::covers(&found.indicator),
            Self::Otx(_) => true,
        }
    }

    /// How many indicators one request takes.
    pub fn per_request(&self) -> usize {
        match self {
            Self::AbuseIpDb(_) | Self::Otx(_) => 1,
            Self::Misp(_) => Misp::PER_REQUEST,
        }
    }

    /// Asks about at most [`Client::per_request`] indicators: one answer each, in their order. Never takes longer than
    /// the client's time budget, and never fails: what went wrong is an answer too.
    pub async fn ask(&self, asked: &[&Found], key: &Secret, now: Timestamp) -> Asked {
        match self {
            Self::AbuseIpDb(client) => client.ask(asked, key, now).await,
            Self::Misp(client) => client.ask(asked, key, now).await,
            Self::Otx(client) => client.ask(asked, key, now).await,
        }
    }
}

/// The answers of one request.
#[derive(Clone, Debug, PartialEq)]
pub struct Asked {
    /// One for each indicator asked about, in their order.
    pub answers: Vec<Answer>,
    /// The provider wants no further question before this time.
    pub closed_until: Option<Timestamp>,
    /// What the provider says is left of the day's requests, and their number.
    pub quota: Option<Quota>,
    /// Requests that were sent: more than one when a hiccup was tried again.
    pub requests: u32,
}

/// A provider's own count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quota {
    pub limit: u64,
    pub remaining: u64,
}

impl Asked {
    /// The same failure for everything that was asked.
    pub fn failed(reason: Unanswered, asked: usize, requests: u32) -> Self {
        let answers = vec![Answer::Unknown { reason }; asked];
        Self { answers, closed_until: None, quota: None, requests }
    }
}
