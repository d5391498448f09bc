//! The service around a stage: one invocation, one batch, each record's end in the ledger.

use std::error::Error;
use std::future::Future;
use std::time::Duration;

use jiff::Timestamp;
use lambda_runtime::{LambdaEvent, service_fn};

use crate::batch::{self, Batch, BatchAnswer, BatchError, Deadline, MessageId, Record, RecordEnd};
use crate::ledger::End;
use crate::logs;
use crate::metrics::Metrics;

/// One stage of the pipeline.
pub trait Stage {
    type Error: Failure;

    /// Time a record usually needs; a record is not started with less of it left.
    const ONE_RECORD: Duration;

    /// Records handled at once. They share one thread; what they share is waiting.
    const CROWD: usize;

    fn metrics(&self) -> &Metrics;

    /// One message's story. An error means: not done, deliver it again.
    fn handle(
        &self,
        record: &Record,
        deadline: Deadline,
        now: Timestamp,
    ) -> impl Future<Output = Result<Settled, Self::Error>>;
}

/// Why a record failed; the type knows whether another delivery may help.
pub trait Failure: Error {
    /// Name of the failure in metrics: from a closed set.
    fn kind(&self) -> &'static str;
}

/// A record that was dealt with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Settled {
    /// The alert went on to the next stage.
    Passed,
    Ended(End),
}

/// Serves a stage's queue until Lambda stops the process.
pub async fn serve<S: Stage>(stage: S) -> Result<(), lambda_runtime::Error> {
    let stage = &stage;
    lambda_runtime::run(service_fn(move |event: LambdaEvent<Batch>| async move {
        let now = Timestamp::now();
        let remaining =
            event.context.deadline.saturating_sub(u64::try_from(now.as_millisecond()).unwrap_or(0));
        let deadline = Deadline::within(Duration::from_millis(remaining), S::ONE_RECORD);
        handle_batch(stage, &event.payload, deadline).await.map_err(lambda_runtime::Error::from)
    }))
    .await
}

/// One invocation, without Lambda around it.
pub async fn handle_batch<S: Stage>(
    stage: &S,
    batch: &Batch,
    deadline: Deadline,
) -> Result<BatchAnswer, BatchError> {
    let handle = |record: Record| async move {
        let settled = stage.handle(&record, deadline, Timestamp::now()).await?;
        if let Settled::Ended(end) = settled {
            end.record(&record.message_id, stage.metrics(), Timestamp::now());
        }
        Ok(())
    };
    let report = |message_id: &MessageId, end: &RecordEnd<S::Error>| {
        let (kind, error) = match end {
            RecordEnd::Done => return,
            RecordEnd::Failed(error) => (error.kind(), logs::chain(error)),
            RecordEnd::Panicked => ("panic", "the handler panicked".to_owned()),
            RecordEnd::Unreadable => ("unreadable", "the record is not of SQS's shape".to_owned()),
            RecordEnd::OutOfTime => ("out_of_time", "the function's deadline came first".to_owned()),
        };
        tracing::error!(message.id = message_id.as_str(), error, error.kind = kind, "record failed");
        stage.metrics().count("RecordsFailed", &[("kind", kind)], Timestamp::now());
    };
    batch::run(batch, deadline, S::CROWD, handle, report).await
}
