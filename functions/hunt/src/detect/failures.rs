//! Whoever knocks: failures of one source, by account.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use domain::Sighting;
use jiff::Timestamp;

use crate::kind::Kind;
use crate::sign::{Sign, both_ends};
use crate::source::Source;
use crate::thresholds::Thresholds;

/// What one source has tried within the window.
#[derive(Debug)]
pub(super) struct Knocking {
    accounts: BTreeMap<String, Tries>,
    pub latest: Timestamp,
}

#[derive(Debug, Default)]
struct Tries {
    /// The newest ones.
    failures: VecDeque<Arc<Sighting>>,
    succeeded: Option<Arc<Sighting>>,
}

impl Tries {
    const MOST_FAILURES: usize = 64;

    fn attempts(&self) -> u32 {
        self.failures.iter().fold(0, |sum: u32, failure| sum.saturating_add(failure.attempts))
    }

    fn forget(&mut self, before: Timestamp) {
        while self.failures.front().is_some_and(|failure| failure.at < before) {
            self.failures.pop_front();
        }
        self.succeeded = self.succeeded.take().filter(|success| success.at >= before);
    }

    fn is_over(&self) -> bool {
        self.failures.is_empty() && self.succeeded.is_none()
    }
}

impl Knocking {
    const MOST_ACCOUNTS: usize = 256;

    pub fn since(at: Timestamp) -> Self {
        Self { accounts: BTreeMap::new(), latest: at }
    }

    /// Whether it is the first failure for the account within the window.
    pub fn fail(&mut self, whose: &str, sighting: &Arc<Sighting>, window: Duration) -> bool {
        self.forget(sighting.at, window);
        if self.accounts.len() >= Self::MOST_ACCOUNTS && !self.accounts.contains_key(whose) {
            return false;
        }
        let tries = self.accounts.entry(whose.to_owned()).or_default();
        tries.failures.push_back(Arc::clone(sighting));
        if tries.failures.len() > Tries::MOST_FAILURES {
            tries.failures.pop_front();
        }
        tries.failures.len() == 1
    }

    pub fn succeed(&mut self, whose: &str, sighting: &Arc<Sighting>) {
        self.latest = self.latest.max(sighting.at);
        let room = self.accounts.len() < Self::MOST_ACCOUNTS || self.accounts.contains_key(whose);
        if room {
            self.accounts.entry(whose.to_owned()).or_default().succeeded = Some(Arc::clone(sighting));
        }
    }

    /// Many accounts, and few that got in: behind an office's one address most people know their passwords.
    pub fn spraying(&self, source: &Source, at: Timestamp, thresholds: &Thresholds) -> Option<Sign> {
        let (failed, succeeded) = self.balance();
        if failed < thresholds.sprayed_accounts || failed < succeeded.saturating_mul(2) {
            return None;
        }
        let firsts = self.accounts.values().filter(|tries| tries.succeeded.is_none());
        let mut firsts: Vec<Arc<Sighting>> =
            firsts.filter_map(|tries| tries.failures.front()).cloned().collect();
        firsts.sort_by(|one, other| super::order(one).cmp(&super::order(other)));
        let beyond = failed.saturating_sub(thresholds.sprayed_accounts) / 2;
        Some(Sign {
            kind: Kind::PasswordSpraying,
            score: u8::try_from(55_u32.saturating_add(beyond)).unwrap_or(75).min(75),
            subject: source.to_string(),
            at,
            mark: String::new(),
            sentence: format!(
                "{source} failed for {failed} accounts within {} minutes, and got in with {succeeded} (limit: {} \
                 accounts, and twice as many as get in).",
                thresholds.window_minutes(),
                thresholds.sprayed_accounts,
            ),
            evidence: both_ends(&firsts),
        })
    }

    /// The account failed from there, or the source failed for many others.
    pub fn success_after_failures(
        &mut self,
        whose: &str,
        success: &Arc<Sighting>,
        usual: bool,
        thresholds: &Thresholds,
    ) -> Option<Sign> {
        self.forget(success.at, thresholds.window);
        let trusted = success.address.is_some_and(|address| thresholds.trusts(address));
        let (others, others_in) = self.balance();
        let sprayed = !trusted
            && success.address.is_some()
            && others >= thresholds.sprayed_accounts
            && others >= others_in.saturating_mul(2);
        let own = self.accounts.get(whose);
        let attempts = own.map_or(0, Tries::attempts);
        if attempts < thresholds.failures && !sprayed {
            return None;
        }
        let from = Source::of(success);
        let minutes = thresholds.window_minutes();
        let (score, sentence) = if sprayed {
            (
                85,
                format!(
                    "{whose} got in from {from}, which failed for {others} accounts within {minutes} minutes."
                ),
            )
        } else {
            let many = attempts >= thresholds.failures.saturating_mul(2);
            let score = match (many, usual) {
                (true, false) => 75,
                (false, false) => 50,
                // Whoever fails where he always is has forgotten his password.
                (true, true) => 40,
                (false, true) => 20,
            };
            let habit = if usual { ", from where the account usually comes" } else { "" };
            let limit = thresholds.failures;
            (
                score,
                format!(
                    "{whose} got in from {from} after {attempts} failures within {minutes} minutes (limit: {limit}){habit}."
                ),
            )
        };
        let mut evidence: Vec<Arc<Sighting>> =
            own.into_iter().flat_map(|tries| tries.failures.iter().cloned()).collect();
        evidence.push(Arc::clone(success));
        Some(Sign {
            kind: Kind::SuccessAfterFailures,
            score,
            subject: whose.to_owned(),
            at: success.at,
            mark: from.to_string(),
            sentence,
            evidence: both_ends(&evidence),
        })
    }

    /// Accounts that only failed, and those that got in.
    fn balance(&self) -> (u32, u32) {
        let succeeded = self.accounts.values().filter(|tries| tries.succeeded.is_some()).count();
        let failed = self.accounts.len() - succeeded;
        (u32::try_from(failed).unwrap_or(u32::MAX), u32::try_from(succeeded).unwrap_or(u32::MAX))
    }

    fn forget(&mut self, now: Timestamp, window: Duration) {
        self.latest = self.latest.max(now);
        let before = self.latest - window;
        self.accounts.retain(|_, tries| {
            tries.forget(before);
            !tries.is_over()
        });
    }
}
