//! What the operator says of the site: what is normal there, which hosts matter, and when they are worked on.
//!
//! `{"environment": "Backups run from 10.0.5.7 at night.",
//!   "assets": [{"agent": "db-*", "labels": {"env": "prod"}, "criticality": "critical", "note": "customer database"}],
//!   "windows": [{"agent": "web-*", "from": "2026-10-03T20:00:00Z", "until": "2026-10-03T22:00:00Z", "note": "patching"}]}`

mod note;

use std::collections::BTreeMap;
use std::str::FromStr;

use domain::assessment::SignalName;
use domain::{Alert, NamePattern};
use jiff::Timestamp;
use serde::Deserialize;

use super::scale;
use super::signal::{Collected, Sign};
use note::Note;

/// The operator's notes, checked. The only place that may say that an activity was meant; even that lowers nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SiteNotes {
    /// For the model only: it goes into every prompt as it stands.
    environment: String,
    assets: Vec<Asset>,
    windows: Vec<MaintenanceWindow>,
}

/// Hosts by agent name and labels, and what they are.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Asset {
    #[serde(default)]
    agent: NamePattern,
    /// Labels of the agent that must all fit.
    #[serde(default)]
    labels: BTreeMap<String, NamePattern>,
    #[serde(default)]
    criticality: Criticality,
    note: Note,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Criticality {
    #[default]
    Normal,
    High,
    Critical,
}

/// A time in which work on some hosts was announced.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MaintenanceWindow {
    #[serde(default)]
    agent: NamePattern,
    from: Timestamp,
    until: Timestamp,
    note: Note,
}

impl SiteNotes {
    const MAX_BYTES: usize = 64 * 1024;
    const MAX_ENTRIES: usize = 200;
    /// Of each kind, in one assessment.
    const MAX_SENTENCES: usize = 3;

    /// What is normal at the site, in the operator's words.
    pub fn environment(&self) -> &str {
        &self.environment
    }

    /// What is known about the alert's host, for people and for the model: sentences of the operator's own words.
    pub fn context(&self, alert: &Alert) -> Vec<String> {
        let at = alert.timestamp();
        let covers = |window: &&MaintenanceWindow| {
            let during = at.is_some_and(|at| window.from <= at && at < window.until);
            during && window.agent.fits(&alert.agent().name)
        };
        let assets = self.assets_of(alert).filter(|asset| asset.criticality == Criticality::Normal);
        let assets = assets.map(|asset| format!("Site note on {}: {}.", alert.agent().name, asset.note));
        let windows = self.windows.iter().filter(covers).map(|window| {
            format!(
                "Announced work from {} to {}: {}. It is context and lowers nothing.",
                window.from, window.until, window.note
            )
        });
        assets.take(Self::MAX_SENTENCES).chain(windows.take(Self::MAX_SENTENCES)).collect()
    }

    pub(super) fn signals(&self, alert: &Alert, collected: &mut Collected) {
        let Some(asset) = self.assets_of(alert).max_by_key(|asset| asset.criticality) else { return };
        let (points, word) = match asset.criticality {
            Criticality::Normal => return,
            Criticality::High => (scale::HIGH_ASSET, "important"),
            Criticality::Critical => (scale::CRITICAL_ASSET, "critical"),
        };
        let sentence = format!("{} is a host marked {word}: {}.", alert.agent().name, asset.note);
        collected.add([Sign::new(SignalName::CriticalAsset, points, sentence)]);
    }

    fn assets_of<'a>(&'a self, alert: &'a Alert) -> impl Iterator<Item = &'a Asset> {
        self.assets.iter().filter(|asset| {
            let label = |name: &String| alert.text_at(&["agent", "labels", name]);
            let fits = |(name, pattern): (&String, &NamePattern)| {
                label(name).is_some_and(|text| pattern.fits(&text))
            };
            asset.agent.fits(&alert.agent().name) && asset.labels.iter().all(fits)
        })
    }
}

impl FromStr for SiteNotes {
    type Err = SiteNotesError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.len() > Self::MAX_BYTES {
            return Err(SiteNotesError::TooLong);
        }
        let notes: Self =
            serde_json::from_str(text).map_err(|error| SiteNotesError::Unreadable(error.to_string()))?;
        for (list, length) in [("assets", notes.assets.len()), ("windows", notes.windows.len())] {
            if length > Self::MAX_ENTRIES {
                return Err(SiteNotesError::TooMany(list));
            }
        }
        if let Some(asset) = notes.assets.iter().find(|asset| asset.agent.is_all() && asset.labels.is_empty())
        {
            return Err(SiteNotesError::EveryHost(asset.note.to_string()));
        }
        match notes.windows.iter().find(|window| window.from >= window.until) {
            Some(window) => Err(SiteNotesError::EmptyWindow(window.note.to_string())),
            None => Ok(notes),
        }
    }
}

/// Why a text is not a site's notes. It holds the operator's words only.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SiteNotesError {
    #[error("site notes are at most {} KiB of JSON", SiteNotes::MAX_BYTES / 1024)]
    TooLong,
    #[error("site notes are JSON with environment, assets and windows: {0}")]
    Unreadable(String),
    #[error("site notes have at most {max} {0}", max = SiteNotes::MAX_ENTRIES)]
    TooMany(&'static str),
    #[error("the asset \"{0}\" would be every host: give it an agent pattern or labels")]
    EveryHost(String),
    #[error("the window \"{0}\" ends before it begins: until must be after from")]
    EmptyWindow(String),
}

#[cfg(test)]
mod tests;
