//! Asking about the addresses of an alert: only public ones, the cache first, nobody while a gate is closed.

use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use domain::indicator::{self, AddressFound, Scope};
use domain::verdict::{Answer, Provider, Report, Unanswered};
use futures_util::future::{join, join_all};
use jiff::Timestamp;
use lambda::secrets::{Secret, Secrets};

use crate::abuseipdb::{AbuseIpDb, Checked};
use crate::cache::AnswerCache;

/// Which addresses providers are asked about.
#[derive(Clone, Debug)]
pub struct Policy {
    /// Addresses that are never asked about, such as public resolvers.
    pub never_report: Vec<IpAddr>,
    /// Whether documentation addresses count as public: for tests and demos only.
    pub documentation_is_public: bool,
}

impl Policy {
    /// The addresses that may leave the account.
    pub fn askable<'a>(&self, found: &'a [AddressFound]) -> Vec<&'a AddressFound> {
        found.iter().filter(|found| self.may_ask(found.address)).collect()
    }

    fn may_ask(&self, address: IpAddr) -> bool {
        let public = match indicator::scope(address) {
            Scope::Public => true,
            Scope::Documentation => self.documentation_is_public,
            Scope::Internal => false,
        };
        public && !self.never_report.contains(&address)
    }
}

/// The providers with their keys, cache and gates.
#[derive(Debug)]
pub struct Intelligence {
    pub policy: Policy,
    pub abuseipdb: AbuseIpDb,
    /// SSM parameter of the key.
    pub key_parameter: String,
    pub secrets: Secrets,
    pub cache: AnswerCache,
    /// While the quota is spent: when it starts anew.
    pub closed_until: Mutex<Option<Timestamp>>,
}

impl Intelligence {
    /// At most this many addresses of one alert are looked up; more are rare and would hold up the batch.
    const MAX_ADDRESSES: usize = 8;

    /// All addresses of an alert together; who has not answered by then is unknown.
    const TIMEOUT: Duration = Duration::from_secs(4);

    /// One report per askable address.
    pub async fn reports(&self, found: &[AddressFound], now: Timestamp) -> Vec<Report> {
        let askable = self.policy.askable(found).into_iter().take(Self::MAX_ADDRESSES);
        join_all(askable.map(|indicator| async move {
            let answer = tokio::time::timeout(Self::TIMEOUT, self.answer(indicator.address, now)).await;
            let (answer, asked_at) = answer.unwrap_or((Answer::Unknown { reason: Unanswered::Timeout }, now));
            Report { provider: Provider::AbuseIpDb, indicator: indicator.clone(), answer, asked_at }
        }))
        .await
    }

    /// Opens the connections that the first look-up needs: to the key's store and to the cache.
    pub async fn warm_up(&self) {
        let cached = self.cache.get(Provider::AbuseIpDb, IpAddr::from([127, 0, 0, 1]), Timestamp::UNIX_EPOCH);
        let _ = join(self.key(), cached).await;
    }

    async fn answer(&self, address: IpAddr, now: Timestamp) -> (Answer, Timestamp) {
        if let Some(kept) = self.cache.get(Provider::AbuseIpDb, address, now).await {
            return kept;
        }
        let answer = self.ask(address, now).await;
        // "Disabled" and "gate closed" cost nothing to find out again, and may end any moment.
        let asked = !matches!(
            answer,
            Answer::Unknown {
                reason: Unanswered::Disabled | Unanswered::QuotaExhausted | Unanswered::Unauthorized
            }
        );
        if asked {
            self.cache.put(Provider::AbuseIpDb, address, &answer, now).await;
        }
        (answer, now)
    }

    async fn ask(&self, address: IpAddr, now: Timestamp) -> Answer {
        if self.gate().is_some_and(|until| now < until) {
            return Answer::Unknown { reason: Unanswered::QuotaExhausted };
        }
        let Some(key) = self.key().await else { return Answer::Unknown { reason: Unanswered::Disabled } };
        let mut checked = self.abuseipdb.check(address, &key, now).await;
        if checked.answer == (Answer::Unknown { reason: Unanswered::Unauthorized }) {
            checked = self.check_with_new_key(address, &key, checked, now).await;
        }
        if let Some(until) = checked.closed_until {
            *self.closed_until.lock().unwrap_or_else(PoisonError::into_inner) = Some(until);
        }
        if let Answer::Unknown { reason } = checked.answer {
            tracing::warn!(provider = "abuseipdb", reason = reason.name(), "a provider gave no answer");
        }
        checked.answer
    }

    /// A refused key may have been rotated: it is read again, and used if it is another one.
    async fn check_with_new_key(
        &self,
        address: IpAddr,
        old: &Secret,
        refused: Checked,
        now: Timestamp,
    ) -> Checked {
        self.secrets.forget(&self.key_parameter);
        match self.key().await {
            Some(key) if key != *old => self.abuseipdb.check(address, &key, now).await,
            _ => refused,
        }
    }

    async fn key(&self) -> Option<Secret> {
        match self.secrets.get(&self.key_parameter).await {
            Ok(key) => key,
            Err(error) => {
                tracing::error!(error = lambda::logs::chain(&error), "a provider's key could not be read");
                None
            }
        }
    }

    fn gate(&self) -> Option<Timestamp> {
        *self.closed_until.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::indicator::Direction;

    #[test]
    fn only_public_addresses_that_are_not_excepted_are_asked_about() {
        let found: Vec<AddressFound> = ["10.0.0.1", "1.1.1.1", "203.0.113.9", "9.9.9.10", "::1"]
            .iter()
            .map(|address| AddressFound {
                address: address.parse().unwrap(),
                path: "data.srcip".into(),
                direction: Direction::Source,
            })
            .collect();
        let asked = |documentation_is_public| {
            let policy = Policy { never_report: vec!["1.1.1.1".parse().unwrap()], documentation_is_public };
            policy.askable(&found).iter().map(|found| found.address.to_string()).collect::<Vec<_>>()
        };
        assert_eq!(asked(false), ["9.9.9.10"]);
        assert_eq!(asked(true), ["203.0.113.9", "9.9.9.10"]);
    }
}
