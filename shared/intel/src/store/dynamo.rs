//! The `intel` table: key `type#value`, sort key `source`, TTL attribute `expires_at`.
//!
//! | key | source | attributes |
//! | --- | --- | --- |
//! | `ip#203.0.113.9` | `answer#abuseipdb` | `answer` (JSON), `fresh_until`, `turn_until` (both milliseconds) |
//! | `ip#203.0.113.9` | `import#otx` | `confidence`, `title`, `tags`, `listed_at`: by `ingest`, and by nobody else |
//! | `ip#203.0.113.9` | `feed#otx` | as above, by people and their scripts |
//! | `ip#203.0.113.9` | `list#allow`, `list#deny` | `title`: who says so, and why |
//! | `ip#203.0.113.9` | `note#sighted` | |
//! | `network#203.0.113.0/24` | `import#otx`, `feed#otx` | as above; found only by whoever knows that the network is listed |
//! | `provider#otx` | `gate` | `failures`, `last_failure`, `closed_until` (milliseconds), `reason` |
//! | `provider#otx` | `day#2026-10-03` | `requests` |

use std::collections::HashMap;
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue, ReturnValuesOnConditionCheckFailure};
use domain::indicator::Indicator;
use domain::verdict::{Listing, Provider, Standing, Unanswered};
use futures_util::future::try_join_all;
use ipnet::IpNet;
use jiff::Timestamp;

use super::{Gate, IntelStore, Kept, KeptAnswer, StoreError, Turn, class_of_list, key_of};
use crate::feed::Entry;

type Item = HashMap<String, AttributeValue>;

#[derive(Clone, Debug)]
pub struct DynamoStore {
    client: Client,
    table: String,
}

/// Gates and ledgers are looked at for a few days at most.
const RETENTION: Duration = Duration::from_hours(7 * 24);

impl DynamoStore {
    pub fn new(client: Client, table: impl Into<String>) -> Self {
        Self { client, table: table.into() }
    }

    /// Requests of the day so far, for a person who looks.
    pub async fn spent(&self, provider: Provider, now: Timestamp) -> Result<u64, StoreError> {
        let item = self.get(&provider_key(provider), &day(now)).await?;
        let requests = item.and_then(|item| number(&item, "requests"));
        Ok(requests.and_then(|count| count.try_into().ok()).unwrap_or(0))
    }

    fn update(&self, key: &str, source: &str) -> UpdateItemFluentBuilder {
        self.client
            .update_item()
            .table_name(&self.table)
            .key("key", text(key))
            .key("source", text(source))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
    }

    async fn rows(&self, key: String) -> Result<Vec<Item>, StoreError> {
        let query = self.client.query().table_name(&self.table).key_condition_expression("#key = :key");
        let query = query.expression_attribute_names("#key", "key");
        let answer = query.expression_attribute_values(":key", AttributeValue::S(key)).send().await;
        answer.map(|output| output.items.unwrap_or_default()).map_err(|error| StoreError::new("read", error))
    }

    async fn get(&self, key: &str, source: &str) -> Result<Option<Item>, StoreError> {
        let request = self.client.get_item().table_name(&self.table);
        let answer = request.key("key", text(key)).key("source", text(source)).send().await;
        answer.map(|output| output.item).map_err(|error| StoreError::new("read", error))
    }
}

impl IntelStore for DynamoStore {
    async fn about(
        &self,
        indicator: &Indicator,
        networks: &[IpNet],
        now: Timestamp,
    ) -> Result<Kept, StoreError> {
        let networks = networks.iter().map(|network| key_of(&Entry::Network(*network)));
        let keys = std::iter::once(indicator.key()).chain(networks);
        let mut kept = Kept::default();
        for items in try_join_all(keys.map(|key| self.rows(key))).await? {
            for item in &items {
                read_row(&mut kept, item, now);
            }
        }
        Ok(kept)
    }

