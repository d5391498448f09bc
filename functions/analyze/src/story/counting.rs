//! An alert joins its incident, or opens it: counted exactly once, in the write that completes its claim.

use domain::history::{History, Login};
use domain::incident::{Incident, IncidentId, Meeting, Seen, Silences, Taken, Trail, trail_id};
use domain::{EnrichedAlert, MessageError, message};
use futures_util::future::try_join;
use jiff::Timestamp;
use lambda::WorkerError;
use lambda::claims::{Claimed, Completion};

use super::{AnalyzeError, Outside, Story, result_with_notice};
use crate::assessment::assess;
use crate::incidents::{Count, IncidentError, IncidentStore, Parcel, Stored, Written};

/// A counted alert.
pub(super) struct Counted {
    pub id: IncidentId,
    /// The incident as this alert has left it.
    pub stored: Stored<Incident>,
    /// The notice that is ours to send now.
    pub taken: Option<Taken>,
    /// What the notice tells of, if that is this alert and not a graver one before it.
    pub parcel: Option<Parcel>,
}

impl<S: IncidentStore, O: Outside> Story<S, O> {
    /// Decides on what is stored, writes if it still is, and decides anew if not.
    pub(super) async fn count(
        &self,
        enriched: &EnrichedAlert,
        claimed: &Claimed,
        now: Timestamp,
    ) -> Result<Counted, AnalyzeError> {
        let seen = Seen::of(enriched);
        let mut observed = None;
        for attempt in 0..ATTEMPTS {
            let standing = self.standing(enriched, now).await?;
            if observed.is_none() && standing.wants_observed(&seen, now) {
                observed = Some(self.outside.observed_failures(&enriched.alert, now).await);
            }
            let mut history = standing.history(now);
            let trail = standing.follow(&seen, &mut history, observed.unwrap_or(0), now);
            let assessment = assess(&enriched.alert, &enriched.verdict, &history, &self.site);
            let parcel = Parcel { enriched: enriched.clone(), history, assessment };
            let decision = standing.decide(parcel, trail, &seen, now, now + self.lease, &self.silences)?;
            match self.incidents.count(claimed, &standing.count(&decision, now)).await? {
                Written::Done => return Ok(decision.counted(standing)),
                Written::Refused(completion) => return Err(refusal(completion).into()),
                Written::Changed | Written::Busy => claimed.pause(attempt).await,
            }
        }
        Err(AnalyzeError::Contended)
    }

    /// What is stored about the alert's incident and principal.
    async fn standing(&self, enriched: &EnrichedAlert, now: Timestamp) -> Result<Standing, AnalyzeError> {
        let trail_id = trail_id(&enriched.alert);
        let trail = async {
            match &trail_id {
                Some(id) => self.incidents.trail(id).await,
                None => Ok(None),
            }
        };
        let (trail, (id, incident)) = try_join(trail, self.incident_of(enriched, now)).await?;
        Ok(Standing { id, incident, trail_id, trail })
    }

    /// A repeat adds to the incident it repeats while that is open, whatever its agent.
    async fn incident_of(
        &self,
        enriched: &EnrichedAlert,
        now: Timestamp,
    ) -> Result<(IncidentId, Option<Stored<Incident>>), IncidentError> {
        if let Some(first) = &enriched.repeat_of {
            let incident = self.incidents.incident(first).await?;
            if incident.as_ref().is_some_and(|incident| incident.value.is_open(now)) {
                return Ok((first.clone(), incident));
            }
        }
        let id = IncidentId::of(&enriched.alert);
        let incident = self.incidents.incident(&id).await?;
        Ok((id, incident))
    }
}

/// What a decision is made on.
struct Standing {
    id: IncidentId,
    incident: Option<Stored<Incident>>,
    trail_id: Option<String>,
    trail: Option<Stored<Trail>>,
}

/// What is to be written down about one alert.
struct Decision {
    meeting: Meeting,
    trail: Trail,
    parcel: Option<(u32, Parcel, String)>,
    result: String,
}

