//! `custom-wazuh-triage`: takes one alert from Wazuh's integratord, and is gone in half a millisecond.
//!
//! integratord runs one call at a time, without a time limit, and reads its output to the end, so nothing here waits:
//! the alert's file gets a second name in the spool, and whoever ships the spool is told.
//!
//! | argument | content |
//! | --- | --- |
//! | 1 | the alert's file; standard input when it is empty |
//! | 2 | `<api_key>`: the name of an AWS profile, or empty |
//! | 3 | `<hook_url>`: the queue's URL |
//! | 4 | `debug`, or empty |
//! | 5 and more | options file, timeout, retries, `> /dev/null 2>&1`: not for us |
//!
//! What is rare goes to the whole program, which knows it all: `wazuh-publisher integrate`.

mod settings;

use std::ffi::OsString;
use std::os::unix::process::CommandExt;
use std::process::{Command, ExitCode};

use intake::accept::{self, Offer, Refused};
use intake::clock::Zone;
use intake::handover::{self, Shipper};
use intake::home::{self, Home, INTEGRATION};
use intake::journal::{Echo, Journal};
use intake::spool::Spool;

use crate::settings::Settings;

fn main() -> ExitCode {
    let home = Home::of_integratord().unwrap_or_else(|| Home::of(&home::program()));
    let arguments: Vec<OsString> = std::env::args_os().skip(1).collect();
    let environment = |name: &str| std::env::var_os(name);
    let zone = Zone::of_system(environment("TZ"));
    let journal = |file| Journal { program: INTEGRATION.to_owned(), zone, file, echo: Echo::Failures };
    let Some(settings) = Settings::read(&arguments, &environment, &home) else {
        let error = Command::new(handover::publisher(&home))
            .arg("integrate")
            .arg(home.integration())
            .args(arguments)
            .exec();
        let publisher = handover::publisher(&home);
        journal(home.log()).failure(&format!("{} cannot be started: {error}", publisher.display()));
        return ExitCode::from(71);
    };
    let log = settings.log.clone();
    run(&settings, &home, &journal(log))
}

/// Says in the log what became of the alert; a full spool is no reason not to call for somebody who empties it.
fn run(settings: &Settings, home: &Home, journal: &Journal) -> ExitCode {
    let spool = match Spool::open(settings.spool.clone(), settings.durability) {
        Ok(spool) => spool,
        Err(error) => return refused(&error.into(), journal),
    };
    let offered = accept::read(&settings.file).and_then(|bytes| {
        let offer = Offer { file: Some(&settings.file), bytes: &bytes, destination: &settings.destination };
        accept::accept(&offer, &spool, journal)
    });
    if let Err(Refused::Empty(_) | Refused::Unreadable(..) | Refused::NotJson { .. }) = offered {
        return offered.map_or_else(|refusal| refused(&refusal, journal), |_| ExitCode::SUCCESS);
    }
    let Settings { publisher, log, config, .. } = settings;
    let program = || publisher.clone().unwrap_or_else(|| handover::publisher(home));
    let shipper = Shipper { program: &program, log: log.as_deref(), config: config.as_deref() };
    let carrier = handover::hand_over(&spool, &shipper);
    match (offered, carrier) {
        (Err(refusal), _) => refused(&refusal, journal),
        (Ok(_), Err(error)) => {
            journal.failure(&format!(
                "accepted, but the shipper did not start; the alert is kept and goes out with the next call: {}: {error}",
                program().display()
            ));
            ExitCode::from(71)
        }
        (Ok(accepted), Ok(carrier)) => {
            if settings.debug {
                let (label, name, carrier) = (accepted.label, accepted.entry.name(), carrier.words());
                journal.success(&format!("alert {label} is {name} in the spool; {carrier}"));
            }
            ExitCode::SUCCESS
        }
    }
}

fn refused(refusal: &Refused, journal: &Journal) -> ExitCode {
    journal.failure(&refusal.to_string());
    ExitCode::from(refusal.exit_code())
}
