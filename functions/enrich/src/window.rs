//! The dedup window: the same rule about the same indicator within the hour is a repeat.
//!
//! It stands in the `claims` table under `window#<rule id>#<type>#<value>`. A provider's quota is protected by the
//! answer cache already; this keeps a repeat from opening an incident of its own.

use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValuesOnConditionCheckFailure};
use domain::Alert;
use domain::incident::IncidentId;
use domain::indicator::{Found, Indicator, Scope, scope};
use futures_util::future::try_join_all;
use jiff::Timestamp;

#[derive(Clone, Debug)]
pub struct Window {
    client: Client,
    table: String,
    length: Duration,
}

/// For each indicator: the incident of the alert that came first, if there was one.
pub type Repeats = Vec<Option<IncidentId>>;

impl Window {
    /// A `length` of zero switches it off.
    pub fn new(client: Client, table: impl Into<String>, length: Duration) -> Self {
        Self { client, table: table.into(), length }
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
        let text = |value: &str| AttributeValue::S(value.to_owned());
        let seconds = |time: Timestamp| AttributeValue::N(time.as_second().to_string());
        let answer = self
            .client
            .update_item()
            .table_name(&self.table)
            .key("id", text(&format!("window#{}#{}", alert.rule().id, indicator.key())))
            .update_expression("SET first_alert = :me, incident = :incident, expires_at = :end")
            .condition_expression("attribute_not_exists(id) OR expires_at <= :now OR first_alert = :me")
            .expression_attribute_values(":me", text(alert.key().as_str()))
            .expression_attribute_values(":incident", text(incident.as_str()))
            .expression_attribute_values(":end", seconds(now + self.length))
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
}

/// `127.0.0.1` and its like are another host on every agent.
fn is_one_thing(indicator: &Indicator) -> bool {
    match indicator {
        Indicator::Ip(address) => match scope(*address) {
            Scope::Public | Scope::Private | Scope::CarrierGradeNat | Scope::Documentation => true,
            Scope::Loopback | Scope::LinkLocal | Scope::Multicast | Scope::Reserved => false,
        },
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
