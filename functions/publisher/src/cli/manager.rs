//! Jobs that have to do with the manager this runs on, and not with alerts.

use std::ffi::OsString;
use std::io::Write;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand};
use intake::clock::Zone;
use jiff::Timestamp;
use tokio::runtime::{Builder, Runtime};
use tokio::signal::unix::{SignalKind, signal};

use super::{Options, given};
use crate::config::{Arguments, Config, Environment, Intake, Setting};
use crate::doctor::findings::{print_json, print_lines};
use crate::doctor::{Checkup, Level};
use crate::failure::{EXIT_CODES, Failure, chain};
use crate::home::{self, Home};
use crate::install::layout::Layout;
use crate::install::plan::Wishes;
use crate::install::{self, Mode, Restart};
use crate::journal::{Echo, Journal};
use crate::relay::{Patience, Relay};
use crate::spool::Spool;

#[derive(Subcommand)]
pub(super) enum ManagerJob {
    /// Hand the events of the feedback queue to this manager, until it is told to stop.
    #[command(after_help = EXIT_CODES)]
    Relay(RelayJob),
    /// Look for everything that can be wrong on this manager.
    #[command(after_help = EXIT_CODES)]
    Doctor(DoctorJob),
    /// Put everything in its place on this manager.
    #[command(after_help = EXIT_CODES)]
    Install(InstallJob),
    /// Take away what install put there.
    #[command(after_help = EXIT_CODES)]
    Uninstall(UninstallJob),
}

#[derive(Args)]
pub(super) struct RelayJob {
    /// Until the queue has nothing more.
    #[arg(long)]
    once: bool,
    #[command(flatten)]
    back: BackOptions,
    #[command(flatten)]
    options: Options,
}

#[derive(Args)]
pub(super) struct DoctorJob {
    /// Findings as a JSON array.
    #[arg(long)]
    json: bool,
    /// The root folder of the manager.
    #[arg(long, value_name = "DIR", default_value = "/")]
    root: PathBuf,
    #[command(flatten)]
    back: BackOptions,
    #[command(flatten)]
    options: Options,
}

#[derive(Args)]
pub(super) struct InstallJob {
    /// How alerts come [default: what wazuh-triage.toml says, and else follow]
    #[arg(long, value_enum)]
    intake: Option<Intake>,
    /// The lowest level that is sent [default: 6 where alerts are followed, 7 from integratord]
    #[arg(long, value_parser = clap::value_parser!(u8).range(1..=16))]
    level: Option<u8>,
    #[command(flatten)]
    place: Place,
    #[command(flatten)]
    back: BackOptions,
    #[command(flatten)]
    options: Options,
}

#[derive(Args)]
pub(super) struct UninstallJob {
    #[command(flatten)]
    place: Place,
}

#[derive(Args)]
struct Place {
    /// Say what would be done, and do nothing.
    #[arg(long)]
    dry_run: bool,
    /// The root folder of the manager.
    #[arg(long, value_name = "DIR", default_value = "/")]
    root: PathBuf,
    /// Restart wazuh-manager at the end.
    #[arg(long, conflicts_with = "root")]
    restart: bool,
}

/// What can be set of the way back; the rest of it stands in the TOML file.
#[derive(Args)]
struct BackOptions {
    #[arg(
        long = "feedback-queue-url",
        id = "feedback-queue-url",
        value_name = "URL",
        help = "URL of the feedback queue [env: WAZUH_TRIAGE_FEEDBACK_QUEUE_URL]"
    )]
    queue_url: Option<OsString>,
    #[arg(
        long = "feedback-socket",
        id = "feedback-socket",
        value_name = "SOCKET",
        help = "The manager's socket [env: WAZUH_TRIAGE_FEEDBACK_SOCKET] [default: OSSEC/queue/sockets/queue]"
    )]
    socket: Option<OsString>,
    #[arg(
        long = "feedback-file",
        id = "feedback-file",
        value_name = "FILE",
        help = "Append to this file instead of the socket [env: WAZUH_TRIAGE_FEEDBACK_FILE]"
    )]
    file: Option<OsString>,
    #[arg(
        long,
        id = "lists-bucket",
        value_name = "BUCKET",
        help = "The bucket with the lists of feeds [env: WAZUH_TRIAGE_LISTS_BUCKET]"
    )]
    lists_bucket: Option<OsString>,
}

/// How long a person waits for a manager that takes no events.
const ONCE_PATIENCE: Duration = Duration::from_secs(30);

