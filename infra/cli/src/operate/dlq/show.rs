//! `triage dlq show`

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;

use super::{Desk, Holding, Letter, Selection, ShowOptions, Stop, Table, Tone};
use crate::failure::Failure;
use crate::terminal::tell;

#[derive(Serialize)]
struct Document {
    schema: u8,
    queue: &'static str,
    messages: Vec<Shown>,
}

#[derive(Serialize)]
struct Shown {
    id: String,
    sent_at: Option<Timestamp>,
    tries: u32,
    stage: Option<String>,
    reason: Option<String>,
    alert_key: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    attributes: Option<BTreeMap<String, String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<String>,
}

pub(super) async fn run(desk: &mut Desk, options: &ShowOptions) -> Result<(), Failure> {
    let stop = Stop::listen().map_err(Failure::Runtime)?;
    let mut holding = Holding::begin(&desk.account, options.queue, stop.clone()).await?;
    let collected = collect(&mut holding, options).await;
    holding.give_back().await;
    let messages = collected?;
    if stop.is_asked_for() {
        return Err(Failure::GivenBack);
    }
    let queue = options.queue.name();
    if desk.json {
        return desk.paper.json(&Document { schema: 1, queue, messages });
    }
    if messages.is_empty() {
        tell(&format!("nothing like that waits in the dead-letter queue of {queue}"));
        return Ok(());
    }
    if options.body {
        return whole(desk, &messages);
    }
    let mut table = Table::new(&["MESSAGE", "SENT", "TRIES", "STAGE", "ALERT", "REASON"]);
    for message in &messages {
        table.row(Tone::Plain, message.cells());
    }
    desk.paper.table(&table)
}

/// Each message over its body.
fn whole(desk: &mut Desk, messages: &[Shown]) -> Result<(), Failure> {
    for message in messages {
        desk.paper.line(Tone::Heading, &message.cells().join("  "))?;
        desk.paper.line(Tone::Plain, &format!("  {}", message.body.as_deref().unwrap_or_default()))?;
    }
    Ok(())
}

async fn collect(holding: &mut Holding, options: &ShowOptions) -> Result<Vec<Shown>, Failure> {
    let selection = Selection::new(options.filter.as_deref(), &[]);
    let most = usize::try_from(options.limit.get()).unwrap_or(usize::MAX);
    let mut messages = Vec::new();
    while messages.len() < most
        && let Some(letter) = holding.next().await?
    {
        if selection.takes(&letter) {
            messages.push(Shown::of(letter, options.body));
        }
    }
    Ok(messages)
}

impl Shown {
    fn of(letter: Letter, with_body: bool) -> Self {
        let texts = || letter.texts().into_iter().map(|(name, text)| (name.to_owned(), text.to_owned()));
        Self {
            sent_at: letter.sent_at,
            tries: letter.tries,
            stage: letter.stage().map(str::to_owned),
            reason: letter.reason().map(str::to_owned),
            alert_key: letter.alert_key.clone(),
            attributes: with_body.then(|| texts().collect()),
            body: with_body.then(|| letter.body.clone()),
            id: letter.id,
        }
    }

    fn cells(&self) -> [String; 6] {
        let or = |text: &Option<String>, other: &str| text.clone().unwrap_or_else(|| other.to_owned());
        [
            self.id.clone(),
            self.sent_at.map_or_else(|| "-".to_owned(), crate::operate::second),
            self.tries.to_string(),
            or(&self.stage, "-"),
            or(&self.alert_key, "-"),
            or(&self.reason, "(moved by SQS after its last try)"),
        ]
    }
}
