//! One row, small: there may be a million of them.

use domain::verdict::Listing;
use intel::Becomes;
use jiff::Timestamp;

/// Key and feed of a row, in one text. A key holds no tab: neither has a canonical indicator one, nor a network.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct RowId(Box<str>);

impl RowId {
    pub fn new(key: &str, feed: &str) -> Self {
        Self(format!("{key}\t{feed}").into())
    }

    pub fn key(&self) -> &str {
        self.0.split_once('\t').map_or(&self.0, |(key, _)| key)
    }

    pub fn feed(&self) -> &str {
        self.0.split_once('\t').map_or("", |(_, feed)| feed)
    }
}

/// What is known of a row. Times are seconds, as the table has them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Held {
    /// The listing as JSON.
    pub listing: Box<str>,
    /// The row's own end, if it has one.
    pub expires: Option<i64>,
    /// When it ends as things stand: unless it is confirmed again.
    pub ends: i64,
    /// When the table lets it end; 0 while the table has not got it as it is here.
    pub written: i64,
    /// Without it, the table has to forget the row.
    pub listed: bool,
}

impl Held {
    /// A row that has just come; `known` is the one whose place it takes.
    pub fn new(listing: &Listing, expires: Option<Timestamp>, until: i64, known: Option<&Self>) -> Self {
        let listing = text_of(listing);
        let same = known.filter(|known| known.listed && known.listing == listing);
        let written = same.map_or(0, |known| known.written);
        let expires = expires.map(Timestamp::as_second);
        let mut held = Self { listing, expires, ends: 0, written, listed: true };
        held.confirm(until);
        held
    }

    /// It is still listed: it holds until then, or until its own end.
    pub fn confirm(&mut self, until: i64) {
        self.ends = self.expires.map_or(until, |expires| expires.min(until));
    }

    pub fn gone(self) -> Self {
        Self { listed: false, ..self }
    }

    /// What the table has to be told. Only a row that ends much later than the table believes is written again.
    pub fn due(&self, slack: i64) -> Option<Becomes> {
        if !self.listed {
            return Some(Becomes::Gone);
        }
        let holds =
            self.written > 0 && (self.written..self.written.saturating_add(slack)).contains(&self.ends);
        if holds {
            return None;
        }
        let until = Timestamp::from_second(self.ends).unwrap_or(Timestamp::MAX);
        Some(Becomes::Listed { listing: self.listing(), until })
    }

    pub fn listing(&self) -> Listing {
        // Whatever has come in here is one.
        serde_json::from_str(&self.listing).unwrap_or_default()
    }
}

/// A listing is numbers and texts: there is nothing in it that JSON could not say.
pub(super) fn text_of(listing: &Listing) -> Box<str> {
    serde_json::to_string(listing).unwrap_or_else(|_| "{}".to_owned()).into()
}
