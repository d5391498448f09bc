//! Incidents in memory, with `DynamoDB`'s conditions: what tests and single-process runs of all stages use.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use domain::incident::{Incident, IncidentId, Trail};
use jiff::Timestamp;
use lambda::claims::{Claimed, Claims, MemoryClaims};

use super::{Count, IncidentError, IncidentStore, KeptAnalysis, Parcel, Stored, Written};

/// Clones share their incidents, as functions share a table.
#[derive(Clone, Debug, Default)]
pub struct MemoryIncidents {
    claims: MemoryClaims,
    rows: Arc<Mutex<Rows>>,
}

#[derive(Debug, Default)]
struct Rows {
    incidents: BTreeMap<String, Stored<Incident>>,
    trails: BTreeMap<String, Stored<Trail>>,
    parcels: BTreeMap<(String, Timestamp, u32), String>,
    analyses: BTreeMap<(String, Timestamp), KeptAnalysis>,
}

impl MemoryIncidents {
    /// Shares these claims with whoever claims the alerts.
    pub fn new(claims: MemoryClaims) -> Self {
        Self { claims, rows: Arc::default() }
    }

    /// When something is due next, whether an alert comes or not.
    pub fn next_due(&self) -> Option<Timestamp> {
        let rows = self.rows.lock().unwrap_or_else(PoisonError::into_inner);
        rows.incidents.values().filter_map(|stored| stored.value.due()).min()
    }

    /// How many alerts an incident has counted.
    pub fn alerts(&self, id: &IncidentId) -> u64 {
        let rows = self.rows.lock().unwrap_or_else(PoisonError::into_inner);
        rows.incidents.get(id.as_str()).map_or(0, |stored| stored.value.alerts)
    }

    #[cfg(test)]
    pub(crate) fn forget_parcels(&self) {
        self.rows.lock().unwrap_or_else(PoisonError::into_inner).parcels.clear();
    }

    /// Runs one request. It is atomic, and a caller may die before it and after it.
    async fn request<T>(&self, apply: impl FnOnce(&mut Rows) -> T) -> T {
        tokio::task::yield_now().await;
        let answer = apply(&mut self.rows.lock().unwrap_or_else(PoisonError::into_inner));
        tokio::task::yield_now().await;
        answer
    }
}

impl Rows {
    /// The conditions of a count, then its effects.
    fn count(&mut self, count: &Count<'_>) -> Result<(), Written> {
        let id = count.id.as_str();
        let standing = self.incidents.get(id);
        let version = standing.map(|standing| standing.version);
        // A new incident must not wipe out an alert that has just been counted in the old one.
        let last_seen = standing.map(|standing| standing.value.last_seen);
        let as_it_was = version == count.before.map(|before| before.version)
            && (!count.opens() || last_seen == count.before.map(|before| before.value.last_seen));
        let trail_as_it_was = count.trail.is_none_or(|(trail, before, _)| {
            self.trails.get(trail).map(|standing| standing.version) == before.map(|before| before.version)
        });
        if !as_it_was || !trail_as_it_was {
            return Err(Written::Changed);
        }
        // Others may have counted since: the count is added to, never set.
        let alerts = match standing {
            Some(standing) if !count.opens() => standing.value.alerts + 1,
            Some(_) | None => 1,
        };
        let version = version.unwrap_or(0) + u64::from(!count.is_plain());
        let value = Incident { alerts, ..count.after.clone() };
        self.incidents.insert(id.to_owned(), Stored { value, version });
        if let Some((trail, before, after)) = count.trail {
            let version = before.map_or(0, |before| before.version) + 1;
            self.trails.insert(trail.to_owned(), Stored { value: after.clone(), version });
        }
        if let Some((number, parcel)) = count.parcel {
            self.parcels.insert((id.to_owned(), count.after.opened_at(), number), parcel.to_owned());
        }
        Ok(())
    }
}

impl IncidentStore for MemoryIncidents {
    type Claims = MemoryClaims;

    async fn incident(&self, id: &IncidentId) -> Result<Option<Stored<Incident>>, IncidentError> {
        Ok(self.request(|rows| rows.incidents.get(id.as_str()).cloned()).await)
    }

