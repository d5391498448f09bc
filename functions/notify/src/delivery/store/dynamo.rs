//! Deliveries in a `DynamoDB` table: keys `id` and `part`, TTL attribute `expires_at`. Every read is consistent.
//!
//! | id | part | row |
//! | --- | --- | --- |
//! | `notice#<notice>` | `<group>#<channel>` | how far the notice has come: `state`, `reason`, `message_id`, `owner` |
//! | `gates` | `<group>#<channel>` | buckets and heaps of a group; few rows, all read by the sweep |
//! | `held#<group>#<channel>#<digest>` | `<notice>` | what a digest will tell of a notice |
//! | `account` | `ses` | that SES has refused the account |
//! | `parked` | `<notice>` | a message that waits for the account |

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::{AttributeValue, Put, Select, TransactWriteItem, Update};
use domain::message::NoticeId;
use jiff::Timestamp;
use lambda::claims::{Claimed, DynamoClaims};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{DeliveryError, DeliveryStore, Parked, Passing, Stored, Written};
use crate::delivery::{Account, Gate, Post, State};
use crate::mail::HeldIncident;

#[derive(Clone, Debug)]
pub struct DynamoDeliveries {
    client: Client,
    table: String,
}

type Item = HashMap<String, AttributeValue>;

/// As long as claims: a redrive finds what was sent already.
const RETENTION: Duration = Duration::from_hours(30 * 24);

const GATES: &str = "gates";
const PARKED: &str = "parked";
const ACCOUNT: (&str, &str) = ("account", "ses");

impl DynamoDeliveries {
    pub fn new(client: Client, table: impl Into<String>) -> Self {
        Self { client, table: table.into() }
    }

    /// What has become of a notice for each group, and when that was written; for a person who looks.
    pub async fn history(&self, notice: &NoticeId) -> Result<Vec<(Post, State, Timestamp)>, DeliveryError> {
        const WHAT: &str = "delivery";
        let rows = self.rows(&notice_key(notice), None, "read the notice's deliveries").await?;
        let at = |row: &Item| {
            let expires_at: i64 = row.get("expires_at")?.as_n().ok()?.parse().ok()?;
            Timestamp::from_second(expires_at).ok()?.checked_sub(RETENTION).ok()
        };
        let one = |row: &Item| {
            let at = at(row).ok_or(DeliveryError::Unreadable { what: WHAT })?;
            Ok((post(row, WHAT)?, read(row, "delivery", WHAT)?, at))
        };
        rows.iter().map(one).collect()
    }

    /// How many notices wait for the account.
    pub async fn count_parked(&self) -> Result<u64, DeliveryError> {
        const ACTION: &str = "count what is parked";
        let (mut count, mut start) = (0, None);
        loop {
            let query = self.client.query().table_name(&self.table).key_condition_expression("id = :id");
            let query = query.expression_attribute_values(":id", text(PARKED)).select(Select::Count);
            let page = query.set_exclusive_start_key(start).send().await;
            let page = page.map_err(|error| failed(ACTION, error))?;
            count += u64::try_from(page.count).unwrap_or(0);
            start = page.last_evaluated_key;
            if start.is_none() {
                return Ok(count);
            }
        }
    }

    async fn row(&self, id: &str, part: &str, action: &'static str) -> Result<Option<Item>, DeliveryError> {
        let get = self.client.get_item().table_name(&self.table).set_key(Some(key(id, part)));
        let answer = get.consistent_read(true).send().await.map_err(|error| failed(action, error))?;
        Ok(answer.item)
    }

    /// All rows under one id, however many pages they take; or the first so many.
    async fn rows(
        &self,
        id: &str,
        most: Option<u32>,
        action: &'static str,
    ) -> Result<Vec<Item>, DeliveryError> {
        let mut rows = Vec::new();
        let mut start = None;
        loop {
            let page = self
                .client
                .query()
                .table_name(&self.table)
                .key_condition_expression("id = :id")
                .expression_attribute_values(":id", text(id))
                .consistent_read(true)
                .set_limit(most.map(|most| i32::try_from(most).unwrap_or(i32::MAX)))
                .set_exclusive_start_key(start)
                .send()
                .await
                .map_err(|error| failed(action, error))?;
            rows.extend(page.items.unwrap_or_default());
            start = page.last_evaluated_key;
            if start.is_none() || most.is_some() {
                return Ok(rows);
            }
        }
    }

    fn gate_update(&self, post: &Post, gate: &Stored<Gate>) -> Result<Update, DeliveryError> {
        let condition = if gate.version == 0 { "attribute_not_exists(id)" } else { "version = :version" };
        let update = Update::builder()
            .table_name(&self.table)
            .set_key(Some(key(GATES, &post.to_string())))
            .update_expression("SET gate = :gate, version = :next")
            .condition_expression(condition)
            .expression_attribute_values(":gate", document(&gate.value, "gate")?)
            .expression_attribute_values(":next", number(gate.version + 1));
        let update = if gate.version == 0 {
            update
        } else {
            update.expression_attribute_values(":version", number(gate.version))
        };
        update.build().map_err(|error| failed("write the gate", error))
    }

