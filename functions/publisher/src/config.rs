//! The publisher's configuration: arguments, then environment, then the TOML file, then defaults.

mod back;
mod following;
mod problems;
mod setting;

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::destination::{Destination, EndpointUrl, Profile, QueueUrl};
use crate::failure::Failure;
use crate::follow::FollowOptions;
use crate::home::Home;
use crate::queue::Access;
use crate::relay::settings::Settings as RelaySettings;
use crate::spool::Durability;

use problems::Problem;

pub use following::Intake;
pub use problems::Problems;
pub use setting::Setting;

/// Where the environment's variables come from.
pub type Environment<'a> = dyn Fn(&str) -> Option<OsString> + 'a;

/// All that can be set, checked.
#[derive(Debug)]
pub struct Config {
    pub queue_url: Option<QueueUrl>,
    pub profile: Option<Profile>,
    pub endpoint_url: Option<EndpointUrl>,
    pub spool: PathBuf,
    pub durability: Durability,
    pub limits: Limits,
    /// Nothing on a host without Wazuh, unless it is set.
    pub log: Option<PathBuf>,
    pub access: Access,
    /// Nothing where `intake` says `integration`.
    pub follow: Option<FollowOptions>,
    /// The whole program, for the integration: it alone reads it.
    pub publisher: Option<PathBuf>,
    /// The file that was read.
    pub file: Option<PathBuf>,
    pub relay: RelaySettings,
}

impl Config {
    /// Reads everything and reports every error at once.
    pub fn read(arguments: &Arguments, environment: &Environment, home: &Home) -> Result<Self, Problems> {
        let mut reader =
            Reader { arguments, environment, file: File::default(), problems: Problems::default() };
        reader.open_file(home);
        let spool = reader.path(Setting::Spool).unwrap_or_else(|| home.spool());
        let mut config = Self {
            follow: reader.follow(home, &spool),
            queue_url: reader.parsed(Setting::QueueUrl),
            profile: reader.parsed(Setting::Profile),
            endpoint_url: reader.parsed(Setting::EndpointUrl),
            spool,
            durability: reader.parsed(Setting::Durability).unwrap_or_default(),
            limits: Limits {
                max_bytes: reader.number(Setting::SpoolMaxBytes).unwrap_or(Limits::DEFAULT.max_bytes),
                max_age: reader
                    .number(Setting::SpoolMaxAgeHours)
                    .map_or(Limits::DEFAULT.max_age, Duration::from_hours),
            },
            log: reader.path(Setting::Log).or_else(|| home.log()),
            access: Access {
                credentials_file: reader.path(Setting::CredentialsFile),
                ca_bundle: reader.variable("AWS_CA_BUNDLE").map(PathBuf::from),
            },
            publisher: reader.path(Setting::Publisher),
            file: reader.file.path.is_absolute().then(|| reader.file.path.clone()),
            relay: reader.relay(home),
        };
        config.relay.state = config.spool.join("relay");
        if reader.problems.0.is_empty() { Ok(config) } else { Err(reader.problems) }
    }

    pub fn intake(&self) -> Intake {
        if self.follow.is_some() { Intake::Follow } else { Intake::Integration }
    }

    pub fn destination(&self) -> Result<Destination, Failure> {
        Ok(Destination {
            queue_url: self.queue_url.clone().ok_or(Failure::NoQueue)?,
            profile: self.profile.clone(),
            endpoint_url: self.endpoint_url.clone(),
        })
    }
}

/// What the spool may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    pub max_bytes: u64,
    /// An alert that waits longer goes to `rejected/`: a week-old alert is for a person, not for an alarm.
    pub max_age: Duration,
}

impl Limits {
    pub const DEFAULT: Self = Self { max_bytes: 1 << 30, max_age: Duration::from_hours(7 * 24) };
}

/// What the caller gave, as it was given; empty values count as not given.
#[derive(Debug)]
pub struct Arguments {
    pub caller: Caller,
    pub values: Vec<(Setting, OsString)>,
    pub config: Option<PathBuf>,
}

/// Who called: decides how a wrong argument is named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Caller {
    CommandLine,
    Integratord,
}

#[derive(Default)]
struct File {
    path: PathBuf,
    table: toml::Table,
}

struct Reader<'a> {
    arguments: &'a Arguments,
    environment: &'a Environment<'a>,
    file: File,
    problems: Problems,
}

