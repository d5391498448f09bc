//! The command line.

use std::convert::Infallible;
use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;
use std::str::FromStr;

use clap::{Args, CommandFactory, Parser, Subcommand, ValueEnum};
use intel::Pattern;
use lambda::config::Environment;

use crate::alerts;
use crate::check;
use crate::completions::{self, AFTER_COMPLETIONS, CompletionsOptions};
use crate::eval;
use crate::eval::{LiveOptions, Thresholds};
use crate::hunting;
use crate::model;
use crate::operate;
use crate::preview;
use crate::simulate::{self, AFTER_SIMULATE, SimulateOptions};
use crate::terminal;

/// Runs the program. Everything that it is told comes in here.
pub fn main(arguments: impl IntoIterator<Item = OsString>, environment: &Environment) -> ExitCode {
    let command_line = match CommandLine::try_parse_from(arguments) {
        Ok(command_line) => command_line,
        Err(error) => {
            // Printing help to a closed pipe is nobody's failure.
            let _ = error.print();
            return if error.use_stderr() { ExitCode::from(64) } else { ExitCode::SUCCESS };
        }
    };
    let done = match &command_line.command {
        Command::Check(options) => check::run(options, environment),
        Command::Preview(options) => preview::run(options, environment),
        Command::Eval(options) => eval::run(options, environment),
        Command::Hunt(options) => hunting::run(options, environment),
        Command::Alerts(options) => alerts::run(options),
        Command::Simulate(options) => simulate::run(options, environment),
        Command::Completions(options) => completions::run(options, CommandLine::command()),
        Command::Operate(operation) => operate::run(operation, environment),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            terminal::tell(&lambda::logs::chain(&failure));
            ExitCode::from(failure.exit_code())
        }
    }
}

/// Says what the pipeline would say about Wazuh alerts, and how often it is right; looks after a deployment.
#[derive(Debug, Parser)]
#[command(name = "triage", version)]
struct CommandLine {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Look the indicators of alerts up in feeds and at providers, and judge them; with --mail, write the mails.
    #[command(after_help = AFTER_CHECK)]
    Check(CheckOptions),
    /// Write one mail of every kind, to look at.
    #[command(after_help = AFTER_PREVIEW)]
    Preview(PreviewOptions),
    /// Score the assessment, and what a model adds to it, on alerts whose truth is known.
    #[command(after_help = AFTER_EVAL)]
    Eval(EvalOptions),
    /// Hunt in alerts for valid accounts in the wrong hands; with --rule, say who was seen in alerts of a rule.
    #[command(after_help = AFTER_HUNT)]
    Hunt(HuntOptions),
    /// List the logs of alerts, or the addresses in them.
    #[command(after_help = AFTER_ALERTS)]
    Alerts(AlertsOptions),
    /// Simulate a day of alerts: where they queue, what it costs, which limit comes first.
    #[command(after_help = AFTER_SIMULATE)]
    Simulate(Box<SimulateOptions>),
    #[command(flatten)]
    Operate(operate::Operation),
    /// Print a script that completes this program's words in a shell.
    #[command(after_help = AFTER_COMPLETIONS)]
    Completions(CompletionsOptions),
}

const AFTER_HUNT: &str = "\
Lines without a login are not parsed, so a broken one among them is not noticed.

Environment: the thresholds of the function, such as
  HUNT_FAILURES, HUNT_LEARNING_DAYS, HUNT_MIN_SCORE, HUNT_IGNORED_ACCOUNTS, HUNT_TRUSTED_NETWORKS

Exit codes:
   0  done, with findings or without
  64  wrong arguments
  65  an alert or a feed is not readable; the other alerts were used
  66  a file cannot be opened or read
  71  the asynchronous runtime did not start
  74  the output cannot be written
  78  the environment is wrong";

#[derive(Debug, Args)]
pub(crate) struct HuntOptions {
    /// Alerts as Wazuh writes them, gzipped or not, the older files first; a folder of such files; - is standard input.
    #[arg(required = true, value_name = "ALERTS.json|-")]
    pub files: Vec<PathBuf>,
    /// Says alert id, user and source address of every alert of this rule, instead of hunting.
    #[arg(long = "rule", value_name = "RULE_ID", conflicts_with = "feeds")]
    pub rules: Vec<String>,
    /// Feed of indicators: a login from an address that it lists is a finding. NAME is who lists them.
    #[arg(long = "feed", value_name = "[NAME=]FILE")]
    pub feeds: Vec<FeedFile>,
    /// One JSON document on a line for each finding or alert.
    #[arg(long)]
    pub json: bool,
}

const AFTER_ALERTS: &str = "\
Exit codes:
   0  done
  64  wrong arguments
  65  an alert is not readable; the others were used
  66  a file cannot be opened or read
  74  the output cannot be written";

#[derive(Debug, Args)]
pub(crate) struct AlertsOptions {
    /// Alerts as Wazuh writes them, gzipped or not; a folder of such files; - is standard input.
    #[arg(required = true, value_name = "ALERTS.json|-")]
    pub files: Vec<PathBuf>,
    /// Only alerts of this rule.
    #[arg(long = "rule", value_name = "RULE_ID")]
    pub rules: Vec<String>,
    /// The addresses in the alerts, each once, instead of their logs.
    #[arg(long)]
    pub ips: bool,
}

