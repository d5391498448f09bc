//! Rows in the incidents table: key `suppression#<hash of the address>`, attributes `trouble` (JSON), `severity`, `at`
//! (milliseconds) and the TTL `expires_at` (seconds).

use std::collections::HashMap;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::types::{AttributeValue, KeysAndAttributes};
use jiff::Timestamp;

use super::{AddressHash, Trouble, Troubled, TroublesError};

type Item = HashMap<String, AttributeValue>;

#[derive(Clone, Debug)]
pub struct DynamoTroubles {
    client: Client,
    table: String,
}

/// More keys are refused in one request.
const MAX_KEYS: usize = 100;

impl DynamoTroubles {
    pub fn new(client: Client, table: impl Into<String>) -> Self {
        Self { client, table: table.into() }
    }

    pub(super) async fn keep(
        &self,
        recipient: &AddressHash,
        troubled: Troubled,
        now: Timestamp,
    ) -> Result<(), TroublesError> {
        let failed = |error: Box<dyn std::error::Error + Send + Sync>| TroublesError::new("write", error);
        let document = serde_json::to_string(&troubled.trouble).map_err(|error| failed(error.into()))?;
        let written = self
            .client
            .put_item()
            .table_name(&self.table)
            .item("id", AttributeValue::S(key(recipient)))
            .item("trouble", AttributeValue::S(document))
            .item("severity", number(troubled.trouble.rank().into()))
            .item("at", number(troubled.at.as_millisecond()))
            .item("expires_at", number(troubled.expires_at().as_second()))
            // DynamoDB deletes expired rows late.
            .condition_expression("attribute_not_exists(id) OR expires_at <= :now OR severity < :severity")
            .expression_attribute_values(":now", number(now.as_second()))
            .expression_attribute_values(":severity", number(troubled.trouble.rank().into()))
            .send()
            .await;
        match written {
            Ok(_) => Ok(()),
            Err(error)
                if error
                    .as_service_error()
                    .is_some_and(PutItemError::is_conditional_check_failed_exception) =>
            {
                Ok(())
            }
            Err(error) => Err(failed(error.into())),
        }
    }

    pub(super) async fn of(
        &self,
        recipients: &[AddressHash],
        now: Timestamp,
    ) -> Result<Vec<Option<Troubled>>, TroublesError> {
        let mut keys: Vec<String> = recipients.iter().map(key).collect();
        keys.sort_unstable();
        keys.dedup(); // the same key twice is refused
        let mut known = HashMap::new();
        for keys in keys.chunks(MAX_KEYS) {
            for item in self.items(keys).await? {
                let id = item.get("id").and_then(|id| id.as_s().ok()).cloned();
                if let Some((id, troubled)) = id.zip(read(&item, now)) {
                    known.insert(id, troubled);
                }
            }
        }
        Ok(recipients.iter().map(|recipient| known.get(&key(recipient)).copied()).collect())
    }

    /// What a busy table leaves out is told by the next mail.
    async fn items(&self, keys: &[String]) -> Result<Vec<Item>, TroublesError> {
        let keys = keys.iter().map(|id| Item::from([("id".to_owned(), AttributeValue::S(id.clone()))]));
        let keys = KeysAndAttributes::builder().set_keys(Some(keys.collect())).build();
        let keys = keys.map_err(|error| TroublesError::new("read", error))?;
        let answer = self.client.batch_get_item().request_items(&self.table, keys).send().await;
        let answer = answer.map_err(|error| TroublesError::new("read", error))?;
        Ok(answer.responses.unwrap_or_default().remove(&self.table).unwrap_or_default())
    }
}

fn key(recipient: &AddressHash) -> String {
    format!("suppression#{}", recipient.as_str())
}

fn read(item: &Item, now: Timestamp) -> Option<Troubled> {
    let number = |name: &str| item.get(name)?.as_n().ok()?.parse::<i64>().ok();
    let trouble: Trouble = serde_json::from_str(item.get("trouble")?.as_s().ok()?).ok()?;
    let at = Timestamp::from_millisecond(number("at")?).ok()?;
    (number("expires_at")? > now.as_second()).then_some(Troubled { trouble, at })
}

fn number(value: i64) -> AttributeValue {
    AttributeValue::N(value.to_string())
}
