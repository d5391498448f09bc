//! The command line: which of its jobs the program was called for.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

use crate::config::{Arguments, Caller, Config, Environment, Setting};
use crate::failure::{EXIT_CODES, Failure, chain};
use crate::home::{self, Home, INTEGRATION};
use crate::integration::{self, Call};
use crate::journal::{self, Echo, Journal};
use crate::send::{self, Look, Request};
use crate::ship::Shipper;
use crate::spool::Spool;

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
    let own_word = invocation.arguments.first().is_some_and(|word| OWN_WORDS.iter().any(|own| word == *own));
    if name == INTEGRATION && !own_word {
        let Invocation { program, arguments, environment } = invocation;
        return code(&integration::run(&Call { program, name: &name, arguments, environment, home: &home }));
    }
    let words = std::iter::once(OsString::from(&name)).chain(invocation.arguments.iter().cloned());
    match CommandLine::try_parse_from(words) {
        Ok(command_line) => code(&run(&command_line.command, &name, invocation.environment, &home)),
        Err(error) => {
            // Printing help to a closed pipe is nobody's failure.
            let _ = error.print();
            if error.use_stderr() { ExitCode::from(64) } else { ExitCode::SUCCESS }
        }
    }
}

/// First words that integratord never gives: its first argument is the path of a file.
const OWN_WORDS: [&str; 5] = ["ship", "send", "--help", "-h", "--version"];

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
}

/// What can also be set in the environment and, but for `--config`, in the TOML file.
#[derive(Args)]
struct Options {
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
    let (Job::Send { options, .. } | Job::Ship { options, .. }) = job;
    let zone = journal::time_zone(environment);
    let mut journal = Journal { program: name.to_owned(), zone, file: home.log(), echo: Echo::All };
    let done = Config::read(&given(options), environment, home).map_err(Failure::from).and_then(|config| {
        journal.file.clone_from(&config.log);
        work(job, config, &journal)
    });
    match &done {
        Ok(()) => {}
        Err(failure) if failure.is_summary() => journal.tell(&chain(failure)),
        Err(failure) => journal.failure(&chain(failure)),
    }
    done
}

fn work(job: &Job, config: Config, journal: &Journal) -> Result<(), Failure> {
    // What only says that it is a host is better than no word on where an alert came from.
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default().trim().to_owned();
    if let Job::Ship { detached: true, .. } = job {
        // It fails only for who already leads a session, and then there is nothing to detach from.
        let _ = rustix::process::setsid();
    }
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(Failure::Runtime)?;
    runtime.block_on(async {
        match job {
            Job::Send { files, as_is, .. } => {
                let look = if *as_is { Look::No } else { Look::Inside };
                send::send(&Request { files, look }, &config, journal, host).await
            }
            Job::Ship { .. } => {
                let spool = Spool::open(config.spool)?;
                let credentials_file = config.credentials_file;
                send::ship_the_rest(&Shipper { spool: &spool, journal, credentials_file, host }).await
            }
        }
    })
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
