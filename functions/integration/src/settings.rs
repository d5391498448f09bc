//! What a call needs to know, from arguments, environment and the plain lines of `wazuh-triage.toml`.
//!
//! The whole program reads the same settings with a TOML parser and says what is wrong with them. Here anything that is
//! wrong or not plain is [`None`], and the call is the whole program's.

use std::ffi::{OsStr, OsString};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use intake::destination::{Destination, EndpointUrl, Profile, QueueUrl};
use intake::home::Home;
use intake::spool::Durability;

#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Settings {
    pub(crate) file: PathBuf,
    pub(crate) destination: Destination,
    pub(crate) spool: PathBuf,
    pub(crate) durability: Durability,
    pub(crate) log: Option<PathBuf>,
    /// The whole program; nothing when it lies where it is looked for.
    pub(crate) publisher: Option<PathBuf>,
    /// The configuration that was read, for the whole program to read again.
    pub(crate) config: Option<PathBuf>,
    pub(crate) debug: bool,
}

type Environment<'a> = dyn Fn(&str) -> Option<OsString> + 'a;

impl Settings {
    /// Nothing when the call is not an ordinary one.
    pub(crate) fn read(arguments: &[OsString], environment: &Environment, home: &Home) -> Option<Self> {
        let argument = |place: usize| arguments.get(place - 1).filter(|argument| !argument.is_empty());
        let file = PathBuf::from(argument(1)?);
        // `send`, `ship`, `--help`: integratord names files by their whole paths.
        if !file.is_absolute() {
            return None;
        }
        let variable = |name: &str| environment(name).filter(|value| !value.is_empty());
        let named = variable("WAZUH_TRIAGE_CONFIG").map(PathBuf::from);
        let (config, lines) =
            match std::fs::read_to_string(named.clone().unwrap_or_else(|| home.config_file())) {
                Ok(text) => (Some(named.unwrap_or_else(|| home.config_file())), top_level(&text)?),
                Err(error) if error.kind() == ErrorKind::NotFound && named.is_none() => (None, Vec::new()),
                Err(_) => return None,
            };
        let pick = |key: &str, given: Option<&OsString>| {
            let set = || variable(&format!("WAZUH_TRIAGE_{}", key.to_ascii_uppercase()));
            let line = || lines.iter().find(|(name, _)| name == key).map(|(_, value)| OsString::from(value));
            given.cloned().or_else(set).or_else(line).filter(|value| !value.is_empty())
        };
        let destination = Destination {
            queue_url: QueueUrl::try_from(pick("queue_url", argument(3))?.into_string().ok()?).ok()?,
            profile: parsed::<Profile>(pick("profile", argument(2)))?,
            endpoint_url: parsed::<EndpointUrl>(pick("endpoint_url", None))?,
        };
        Some(Self {
            file,
            destination,
            spool: absolute(pick("spool", None))?.unwrap_or_else(|| home.spool()),
            durability: parsed::<Durability>(pick("durability", None))?.unwrap_or_default(),
            log: absolute(pick("log", None))?.or_else(|| home.log()),
            publisher: absolute(pick("publisher", None))?,
            config,
            debug: argument(4).is_some_and(|word| word == "debug"),
        })
    }
}

/// Nothing when it is wrong; nothing inside when it is not set.
#[expect(clippy::option_option, reason = "wrong is not the same as not set")]
fn parsed<T: TryFrom<String>>(value: Option<OsString>) -> Option<Option<T>> {
    let Some(value) = value else { return Some(None) };
    T::try_from(value.into_string().ok()?).ok().map(Some)
}

#[expect(clippy::option_option, reason = "wrong is not the same as not set")]
fn absolute(value: Option<OsString>) -> Option<Option<PathBuf>> {
    let Some(path) = value else { return Some(None) };
    Path::new::<OsStr>(path.as_ref()).is_absolute().then(|| Some(path.into()))
}

