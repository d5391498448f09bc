//! `triage dlq list`

use serde::Serialize;

use super::{Desk, Queue, Table, Tone};
use crate::failure::Failure;

#[derive(Serialize)]
struct Document {
    schema: u8,
    queues: Vec<Row>,
}

#[derive(Serialize)]
struct Row {
    queue: &'static str,
    /// False where the deployment has no such queue; the numbers then are none.
    exists: bool,
    waiting: Option<u64>,
    in_flight: Option<u64>,
}

pub(super) async fn run(desk: &mut Desk) -> Result<(), Failure> {
    let mut queues = Vec::new();
    for queue in Queue::ALL {
        let standing = if queue.is_optional() {
            desk.account.queue(&queue.dead_letters()).await?
        } else {
            Some(desk.account.dead_letters(queue).await?)
        };
        queues.push(Row {
            queue: queue.name(),
            exists: standing.is_some(),
            waiting: standing.as_ref().map(|standing| standing.waiting),
            in_flight: standing.as_ref().map(|standing| standing.in_flight),
        });
    }
    if desk.json {
        return desk.paper.json(&Document { schema: 1, queues });
    }
    let mut table = Table::new(&["QUEUE", "WAITING", "IN FLIGHT"]);
    for row in queues {
        let number = |number: Option<u64>| number.map_or_else(|| "-".to_owned(), |number| number.to_string());
        let tone = if row.waiting.unwrap_or(0) > 0 { Tone::Bad } else { Tone::Plain };
        table.row(tone, [row.queue.to_owned(), number(row.waiting), number(row.in_flight)]);
    }
    desk.paper.table(&table)
}
