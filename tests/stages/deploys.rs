//! Functions are replaced while messages are on their way.

use anyhow::{Context, Result, ensure};
use tests::{MemoryAws, Pipeline};

use crate::story::{Traces, begun, closed};

/// Runs the story, with what is in flight between stages changed on its way.
async fn with_changed(change: fn(&mut String)) -> Result<Pipeline> {
    let mut pipeline = begun().await?;
    let changed = |aws: &MemoryAws, queue: &str| {
        aws.change_queue(queue, |messages| messages.iter_mut().for_each(|message| change(&mut message.body)));
    };
    pipeline.enrich_waiting().await?;
    pipeline.hunt().await;
    changed(&pipeline.aws, "enriched");
    pipeline.analyze_waiting().await?;
    changed(&pipeline.aws, "notices");
    pipeline.settle().await?;
    Ok(pipeline)
}

#[tokio::test(start_paused = true)]
async fn members_that_an_older_function_does_not_know_cost_nothing() -> Result<()> {
    let pipeline =
        with_changed(|body| body.replace_range(..1, r#"{"of_the_next_release":{"a":[1]},"#)).await?;
    assert_eq!(closed(&pipeline)?, Traces::default());
    Ok(())
}

/// As docs/upgrade.md says: it is dead-lettered with that reason, and goes on when it is sent back after the upgrade.
#[tokio::test(start_paused = true)]
async fn a_message_of_the_next_schema_waits_for_the_upgrade_in_the_dead_letter_queue() -> Result<()> {
    for stage in ["enriched", "notices"] {
        let mut pipeline = begun().await?;
        pipeline.enrich_waiting().await?;
        if stage == "notices" {
            pipeline.analyze_waiting().await?;
        }
        let set = |aws: &MemoryAws, queue: &str, from: &str, to: &str| {
            aws.change_queue(queue, |messages| {
                for message in messages {
                    message.body = message.body.replacen(from, to, 1);
                }
            });
        };
        set(&pipeline.aws, stage, r#""schema":1"#, r#""schema":2"#);
        pipeline.rounds(2).await?;
        let dead_letters = format!("{stage}-dlq");
        let letters = pipeline.aws.messages(&dead_letters);
        let reason =
            letters.first().and_then(|letter| letter.attributes.get("reason")).context("no letter")?;
        ensure!(reason.contains("message schema 2 is not known here, only 1"), "{reason}");
        ensure!(letters.iter().all(|letter| letter.receives == 0), "it was tried again and again");
        // The new function knows it.
        set(&pipeline.aws, &dead_letters, r#""schema":2"#, r#""schema":1"#);
        pipeline.replay(stage);
        pipeline.settle().await?;
        for (alert, ends) in [("node-1/1791030127.1", ["notified"]), ("node-1/1791030127.2", ["counted"])] {
            assert_eq!(pipeline.ledger.ends_of(alert), ends, "{stage}: {alert}");
        }
        assert_eq!(pipeline.aws.mails().len(), 3, "{stage}");
    }
    Ok(())
}

/// A publisher may be years older or newer: the body is Wazuh's own alert, and attributes are for people.
#[tokio::test(start_paused = true)]
async fn a_publisher_of_any_version_is_understood() -> Result<()> {
    for attributes in
        [vec![], vec![("publisher", "0.1.0")], vec![("publisher", "99.0.0"), ("colour", "blue")]]
    {
        let mut pipeline = begun().await?;
        pipeline.aws.change_queue("alerts", |messages| {
            for message in messages {
                let attributes =
                    attributes.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
                message.attributes = attributes.collect();
            }
        });
        pipeline.settle().await?;
        assert_eq!(closed(&pipeline)?, Traces::default(), "{attributes:?}");
    }
    Ok(())
}
