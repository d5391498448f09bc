use domain::verdict::Listing;
use jiff::Timestamp;

use super::{Entry, Naming, Problem, Row, Tally};
use crate::providers::visible;

/// Takes what the formats' readers find, keeps count, and knows where the reader stands.
pub(super) struct Sink<'a> {
    naming: Naming<'a>,
    pub now: Timestamp,
    each: &'a mut dyn FnMut(Row),
    line: usize,
    item: Option<usize>,
    pub tally: Tally,
}

impl<'a> Sink<'a> {
    /// Bad rows that are named; the others are counted.
    const NAMED: usize = 5;
    const SOURCE_CHARS: usize = 60;

    pub fn new(naming: Naming<'a>, now: Timestamp, each: &'a mut dyn FnMut(Row)) -> Self {
        Self { naming, now, each, line: 0, item: None, tally: Tally::default() }
    }

    /// The reader is at this line.
    pub fn at(&mut self, line: usize) {
        (self.line, self.item) = (line, None);
    }

    /// The reader has come to the next item of a document.
    pub fn next_item(&mut self) {
        self.item = Some(self.item.map_or(1, |item| item + 1));
    }

    /// `source` is what the feed calls itself.
    pub fn row(&mut self, entry: Entry, source: Option<&str>, listing: Listing) {
        let name = match self.naming {
            Naming::Always(name) => name,
            Naming::Otherwise(name) => source.unwrap_or(name),
        };
        let source = visible(name, Self::SOURCE_CHARS);
        if source.is_empty() {
            return self.bad("the source is empty; name it");
        }
        // Stores keep the analysts' own lists under these names, and no feed may write there.
        if ["allow", "deny"].iter().any(|own| source.eq_ignore_ascii_case(own)) {
            return self.bad("allow and deny are no names for a source; name it otherwise");
        }
        self.tally.rows += 1;
        (self.each)(Row { entry, source, listing, expires: None });
    }

    pub fn other_type(&mut self) {
        self.tally.other_types += 1;
    }

    pub fn expired(&mut self) {
        self.tally.expired += 1;
    }

    pub fn bad(&mut self, what: &'static str) {
        self.tally.bad += 1;
        if self.tally.problems.len() < Self::NAMED {
            self.tally.problems.push(Problem { line: self.line, item: self.item, what });
        }
    }

    /// Takes back what was said about the feed so far: it is read in another way.
    pub fn start_over(&mut self) {
        self.tally = Tally::default();
    }
}
