//! One alert's story, from its claim to the notice, over any store and any way out.

mod counting;
mod error;
mod notices;
#[cfg(test)]
mod tests;

use std::future::Future;
use std::time::Duration;

use domain::analysis::Analysis;
use domain::incident::{IncidentId, Kind, Silences};
use domain::message::NoticeId;
use domain::{Alert, EnrichedAlert, Notice};
use jiff::Timestamp;
use lambda::batch::Deadline;
use lambda::claims::{Claim, Claims};
use lambda::ledger::{End, Outcome};
use lambda::{Settled, WorkerError};

pub use error::AnalyzeError;
pub use notices::Swept;

use crate::assessment::SiteNotes;
use crate::incidents::IncidentStore;
use crate::prompt::Subject;

/// What the story needs from outside, besides its state.
pub trait Outside {
    /// Failed logins by whoever the alert is about, in the hour before it, that were observed and not triaged.
    fn observed_failures(&self, alert: &Alert, now: Timestamp) -> impl Future<Output = u32>;

    /// What a model makes of the alert, within `available`; never an error: the notice goes without it.
    fn explain(
        &self,
        subject: &Subject<'_>,
        notice: &NoticeId,
        available: Duration,
    ) -> impl Future<Output = Analysis>;

    /// Hands the notice to whoever mails it. Handing it over twice must be one mail: it has the same id.
    fn send(&self, notice: &Notice) -> impl Future<Output = Result<(), AnalyzeError>>;
}

/// Tells alerts' stories. Whoever dies in the middle of one leaves it to the redelivery or to the sweep.
#[derive(Clone, Debug)]
pub struct Story<S: IncidentStore, O> {
    pub(crate) claims: Claims<S::Claims>,
    pub(crate) incidents: S,
    pub(crate) outside: O,
    /// What the operator says of the alert's host.
    site: SiteNotes,
    /// How often an incident is told about while alerts come.
    silences: Silences,
    /// How long whoever takes a notice may need to send it: the function's timeout.
    pub(crate) lease: Duration,
}

impl<S: IncidentStore, O: Outside> Story<S, O> {
    /// Kept for sending the notice and recording it after the model has answered, or has not.
    const RESERVE: Duration = Duration::from_secs(8);

    pub fn new(
        claims: Claims<S::Claims>,
        incidents: S,
        outside: O,
        site: SiteNotes,
        silences: Silences,
        lease: Duration,
    ) -> Self {
        Self { claims, incidents, outside, site, silences, lease: lease + Claims::<S::Claims>::CLOCK_SKEW }
    }

    /// Claims the alert, counts it in its incident, and sends the notice that is due with it.
    pub async fn tell(
        &self,
        enriched: &EnrichedAlert,
        deadline: Deadline,
        now: Timestamp,
    ) -> Result<Settled, AnalyzeError> {
        let claimed = match self.claims.claim_or_wait(enriched.alert.key().as_str(), now).await? {
            Claim::Won(claimed) => claimed,
            Claim::Busy { .. } => return Err(WorkerError::Busy.into()),
            // It is counted. If a notice was to follow, its sender may have died.
            Claim::Done { result } => return self.finish(&result, deadline, now).await,
        };
        let counted = match self.count(enriched, &claimed, now).await {
            Ok(counted) => counted,
            Err(error) => {
                // Sending it again, from this queue or from the dead-letter queue, must find the claim free.
                self.claims.release(&claimed).await;
                return Err(error);
            }
        };
        let first = counted.taken.as_ref().is_some_and(|taken| taken.kind == Kind::First);
        let end = End::new(enriched.alert.key(), Outcome::Counted, format!("incident {}", counted.id));
        let Some(taken) = &counted.taken else { return Ok(Settled::Ended(end)) };
        match self.deliver(&counted.id, counted.stored, taken, counted.parcel, deadline, now).await {
            // Its mail is the end of the alert that opened the incident; every other one is counted.
            Ok(()) if first => Ok(Settled::Passed),
            Ok(()) => Ok(Settled::Ended(end)),
            Err(error) if first => Err(error),
            Err(error) => {
                // Counted all the same; the sweep sends the notice.
                tracing::error!(
                    error = lambda::logs::chain(&error),
                    "a notice was not sent, the sweep will try"
                );
                Ok(Settled::Ended(end))
            }
        }
    }

    /// An alert that is counted already comes again.
    async fn finish(
        &self,
        result: &str,
        deadline: Deadline,
        now: Timestamp,
    ) -> Result<Settled, AnalyzeError> {
        let Some(id) = incident_of(result) else { return Ok(Settled::Passed) };
        if self.attend(&id, deadline, now).await? {
            Ok(Settled::Passed)
        } else {
            Err(WorkerError::Busy.into())
        }
    }
}

/// What a claim remembers of an alert with which a notice was due.
fn result_with_notice(id: &IncidentId) -> String {
    format!("notice of {id}")
}

/// The incident of an alert with which a notice was due, from what its claim remembers.
pub fn incident_of(result: &str) -> Option<IncidentId> {
    result.strip_prefix("notice of ")?.to_owned().try_into().ok()
}