    async fn put(&self, item: Item, action: &'static str) -> Result<(), DeliveryError> {
        let put = self.client.put_item().table_name(&self.table).set_item(Some(item)).send().await;
        put.map(|_| ()).map_err(|error| failed(action, error))
    }

    async fn delete(&self, id: &str, part: &str, action: &'static str) -> Result<(), DeliveryError> {
        let delete = self.client.delete_item().table_name(&self.table).set_key(Some(key(id, part)));
        delete.send().await.map(|_| ()).map_err(|error| failed(action, error))
    }
}

impl DeliveryStore for DynamoDeliveries {
    type Claims = DynamoClaims;

    async fn states(&self, notice: &NoticeId) -> Result<BTreeMap<Post, State>, DeliveryError> {
        let rows = self.rows(&notice_key(notice), None, "read the notice's deliveries").await?;
        rows.iter().map(|row| Ok((post(row, "delivery")?, read(row, "delivery", "delivery")?))).collect()
    }

    async fn gate(&self, post: &Post) -> Result<Stored<Gate>, DeliveryError> {
        let row = self.row(GATES, &post.to_string(), "read the gate").await?;
        row.as_ref().map_or(Ok(Stored::default()), gate)
    }

    async fn gates(&self) -> Result<Vec<(Post, Stored<Gate>)>, DeliveryError> {
        let rows = self.rows(GATES, None, "read the gates").await?;
        rows.iter().map(|row| Ok((post(row, "gate")?, gate(row)?))).collect()
    }

    async fn pass(&self, passing: &Passing<'_>) -> Result<Written, DeliveryError> {
        const ACTION: &str = "let the notice pass";
        let put = |item: Item| {
            let put = Put::builder().table_name(&self.table).set_item(Some(item));
            let put = put.condition_expression("attribute_not_exists(id)").build();
            put.map(|put| TransactWriteItem::builder().put(put).build())
                .map_err(|error| failed(ACTION, error))
        };
        let expires = expiry(passing.now);
        let mut state = key(&notice_key(passing.notice), &passing.post.to_string());
        state.extend(columns(passing.proof, passing.state)?);
        state.insert("expires_at".to_owned(), expires.clone());
        let gate = self.gate_update(passing.post, passing.gate)?;
        let mut request = self
            .client
            .transact_write_items()
            .transact_items(TransactWriteItem::builder().update(gate).build())
            .transact_items(put(state)?);
        if let Some((digest, held)) = passing.held {
            let mut item = key(&held_key(passing.post, digest), passing.notice.as_str());
            item.insert("held".to_owned(), document(held, "held notice")?);
            item.insert("expires_at".to_owned(), expires);
            request = request.transact_items(put(item)?);
        }
        match request.send().await {
            Ok(_) => Ok(Written::Done),
            Err(error) => refused(&error).ok_or_else(|| failed(ACTION, error)),
        }
    }

    async fn change(&self, post: &Post, gate: &Stored<Gate>) -> Result<Written, DeliveryError> {
        let update = self.gate_update(post, gate)?;
        let answer = self
            .client
            .update_item()
            .table_name(update.table_name())
            .set_key(Some(update.key().clone()))
            .update_expression(update.update_expression())
            .set_condition_expression(update.condition_expression().map(str::to_owned))
            .set_expression_attribute_values(update.expression_attribute_values().cloned())
            .send()
            .await;
        let Err(error) = answer else { return Ok(Written::Done) };
        match error.as_service_error() {
            Some(UpdateItemError::ConditionalCheckFailedException(_)) => Ok(Written::Changed),
            Some(UpdateItemError::TransactionConflictException(_)) => Ok(Written::Busy),
            _ => Err(failed("write the gate", error)),
        }
    }