impl Standing {
    fn history(&self, now: Timestamp) -> History {
        Incident::history(self.incident.as_ref().map(|stored| &stored.value), now)
    }

    /// Logins that were observed and not triaged matter where a login succeeds, and where failures open an incident.
    fn wants_observed(&self, seen: &Seen<'_>, now: Timestamp) -> bool {
        match seen.login {
            Some(Login::Succeeded) => true,
            Some(Login::Failed) => self.history(now).alerts_before == 0,
            None => false,
        }
    }

    /// The principal's trail with this alert, and what it adds to the history.
    fn follow(
        &self,
        seen: &Seen<'_>,
        history: &mut History,
        observed_failures: u32,
        now: Timestamp,
    ) -> Trail {
        let mut trail = self.trail.as_ref().map(|stored| stored.value.clone()).unwrap_or_default();
        trail.see(seen, now);
        trail.tell(history, seen, now);
        history.failures_before = history.failures_before.saturating_add(observed_failures);
        trail
    }

    fn decide(
        &self,
        parcel: Parcel,
        trail: Trail,
        seen: &Seen<'_>,
        now: Timestamp,
        lease_until: Timestamp,
        silences: &Silences,
    ) -> Result<Decision, MessageError> {
        let standing = self.incident.as_ref().map(|stored| stored.value.clone());
        let priority = parcel.assessment.priority;
        let meeting = Incident::meet(standing, seen, priority, &parcel.history, now, lease_until, silences);
        let parcel = match meeting.keep_for {
            Some(number) => {
                let (parcel, text) = pack(parcel)?;
                Some((number, parcel, text))
            }
            None => None,
        };
        let result = match &meeting.taken {
            Some(_) => result_with_notice(&self.id),
            None => "counted".to_owned(),
        };
        Ok(Decision { meeting, trail, parcel, result })
    }

    fn count<'a>(&'a self, decision: &'a Decision, now: Timestamp) -> Count<'a> {
        let known = self.trail.as_ref();
        let trail_changed = known.is_none_or(|known| known.value != decision.trail);
        let trail_id = self.trail_id.as_deref().filter(|_| trail_changed);
        Count {
            id: &self.id,
            before: self.incident.as_ref(),
            after: &decision.meeting.incident,
            trail: trail_id.map(|id| (id, known, &decision.trail)),
            parcel: decision.parcel.as_ref().map(|(number, _, text)| (*number, text.as_str())),
            result: &decision.result,
            now,
        }
    }
}

impl Decision {
    fn counted(self, standing: Standing) -> Counted {
        let version = standing.incident.map_or(0, |stored| stored.version) + 1;
        Counted {
            id: standing.id,
            // A notice that is taken is a change of the facts, so this is its version.
            stored: Stored { value: self.meeting.incident, version },
            taken: self.meeting.taken,
            parcel: self.parcel.map(|(_, parcel, _)| parcel),
        }
    }
}

/// The parcel and its text. It leaves room for what its notice says beside it: evidence gives way to that.
fn pack(mut parcel: Parcel) -> Result<(Parcel, String), MessageError> {
    const STRONGEST: usize = 5;
    match message::encode(&parcel) {
        Ok(text) if text.len() <= message::MAX_BYTES / 2 => return Ok((parcel, text)),
        Ok(_) | Err(MessageError::TooLarge(_)) => parcel.enriched.condense(STRONGEST),
        Err(error) => return Err(error),
    }
    let text = message::encode(&parcel)?;
    Ok((parcel, text))
}

/// Why a refused completion is a failed record: whoever took over has counted the alert, or will.
fn refusal(completion: Completion) -> WorkerError {
    match completion {
        Completion::Recorded | Completion::DoneByAnother | Completion::Lost => WorkerError::LeaseLost,
    }
}

/// Patience with others who write at the same time. Only writes that change an incident's facts get in each other's way,
/// a hundred or so in a storm of thousands; so do transactions on one item while they last, some 10 ms.
const ATTEMPTS: u32 = 20;