impl ManagerJob {
    /// The relay writes the log; the others speak to a person at a terminal alone.
    pub(super) fn run(&self, name: &str, environment: &Environment, home: &Home) -> Result<(), Failure> {
        let mut out = std::io::stdout().lock();
        let done = match self {
            Self::Relay(job) => {
                drop(out);
                return job.run(name, environment, home);
            }
            Self::Doctor(job) => job.run(environment, &mut out),
            Self::Install(job) => job.run(environment, &mut out),
            Self::Uninstall(job) => job.run(&mut out),
        };
        if let Err(failure) = &done {
            let _ = writeln!(std::io::stderr().lock(), "{name}: {}", chain(failure));
        }
        done
    }
}

impl RelayJob {
    fn run(&self, name: &str, environment: &Environment, home: &Home) -> Result<(), Failure> {
        let zone = Zone::of_system(environment("TZ"));
        let mut journal = Journal { program: name.to_owned(), zone, file: home.log(), echo: Echo::All };
        let config = Config::read(&arguments(&self.options, &self.back), environment, home);
        let done = config.map_err(Failure::from).and_then(|config| {
            journal.file.clone_from(&config.log);
            runtime()?.block_on(self.relay(&config, &journal))
        });
        done.inspect_err(|failure| journal.failure(&chain(failure)))
    }

    async fn relay(&self, config: &Config, journal: &Journal) -> Result<(), Failure> {
        Spool::open(config.spool.clone(), config.durability)?;
        let patience = if self.once { Patience::Limited(ONCE_PATIENCE) } else { Patience::Endless };
        let mut relay = Relay::open(config, journal, patience).await?;
        let work = async { if self.once { relay.drain().await.map(drop) } else { Err(relay.run().await) } };
        let done = tokio::select! {
            done = work => done,
            told = told_to_stop() => told.map(Ok).map_err(Failure::Runtime)?,
        };
        relay.close().await;
        Ok(done?)
    }
}

impl DoctorJob {
    fn run(&self, environment: &Environment, out: &mut dyn Write) -> Result<(), Failure> {
        let layout = Layout::new(self.root.clone());
        let config =
            Config::read(&arguments(&self.options, &self.back), environment, &Home::at(layout.ossec()));
        let checkup = Checkup { layout: &layout, config: config.as_ref(), now: Timestamp::now() };
        let findings = runtime()?.block_on(checkup.examine());
        // Printing to a closed pipe is nobody's failure.
        let _ = if self.json { print_json(&findings, out) } else { print_lines(&findings, out) };
        let failed = findings.iter().filter(|finding| finding.level == Level::Fail).count();
        if failed == 0 { Ok(()) } else { Err(Failure::Ill(failed)) }
    }
}

impl InstallJob {
    fn run(&self, environment: &Environment, out: &mut dyn Write) -> Result<(), Failure> {
        let layout = Layout::new(self.place.root.clone());
        let config =
            Config::read(&arguments(&self.options, &self.back), environment, &Home::at(layout.ossec()))?;
        let set = config.intake();
        let wishes = Wishes {
            intake: self.intake.unwrap_or(set),
            intake_of_file: layout.config().exists().then_some(set),
            queue_url: config.queue_url.ok_or(Failure::NoQueue)?,
            profile: config.profile,
            feedback_queue_url: config.relay.queue_url,
            lists_bucket: config.relay.lists_bucket,
            level: self.level,
        };
        let program = home::program();
        Ok(install::install(&layout, &wishes, &program, self.place.mode(), self.place.restart(), out)?)
    }
}

impl UninstallJob {
    fn run(&self, out: &mut dyn Write) -> Result<(), Failure> {
        let layout = Layout::new(self.place.root.clone());
        Ok(install::uninstall(&layout, self.place.mode(), self.place.restart(), out)?)
    }
}

impl Place {
    fn mode(&self) -> Mode {
        if self.dry_run { Mode::DryRun } else { Mode::ForReal }
    }

    fn restart(&self) -> Restart {
        if self.restart { Restart::AtTheEnd } else { Restart::Never }
    }
}

fn runtime() -> Result<Runtime, Failure> {
    Builder::new_current_thread().enable_all().build().map_err(Failure::Runtime)
}

async fn told_to_stop() -> std::io::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    Ok(())
}

fn arguments(options: &Options, back: &BackOptions) -> Arguments {
    let mut arguments = given(options);
    let values = [
        (Setting::FeedbackQueueUrl, &back.queue_url),
        (Setting::FeedbackSocket, &back.socket),
        (Setting::FeedbackFile, &back.file),
        (Setting::ListsBucket, &back.lists_bucket),
    ];
    arguments
        .values
        .extend(values.into_iter().filter_map(|(setting, value)| Some((setting, value.clone()?))));
    arguments
}
