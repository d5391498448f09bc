//! A function dies at a call that it makes: at every call of every stage, one at a time.

use anyhow::{Context, Result, ensure};
use tests::memory_aws::{Call, Trouble};

use crate::story::{Traces, begun, closed};

/// Lets `trouble` come upon every call of a stage, each in a run of its own; answers with what that left behind in all.
async fn at_every_call_of(stage: &'static str, trouble: Trouble) -> Result<Traces> {
    let calls = undisturbed(stage).await?;
    ensure!(calls.len() > 20, "the test is about nothing");
    let mut sum = Traces::default();
    for call in &calls {
        let mut pipeline = begun().await?;
        let number = call.number;
        pipeline.aws.trouble(move |call| (call.number == number).then_some(trouble));
        pipeline.settle().await?;
        let traces = closed(&pipeline).with_context(|| format!("{trouble:?} at {call:?}"))?;
        ensure!(traces.silent <= 1 && traces.repeated <= 1, "{traces:?} after {trouble:?} at {call:?}");
        sum = Traces { silent: sum.silent + traces.silent, repeated: sum.repeated + traces.repeated };
    }
    Ok(sum)
}

/// The calls of a stage when nothing goes wrong.
async fn undisturbed(stage: &str) -> Result<Vec<Call>> {
    let mut pipeline = begun().await?;
    pipeline.settle().await?;
    ensure!(
        closed(&pipeline)? == Traces::default() && pipeline.failures.is_empty(),
        "{:?}",
        pipeline.failures
    );
    Ok(pipeline.aws.calls().into_iter().filter(|call| call.caller == stage).collect())
}

/// When AWS has done a call and nobody hears of it: for AWS the same as a death before the next call.
async fn dies_everywhere(stage: &'static str) -> Result<Traces> {
    at_every_call_of(stage, Trouble::DiesAfter).await
}

/// Answers are lost instead: the function lives, and the SDK asks again where that is safe.
async fn hears_nothing(stage: &'static str) -> Result<Traces> {
    at_every_call_of(stage, Trouble::AnswerLost).await
}

#[tokio::test(start_paused = true)]
async fn enrich_may_die_at_any_call() -> Result<()> {
    assert_eq!(dies_everywhere("enrich").await?, Traces { silent: 1, repeated: 0 });
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn analyze_may_die_at_any_call() -> Result<()> {
    assert_eq!(dies_everywhere("analyze").await?, Traces { silent: 1, repeated: 0 });
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn notify_may_die_at_any_call() -> Result<()> {
    // Each of its three mails, when SES has taken it and nobody has written that down.
    assert_eq!(dies_everywhere("notify").await?, Traces { silent: 2, repeated: 3 });
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn hunt_may_die_at_any_call() -> Result<()> {
    assert_eq!(dies_everywhere("hunt").await?, Traces { silent: 0, repeated: 0 });
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn the_answer_to_any_call_of_enrich_may_be_lost() -> Result<()> {
    assert_eq!(hears_nothing("enrich").await?, Traces { silent: 0, repeated: 0 });
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn the_answer_to_any_call_of_analyze_may_be_lost() -> Result<()> {
    assert_eq!(hears_nothing("analyze").await?, Traces { silent: 0, repeated: 0 });
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn the_answer_to_any_call_of_notify_may_be_lost() -> Result<()> {
    assert_eq!(hears_nothing("notify").await?, Traces { silent: 0, repeated: 3 });
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn the_answer_to_any_call_of_hunt_may_be_lost() -> Result<()> {
    assert_eq!(hears_nothing("hunt").await?, Traces { silent: 0, repeated: 0 });
    Ok(())
}
