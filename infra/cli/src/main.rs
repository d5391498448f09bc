//! `triage`: what the pipeline would say about an alert, on the command line.

use std::process::ExitCode;

use lambda::config::Environment;

fn main() -> ExitCode {
    triage::cli::main(std::env::args_os(), &Environment::of_process())
}
