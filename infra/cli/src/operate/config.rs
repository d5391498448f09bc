//! `triage config check`: whether a function would start with these variables, said by the function's own reader.

use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand, ValueEnum};
use lambda::config::{ConfigError, Environment};
use lambda::traces::Traces;
use serde::Serialize;

use super::variables;
use super::{Paper, Tone};
use crate::failure::{Count, Failure};

#[derive(Debug, Args)]
pub(crate) struct ConfigOptions {
    #[command(subcommand)]
    command: ConfigCommand,
}

#[derive(Debug, Subcommand)]
enum ConfigCommand {
    /// Say everything that is wrong with a function's variables, at once and without AWS.
    #[command(after_help = AFTER_CHECK)]
    Check(CheckOptions),
}

const AFTER_CHECK: &str = "\
FILE is JSON or lines of NAME=VALUE:
  aws lambda get-function-configuration --function-name wazuh-triage-enrich --query Environment.Variables > enrich.json
  triage config check enrich enrich.json

Exit codes:
   0  the function would start
  64  wrong arguments
  65  the file is neither
  66  the file cannot be opened or read
  78  the function would not start; every problem was printed";

#[derive(Debug, Args)]
struct CheckOptions {
    /// Whose variables.
    stage: Stage,
    /// Where they are; - is standard input.
    file: PathBuf,
    /// One JSON document.
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Stage {
    Enrich,
    Analyze,
    Notify,
    Ingest,
    Hunt,
}

impl Stage {
    fn name(self) -> &'static str {
        match self {
            Self::Enrich => "enrich",
            Self::Analyze => "analyze",
            Self::Notify => "notify",
            Self::Ingest => "ingest",
            Self::Hunt => "hunt",
        }
    }

    /// Everything that the function's readers say of its variables: its own, and the one for traces.
    fn problems(self, environment: &Environment) -> Vec<String> {
        let read = [self.read(environment), Traces::check(environment)];
        read.iter().filter_map(|read| read.as_ref().err()).flat_map(ConfigError::problems).cloned().collect()
    }

    fn read(self, environment: &Environment) -> Result<(), ConfigError> {
        match self {
            Self::Enrich => enrich::Config::read(environment).map(drop),
            Self::Analyze => analyze::Config::read(environment).map(drop),
            Self::Notify => notify::Config::read(environment).map(drop),
            Self::Ingest => ingest::Config::read(environment).map(drop),
            Self::Hunt => hunt::Config::read(environment).map(drop),
        }
    }
}

#[derive(Serialize)]
struct Document {
    schema: u8,
    stage: &'static str,
    problems: Vec<String>,
}

pub(crate) fn run(options: &ConfigOptions, environment: &Environment) -> Result<(), Failure> {
    let ConfigCommand::Check(options) = &options.command;
    let variables = variables::read(&text(&options.file)?)
        .map_err(|problem| Failure::Variables { path: options.file.clone(), problem })?;
    let problems = options.stage.problems(&variables);
    let (stage, number) = (options.stage.name(), problems.len());
    let mut paper = Paper::new(environment);
    if options.json {
        paper.json(&Document { schema: 1, stage, problems })?;
    } else if problems.is_empty() {
        paper.line(Tone::Good, &format!("{stage} would start with these variables"))?;
    } else {
        for problem in &problems {
            paper.line(Tone::Bad, problem)?;
        }
    }
    match number {
        0 => Ok(()),
        _ => Err(Failure::WouldNotStart { stage, problems: Count(number, "problem") }),
    }
}

fn text(path: &Path) -> Result<String, Failure> {
    let read = if path.as_os_str() == "-" {
        let mut text = String::new();
        io::stdin().read_to_string(&mut text).map(|_| text)
    } else {
        fs::read_to_string(path)
    };
    read.map_err(|source| Failure::Unreadable { path: path.to_owned(), source })
}
