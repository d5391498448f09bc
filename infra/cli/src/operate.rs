//! What a person does with a deployment: look at it, repair it, give it its keys. The only part of this program that
//! knows AWS, and only when it is called for.

mod account;
mod config;
mod cost;
mod dlq;
mod doctor;
mod feeds;
mod figures;
mod finding;
mod paper;
mod progress;
mod queue;
mod quota;
mod secrets;
mod status;
mod stop;
mod table_error;
mod trace;
mod variables;

use std::time::Duration;

use clap::Subcommand;
use jiff::{Timestamp, Unit};
use lambda::config::Environment;

use crate::failure::Failure;

pub(crate) use account::AccountError;
use account::{Account, Target};
pub(crate) use paper::{Paper, Table, Tone};
use progress::Progress;
use queue::Queue;
use stop::Stop;
pub(crate) use table_error::TableError;

#[derive(Debug, Subcommand)]
pub(crate) enum Operation {
    /// Look into the dead-letter queues, send messages back, or take them out.
    #[command(after_help = AFTER)]
    Dlq(dlq::DlqOptions),
    /// Look after the feeds.
    Feeds(feeds::FeedsOptions),
    /// Set the keys of providers and of the model.
    #[command(after_help = AFTER)]
    Secrets(secrets::SecretsOptions),
    /// Say what waits, what is held back, and what today has cost.
    #[command(after_help = AFTER)]
    Status(status::StatusOptions),
    /// Say whether everything is there, and whether this machine can work with it.
    #[command(after_help = AFTER)]
    Doctor(doctor::DoctorOptions),
    /// Say what each stage knows of one alert.
    #[command(after_help = AFTER)]
    Trace(trace::TraceOptions),
    /// Look at the configuration of the functions.
    Config(config::ConfigOptions),
    /// Say what a month would cost, item by item.
    #[command(after_help = cost::AFTER_COST)]
    Cost(cost::CostOptions),
}

/// Under the help of everything that reaches for AWS.
const AFTER: &str = "\
Region and credentials come from where all AWS tools look; AWS_ENDPOINT_URL names an emulator.

Environment:
  TRIAGE_NAME   --name
  NO_COLOR      no colours; there are none either where the output is not a terminal

Exit codes:
   0  done; whatever was asked about is well
   1  something needs a person; it was printed
  64  wrong arguments
  65  a file is not readable as what it should be
  66  a file cannot be opened or read
  69  AWS does not answer, or there is no such deployment in this region
  71  the asynchronous runtime did not start
  73  a file cannot be created
  74  the output cannot be written
  77  AWS refuses: no credentials, expired ones, or rights that are missing
  78  the environment is wrong
 130  interrupted; what was taken was given back";

/// A time as a person reads it.
fn second(time: Timestamp) -> String {
    time.round(Unit::Second).unwrap_or(time).to_string()
}

/// How long ago; what is ahead by a wrong clock is as far away.
fn ago(at: Timestamp, now: Timestamp) -> String {
    format!("{} ago", long(now.duration_since(at).unsigned_abs()))
}

/// In the largest unit of which there are two.
fn long(time: Duration) -> String {
    let seconds = time.as_secs();
    let (number, unit) = match seconds {
        0..120 => (seconds, "s"),
        120..7_200 => (seconds / 60, "min"),
        7_200..172_800 => (seconds / 3_600, "h"),
        _ => (seconds / 86_400, "days"),
    };
    format!("{number} {unit}")
}

/// Does what was asked for; whoever closes the output early has seen enough.
pub(crate) fn run(operation: &Operation, environment: &Environment) -> Result<(), Failure> {
    let done = match operation {
        Operation::Dlq(options) => dlq::run(options, environment),
        Operation::Feeds(options) => feeds::run(options, environment),
        Operation::Secrets(options) => secrets::run(options, environment),
        Operation::Status(options) => status::run(options, environment),
        Operation::Doctor(options) => doctor::run(options, environment),
        Operation::Trace(options) => trace::run(options, environment),
        Operation::Cost(options) => cost::run(options, environment),
        Operation::Config(options) => config::run(options, environment),
    };
    match done {
        Err(Failure::Write(error)) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        done => done,
    }
}
