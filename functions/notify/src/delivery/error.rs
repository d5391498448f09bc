//! Why a notice was not delivered.

use lambda::claims::StoreError;
use lambda::{Failure, WorkerError};

use super::store::DeliveryError;
use super::trouble::Trouble;
use crate::events::MailEventError;
use crate::mail::MailError;
use crate::webhook::WebhookError;

#[derive(Debug, thiserror::Error)]
pub enum NotifyError {
    #[error(transparent)]
    Worker(#[from] WorkerError),
    #[error(transparent)]
    Store(#[from] DeliveryError),
    #[error(transparent)]
    Mail(#[from] MailError),
    #[error(transparent)]
    Event(#[from] MailEventError),
    #[error(transparent)]
    Send(#[from] Trouble),
    #[error(transparent)]
    Post(#[from] WebhookError),
    /// Too many write at the same time.
    #[error("the group's gate changed too often to be written")]
    Contended,
    /// A mail that is cut off may have been sent, and would be sent again.
    #[error("too little time is left to begin sending")]
    NoTime,
    #[error("the digest has {found} notices and should have {expected}")]
    Incomplete { found: u64, expected: u64 },
    #[error("could not put a notice back into its queue")]
    Requeue(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl From<StoreError> for NotifyError {
    fn from(error: StoreError) -> Self {
        Self::Worker(error.into())
    }
}

impl Failure for NotifyError {
    fn kind(&self) -> &'static str {
        match self {
            Self::Worker(error) => error.kind(),
            Self::Store(_) => "delivery",
            Self::Mail(_) => "mail",
            Self::Event(error) => error.kind(),
            Self::Send(trouble) => trouble.kind(),
            Self::Post(error) => error.kind(),
            Self::Contended => "contended",
            Self::NoTime => "no_time",
            Self::Incomplete { .. } => "incomplete",
            Self::Requeue(_) => "requeue",
        }
    }
}