impl Reader<'_> {
    fn parsed<T: TryFrom<String, Error = &'static str>>(&mut self, setting: Setting) -> Option<T> {
        let (name, value) = self.pick(setting)?;
        let parsed = value.into_string().map_err(|_| "it is not UTF-8").and_then(T::try_from);
        parsed.map_err(|problem| self.problem(&name, problem, setting.example())).ok()
    }

    /// A whole number above zero.
    fn number(&mut self, setting: Setting) -> Option<u64> {
        let (name, value) = self.pick(setting)?;
        let number = value.to_str().and_then(|text| text.parse().ok()).filter(|number| *number > 0);
        if number.is_none() {
            self.problem(&name, "it is not a whole number above zero", setting.example());
        }
        number
    }

    fn path(&mut self, setting: Setting) -> Option<PathBuf> {
        let (name, value) = self.pick(setting)?;
        let path = PathBuf::from(value);
        if !path.is_absolute() && self.arguments.caller == Caller::Integratord {
            self.problem(&name, "it is not an absolute path", setting.example());
        }
        Some(path)
    }

    /// The value that counts, and the name under which it was given.
    fn pick(&self, setting: Setting) -> Option<(String, OsString)> {
        let given = self.arguments.values.iter().find(|(name, value)| *name == setting && !value.is_empty());
        if let Some((_, value)) = given {
            return Some((self.argument_name(setting), value.clone()));
        }
        let variable = setting.variable();
        if let Some(value) = self.variable(&variable) {
            return Some((variable, value));
        }
        let value = match self.file.table.get(setting.key())? {
            toml::Value::String(text) if text.is_empty() => return None,
            toml::Value::String(text) => text.clone(),
            toml::Value::Integer(number) => number.to_string(),
            _ => return None,
        };
        Some((format!("{} in {}", setting.key(), self.file.path.display()), value.into()))
    }

    fn argument_name(&self, setting: Setting) -> String {
        match (self.arguments.caller, setting) {
            (Caller::Integratord, Setting::QueueUrl) => "<hook_url>".to_owned(),
            (Caller::Integratord, Setting::Profile) => "<api_key>".to_owned(),
            (Caller::Integratord | Caller::CommandLine, _) => {
                format!("--{}", setting.key().replace('_', "-"))
            }
        }
    }

    fn variable(&self, name: &str) -> Option<OsString> {
        (self.environment)(name).filter(|value| !value.is_empty())
    }

    fn open_file(&mut self, home: &Home) {
        let named = self.arguments.config.clone();
        let named = named.or_else(|| self.variable("WAZUH_TRIAGE_CONFIG").map(PathBuf::from));
        let path = named.clone().unwrap_or_else(|| home.config_file());
        match std::fs::read_to_string(&path) {
            Ok(text) => self.read_file(path, &text),
            Err(error) if error.kind() == io::ErrorKind::NotFound && named.is_none() => {}
            Err(error) => {
                let name = format!("configuration file {}", path.display());
                self.problem(
                    &name,
                    &format!("it cannot be read: {error}"),
                    "--config /var/ossec/etc/wazuh-triage.toml",
                );
            }
        }
    }

    fn read_file(&mut self, path: PathBuf, text: &str) {
        let table: toml::Table = match text.parse() {
            Ok(table) => table,
            Err(error) => return self.not_toml(&path, text, &error),
        };
        for (key, value) in &table {
            let name = format!("{key} in {}", path.display());
            let Some(setting) = Setting::ALL.into_iter().find(|setting| setting.key() == key) else {
                self.problem(&name, "no such setting", &all_keys());
                continue;
            };
            if setting.is_number() && !value.is_integer() {
                self.problem(&name, "it is not a number without quotes", &toml_example(setting));
            }
            if !setting.is_number() && !value.is_str() {
                self.problem(&name, "it is not a text in quotes", &toml_example(setting));
            }
        }
        self.file = File { path, table };
    }

    /// Says where, but not what stands there.
    fn not_toml(&mut self, path: &Path, text: &str, error: &toml::de::Error) {
        let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
        let name = format!("configuration file {}", path.display());
        let problem = format!("line {} is not TOML", before.matches('\n').count() + 1);
        self.problem(&name, &problem, &toml_example(Setting::QueueUrl));
    }

    fn problem(&mut self, name: &str, wrong: &str, example: &str) {
        self.problems.0.push(Problem {
            name: name.to_owned(),
            wrong: wrong.to_owned(),
            example: example.to_owned(),
        });
    }
}

fn all_keys() -> String {
    Setting::ALL.map(Setting::key).join(", ")
}

