use domain::verdict::Listing;
use jiff::Timestamp;

use super::{Entry, Naming, Problem, Row, Tally};
use crate::providers::visible;

/// What a feed says about an entry.
pub(crate) enum Change {
    Listed(Row, Said),
    /// Listed before, and taken back: the entry, and the source.
    Withdrawn(Entry, String),
}

/// What a feed says about an entry that a row has no place for.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Said {
    /// When the feed saw it last.
    pub seen_at: Option<Timestamp>,
    /// It is shown to explain something else, and not as something bad.
    pub is_context: bool,
}

/// Takes what the formats' readers find, keeps count, and knows where the reader stands.
pub(super) struct Sink<'a> {
    naming: Naming<'a>,
    pub now: Timestamp,
    each: &'a mut dyn FnMut(Change),
    line: usize,
    item: Option<usize>,
    pub tally: Tally,
}

impl<'a> Sink<'a> {
    /// Bad rows that are named; the others are counted.
    const NAMED: usize = 5;
    const SOURCE_CHARS: usize = 60;

    pub fn new(naming: Naming<'a>, now: Timestamp, each: &'a mut dyn FnMut(Change)) -> Self {
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
    pub fn row(&mut self, entry: Entry, source: Option<&str>, found: Found) {
        match self.name(source) {
            Ok(source) => {
                self.tally.rows += 1;
                let Found { listing, expires, said } = found;
                (self.each)(Change::Listed(Row { entry, source, listing, expires }, said));
            }
            Err(problem) => self.bad(problem),
        }
    }

    /// The feed takes the entry back.
    pub fn withdrawn(&mut self, entry: Entry, source: Option<&str>) {
        self.expired();
        if let Ok(source) = self.name(source) {
            (self.each)(Change::Withdrawn(entry, source));
        }
    }

    fn name(&self, source: Option<&str>) -> Result<String, &'static str> {
        let name = match self.naming {
            Naming::Always(name) => name,
            Naming::Otherwise(name) => source.unwrap_or(name),
        };
        let source = visible(name, Self::SOURCE_CHARS);
        if source.is_empty() {
            return Err("the source is empty; name it");
        }
        // Stores keep the analysts' own lists under these names, and no feed may write there.
        if ["allow", "deny"].iter().any(|own| source.eq_ignore_ascii_case(own)) {
            return Err("allow and deny are no names for a source; name it otherwise");
        }
        Ok(source)
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

/// All that stands in a feed about one entry.
#[derive(Default)]
pub(super) struct Found {
    pub listing: Listing,
    pub expires: Option<Timestamp>,
    pub said: Said,
}
