//! The integration: called by Wazuh's integratord for each alert, and gone in about a millisecond.
//!
//! integratord runs one call at a time and reads its output to the end, so nothing here waits for a network:
//! the alert goes into the spool, and a shipper is started unless one is at work.
//!
//! | argument | content |
//! | --- | --- |
//! | 1 | the alert's file; standard input when it is empty |
//! | 2 | `<api_key>`: the name of an AWS profile, or empty |
//! | 3 | `<hook_url>`: the queue's URL |
//! | 4 | `debug`, or empty |
//! | 5 and more | options file, timeout, retries, `> /dev/null 2>&1`: not for us |

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::config::{Arguments, Caller, Config, Environment, Setting};
use crate::failure::Failure;
use crate::home::Home;
use crate::input::{self, STDIN_LIMIT};
use crate::item::{self, Form};
use crate::journal::{self, Echo, Journal};
use crate::spool::Spool;

/// One call of integratord.
pub struct Call<'a> {
    pub program: &'a Path,
    pub name: &'a str,
    pub arguments: &'a [OsString],
    pub environment: &'a Environment<'a>,
    pub home: &'a Home,
}

/// Accepts one alert. Says in the log what became of it, and gives the failure back for the exit code.
pub fn run(call: &Call) -> Result<(), Failure> {
    let zone = journal::time_zone(call.environment);
    let mut journal =
        Journal { program: call.name.to_owned(), zone, file: call.home.log(), echo: Echo::Failures };
    let accepted = Config::read(&settings(call), call.environment, call.home)
        .map_err(Failure::from)
        .and_then(|config| {
            journal.file.clone_from(&config.log);
            accept(call, &config, &journal)
        });
    if let Err(failure) = &accepted {
        journal.failure(&crate::failure::chain(failure));
    }
    accepted
}

fn accept(call: &Call, config: &Config, journal: &Journal) -> Result<(), Failure> {
    let destination = config.destination()?;
    let file = argument(call, 1).map(PathBuf::from);
    let bytes = match &file {
        Some(path) => input::file(path)?,
        None => input::standard_input_within(STDIN_LIMIT)?,
    };
    let spool = Spool::open(config.spool.clone())?;
    let look = match item::look(item::decode(&bytes).trim()) {
        Ok(look) => look,
        Err(problem) => {
            let kept = format!("; kept in {}", spool.reject(&bytes)?.display());
            return Err(Failure::NotJson { name: "the alert".to_owned(), kept, problem });
        }
    };
    let entry = match &file {
        Some(path) => spool.accept_file(&destination, path, &bytes)?,
        None => spool.accept(&destination, &bytes, Form::Json)?,
    };
    journal.success(&format!("accepted alert {} for {}", look.label(), destination.queue_url.as_str()));
    let free = spool.try_lock()?.is_some();
    if free {
        start_shipper(call, config).map_err(Failure::Shipper)?;
    }
    if argument(call, 4).is_some_and(|word| word == "debug") {
        let shipper = if free { "a shipper was started" } else { "a shipper is at work" };
        journal.success(&format!("alert {} is {} in the spool; {shipper}", look.label(), entry.name()));
    }
    Ok(())
}

/// Detached: its output goes nowhere, for integratord reads ours until everyone who has it is gone.
fn start_shipper(call: &Call, config: &Config) -> io::Result<()> {
    let mut command = Command::new(call.program);
    command.args(["ship", "--detached", "--spool"]).arg(&config.spool);
    if let Some(log) = &config.log {
        command.arg("--log").arg(log);
    }
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().map(drop)
}

fn settings(call: &Call) -> Arguments {
    let given = [(Setting::Profile, 2), (Setting::QueueUrl, 3)];
    let given =
        given.into_iter().filter_map(|(setting, index)| Some((setting, argument(call, index)?.clone())));
    Arguments { caller: Caller::Integratord, values: given.collect(), config: None }
}

fn argument<'a>(call: &Call<'a>, place: usize) -> Option<&'a OsString> {
    call.arguments.get(place - 1).filter(|argument| !argument.is_empty())
}
