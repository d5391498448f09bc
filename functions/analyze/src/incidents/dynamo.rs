//! Incidents in a `DynamoDB` table: key `id`, TTL attribute `expires_at`, index `due` on `due_shard` and `next_due`.
//!
//! | id | row |
//! | --- | --- |
//! | `<incident>` | count, time and facts of an incident; in the index while something is to be told |
//! | `trail#<principal>` | what an address or user has done lately |
//! | `parcel#<incident>#<opened>#<number>` | the alert that a notice will tell of |
//! | `analysis#<incident>#<opened>` | what a model wrote, for the updates |

use std::collections::HashMap;
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::builders::UpdateBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, Put, TransactWriteItem, Update};
use domain::incident::{Facts, Incident, IncidentId, Trail};
use jiff::Timestamp;
use lambda::claims::{Claimed, Claims, DynamoClaims};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{Count, IncidentError, IncidentStore, KeptAnalysis, Parcel, Stored, Written};

#[derive(Clone, Debug)]
pub struct DynamoIncidents {
    client: Client,
    table: String,
    claims: DynamoClaims,
}

type Item = HashMap<String, AttributeValue>;

/// A closed incident is remembered this long: the next one like it is not the first.
const RETENTION: Duration = Duration::from_hours(90 * 24);

/// A parcel waits for the next notice, at most a day; the rest is patience with a sweep that does not run.
const PARCEL_RETENTION: Duration = Duration::from_hours(8 * 24);

const ANALYSIS_RETENTION: Duration = Duration::from_hours(30 * 24);

/// The index has one partition: it is written a few times per incident, and takes 1,000 writes a second.
const DUE_SHARD: &str = "due";

impl DynamoIncidents {
    pub fn new(client: Client, table: impl Into<String>, claims: DynamoClaims) -> Self {
        Self { client, table: table.into(), claims }
    }

    async fn row(&self, id: String, action: &'static str) -> Result<Option<Item>, IncidentError> {
        let get = self.client.get_item().table_name(&self.table).key("id", AttributeValue::S(id));
        let answer = get.consistent_read(true).send().await.map_err(|error| failed(action, error))?;
        Ok(answer.item)
    }

    /// The incident's part of a count.
    fn counting(&self, count: &Count<'_>) -> Result<UpdateBuilder, IncidentError> {
        let update = Update::builder()
            .table_name(&self.table)
            .key("id", text(count.id.as_str()))
            .expression_attribute_values(":now", number(count.after.last_seen.as_millisecond()))
            .expression_attribute_values(":expires", number((count.now + RETENTION).as_second()))
            .expression_attribute_values(":one", number(1));
        let update = match count.before {
            None => update.condition_expression("attribute_not_exists(id)"),
            // A new incident must not wipe out an alert that has just been counted in the old one.
            Some(before) if count.opens() => update
                .condition_expression("version = :version AND last_seen = :last_seen")
                .expression_attribute_values(":version", number_of(before.version))
                .expression_attribute_values(":last_seen", number(before.value.last_seen.as_millisecond())),
            Some(before) => update
                .condition_expression("version = :version")
                .expression_attribute_values(":version", number_of(before.version)),
        };
        let seen = "last_seen = :now, expires_at = :expires";
        if count.is_plain() {
            return Ok(update.update_expression(format!("SET {seen} ADD alert_count :one")));
        }
        let version = count.before.map_or(0, |before| before.version) + 1;
        let (due, index) = due_expression(count.after);
        let (counted, added) =
            if count.opens() { (", alert_count = :one", "") } else { ("", " ADD alert_count :one") };
        let update = update
            .update_expression(format!("SET {seen}, facts = :facts, version = :next{counted}{due}{added}"))
            .expression_attribute_values(":facts", document(&count.after.facts, "incident")?)
            .expression_attribute_values(":next", number_of(version));
        Ok(index
            .into_iter()
            .fold(update, |update, (name, value)| update.expression_attribute_values(name, value)))
    }

    fn trail_update(
        &self,
        trail: (&str, Option<&Stored<Trail>>, &Trail),
        now: Timestamp,
    ) -> Result<UpdateBuilder, IncidentError> {
        let (id, before, after) = trail;
        let update = Update::builder()
            .table_name(&self.table)
            .key("id", text(&trail_key(id)))
            .update_expression("SET facts = :facts, version = :next, expires_at = :expires")
            .expression_attribute_values(":facts", document(after, "trail")?)
            .expression_attribute_values(":next", number_of(before.map_or(0, |before| before.version) + 1))
            .expression_attribute_values(":expires", number((now + 2 * Trail::DAY).as_second()));
        Ok(match before {
            None => update.condition_expression("attribute_not_exists(id)"),
            Some(before) => update
                .condition_expression("version = :version")
                .expression_attribute_values(":version", number_of(before.version)),
        })
    }
}

