//! `triage dlq`: what could not be handled, and what becomes of it.

mod holding;
mod letter;
mod list;
mod moving;
mod purge;
mod replay;
mod selection;
mod show;

use std::num::NonZeroU32;
use std::path::PathBuf;

use clap::{Args, Subcommand};
use lambda::config::Environment;

use super::{AFTER, Account, AccountError, Paper, Progress, Queue, Stop, Table, Target, Tone};
use crate::failure::Failure;
use holding::Holding;
use letter::Letter;
use selection::Selection;

#[derive(Debug, Args)]
pub(crate) struct DlqOptions {
    #[command(subcommand)]
    command: DlqCommand,
    #[command(flatten)]
    target: Target,
    /// One JSON document.
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum DlqCommand {
    /// How much waits in each dead-letter queue.
    #[command(after_help = AFTER)]
    List,
    /// What waits in one, without taking it away.
    #[command(after_help = AFTER_SHOW)]
    Show(ShowOptions),
    /// Send messages back to their queue.
    #[command(after_help = AFTER_REPLAY)]
    Replay(ReplayOptions),
    /// Take messages out, into a file.
    #[command(after_help = AFTER_PURGE)]
    Purge(PurgeOptions),
}

const AFTER_SHOW: &str = "\
Messages are hidden from others while this runs, five minutes at most, and given back at the end, also after Ctrl-C.
A message without a reason was moved by SQS after its last try: the function's log lines `record failed` say why.
Needs sqs:GetQueueUrl, GetQueueAttributes, ReceiveMessage and ChangeMessageVisibility on the dead-letter queue.";

const AFTER_REPLAY: &str = "\
Safe to repeat, and safe to interrupt: a message is deleted here only after its queue has accepted it, and claims know
which alerts and notices are done, so that what was mailed is not mailed again. Messages that come back while this runs
are left where they are; a move by SQS that goes in circles is stopped. Claims are kept 30 days, dead letters 14.

Without --filter and --id SQS moves the whole queue by itself; where it does not know how, or refuses, messages are sent
one by one. Needs, besides the rights of show, sqs:SendMessage on the queue, sqs:DeleteMessage on the dead-letter queue,
and for the move sqs:StartMessageMoveTask, ListMessageMoveTasks and CancelMessageMoveTask there.";

const AFTER_PURGE: &str = "\
Without --yes it only counts. With it every message is written to the file, one JSON document on a line, and on disk
before it is deleted: `body` and `attributes` are what SQS had. The file holds alerts, and only you may read it.
An interrupted purge can be repeated with another file.";

#[derive(Debug, Args)]
struct ShowOptions {
    /// Whose dead letters.
    queue: Queue,
    /// At most so many.
    #[arg(long, value_name = "NUMBER", default_value = "20")]
    limit: NonZeroU32,
    /// Only messages with this text in id, stage, reason, alert key or body.
    #[arg(long, value_name = "TEXT")]
    filter: Option<String>,
    /// Bodies, too: they hold alerts.
    #[arg(long)]
    body: bool,
}

#[derive(Debug, Args)]
struct ReplayOptions {
    /// Whose dead letters.
    queue: Queue,
    /// Only messages with this text in id, stage, reason, alert key or body.
    #[arg(long, value_name = "TEXT")]
    filter: Option<String>,
    /// Only these messages, by the ids that `show` prints.
    #[arg(long = "id", value_name = "ID", num_args = 1.., conflicts_with = "filter")]
    ids: Vec<String>,
    /// At most so many a second, up to 500.
    #[arg(long, value_name = "PER_SECOND", default_value = "50", value_parser = clap::value_parser!(u32).range(1..=500))]
    rate: u32,
    /// Says what would be sent back, and sends nothing.
    #[arg(long)]
    dry_run: bool,
}

#[derive(Debug, Args)]
struct PurgeOptions {
    /// Whose dead letters.
    queue: Queue,
    /// Only messages with this text in id, stage, reason, alert key or body.
    #[arg(long, value_name = "TEXT")]
    filter: Option<String>,
    /// New file for what is taken out.
    #[arg(long, value_name = "FILE")]
    save: Option<PathBuf>,
    /// Really deletes.
    #[arg(long, requires = "save")]
    yes: bool,
}

pub(crate) fn run(options: &DlqOptions, environment: &Environment) -> Result<(), Failure> {
    crate::runtime()?.block_on(async {
        let account = Account::open(&options.target, environment).await?;
        let mut desk = Desk { account, paper: Paper::new(environment), json: options.json };
        match &options.command {
            DlqCommand::List => list::run(&mut desk).await,
            DlqCommand::Show(show) => show::run(&mut desk, show).await,
            DlqCommand::Replay(replay) => replay::run(&mut desk, replay).await,
            DlqCommand::Purge(purge) => purge::run(&mut desk, purge).await,
        }
    })
}

/// What all of them work with.
struct Desk {
    account: Account,
    paper: Paper,
    json: bool,
}
