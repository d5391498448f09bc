//! The operator's part, against an AWS of our own.

mod alone;
mod config;
mod dlq;
mod feeds;
mod looking;
mod secrets;

use std::process::Command;

use crate::bench::{Bench, Said, said};
use crate::fake_aws::FakeAws;

/// `triage` with the words of a line as arguments, led to this AWS.
fn command(bench: &Bench, aws: &FakeAws, line: &str) -> Command {
    let (name, arguments) = line.split_once(' ').unwrap_or((line, ""));
    let mut command = bench.command(name, arguments);
    aws.lead(&mut command);
    command
}

fn run(aws: &FakeAws, line: &str) -> Said {
    let bench = Bench::new();
    said(&command(&bench, aws, line).output().unwrap())
}
