//! A function that was held up for longer than its lease goes on when another has taken over: at each of its calls.

use std::pin::pin;

use anyhow::{Context, Result, ensure};
use lambda::{Settled, Stage};
use tests::Pipeline;
use tests::memory_aws::{Message, Trouble};
use tests::pipeline::one;

use crate::story::{attack, counted};

/// What became of one message that two functions had.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Sum {
    /// Calls at which the first was held up.
    calls: usize,
    /// Times that it was refused when it came back.
    refused: usize,
    /// Mails beyond the first.
    repeated: usize,
}

/// A pipeline in which one alert waits for a stage.
async fn waiting_for(stage: &str) -> Result<(Pipeline, Message)> {
    let mut pipeline = Pipeline::new().await?;
    pipeline.aws.publish("alerts", &attack(1).to_string());
    let queue = match stage {
        "enrich" => "alerts",
        "analyze" => {
            pipeline.enrich_waiting().await?;
            "enriched"
        }
        _ => {
            pipeline.enrich_waiting().await?;
            pipeline.analyze_waiting().await?;
            "notices"
        }
    };
    let message = pipeline.aws.messages(queue).pop().context("nothing waits")?;
    Ok((pipeline, message))
}

/// Holds the first function up at its call with this number. Nothing if it does not make so many.
async fn held_up<S: Stage>(
    pipeline: &Pipeline,
    (name, stage): (&'static str, &S),
    message: &Message,
    number: usize,
) -> Result<Option<[Result<Settled, String>; 2]>> {
    let aws = &pipeline.aws;
    let held = aws.calls().len() + number;
    aws.trouble(move |call| (call.number == held).then_some(Trouble::Hangs));
    let mut zombie = pin!(one(aws, (name, stage), message, pipeline.now));
    tokio::select! {
        biased;
        _ended = &mut zombie => return Ok(None),
        () = aws.somebody_hangs() => {}
    }
    let heir = one(aws, (name, stage), message, pipeline.now + Pipeline::AFTER_LEASE).await?;
    // Its deadline is long over by then; Lambda would have stopped it.
    tokio::time::advance(Pipeline::AFTER_LEASE).await;
    aws.resume();
    let late = zombie.await?;
    Ok(Some([heir.context("the heir died")?, late.context("the zombie died")?]))
}

async fn check(stage: &'static str) -> Result<Sum> {
    let mut sum = Sum::default();
    for number in 0.. {
        let (mut pipeline, message) = waiting_for(stage).await?;
        let ends = match stage {
            "enrich" => held_up(&pipeline, (stage, &pipeline.enrich), &message, number).await?,
            "analyze" => held_up(&pipeline, (stage, &pipeline.analyze), &message, number).await?,
            _ => held_up(&pipeline, (stage, &pipeline.notify), &message, number).await?,
        };
        let Some(ends) = ends else { break };
        let [heir, late] = &ends;
        ensure!(heir.is_ok(), "call {number}: the heir failed: {heir:?}");
        let lines = ends.iter().filter(|end| matches!(end, Ok(Settled::Ended(_)))).count();
        ensure!(lines <= 1, "call {number}: two ends: {ends:?}");
        sum.calls += 1;
        sum.refused += usize::from(late.is_err());
        // The message comes again for both of them.
        pipeline.aws.recover();
        pipeline.settle().await?;
        let ended = lines + pipeline.ledger.ends_of("node-1/1791030127.1").len();
        ensure!(ended == 1, "call {number}: {ended} ends");
        ensure!(counted(&pipeline.aws)? == 1, "call {number}: counted {} times", counted(&pipeline.aws)?);
        let mails = pipeline.aws.mails();
        let ids = mails.iter().map(|mail| mail.header("X-Triage-Notice")).collect::<Vec<_>>();
        ensure!(ids.iter().all(|id| id.is_some() && Some(id) == ids.first()), "call {number}: {ids:?}");
        ensure!((1..=2).contains(&mails.len()), "call {number}: {} mails", mails.len());
        sum.repeated += mails.len() - 1;
    }
    Ok(sum)
}

#[tokio::test(start_paused = true)]
async fn an_enrich_that_wakes_up_late_changes_nothing() -> Result<()> {
    let sum = check("enrich").await?;
    assert_eq!((sum.repeated, sum.calls > 5), (0, true), "{sum:?}");
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn an_analyze_that_wakes_up_late_counts_and_tells_nothing_twice() -> Result<()> {
    let sum = check("analyze").await?;
    assert_eq!((sum.repeated, sum.calls > 10), (0, true), "{sum:?}");
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_notify_that_wakes_up_late_repeats_at_most_the_mail_in_its_hands() -> Result<()> {
    let sum = check("notify").await?;
    // SES has the mail, and who gave it to SES is held up before he hears of it.
    assert_eq!((sum.repeated, sum.calls > 5), (1, true), "{sum:?}");
    Ok(())
}
