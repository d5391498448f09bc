//! The sample alerts: one file each, sent by the real publisher.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde_json::Value;
use tokio::process::Command;

use crate::folders;
use crate::process;
use crate::stack::Stack;

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
        /// Alerts of one topic probably belong to one incident.
        topic: String,
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

    /// Hands the file to the publisher, and the publisher to the queue.
    pub(crate) async fn send(&self, stack: &Stack) -> Result<()> {
        let mut command = Command::new(&stack.publisher);
        command.arg("send").arg(&self.path).args(["--queue-url", &stack.outputs.queues.alerts]);
        if self.content == Content::Malformed {
            command.arg("--as-is");
        }
        command.envs(stack.environment());
        process::output(&mut command, Duration::from_mins(1))
            .await
            .with_context(|| format!("could not send {}", self.file))?;
        Ok(())
    }
}

/// The samples that come with the project.
pub(crate) fn built_in() -> PathBuf {
    folders::project().join("infra/local/alerts")
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
        match &sample.content {
            Content::Alert { topic, .. } if !seen.insert(topic) => repeats.push(index),
            Content::Alert { .. } | Content::Malformed => first.push(index),
        }
    }
    waves
}

fn read_one(path: &Path) -> Result<Sample> {
    let text = fs::read(path).with_context(|| format!("could not read {}", path.display()))?;
    let file = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    Ok(Sample { path: path.to_owned(), file, content: content(&text) })
}

fn content(text: &[u8]) -> Content {
    let alert: Value = serde_json::from_slice(text).unwrap_or_default();
    let text_at = |pointer: &str| alert.pointer(pointer).and_then(Value::as_str);
    let node = text_at("/cluster/node").or_else(|| text_at("/manager/name")).unwrap_or("unknown");
    let (Some(id), Some(rule)) = (text_at("/id"), text_at("/rule/id")) else { return Content::Malformed };
    Content::Alert {
        key: format!("{node}/{id}"),
        topic: format!("{rule} {}", text_at("/agent/id").unwrap_or_default()),
        description: text_at("/rule/description").unwrap_or(rule).to_owned(),
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
        assert_eq!((samples.len(), malformed, keys.len() - distinct.len()), (9, 1, 1));
        let [first, repeats] = waves(&samples);
        assert_eq!((first.len(), repeats.len()), (7, 2));
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
    fn an_alert_is_known_by_node_and_id() {
        let alert = br#"{"id":"1.2","rule":{"id":"5","description":"d"},"manager":{"name":"m"},"cluster":{"node":"n"}}"#;
        assert!(matches!(content(alert), Content::Alert { key, .. } if key == "n/1.2"));
        for malformed in ["", "{", "[]", r#"{"id":"1"}"#] {
            assert_eq!(content(malformed.as_bytes()), Content::Malformed, "{malformed}");
        }
    }
}
