//! The move of a whole queue, which SQS does by itself.

use std::time::Duration;

use aws_sdk_sqs::types::ListMessageMoveTasksResultEntry;

use super::{Account, AccountError, Progress, Queue, Stop};
use crate::terminal::tell;

/// How a move ended.
pub(super) struct Moved {
    pub messages: u64,
    /// Why it is not what was hoped for.
    pub problem: Option<String>,
}

const LOOK: Duration = Duration::from_secs(1);

/// Moves everything, and waits for the end. Stops it when the person wants that, or when messages come back. Nothing
/// where SQS cannot do that for this queue.
pub(super) async fn run(
    account: &Account,
    queue: Queue,
    rate: u32,
    stop: &Stop,
) -> Result<Option<Moved>, AccountError> {
    let (from, to) = (account.dead_letters(queue).await?, account.existing(queue.name()).await?);
    if from.waiting == 0 && from.in_flight == 0 {
        return Ok(Some(Moved { messages: 0, problem: None }));
    }
    let sqs = account.sqs();
    let start = sqs.start_message_move_task().source_arn(&from.arn).destination_arn(&to.arn);
    let start = start.max_number_of_messages_per_second(i32::try_from(rate).unwrap_or(i32::MAX));
    let started = match start.send().await {
        Ok(started) => started,
        Err(error) => match AccountError::of("let SQS move the messages", &error) {
            error @ (AccountError::Unsupported { .. } | AccountError::Rejected { .. }) => {
                tell(&format!("{error}; sending them one by one"));
                return Ok(None);
            }
            error => return Err(error),
        },
    };
    let (progress, mut stopping) = (Progress::new(), None);
    loop {
        tokio::time::sleep(LOOK).await;
        let answer = sqs.list_message_move_tasks().source_arn(&from.arn).max_results(1).send().await;
        let answer = answer.map_err(|error| AccountError::of("look at the move of messages", &error))?;
        let Some(task) = answer.results().first() else { continue };
        let messages = u64::try_from(task.approximate_number_of_messages_moved()).unwrap_or(0);
        progress.show(messages, from.waiting);
        match course(task, stopping) {
            Course::Running => {}
            Course::Complete => return Ok(Some(Moved { messages, problem: None })),
            Course::Ended(problem) => return Ok(Some(Moved { messages, problem: Some(problem) })),
        }
        // Each of them once: whatever is there beyond that has come back.
        let because = if stop.is_asked_for() {
            Some(Because::Interrupted)
        } else if messages > from.waiting + from.in_flight {
            Some(Because::ComingBack)
        } else {
            None
        };
        if let (None, Some(because), Some(handle)) = (stopping, because, started.task_handle()) {
            let cancel = sqs.cancel_message_move_task().task_handle(handle).send().await;
            cancel.map_err(|error| AccountError::of("stop the move of messages", &error))?;
            stopping = Some(because);
        }
    }
}

/// Why a move is stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Because {
    Interrupted,
    ComingBack,
}

/// How far SQS is.
enum Course {
    Running,
    Complete,
    /// Why something was left.
    Ended(String),
}

fn course(task: &ListMessageMoveTasksResultEntry, stopping: Option<Because>) -> Course {
    match (task.status().unwrap_or_default(), stopping) {
        ("COMPLETED", _) => Course::Complete,
        ("CANCELLED", Some(Because::ComingBack)) => Course::Ended(
            "messages come back faster than they go: the cause has not gone; the rest was left here"
                .to_owned(),
        ),
        ("CANCELLED", Some(Because::Interrupted) | None) => {
            Course::Ended("the move was stopped; the rest was left here".to_owned())
        }
        ("FAILED", _) => {
            let reason = task.failure_reason().unwrap_or("SQS says no more");
            Course::Ended(format!("SQS could not move all messages ({reason}); the rest was left here"))
        }
        _ => Course::Running,
    }
}
