//! What one endpoint answered, kept beside the tests: the page is made of all columns there are.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tests::project;

use crate::run::Finished;
use crate::service::names;

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Column {
    /// Product and version.
    pub(crate) name: String,
    pub(crate) day: String,
    pub(crate) commit: String,
    /// Names of services.
    pub(crate) offered: String,
    pub(crate) absent: String,
    /// Tests that passed, by service.
    pub(crate) tests: BTreeMap<String, Vec<String>>,
    pub(crate) answers: BTreeMap<String, String>,
}

impl Column {
    /// Of a run that is well.
    pub(crate) fn of(name: String, commit: String, finished: Finished) -> Self {
        let mut tests: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for test in finished.tests {
            tests.entry(test.service.to_string()).or_default().push(test.name.to_owned());
        }
        Self {
            name,
            day: Timestamp::now().strftime("%Y-%m-%d").to_string(),
            commit,
            offered: names(&finished.offers.offered()),
            absent: names(&finished.offers.absent()),
            tests,
            answers: finished.seen.into_iter().map(|(id, answer)| (id.to_owned(), answer)).collect(),
        }
    }

    /// In place of what the same product answered before, whichever version it had.
    pub(crate) fn write(&self) -> Result<()> {
        let product = self.name.split(' ').next().unwrap_or(&self.name).to_lowercase();
        let file = folder().join(product).with_extension("json");
        let text = serde_json::to_string_pretty(self)? + "\n";
        fs::write(&file, text).with_context(|| format!("could not write {}", file.display()))
    }

    /// All there are, by the names of their products.
    pub(crate) fn all() -> Result<Vec<Self>> {
        let mut files = Vec::new();
        for entry in fs::read_dir(folder())? {
            files.push(entry?.path());
        }
        files.sort();
        let read = |file: PathBuf| {
            let text = fs::read(&file)?;
            serde_json::from_slice(&text).with_context(|| format!("{} is no column", file.display()))
        };
        files.into_iter().map(read).collect()
    }
}

fn folder() -> PathBuf {
    project::folder().join("tests/adapters/seen")
}
