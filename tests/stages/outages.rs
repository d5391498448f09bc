//! A service throttles, refuses, or is not there, for one stage at a time: nothing happens without a claim, nothing is lost.

use anyhow::{Context, Result, ensure};
use tests::Pipeline;
use tests::memory_aws::{Service, Trouble};

use crate::story::{Traces, begun, closed};

const STAGES: [&str; 4] = ["enrich", "hunt", "analyze", "notify"];

fn troubles() -> [Trouble; 5] {
    [
        Trouble::refuses(400, "ProvisionedThroughputExceededException"),
        Trouble::refuses(400, "ThrottlingException"),
        Trouble::refuses(500, "InternalServerError"),
        Trouble::refuses(400, "AccessDeniedException"),
        Trouble::Unreachable,
    ]
}

/// Two rounds in which a service fails a stage, and what came of them once it no longer does.
async fn recovered(stage: &'static str, service: Service, trouble: Trouble) -> Result<Pipeline> {
    let mut pipeline = begun().await?;
    pipeline.aws.trouble(move |call| (call.caller == stage && call.service == service).then_some(trouble));
    pipeline.rounds(2).await?;
    ensure!(!pipeline.failures.is_empty(), "the test is about nothing");
    effects_without_a_claim(&pipeline, stage, service)?;
    pipeline.aws.recover();
    pipeline.settle().await?;
    Ok(pipeline)
}

/// While the table does not answer, nobody has won a claim: a stage sends nothing but what it cannot even read.
fn effects_without_a_claim(pipeline: &Pipeline, stage: &str, service: Service) -> Result<()> {
    let sent = pipeline
        .aws
        .calls()
        .into_iter()
        .filter(|call| call.caller == stage && matches!(call.service, Service::Sqs | Service::Ses));
    let unreadable = usize::from(stage == "enrich");
    ensure!(
        service != Service::DynamoDb || sent.count() == unreadable,
        "{stage} has sent something without a claim"
    );
    Ok(())
}

async fn check(service: Service) -> Result<()> {
    for stage in STAGES {
        for trouble in troubles() {
            let about = || format!("{service:?} for {stage}: {trouble:?}");
            let pipeline = recovered(stage, service, trouble).await.with_context(about)?;
            assert_eq!(closed(&pipeline).with_context(about)?, Traces::default(), "{}", about());
        }
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn without_the_tables_nothing_happens_and_nothing_is_lost() -> Result<()> {
    check(Service::DynamoDb).await
}

#[tokio::test(start_paused = true)]
async fn without_the_queues_what_was_to_be_sent_is_sent_later() -> Result<()> {
    for stage in ["enrich", "hunt", "analyze"] {
        for trouble in troubles() {
            let about = || format!("SQS for {stage}: {trouble:?}");
            let pipeline = recovered(stage, Service::Sqs, trouble).await.with_context(about)?;
            assert_eq!(closed(&pipeline).with_context(about)?, Traces::default(), "{}", about());
        }
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn without_the_keys_no_alert_waits() -> Result<()> {
    let mut more = troubles().to_vec();
    more.push(Trouble::refuses(400, "ParameterNotFound"));
    for trouble in more {
        let mut pipeline = begun().await?;
        pipeline.aws.trouble(move |call| (call.service == Service::Ssm).then_some(trouble));
        pipeline.settle().await?;
        assert_eq!(
            closed(&pipeline).with_context(|| format!("{trouble:?}"))?,
            Traces::default(),
            "{trouble:?}"
        );
        ensure!(pipeline.failures.is_empty(), "{trouble:?}: {:?}", pipeline.failures);
    }
    Ok(())
}

/// Five deliveries are over long before the day is: the dead-letter queue has them, and gives them back.
#[tokio::test(start_paused = true)]
async fn an_outage_of_a_day_ends_in_the_dead_letter_queues_and_a_replay_closes_the_ledger() -> Result<()> {
    for stage in ["enrich", "analyze", "notify"] {
        let mut pipeline = begun().await?;
        let trouble = Trouble::Unreachable;
        pipeline.aws.trouble(move |call| {
            (call.caller == stage && call.service == Service::DynamoDb).then_some(trouble)
        });
        // The update is due later than the rest.
        pipeline.rounds(10).await?;
        let queue = match stage {
            "enrich" => "alerts",
            "analyze" => "enriched",
            _ => "notices",
        };
        let letters = pipeline.aws.messages(&format!("{queue}-dlq"));
        let waiting = pipeline.aws.messages(queue).len();
        ensure!(letters.len() > 1 && waiting == 0, "{stage}: {} letters, {waiting} waiting", letters.len());
        ensure!(pipeline.ledger.has_no_second_end(), "{stage}");
        pipeline.aws.recover();
        // Half an alert stays with whoever looks into it: it has ended.
        pipeline
            .aws
            .change_queue("alerts-dlq", |letters| letters.retain(|letter| letter.attributes.is_empty()));
        pipeline.replay(queue);
        pipeline.settle().await?;
        ensure!(pipeline.ledger.has_no_second_end(), "{stage}: {:?}", pipeline.ledger);
        assert_eq!(pipeline.ledger.len(), 6, "{stage}: {:?}", pipeline.ledger);
        assert_eq!(crate::story::counted(&pipeline.aws)?, 3, "{stage}");
    }
    Ok(())
}
