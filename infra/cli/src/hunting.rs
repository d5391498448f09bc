//! `triage hunt`: the hunt of the function over files, as they stream by.

mod judged;
mod told;

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::io;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

use domain::{Alert, AlertKey, Sighting};
use hunt::{Finding, Gatherer, Hunter, Thresholds};
use jiff::Timestamp;
use lambda::config::{Environment, Reader};

use crate::alerts;
use crate::cli::HuntOptions;
use crate::failure::{Count, Failure};
use crate::lines::{Candidate, Marks, scan};
use crate::terminal::{Page, tell};
use crate::trouble::Trouble;
use judged::Feeds;

pub(crate) fn run(options: &HuntOptions, environment: &Environment) -> Result<(), Failure> {
    if !options.rules.is_empty() {
        return alerts::who(&options.files, &options.rules, options.json);
    }
    let mut reader = Reader::new(environment);
    let thresholds = Thresholds::read(&mut reader);
    let thresholds = reader.finish(thresholds)?;
    let feeds = Feeds::load(&options.feeds, Timestamp::now())?;
    let (mut page, mut trouble, mut written) = (Page::new(), Trouble::default(), Ok(()));
    let mut stream = Stream::new(thresholds, feeds);
    let _ = scan(&options.files, &Marks::new(domain::sighting::MARKS), &mut |candidate| {
        match candidate {
            Candidate::Trouble(arrival) => drop(trouble.sort_out(arrival)),
            Candidate::Alert { file, line, text } => match Alert::parse(text) {
                Ok(alert) => {
                    for finding in stream.take(&alert) {
                        written = told::tell(&finding, &mut page, options.json);
                    }
                }
                Err(error) => trouble.bad(file, line, &error.to_string()),
            },
        }
        if written.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    });
    let (logins, rest) = stream.finish();
    let mut findings = rest.iter();
    while let (Ok(()), Some(finding)) = (&written, findings.next()) {
        written = told::tell(finding, &mut page, options.json);
    }
    match written {
        // Whoever was reading has seen enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => return Ok(()),
        Err(error) => return Err(Failure::Write(error)),
        Ok(()) => tell(&format!("{} looked at", Count(logins, "login"))),
    }
    trouble.conclude()
}

/// Logins on their way, put into the order of time as far as they are out of it by a little.
struct Stream {
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

    fn new(thresholds: Thresholds, feeds: Feeds) -> Self {
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
    fn take(&mut self, alert: &Alert) -> Vec<Finding> {
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

    fn finish(mut self) -> (usize, Vec<Finding>) {
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
