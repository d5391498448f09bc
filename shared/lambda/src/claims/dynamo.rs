//! Claims in a `DynamoDB` table: key `id`, TTL attribute `expires_at`.

use std::collections::HashMap;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::update_item::{UpdateItemError, UpdateItemOutput};
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValuesOnConditionCheckFailure, Update};
use jiff::Timestamp;

use super::{ClaimStore, Claimed, Claims, Completion, Look, Standing, StoreError, Taken};

#[derive(Clone, Debug)]
pub struct DynamoClaims {
    client: Client,
    table: String,
}

const IN_PROGRESS: &str = "P";
const DONE: &str = "D";

impl DynamoClaims {
    pub fn new(client: Client, table: impl Into<String>) -> Self {
        Self { client, table: table.into() }
    }

    /// A stage's claim on a key as it stands, for a person who looks; takes nothing. Expired or not.
    pub async fn look(&self, stage: &str, key: &str) -> Result<Option<Look>, StoreError> {
        let id = super::claim_id(stage, key);
        let get = self.client.get_item().table_name(&self.table).key("id", text(&id)).consistent_read(true);
        let Some(item) = get.send().await.map_err(|error| StoreError::new("read", error))?.item else {
            return Ok(None);
        };
        let number = |name: &str| item.get(name)?.as_n().ok()?.parse::<i64>().ok();
        let look = || {
            let expires_at = Timestamp::from_second(number("expires_at")?).ok()?;
            Some(Look {
                standing: standing(&item)?,
                attempts: number("attempts").and_then(|count| count.try_into().ok()).unwrap_or(0),
                changed_at: expires_at.checked_sub(Claims::<Self>::RETENTION).ok()?,
            })
        };
        look().map(Some).ok_or_else(|| StoreError::new("read", "the stored claim has no state"))
    }

    /// The COMPLETE of a claim as part of a transaction that records the effect itself.
    ///
    /// Cancelled with `ConditionalCheckFailed` exactly where [`ClaimStore::complete`] would be refused.
    pub fn completion(
        &self,
        claimed: &Claimed,
        result: &str,
        expires_at: Timestamp,
    ) -> Result<Update, StoreError> {
        Update::builder()
            .table_name(&self.table)
            .key("id", text(claimed.id()))
            .update_expression("SET #state = :done, #result = :result, expires_at = :expires")
            .condition_expression("#owner = :me AND #state = :in_progress")
            .set_expression_attribute_names(Some(names(&["owner", "state", "result"])))
            .expression_attribute_values(":me", text(claimed.owner().as_str()))
            .expression_attribute_values(":in_progress", text(IN_PROGRESS))
            .expression_attribute_values(":done", text(DONE))
            .expression_attribute_values(":result", text(result))
            .expression_attribute_values(":expires", number(expires_at.as_second()))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .build()
            .map_err(|error| StoreError::new("complete", error))
    }

    /// How a refused completion stands, from the item that the refusal carried.
    pub fn refused(claimed: &Claimed, item: Option<&HashMap<String, AttributeValue>>) -> Completion {
        let field = |name: &str| item.and_then(|item| item.get(name)?.as_s().ok());
        let done = field("state").is_some_and(|state| state == DONE);
        let ours = field("owner").is_some_and(|owner| owner == claimed.owner().as_str());
        match (done, ours) {
            (true, true) => Completion::Recorded, // a request that the client repeated
            (true, false) => Completion::DoneByAnother,
            (false, _) => Completion::Lost,
        }
    }
}

