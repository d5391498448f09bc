//! `make load`: alerts of a realistic mix through publisher, queues, functions and mail on the emulator; how long they took,
//! what that cost the machine, and whether each of them ended once.
//!
//! Runs inside `local exec`, which starts the emulator and deploys the functions; with `--in-memory` it needs neither.

mod ledger;
mod logs;
mod machine;
mod memory;
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
    /// The functions' code in this process over an AWS in memory, without publisher and emulator: for large numbers.
    #[arg(long, conflicts_with = "soak")]
    in_memory: bool,
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
    if options.in_memory {
        let books = runtime.block_on(memory::run(&options.mix))?;
        books.publish(options.docs.as_deref())?;
        return Ok(if books.are_closed() { ExitCode::SUCCESS } else { ExitCode::FAILURE });
    }
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
