//! The sample alerts: one file each, sent by the real publisher.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use domain::Alert;
use domain::incident::IncidentId;
use jiff::Timestamp;
use tokio::process::Command;

use crate::dated;
use crate::process;
use crate::project;
use crate::stack::{self, Stack};

/// One file of the folder.
#[derive(Clone, Debug)]
pub(crate) struct Sample {
    pub path: PathBuf,
    /// The file's name without its folder.
    pub file: String,
    pub content: Content,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Content {
    Alert {
        /// As the functions write it: `<cluster.node or manager.name>/<alert.id>`.
        key: String,
        /// Its incident, and its rule about each of its indicators: an alert that shares one with another repeats it.
        topics: Vec<String>,
        description: String,
    },
    Malformed,
}

impl Sample {
    pub(crate) fn description(&self) -> &str {
        match &self.content {
            Content::Alert { description, .. } => description,
            Content::Malformed => "(not a readable alert)",
        }
    }

    fn topics(&self) -> &[String] {
        match &self.content {
            Content::Alert { topics, .. } => topics,
            Content::Malformed => &[],
        }
    }

    /// Hands the file to the publisher, and the publisher to the queue. What happened minutes ago is dated first.
    pub(crate) async fn send(&self, stack: &Stack) -> Result<()> {
        let mut command = Command::new(&stack.publisher);
        let path = dated::file(&self.path, &stack.publisher_folder.join(&self.file), Timestamp::now())?;
        command.arg("send").arg(path).args(["--queue-url", &stack.outputs.queues.alerts]);
        command.args(stack.publisher_arguments());
        if self.content == Content::Malformed {
            command.arg("--as-is");
        }
        command.envs(stack::environment(&stack.endpoint));
        process::output(&mut command, Duration::from_mins(1))
            .await
            .with_context(|| format!("could not send {}", self.file))?;
        Ok(())
    }
}

/// The samples that come with the project.
pub(crate) fn built_in() -> PathBuf {
    project::folder().join("infra/local/alerts")
}

/// Every `*.json` of a folder, by name.
pub(crate) fn read(folder: &Path) -> Result<Vec<Sample>> {
    let entries = fs::read_dir(folder).with_context(|| format!("could not read {}", folder.display()))?;
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
    paths.sort();
    if paths.is_empty() {
        bail!("{} holds no *.json", folder.display());
    }
    paths.into_iter().map(|path| read_one(&path)).collect()
}

/// First whatever is new, then what repeats it: whether an alert opens an incident or is counted in one then does
/// not depend on which of the two is handled first.
pub(crate) fn waves(samples: &[Sample]) -> [Vec<usize>; 2] {
    let mut seen = HashSet::new();
    let mut waves = [Vec::new(), Vec::new()];
    let [first, repeats] = &mut waves;
    for (index, sample) in samples.iter().enumerate() {
        let new = sample.topics().iter().filter(|topic| seen.insert(*topic)).count();
        if new == sample.topics().len() { first.push(index) } else { repeats.push(index) }
    }
    waves
}

fn read_one(path: &Path) -> Result<Sample> {
    let text = fs::read(path).with_context(|| format!("could not read {}", path.display()))?;
    let file = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    Ok(Sample { path: path.to_owned(), file, content: content(&text) })
}

fn content(text: &[u8]) -> Content {
    let text = String::from_utf8_lossy(text);
    let Ok(alert) = Alert::parse(&text) else { return Content::Malformed };
    let rule = alert.rule();
    let about = |indicator: String| format!("{} {indicator}", rule.id);
    let indicators = alert.indicators().into_iter().map(|found| about(found.indicator.key()));
    Content::Alert {
        key: alert.key().to_string(),
        topics: indicators.chain([IncidentId::of(&alert).to_string()]).collect(),
        description: rule.description.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_samples_cover_what_the_demo_promises() {
        let samples = read(&built_in()).unwrap();
        let malformed = samples.iter().filter(|sample| sample.content == Content::Malformed).count();
        let keys: Vec<&String> = samples
            .iter()
            .filter_map(|sample| match &sample.content {
                Content::Alert { key, .. } => Some(key),
                Content::Malformed => None,
            })
            .collect();
        let distinct: HashSet<&&String> = keys.iter().collect();
        assert_eq!((samples.len(), malformed, keys.len() - distinct.len()), (35, 1, 1));
        let [first, repeats] = waves(&samples);
        assert_eq!((first.len(), repeats.len()), (27, 8));
    }

    #[test]
    fn only_documentation_addresses_are_public() {
        for sample in read(&built_in()).unwrap() {
            let text = fs::read_to_string(&sample.path).unwrap();
            for word in text.split(|letter: char| !letter.is_ascii_digit() && letter != '.') {
                let Ok(address) = word.parse::<std::net::Ipv4Addr>() else { continue };
                assert!(address.is_private() || address.is_documentation(), "{}: {address}", sample.file);
            }
        }
    }

    #[test]
    fn a_repeat_waits_for_what_it_repeats() {
        let sample = |file: &str, rule: &str, agent: &str, address: &str| {
            let text = format!(
                r#"{{"id":"{file}","rule":{{"id":"{rule}","level":10}},"agent":{{"id":"{agent}"}},"data":{{"srcip":"{address}"}}}}"#
            );
            Sample { path: file.into(), file: file.to_owned(), content: content(text.as_bytes()) }
        };
        let samples = [
            sample("1", "5763", "001", "203.0.113.24"),
            sample("2", "5763", "001", "203.0.113.24"),
            sample("3", "5763", "002", "203.0.113.24"),
            sample("4", "5763", "001", "203.0.113.25"),
            sample("5", "5712", "001", "203.0.113.24"),
        ];
        assert_eq!(waves(&samples), [vec![0, 3, 4], vec![1, 2]]);
    }

    #[test]
    fn an_alert_is_known_by_node_and_id() {
        let alert = br#"{"id":"1.2","rule":{"id":"5","level":3,"description":"d"},"manager":{"name":"m"},"cluster":{"node":"n"}}"#;
        assert!(matches!(content(alert), Content::Alert { key, .. } if key == "n/1.2"));
        for malformed in ["", "{", "[]", r#"{"id":"1"}"#] {
            assert_eq!(content(malformed.as_bytes()), Content::Malformed, "{malformed}");
        }
    }
}