impl ClaimStore for DynamoClaims {
    async fn take(
        &self,
        claimed: &Claimed,
        now: Timestamp,
        lease_until: Timestamp,
        expires_at: Timestamp,
    ) -> Result<Taken, StoreError> {
        let answer = self
            .client
            .update_item()
            .table_name(&self.table)
            .key("id", text(claimed.id()))
            .update_expression(
                "SET #state = :in_progress, #owner = :me, lease_until = :lease, expires_at = :expires \
                 REMOVE #result ADD attempts :one",
            )
            .condition_expression(
                "attribute_not_exists(id) OR expires_at < :now \
                 OR (#state = :in_progress AND (lease_until < :now_ms OR #owner = :me))", // ours: a retried request
            )
            .set_expression_attribute_names(Some(names(&["state", "owner", "result"])))
            .expression_attribute_values(":in_progress", text(IN_PROGRESS))
            .expression_attribute_values(":me", text(claimed.owner().as_str()))
            .expression_attribute_values(":lease", number(lease_until.as_millisecond()))
            .expression_attribute_values(":expires", number(expires_at.as_second()))
            .expression_attribute_values(":now", number(now.as_second()))
            .expression_attribute_values(":now_ms", number(now.as_millisecond()))
            .expression_attribute_values(":one", number(1))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .send()
            .await;
        match refusal("take", answer)? {
            None => Ok(Taken::Ours),
            Some(item) => standing(&item)
                .map(Taken::Theirs)
                .ok_or_else(|| StoreError::new("take", "the stored claim has no state")),
        }
    }

    async fn complete(
        &self,
        claimed: &Claimed,
        result: &str,
        expires_at: Timestamp,
    ) -> Result<Completion, StoreError> {
        let update = self.completion(claimed, result, expires_at)?;
        let answer = self
            .client
            .update_item()
            .table_name(update.table_name())
            .set_key(Some(update.key().clone()))
            .update_expression(update.update_expression())
            .set_condition_expression(update.condition_expression().map(str::to_owned))
            .set_expression_attribute_names(update.expression_attribute_names().cloned())
            .set_expression_attribute_values(update.expression_attribute_values().cloned())
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .send()
            .await;
        let refused = refusal("complete", answer)?;
        Ok(refused.map_or(Completion::Recorded, |item| Self::refused(claimed, Some(&item))))
    }

    async fn release(&self, claimed: &Claimed) -> Result<(), StoreError> {
        let answer = self
            .client
            .update_item()
            .table_name(&self.table)
            .key("id", text(claimed.id()))
            .update_expression("SET lease_until = :never")
            .condition_expression("#owner = :me AND #state = :in_progress")
            .set_expression_attribute_names(Some(names(&["owner", "state"])))
            .expression_attribute_values(":me", text(claimed.owner().as_str()))
            .expression_attribute_values(":in_progress", text(IN_PROGRESS))
            .expression_attribute_values(":never", number(0))
            .send()
            .await;
        refusal("release", answer).map(|_| ())
    }
}

/// Nothing when the write happened; the standing item when its condition failed.
fn refusal(
    action: &'static str,
    answer: Result<UpdateItemOutput, SdkError<UpdateItemError>>,
) -> Result<Option<HashMap<String, AttributeValue>>, StoreError> {
    let Err(error) = answer else { return Ok(None) };
    match error.as_service_error() {
        Some(UpdateItemError::ConditionalCheckFailedException(refused)) => {
            Ok(Some(refused.item().cloned().unwrap_or_default()))
        }
        _ => Err(StoreError::new(action, error)),
    }
}

fn standing(item: &HashMap<String, AttributeValue>) -> Option<Standing> {
    let state = item.get("state")?.as_s().ok()?;
    if state == DONE {
        let result = item.get("result").and_then(|value| value.as_s().ok()).cloned().unwrap_or_default();
        return Some(Standing::Done { result });
    }
    let lease_until = item.get("lease_until")?.as_n().ok()?.parse().ok()?;
    Some(Standing::InProgress { lease_until: Timestamp::from_millisecond(lease_until).ok()? })
}

/// `owner`, `state` and `result` are reserved or may become so: they are always written as `#name`.
fn names(names: &[&str]) -> HashMap<String, String> {
    names.iter().map(|name| (format!("#{name}"), (*name).to_owned())).collect()
}

fn text(value: &str) -> AttributeValue {
    AttributeValue::S(value.to_owned())
}

fn number(value: i64) -> AttributeValue {
    AttributeValue::N(value.to_string())
}
