//! The rows of docs/portability.md: what is asked, and what AWS documents, as rows.toml has it.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use serde::Deserialize;

use crate::service::{Offers, Service};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Rows {
    #[serde(rename = "service")]
    pub(crate) parts: Vec<Part>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Part {
    pub(crate) name: String,
    /// How the run calls it.
    pub(crate) service: String,
    #[serde(rename = "row")]
    pub(crate) rows: Vec<Row>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Row {
    pub(crate) id: String,
    pub(crate) what: String,
    /// What AWS documents.
    pub(crate) aws: String,
    /// Where.
    pub(crate) source: String,
    /// What our code does, so that it does not matter.
    pub(crate) ours: String,
}

impl Rows {
    pub(crate) fn read() -> Result<Self> {
        toml::from_str(include_str!("rows.toml")).context("tests/adapters/rows.toml cannot be read")
    }

    /// Answers that no row asks for, and rows of an offered service that nobody has answered.
    pub(crate) fn problems(&self, seen: &BTreeMap<&'static str, String>, offers: &Offers) -> Vec<String> {
        let rows = || self.parts.iter().flat_map(|part| part.rows.iter().map(move |row| (part, row)));
        let unknown = seen.keys().filter(|id| !rows().any(|(_, row)| row.id == **id));
        let mut problems: Vec<String> =
            unknown.map(|id| format!("{id} was noted and is no row of tests/adapters/rows.toml")).collect();
        for (part, row) in rows() {
            let is_offered = part.service.parse::<Service>().is_ok_and(|service| offers.has(service));
            if is_offered && !seen.contains_key(row.id.as_str()) {
                problems.push(format!("nothing was noted about {}", row.id));
            }
        }
        problems
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_has_a_service_a_name_of_its_own_and_a_source() {
        let rows = Rows::read().unwrap();
        let mut ids = Vec::new();
        for part in &rows.parts {
            let service: Service = part.service.parse().unwrap();
            for row in &part.rows {
                assert!(row.id.starts_with(&format!("{service}.")), "{}", row.id);
                assert!(row.source.starts_with("https://docs.aws.amazon.com/"), "{}", row.source);
                for text in [&row.what, &row.aws, &row.ours] {
                    assert!(!text.is_empty() && !text.contains(['|', '\n']), "{text}");
                }
                ids.push(row.id.clone());
            }
        }
        let all = ids.len();
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), all);
    }
}
