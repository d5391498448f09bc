//! Rows expire late, at once, or too early; messages come back from a dead-letter queue after days and after weeks.

use std::time::Duration;

use anyhow::{Context, Result};
use jiff::Timestamp;
use lambda::claims::{Claims, DynamoClaims};
use tests::Pipeline;
use tests::memory_aws::{Item, Message};

use crate::story::{Traces, begun, bodies, closed, counted};

const DAY: Duration = Duration::from_hours(24);

/// Time to Live as it is documented to work, except that it does so at once.
fn remove_expired(pipeline: &Pipeline) {
    let now = pipeline.now;
    pipeline.aws.remove_rows(|_, row| expires_at(row).is_some_and(|expires_at| expires_at <= now));
}

fn expires_at(row: &Item) -> Option<Timestamp> {
    Timestamp::from_second(row.get("expires_at")?.get("N")?.as_str()?.parse().ok()?).ok()
}

/// Every alert of the story comes a second time, so long after it was first told; and what else `again` brings back.
async fn told_again(
    after: Duration,
    expire: impl Fn(&Pipeline),
    again: impl Fn(&Pipeline, &Message),
) -> Result<Pipeline> {
    let mut pipeline = begun().await?;
    pipeline.enrich_waiting().await?;
    pipeline.analyze_waiting().await?;
    let notices = pipeline.aws.messages("notices");
    pipeline.settle().await?;
    closed(&pipeline)?;
    pipeline.now += after;
    expire(&pipeline);
    for body in bodies() {
        pipeline.aws.publish("alerts", &body);
    }
    for notice in &notices {
        again(&pipeline, notice);
    }
    pipeline.settle().await?;
    Ok(pipeline)
}

fn late(_: &Pipeline) {}

fn alerts_only(_: &Pipeline, _: &Message) {}

fn and_the_first_notice(pipeline: &Pipeline, notice: &Message) {
    pipeline.aws.publish("notices", &notice.body);
}

/// What came out: mails, and how often alerts were counted.
fn effects(pipeline: &Pipeline) -> Result<(usize, usize)> {
    Ok((pipeline.aws.mails().len(), counted(&pipeline.aws)?))
}

#[tokio::test(start_paused = true)]
async fn a_redrive_within_the_retention_of_all_queues_repeats_nothing_however_rows_expire() -> Result<()> {
    // Four days in a queue and fourteen in its dead-letter queue.
    let after = 18 * DAY;
    assert!(after < Claims::<DynamoClaims>::RETENTION);
    let pipeline = told_again(after, late, and_the_first_notice).await?;
    assert_eq!(effects(&pipeline)?, (3, 3), "rows are removed late");
    let pipeline = told_again(after, remove_expired, and_the_first_notice).await?;
    assert_eq!(effects(&pipeline)?, (3, 3), "rows are removed at once");
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn an_alert_that_comes_after_its_claim_has_expired_is_news_whether_the_row_is_there_or_not()
-> Result<()> {
    let after = Claims::<DynamoClaims>::RETENTION + DAY;
    // Two incidents are opened anew, and one has an update.
    assert_eq!(effects(&told_again(after, late, alerts_only).await?)?, (3 + 3, 3), "rows are removed late");
    assert_eq!(
        effects(&told_again(after, remove_expired, alerts_only).await?)?,
        (3 + 3, 3),
        "rows are removed at once"
    );
    Ok(())
}

/// No queue keeps one so long. The second mail has the id of the first.
#[tokio::test(start_paused = true)]
async fn a_notice_that_comes_after_its_claim_has_expired_is_mailed_again_unless_its_row_is_still_there()
-> Result<()> {
    let after = Claims::<DynamoClaims>::RETENTION + DAY;
    let pipeline = told_again(after, late, and_the_first_notice).await?;
    assert_eq!(pipeline.aws.mails().len(), 6, "the row says that it was sent");
    let pipeline = told_again(after, remove_expired, and_the_first_notice).await?;
    let ids: Vec<_> = pipeline.aws.mails().iter().map(|mail| mail.header("X-Triage-Notice")).collect();
    assert_eq!((ids.len(), ids.iter().filter(|id| **id == ids[0]).count()), (7, 2), "{ids:?}");
    Ok(())
}

/// Somebody deletes a stage's claims: what the next stage knows holds. Those of `analyze` are the count itself.
#[tokio::test(start_paused = true)]
async fn a_claim_that_is_gone_too_early_costs_no_second_mail_and_no_second_count() -> Result<()> {
    for stage in ["enrich#", "hunt#", "notify#"] {
        let of_stage = |table: &str, row: &Item| {
            let id = row.get("id").and_then(|id| id.get("S")?.as_str());
            table == "claims" && id.is_some_and(|id| id.starts_with(stage))
        };
        let remove = |pipeline: &Pipeline| pipeline.aws.remove_rows(of_stage);
        let pipeline = told_again(Pipeline::VISIBILITY, remove, and_the_first_notice).await?;
        assert_eq!(effects(&pipeline)?, (3, 3), "{stage}");
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn rows_that_are_removed_the_moment_they_expire_change_nothing() -> Result<()> {
    let mut pipeline = begun().await?;
    for _ in 0..6 {
        pipeline.round().await?;
        remove_expired(&pipeline);
    }
    assert_eq!(closed(&pipeline).context("rows are removed at once")?, Traces::default());
    Ok(())
}
