//! Claims in memory, with `DynamoDB`'s conditions: what tests and single-process runs of all stages use.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;

use super::{ClaimStore, Claimed, Completion, Owner, Standing, StoreError, Taken};

/// Clones share their claims, as functions share a table. Nothing is ever removed: expired claims stay, as they
/// may in `DynamoDB`.
#[derive(Clone, Debug, Default)]
pub struct MemoryClaims {
    items: Arc<Mutex<BTreeMap<String, Item>>>,
}

#[derive(Debug)]
struct Item {
    owner: Owner,
    lease_until: Timestamp,
    expires_at: Timestamp,
    result: Option<String>,
}

impl MemoryClaims {
    /// Runs one conditional write. It is atomic, and a caller may die before it and after it.
    async fn write<T>(&self, apply: impl FnOnce(&mut BTreeMap<String, Item>) -> T) -> T {
        tokio::task::yield_now().await;
        let answer = apply(&mut self.items.lock().unwrap_or_else(PoisonError::into_inner));
        tokio::task::yield_now().await;
        answer
    }
}

impl MemoryClaims {
    /// The COMPLETE of a claim together with the effect it records, as one transaction would do it: a refused
    /// completion keeps the effect from happening, and an effect that refuses keeps the claim as it was.
    pub async fn complete_with<E>(
        &self,
        claimed: &Claimed,
        result: &str,
        expires_at: Timestamp,
        effect: impl FnOnce() -> Result<(), E>,
    ) -> Result<Completion, E> {
        self.write(|items| match items.get_mut(&claimed.id) {
            Some(item) if item.owner == claimed.owner && item.result.is_none() => {
                effect()?;
                (item.result, item.expires_at) = (Some(result.to_owned()), expires_at);
                Ok(Completion::Recorded)
            }
            Some(item) => Ok(item.refusal(claimed)),
            None => Ok(Completion::Lost),
        })
        .await
    }
}

impl Item {
    /// How the claim stands when it is not in progress in these hands.
    fn refusal(&self, claimed: &Claimed) -> Completion {
        match (&self.result, self.owner == claimed.owner) {
            (Some(_), true) => Completion::Recorded, // a request that the client repeated
            (Some(_), false) => Completion::DoneByAnother,
            (None, _) => Completion::Lost,
        }
    }
}

impl ClaimStore for MemoryClaims {
    async fn take(
        &self,
        claimed: &Claimed,
        now: Timestamp,
        lease_until: Timestamp,
        expires_at: Timestamp,
    ) -> Result<Taken, StoreError> {
        Ok(self
            .write(|items| {
                if let Some(item) = items.get(&claimed.id)
                    && item.expires_at >= now
                    && (item.result.is_some() || (item.lease_until >= now && item.owner != claimed.owner))
                {
                    return Taken::Theirs(match &item.result {
                        Some(result) => Standing::Done { result: result.clone() },
                        None => Standing::InProgress { lease_until: item.lease_until },
                    });
                }
                let item = Item { owner: claimed.owner.clone(), lease_until, expires_at, result: None };
                items.insert(claimed.id.clone(), item);
                Taken::Ours
            })
            .await)
    }

    async fn complete(
        &self,
        claimed: &Claimed,
        result: &str,
        expires_at: Timestamp,
    ) -> Result<Completion, StoreError> {
        let nothing = || Ok::<(), StoreError>(());
        self.complete_with(claimed, result, expires_at, nothing).await
    }

    async fn release(&self, claimed: &Claimed) -> Result<(), StoreError> {
        self.write(|items| {
            if let Some(item) = items.get_mut(&claimed.id)
                && item.owner == claimed.owner
                && item.result.is_none()
            {
                item.lease_until = Timestamp::UNIX_EPOCH;
            }
        })
        .await;
        Ok(())
    }
}
