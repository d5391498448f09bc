//! What became of the alerts, read from the functions' logs.

use std::time::Duration;

use anyhow::Result;
use aws_config::SdkConfig;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::log_group;
use crate::terraform::Functions;

/// How an alert can end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Outcome {
    Notified,
    Counted,
    Observed,
    Ignored,
    DeadLettered,
}

impl Outcome {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Notified => "notified",
            Self::Counted => "counted",
            Self::Observed => "observed",
            Self::Ignored => "ignored",
            Self::DeadLettered => "dead_lettered",
        }
    }
}

/// One line "alert ended" of a function's log.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub(crate) struct End {
    /// Absent where the body was not an alert.
    #[serde(rename = "alert.key")]
    pub alert_key: Option<String>,
    pub outcome: Outcome,
    #[serde(default)]
    pub reason: String,
}

impl End {
    /// The incident whose first mail is in a digest.
    pub(crate) fn held_incident(&self) -> Option<&str> {
        let (incident, _) = self.reason.strip_prefix("incident ")?.split_once(", in a digest: ")?;
        Some(incident)
    }

    fn read(line: &str) -> Option<Self> {
        serde_json::from_value(entry(line)?).ok()
    }
}

/// What the line "alert ended" of a function's log says; nothing for any other line.
pub fn entry(line: &str) -> Option<Value> {
    const MESSAGE: &str = "alert ended";
    let line = line.get(line.find('{')?..).filter(|line| line.contains(MESSAGE))?;
    let entry: Value = serde_json::from_str(line).ok()?;
    (entry.get("message")? == MESSAGE).then_some(entry)
}

/// Every end since a time, in the order of the stages.
pub(crate) async fn since(
    time: Timestamp,
    configuration: &SdkConfig,
    groups: &Functions,
) -> Result<Vec<End>> {
    let mut ends = Vec::new();
    for (_, group) in groups.all() {
        ends.extend(
            log_group::lines(time, configuration, group).await?.iter().filter_map(|line| End::read(line)),
        );
    }
    Ok(ends)
}

/// Between two looks at the logs.
pub(crate) const LOOK_EVERY: Duration = Duration::from_millis(500);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_end_says_which_incident_is_in_a_digest() {
        for (reason, expected) in [
            ("incident 4f034a1974ae78b2, in a digest: storm", Some("4f034a1974ae78b2")),
            ("incident 4f034a1974ae78b2", None),
            ("duplicate", None),
        ] {
            let end = End { alert_key: None, outcome: Outcome::Notified, reason: reason.to_owned() };
            assert_eq!(end.held_incident(), expected, "{reason}");
        }
    }

    #[test]
    fn an_end_is_read_among_other_lines() {
        let notified = r#"{"timestamp":"t","level":"INFO","message":"alert ended","alert.key":"n/1.2","outcome":"notified","reason":"first of its incident","message.id":"m"}"#;
        let malformed = r#"{"message":"alert ended","outcome":"dead_lettered","reason":"the body is not JSON","message.id":"m"}"#;
        for (line, expected) in [
            (notified.to_owned(), Some((Some("n/1.2"), Outcome::Notified))),
            (format!("2026-11-22T04:00:00Z\tx\t{notified}\n"), Some((Some("n/1.2"), Outcome::Notified))),
            (malformed.to_owned(), Some((None, Outcome::DeadLettered))),
            (r#"{"message":"mail sent","reason":"alert ended"}"#.to_owned(), None),
            (r#"{"message":"alert ended","outcome":"vanished"}"#.to_owned(), None),
            ("START RequestId: alert ended".to_owned(), None),
            (String::new(), None),
        ] {
            let end = End::read(&line);
            let found = end.as_ref().map(|end| (end.alert_key.as_deref(), end.outcome));
            assert_eq!(found, expected, "{line}");
        }
    }
}
