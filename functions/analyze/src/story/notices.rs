//! A notice that was taken: explained where it has to be, sent, and recorded as sent.

use std::time::Duration;

use domain::Notice;
use domain::alert::AlertKey;
use domain::analysis::{Analysis, NoAnalysis};
use domain::incident::{Incident, IncidentId, Kind, Taken};
use domain::message::{NoticeId, Schema};
use futures_util::{StreamExt, stream};
use jiff::Timestamp;
use lambda::batch::Deadline;
use lambda::logs;

use super::{AnalyzeError, Outside, Story};
use crate::incidents::{IncidentStore, KeptAnalysis, Parcel, Stored};
use crate::prompt::Subject;

/// What a sweep has done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Swept {
    pub attended: u32,
    pub failed: u32,
}

impl<S: IncidentStore, O: Outside> Story<S, O> {
    /// One sweep looks at so many incidents, the longest due first; the next comes in a minute.
    const MOST: usize = 500;

    const CROWD: usize = 10;

    /// An update or a dead sender's notice needs about this long.
    const ONE_NOTICE: Duration = Duration::from_secs(2);

    /// Sends what is due although no alert comes, and what its sender has not sent. What fails stays due.
    pub async fn sweep(&self, deadline: Deadline, now: Timestamp) -> Result<Swept, AnalyzeError> {
        let due = self.incidents.due(now, Self::MOST).await?;
        let attend = |id: IncidentId| async move {
            if deadline.remaining() < Self::ONE_NOTICE {
                return None;
            }
            Some((self.attend(&id, deadline, now).await, id))
        };
        let mut attended = stream::iter(due).map(attend).buffer_unordered(Self::CROWD);
        let mut swept = Swept::default();
        while let Some(one) = attended.next().await {
            match one {
                Some((Ok(_), _)) => swept.attended += 1,
                Some((Err(error), id)) => {
                    tracing::error!(
                        incident.id = id.as_str(),
                        error = logs::chain(&error),
                        "a notice was not sent"
                    );
                    swept.failed += 1;
                }
                None => {}
            }
        }
        Ok(swept)
    }

    /// Sends the notice that is due for this incident, if one is. False while somebody else may still send it.
    pub(super) async fn attend(
        &self,
        id: &IncidentId,
        deadline: Deadline,
        now: Timestamp,
    ) -> Result<bool, AnalyzeError> {
        for _ in 0..Self::ATTEMPTS {
            let Some(mut stored) = self.incidents.incident(id).await? else { return Ok(true) };
            let lease_until = now + self.lease;
            let incident = &mut stored.value;
            let taken = incident.take_over(now, lease_until);
            let taken = taken.or_else(|| incident.take(now, lease_until, &self.silences));
            let Some(taken) = taken else { return Ok(!incident.is_on_its_way(now)) };
            if self.incidents.change(id, &stored).await? {
                stored.version += 1;
                self.deliver(id, stored, &taken, None, deadline, now).await?;
                return Ok(true);
            }
        }
        Err(AnalyzeError::Contended)
    }

    const ATTEMPTS: u32 = 20;

    /// Sends a notice that is ours to send. What is not sent is given back, so that the next to come may try at once.
    pub(super) async fn deliver(
        &self,
        id: &IncidentId,
        stored: Stored<Incident>,
        taken: &Taken,
        parcel: Option<Parcel>,
        deadline: Deadline,
        now: Timestamp,
    ) -> Result<(), AnalyzeError> {
        let sent = self.send(id, &stored.value, taken, parcel, deadline, now).await;
        let number = taken.number;
        match sent {
            Ok(()) => self.record(id, stored, |incident| incident.sent(number)).await,
            // It will never be there: what is left is to say so, and to go on with the next notice.
            Err(AnalyzeError::NoParcel) => {
                self.record(id, stored, |incident| incident.sent(number)).await?;
                Err(AnalyzeError::NoParcel)
            }
            Err(error) => {
                if let Err(error) = self.record(id, stored, |incident| incident.give_back(number, now)).await
                {
                    // The lease ends by itself.
                    tracing::warn!(error = logs::chain(&error), "a notice could not be given back");
                }
                Err(error)
            }
        }
    }

