//! Why an alert's story could not be told to its end.

use domain::MessageError;
use lambda::claims::StoreError;
use lambda::{Failure, WorkerError};

use crate::incidents::IncidentError;

#[derive(Debug, thiserror::Error)]
pub enum AnalyzeError {
    #[error(transparent)]
    Worker(#[from] WorkerError),
    #[error(transparent)]
    Incident(#[from] IncidentError),
    #[error("too many alerts change the same incident at once")]
    Contended,
    /// It can never be told of, so it is not counted either.
    #[error("the alert does not fit into a notice")]
    Message(#[from] MessageError),
    /// What the notice was about has expired: nobody has looked for days.
    #[error("the alert that was kept for a notice is gone")]
    NoParcel,
    #[error("could not send the notice")]
    Send(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl From<StoreError> for AnalyzeError {
    fn from(error: StoreError) -> Self {
        Self::Worker(error.into())
    }
}

impl Failure for AnalyzeError {
    fn kind(&self) -> &'static str {
        match self {
            Self::Worker(error) => error.kind(),
            Self::Incident(_) => "incident",
            Self::Contended => "contended",
            Self::Message(_) => "message",
            Self::NoParcel => "no_parcel",
            Self::Send(_) => "send",
        }
    }
}
