//! One SQS batch in, one partial-failure answer out: each record succeeds or fails alone.
//!
//! Rules of the event source mapping: <https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html>.
//! An empty identifier would fail the whole batch, an unknown one too, and a missing one would lose a message.

use std::collections::BTreeMap;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::time::Duration;

use futures_util::{FutureExt, StreamExt, stream};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use tokio::time::Instant;

/// A batch as Lambda delivers it, its records not yet read: one unreadable record must not fail its neighbours.
#[derive(Debug, Deserialize)]
pub struct Batch {
    #[serde(rename = "Records")]
    records: Vec<Box<RawValue>>,
}

impl From<Vec<Box<RawValue>>> for Batch {
    fn from(records: Vec<Box<RawValue>>) -> Self {
        Self { records }
    }
}

/// One message of a batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    pub message_id: MessageId,
    pub body: String,
    /// Message attributes of type String.
    pub attributes: BTreeMap<String, String>,
}

/// Never empty: what is not empty is all that makes a partial answer safe.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct MessageId(String);

impl MessageId {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for MessageId {
    type Error = BatchError;

    fn try_from(id: String) -> Result<Self, Self::Error> {
        if id.trim().is_empty() { Err(BatchError::NoMessageId) } else { Ok(Self(id)) }
    }
}

/// The messages to deliver again; all others are deleted from the queue.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
pub struct BatchAnswer {
    #[serde(rename = "batchItemFailures")]
    pub failures: Vec<ItemFailure>,
}

#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct ItemFailure {
    #[serde(rename = "itemIdentifier")]
    pub message_id: MessageId,
}

#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum BatchError {
    /// Such a record can be neither acknowledged nor reported: the batch must come again as a whole.
    #[error("a record of the batch has no message id")]
    NoMessageId,
    /// An error, not a list of all: the poller backs off only on errors.
    #[error("all {0} records of the batch failed")]
    AllFailed(usize),
}

/// When the function will be stopped, and until when a record may still be started.
#[derive(Clone, Copy, Debug)]
pub struct Deadline {
    start_until: Instant,
    finish_until: Instant,
}

impl Deadline {
    /// Time kept for the answer to Lambda.
    const RESERVE: Duration = Duration::from_millis(500);

    /// `remaining` is what Lambda still grants; a record needs about `one_record` of it.
    pub fn within(remaining: Duration, one_record: Duration) -> Self {
        let finish_until = Instant::now() + remaining.saturating_sub(Self::RESERVE);
        let start_until = finish_until.checked_sub(one_record).unwrap_or(finish_until);
        Self { start_until, finish_until }
    }

    /// What a handler may still use.
    pub fn remaining(&self) -> Duration {
        self.finish_until.saturating_duration_since(Instant::now())
    }
}

/// What became of one record.
#[derive(Debug)]
pub enum RecordEnd<E> {
    Done,
    Failed(E),
    Panicked,
    /// Not one of ours: the record itself could not be read.
    Unreadable,
    /// Not started, or not finished, before the deadline.
    OutOfTime,
}

/// Runs `handle` for each record, at most `crowd` at once, and reports those that did not end well.
///
/// `report` hears of every record that failed, and why.
pub async fn run<H, F, E>(
    batch: &Batch,
    deadline: Deadline,
    crowd: usize,
    handle: H,
    report: impl Fn(&MessageId, &RecordEnd<E>),
) -> Result<BatchAnswer, BatchError>
where
    H: Fn(Record) -> F,
    F: Future<Output = Result<(), E>>,
{
    let mut records = Vec::with_capacity(batch.records.len());
    for raw in &batch.records {
        records.push((message_id(raw)?, read(raw)));
    }
    let total = records.len();
    let ends = stream::iter(records.into_iter().map(|(message_id, record)| {
        let one = record.map(|record| one(deadline, &handle, record));
        async move {
            match one {
                Some(one) => (message_id, one.await),
                None => (message_id, RecordEnd::Unreadable),
            }
        }
    }));
    // Unordered: a record that hangs must not keep those behind it from being started.
    let mut ends = ends.buffer_unordered(crowd.max(1));
    let mut answer = BatchAnswer::default();
    while let Some((message_id, end)) = ends.next().await {
        if !matches!(end, RecordEnd::Done) {
            report(&message_id, &end);
            answer.failures.push(ItemFailure { message_id });
        }
    }
    if total > 0 && answer.failures.len() == total {
        return Err(BatchError::AllFailed(total));
    }
    Ok(answer)
}

