//! Feeds, imported before the first alert as their schedules would have done it.

use anyhow::Result;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::calls;
use crate::stack::Stack;

/// What `terraform/examples/local` has switched on: the stub plays both.
const FEEDS: [&str; 2] = ["otx", "misp"];

/// What the function's log says of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Imports {
    pub feeds: Vec<Imported>,
    /// Indicators of the snapshot that stands at the end.
    pub snapshot: u64,
}

/// One feed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Imported {
    pub name: String,
    /// Rows that it lists in the `intel` table.
    pub rows: u64,
}

/// Imports each, and returns when all are in the table and in the snapshot.
pub(crate) async fn run(stack: &Stack) -> Result<()> {
    for feed in FEEDS {
        calls::call(stack, &stack.outputs.functions.ingest, &json!({"ingest": feed})).await?;
    }
    Ok(())
}

impl Imports {
    pub(crate) fn read(log: &[String]) -> Self {
        let mut imports = Self::default();
        for line in log.iter().filter_map(|line| Line::read(line)) {
            match line {
                Line { message, name: Some(name), rows: Some(rows), .. }
                    if message == "a feed was fetched" =>
                {
                    imports.feeds.push(Imported { name, rows });
                }
                Line { message, indicators: Some(indicators), .. }
                    if message == "a snapshot was published" =>
                {
                    imports.snapshot = indicators;
                }
                _ => {}
            }
        }
        imports
    }

    /// Whether every feed has brought something that enrich can know of.
    pub(crate) fn are_complete(&self) -> bool {
        let brought = |feed: &str| self.feeds.iter().any(|it| it.name == feed && it.rows > 0);
        self.snapshot > 0 && FEEDS.iter().all(|feed| brought(feed))
    }
}

#[derive(Deserialize)]
struct Line {
    message: String,
    #[serde(rename = "feed.name")]
    name: Option<String>,
    #[serde(rename = "feed.rows")]
    rows: Option<u64>,
    #[serde(rename = "snapshot.indicators")]
    indicators: Option<u64>,
}

impl Line {
    /// Wherever in the line it begins.
    fn read(line: &str) -> Option<Self> {
        serde_json::from_str(line.get(line.find('{')?..)?).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_imported_stands_in_the_log() {
        let mut log = [
            r#"{"message":"a feed was fetched","feed.name":"otx","feed.rows":55,"rows.pending":0}"#,
            r#"t {"message":"a snapshot was published","snapshot.indicators":55,"snapshot.size_bytes":900}"#,
            r#"{"message":"a feed was fetched","feed.name":"misp","feed.rows":0}"#,
            r#"{"_aws":{},"SnapshotIndicators":1}"#,
            "START",
        ]
        .map(str::to_owned);
        let imports = Imports::read(&log);
        let rows: Vec<(&str, u64)> =
            imports.feeds.iter().map(|feed| (feed.name.as_str(), feed.rows)).collect();
        assert_eq!((rows, imports.snapshot), (vec![("otx", 55), ("misp", 0)], 55));
        assert!(!imports.are_complete(), "misp brought nothing");
        log[2] = log[2].replace(":0}", ":7}");
        assert!(Imports::read(&log).are_complete());
        assert!(!Imports::read(&log[..2]).are_complete());
    }
}
