//! The stack that `make test` started, and the stages run in this process against it.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result};
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType, Projection,
    ProjectionType, ScalarAttributeType,
};
use aws_sdk_sqs::types::{DeleteMessageBatchRequestEntry, Message, MessageSystemAttributeName};
use aws_types::SdkConfig;
use lambda::batch::{Batch, BatchAnswer, BatchError, Deadline};
use lambda::config::Environment;
use lambda::{Stage, stage};
use local::stack::Stack;
use serde_json::json;

/// The running stack with clients for it.
#[derive(Debug)]
pub struct Site {
    pub stack: Stack,
    pub aws: SdkConfig,
    pub sqs: aws_sdk_sqs::Client,
    pub dynamodb: aws_sdk_dynamodb::Client,
    environment: Vec<(String, String)>,
}

impl Site {
    pub fn connect() -> Result<Self> {
        let environment = Environment::of_process();
        let path = environment.get(local::stack::VARIABLE).with_context(|| {
            format!("{} is not set: run these tests by `make test`", local::stack::VARIABLE)
        })?;
        Self::of(Stack::read(Path::new(path))?)
    }

    pub fn of(stack: Stack) -> Result<Self> {
        let environment: Vec<(String, String)> = [
            ("AWS_REGION", stack.region.as_str()),
            ("AWS_ACCESS_KEY_ID", "test"),
            ("AWS_SECRET_ACCESS_KEY", "test"),
            ("AWS_ENDPOINT_URL", &stack.endpoint),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into();
        let aws = lambda::aws::config(&Environment::from_iter(environment.clone()))?;
        let (sqs, dynamodb) = (aws_sdk_sqs::Client::new(&aws), aws_sdk_dynamodb::Client::new(&aws));
        Ok(Self { stack, aws, sqs, dynamodb, environment })
    }

    /// The environment of a function with these settings.
    pub fn environment(&self, settings: &[(&str, &str)]) -> Environment {
        let settings = settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        self.environment.iter().cloned().chain(settings).collect()
    }

    /// A queue that nobody else reads.
    pub async fn private_queue(&self) -> Result<String> {
        let name = format!("test-{}", uuid::Uuid::new_v4().simple());
        let created = self.sqs.create_queue().queue_name(name).send().await?;
        created.queue_url.context("a queue without a URL")
    }

    /// A table that nobody else uses, with these key attributes.
    pub async fn private_table(&self, hash_key: &str, range_key: Option<&str>) -> Result<String> {
        table(&self.dynamodb, hash_key, range_key).await
    }

    /// A bucket that nobody else uses.
    pub async fn private_bucket(&self) -> Result<String> {
        let name = format!("test-{}", uuid::Uuid::new_v4().simple());
        let created = reqwest::Client::new().put(format!("{}/{name}", self.stack.endpoint)).send().await?;
        created.error_for_status()?;
        Ok(name)
    }

    /// A table for incidents that nobody else uses, and no schedule sweeps: with the index that Terraform gives it.
    pub async fn private_incidents_table(&self) -> Result<String> {
        let name = format!("test-incidents-{}", uuid::Uuid::new_v4().simple());
        let key = |name: &str, kind: KeyType| {
            KeySchemaElement::builder().attribute_name(name).key_type(kind).build()
        };
        let index = GlobalSecondaryIndex::builder()
            .index_name("due")
            .key_schema(key("due_shard", KeyType::Hash)?)
            .key_schema(key("next_due", KeyType::Range)?)
            .projection(Projection::builder().projection_type(ProjectionType::KeysOnly).build())
            .build()?;
        let request = self.dynamodb.create_table().table_name(&name).billing_mode(BillingMode::PayPerRequest);
        let mut request = request.key_schema(key("id", KeyType::Hash)?).global_secondary_indexes(index);
        for attribute in ["id", "due_shard", "next_due"] {
            let attribute = AttributeDefinition::builder().attribute_name(attribute);
            request =
                request.attribute_definitions(attribute.attribute_type(ScalarAttributeType::S).build()?);
        }
        request.send().await?;
        Ok(name)
    }

    /// Everything that is in a queue now.
    pub async fn drain(&self, queue_url: &str) -> Result<Vec<Message>> {
        let mut drained = Vec::new();
        loop {
            let request = self.sqs.receive_message().queue_url(queue_url).max_number_of_messages(10);
            let request = request
                .message_attribute_names("All")
                .message_system_attribute_names(MessageSystemAttributeName::All);
            let messages = request.send().await?.messages.unwrap_or_default();
            if messages.is_empty() {
                return Ok(drained);
            }
            let entries = messages.iter().enumerate().map(|(index, message)| {
                let receipt = message.receipt_handle.clone().unwrap_or_default();
                DeleteMessageBatchRequestEntry::builder()
                    .id(index.to_string())
                    .receipt_handle(receipt)
                    .build()
            });
            let entries = entries.collect::<Result<Vec<_>, _>>()?;
            self.sqs.delete_message_batch().queue_url(queue_url).set_entries(Some(entries)).send().await?;
            drained.extend(messages);
        }
    }

    /// A stub of the providers that only this test talks to.
    pub async fn private_stubs() -> Result<String> {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}", listener.local_addr()?);
        tokio::spawn(local::stubs::serve(listener));
        Ok(url)
    }
}

