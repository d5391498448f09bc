//! What the functions say of themselves: ends of alerts, notices, and how long each invocation took.

use std::collections::BTreeMap;

use ::tests::Site;
use ::tests::deployed::End;
use anyhow::Result;
use jiff::Timestamp;
use local::log_group;
use serde_json::Value;

#[derive(Debug, Default)]
pub(crate) struct Logs {
    /// With the function that says so.
    pub ends: Vec<(&'static str, End)>,
    /// What analyze gave to notify, by kind: `first`, `update`, `escalation`.
    pub notices: BTreeMap<String, usize>,
    /// By function.
    pub invocations_ms: BTreeMap<&'static str, Vec<f64>>,
}

impl Logs {
    pub(crate) async fn read(site: &Site, since: Timestamp) -> Result<Self> {
        let mut logs = Self::default();
        for (function, group) in site.stack.outputs.log_groups.all() {
            for line in log_group::lines(since, &site.aws, group).await? {
                logs.add(function, &line);
            }
        }
        Ok(logs)
    }

    fn add(&mut self, function: &'static str, line: &str) {
        if let Some(end) = End::read(line) {
            self.ends.push((function, end));
        } else if let Some(kind) = notice(line) {
            *self.notices.entry(kind).or_default() += 1;
        } else if let Some(took) = invocation_ms(line) {
            self.invocations_ms.entry(function).or_default().push(took);
        }
    }
}

/// The kind of a metric `NoticesSent`.
fn notice(line: &str) -> Option<String> {
    const METRIC: &str = "NoticesSent";
    let entry: Value = line.contains(METRIC).then(|| serde_json::from_str(line).ok())??;
    entry.get(METRIC)?;
    Some(entry.get("kind")?.as_str()?.to_owned())
}

/// Of the platform's line `REPORT RequestId: ID\tDuration: 12.34 ms\t…`.
fn invocation_ms(line: &str) -> Option<f64> {
    let (_, rest) = line.strip_prefix("REPORT RequestId: ")?.split_once("\tDuration: ")?;
    rest.split_once(" ms")?.0.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_an_end_a_notice_or_an_invocation() {
        let mut logs = Logs::default();
        for line in [
            "START RequestId: 1 Version: $LATEST",
            r#"{"timestamp":"2026-11-22T12:00:00.250000Z","level":"INFO","message":"alert ended","alert.key":"load-1/1.2","message.id":"m","outcome":"counted","reason":"incident 1"}"#,
            r#"{"_aws":{"Timestamp":0,"CloudWatchMetrics":[]},"stage":"analyze","kind":"first","NoticesSent":1}"#,
            r#"{"_aws":{"Timestamp":0,"CloudWatchMetrics":[]},"stage":"analyze","kind":"update","NoticesSent":1}"#,
            r#"{"level":"WARN","message":"NoticesSent is only mentioned"}"#,
            "END RequestId: 1",
            "REPORT RequestId: 1\tDuration: 12.34 ms\tBilled Duration: 13 ms\tMemory Size: 128 MB",
        ] {
            logs.add("analyze", line);
        }
        let [("analyze", end)] = logs.ends.as_slice() else { panic!("{:?}", logs.ends) };
        assert_eq!((end.alert_key.as_deref(), end.timestamp.subsec_millisecond()), (Some("load-1/1.2"), 250));
        assert_eq!(logs.notices, BTreeMap::from([("first".to_owned(), 1), ("update".to_owned(), 1)]));
        assert_eq!(logs.invocations_ms["analyze"], [12.34]);
    }
}
