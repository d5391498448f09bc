//! A function dies at a call that it makes: at every call of every stage, one at a time.

use anyhow::{Context, Result, ensure};
use tests::memory_aws::{Call, Trouble};

use crate::story::{Traces, begun, closed};

/// Lets a stage die when AWS has done a call and nobody hears of it; each call that changes something has a run of its own.
/// For AWS a death before a call, or after one that only reads, is the same as one after the change before it. Answers with
/// what that left behind in all.
async fn dies_everywhere(stage: &'static str) -> Result<Traces> {
    let calls = undisturbed(stage).await?;
    ensure!(calls.len() > 20, "the test is about nothing");
    let mut sum = Traces::default();
    let reads = |call: &Call| matches!(call.operation.as_str(), "GetItem" | "Query" | "GetParameter");
    let first = calls.first().filter(|call| reads(call));
    for call in first.into_iter().chain(calls.iter().filter(|call| !reads(call))) {
        let mut pipeline = begun().await?;
        let number = call.number;
        pipeline.aws.trouble(move |call| (call.number == number).then_some(Trouble::DiesAfter));
        pipeline.settle().await?;
        let traces = closed(&pipeline).with_context(|| format!("died at {call:?}"))?;
        ensure!(traces.silent <= 1 && traces.repeated <= 1, "{traces:?} after a death at {call:?}");
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

/// The function lives, and the SDK asks again where that is safe. Each answer is lost in one of the runs.
#[tokio::test(start_paused = true)]
async fn every_answer_may_be_lost_and_only_mails_are_repeated() -> Result<()> {
    const APART: usize = 7;
    let mut repeated = 0;
    for stage in ["enrich", "hunt", "analyze", "notify"] {
        for first in 0..APART {
            let mut pipeline = begun().await?;
            let mut calls = first;
            pipeline.aws.trouble(move |call| {
                calls += usize::from(call.caller == stage);
                (call.caller == stage && calls.is_multiple_of(APART)).then_some(Trouble::AnswerLost)
            });
            pipeline.settle().await?;
            let traces = closed(&pipeline).with_context(|| format!("{stage}, from call {first} on"))?;
            ensure!(traces.silent == 0, "{stage}, from call {first} on: {traces:?}");
            ensure!(traces.repeated == 0 || stage == "notify", "{stage}, from call {first} on: {traces:?}");
            repeated += traces.repeated;
        }
    }
    // SES has no token by which it would know a request again.
    ensure!(repeated > 0, "the test is about nothing");
    Ok(())
}