/// The texts before the first table. Settings that are numbers or lists are not ours; nothing when a line is not plain.
fn top_level(text: &str) -> Option<Vec<(String, String)>> {
    let mut settings: Vec<(String, String)> = Vec::new();
    for line in text.lines().map(str::trim) {
        if line.starts_with('[') {
            break;
        }
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let (key, value) = line.split_once('=')?;
        let (key, value) = (key.trim(), value.trim());
        if !key.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_') {
            return None;
        }
        if is_plain(value) && !TEXTS.contains(&key) {
            continue;
        }
        let (text, rest) = value.strip_prefix('"')?.split_once('"')?;
        let rest = rest.trim_start();
        let is_twice = settings.iter().any(|(known, _)| known == key);
        if text.contains('\\') || !(rest.is_empty() || rest.starts_with('#')) || is_twice {
            return None;
        }
        settings.push((key.to_owned(), text.to_owned()));
    }
    Some(settings)
}

/// What is read here; the other settings are the whole program's.
const TEXTS: [&str; 7] = ["queue_url", "profile", "endpoint_url", "spool", "durability", "log", "publisher"];

/// A number, a truth value, or a list of numbers: on one line, and none of ours.
fn is_plain(value: &str) -> bool {
    let value = value.split('#').next().unwrap_or(value).trim();
    let list = value.strip_prefix('[').and_then(|list| list.strip_suffix(']'));
    let is_number = |text: &str| {
        !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-_. ,".contains(&byte))
    };
    list.map_or_else(|| is_number(value), |list| list.is_empty() || is_number(list))
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUEUE: &str = "https://sqs.eu-central-1.amazonaws.com/1/q";

    fn read(arguments: &[&str], environment: &[(&str, &str)], file: &str) -> Option<Settings> {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(folder.path().join("etc")).unwrap();
        std::fs::write(folder.path().join("etc/wazuh-triage.toml"), file).unwrap();
        let arguments: Vec<OsString> = arguments.iter().map(OsString::from).collect();
        let environment = |name: &str| {
            environment.iter().find(|(known, _)| *known == name).map(|(_, value)| OsString::from(value))
        };
        Settings::read(&arguments, &environment, &Home::of(&folder.path().join("integrations/x")))
    }

    #[test]
    fn arguments_come_before_the_environment_and_that_before_the_file() {
        let file = "queue_url = \"https://from.file/q\"\nprofile = \"file\" # a comment\nspool = \"/from/file\"\n\
                    spool_max_bytes = 1_000\nlist = [1, 2]\n\n[follow]\nspool = 7\n";
        let environment = [("WAZUH_TRIAGE_PROFILE", "environment"), ("WAZUH_TRIAGE_DURABILITY", "disk")];
        let settings = read(&["/a.alert", "argument", "", "debug"], &environment, file).unwrap();
        assert_eq!(settings.destination.profile.unwrap().as_str(), "argument");
        assert_eq!(settings.destination.queue_url.as_str(), "https://from.file/q");
        assert_eq!(settings.spool, Path::new("/from/file"));
        assert_eq!((settings.durability, settings.debug, settings.log), (Durability::Disk, true, None));
        assert!(settings.config.unwrap().ends_with("etc/wazuh-triage.toml"));
    }

    #[test]
    fn what_is_wrong_or_not_plain_is_for_the_whole_program() {
        for arguments in [&[][..], &["", "", QUEUE], &["send", "x"], &["/a", "", ""], &["/a", "", "queue"]] {
            assert_eq!(read(arguments, &[], ""), None, "{arguments:?}");
        }
        assert_eq!(read(&["/a", "AKIAIOSFODNN7EXAMPLE", QUEUE], &[], ""), None);
        assert_eq!(read(&["/a", "", QUEUE], &[("WAZUH_TRIAGE_SPOOL", "relative")], ""), None);
        assert_eq!(read(&["/a", "", QUEUE], &[("WAZUH_TRIAGE_CONFIG", "/nowhere")], ""), None);
        for file in [
            "spool = \"/a\\u0062\"",
            "spool = \"\"\"/a\"\"\"",
            "spool = '/a'",
            "spool = \"/a\" \"/b\"",
            "spool = \"/a\"\nspool = \"/b\"",
            "\"spool\" = \"/a\"",
            "spool",
            "list = [\n\"[\"\n]",
            "x.y = 1",
            "log = 7",
        ] {
            assert_eq!(read(&["/a", "", QUEUE], &[], file), None, "{file}");
        }
        assert!(read(&["/a", "", QUEUE], &[], "").is_some());
    }
}