    async fn take_turn(
        &self,
        indicator: &Indicator,
        provider: Provider,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<Turn, StoreError> {
        let request = self
            .update(&indicator.key(), &answer_source(provider))
            .update_expression("SET turn_until = :until, expires_at = if_not_exists(expires_at, :expires)")
            .condition_expression(
                "(attribute_not_exists(fresh_until) OR fresh_until <= :now) \
                 AND (attribute_not_exists(turn_until) OR turn_until <= :now)",
            )
            .expression_attribute_values(":until", millis(until))
            .expression_attribute_values(":now", millis(now))
            .expression_attribute_values(":expires", seconds(until + Duration::from_mins(1)));
        Ok(refusal(request, "write").await?.map_or(Turn::Free, |item| read_turn(&item, now)))
    }

    async fn look(
        &self,
        indicator: &Indicator,
        provider: Provider,
        now: Timestamp,
    ) -> Result<Turn, StoreError> {
        let item = self.get(&indicator.key(), &answer_source(provider)).await?;
        Ok(item.map_or(Turn::Free, |item| read_turn(&item, now)))
    }

    async fn keep(
        &self,
        indicator: &Indicator,
        provider: Provider,
        answer: &KeptAnswer,
        fresh_until: Timestamp,
    ) -> Result<(), StoreError> {
        let answer = serde_json::to_string(answer).map_err(|error| StoreError::new("write", error))?;
        let request = self
            .update(&indicator.key(), &answer_source(provider))
            .update_expression(
                "SET answer = :answer, fresh_until = :fresh, expires_at = :expires REMOVE turn_until",
            )
            .expression_attribute_values(":answer", AttributeValue::S(answer))
            .expression_attribute_values(":fresh", millis(fresh_until))
            .expression_attribute_values(":expires", seconds(fresh_until));
        refusal(request, "write").await.map(|_| ())
    }

    async fn end_turn(&self, indicator: &Indicator, provider: Provider) -> Result<(), StoreError> {
        let request = self
            .update(&indicator.key(), &answer_source(provider))
            .update_expression("REMOVE turn_until")
            .condition_expression("attribute_exists(turn_until)");
        refusal(request, "write").await.map(|_| ())
    }

    async fn note(
        &self,
        indicator: &Indicator,
        note: &str,
        now: Timestamp,
        lifetime: Duration,
    ) -> Result<bool, StoreError> {
        let request = self
            .update(&indicator.key(), &format!("note#{note}"))
            .update_expression("SET expires_at = :expires")
            .condition_expression("attribute_not_exists(expires_at) OR expires_at <= :now")
            .expression_attribute_values(":expires", seconds(now + lifetime))
            .expression_attribute_values(":now", seconds(now));
        Ok(refusal(request, "write").await?.is_none())
    }

    async fn gate(&self, provider: Provider) -> Result<Gate, StoreError> {
        let Some(item) = self.get(&provider_key(provider), "gate").await? else { return Ok(Gate::default()) };
        let reason =
            item.get("reason").and_then(|value| value.as_s().ok()).and_then(|name| read_reason(name));
        Ok(Gate {
            failures: number(&item, "failures").and_then(|count| count.try_into().ok()).unwrap_or(0),
            closed: time(&item, "closed_until").zip(reason),
        })
    }

    async fn close_gate(
        &self,
        provider: Provider,
        until: Timestamp,
        reason: Unanswered,
    ) -> Result<(), StoreError> {
        let request = self
            .update(&provider_key(provider), "gate")
            .update_expression("SET closed_until = :until, reason = :reason, expires_at = :expires")
            .expression_attribute_values(":until", millis(until))
            .expression_attribute_values(":reason", text(reason.name()))
            .expression_attribute_values(":expires", seconds(until + RETENTION));
        refusal(request, "write").await.map(|_| ())
    }

    async fn probe(&self, provider: Provider, seen: Timestamp, until: Timestamp) -> Result<bool, StoreError> {
        let request = self
            .update(&provider_key(provider), "gate")
            .update_expression("SET closed_until = :until")
            .condition_expression("closed_until = :seen")
            .expression_attribute_values(":until", millis(until))
            .expression_attribute_values(":seen", millis(seen));
        Ok(refusal(request, "write").await?.is_none())
    }

    async fn count_failure(
        &self,
        provider: Provider,
        now: Timestamp,
        window: Duration,
    ) -> Result<u32, StoreError> {
        let in_a_row = self
            .update(&provider_key(provider), "gate")
            .update_expression("SET last_failure = :now, expires_at = :expires ADD failures :one")
            .condition_expression("last_failure >= :since")
            .expression_attribute_values(":now", millis(now))
            .expression_attribute_values(":since", millis(now - window))
            .expression_attribute_values(":expires", seconds(now + RETENTION))
            .expression_attribute_values(":one", AttributeValue::N("1".to_owned()))
            .return_values(ReturnValue::UpdatedNew);
        match in_a_row.send().await {
            Ok(output) => {
                let count = output.attributes.as_ref().and_then(|item| number(item, "failures"));
                Ok(count.and_then(|count| count.try_into().ok()).unwrap_or(1))
            }
            Err(error) if is_refused(&error) => {
                let first = self
                    .update(&provider_key(provider), "gate")
                    .update_expression("SET last_failure = :now, expires_at = :expires, failures = :one")
                    .expression_attribute_values(":now", millis(now))
                    .expression_attribute_values(":expires", seconds(now + RETENTION))
                    .expression_attribute_values(":one", AttributeValue::N("1".to_owned()));
                refusal(first, "write").await.map(|_| 1)
            }
            Err(error) => Err(StoreError::new("write", error)),
        }
    }

    async fn open_gate(&self, provider: Provider) -> Result<(), StoreError> {
        let request = self
            .update(&provider_key(provider), "gate")
            .update_expression("REMOVE closed_until, reason, failures, last_failure");
        refusal(request, "write").await.map(|_| ())
    }

    async fn spend(
        &self,
        provider: Provider,
        requests: u32,
        limit: Option<u64>,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let before = limit.map_or(i64::MAX, |limit| {
            i64::try_from(limit).unwrap_or(i64::MAX).saturating_sub(requests.into())
        });
        if before < 0 {
            return Ok(false);
        }
        let request = self
            .update(&provider_key(provider), &day(now))
            .update_expression("SET expires_at = :expires ADD requests :more")
            .condition_expression("attribute_not_exists(requests) OR requests <= :before")
            .expression_attribute_values(":more", AttributeValue::N(requests.to_string()))
            .expression_attribute_values(":before", AttributeValue::N(before.to_string()))
            .expression_attribute_values(":expires", seconds(now + RETENTION));
        Ok(refusal(request, "write").await?.is_none())
    }
}

/// Nothing when the write happened; the standing item when its condition failed.
async fn refusal(request: UpdateItemFluentBuilder, action: &'static str) -> Result<Option<Item>, StoreError> {
    let Err(error) = request.send().await else { return Ok(None) };
    match error.as_service_error() {
        Some(UpdateItemError::ConditionalCheckFailedException(refused)) => {
            Ok(Some(refused.item().cloned().unwrap_or_default()))
        }
        _ => Err(StoreError::new(action, error)),
    }
}

fn is_refused(error: &SdkError<UpdateItemError>) -> bool {
    error.as_service_error().is_some_and(UpdateItemError::is_conditional_check_failed_exception)
}

fn read_row(kept: &mut Kept, item: &Item, now: Timestamp) {
    let Some((kind, name)) = item.get("source").and_then(|value| value.as_s().ok()?.split_once('#')) else {
        return;
    };
    // DynamoDB deletes expired items late; rows without expiry hold until they are removed.
    let expired = number(item, "expires_at").is_some_and(|expires_at| expires_at <= now.as_second());
    match kind {
        "answer" => {
            let provider = Provider::ALL.into_iter().find(|provider| provider.name() == name);
            if let (Some(provider), Turn::Answered(answer)) = (provider, read_turn(item, now)) {
                kept.answers.push((provider, answer));
            }
        }
        "feed" | "import" if !expired => kept.listings.push((name.to_owned(), read_listing(item))),
        "list" if !expired => {
            let by = item.get("title").and_then(|value| value.as_s().ok()).cloned();
            let standing = |class| Standing::new(class, by.unwrap_or_else(|| "analyst".to_owned()));
            kept.standings.extend(class_of_list(name).map(standing));
        }
        _ => {}
    }
}

fn read_turn(item: &Item, now: Timestamp) -> Turn {
    let fresh = time(item, "fresh_until").is_some_and(|until| until > now);
    let answer = item.get("answer").and_then(|value| value.as_s().ok());
    // An answer of another version of this program is no answer.
    if let Some(kept) = answer.filter(|_| fresh).and_then(|text| serde_json::from_str(text).ok()) {
        return Turn::Answered(kept);
    }
    match time(item, "turn_until").filter(|until| *until > now) {
        Some(until) => Turn::Taken { until },
        None => Turn::Free,
    }
}

fn read_listing(item: &Item) -> Listing {
    let list = |name: &str| item.get(name).and_then(|value| value.as_l().ok()).cloned().unwrap_or_default();
    Listing {
        confidence: number(item, "confidence").and_then(|percent| u8::try_from(percent).ok()),
        title: item.get("title").and_then(|value| value.as_s().ok()).cloned(),
        tags: list("tags").iter().filter_map(|tag| tag.as_s().ok()).cloned().collect(),
        listed_at: item.get("listed_at").and_then(|value| value.as_s().ok()?.parse().ok()),
    }
}

fn read_reason(name: &str) -> Option<Unanswered> {
    serde_json::from_value(name.into()).ok()
}

fn answer_source(provider: Provider) -> String {
    format!("answer#{}", provider.name())
}

fn provider_key(provider: Provider) -> String {
    format!("provider#{}", provider.name())
}

fn day(now: Timestamp) -> String {
    format!("day#{}", now.strftime("%Y-%m-%d"))
}

fn number(item: &Item, name: &str) -> Option<i64> {
    item.get(name)?.as_n().ok()?.parse().ok()
}

fn time(item: &Item, name: &str) -> Option<Timestamp> {
    Timestamp::from_millisecond(number(item, name)?).ok()
}

fn text(value: &str) -> AttributeValue {
    AttributeValue::S(value.to_owned())
}

fn millis(time: Timestamp) -> AttributeValue {
    AttributeValue::N(time.as_millisecond().to_string())
}

fn seconds(time: Timestamp) -> AttributeValue {
    AttributeValue::N(time.as_second().to_string())
}
