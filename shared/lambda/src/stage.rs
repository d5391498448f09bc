//! The service around a stage: one invocation, one batch, each record's end in the ledger.

use std::error::Error;
use std::future::Future;
use std::time::Duration;

use jiff::Timestamp;
use lambda_runtime::{LambdaEvent, service_fn};
use serde::Deserialize;
use serde_json::value::RawValue;
use tracing::Instrument;

use crate::batch::{self, Batch, BatchAnswer, BatchError, Deadline, MessageId, Record, RecordEnd};
use crate::ledger::End;
use crate::logs;
use crate::metrics::Metrics;
use crate::traces::{self, Traces, spans};

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

/// A stage that also has work which no message brings.
pub trait Sweep: Stage {
    /// Does what is due. What it leaves undone is due at the next sweep.
    fn sweep(&self, deadline: Deadline, now: Timestamp) -> impl Future<Output = Result<(), Self::Error>>;
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
pub async fn serve<S: Stage>(stage: S, traces: Traces) -> Result<(), lambda_runtime::Error> {
    let (stage, traces) = (&stage, &traces);
    lambda_runtime::run(service_fn(move |event: LambdaEvent<Batch>| async move {
        let stopped_at = event.context.deadline;
        let answer = handle_batch(stage, &event.payload, deadline::<S>(stopped_at)).await;
        traces.flush(stage.metrics(), time_left(stopped_at)).await;
        answer.map_err(lambda_runtime::Error::from)
    }))
    .await
}

/// The same for a stage that a schedule calls too, with `{"sweep": true}`.
pub async fn serve_and_sweep<S: Sweep>(stage: S, traces: Traces) -> Result<(), lambda_runtime::Error> {
    let (stage, traces) = (&stage, &traces);
    lambda_runtime::run(service_fn(move |event: LambdaEvent<Event>| async move {
        let stopped_at = event.context.deadline;
        let deadline = deadline::<S>(stopped_at);
        let answer = match event.payload {
            Event::Batch(batch) => {
                handle_batch(stage, &batch, deadline).await.map_err(lambda_runtime::Error::from)
            }
            Event::Sweep => match traces::run("sweep", stage.sweep(deadline, Timestamp::now())).await {
                Ok(()) => Ok(BatchAnswer::default()),
                Err(error) => Err(lambda_runtime::Error::from(logs::chain(&error))),
            },
        };
        traces.flush(stage.metrics(), time_left(stopped_at)).await;
        answer
    }))
    .await
}

/// What a function is called for.
#[derive(Debug, Deserialize)]
#[serde(try_from = "Fields")]
enum Event {
    Batch(Batch),
    Sweep,
}

#[derive(Deserialize)]
struct Fields {
    #[serde(rename = "Records")]
    records: Option<Vec<Box<RawValue>>>,
    #[serde(default)]
    sweep: bool,
}

impl TryFrom<Fields> for Event {
    type Error = &'static str;

    fn try_from(fields: Fields) -> Result<Self, Self::Error> {
        match (fields.records, fields.sweep) {
            (Some(records), false) => Ok(Self::Batch(records.into())),
            (None, true) => Ok(Self::Sweep),
            (Some(_), true) | (None, false) => Err("neither a batch of SQS nor {\"sweep\": true}"),
        }
    }
}

fn deadline<S: Stage>(stopped_at_millis: u64) -> Deadline {
    Deadline::within(time_left(stopped_at_millis), S::ONE_RECORD)
}

/// Until Lambda stops the function.
pub fn time_left(stopped_at_millis: u64) -> Duration {
    let now = u64::try_from(Timestamp::now().as_millisecond()).unwrap_or(0);
    Duration::from_millis(stopped_at_millis.saturating_sub(now))
}

/// One invocation, without Lambda around it.
pub async fn handle_batch<S: Stage>(
    stage: &S,
    batch: &Batch,
    deadline: Deadline,
) -> Result<BatchAnswer, BatchError> {
    let handle = |record: Record| {
        let span = spans::record(stage.metrics().stage(), &record);
        handle_record(stage, record, deadline).instrument(span)
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

async fn handle_record<S: Stage>(stage: &S, record: Record, deadline: Deadline) -> Result<(), S::Error> {
    match stage.handle(&record, deadline, Timestamp::now()).await {
        Ok(Settled::Passed) => spans::passed(),
        Ok(Settled::Ended(end)) => {
            end.record(&record.message_id, stage.metrics(), Timestamp::now());
            spans::ended(&end);
        }
        Err(error) => {
            spans::failed(error.kind());
            return Err(error);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_schedule_and_a_queue_are_told_apart() {
        let read = |text: &str| serde_json::from_str::<Event>(text);
        assert!(matches!(read(r#"{"sweep": true}"#).unwrap(), Event::Sweep));
        assert!(matches!(
            read(r#"{"Records": [{"messageId": "1", "body": "x"}]}"#).unwrap(),
            Event::Batch(_)
        ));
        for text in ["{}", r#"{"sweep": false}"#, r#"{"sweep": true, "Records": []}"#] {
            let error = read(text).unwrap_err().to_string();
            assert!(error.contains("neither a batch of SQS nor"), "{text}: {error}");
        }
    }
}
