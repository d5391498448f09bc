//! CDB lists for Wazuh: what feeds list and our formula alone would call malicious. Wazuh matches every event of every
//! host against them, so what may stand there is narrower than what a verdict weighs.

mod exempt;
mod lines;

use std::borrow::Borrow;
use std::cmp::Reverse;
use std::collections::BTreeMap;

use domain::indicator::Indicator;
use domain::verdict::Formula;

use crate::feed::{Entry, Row};
use crate::{Policy, Warninglist};
use exempt::Exempt;

/// Whom to believe, and what never to list.
#[derive(Clone, Copy, Debug)]
pub struct Trust<'a> {
    pub formula: &'a Formula,
    /// What it excepts from look-ups is not listed either.
    pub policy: &'a Policy,
    /// What stands on any of them is not listed.
    pub warninglists: &'a [Warninglist],
}

/// A text file for `etc/lists` of a manager.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListFile {
    pub name: &'static str,
    /// `key:who lists it`, sorted by key: the same rows make the same text.
    pub text: String,
    pub lines: usize,
    /// How often a line was one too many. A feed that names it again after that makes it count again.
    pub left_out: usize,
}

/// analysisd maps each list into memory and compiles it when it is loaded.
pub const MOST_LINES: usize = 100_000;

/// The four lists, also those that are empty. Memory is bounded by the lists, not by the rows.
pub fn build<R: Borrow<Row>>(rows: impl IntoIterator<Item = R>, trust: Trust<'_>) -> Vec<ListFile> {
    build_with_at_most(MOST_LINES, rows, trust)
}

fn build_with_at_most<R: Borrow<Row>>(
    most: usize,
    rows: impl IntoIterator<Item = R>,
    trust: Trust<'_>,
) -> Vec<ListFile> {
    let exempt = Exempt::new(trust.policy, trust.warninglists);
    let mut lists = [List::default(), List::default(), List::default(), List::default()];
    for row in rows {
        let row = row.borrow();
        let score = trust.formula.listing_score(&row.source, &row.listing);
        if score < trust.formula.malicious_from || exempt.covers(&row.entry) {
            continue;
        }
        let [ip, domain, url, hash] = &mut lists;
        let list = match &row.entry {
            Entry::Network(_) | Entry::Indicator(Indicator::Ip(_)) => ip,
            Entry::Indicator(Indicator::Domain(_)) => domain,
            Entry::Indicator(Indicator::Url(_)) => url,
            Entry::Indicator(Indicator::Hash(_)) => hash,
        };
        let source = lines::value(&row.source);
        for key in lines::keys(&row.entry) {
            list.add(key, score, &source);
        }
        list.shrink(most, 2 * most);
    }
    let names = [
        "wazuh-triage-feed-ip",
        "wazuh-triage-feed-domain",
        "wazuh-triage-feed-url",
        "wazuh-triage-feed-hash",
    ];
    names.into_iter().zip(lists).map(|(name, list)| list.file(name, most)).collect()
}

#[derive(Debug, Default)]
struct List {
    lines: BTreeMap<String, Line>,
    left_out: usize,
}

#[derive(Debug)]
struct Line {
    score: u8,
    sources: Vec<String>,
}

impl List {
    fn add(&mut self, key: String, score: u8, source: &str) {
        /// More would make no difference to whoever reads it.
        const SOURCES: usize = 3;
        let line = self.lines.entry(key).or_insert(Line { score, sources: Vec::new() });
        line.score = line.score.max(score);
        if line.sources.len() < SOURCES && !line.sources.iter().any(|known| known == source) {
            line.sources.push(source.to_owned());
        }
    }

    /// Keeps the `most` trusted lines if there are more than `limit`.
    fn shrink(&mut self, most: usize, limit: usize) {
        if self.lines.len() <= limit.max(most) {
            return;
        }
        let mut lines: Vec<(String, Line)> = std::mem::take(&mut self.lines).into_iter().collect();
        // By many feeds before by one: the next best sign that it is not one feed's mistake.
        lines.sort_by_key(|(_, line)| Reverse((line.score, line.sources.len())));
        self.left_out += lines.len() - most;
        lines.truncate(most);
        self.lines = lines.into_iter().collect();
    }

    fn file(mut self, name: &'static str, most: usize) -> ListFile {
        self.shrink(most, most);
        let line = |(key, line): (&String, &mut Line)| {
            line.sources.sort();
            format!("{key}:{}\n", line.sources.join(","))
        };
        let text = self.lines.iter_mut().map(line).collect();
        ListFile { name, text, lines: self.lines.len(), left_out: self.left_out }
    }
}

#[cfg(test)]
mod tests;
