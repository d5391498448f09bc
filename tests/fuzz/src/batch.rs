//! A batch of SQS: every record that did not end well is named, none that did, and none is lost.

use std::cell::RefCell;
use std::sync::LazyLock;
use std::time::Duration;

use lambda::batch::{Batch, BatchError, Deadline, Record, run};
use serde::Deserialize;
use serde_json::value::RawValue;
use tokio::runtime::{Builder, Runtime};

use crate::Kept;

static RUNTIME: LazyLock<Runtime> =
    LazyLock::new(|| Builder::new_current_thread().enable_time().build().expect("a runtime"));

/// A record fails where its body says so.
pub fn check(bytes: &[u8]) -> Kept {
    let Ok(batch) = serde_json::from_slice::<Batch>(bytes) else { return Kept::Refused };
    let deadline = Deadline::within(Duration::from_hours(1), Duration::ZERO);
    let done = RefCell::new(Vec::new());
    let handle = async |record: Record| {
        if record.body.contains("fail") {
            return Err(());
        }
        done.borrow_mut().push(record.message_id.as_str().to_owned());
        Ok(())
    };
    let answer = RUNTIME.block_on(run(&batch, deadline, 3, handle, |_, _| {}));
    let mut expected = ids(bytes);
    let records = expected.len();
    match answer {
        Ok(answer) => {
            for id in done.take() {
                let at = expected.iter().position(|expected| **expected == id).expect("an id of the batch");
                expected.swap_remove(at);
            }
            let mut failed: Vec<&str> =
                answer.failures.iter().map(|failure| failure.message_id.as_str()).collect();
            expected.sort_unstable();
            failed.sort_unstable();
            // An empty identifier would fail the whole batch, and an unknown one too.
            assert!(failed.iter().all(|id| !id.trim().is_empty()));
            assert_eq!(failed, expected);
            assert!(failed.len() < records || records == 0);
            Kept::Read
        }
        Err(BatchError::AllFailed(count)) => {
            assert_eq!((count, done.take()), (records, Vec::new()));
            Kept::Read
        }
        Err(BatchError::NoMessageId) => {
            assert!(done.take().is_empty(), "nothing is begun that cannot be reported");
            Kept::Refused
        }
    }
}

/// The identifiers of all records, as far as they have one.
fn ids(bytes: &[u8]) -> Vec<String> {
    #[derive(Deserialize)]
    struct Records<'a> {
        #[serde(rename = "Records", borrow)]
        records: Vec<&'a RawValue>,
    }
    #[derive(Deserialize)]
    struct Identity {
        #[serde(rename = "messageId")]
        id: String,
    }
    let read: Records<'_> = serde_json::from_slice(bytes).expect("what was read");
    let id = |raw: &&RawValue| serde_json::from_str::<Identity>(raw.get()).ok().map(|identity| identity.id);
    read.records.iter().filter_map(id).collect()
}
