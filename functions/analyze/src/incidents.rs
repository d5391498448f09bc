//! Incidents in a `DynamoDB` table: who opened one, how many alerts it has, when the last one came.

use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::builders::UpdateBuilder;
use aws_sdk_dynamodb::types::{
    AttributeValue, ReturnValuesOnConditionCheckFailure, TransactWriteItem, Update,
};
use domain::Alert;
use domain::incident::IncidentId;
use jiff::Timestamp;
use lambda::claims::{Claimed, Claims, Completion, DynamoClaims};

/// Table with key `id`.
#[derive(Clone, Debug)]
pub struct Incidents {
    client: Client,
    table: String,
}

/// How an alert stands to its incident.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Membership {
    /// The alert opened the incident: it is analysed and notified.
    Opened { opened_at: Timestamp },
    /// The incident was open: the alert is counted.
    Joined,
}

impl Incidents {
    /// An incident without alerts for this long is closed; the next alert opens a new one.
    pub const QUIET: Duration = Duration::from_hours(24);

    const RETENTION: Duration = Duration::from_hours(90 * 24);

    pub fn new(client: Client, table: impl Into<String>) -> Self {
        Self { client, table: table.into() }
    }

    /// Opens the alert's incident, unless it is open. The alert that opened it finds itself the opener again.
    pub async fn open(
        &self,
        id: &IncidentId,
        alert: &Alert,
        now: Timestamp,
    ) -> Result<Membership, IncidentError> {
        let quiet_since = (now - Self::QUIET).as_millisecond();
        let answer = self
            .client
            .put_item()
            .table_name(&self.table)
            .item("id", text(id.as_str()))
            .item("opened_by", text(alert.key().as_str()))
            .item("opened_at", number(now.as_millisecond()))
            .item("last_seen", number(now.as_millisecond()))
            .item("alert_count", number(1))
            .item("rule_id", text(&alert.rule().id))
            .item("agent", text(&alert.agent().name))
            .item("expires_at", number((now + Self::RETENTION).as_second()))
            .condition_expression("attribute_not_exists(id) OR last_seen < :quiet_since")
            .expression_attribute_values(":quiet_since", number(quiet_since))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .send()
            .await;
        let Err(error) = answer else { return Ok(Membership::Opened { opened_at: now }) };
        let standing = match error.as_service_error() {
            Some(aws_sdk_dynamodb::operation::put_item::PutItemError::ConditionalCheckFailedException(
                refused,
            )) => refused.item().cloned().unwrap_or_default(),
            _ => return Err(IncidentError::Open(error.into())),
        };
        let opened_by = standing.get("opened_by").and_then(|value| value.as_s().ok());
        let opened_at = standing.get("opened_at").and_then(|value| value.as_n().ok()?.parse().ok());
        let opened_at = opened_at.and_then(|millis| Timestamp::from_millisecond(millis).ok());
        Ok(match opened_at {
            Some(opened_at) if opened_by.is_some_and(|key| key == alert.key().as_str()) => {
                Membership::Opened { opened_at }
            }
            _ => Membership::Joined,
        })
    }

    /// Counts the alert and completes its claim in one transaction: exactly once, however often it is delivered.
    pub async fn count(
        &self,
        id: &IncidentId,
        claims: &Claims<DynamoClaims>,
        claimed: &Claimed,
        now: Timestamp,
    ) -> Result<Completion, IncidentError> {
        let count = self.counting(id, now).build();
        let count = count.map_err(|error| IncidentError::Count(error.into()))?;
        match self.complete_with(count, claims, claimed, now).await? {
            Ok(completion) => Ok(completion),
            Err(error) => Err(IncidentError::Count(error.into())),
        }
    }

    /// The same for an alert that repeats another one's: nothing if that one's incident is not open, or never was.
    pub async fn count_repeat(
        &self,
        id: &IncidentId,
        claims: &Claims<DynamoClaims>,
        claimed: &Claimed,
        now: Timestamp,
    ) -> Result<Option<Completion>, IncidentError> {
        let quiet_since = (now - Self::QUIET).as_millisecond();
        let count = self
            .counting(id, now)
            .condition_expression("last_seen >= :quiet_since")
            .expression_attribute_values(":quiet_since", number(quiet_since))
            .build()
            .map_err(|error| IncidentError::Count(error.into()))?;
        match self.complete_with(count, claims, claimed, now).await? {
            Ok(completion) => Ok(Some(completion)),
            Err(error) if is_not_open(&error) => Ok(None),
            Err(error) => Err(IncidentError::Count(error.into())),
        }
    }

    fn counting(&self, id: &IncidentId, now: Timestamp) -> UpdateBuilder {
        Update::builder()
            .table_name(&self.table)
            .key("id", text(id.as_str()))
            .update_expression("SET last_seen = :now, expires_at = :expires ADD alert_count :one")
            .expression_attribute_values(":now", number(now.as_millisecond()))
            .expression_attribute_values(":expires", number((now + Self::RETENTION).as_second()))
            .expression_attribute_values(":one", number(1))
    }

    /// One transaction of the claim's completion and the count; the inner error is the transaction's own.
    async fn complete_with(
        &self,
        count: Update,
        claims: &Claims<DynamoClaims>,
        claimed: &Claimed,
        now: Timestamp,
    ) -> Result<Result<Completion, SdkError<TransactWriteItemsError>>, IncidentError> {
        let expires_at = now + Claims::<DynamoClaims>::RETENTION;
        let completion = claims
            .store()
            .completion(claimed, "counted", expires_at)
            .map_err(|error| IncidentError::Count(error.into()))?;
        let answer = self
            .client
            .transact_write_items()
            .transact_items(TransactWriteItem::builder().update(completion).build())
            .transact_items(TransactWriteItem::builder().update(count).build())
            .send()
            .await;
        Ok(match answer {
            Ok(_) => Ok(Completion::Recorded),
            Err(error) => refused(claimed, &error).ok_or(error),
        })
    }
}

/// How the claim stands when its completion was refused; nothing when something else went wrong.
fn refused(claimed: &Claimed, error: &SdkError<TransactWriteItemsError>) -> Option<Completion> {
    let TransactWriteItemsError::TransactionCanceledException(cancelled) = error.as_service_error()? else {
        return None;
    };
    let claim = cancelled.cancellation_reasons().first()?;
    (claim.code()? == "ConditionalCheckFailed").then(|| DynamoClaims::refused(claimed, claim.item()))
}

/// Whether it was the incident's condition that failed, and not the claim's.
fn is_not_open(error: &SdkError<TransactWriteItemsError>) -> bool {
    let Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) = error.as_service_error()
    else {
        return false;
    };
    let incident = cancelled.cancellation_reasons().get(1).and_then(|reason| reason.code());
    incident == Some("ConditionalCheckFailed")
}

fn text(value: &str) -> AttributeValue {
    AttributeValue::S(value.to_owned())
}

fn number(value: i64) -> AttributeValue {
    AttributeValue::N(value.to_string())
}

#[derive(Debug, thiserror::Error)]
pub enum IncidentError {
    #[error("could not open the incident")]
    Open(#[source] Box<dyn std::error::Error + Send + Sync>),
    #[error("could not count the alert in its incident")]
    Count(#[source] Box<dyn std::error::Error + Send + Sync>),
}
