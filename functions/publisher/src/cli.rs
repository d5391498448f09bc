//! The command line: which of its jobs the program was called for.

mod manager;

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, Parser, Subcommand};
use manager::ManagerJob;
use tokio::runtime::Runtime;

use intake::clock::Zone;

use crate::config::{Arguments, Caller, Config, Environment, Problems, Setting};
use crate::failure::{EXIT_CODES, Failure, chain};
use crate::home::{self, Home, INTEGRATION};
use crate::integration::{self, Call};
use crate::journal::{Echo, Journal};
use crate::send::{self, Request};
use crate::service::{self, Setup};
use crate::ship::Shipper;
use crate::spool::Spool;
use crate::spool_command::{self, Look};
use crate::status::{self, Style};

/// What the operating system gave to the program.
pub struct Invocation<'a> {
    pub program: PathBuf,
    /// Without the program's name.
    pub arguments: Vec<OsString>,
    pub environment: &'a Environment<'a>,
}

/// Runs the program; [`crate::failure`] says what the exit code means.
pub fn main(invocation: &Invocation) -> ExitCode {
    let name = home::name(&invocation.program);
    let home = Home::of(&invocation.program);
    let Invocation { program, arguments, environment } = invocation;
    match arguments.split_first() {
        // What custom-wazuh-triage does not do itself: its own path, then its arguments.
        Some((word, [caller, rest @ ..])) if word == "integrate" && !is_own(rest.first()) => {
            let home = Home::of(Path::new(caller));
            return code(&integration::run(&Call { program, arguments: rest, environment, home: &home }));
        }
        Some((word, [_, rest @ ..])) if word == "integrate" => {
            return commands(&name, rest, environment, &home);
        }
        first if name == INTEGRATION && !is_own(first.map(|(word, _)| word)) => {
            return code(&integration::run(&Call { program, arguments, environment, home: &home }));
        }
        _ => {}
    }
    commands(&name, arguments, environment, &home)
}

fn commands(name: &str, arguments: &[OsString], environment: &Environment, home: &Home) -> ExitCode {
    let words = std::iter::once(OsString::from(name)).chain(arguments.iter().cloned());
    match CommandLine::try_parse_from(words) {
        Ok(command_line) => code(&run(&command_line.command, name, environment, home)),
        Err(error) => {
            // Printing help to a closed pipe is nobody's failure.
            let _ = error.print();
            if error.use_stderr() { ExitCode::from(64) } else { ExitCode::SUCCESS }
        }
    }
}

/// First words that integratord never gives: its first argument is the path of a file.
const OWN_WORDS: [&str; 12] = [
    "ship",
    "send",
    "run",
    "status",
    "spool",
    "relay",
    "doctor",
    "install",
    "uninstall",
    "--help",
    "-h",
    "--version",
];

fn is_own(word: Option<&OsString>) -> bool {
    word.is_some_and(|word| OWN_WORDS.iter().any(|own| word == *own))
}

/// Carries Wazuh alerts to the SQS queue of Wazuh Triage, and keeps in a spool what cannot go now.
#[derive(Parser)]
#[command(name = "wazuh-publisher", version, after_help = EXIT_CODES)]
struct CommandLine {
    #[command(subcommand)]
    command: Job,
}

#[derive(Subcommand)]
enum Job {
    /// Send alerts, and what earlier calls could not send.
    #[command(after_help = EXIT_CODES)]
    Send {
        /// One alert, a JSON array of alerts, or JSON lines; - is standard input.
        #[arg(required = true, value_name = "FILE|-")]
        files: Vec<PathBuf>,
        /// Send each file (each line of a .jsonl or .ndjson file) without looking at it.
        #[arg(long)]
        as_is: bool,
        #[command(flatten)]
        options: Options,
    },
    /// Send what earlier calls could not send.
    #[command(after_help = EXIT_CODES)]
    Ship {
        /// In a session of its own; what the integration starts.
        #[arg(long, hide = true)]
        detached: bool,
        #[command(flatten)]
        options: Options,
    },
    /// Serve: send what integratord and others put into the spool as it comes, until SIGTERM; SIGHUP reads the
    /// configuration again.
    #[command(after_help = EXIT_CODES)]
    Run {
        #[command(flatten)]
        options: Options,
    },
    /// Ask the service how it goes.
    #[command(after_help = EXIT_CODES)]
    Status {
        #[arg(long, conflicts_with = "metrics", help = "All numbers as JSON")]
        json: bool,
        #[arg(long, help = "All numbers in the text format of Prometheus")]
        metrics: bool,
        #[command(flatten)]
        options: Options,
    },
    /// Look into the spool.
    #[command(after_help = EXIT_CODES)]
    Spool {
        #[command(subcommand)]
        look: Look,
    },
    #[command(flatten)]
    Manager(ManagerJob),
}

impl Job {
    /// A job of the manager has settings of its own.
    fn options(&self) -> Result<&Options, &ManagerJob> {
        match self {
            Self::Send { options, .. }
            | Self::Ship { options, .. }
            | Self::Run { options }
            | Self::Status { options, .. } => Ok(options),
            Self::Spool { look } => Ok(look.options()),
            Self::Manager(job) => Err(job),
        }
    }
}

