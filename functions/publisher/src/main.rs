//! `wazuh-publisher`: carries Wazuh alerts from the manager to the pipeline's SQS queue.

use std::process::ExitCode;

use publisher::cli::{self, Invocation};
use publisher::home;

fn main() -> ExitCode {
    cli::main(&Invocation {
        program: home::program(),
        arguments: std::env::args_os().skip(1).collect(),
        environment: &|name| std::env::var_os(name),
    })
}