    async fn note(
        &self,
        notice: &NoticeId,
        post: &Post,
        proof: &Claimed,
        state: &State,
        now: Timestamp,
    ) -> Result<bool, DeliveryError> {
        let unsettled = "#state IN (:pending, :sending, :failed)";
        let condition = match state {
            State::Sending => format!("attribute_not_exists(id) OR {unsettled}"),
            _ => format!("attribute_not_exists(id) OR (#owner = :owner AND {unsettled})"),
        };
        let columns = columns(proof, state)?;
        let mut request = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(key(&notice_key(notice), &post.to_string())))
            .condition_expression(condition)
            .expression_attribute_values(":expires", expiry(now))
            .expression_attribute_values(":pending", text("pending"))
            .expression_attribute_values(":sending", text("sending"))
            .expression_attribute_values(":failed", text("failed"));
        let set: Vec<String> = columns.iter().map(|(name, _)| format!("#{name} = :{name}")).collect();
        let set = format!("SET expires_at = :expires, {}", set.join(", "));
        for (name, value) in columns {
            request = request
                .expression_attribute_names(format!("#{name}"), &name)
                .expression_attribute_values(format!(":{name}"), value);
        }
        let Err(error) = request.update_expression(set).send().await else { return Ok(true) };
        match error.as_service_error() {
            Some(UpdateItemError::ConditionalCheckFailedException(_)) => Ok(false),
            _ => Err(failed("note the delivery", error)),
        }
    }

    async fn held(&self, post: &Post, digest: &str) -> Result<Vec<HeldIncident>, DeliveryError> {
        let rows = self.rows(&held_key(post, digest), None, "read what is held").await?;
        rows.iter().map(|row| read(row, "held", "held notice")).collect()
    }

    async fn account(&self) -> Result<Option<Account>, DeliveryError> {
        let row = self.row(ACCOUNT.0, ACCOUNT.1, "read the account's state").await?;
        row.as_ref().map(|row| read(row, "account", "account")).transpose()
    }

    async fn set_account(&self, account: Option<&Account>) -> Result<(), DeliveryError> {
        const ACTION: &str = "write the account's state";
        let Some(account) = account else { return self.delete(ACCOUNT.0, ACCOUNT.1, ACTION).await };
        let mut item = key(ACCOUNT.0, ACCOUNT.1);
        item.insert("account".to_owned(), document(account, "account")?);
        self.put(item, ACTION).await
    }

    async fn park(&self, parked: &Parked, _: Timestamp) -> Result<(), DeliveryError> {
        let mut item = key(PARKED, &parked.notice);
        item.insert("body".to_owned(), text(&parked.body));
        self.put(item, "park the notice").await
    }

    async fn parked(&self, most: u32) -> Result<Vec<Parked>, DeliveryError> {
        let rows = self.rows(PARKED, Some(most), "read what is parked").await?;
        let parked = |row: &Item| {
            Some(Parked { notice: string(row, "part")?.to_owned(), body: string(row, "body")?.to_owned() })
        };
        rows.iter()
            .map(|row| parked(row).ok_or(DeliveryError::Unreadable { what: "parked notice" }))
            .collect()
    }

    async fn unpark(&self, notice: &str) -> Result<(), DeliveryError> {
        self.delete(PARKED, notice, "take the notice out of the park").await
    }
}

fn notice_key(notice: &NoticeId) -> String {
    format!("notice#{notice}")
}

fn held_key(post: &Post, digest: &str) -> String {
    format!("held#{post}#{digest}")
}

fn key(id: &str, part: &str) -> Item {
    Item::from([("id".to_owned(), text(id)), ("part".to_owned(), text(part))])
}

/// The state as a document, and what a person looks for in columns of their own.
fn columns(proof: &Claimed, state: &State) -> Result<Vec<(String, AttributeValue)>, DeliveryError> {
    let name = match state {
        State::Pending => "pending",
        State::Sending => "sending",
        State::Sent { .. } => "sent",
        State::Failed { .. } => "failed",
        State::Suppressed(_) => "suppressed",
    };
    Ok(vec![
        ("state".to_owned(), text(name)),
        ("owner".to_owned(), text(proof.owner().as_str())),
        ("delivery".to_owned(), document(state, "delivery")?),
    ])
}

fn post(row: &Item, what: &'static str) -> Result<Post, DeliveryError> {
    let read = string(row, "part").and_then(|part| part.parse().ok());
    read.ok_or(DeliveryError::Unreadable { what })
}

fn gate(row: &Item) -> Result<Stored<Gate>, DeliveryError> {
    let version = row.get("version").and_then(|value| value.as_n().ok()?.parse().ok());
    let version = version.ok_or(DeliveryError::Unreadable { what: "gate" })?;
    Ok(Stored { value: read(row, "gate", "gate")?, version })
}

/// What the transaction was refused for; nothing when something else went wrong.
fn refused(error: &SdkError<TransactWriteItemsError>) -> Option<Written> {
    let TransactWriteItemsError::TransactionCanceledException(cancelled) = error.as_service_error()? else {
        return None;
    };
    let has = |code| cancelled.cancellation_reasons().iter().any(|reason| reason.code() == Some(code));
    if has("ConditionalCheckFailed") {
        return Some(Written::Changed);
    }
    has("TransactionConflict").then_some(Written::Busy)
}

fn read<T: DeserializeOwned>(row: &Item, column: &str, what: &'static str) -> Result<T, DeliveryError> {
    let read = string(row, column).and_then(|text| serde_json::from_str(text).ok());
    read.ok_or(DeliveryError::Unreadable { what })
}

fn document<T: Serialize>(value: &T, what: &'static str) -> Result<AttributeValue, DeliveryError> {
    let text = serde_json::to_string(value).map_err(|_| DeliveryError::Unreadable { what })?;
    Ok(AttributeValue::S(text))
}

fn string<'a>(row: &'a Item, column: &str) -> Option<&'a str> {
    row.get(column)?.as_s().ok().map(String::as_str)
}

fn expiry(now: Timestamp) -> AttributeValue {
    AttributeValue::N((now + RETENTION).as_second().to_string())
}

fn text(value: &str) -> AttributeValue {
    AttributeValue::S(value.to_owned())
}

fn number(value: u64) -> AttributeValue {
    AttributeValue::N(value.to_string())
}

fn failed(
    action: &'static str,
    source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
) -> DeliveryError {
    DeliveryError::Store { action, source: source.into() }
}
