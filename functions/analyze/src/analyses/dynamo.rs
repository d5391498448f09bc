use std::collections::HashMap;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::operation::put_item::builders::PutItemFluentBuilder;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;

use super::{Amount, Ceiling, Row, StoreError, Version};

type Item = HashMap<String, AttributeValue>;

#[derive(Clone, Debug)]
pub struct DynamoAnalyses {
    client: Client,
    table: String,
}

impl DynamoAnalyses {
    pub fn new(client: Client, table: impl Into<String>) -> Self {
        Self { client, table: table.into() }
    }

    /// What a day's budget row has come to.
    pub(super) async fn sums(&self, id: &str) -> Result<Amount, StoreError> {
        let request = self.client.get_item().table_name(&self.table).key("id", text(id));
        let item = request.send().await.map_err(StoreError::read)?.item.unwrap_or_default();
        let sum = |name: &str| item.get(name)?.as_n().ok()?.parse().ok();
        Ok(Amount { tokens: sum("tokens").unwrap_or(0), micro_usd: sum("micro_usd").unwrap_or(0) })
    }

    /// Consistent: a waiter must see the text that was written a moment ago.
    pub(super) async fn read(&self, id: &str, now: Timestamp) -> Result<Option<Row>, StoreError> {
        let request =
            self.client.get_item().table_name(&self.table).key("id", text(id)).consistent_read(true);
        let item = request.send().await.map_err(StoreError::read)?.item;
        Ok(item.and_then(|item| row(&item, now)))
    }

    pub(super) async fn swap(
        &self,
        id: &str,
        seen: Option<&Version>,
        version: &Version,
        document: &str,
        now: Timestamp,
        expires_at: Timestamp,
    ) -> Result<bool, StoreError> {
        let request = self.writing(id, document, expires_at).item("version", text(&version.0));
        let request = match seen {
            Some(seen) => request
                .condition_expression("#version = :seen")
                .expression_attribute_names("#version", "version")
                .expression_attribute_values(":seen", text(&seen.0)),
            // DynamoDB deletes expired rows late.
            None => request
                .condition_expression("attribute_not_exists(id) OR expires_at <= :now")
                .expression_attribute_values(":now", number(now.as_second())),
        };
        match request.send().await {
            Ok(_) => Ok(true),
            // Also when the SDK's own second try meets what its first one wrote: then nobody holds the new version, and
            // the row ends by its expiry.
            Err(error) if refused_put(&error) => Ok(false),
            Err(error) => Err(StoreError::write(error)),
        }
    }

    pub(super) async fn put(
        &self,
        id: &str,
        document: &str,
        expires_at: Timestamp,
    ) -> Result<(), StoreError> {
        let written = self.writing(id, document, expires_at).send().await;
        written.map(|_| ()).map_err(StoreError::write)
    }

    pub(super) async fn add(
        &self,
        id: &str,
        amount: Amount,
        ceiling: Ceiling,
        expires_at: Timestamp,
    ) -> Result<bool, StoreError> {
        let mut request = self
            .client
            .update_item()
            .table_name(&self.table)
            .key("id", text(id))
            .update_expression("SET expires_at = :expires ADD tokens :tokens, micro_usd :micro_usd")
            .expression_attribute_values(":expires", number(expires_at.as_second()))
            .expression_attribute_values(":tokens", number(amount.tokens))
            .expression_attribute_values(":micro_usd", number(amount.micro_usd));
        let mut conditions = Vec::new();
        for (sum, more, most) in
            [("tokens", amount.tokens, ceiling.tokens), ("micro_usd", amount.micro_usd, ceiling.micro_usd)]
        {
            let Some(most) = most else { continue };
            let before = most.saturating_sub(more);
            if before < 0 {
                return Ok(false);
            }
            let name = format!(":{sum}_before");
            conditions.push(format!("(attribute_not_exists({sum}) OR {sum} <= {name})"));
            request = request.expression_attribute_values(name, number(before));
        }
        if !conditions.is_empty() {
            request = request.condition_expression(conditions.join(" AND "));
        }
        match request.send().await {
            Ok(_) => Ok(true),
            Err(error) if refused_update(&error) => Ok(false),
            Err(error) => Err(StoreError::write(error)),
        }
    }

    fn writing(&self, id: &str, document: &str, expires_at: Timestamp) -> PutItemFluentBuilder {
        self.client
            .put_item()
            .table_name(&self.table)
            .item("id", text(id))
            .item("document", text(document))
            .item("expires_at", number(expires_at.as_second()))
    }
}

fn row(item: &Item, now: Timestamp) -> Option<Row> {
    let text = |name: &str| item.get(name)?.as_s().ok().cloned();
    let expires_at: i64 = item.get("expires_at")?.as_n().ok()?.parse().ok()?;
    (expires_at > now.as_second()).then(|| {
        Some(Row { document: text("document")?, version: Version(text("version").unwrap_or_default()) })
    })?
}

fn refused_put(error: &SdkError<PutItemError>) -> bool {
    error.as_service_error().is_some_and(PutItemError::is_conditional_check_failed_exception)
}

fn refused_update(error: &SdkError<UpdateItemError>) -> bool {
    error.as_service_error().is_some_and(UpdateItemError::is_conditional_check_failed_exception)
}

fn text(value: &str) -> AttributeValue {
    AttributeValue::S(value.to_owned())
}

fn number(value: i64) -> AttributeValue {
    AttributeValue::N(value.to_string())
}
