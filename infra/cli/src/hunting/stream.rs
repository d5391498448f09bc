//! Logins of a file, put into the order in which a hunt sees them.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::Arc;
use std::time::Duration;

use domain::{Alert, AlertKey, Sighting};
use hunt::{Finding, Gatherer, Hunter, Thresholds};
use jiff::Timestamp;

use super::judged::Feeds;

/// Logins on their way, put into the order of time as far as they are out of it by a little.
pub(super) struct Stream {
    hunter: Hunter,
    gatherer: Gatherer,
    feeds: Feeds,
    min_score: u8,
    waiting: BinaryHeap<Reverse<Waiting>>,
    latest: Timestamp,
    last: Option<(Timestamp, AlertKey)>,
    logins: usize,
}

/// In the order of a hunt.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Waiting {
    at: Timestamp,
    key: AlertKey,
    sighting: Ordered,
}

/// Equal to any other: what is waited for is ordered by time and alert.
struct Ordered(Sighting);

impl PartialEq for Ordered {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Ordered {}

impl PartialOrd for Ordered {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Ordered {
    fn cmp(&self, _: &Self) -> std::cmp::Ordering {
        std::cmp::Ordering::Equal
    }
}

impl Stream {
    /// How late a login may stand in the file: clouds report after minutes.
    const PATIENCE: Duration = Duration::from_mins(20);
    const MOST_WAITING: usize = 20_000;

    pub fn new(thresholds: Thresholds, feeds: Feeds) -> Self {
        Self {
            min_score: thresholds.min_score,
            hunter: Hunter::new(thresholds),
            gatherer: Gatherer::default(),
            feeds,
            waiting: BinaryHeap::new(),
            latest: Timestamp::MIN,
            last: None,
            logins: 0,
        }
    }

    /// The findings that are complete.
    pub fn take(&mut self, alert: &Alert) -> Vec<Finding> {
        let otherwise = self.latest.max(Timestamp::UNIX_EPOCH);
        let Some(mut sighting) = Sighting::of(alert, otherwise) else { return Vec::new() };
        self.feeds.judge(&mut sighting);
        self.latest = self.latest.max(sighting.at);
        let (at, key) = (sighting.at, sighting.alert_key.clone());
        self.waiting.push(Reverse(Waiting { at, key, sighting: Ordered(sighting) }));
        let ready = self.latest.checked_sub(Self::PATIENCE).unwrap_or(Timestamp::MIN);
        let mut findings = Vec::new();
        while self.waiting.peek().is_some_and(|Reverse(next)| next.at <= ready)
            || self.waiting.len() > Self::MOST_WAITING
        {
            let Some(Reverse(next)) = self.waiting.pop() else { break };
            self.see(next, &mut findings);
        }
        self.reaching(findings)
    }

    fn see(&mut self, next: Waiting, findings: &mut Vec<Finding>) {
        let Waiting { at, key, sighting: Ordered(sighting) } = next;
        // The same alert twice, in two files or in one.
        if self.last.as_ref().is_some_and(|(last, last_key)| *last == at && *last_key == key) {
            return;
        }
        self.last = Some((at, key));
        self.logins += 1;
        for sign in self.hunter.see(&Arc::new(sighting)) {
            findings.extend(self.gatherer.add(sign));
        }
        // Often enough, and seldom enough to cost nothing.
        if self.logins.is_multiple_of(1_024) {
            findings.extend(self.gatherer.settled(at));
        }
    }

    pub fn finish(mut self) -> (usize, Vec<Finding>) {
        let mut findings = Vec::new();
        while let Some(Reverse(next)) = self.waiting.pop() {
            self.see(next, &mut findings);
        }
        findings.extend(std::mem::take(&mut self.gatherer).finish());
        let mut findings = self.reaching(findings);
        findings.sort_by(|one, other| (one.at(), &one.subject).cmp(&(other.at(), &other.subject)));
        (self.logins, findings)
    }

    fn reaching(&self, mut findings: Vec<Finding>) -> Vec<Finding> {
        findings.retain(|finding| finding.score() >= self.min_score);
        findings
    }
}