fn toml_example(setting: Setting) -> String {
    let quote = if setting.is_number() { "" } else { "\"" };
    format!("{} = {quote}{}{quote}", setting.key(), setting.example())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::follow::Start;

    struct Given {
        arguments: Vec<(Setting, OsString)>,
        environment: Vec<(&'static str, &'static str)>,
        file: &'static str,
    }

    fn read(caller: Caller, given: Given) -> Result<Config, Problems> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("test.toml");
        std::fs::write(&file, given.file).unwrap();
        let arguments = Arguments { caller, values: given.arguments, config: Some(file) };
        let environment = |name: &str| {
            given.environment.iter().find(|(known, _)| *known == name).map(|(_, value)| OsString::from(value))
        };
        Config::read(&arguments, &environment, &Home::of(Path::new("/ossec/integrations/x")))
    }

    #[test]
    fn arguments_come_before_the_environment_and_that_before_the_file() {
        let config = read(
            Caller::CommandLine,
            Given {
                arguments: vec![(Setting::Profile, "from-argument".into()), (Setting::Spool, "".into())],
                environment: vec![
                    ("WAZUH_TRIAGE_PROFILE", "from-environment"),
                    ("WAZUH_TRIAGE_SPOOL", "/from/environment"),
                ],
                file: "profile = \"from-file\"\nspool = \"/from/file\"\nqueue_url = \"https://from.file/q\"\n",
            },
        )
        .unwrap();
        assert_eq!(config.profile.unwrap().as_str(), "from-argument");
        assert_eq!(config.spool, Path::new("/from/environment"));
        assert_eq!(config.queue_url.unwrap().as_str(), "https://from.file/q");
    }

    #[test]
    fn what_is_not_set_lies_in_the_home() {
        let config =
            read(Caller::CommandLine, Given { arguments: vec![], environment: vec![], file: "" }).unwrap();
        assert_eq!(config.spool, Path::new("/ossec/queue/wazuh-triage"));
        assert_eq!(config.log, None);
        assert_eq!(config.follow.as_ref().unwrap().alerts, Path::new("/ossec/logs/alerts/alerts.json"));
        assert!(matches!(config.destination(), Err(Failure::NoQueue)));
    }

    #[test]
    fn every_error_is_reported_at_once_with_a_name_and_an_example() {
        let problems = read(
            Caller::Integratord,
            Given {
                arguments: vec![
                    (Setting::Profile, "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY".into()),
                    (Setting::QueueUrl, "queue".into()),
                ],
                environment: vec![("WAZUH_TRIAGE_SPOOL", "relative")],
                file: "queu_url = \"https://a/q\"\nlog = 7\n",
            },
        )
        .unwrap_err()
        .to_string();
        for part in [
            "queu_url in ",
            "no such setting (example: queue_url, profile, endpoint_url, spool, log, credentials_file, publisher, durability, spool_max_bytes",
            "it is not a text in quotes (example: log = ",
            "<hook_url>: it does not begin with https://",
            "<api_key>: it looks like an AWS key",
            "WAZUH_TRIAGE_SPOOL: it is not an absolute path",
        ] {
            assert!(problems.contains(part), "{part} is missing in: {problems}");
        }
        assert!(!problems.contains("wJalr"), "{problems}");
    }

    #[test]
    fn alerts_json_is_followed_unless_it_is_left_to_integratord() {
        let follow = |file| {
            let given = Given { arguments: vec![], environment: vec![], file };
            let config = read(Caller::CommandLine, given).map_err(|problems| problems.to_string())?;
            Ok(config.follow.map(|options| (options.filter.min_level, options.start)))
        };
        for (file, expected) in [
            ("", Ok(Some((6, Start::End)))),
            ("intake = \"follow\"\nfollow_level = 16\n", Ok(Some((16, Start::End)))),
            ("follow_from = \"beginning\"\n", Ok(Some((6, Start::Beginning)))),
            ("intake = \"integration\"\n", Ok(None)),
            ("intake = \"both\"\n", Err("it is neither follow nor integration")),
            ("follow_level = 17\n", Err("it is not a level from 1 to 16")),
            ("follow_level = 0\n", Err("it is not a level from 1 to 16")),
        ] {
            let found: Result<_, String> = follow(file);
            match (&found, expected) {
                (Err(found), Err(expected)) => assert!(found.contains(expected), "{file}: {found}"),
                _ => assert_eq!(found, expected.map_err(str::to_owned), "{file}"),
            }
        }
    }

    #[test]
    fn a_file_that_is_not_toml_is_named_with_the_line() {
        let given = Given { arguments: vec![], environment: vec![], file: "\nqueue_url = secret\n" };
        let problems = read(Caller::CommandLine, given).unwrap_err().to_string();
        assert!(problems.contains("line 2 is not TOML"), "{problems}");
        assert!(!problems.contains("secret"), "{problems}");
    }

    #[test]
    fn the_file_that_is_shipped_as_an_example_is_right_in_every_line() {
        let example = include_str!("../../../infra/wazuh/wazuh-triage.toml");
        let file: String =
            example.lines().filter_map(|line| line.strip_prefix("# ")).fold(String::new(), |file, line| {
                if line.contains(" = \"") || line.contains(" = 1") || line.contains(" = 6") {
                    file + line + "\n"
                } else {
                    file
                }
            });
        assert_eq!(file.lines().count(), Setting::ALL.len());
        let given = Given { arguments: vec![], environment: vec![], file: file.leak() };
        assert!(read(Caller::CommandLine, given).is_ok());
    }
}