    async fn trail(&self, id: &str) -> Result<Option<Stored<Trail>>, IncidentError> {
        Ok(self.request(|rows| rows.trails.get(id).cloned()).await)
    }

    async fn count(&self, claimed: &Claimed, count: &Count<'_>) -> Result<Written, IncidentError> {
        let expires_at = count.now + Claims::<MemoryClaims>::RETENTION;
        let mut counted = false;
        let effect = || {
            self.rows.lock().unwrap_or_else(PoisonError::into_inner).count(count)?;
            counted = true;
            Ok(())
        };
        let completed = self.claims.complete_with(claimed, count.result, expires_at, effect).await;
        Ok(match completed {
            Ok(_) if counted => Written::Done,
            Ok(refused) => Written::Refused(refused),
            Err(written) => written,
        })
    }

    async fn change(&self, id: &IncidentId, changed: &Stored<Incident>) -> Result<bool, IncidentError> {
        Ok(self
            .request(|rows| match rows.incidents.get_mut(id.as_str()) {
                Some(standing) if standing.version == changed.version => {
                    standing.value.facts = changed.value.facts.clone();
                    standing.version += 1;
                    true
                }
                Some(_) | None => false,
            })
            .await)
    }

    async fn parcel(
        &self,
        id: &IncidentId,
        opened_at: Timestamp,
        number: u32,
    ) -> Result<Option<Parcel>, IncidentError> {
        let key = (id.as_str().to_owned(), opened_at, number);
        let text = self.request(|rows| rows.parcels.get(&key).cloned()).await;
        let read = |text: String| serde_json::from_str(&text);
        text.map(read).transpose().map_err(|_| IncidentError::Unreadable { what: "parcel" })
    }

    async fn keep_analysis(
        &self,
        id: &IncidentId,
        opened_at: Timestamp,
        analysis: &KeptAnalysis,
        _now: Timestamp,
    ) -> Result<(), IncidentError> {
        let key = (id.as_str().to_owned(), opened_at);
        self.request(|rows| rows.analyses.insert(key, analysis.clone())).await;
        Ok(())
    }

    async fn analysis(
        &self,
        id: &IncidentId,
        opened_at: Timestamp,
    ) -> Result<Option<KeptAnalysis>, IncidentError> {
        Ok(self.request(|rows| rows.analyses.get(&(id.as_str().to_owned(), opened_at)).cloned()).await)
    }

    async fn due(&self, now: Timestamp, most: usize) -> Result<Vec<IncidentId>, IncidentError> {
        Ok(self
            .request(|rows| {
                let due = |(id, stored): (&String, &Stored<Incident>)| {
                    let due = stored.value.due().filter(|due| *due <= now)?;
                    Some((due, IncidentId::try_from(id.clone()).ok()?))
                };
                let mut due: Vec<(Timestamp, IncidentId)> = rows.incidents.iter().filter_map(due).collect();
                due.sort_by_key(|(due, _)| *due);
                due.into_iter().take(most).map(|(_, id)| id).collect()
            })
            .await)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::contract;
    use super::*;

    fn store() -> (MemoryIncidents, Claims<MemoryClaims>) {
        let claims = MemoryClaims::default();
        (MemoryIncidents::new(claims.clone()), Claims::new(claims, "analyze", Duration::from_mins(1)))
    }

    fn id() -> IncidentId {
        "0123456789abcdef".to_owned().try_into().unwrap()
    }

    #[tokio::test]
    async fn it_counts_once_and_refuses_what_has_changed() {
        let (store, claims) = store();
        contract::counts_once_and_refuses_what_has_changed(&store, &claims, &id()).await;
    }

    #[tokio::test]
    async fn a_closed_incident_is_replaced() {
        let (store, claims) = store();
        contract::a_closed_incident_is_replaced(&store, &claims, &id()).await;
    }

    #[tokio::test]
    async fn it_keeps_parcels_trails_and_what_is_due() {
        let (store, claims) = store();
        contract::keeps_parcels_trails_and_what_is_due(&store, &claims, &id()).await;
    }
}
