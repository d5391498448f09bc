//! The table that alerts are looked up in.

use std::future::Future;

use intel::{Change, FeedTable, StoreError};

/// Whoever takes changes of rows: the table, or what stands for it.
pub trait Rows {
    /// As [`FeedTable::write`].
    fn write(&self, changes: &[Change]) -> impl Future<Output = Result<(), StoreError>>;
}

impl Rows for FeedTable {
    async fn write(&self, changes: &[Change]) -> Result<(), StoreError> {
        FeedTable::write(self, changes).await
    }
}
