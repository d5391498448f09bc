//! The command line, and the only place that reads the environment.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result};
use clap::{Args, Parser, Subcommand};

use crate::emulator::Product;
use crate::exec::Around;
use crate::package::{self, Architecture, Build};
use crate::signals::Interrupted;
use crate::start::Pace;
use crate::trouble::Trouble;
use crate::{demo, exec};

/// Runs Wazuh Triage on this machine, without an account.
#[derive(Debug, Parser)]
#[command(name = "local")]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    settings: Settings,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Sends sample alerts through the whole pipeline and shows what became of each.
    Demo(DemoOptions),
    /// Starts the pipeline, runs a command against it, and passes its exit code on.
    ///
    /// The command finds the address of the emulator in `AWS_ENDPOINT_URL` and everything else in the JSON file
    /// that `TRIAGE_STACK` names.
    Exec {
        /// Holds mails back as a deployment does that says nothing about limits; otherwise every mail is sent.
        #[arg(long, conflicts_with = "empty")]
        hold_back: bool,
        /// Starts the emulator with nothing on it; `TRIAGE_MAILS` then names the list of what it delivers.
        #[arg(long)]
        empty: bool,
        #[arg(last = true, required = true, value_name = "COMMAND")]
        command: Vec<OsString>,
    },
    /// Builds the zips for AWS, optimised, with cargo-lambda from an environment of its own, and a list of checksums.
    Package {
        /// Processor of the functions; Terraform's `architecture` must say the same.
        #[arg(long, value_name = "ARCHITECTURE", default_value = "arm64")]
        arch: Architecture,
        /// Builds the command-line tool `triage` for Linux instead of the zips.
        #[arg(long)]
        triage: bool,
    },
}

#[derive(Debug, Args)]
pub(crate) struct DemoOptions {
    /// Leaves everything running at the end, until Ctrl-C.
    #[arg(long)]
    pub keep: bool,
    /// A folder of alerts (`*.json`, one in each) instead of the built-in samples.
    #[arg(long, value_name = "FOLDER")]
    pub alerts: Option<PathBuf>,
    /// How long to wait for the next alert to reach an end.
    #[arg(long, value_name = "SECONDS", default_value = "120", value_parser = seconds)]
    pub patience: Duration,
    /// Lets a provider or the model fail, and shows where that is said.
    #[arg(long, value_name = "TROUBLE")]
    pub trouble: Option<Trouble>,
}

#[derive(Clone, Debug, Args)]
pub(crate) struct Settings {
    /// Cargo profile that the functions and the publisher are built with.
    #[arg(long, global = true, env = "LOCAL_PROFILE", default_value = "local")]
    pub profile: String,
    /// Takes the functions and the publisher as they were built last, without calling cargo.
    #[arg(long, global = true)]
    pub built: bool,
    /// Address of an emulator that is already running, `LocalStack` for example; `MiniStack` is started without it.
    #[arg(long, global = true, env = "LOCAL_ENDPOINT", value_name = "URL")]
    pub endpoint: Option<String>,
    /// List of the mails that a running emulator delivers to somebody else, as `exec --empty` has one.
    #[arg(long, global = true, env = crate::stack::MAILS_VARIABLE, value_name = "URL")]
    pub mails: Option<String>,
    /// The emulator that is started where no address names a running one.
    #[arg(long, global = true, env = "LOCAL_EMULATOR", value_name = "EMULATOR", default_value = "ministack")]
    pub emulator: Product,
    /// Name of this machine as the functions of a running emulator see it.
    #[arg(
        long,
        global = true,
        env = "LOCAL_HOST",
        value_name = "HOST",
        default_value = "host.docker.internal"
    )]
    pub host: String,
    /// Folder with Terraform providers, for a machine without a way to the registry.
    #[arg(long, global = true, env = "TERRAFORM_PLUGIN_MIRROR", value_name = "FOLDER")]
    pub terraform_mirror: Option<PathBuf>,
    #[arg(long, hide = true, global = true, env = "HOME")]
    pub home: Option<PathBuf>,
    #[arg(long, hide = true, global = true, env = "XDG_DATA_HOME")]
    pub xdg_data_home: Option<PathBuf>,
    #[arg(long, hide = true, global = true, env = "TF_CLI_CONFIG_FILE")]
    pub terraform_configuration: Option<PathBuf>,
    #[arg(long, hide = true, global = true, env = "PATH")]
    pub path: Option<OsString>,
    #[arg(long, hide = true, global = true, env = "CARGO_HOME")]
    pub own_cargo_home: Option<PathBuf>,
}

