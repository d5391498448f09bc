//! Messages that cannot be handled as things are: they end in the dead-letter queue, harm nobody, and go on once it is repaired.

use anyhow::{Result, ensure};
use domain::Alert;
use domain::incident::IncidentId;
use serde_json::json;
use tests::alerts::with;
use tests::memory_aws::{Service, Trouble};

use crate::story::{Traces, attack, begun, closed};

#[tokio::test(start_paused = true)]
async fn a_poison_message_is_dead_lettered_after_five_tries_and_is_told_once_when_it_is_repaired()
-> Result<()> {
    let mut pipeline = begun().await?;
    let incident = IncidentId::of(&Alert::parse(&attack(1).to_string())?);
    let broken = json!({"id": {"S": incident.as_str()}, "facts": {"S": "{"}, "version": {"N": "1"}});
    pipeline.aws.put_row("incidents", &broken);
    pipeline.settle().await?;
    assert_eq!(pipeline.aws.messages("enriched-dlq").len(), 2, "both alerts of the incident");
    assert_eq!(pipeline.failures.len(), 2 * 5, "{:?}", pipeline.failures);
    assert_eq!(pipeline.ledger.ends_of("node-1/hunt-"), ["notified"], "its neighbour goes on");
    pipeline.aws.remove_rows(|table, row| table == "incidents" && row.get("facts") == broken.get("facts"));
    pipeline.replay("enriched");
    pipeline.settle().await?;
    assert_eq!(closed(&pipeline)?, Traces::default());
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn an_item_that_is_too_large_for_the_table_fails_its_record_alone_and_frees_its_claim() -> Result<()> {
    let mut pipeline = begun().await?;
    let refused = Trouble::Refuses {
        status: 400,
        code: "ValidationException",
        message: "Item size has exceeded the maximum allowed size",
    };
    let mut left = 2;
    pipeline.aws.trouble(move |call| {
        let is_count = call.service == Service::DynamoDb && call.operation == "TransactWriteItems";
        let is_ours = is_count && call.caller == "analyze" && left > 0;
        left -= usize::from(is_ours);
        is_ours.then_some(refused)
    });
    pipeline.settle().await?;
    assert_eq!(pipeline.failures.len(), 2, "{:?}", pipeline.failures);
    assert_eq!(closed(&pipeline)?, Traces::default());
    Ok(())
}

/// SQS takes a mebibyte from others, our publisher sends a quarter: whatever comes, every row of every table fits.
#[tokio::test(start_paused = true)]
async fn the_largest_alert_fits_every_table_and_every_message() -> Result<()> {
    for length in [200_000, 255_000, 1_000_000] {
        let mut pipeline = begun().await?;
        let log = "Failed password for invalid user x from 203.0.113.66; ".repeat(length / 54);
        let large = with(with(attack(9), "/full_log", log), "/rule/id", "5712");
        pipeline.aws.publish("alerts", &large.to_string());
        pipeline.settle().await?;
        ensure!(pipeline.failures.is_empty(), "{length}: {:?}", pipeline.failures);
        let ends = pipeline.ledger.ends_of("node-1/1791030127.9");
        ensure!(ends == ["notified"], "{length}: {ends:?}");
    }
    Ok(())
}
