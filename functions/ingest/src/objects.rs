//! Where copies, the snapshot and the lists are kept: objects by key, each put whole.

use std::future::Future;

use signed::{Bucket, BucketError, Got};

/// A bucket, or what stands for one.
pub trait Objects {
    /// The object, if there is one. More than `most_bytes` is an error.
    fn get(&self, key: &str, most_bytes: usize)
    -> impl Future<Output = Result<Option<Vec<u8>>, BucketError>>;

    /// Puts the object in place of what stood there, at once for all who read it.
    fn put(&self, key: &str, body: Vec<u8>, kind: Kind) -> impl Future<Output = Result<(), BucketError>>;
}

/// What an object is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Json,
    Gzip,
    Text,
    Binary,
}

impl Kind {
    fn content_type(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::Gzip => "application/gzip",
            Self::Text => "text/plain; charset=utf-8",
            Self::Binary => "application/octet-stream",
        }
    }
}

impl Objects for Bucket {
    async fn get(&self, key: &str, most_bytes: usize) -> Result<Option<Vec<u8>>, BucketError> {
        Ok(match Bucket::get(self, key, None, most_bytes).await? {
            Got::Object { body, .. } => Some(body),
            Got::Absent | Got::Unchanged => None,
        })
    }

    async fn put(&self, key: &str, body: Vec<u8>, kind: Kind) -> Result<(), BucketError> {
        Bucket::put(self, key, body, kind.content_type()).await.map(|_| ())
    }
}
