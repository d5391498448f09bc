//! `triage secrets`: the keys of providers, of feeds and of the model, which no argument, file or output ever shows.

mod prompt;

use std::str::FromStr;

use clap::{Args, Subcommand};
use jiff::Timestamp;
use lambda::config::Environment;
use lambda::secrets::{Secret, Secrets};
use serde::Serialize;

use aws_sdk_ssm::operation::get_parameter::GetParameterError;
use aws_sdk_ssm::types::{Parameter, ParameterStringFilter, ParameterType};

use super::{AFTER, Account, AccountError, Paper, Table, Target, Tone};
use crate::failure::Failure;

#[derive(Debug, Args)]
pub(crate) struct SecretsOptions {
    #[command(subcommand)]
    command: SecretsCommand,
    #[command(flatten)]
    target: Target,
    /// One JSON document.
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum SecretsCommand {
    /// Which keys are set, and since when; never what they are.
    #[command(after_help = AFTER)]
    List,
    /// Set a key: asked for on the terminal without showing it, or read from standard input.
    #[command(after_help = AFTER_SET)]
    Set(Which),
    /// Take a key back: its provider is off within ten minutes.
    #[command(after_help = AFTER)]
    Unset(Which),
}

const AFTER_SET: &str = "\
In a pipe: `pass abuseipdb | triage secrets set abuseipdb`. A line end at the end is no part of the key.
A key that replaces one which the provider refuses is used within a minute, a first one within ten; nothing is deployed.
It stays encrypted with the KMS key that it is encrypted with.
Needs ssm:GetParameter and ssm:PutParameter on the parameter, and ssm:DescribeParameters unless --key-id is given.";

#[derive(Debug, Args)]
struct Which {
    /// abuseipdb, misp, otx, abusech, model; webhook-GROUP: the address of a group's chat; traces-headers: NAME=VALUE,….
    key: Key,
    /// KMS key that encrypts it from now on; the functions must be allowed to use it. alias/aws/ssm is the one of AWS.
    #[arg(long, value_name = "KEY")]
    key_id: Option<String>,
}

/// A secret of a deployment.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Key {
    /// Of a provider, of feeds, of the model: one of [`KEYS`].
    Of(&'static str),
    /// The address of a group's chat.
    Webhook(String),
    /// What the collector of traces wants to see.
    TracesHeaders,
}

const KEYS: [&str; 5] = ["abuseipdb", "misp", "otx", "abusech", "model"];
const TRACES_HEADERS: &str = "traces-headers";
const WEBHOOK: &str = "webhook-";

impl FromStr for Key {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let key = KEYS.into_iter().find(|key| *key == text).map(Self::Of);
        let headers = || (text == TRACES_HEADERS).then_some(Self::TracesHeaders);
        let group = || text.strip_prefix(WEBHOOK).filter(|group| !group.is_empty());
        let webhook = || group().map(|group| Self::Webhook(group.to_owned()));
        key.or_else(headers)
            .or_else(webhook)
            .ok_or_else(|| format!("there are {}, {WEBHOOK}GROUP and {TRACES_HEADERS}", KEYS.join(", ")))
    }
}

impl Key {
    /// What a person calls it.
    fn name(&self) -> String {
        match self {
            Self::Of(who) => (*who).to_owned(),
            Self::Webhook(group) => format!("{WEBHOOK}{group}"),
            Self::TracesHeaders => TRACES_HEADERS.to_owned(),
        }
    }

    /// Its parameter, without the deployment.
    fn parameter(&self) -> String {
        match self {
            Self::Of(who) => format!("{who}-key"),
            Self::Webhook(_) | Self::TracesHeaders => self.name(),
        }
    }
}

#[derive(Serialize)]
struct Listed {
    schema: u8,
    parameters: Vec<Row>,
}

#[derive(Serialize)]
struct Row {
    key: String,
    name: String,
    is_set: bool,
    version: i64,
    changed_at: Option<Timestamp>,
}

#[derive(Serialize)]
struct Written<'a> {
    schema: u8,
    name: &'a str,
    version: i64,
}

pub(crate) fn run(options: &SecretsOptions, environment: &Environment) -> Result<(), Failure> {
    // Whoever types a key must not wait for AWS first, nor AWS for the typing.
    let value = match &options.command {
        SecretsCommand::List => None,
        SecretsCommand::Set(which) => Some((which, usable(&prompt::ask(&which.key.name())?)?)),
        SecretsCommand::Unset(which) => Some((which, Secret::new(Secrets::UNSET))),
    };
    crate::runtime()?.block_on(async {
        let account = Account::open(&options.target, environment).await?;
        let mut paper = Paper::new(environment);
        match value {
            None => list(&account, options, &mut paper).await,
            Some((which, value)) => set(&account, options, which, &value, &mut paper).await,
        }
    })
}

/// The key as it was meant, or why it is none. Never tells what was typed.
fn usable(typed: &Secret) -> Result<Secret, Failure> {
    let text = typed.reveal();
    let text = text.strip_suffix('\n').unwrap_or(text);
    let text = text.strip_suffix('\r').unwrap_or(text);
    if text.is_empty() {
        return Err(Failure::Key("it is empty; nothing was changed"));
    }
    if text.eq_ignore_ascii_case(Secrets::UNSET) {
        return Err(Failure::Key("that word means that there is none; `triage secrets unset` says so"));
    }
    if text.chars().any(|character| character.is_control() || character.is_whitespace()) {
        return Err(Failure::Key("it has blanks, control characters or several lines; nothing was changed"));
    }
    Ok(Secret::new(text))
}

