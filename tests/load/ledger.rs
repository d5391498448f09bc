//! Where every alert ended, and whether each did so once.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

use ::tests::deployed::End;
use ::tests::measured::percentile;
use jiff::Timestamp;
use serde::Serialize;

/// The ends of what was written, with the function that says so and when it was written. Every alert of a run has an
/// identity of its own: what enrich takes for a duplicate, SQS has delivered again.
pub(crate) fn own<'a>(
    written: &Written,
    ends: &'a [(&'static str, End)],
) -> impl Iterator<Item = (&'static str, &'a End, Timestamp)> {
    let firsts = ends.iter().filter(|(_, end)| end.reason != "duplicate");
    firsts.filter_map(|(function, end)| Some((*function, end, *written.get(end.alert_key.as_ref()?)?)))
}

/// The books of a run.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Ledger {
    pub published: usize,
    pub ended: BTreeMap<String, usize>,
    /// Keys without an end.
    pub lost: Vec<String>,
    /// Keys with more ends than one.
    pub twice: Vec<String>,
}

/// When an alert was written by Wazuh, by its key.
pub(crate) type Written = BTreeMap<String, Timestamp>;

impl Ledger {
    pub(crate) fn close(written: &Written, ends: &[(&'static str, End)]) -> Self {
        let mut of_key: BTreeMap<&str, usize> = BTreeMap::new();
        let mut ended: BTreeMap<String, usize> = BTreeMap::new();
        for (_, end, _) in own(written, ends) {
            *of_key.entry(end.alert_key.as_deref().unwrap_or_default()).or_default() += 1;
            *ended.entry(end.outcome.clone()).or_default() += 1;
        }
        Self::of(written.keys().cloned(), ended, |key| of_key.get(key).copied().unwrap_or(0))
    }

    /// Of these alerts, how often each outcome came, and how many ends each has.
    pub(crate) fn of(
        keys: impl Iterator<Item = String>,
        ended: BTreeMap<String, usize>,
        ends_of: impl Fn(&str) -> usize,
    ) -> Self {
        let mut ledger = Self { ended, ..Self::default() };
        for key in keys {
            ledger.published += 1;
            match ends_of(&key) {
                0 => ledger.lost.push(key),
                1 => {}
                _ => ledger.twice.push(key),
            }
        }
        ledger
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.lost.is_empty() && self.twice.is_empty() && self.published == self.ended.values().sum::<usize>()
    }

    /// `35 published = 21 notified + 14 counted`.
    pub(crate) fn equation(&self) -> String {
        let ended: Vec<String> = self
            .ended
            .iter()
            .map(|(outcome, count)| format!("{count} {}", outcome.replace('_', "-")))
            .collect();
        let is = if self.is_closed() { "=" } else { "≠" };
        format!("{} published {is} {}", self.published, ended.join(" + "))
    }

    /// The equation, and whoever is in the way of it.
    pub(crate) fn write(&self, text: &mut String) -> std::fmt::Result {
        writeln!(text, "**{}**", self.equation())?;
        for (what, keys) in [("without an end", &self.lost), ("with more than one end", &self.twice)] {
            if let Some(first) = keys.first() {
                writeln!(text, "{} alerts {what}, the first is {first}", keys.len())?;
            }
        }
        Ok(())
    }
}

/// How long alerts were on their way, from Wazuh's write to their end.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Latency {
    pub alerts: usize,
    pub p50_ms: u128,
    pub p90_ms: u128,
    pub p99_ms: u128,
    pub max_ms: u128,
}

/// By the function that ended them and how.
pub(crate) fn latencies(written: &Written, ends: &[(&'static str, End)]) -> BTreeMap<String, Latency> {
    let mut took: BTreeMap<String, Vec<Duration>> = BTreeMap::new();
    for (function, end, at) in own(written, ends) {
        let on_the_way = Duration::try_from(end.timestamp.duration_since(at)).unwrap_or_default();
        took.entry(format!("{function}: {}", way(end))).or_default().push(on_the_way);
    }
    took.into_iter().filter_map(|(what, took)| Some((what, Latency::of(took)?))).collect()
}

/// How an alert ended; what went into a digest did not become a mail of its own.
fn way(end: &End) -> String {
    if end.outcome == "notified" {
        let is_held = end.reason.contains(", in a digest: ");
        return if is_held { "in a digest" } else { "mailed" }.to_owned();
    }
    end.outcome.replace('_', "-")
}

impl Latency {
    fn of(mut took: Vec<Duration>) -> Option<Self> {
        took.sort_unstable();
        let at = |percent| percentile(&took, percent).map(|took| took.as_millis());
        Some(Self { alerts: took.len(), p50_ms: at(50)?, p90_ms: at(90)?, p99_ms: at(99)?, max_ms: at(100)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn end(key: &str, outcome: &str, at_ms: i64) -> (&'static str, End) {
        let timestamp = Timestamp::from_millisecond(at_ms).unwrap();
        let alert_key = Some(key.to_owned());
        let (message_id, outcome, reason) = ("m".to_owned(), outcome.to_owned(), String::new());
        ("analyze", End { timestamp, alert_key, message_id, outcome, reason })
    }

    fn written(keys: &[&str]) -> Written {
        keys.iter().map(|key| ((*key).to_owned(), Timestamp::UNIX_EPOCH)).collect()
    }

    #[test]
    fn books_are_closed_when_each_alert_ended_once() {
        let check = |ends: &[(&'static str, End)], equation: &str| {
            let ledger = Ledger::close(&written(&["a", "b"]), ends);
            assert_eq!(ledger.equation(), equation);
        };
        check(&[end("a", "notified", 1), end("b", "counted", 1)], "2 published = 1 counted + 1 notified");
        check(&[end("a", "notified", 1)], "2 published ≠ 1 notified");
        check(&[end("a", "counted", 1), end("a", "counted", 1)], "2 published ≠ 2 counted");
        let of_others = [end("a", "notified", 1), end("b", "dead_lettered", 1), end("canary", "notified", 1)];
        check(&of_others, "2 published = 1 dead-lettered + 1 notified");
    }

    #[test]
    fn who_is_lost_and_who_ended_twice_is_named() {
        let ledger = Ledger::close(&written(&["a", "b"]), &[end("a", "counted", 1), end("a", "notified", 1)]);
        assert_eq!((ledger.lost, ledger.twice), (vec!["b".to_owned()], vec!["a".to_owned()]));
    }

    #[test]
    fn latencies_are_from_the_write_to_the_end() {
        let keys: Vec<String> = (1..=100).map(|number| format!("k{number}")).collect();
        let written = written(&keys.iter().map(String::as_str).collect::<Vec<_>>());
        let ends: Vec<_> = keys.iter().zip(1..).map(|(key, ms)| end(key, "counted", ms)).collect();
        let all = latencies(&written, &ends);
        let Latency { alerts, p50_ms, p90_ms, p99_ms, max_ms } = all["analyze: counted"];
        assert_eq!((alerts, p50_ms, p90_ms, p99_ms, max_ms), (100, 50, 90, 99, 100));
    }

    #[test]
    fn what_is_held_back_for_a_digest_is_no_mail() {
        let mut held = end("a", "notified", 1);
        held.1.reason = "incident 1, in a digest: too many mails".to_owned();
        let all = latencies(&written(&["a", "b"]), &[held, end("b", "notified", 1)]);
        assert_eq!(all.into_keys().collect::<Vec<_>>(), ["analyze: in a digest", "analyze: mailed"]);
    }
}
