//! The integration, for the calls that `custom-wazuh-triage` does not do itself: standard input, settings that are wrong
//! or written in a way that needs a TOML parser. Does the same, with words for everything that is wrong.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use intake::accept::{self, Offer, Refused};
use intake::clock::Zone;
use intake::handover::{self, Shipper};

use crate::config::{Arguments, Caller, Config, Environment, Setting};
use crate::failure::Failure;
use crate::home::{Home, INTEGRATION};
use crate::input::{self, STDIN_LIMIT};
use crate::journal::{Echo, Journal};
use crate::spool::Spool;

/// One call of integratord.
pub struct Call<'a> {
    /// This program: what is started as the shipper.
    pub program: &'a Path,
    pub arguments: &'a [OsString],
    pub environment: &'a Environment<'a>,
    pub home: &'a Home,
}

/// Accepts one alert. Says in the log what became of it, and gives the failure back for the exit code.
pub fn run(call: &Call) -> Result<(), Failure> {
    let zone = Zone::of_system((call.environment)("TZ"));
    let program = INTEGRATION.to_owned();
    let mut journal = Journal { program, zone, file: call.home.log(), echo: Echo::Failures };
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
        Some(path) => accept::read(path)?,
        None => input::standard_input_within(STDIN_LIMIT),
    };
    let spool = Spool::open(config.spool.clone(), config.durability)?;
    let offer = Offer { file: file.as_deref(), bytes: &bytes, destination: &destination };
    let offered = accept::accept(&offer, &spool, journal);
    if let Err(Refused::Empty(_) | Refused::Unreadable(..) | Refused::NotJson { .. }) = offered {
        offered?;
        return Ok(());
    }
    let shipper = Shipper {
        program: &|| call.program.to_owned(),
        log: config.log.as_deref(),
        config: config.file.as_deref(),
    };
    let carrier = handover::hand_over(&spool, &shipper);
    let accepted = offered?;
    let carrier = carrier.map_err(Failure::Shipper)?;
    if argument(call, 4).is_some_and(|word| word == "debug") {
        let (label, name) = (accepted.label, accepted.entry.name());
        journal.success(&format!("alert {label} is {name} in the spool; {}", carrier.words()));
    }
    Ok(())
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