impl IncidentStore for DynamoIncidents {
    type Claims = DynamoClaims;

    async fn incident(&self, id: &IncidentId) -> Result<Option<Stored<Incident>>, IncidentError> {
        let row = self.row(id.as_str().to_owned(), "read the incident").await?;
        row.as_ref().map(incident).transpose()
    }

    async fn trail(&self, id: &str) -> Result<Option<Stored<Trail>>, IncidentError> {
        let row = self.row(trail_key(id), "read the trail").await?;
        row.map(|row| Ok(Stored { value: facts(&row, "trail")?, version: version(&row, "trail")? }))
            .transpose()
    }

    async fn count(&self, claimed: &Claimed, count: &Count<'_>) -> Result<Written, IncidentError> {
        const ACTION: &str = "count the alert in its incident";
        let expires_at = count.now + Claims::<DynamoClaims>::RETENTION;
        let completion = self.claims.completion(claimed, count.result, expires_at);
        let mut updates = vec![completion.map_err(|error| failed(ACTION, error))?];
        updates.push(self.counting(count)?.build().map_err(|error| failed(ACTION, error))?);
        if let Some(trail) = count.trail {
            updates
                .push(self.trail_update(trail, count.now)?.build().map_err(|error| failed(ACTION, error))?);
        }
        let mut request = self.client.transact_write_items();
        for update in updates {
            request = request.transact_items(TransactWriteItem::builder().update(update).build());
        }
        if let Some((number, parcel)) = count.parcel {
            let key = parcel_key(count.id, count.after.opened_at(), number);
            let item = kept(key, text(parcel), count.now + PARCEL_RETENTION);
            let put = Put::builder().table_name(&self.table).set_item(Some(item)).build();
            let put = put.map_err(|error| failed(ACTION, error))?;
            request = request.transact_items(TransactWriteItem::builder().put(put).build());
        }
        match request.send().await {
            Ok(_) => Ok(Written::Done),
            Err(error) => refused(claimed, &error).ok_or_else(|| failed(ACTION, error)),
        }
    }

    async fn change(&self, id: &IncidentId, changed: &Stored<Incident>) -> Result<bool, IncidentError> {
        let (due, index) = due_expression(&changed.value);
        let mut request = self
            .client
            .update_item()
            .table_name(&self.table)
            .key("id", text(id.as_str()))
            .update_expression(format!("SET facts = :facts, version = :next{due}"))
            .condition_expression("version = :version")
            .expression_attribute_values(":facts", document(&changed.value.facts, "incident")?)
            .expression_attribute_values(":version", number_of(changed.version))
            .expression_attribute_values(":next", number_of(changed.version + 1));
        for (name, value) in index {
            request = request.expression_attribute_values(name, value);
        }
        let Err(error) = request.send().await else { return Ok(true) };
        match error.as_service_error() {
            Some(UpdateItemError::ConditionalCheckFailedException(_)) => Ok(false),
            _ => Err(failed("write the incident", error)),
        }
    }

    async fn parcel(
        &self,
        id: &IncidentId,
        opened_at: Timestamp,
        number: u32,
    ) -> Result<Option<Parcel>, IncidentError> {
        let row = self.row(parcel_key(id, opened_at, number), "read the parcel").await?;
        row.map(|row| facts(&row, "parcel")).transpose()
    }

    async fn keep_analysis(
        &self,
        id: &IncidentId,
        opened_at: Timestamp,
        analysis: &KeptAnalysis,
        now: Timestamp,
    ) -> Result<(), IncidentError> {
        let document = document(analysis, "analysis")?;
        let item = kept(analysis_key(id, opened_at), document, now + ANALYSIS_RETENTION);
        let put = self.client.put_item().table_name(&self.table).set_item(Some(item)).send().await;
        put.map(|_| ()).map_err(|error| failed("keep the analysis", error))
    }

    async fn analysis(
        &self,
        id: &IncidentId,
        opened_at: Timestamp,
    ) -> Result<Option<KeptAnalysis>, IncidentError> {
        let row = self.row(analysis_key(id, opened_at), "read the analysis").await?;
        row.map(|row| facts(&row, "analysis")).transpose()
    }

