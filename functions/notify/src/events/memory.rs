use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;

use super::{AddressHash, Troubled};

/// Clones share their rows, as functions share a table.
#[derive(Clone, Debug, Default)]
pub struct MemoryTroubles(Arc<Mutex<BTreeMap<AddressHash, Troubled>>>);

impl MemoryTroubles {
    pub(super) fn keep(&self, recipient: &AddressHash, troubled: Troubled, now: Timestamp) {
        let mut rows = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let standing = rows.get(recipient).filter(|standing| standing.expires_at() > now);
        if standing.is_none_or(|standing| standing.trouble.rank() < troubled.trouble.rank()) {
            rows.insert(recipient.clone(), troubled);
        }
    }

    pub(super) fn of(&self, recipients: &[AddressHash], now: Timestamp) -> Vec<Option<Troubled>> {
        let rows = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known =
            |recipient| rows.get(recipient).copied().filter(|known: &Troubled| known.expires_at() > now);
        recipients.iter().map(known).collect()
    }
}

#[cfg(test)]
mod tests {
    use crate::events::{Troubles, contract};

    #[tokio::test]
    async fn it_behaves_like_every_store() {
        contract::keeps_what_tells_most(&Troubles::memory()).await;
    }
}
