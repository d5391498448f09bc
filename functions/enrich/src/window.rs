//! The dedup window: the same rule about the same indicator within the hour is a repeat.
//!
//! It stands in the `claims` table under `window#<rule id>#<type>#<value>`. A provider's quota is protected by the
//! answer cache already; this keeps a repeat from opening an incident of its own.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValuesOnConditionCheckFailure};
use domain::Alert;
use domain::alert::AlertKey;
use domain::incident::IncidentId;
use domain::indicator::{Found, Indicator, scope};
use futures_util::future::try_join_all;
use jiff::Timestamp;

#[derive(Clone, Debug)]
pub struct Window {
    places: Places,
    length: Duration,
}

/// Where windows stand.
#[derive(Clone, Debug)]
enum Places {
    /// For all functions.
    Table { client: Client, table: String },
    /// In this process: for the command line.
    Memory(Arc<Mutex<BTreeMap<String, Standing>>>),
}

#[derive(Clone, Debug)]
struct Standing {
    first_alert: AlertKey,
    incident: IncidentId,
    expires_at: Timestamp,
}

/// For each indicator: the incident of the alert that came first, if there was one.
pub type Repeats = Vec<Option<IncidentId>>;

impl Window {
    /// A `length` of zero switches it off.
    pub fn table(client: Client, table: impl Into<String>, length: Duration) -> Self {
        Self { places: Places::Table { client, table: table.into() }, length }
    }

    pub fn memory(length: Duration) -> Self {
        Self { places: Places::Memory(Arc::default()), length }
    }

    /// Opens the window of each indicator that has none. An alert that is delivered again is no repeat of itself.
    pub async fn enter(
        &self,
        alert: &Alert,
        found: &[Found],
        now: Timestamp,
    ) -> Result<Repeats, WindowError> {
        let incident = IncidentId::of(alert);
        try_join_all(found.iter().map(|found| self.enter_one(alert, &found.indicator, &incident, now))).await
    }

    async fn enter_one(
        &self,
        alert: &Alert,
        indicator: &Indicator,
        incident: &IncidentId,
        now: Timestamp,
    ) -> Result<Option<IncidentId>, WindowError> {
        if self.length.is_zero() || !is_one_thing(indicator) {
            return Ok(None);
        }
        let id = format!("window#{}#{}", alert.rule().id, indicator.key());
        let mine = Standing {
            first_alert: alert.key().clone(),
            incident: incident.clone(),
            expires_at: now + self.length,
        };
        match &self.places {
            Places::Table { client, table } => enter_table(client, table, &id, &mine, now).await,
            Places::Memory(standing) => {
                let mut standing = standing.lock().unwrap_or_else(PoisonError::into_inner);
                let first = standing
                    .get(&id)
                    .filter(|first| first.expires_at > now && first.first_alert != mine.first_alert);
                if let Some(first) = first {
                    return Ok(Some(first.incident.clone()));
                }
                standing.insert(id, mine);
                Ok(None)
            }
        }
    }
}

async fn enter_table(
    client: &Client,
    table: &str,
    id: &str,
    mine: &Standing,
    now: Timestamp,
) -> Result<Option<IncidentId>, WindowError> {
    let text = |value: &str| AttributeValue::S(value.to_owned());
    let seconds = |time: Timestamp| AttributeValue::N(time.as_second().to_string());
    let answer = client
        .update_item()
        .table_name(table)
        .key("id", text(id))
        .update_expression("SET first_alert = :me, incident = :incident, expires_at = :end")
        .condition_expression("attribute_not_exists(id) OR expires_at <= :now OR first_alert = :me")
        .expression_attribute_values(":me", text(mine.first_alert.as_str()))
        .expression_attribute_values(":incident", text(mine.incident.as_str()))
        .expression_attribute_values(":end", seconds(mine.expires_at))
        .expression_attribute_values(":now", seconds(now))
        .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
        .send()
        .await;
    let Err(error) = answer else { return Ok(None) };
    match error.as_service_error() {
        Some(UpdateItemError::ConditionalCheckFailedException(refused)) => {
            let first = refused.item().and_then(|item| item.get("incident")?.as_s().ok().cloned());
            Ok(first.and_then(|id| id.try_into().ok()))
        }
        _ => Err(WindowError(error.into())),
    }
}

/// Whether it means the same on every agent.
fn is_one_thing(indicator: &Indicator) -> bool {
    match indicator {
        Indicator::Ip(address) => !scope(*address).differs_by_agent(),
        Indicator::Domain(_) | Indicator::Url(_) | Indicator::Hash(_) => true,
    }
}

/// The incident that the whole alert repeats: every indicator was there before.
pub fn repeated_incident(repeats: &Repeats) -> Option<&IncidentId> {
    if repeats.iter().all(Option::is_some) { repeats.first()?.as_ref() } else { None }
}

#[derive(Debug, thiserror::Error)]
#[error("could not enter the dedup window")]
pub struct WindowError(#[source] Box<dyn std::error::Error + Send + Sync>);

#[cfg(test)]
mod tests {
    use super::*;

    fn alert(id: &str, rule: &str) -> Alert {
        Alert::parse(&format!(
            r#"{{"id":"{id}","rule":{{"id":"{rule}","level":7}},"data":{{"srcip":"203.0.113.9"}}}}"#
        ))
        .unwrap()
    }

    #[tokio::test]
    async fn a_repeat_is_the_same_rule_about_the_same_indicator_until_the_window_ends() {
        let window = Window::memory(Duration::from_hours(1));
        let first = alert("1.1", "5763");
        let opened_at: Timestamp = "2026-10-03T12:00:00Z".parse().unwrap();
        let later = |minutes: i64| opened_at + jiff::SignedDuration::from_mins(minutes);
        for (alert, at, expected) in [
            (&first, 0, None),
            (&first, 1, None),
            (&alert("1.2", "5763"), 2, Some(IncidentId::of(&first))),
            (&alert("1.3", "5710"), 3, None),
            (&alert("1.4", "5763"), 61, None),
        ] {
            let repeats = window.enter(alert, &alert.indicators(), later(at)).await.unwrap();
            assert_eq!(repeated_incident(&repeats), expected.as_ref(), "{}", alert.key());
        }
    }
}
