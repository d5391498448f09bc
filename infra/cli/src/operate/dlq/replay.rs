//! `triage dlq replay`: back into the queue that a message came from.

use std::time::Duration;

use serde::Serialize;
use tokio::time::{Instant, sleep_until};

use super::moving::{self, Moved};
use super::{AccountError, Desk, Holding, Letter, Progress, Queue, ReplayOptions, Selection, Stop, Tone};
use crate::failure::{Count, Failure};
use crate::terminal::tell;

/// What became of the messages.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(super) struct Tally {
    /// Accepted by their queue, and deleted here; in a dry run those that would be.
    pub replayed: u64,
    /// Accepted by their queue, and still here: claims keep them from being done twice.
    pub not_deleted: u64,
    /// Not accepted, and still here.
    pub not_accepted: u64,
    /// Not meant.
    pub passed_over: u64,
    /// Came while this was running.
    pub newer: u64,
}

#[derive(Serialize)]
struct Document<'a> {
    schema: u8,
    queue: &'static str,
    dry_run: bool,
    /// Whether SQS moved them by itself.
    moved_by_sqs: bool,
    #[serde(flatten)]
    tally: &'a Tally,
}

pub(super) async fn run(desk: &mut Desk, options: &ReplayOptions) -> Result<(), Failure> {
    let stop = Stop::listen().map_err(Failure::Runtime)?;
    let selection = Selection::new(options.filter.as_deref(), &options.ids);
    if matches!(selection, Selection::All) && !options.dry_run {
        // Otherwise SQS does not know how, which was told.
        if let Some(Moved { messages, problem }) =
            moving::run(&desk.account, options.queue, options.rate, &stop).await?
        {
            let tally = Tally { replayed: messages, ..Tally::default() };
            report(desk, options, true, &tally)?;
            if stop.is_asked_for() {
                return Err(Failure::GivenBack);
            }
            return problem.map_or(Ok(()), |problem| Err(Failure::NeedsPerson(problem)));
        }
    }
    one_by_one(desk, options, selection, stop).await
}

async fn one_by_one(
    desk: &mut Desk,
    options: &ReplayOptions,
    selection: Selection<'_>,
    stop: Stop,
) -> Result<(), Failure> {
    let back = Way::to(desk, options.queue).await?;
    let mut holding = Holding::begin(&desk.account, options.queue, stop.clone()).await?;
    let mut tally = Tally::default();
    let done = send_all(&mut holding, &back, selection, options, &mut tally).await;
    tally.newer = holding.newer() as u64;
    holding.give_back().await;
    report(desk, options, false, &tally)?;
    done?;
    if stop.is_asked_for() {
        return Err(Failure::GivenBack);
    }
    if let Some(missing) = selection.missing(tally.taken()) {
        let problem = format!(
            "{missing} of these ids not found; `triage dlq show {}` lists them",
            options.queue.name()
        );
        return Err(Failure::NeedsPerson(problem));
    }
    match tally.not_accepted + tally.not_deleted {
        0 => Ok(()),
        _ => Err(Failure::NeedsPerson("not every message was sent back; see above".to_owned())),
    }
}

impl Tally {
    /// Messages that were meant, whatever became of them.
    fn taken(&self) -> u64 {
        self.replayed + self.not_deleted + self.not_accepted
    }
}

async fn send_all(
    holding: &mut Holding,
    back: &Way,
    selection: Selection<'_>,
    options: &ReplayOptions,
    tally: &mut Tally,
) -> Result<(), AccountError> {
    let pause = Duration::from_secs(1) / options.rate;
    let mut free_at = Instant::now();
    let progress = Progress::new();
    while !selection.is_complete(tally.taken())
        && let Some(letter) = holding.next().await?
    {
        if !selection.takes(&letter) {
            tally.passed_over += 1;
            continue;
        }
        if options.dry_run {
            tally.replayed += 1;
            continue;
        }
        sleep_until(free_at).await;
        free_at = Instant::now() + pause;
        match back.send(&letter).await {
            Ok(()) => {}
            Err(AccountError::Rejected { code, .. }) => {
                tell(&format!("message {} was not accepted ({code}), and stays", letter.id));
                tally.not_accepted += 1;
                continue;
            }
            Err(error) => {
                tally.not_accepted += 1;
                return Err(error);
            }
        }
        match holding.delete(&letter).await {
            Ok(()) => tally.replayed += 1,
            Err(error) => {
                tell(&format!("message {} was sent back, and is still here: {error}", letter.id));
                tally.not_deleted += 1;
            }
        }
        progress.show(tally.replayed, holding.waiting);
    }
    Ok(())
}

/// The way back into a queue.
struct Way {
    sqs: aws_sdk_sqs::Client,
    url: String,
}

impl Way {
    async fn to(desk: &Desk, queue: Queue) -> Result<Self, AccountError> {
        let url = desk.account.existing(queue.name()).await?.url;
        Ok(Self { sqs: desk.account.sqs(), url })
    }

    /// As the message was before a stage gave it up.
    async fn send(&self, letter: &Letter) -> Result<(), AccountError> {
        let mut request = self.sqs.send_message().queue_url(&self.url).message_body(&letter.body);
        for (name, value) in letter.original_attributes() {
            request = request.message_attributes(name, value.clone());
        }
        let sent = request.send().await;
        sent.map(|_| ()).map_err(|error| AccountError::of("send a message back to its queue", &error))
    }
}

fn report(
    desk: &mut Desk,
    options: &ReplayOptions,
    moved_by_sqs: bool,
    tally: &Tally,
) -> Result<(), Failure> {
    let (queue, dry_run) = (options.queue.name(), options.dry_run);
    if desk.json {
        return desk.paper.json(&Document { schema: 1, queue, dry_run, moved_by_sqs, tally });
    }
    let count = |number: u64| Count(usize::try_from(number).unwrap_or(usize::MAX), "message");
    let first = if dry_run {
        format!("{} would go back to {queue}", count(tally.replayed))
    } else {
        format!("{} went back to {queue}", count(tally.replayed))
    };
    desk.paper.line(Tone::Plain, &first)?;
    for (number, tone, what) in [
        (tally.not_accepted, Tone::Bad, "not accepted by the queue, and still here"),
        (tally.not_deleted, Tone::Warning, "sent back and still here; claims keep it from being done twice"),
        (tally.passed_over, Tone::Plain, "not meant, and left here"),
        (tally.newer, Tone::Warning, "came while this was running, and left here: has the cause gone?"),
    ] {
        if number > 0 {
            desk.paper.line(tone, &format!("{} {what}", count(number)))?;
        }
    }
    Ok(())
}