async fn list(account: &Account, options: &SecretsOptions, paper: &mut Paper) -> Result<(), Failure> {
    let ssm = account.ssm();
    let mut parameters = Vec::new();
    for key in KEYS.map(Key::Of).into_iter().chain([Key::TracesHeaders]) {
        let name = account.parameter(&key.parameter());
        let parameter = match read(&ssm, account, &name).await {
            Err(AccountError::Missing { .. }) if key == Key::TracesHeaders => continue,
            read => read?,
        };
        let is_set = parameter.value().is_some_and(|value| value != Secrets::UNSET);
        let changed_at = parameter.last_modified_date().and_then(|at| Timestamp::from_second(at.secs()).ok());
        parameters.push(Row { key: key.name(), name, is_set, version: parameter.version(), changed_at });
    }
    if options.json {
        return paper.json(&Listed { schema: 1, parameters });
    }
    let mut table = Table::new(&["KEY", "STATE", "VERSION", "CHANGED", "PARAMETER"]);
    for row in parameters {
        let state = if row.is_set { "set" } else { "unset" };
        let changed = row.changed_at.map_or_else(|| "-".to_owned(), crate::operate::second);
        let tone = if row.is_set { Tone::Good } else { Tone::Plain };
        table.row(tone, [row.key, state.to_owned(), row.version.to_string(), changed, row.name]);
    }
    paper.table(&table)
}

async fn set(
    account: &Account,
    options: &SecretsOptions,
    which: &Which,
    value: &Secret,
    paper: &mut Paper,
) -> Result<(), Failure> {
    let ssm = account.ssm();
    let name = account.parameter(&which.key.parameter());
    // A wrong --name would otherwise make a parameter that nobody reads.
    read(&ssm, account, &name).await?;
    let key_id = match &which.key_id {
        Some(key_id) => Some(key_id.clone()),
        None => encrypted_with(&ssm, &name).await?,
    };
    let written = ssm
        .put_parameter()
        .name(&name)
        .value(value.reveal())
        .r#type(ParameterType::SecureString)
        .set_key_id(key_id)
        .overwrite(true)
        .send()
        .await
        .map_err(|error| AccountError::of(format!("write the parameter {name}"), &error))?;
    let version = written.version();
    if options.json {
        return paper.json(&Written { schema: 1, name: &name, version });
    }
    paper.line(Tone::Plain, &format!("{name} has version {version}"))
}

/// The parameter, which must be there.
async fn read(ssm: &aws_sdk_ssm::Client, account: &Account, name: &str) -> Result<Parameter, AccountError> {
    let missing = || AccountError::Missing {
        what: "parameter",
        name: name.to_owned(),
        region: account.region().to_owned(),
    };
    match ssm.get_parameter().name(name).with_decryption(true).send().await {
        Ok(found) => found.parameter.ok_or_else(missing),
        Err(error) if error.as_service_error().is_some_and(GetParameterError::is_parameter_not_found) => {
            Err(missing())
        }
        Err(error) => Err(AccountError::of(format!("read the parameter {name}"), &error)),
    }
}

/// The KMS key that it is encrypted with: who writes a parameter without one gives it back to that of AWS.
async fn encrypted_with(ssm: &aws_sdk_ssm::Client, name: &str) -> Result<Option<String>, AccountError> {
    let filter = ParameterStringFilter::builder().key("Name").option("Equals").values(name).build();
    let request = ssm.describe_parameters().set_parameter_filters(filter.ok().map(|filter| vec![filter]));
    let found = request.send().await.map_err(|error| {
        AccountError::of(format!("see which KMS key encrypts {name} (--key-id says it)"), &error)
    })?;
    let parameter = found.parameters().iter().find(|parameter| parameter.name() == Some(name));
    Ok(parameter.and_then(|parameter| parameter.key_id()).map(str::to_owned))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_secret_of_a_deployment_has_a_name() {
        let check = |text: &str, parameter: Option<&str>| {
            assert_eq!(text.parse::<Key>().ok().map(|key| key.parameter()).as_deref(), parameter, "{text}");
        };
        check("abuseipdb", Some("abuseipdb-key"));
        check("traces-headers", Some("traces-headers"));
        check("webhook-night-shift", Some("webhook-night-shift"));
        check("webhook-", None);
        check("abuseipdb-key", None);
        assert!("ab".parse::<Key>().unwrap_err().starts_with("there are abuseipdb, misp"));
    }

    #[test]
    fn a_key_is_what_was_typed_without_the_end_of_the_line() {
        for (typed, expected) in [
            ("s3cret", Some("s3cret")),
            ("s3cret\n", Some("s3cret")),
            ("s3cret\r\n", Some("s3cret")),
            ("", None),
            ("\n", None),
            ("unset\n", None),
            ("UNSET", None),
            ("two words", None),
            ("two\nlines\n", None),
        ] {
            let key = usable(&Secret::new(typed));
            assert_eq!(key.as_ref().ok().map(Secret::reveal), expected, "{typed:?}");
            if let Err(failure) = key {
                assert_eq!(failure.exit_code(), 65);
                assert!(!format!("{failure} {failure:?}").contains("two"), "{failure}");
            }
        }
    }
}
