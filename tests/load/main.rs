//! `make load`: alerts of a realistic mix through publisher, queues, functions and mail on the emulator; how long they took,
//! what that cost the machine, and whether each of them ended once.
//!
//! Runs inside `local exec`, which starts the emulator and deploys the functions.

mod ledger;
mod logs;
mod machine;
mod mix;
mod model;
mod report;
mod run;
mod watch;

use std::process::ExitCode;

use anyhow::Result;
use clap::Parser;
use tests::Site;

use crate::mix::Mix;

#[derive(Debug, Parser)]
#[command(name = "load")]
struct Options {
    #[command(flatten)]
    mix: Mix,
    /// Fails when a program's memory grows: for runs of half an hour.
    #[arg(long)]
    soak: bool,
    /// Writes the report into docs/load.md, at the mark of that name.
    #[arg(long, value_name = "RUN")]
    docs: Option<String>,
}

fn main() -> Result<ExitCode> {
    let options = Options::parse();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let report = runtime.block_on(async { run::run(&Site::connect()?, &options.mix).await })?;
    report.publish(options.docs.as_deref())?;
    let leaks = options.soak && report.grows();
    Ok(if report.ledger.is_closed() && !leaks { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Tells whoever waits what is going on.
#[expect(clippy::print_stderr, reason = "progress is for the person at the terminal")]
fn tell(what: &str) {
    eprintln!("... {what}");
}
