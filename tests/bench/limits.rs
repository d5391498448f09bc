//! What no program here can beat: copying memory, and one request at a time to the emulator.

use std::hint::black_box;
use std::time::{Duration, Instant};

use anyhow::Result;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, AttributeValue, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType,
};
use aws_types::SdkConfig;
use lambda::config::Environment;
use local::alone::EmulatorAlone;

use crate::alert::alert;
use crate::fake_aws::FakeAws;
use crate::summary::Summary;
use crate::table::{Quantity, Row};
use crate::tell;

const BLOCK: usize = 256 * 1024 * 1024;
const COPIES: usize = 5;
const REQUESTS: usize = 300;

pub(crate) fn measure(aws: &FakeAws) -> Result<Vec<Row>> {
    tell("limits: memory, and requests to the emulator one after the other");
    let mut rows = vec![memory()?];
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    rows.extend(runtime.block_on(requests(aws))?);
    Ok(rows)
}

/// Read and written once each, by the C library.
fn memory() -> Result<Row> {
    let (from, mut to) = (vec![1_u8; BLOCK], vec![0_u8; BLOCK]);
    let mut took = Vec::new();
    for _ in 0..COPIES {
        let begin = Instant::now();
        to.copy_from_slice(black_box(&from));
        black_box(&to);
        took.push(begin.elapsed());
    }
    let took = Summary::of(took)?;
    let bytes = f64::from(u32::try_from(BLOCK)?);
    Ok(Row::new("limit: memory copied, one core", Quantity::Bandwidth(bytes / took.median.as_secs_f64())))
}

async fn requests(aws: &FakeAws) -> Result<Vec<Row>> {
    let emulator = EmulatorAlone::start().await?;
    let environment: Environment = aws
        .environment()
        .into_iter()
        .map(|(name, value)| {
            let of_emulator = if name == "AWS_ENDPOINT_URL" { emulator.endpoint().to_owned() } else { value };
            (name.to_owned(), of_emulator)
        })
        .collect();
    let config = lambda::aws::config(&environment)?;
    let mut rows = queue(&config).await?;
    rows.extend(table(&config).await?);
    emulator.stop().await;
    Ok(rows)
}

async fn queue(config: &SdkConfig) -> Result<Vec<Row>> {
    let client = aws_sdk_sqs::Client::new(config);
    let url = client.create_queue().queue_name("limits").send().await?.queue_url.unwrap_or_default();
    let mut took = Vec::new();
    for number in 0..REQUESTS {
        let body = alert(&format!("1791030127.{number}")).to_string();
        let begin = Instant::now();
        client.send_message().queue_url(&url).message_body(body).send().await?;
        took.push(begin.elapsed());
    }
    Ok(vec![row("SQS, SendMessage", took)?])
}

async fn table(config: &SdkConfig) -> Result<Vec<Row>> {
    let client = aws_sdk_dynamodb::Client::new(config);
    let key = AttributeDefinition::builder().attribute_name("pk").attribute_type(ScalarAttributeType::S);
    let schema = KeySchemaElement::builder().attribute_name("pk").key_type(KeyType::Hash);
    let create = client.create_table().table_name("limits").billing_mode(BillingMode::PayPerRequest);
    create.attribute_definitions(key.build()?).key_schema(schema.build()?).send().await?;
    let (mut written, mut read) = (Vec::new(), Vec::new());
    for number in 0..REQUESTS {
        let key = AttributeValue::S(format!("alert#{number}"));
        let begin = Instant::now();
        let put = client.put_item().table_name("limits").item("pk", key.clone());
        put.condition_expression("attribute_not_exists(pk)").send().await?;
        written.push(begin.elapsed());
        let begin = Instant::now();
        client.get_item().table_name("limits").key("pk", key).consistent_read(true).send().await?;
        read.push(begin.elapsed());
    }
    Ok(vec![row("DynamoDB, PutItem with a condition", written)?, row("DynamoDB, GetItem", read)?])
}

fn row(what: &str, took: Vec<Duration>) -> Result<Row> {
    let took = Summary::of(took)?;
    let row = Row::new(format!("limit: MiniStack's {what}"), Quantity::Time(took.median));
    Ok(row.with_p90(Quantity::Time(took.p90)))
}