/// What can also be set in the environment and, but for `--config`, in the TOML file.
#[derive(Args)]
pub(crate) struct Options {
    #[arg(long, value_name = "URL", help = "URL of the queue [env: WAZUH_TRIAGE_QUEUE_URL]")]
    queue_url: Option<OsString>,
    #[arg(long, value_name = "NAME", help = "AWS profile [env: WAZUH_TRIAGE_PROFILE]")]
    profile: Option<OsString>,
    #[arg(long, value_name = "URL", help = "What answers instead of SQS [env: WAZUH_TRIAGE_ENDPOINT_URL]")]
    endpoint_url: Option<OsString>,
    #[arg(
        long,
        value_name = "DIR",
        help = "Folder of accepted alerts [env: WAZUH_TRIAGE_SPOOL] [default: OSSEC/queue/wazuh-triage]"
    )]
    spool: Option<OsString>,
    #[arg(
        long,
        value_name = "FILE",
        help = "Log file [env: WAZUH_TRIAGE_LOG] [default: OSSEC/logs/integrations.log]"
    )]
    log: Option<OsString>,
    #[arg(
        long,
        value_name = "FILE",
        help = "AWS credentials file [env: WAZUH_TRIAGE_CREDENTIALS_FILE] [default: ~/.aws/credentials]"
    )]
    credentials_file: Option<OsString>,
    #[arg(
        long,
        value_name = "FILE",
        help = "Configuration [env: WAZUH_TRIAGE_CONFIG] [default: OSSEC/etc/wazuh-triage.toml]"
    )]
    config: Option<PathBuf>,
}

fn run(job: &Job, name: &str, environment: &Environment, home: &Home) -> Result<(), Failure> {
    let options = match job.options() {
        Ok(options) => options,
        Err(manager) => return manager.run(name, environment, home),
    };
    let zone = Zone::of_system(environment("TZ"));
    let mut journal = Journal { program: name.to_owned(), zone, file: home.log(), echo: Echo::All };
    let read = || Config::read(&given(options), environment, home);
    let done = read().map_err(Failure::from).and_then(|config| {
        journal.file.clone_from(&config.log);
        match job {
            Job::Run { .. } => serve(&read, config, &mut journal, environment),
            Job::Status { json, metrics, .. } => status::tell(&config.spool, Style::of(*json, *metrics)),
            Job::Spool { look } => spool_command::run(look, &config, &journal),
            Job::Ship { detached, .. } => ship(*detached, &config, &journal),
            Job::Send { files, as_is, .. } => {
                let look = if *as_is { send::Look::No } else { send::Look::Inside };
                runtime()?.block_on(send::send(&Request { files, look }, &config, &journal, host()))
            }
            Job::Manager(_) => Ok(()),
        }
    });
    match &done {
        Ok(()) => {}
        Err(failure) if failure.is_summary() => journal.tell(&chain(failure)),
        Err(failure) => journal.failure(&chain(failure)),
    }
    done
}

fn serve(
    read: &dyn Fn() -> Result<Config, Problems>,
    config: Config,
    journal: &mut Journal,
    environment: &Environment,
) -> Result<(), Failure> {
    journal.echo = Echo::Failures;
    let watchdog = environment("WATCHDOG_USEC").and_then(|microseconds| microseconds.to_str()?.parse().ok());
    let setup = Setup {
        read,
        journal,
        host: host(),
        notify_socket: environment("NOTIFY_SOCKET"),
        watchdog: watchdog.map(Duration::from_micros),
    };
    runtime()?.block_on(service::run(setup, config))
}

fn runtime() -> Result<Runtime, Failure> {
    tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(Failure::Runtime)
}

/// What only says that it is a host is better than no word on where an alert came from.
fn host() -> String {
    std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default().trim().to_owned()
}

fn ship(detached: bool, config: &Config, journal: &Journal) -> Result<(), Failure> {
    if detached {
        // It fails only for who already leads a session, and then there is nothing to detach from.
        let _ = rustix::process::setsid();
    }
    let spool = Spool::open(config.spool.clone(), config.durability)?;
    let shipper = Shipper::new(&spool, journal, config, host());
    runtime()?.block_on(send::ship_the_rest(&shipper))
}

fn given(options: &Options) -> Arguments {
    let values = [
        (Setting::QueueUrl, &options.queue_url),
        (Setting::Profile, &options.profile),
        (Setting::EndpointUrl, &options.endpoint_url),
        (Setting::Spool, &options.spool),
        (Setting::Log, &options.log),
        (Setting::CredentialsFile, &options.credentials_file),
    ];
    let values = values.into_iter().filter_map(|(setting, value)| Some((setting, value.clone()?)));
    Arguments { caller: Caller::CommandLine, values: values.collect(), config: options.config.clone() }
}

fn code(done: &Result<(), Failure>) -> ExitCode {
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => ExitCode::from(failure.exit_code()),
    }
}