const AFTER_PREVIEW: &str = "\
Environment, for --from-alert: the variables of the functions, such as
  MAIL_TIME_ZONE, MAIL_PRIVACY, MAIL_SUBJECT, DASHBOARD_URL, MISP_URL, SITE_NOTES

Exit codes:
   0  done
  64  wrong arguments
  65  an alert is not readable; the other alerts were used
  66  a file cannot be opened or read
  73  the folder cannot be used, or holds something else
  74  the output cannot be written
  78  the environment is wrong";

#[derive(Debug, Args)]
pub(crate) struct PreviewOptions {
    /// Folder for the mails: a new or an empty one, or that of an earlier call.
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// Only this mail, by name; the list is printed for an unknown one.
    #[arg(long = "kind", value_name = "NAME", conflicts_with = "from_alert")]
    pub kinds: Vec<String>,
    /// The mails that alerts of one's own would make, whatever their level; nobody is asked.
    #[arg(long, value_name = "ALERT.json|-")]
    pub from_alert: Option<PathBuf>,
    /// Writes beside whatever is in the folder.
    #[arg(long)]
    pub force: bool,
    /// One JSON document per mail, each on a line.
    #[arg(long)]
    pub json: bool,
}

const AFTER_EVAL: &str = "\
Environment, with --model:
  MODEL_KEY               the model's key; without it the server gets none
  MODEL_PRICES, REDACTION, MODEL_AUTH, MODEL_DIALECT and so on, as on the function

Exit codes:
   0  done, and every limit that was given is kept
   1  a limit is missed; the figures were printed
  64  wrong arguments
  65  an alert, a recorded answer or a probe is not readable
  66  a file cannot be opened or read
  69  the model answered nothing
  73  the file for the answers cannot be made, or is there already
  74  the output cannot be written
  78  the environment is wrong, or the model's server turns everything down
 130  interrupted; the figures are of the answers until then";

#[derive(Debug, Args)]
pub(crate) struct EvalOptions {
    /// Alerts with a label in each, or objects with `alert` and the label; - is standard input.
    #[arg(long, value_name = "FILE", required_unless_present_all = ["attack", "benign"])]
    pub cases: Vec<PathBuf>,
    /// Field of a case that says what it was: attack or benign.
    #[arg(long, value_name = "NAME", default_value = "label")]
    pub label_field: String,
    /// Alerts that are all attacks.
    #[arg(long, value_name = "FILE")]
    pub attack: Vec<PathBuf>,
    /// Alerts that are all benign.
    #[arg(long, value_name = "FILE")]
    pub benign: Vec<PathBuf>,
    /// Leaves the alerts of this rule out, for labels that are known to be wrong.
    #[arg(long = "exclude-rule", value_name = "RULE_ID")]
    pub exclude_rules: Vec<String>,
    /// Answers of a model on the same alerts, one record on a line.
    #[arg(long, value_name = "FILE")]
    pub recorded: Vec<PathBuf>,
    /// Probes that ask for a milder verdict: each is put into each alert.
    #[arg(long, value_name = "FILE")]
    pub injection: Vec<PathBuf>,
    #[command(flatten)]
    pub live: LiveOptions,
    #[command(flatten)]
    pub thresholds: Thresholds,
    /// One JSON document.
    #[arg(long)]
    pub json: bool,
}

const AFTER_CHECK: &str = "\
Environment:
  ABUSEIPDB_API_KEY       asks AbuseIPDB  [ABUSEIPDB_URL: another address]
  OTX_API_KEY             asks OTX        [OTX_URL: another address]
  MISP_URL, MISP_API_KEY  asks MISP       [MISP_CA_BUNDLE: PEM file with a private CA]
  MODEL_KEY               the key of --model
With --mail also the variables of the functions, such as MIN_LEVEL, FORWARD_LEVEL, EXCLUDED_RULE_IDS, SITE_NOTES,
MAIL_TIME_ZONE, MAIL_PRIVACY, DASHBOARD_URL

Exit codes:
   0  done, whatever the verdict
  64  wrong arguments
  65  an alert, a feed or a warninglist is not readable; the other alerts were checked
  66  a file cannot be opened or read
  71  the asynchronous runtime did not start
  73  the folder for mails cannot be used, or holds something else
  74  the output cannot be written
  78  the environment is wrong";

