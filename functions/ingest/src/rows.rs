//! The table that alerts are looked up in.

use std::future::Future;

use intel::feed::Entry;
use intel::{Change, FeedTable, StoreError};

/// Whoever takes changes of rows: the table, or what stands for it.
pub trait Rows {
    /// As [`FeedTable::write`].
    fn write(&self, changes: &[Change]) -> impl Future<Output = Result<(), StoreError>>;

    /// As [`FeedTable::listed_by_others`].
    fn listed_by_others(&self) -> impl Future<Output = Result<Vec<Entry>, StoreError>>;
}

impl Rows for FeedTable {
    async fn write(&self, changes: &[Change]) -> Result<(), StoreError> {
        FeedTable::write(self, changes).await
    }

    async fn listed_by_others(&self) -> Result<Vec<Entry>, StoreError> {
        FeedTable::listed_by_others(self).await
    }
}
