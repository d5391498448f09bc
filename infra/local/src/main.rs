//! The program behind `make demo`, `make test` and `make package`.

use std::process::ExitCode;

use clap::Parser;
use local::cli::Cli;

fn main() -> ExitCode {
    local::cli::run(Cli::parse())
}
