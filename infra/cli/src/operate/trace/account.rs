//! Reads what the stages have written about one alert.

use analyze::incidents::{DynamoIncidents, IncidentStore};
use domain::AlertKey;
use domain::incident::IncidentId;
use domain::message::NoticeId;
use jiff::Timestamp;
use lambda::claims::{DynamoClaims, Look, Standing};
use notify::delivery::store::DynamoDeliveries;

use super::story::{Known, KnownNotice, Story};
use crate::failure::Failure;
use crate::operate::{Account, TableError};

/// So many notices of an incident are looked up, the newest: one every 24 hours for weeks.
const MOST_NOTICES: u32 = 20;

pub(super) async fn story(account: &Account, alert: &AlertKey) -> Result<Story, Failure> {
    let dynamodb = account.dynamodb();
    let claims = DynamoClaims::new(dynamodb.clone(), account.full("claims"));
    let incidents = DynamoIncidents::new(dynamodb.clone(), account.full("incidents"), claims.clone());
    let deliveries = DynamoDeliveries::new(dynamodb, account.full("deliveries"));
    let enrich = claims.look("enrich", alert.as_str()).await.map_err(TableError::new)?;
    let analyze = claims.look("analyze", alert.as_str()).await.map_err(TableError::new)?;
    let incident = match analyze.as_ref().and_then(incident_id) {
        Some(id) => incidents.incident(&id).await.map_err(TableError::new)?.map(|stored| (id, stored.value)),
        None => None,
    };
    let mut notices = Vec::new();
    if let Some((id, incident)) = &incident {
        let last = incident.notices();
        for number in last.saturating_sub(MOST_NOTICES) + 1..=last {
            let notice = NoticeId::of(id, incident.opened_at(), number);
            let claim = claims.look("notify", notice.as_str()).await.map_err(TableError::new)?;
            let deliveries = deliveries.history(&notice).await.map_err(TableError::new)?;
            notices.push(KnownNotice { id: notice, claim, deliveries });
        }
    }
    let known = Known { alert: alert.clone(), enrich, analyze, incident, notices };
    Ok(Story::of(&known, Timestamp::now()))
}

/// A claim keeps the incident of an alert with which a notice was due.
fn incident_id(look: &Look) -> Option<IncidentId> {
    match &look.standing {
        Standing::Done { result } => analyze::story::incident_of(result),
        Standing::InProgress { .. } => None,
    }
}