#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub(crate) struct CheckOptions {
    /// One alert, JSON lines, or a JSON array of alerts, gzipped or not; a folder of such files; - is standard input,
    /// read as it comes.
    #[arg(required = true, value_name = "ALERT.json|-")]
    pub alerts: Vec<PathBuf>,
    /// Feed of indicators: rows, OTX pulses or MISP events in JSON, or a plain list. NAME is who lists them.
    #[arg(long = "feed", value_name = "[NAME=]FILE")]
    pub feeds: Vec<FeedFile>,
    /// Warninglist of MISP: bounds the score of what it lists.
    #[arg(long = "warninglist", value_name = "FILE")]
    pub warninglists: Vec<PathBuf>,
    /// Address, network, domain, URL or file hash that is left out altogether.
    #[arg(long, value_name = "PATTERN")]
    pub never_report: Vec<Pattern>,
    /// Pattern that is fine, whatever is said about it.
    #[arg(long, value_name = "PATTERN")]
    pub allow: Vec<Pattern>,
    /// Pattern that is malicious, whatever is said about it.
    #[arg(long, value_name = "PATTERN")]
    pub deny: Vec<Pattern>,
    /// Asks nobody, with or without keys.
    #[arg(long)]
    pub offline: bool,
    /// Runs the alerts through all stages, and writes the mails that come of them into this folder.
    #[arg(long, value_name = "DIR", conflicts_with = "explain")]
    pub mail: Option<PathBuf>,
    /// Writes mails beside whatever is in the folder.
    #[arg(long, requires = "mail")]
    pub force: bool,
    #[command(flatten)]
    pub model: model::Choice,
    /// One JSON document per alert, and per mail, each on a line.
    #[arg(long, conflicts_with = "explain")]
    pub json: bool,
    /// Shows how each judgement comes about.
    #[arg(long)]
    pub explain: bool,
    /// Whether addresses that are set aside for examples are looked up.
    #[arg(long, value_name = "HOW", default_value = "reserved")]
    pub documentation_addresses: DocumentationAddresses,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum DocumentationAddresses {
    Public,
    Reserved,
}

/// A feed, and what it is called if not by its own words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FeedFile {
    pub name: Option<String>,
    pub path: PathBuf,
}

impl FromStr for FeedFile {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        // What is no name belongs to the path: ./a=b.txt is a file.
        let is_name = |name: &str| {
            let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b' ');
            name.bytes().next().is_some_and(|byte| byte.is_ascii_alphanumeric()) && name.bytes().all(fits)
        };
        Ok(match text.split_once('=') {
            Some((name, path)) if is_name(name) && !path.is_empty() => {
                Self { name: Some(name.to_owned()), path: path.into() }
            }
            _ => Self { name: None, path: text.into() },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_holds_together() {
        CommandLine::command().debug_assert();
    }

    /// With everything below it, by its words.
    fn all(command: &clap::Command, words: &str) -> Vec<(String, clap::Command)> {
        let below = command.get_subcommands().filter(|below| below.get_name() != "help");
        let below = below.flat_map(|below| all(below, &format!("{words} {}", below.get_name())));
        [(words.to_owned(), command.clone())].into_iter().chain(below).collect()
    }

    #[test]
    fn every_command_and_every_option_says_what_it_is_and_is_completed() {
        let mut script = Vec::new();
        clap_complete::generate(
            clap_complete::Shell::Bash,
            &mut CommandLine::command(),
            "triage",
            &mut script,
        );
        let script = String::from_utf8(script).unwrap();
        let commands = all(&CommandLine::command(), "triage");
        assert!(commands.len() > 20, "{}", commands.len());
        for (words, command) in commands {
            assert!(command.get_about().is_some(), "{words} has no help");
            let is_end = command.get_subcommands().next().is_none();
            assert!(!is_end || command.get_after_help().is_some(), "{words} does not say its exit codes");
            let is_completed = words == "triage" || script.contains(&format!(" {} ", command.get_name()));
            assert!(is_completed, "{words} is not completed");
            for argument in command.get_arguments() {
                assert!(argument.get_help().is_some(), "{words} {} has no help", argument.get_id());
            }
        }
    }

    #[test]
    fn whatever_an_operator_asks_is_answered_in_json_too() {
        let without = |operation: &clap::Command| {
            let is_json = |argument: &clap::Arg| argument.get_id() == "json";
            let inherits =
                operation.get_arguments().any(|argument| is_json(argument) && argument.is_global_set());
            let ends = all(operation, operation.get_name()).into_iter();
            let ends = ends.filter(|(_, command)| command.get_subcommands().next().is_none());
            let silent = ends.filter(|(_, command)| !inherits && !command.get_arguments().any(is_json));
            silent.map(|(words, _)| words).collect::<Vec<_>>()
        };
        let operations = operate::Operation::augment_subcommands(clap::Command::new("triage"));
        let silent: Vec<String> = operations.get_subcommands().flat_map(without).collect();
        assert_eq!(silent, [""; 0]);
    }

    #[test]
    fn a_name_stands_before_the_file() {
        for (text, name, path) in [
            ("feeds/drop.txt", None, "feeds/drop.txt"),
            ("spamhaus-drop=drop.txt", Some("spamhaus-drop"), "drop.txt"),
            ("OTX=a=b.json", Some("OTX"), "a=b.json"),
            ("./a=b.json", None, "./a=b.json"),
            ("a=", None, "a="),
        ] {
            let Ok(feed) = text.parse::<FeedFile>();
            assert_eq!((feed.name.as_deref(), feed.path), (name, path.into()), "{text}");
        }
    }
}