async fn one<H, F, E>(deadline: Deadline, handle: &H, record: Record) -> RecordEnd<E>
where
    H: Fn(Record) -> F,
    F: Future<Output = Result<(), E>>,
{
    if Instant::now() >= deadline.start_until {
        return RecordEnd::OutOfTime;
    }
    // The call itself may panic before it yields a future, so it stands inside the guarded block.
    let guarded = AssertUnwindSafe(async { handle(record).await }).catch_unwind();
    match tokio::time::timeout_at(deadline.finish_until, guarded).await {
        Ok(Ok(Ok(()))) => RecordEnd::Done,
        Ok(Ok(Err(error))) => RecordEnd::Failed(error),
        Ok(Err(_panic)) => RecordEnd::Panicked,
        Err(_elapsed) => RecordEnd::OutOfTime,
    }
}

fn message_id(raw: &RawValue) -> Result<MessageId, BatchError> {
    #[derive(Deserialize)]
    struct Identity {
        #[serde(rename = "messageId", default)]
        message_id: String,
    }
    let identity: Identity = serde_json::from_str(raw.get()).map_err(|_| BatchError::NoMessageId)?;
    MessageId::try_from(identity.message_id)
}

/// Nothing when the record is not of SQS's shape, or its body is not text (a lone surrogate, say).
fn read(raw: &RawValue) -> Option<Record> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Wire {
        message_id: String,
        #[serde(default)]
        body: Option<String>,
        #[serde(default)]
        message_attributes: BTreeMap<String, Attribute>,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Attribute {
        #[serde(default)]
        string_value: Option<String>,
    }
    let wire: Wire = serde_json::from_str(raw.get()).ok()?;
    let attributes = wire
        .message_attributes
        .into_iter()
        .filter_map(|(name, attribute)| Some((name, attribute.string_value?)))
        .collect();
    Some(Record {
        message_id: MessageId::try_from(wire.message_id).ok()?,
        body: wire.body.unwrap_or_default(),
        attributes,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::{Value, json};
    use std::cell::RefCell;

    fn batch(records: &Value) -> Batch {
        serde_json::from_str(&json!({ "Records": records }).to_string()).unwrap()
    }

    fn bodies(bodies: &[&str]) -> Batch {
        let records: Vec<Value> = bodies
            .iter()
            .enumerate()
            .map(|(index, body)| json!({"messageId": format!("m{index}"), "body": body}))
            .collect();
        batch(&json!(records))
    }

    fn soon() -> Deadline {
        Deadline::within(Duration::from_secs(10), Duration::from_secs(1))
    }

    /// `ok` succeeds, `bad` fails, `panic` panics at once, `later` panics after an await, `hang` never ends.
    async fn handle(record: Record) -> Result<(), String> {
        match record.body.as_str() {
            "ok" => Ok(()),
            "panic" => panic!("record"),
            "later" => {
                tokio::task::yield_now().await;
                panic!("record, later")
            }
            "hang" => std::future::pending().await,
            other => Err(other.to_owned()),
        }
    }

    async fn failed(batch: &Batch, deadline: Deadline) -> Result<Vec<(String, String)>, BatchError> {
        failed_of(batch, deadline, 10).await
    }

    async fn failed_of(
        batch: &Batch,
        deadline: Deadline,
        crowd: usize,
    ) -> Result<Vec<(String, String)>, BatchError> {
        let seen = RefCell::new(BTreeMap::new());
        let answer = run(batch, deadline, crowd, handle, |id, end| {
            seen.borrow_mut().insert(id.as_str().to_owned(), format!("{end:?}"));
        })
        .await?;
        let seen = seen.into_inner();
        assert_eq!(seen.len(), answer.failures.len());
        Ok(seen.into_iter().collect())
    }

    fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
        expected.iter().map(|(id, end)| ((*id).to_owned(), (*end).to_owned())).collect()
    }

    #[tokio::test]
    async fn a_bad_record_does_not_fail_its_neighbours() {
        let batch = bodies(&["ok", "bad", "ok", "panic", "later", "ok"]);
        assert_eq!(
            failed(&batch, soon()).await.unwrap(),
            pairs(&[("m1", "Failed(\"bad\")"), ("m3", "Panicked"), ("m4", "Panicked")])
        );
    }

    #[tokio::test]
    async fn an_unreadable_record_fails_alone() {
        let batch: Batch = serde_json::from_str(
            r#"{"Records":[{"messageId":"a","body":"ok"},{"messageId":"b","body":"\ud800"},{"messageId":"c","body":7}]}"#,
        )
        .unwrap();
        assert_eq!(failed(&batch, soon()).await.unwrap(), pairs(&[("b", "Unreadable"), ("c", "Unreadable")]));
    }

    #[tokio::test]
    async fn a_record_without_an_identifier_fails_the_batch_before_anything_runs() {
        for id in [json!(""), json!("  "), json!(null), json!(7)] {
            let batch = batch(&json!([{"messageId": "a", "body": "panic"}, {"messageId": id, "body": "ok"}]));
            assert_eq!(failed(&batch, soon()).await, Err(BatchError::NoMessageId));
        }
    }

    #[tokio::test]
    async fn when_all_fail_the_poller_hears_an_error() {
        assert_eq!(failed(&bodies(&["bad", "panic"]), soon()).await, Err(BatchError::AllFailed(2)));
        assert_eq!(failed(&bodies(&[]), soon()).await.unwrap(), pairs(&[]));
    }

    #[tokio::test(start_paused = true)]
    async fn a_record_that_hangs_is_reported_before_the_function_is_stopped() {
        let started = Instant::now();
        let ends = failed(&bodies(&["hang", "ok"]), soon()).await.unwrap();
        assert_eq!(ends, pairs(&[("m0", "OutOfTime")]));
        assert!(started.elapsed() < Duration::from_secs(10));
    }

    #[tokio::test(start_paused = true)]
    async fn a_record_that_hangs_does_not_keep_others_from_being_started() {
        let ends = failed_of(&bodies(&["hang", "ok", "bad", "ok"]), soon(), 2).await.unwrap();
        assert_eq!(ends, pairs(&[("m0", "OutOfTime"), ("m2", "Failed(\"bad\")")]));
    }

    #[tokio::test]
    async fn records_are_not_started_when_the_time_is_too_short() {
        let deadline = Deadline::within(Duration::from_secs(1), Duration::from_secs(5));
        assert_eq!(failed(&bodies(&["ok", "ok"]), deadline).await, Err(BatchError::AllFailed(2)));
    }

    #[test]
    fn the_answer_has_the_names_that_lambda_reads() {
        let answer = BatchAnswer { failures: vec![ItemFailure { message_id: MessageId("m1".into()) }] };
        assert_eq!(
            serde_json::to_value(&answer).unwrap(),
            json!({"batchItemFailures": [{"itemIdentifier": "m1"}]})
        );
        assert_eq!(serde_json::to_value(BatchAnswer::default()).unwrap(), json!({"batchItemFailures": []}));
    }

    proptest! {
        #[test]
        fn exactly_the_failing_records_are_reported(plan in prop::collection::vec(0_usize..4, 1..30), crowd in 0_usize..12) {
            let names = ["ok", "bad", "panic", "later"];
            let chosen: Vec<&str> = plan.iter().map(|index| names[*index]).collect();
            let expected: Vec<String> = chosen.iter().enumerate()
                .filter(|(_, name)| **name != "ok").map(|(index, _)| format!("m{index}")).collect();
            let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
            let answer = runtime.block_on(run(&bodies(&chosen), soon(), crowd, handle, |_, _| {}));
            if expected.len() == chosen.len() {
                prop_assert_eq!(answer, Err(BatchError::AllFailed(chosen.len())));
            } else {
                let mut failed: Vec<String> = answer.unwrap().failures.into_iter().map(|failure| failure.message_id.0).collect();
                failed.sort_by_key(|id| id[1..].parse::<usize>().unwrap());
                prop_assert_eq!(failed, expected);
            }
        }
    }
}
