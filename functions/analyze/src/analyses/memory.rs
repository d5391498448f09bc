use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;

use super::{Amount, Ceiling, Row, Version};

/// Clones share their rows, as functions share a table. Expired rows stay until they are written again, as they may in
/// `DynamoDB`.
#[derive(Clone, Debug, Default)]
pub struct MemoryAnalyses(Arc<Mutex<Rows>>);

#[derive(Debug, Default)]
struct Rows {
    documents: BTreeMap<String, (Row, Timestamp)>,
    sums: BTreeMap<String, Amount>,
}

impl MemoryAnalyses {
    pub(super) fn read(&self, id: &str, now: Timestamp) -> Option<Row> {
        let rows = self.rows();
        let (row, expires_at) = rows.documents.get(id)?;
        (*expires_at > now).then(|| row.clone())
    }

    pub(super) fn swap(
        &self,
        id: &str,
        seen: Option<&Version>,
        version: &Version,
        document: &str,
        now: Timestamp,
        expires_at: Timestamp,
    ) -> bool {
        let mut rows = self.rows();
        let standing = rows.documents.get(id);
        let unchanged = match seen {
            None => standing.is_none_or(|(_, expires_at)| *expires_at <= now),
            Some(seen) => standing.is_some_and(|(row, _)| row.version == *seen),
        };
        if unchanged {
            let row = Row { document: document.to_owned(), version: version.clone() };
            rows.documents.insert(id.to_owned(), (row, expires_at));
        }
        unchanged
    }

    pub(super) fn put(&self, id: &str, document: &str, expires_at: Timestamp) {
        let row = Row { document: document.to_owned(), version: Version(String::new()) };
        self.rows().documents.insert(id.to_owned(), (row, expires_at));
    }

    pub(super) fn add(&self, id: &str, amount: Amount, ceiling: Ceiling) -> bool {
        let mut rows = self.rows();
        let standing = rows.sums.get(id).copied().unwrap_or_default();
        let sum = Amount {
            tokens: standing.tokens.saturating_add(amount.tokens),
            micro_usd: standing.micro_usd.saturating_add(amount.micro_usd),
        };
        let fits = ceiling.tokens.is_none_or(|most| sum.tokens <= most)
            && ceiling.micro_usd.is_none_or(|most| sum.micro_usd <= most);
        if fits {
            rows.sums.insert(id.to_owned(), sum);
        }
        fits
    }

    pub(super) fn sums(&self, id: &str) -> Amount {
        self.rows().sums.get(id).copied().unwrap_or_default()
    }

    fn rows(&self) -> MutexGuard<'_, Rows> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use crate::analyses::{Analyses, contract};

    #[tokio::test]
    async fn it_behaves_like_every_store() {
        let analyses = Analyses::memory();
        contract::swaps_documents(&analyses).await;
        contract::adds_up_to_a_ceiling(&analyses).await;
    }
}