    async fn due(&self, now: Timestamp, most: usize) -> Result<Vec<IncidentId>, IncidentError> {
        let answer = self
            .client
            .query()
            .table_name(&self.table)
            .index_name("due")
            .key_condition_expression("due_shard = :shard AND next_due <= :now")
            .expression_attribute_values(":shard", text(DUE_SHARD))
            .expression_attribute_values(":now", text(&sortable(now)))
            .limit(i32::try_from(most).unwrap_or(i32::MAX))
            .send()
            .await
            .map_err(|error| failed("look for incidents that are due", error))?;
        let id = |row: &Item| row.get("id")?.as_s().ok()?.clone().try_into().ok();
        Ok(answer.items().iter().filter_map(id).collect())
    }
}

/// A row beside an incident.
fn kept(id: String, document: AttributeValue, expires_at: Timestamp) -> Item {
    HashMap::from([
        ("id".to_owned(), AttributeValue::S(id)),
        ("facts".to_owned(), document),
        ("expires_at".to_owned(), number(expires_at.as_second())),
    ])
}

/// The part of an update that puts an incident into the index, or takes it out: what is due, and its values.
fn due_expression(incident: &Incident) -> (&'static str, Vec<(&'static str, AttributeValue)>) {
    match incident.due() {
        Some(due) => (
            ", due_shard = :shard, next_due = :due",
            vec![(":shard", text(DUE_SHARD)), (":due", text(&sortable(due)))],
        ),
        None => (" REMOVE due_shard, next_due", Vec::new()),
    }
}

/// Sorts by time: always UTC, always milliseconds.
fn sortable(time: Timestamp) -> String {
    format!("{time:.3}")
}

/// What the transaction was refused for; nothing when something else went wrong.
fn refused(claimed: &Claimed, error: &SdkError<TransactWriteItemsError>) -> Option<Written> {
    let TransactWriteItemsError::TransactionCanceledException(cancelled) = error.as_service_error()? else {
        return None;
    };
    let reasons = cancelled.cancellation_reasons();
    let has = |code: &str| reasons.iter().any(|reason| reason.code() == Some(code));
    let claim = reasons.first()?;
    if claim.code() == Some("ConditionalCheckFailed") {
        return Some(Written::Refused(DynamoClaims::refused(claimed, claim.item())));
    }
    if has("ConditionalCheckFailed") {
        return Some(Written::Changed);
    }
    has("TransactionConflict").then_some(Written::Busy)
}

fn incident(row: &Item) -> Result<Stored<Incident>, IncidentError> {
    const WHAT: &str = "incident";
    let time = Timestamp::from_millisecond(integer(row, "last_seen", WHAT)?);
    let facts: Facts = facts(row, WHAT)?;
    let value = Incident {
        alerts: integer(row, "alert_count", WHAT)?,
        last_seen: time.map_err(|_| IncidentError::Unreadable { what: WHAT })?,
        facts,
    };
    Ok(Stored { value, version: version(row, WHAT)? })
}

fn facts<T: DeserializeOwned>(row: &Item, what: &'static str) -> Result<T, IncidentError> {
    let text = row.get("facts").and_then(|value| value.as_s().ok());
    let read = text.and_then(|text| serde_json::from_str(text).ok());
    read.ok_or(IncidentError::Unreadable { what })
}

fn version(row: &Item, what: &'static str) -> Result<u64, IncidentError> {
    integer(row, "version", what)
}

fn integer<T: std::str::FromStr>(row: &Item, name: &str, what: &'static str) -> Result<T, IncidentError> {
    let value = row.get(name).and_then(|value| value.as_n().ok()?.parse().ok());
    value.ok_or(IncidentError::Unreadable { what })
}

fn document<T: Serialize>(value: &T, what: &'static str) -> Result<AttributeValue, IncidentError> {
    let text = serde_json::to_string(value).map_err(|_| IncidentError::Unreadable { what })?;
    Ok(AttributeValue::S(text))
}

fn trail_key(id: &str) -> String {
    format!("trail#{id}")
}

fn parcel_key(id: &IncidentId, opened_at: Timestamp, number: u32) -> String {
    format!("parcel#{id}#{}#{number}", opened_at.as_millisecond())
}

fn analysis_key(id: &IncidentId, opened_at: Timestamp) -> String {
    format!("analysis#{id}#{}", opened_at.as_millisecond())
}

fn text(value: &str) -> AttributeValue {
    AttributeValue::S(value.to_owned())
}

fn number(value: i64) -> AttributeValue {
    AttributeValue::N(value.to_string())
}

fn number_of(value: u64) -> AttributeValue {
    AttributeValue::N(value.to_string())
}

fn failed(
    action: &'static str,
    source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
) -> IncidentError {
    IncidentError::Store { action, source: source.into() }
}