impl Settings {
    /// Where cargo keeps the sources of dependencies.
    pub(crate) fn cargo_home(&self) -> Result<PathBuf> {
        let usual = || self.home.as_ref().map(|home| home.join(".cargo"));
        self.own_cargo_home
            .clone()
            .or_else(usual)
            .context("neither CARGO_HOME nor HOME says where cargo's folder is")
    }
}

impl Settings {
    /// What the environment says, for programs that are built already.
    pub(crate) fn of_environment() -> Result<Self, clap::Error> {
        #[derive(Parser)]
        struct Bare {
            #[command(flatten)]
            settings: Settings,
        }
        Ok(Bare::try_parse_from(["local", "--built"])?.settings)
    }
}

/// Runs the command to its end; nothing that it started is left when this returns.
#[expect(clippy::print_stderr, reason = "a tool tells its user what went wrong")]
pub fn run(cli: Cli) -> ExitCode {
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("error: the runtime does not start: {error}");
            return ExitCode::FAILURE;
        }
    };
    let ended = runtime.block_on(async {
        match cli.command {
            Command::Demo(options) => demo::run(&cli.settings, &options).await,
            Command::Exec { hold_back, empty, command } => {
                let around = match (empty, hold_back) {
                    (true, _) => Around::Nothing,
                    (false, true) => Around::Pipeline(Pace::Deployed),
                    (false, false) => Around::Pipeline(Pace::Usual),
                };
                exec::run(&cli.settings, around, &command).await
            }
            Command::Package { arch, triage } => {
                let what = if triage { Build::Triage } else { Build::Functions };
                package::run(&cli.settings, what, arch).await
            }
        }
    });
    // A look-up of a name or a file in another thread must not hold up the end.
    runtime.shutdown_timeout(Duration::from_secs(1));
    let error = match ended {
        Ok(code) => return code,
        Err(error) => error,
    };
    if let Some(interrupted) = error.downcast_ref::<Interrupted>() {
        eprintln!("{interrupted}: stopped, and nothing is left running");
        return interrupted.exit_code();
    }
    eprintln!("error: {error:#}");
    ExitCode::FAILURE
}

fn seconds(text: &str) -> Result<Duration, std::num::ParseIntError> {
    text.parse().map(Duration::from_secs)
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_holds_together() {
        Cli::command().debug_assert();
    }

    #[test]
    fn a_command_keeps_its_own_options() {
        let cli = Cli::parse_from(["local", "exec", "--", "cargo", "nextest", "run", "--profile", "x"]);
        let Command::Exec { command, .. } = cli.command else { panic!("not exec") };
        assert_eq!(command, ["cargo", "nextest", "run", "--profile", "x"].map(OsString::from));
        assert_ne!(cli.settings.profile, "x");
    }

    #[test]
    fn an_emulator_that_there_is_not_is_refused_with_those_that_there_are() {
        for (word, product) in [("ministack", Product::MiniStack), ("localstack", Product::LocalStack)] {
            let cli = Cli::parse_from(["local", "exec", "--emulator", word, "--", "true"]);
            assert_eq!(cli.settings.emulator, product);
        }
        let error = Cli::try_parse_from(["local", "demo", "--emulator", "moto"]).unwrap_err().to_string();
        for word in ["moto", "ministack", "localstack"] {
            assert!(error.contains(word), "{error}");
        }
    }

    #[test]
    fn another_processor_is_refused_with_the_two_that_there_are() {
        for (word, architecture) in [("arm64", Architecture::Arm64), ("x86_64", Architecture::X86)] {
            let cli = Cli::parse_from(["local", "package", "--arch", word]);
            let Command::Package { arch, .. } = cli.command else { panic!("not package") };
            assert_eq!(arch, architecture);
        }
        let error = Cli::try_parse_from(["local", "package", "--arch", "riscv"]).unwrap_err().to_string();
        for word in ["riscv", "arm64", "x86_64"] {
            assert!(error.contains(word), "{error}");
        }
    }
}