/// A table of a name that nobody else has, with these key attributes.
pub async fn table(
    dynamodb: &aws_sdk_dynamodb::Client,
    hash_key: &str,
    range_key: Option<&str>,
) -> Result<String> {
    let name = format!("test-{}", uuid::Uuid::new_v4().simple());
    let keys = [(hash_key, KeyType::Hash)].into_iter().chain(range_key.map(|key| (key, KeyType::Range)));
    let mut request = dynamodb.create_table().table_name(&name).billing_mode(BillingMode::PayPerRequest);
    for (key, kind) in keys {
        let attribute = AttributeDefinition::builder().attribute_name(key);
        request = request
            .key_schema(KeySchemaElement::builder().attribute_name(key).key_type(kind).build()?)
            .attribute_definitions(attribute.attribute_type(ScalarAttributeType::S).build()?);
    }
    request.send().await?;
    Ok(name)
}

/// String attributes of a message.
pub fn attributes(message: &Message) -> BTreeMap<String, String> {
    let attributes = message.message_attributes.iter().flatten();
    attributes.filter_map(|(name, value)| Some((name.clone(), value.string_value.clone()?))).collect()
}

/// Runs one batch of these bodies through a stage in this process; message ids are `m0`, `m1`, …
pub async fn run<S: Stage>(stage: &S, bodies: &[String]) -> Result<Result<BatchAnswer, BatchError>> {
    run_with(stage, bodies, Deadline::within(Duration::from_mins(1), S::ONE_RECORD)).await
}

/// The same with a deadline of the caller's.
pub async fn run_with<S: Stage>(
    stage: &S,
    bodies: &[String],
    deadline: Deadline,
) -> Result<Result<BatchAnswer, BatchError>> {
    let records: Vec<_> = bodies
        .iter()
        .enumerate()
        .map(|(index, body)| json!({"messageId": format!("m{index}"), "body": body}))
        .collect();
    let batch: Batch = serde_json::from_str(&json!({ "Records": records }).to_string())?;
    Ok(stage::handle_batch(stage, &batch, deadline).await)
}

/// Switches a stub: `{"provider": …, "mode": …}`.
pub async fn switch(stub_url: &str, provider: &str, mode: &str) -> Result<()> {
    let order = json!({"provider": provider, "mode": mode});
    let sent = reqwest::Client::new().post(format!("{stub_url}/control")).json(&order).send().await?;
    sent.error_for_status()?;
    Ok(())
}

/// How often a stub was asked.
pub async fn requests(stub_url: &str, provider: &str) -> Result<u64> {
    let answer = reqwest::Client::new().get(format!("{stub_url}/control/requests")).send().await?;
    let counts: BTreeMap<String, BTreeMap<String, u64>> = answer.json().await?;
    Ok(counts.get(provider).map_or(0, |paths| paths.values().sum()))
}