    async fn send(
        &self,
        id: &IncidentId,
        incident: &Incident,
        taken: &Taken,
        parcel: Option<Parcel>,
        deadline: Deadline,
        now: Timestamp,
    ) -> Result<(), AnalyzeError> {
        let opened_at = incident.opened_at();
        let parcel = if let Some(parcel) = parcel {
            parcel
        } else {
            let kept = self.incidents.parcel(id, opened_at, taken.number).await?;
            kept.ok_or(AnalyzeError::NoParcel)?
        };
        let (analysis, analysed) = self.analysis(id, opened_at, taken, &parcel, deadline, now).await?;
        self.outside.send(&notice(id, incident, taken, parcel, analysis, analysed)).await
    }

    /// The model is asked once about an alert, whoever sends its notice, and not for updates: they repeat what it wrote
    /// about their incident, if it did.
    async fn analysis(
        &self,
        id: &IncidentId,
        opened_at: Timestamp,
        taken: &Taken,
        parcel: &Parcel,
        deadline: Deadline,
        now: Timestamp,
    ) -> Result<(Analysis, AlertKey), AnalyzeError> {
        let about = parcel.enriched.alert.key().clone();
        if let Some(kept) = self.incidents.analysis(id, opened_at).await?
            && (taken.kind == Kind::Update || kept.about == about)
        {
            return Ok((Analysis::Written(kept.explanation), kept.about));
        }
        let available = deadline.remaining().saturating_sub(Self::RESERVE);
        if available.is_zero() {
            return Ok((Analysis::Unavailable { reason: NoAnalysis::NoTime }, about));
        }
        let Parcel { enriched, history, assessment } = parcel;
        let context = self.site.context(&enriched.alert);
        let subject = Subject { enriched, history, assessment, context: &context };
        let notice = NoticeId::of(id, opened_at, taken.number);
        let analysis = self.outside.explain(&subject, &notice, available).await;
        if let Analysis::Written(explanation) = &analysis {
            let kept = KeptAnalysis { explanation: explanation.clone(), about: about.clone() };
            if let Err(error) = self.incidents.keep_analysis(id, opened_at, &kept, now).await {
                // The next update asks the model again; this notice has what it needs.
                tracing::warn!(error = logs::chain(&error), "an analysis could not be kept");
            }
        }
        Ok((analysis, about))
    }

    /// Writes down what became of a notice, unless that is known already.
    async fn record(
        &self,
        id: &IncidentId,
        stored: Stored<Incident>,
        became: impl Fn(&mut Incident) -> bool,
    ) -> Result<(), AnalyzeError> {
        let opened_at = stored.value.opened_at();
        let mut stored = Some(stored);
        for _ in 0..Self::ATTEMPTS {
            let Some(mut standing) = stored.take() else { return Ok(()) };
            // Another incident under the same id: this one is long over.
            if standing.value.opened_at() != opened_at || !became(&mut standing.value) {
                return Ok(());
            }
            if self.incidents.change(id, &standing).await? {
                return Ok(());
            }
            stored = self.incidents.incident(id).await?;
        }
        Err(AnalyzeError::Contended)
    }
}

fn notice(
    id: &IncidentId,
    incident: &Incident,
    taken: &Taken,
    parcel: Parcel,
    analysis: Analysis,
    analysed: AlertKey,
) -> Notice {
    let opened_at = incident.opened_at();
    Notice {
        schema: Schema,
        id: NoticeId::of(id, opened_at, taken.number),
        incident: id.clone(),
        opened_at,
        number: taken.number,
        kind: taken.kind.clone(),
        opener: incident.opener().clone(),
        summary: incident.summary(taken),
        alert: parcel.enriched.alert,
        reports: parcel.enriched.reports,
        verdict: parcel.enriched.verdict,
        history: parcel.history,
        assessment: parcel.assessment,
        analysis,
        analysed,
    }
}
