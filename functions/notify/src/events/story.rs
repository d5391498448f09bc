//! One event's story: claimed, noted, counted.

use jiff::Timestamp;
use lambda::Settled;
use lambda::claims::{Claim, ClaimStore, Claims, StoreError};
use lambda::metrics::Metrics;
use lambda::{Worker, WorkerError};

use super::event::{self, EventError, MailEvent, Reading};
use super::{AddressHash, Troubles, TroublesError};
use crate::mail::{MailAddress, Note};

/// Follows what becomes of mails.
#[derive(Clone, Debug)]
pub struct MailEvents {
    troubles: Troubles,
}

impl MailEvents {
    pub fn new(troubles: Troubles) -> Self {
        Self { troubles }
    }

    /// Deals with an event of SES: its recipients are noted, and it is counted once. Nothing if the body is none.
    pub async fn take<S: ClaimStore>(
        &self,
        body: &str,
        claims: &Claims<S>,
        metrics: &Metrics,
        now: Timestamp,
    ) -> Result<Option<Settled>, MailEventError> {
        let event = match event::read(body)? {
            Reading::Event(event) => event,
            Reading::Nothing => return Ok(Some(Settled::Passed)),
            Reading::Foreign => return Ok(None),
        };
        let claimed = match claims.claim_or_wait(&event.id, now).await? {
            Claim::Won(claimed) => claimed,
            Claim::Done { .. } => return Ok(Some(Settled::Passed)),
            Claim::Busy { .. } => return Err(WorkerError::Busy.into()),
        };
        if let Err(error) = self.keep(&event, now).await {
            claims.release(&claimed).await;
            return Err(error.into());
        }
        let completion = claims.complete(&claimed, event.what.name(), now).await?;
        let settled = Worker::settle(completion, Settled::Passed)?;
        tell(&event, metrics, now);
        Ok(Some(settled))
    }

    async fn keep(&self, event: &MailEvent, now: Timestamp) -> Result<(), TroublesError> {
        for (recipient, troubled) in event.what.troubled(now) {
            self.troubles.keep(&recipient, troubled, now).await?;
        }
        Ok(())
    }

    /// What the next mail should tell of these recipients. A table that does not answer costs the notes, never the mail.
    pub async fn notes(
        &self,
        recipients: impl IntoIterator<Item = &MailAddress>,
        now: Timestamp,
    ) -> Vec<Note> {
        let recipients: Vec<&MailAddress> = recipients.into_iter().collect();
        let hashes: Vec<AddressHash> =
            recipients.iter().map(|address| AddressHash::of(address.as_str())).collect();
        match self.troubles.of(&hashes, now).await {
            Ok(known) => {
                let noted = recipients.into_iter().zip(known);
                noted.filter_map(|(recipient, known)| Some(known?.note(recipient.clone()))).collect()
            }
            Err(error) => {
                tracing::warn!(
                    error = lambda::logs::chain(&error),
                    "which recipients had trouble could not be read"
                );
                Vec::new()
            }
        }
    }
}

fn tell(event: &MailEvent, metrics: &Metrics, now: Timestamp) {
    let (metric, count, dimensions) = event.what.counted();
    tracing::warn!(
        mail.id = event.mail_id,
        notice.id = event.notice,
        mail.event = event.what.name(),
        recipients = count,
        "SES reports trouble with a mail"
    );
    metrics.add(metric, count, &dimensions, now);
}

/// The event comes again; after the last try it waits in its dead-letter queue.
#[derive(Debug, thiserror::Error)]
pub enum MailEventError {
    #[error("could not read an event of SES")]
    Event(#[from] EventError),
    #[error(transparent)]
    Worker(#[from] WorkerError),
    #[error(transparent)]
    Claim(#[from] StoreError),
    #[error(transparent)]
    Troubles(#[from] TroublesError),
}

impl MailEventError {
    /// Name of the failure in metrics.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Event(_) => "mail_event",
            Self::Worker(error) => error.kind(),
            Self::Claim(_) => "claim",
            Self::Troubles(_) => "troubles",
        }
    }
}

#[cfg(test)]
mod tests;
