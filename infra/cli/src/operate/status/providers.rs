//! Which providers are left alone, and how many requests the day has seen.

use domain::verdict::{Provider, Unanswered};
use intel::{DynamoStore, IntelStore};
use jiff::Timestamp;
use lambda::config::Environment;

use super::{Account, Finding, TableError};
use crate::operate::second;

pub(super) async fn look(
    account: &Account,
    known: &Environment,
    now: Timestamp,
) -> Result<Vec<Finding>, TableError> {
    let store = DynamoStore::new(account.dynamodb(), account.full("intel"));
    let mut findings = Vec::new();
    for provider in Provider::ALL {
        let gate = store.gate(provider).await.map_err(TableError::new)?;
        let requests = store.spent(provider, now).await.map_err(TableError::new)?;
        let limit = limit(known, provider).map_or_else(String::new, |limit| format!(" of {limit}"));
        let today = format!("{requests}{limit} requests today");
        let closed = gate.closed.filter(|(until, _)| *until > now);
        let about = format!("provider {provider}");
        let found = match closed {
            None => Finding::ok(about, today),
            Some((until, reason)) => {
                let what = format!("left alone until {} ({reason}), {today}", second(until));
                closed_by(about, what, provider, reason)
            }
        };
        findings.push(found.figure("requests", requests));
    }
    Ok(findings)
}

fn closed_by(about: String, what: String, provider: Provider, reason: Unanswered) -> Finding {
    match reason {
        Unanswered::Unauthorized => {
            Finding::problem(about, what, format!("triage secrets set {}", provider.name()))
        }
        Unanswered::QuotaExhausted
        | Unanswered::RateLimited
        | Unanswered::Timeout
        | Unanswered::Unreachable
        | Unanswered::InvalidResponse
        | Unanswered::CircuitOpen
        | Unanswered::Disabled => {
            Finding::warning(about, what, "nothing, unless it lasts; docs/operations.md says why it may")
        }
    }
}

/// The day's limit, where the variables of enrich were given.
fn limit(known: &Environment, provider: Provider) -> Option<u64> {
    let limits = known.get("DAILY_LIMITS")?;
    let named = |pair: &str| {
        let (name, number) = pair.trim().split_once('=')?;
        (name.trim() == provider.name()).then(|| number.trim().parse().ok())?
    };
    limits.split(',').find_map(named)
}
