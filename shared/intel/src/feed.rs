//! Feeds: lists of indicators that somebody publishes. The format is told by the content: JSON lines or lists of rows,
//! OTX pulses, MISP events, tables as CSV, Tor's exits, or plain lists with one indicator on a line.
//!
//! A row that cannot be used is left out, counted and named by its line; its neighbours are loaded.

mod csv;
mod entry;
mod json;
mod lines;
mod misp;
mod otx;
mod plain;
mod rows;
mod sink;
mod tor;

use std::fmt;
use std::io::{self, BufRead};

use domain::verdict::Listing;
use jiff::Timestamp;

pub use entry::Entry;
use lines::Lines;
use sink::Sink;
pub(crate) use sink::{Change, Said};

/// One entry of a feed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    pub entry: Entry,
    /// Who lists it, as in `OTX`.
    pub source: String,
    pub listing: Listing,
    /// When it ends, as far as the feed or its rule says so. Without, it lasts as long as it is listed.
    pub expires: Option<Timestamp>,
}

impl Row {
    /// What is known of the entry once its source has spoken of it again: whichever was listed later speaks, or else
    /// the new one, and the later end counts. An entry of two pulses lasts as long as either.
    #[must_use]
    pub fn renewed_by(self, newer: Self) -> Self {
        let ends = [self.expires, newer.expires];
        let expires = if ends.contains(&None) { None } else { ends.into_iter().flatten().max() };
        let row = if self.listing.listed_at > newer.listing.listed_at { self } else { newer };
        Self { expires, ..row }
    }
}

/// What a feed is called.
#[derive(Clone, Copy, Debug)]
pub enum Naming<'a> {
    /// This name, whatever stands in the feed.
    Always(&'a str),
    /// What stands in the feed, and this where nothing does: the name of the file.
    Otherwise(&'a str),
}

/// What became of a feed's entries.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    pub rows: usize,
    /// Of a type that no alert is searched for: mail addresses, mutexes, vulnerabilities, …
    pub other_types: usize,
    /// Expired or deleted, as the feed itself says.
    pub expired: usize,
    /// Not readable.
    pub bad: usize,
    /// The first of those that are not readable.
    pub problems: Vec<Problem>,
}

/// Where a row stands and why it was left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    pub line: usize,
    /// Position in a JSON document that begins on that line.
    pub item: Option<usize>,
    pub what: &'static str,
}

impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "line {}", self.line)?;
        if let Some(item) = self.item {
            write!(formatter, ", item {item}")?;
        }
        write!(formatter, ": {}", self.what)
    }
}

#[derive(Debug, thiserror::Error)]
pub enum FeedError {
    #[error("could not read the feed")]
    Read(#[from] io::Error),
    #[error("a line or JSON document of the feed is larger than {} MiB", Lines::<io::Empty>::MAX_BYTES >> 20)]
    TooLarge,
}

/// Hands each usable row to `each`, in the order of the feed. Lines are read one by one, JSON documents as a whole.
pub fn read(
    feed: impl BufRead,
    naming: Naming<'_>,
    now: Timestamp,
    each: &mut dyn FnMut(Row),
) -> Result<Tally, FeedError> {
    changes(feed, naming, now, &mut |change| match change {
        Change::Listed(row, _) => each(row),
        Change::Withdrawn(..) => {}
    })
}

/// As [`read`], with all that a feed says: also what it shows as context, and what it takes back.
pub(crate) fn changes(
    feed: impl BufRead,
    naming: Naming<'_>,
    now: Timestamp,
    each: &mut dyn FnMut(Change),
) -> Result<Tally, FeedError> {
    let mut lines = Lines::new(feed);
    let mut sink = Sink::new(naming, now, each);
    let Some(first) = lines.next_filled()? else { return Ok(sink.tally) };
    if matches!(first.trim_ascii_start().first(), Some(b'{' | b'[')) {
        json::read(first, &mut lines, &mut sink)?;
    } else {
        let mut reader = plain::Reader::default();
        let mut line = Some(first);
        while let Some(text) = line {
            sink.at(lines.number());
            reader.line(&text, &mut sink);
            line = lines.next_filled()?;
        }
    }
    Ok(sink.tally)
}

#[cfg(test)]
mod tests;
