//! Feeds as they are published on the network: where each one is, how it is asked, and what of it is usable.
//!
//! One [`Fetcher::step`] is one bounded piece of work. What it leaves behind is a [`State`]: whoever keeps it may stop
//! after any step and go on later, and a step that is repeated gives the same rows again.

mod asking;
mod download;
mod error;
mod fetcher;
mod list;
mod misp;
mod misp_feed;
mod otx;
mod round;
mod sieve;
mod source;
mod state;
mod tally;
#[cfg(test)]
mod tests;
mod warninglists;

use crate::feed::{Entry, Row};

pub use error::{FetchError, Trouble};
pub use fetcher::{Fetcher, Places, Settings};
pub use source::{MispFeed, MispFeedError, Source};
pub use state::State;
pub use tally::{LeftOut, Tally};

/// What one step brought. Each has the state to go on from; keep it only when the rows are kept.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// Nothing is new: every row that is known of this source holds as if it had come again just now.
    Unchanged { state: State },
    /// The source's whole list: rows that are not in it are no longer listed.
    Whole { rows: Vec<Row>, tally: Tally, state: State },
    /// A part of what the source has; other rows stay until they end. A row that is known is
    /// [renewed](Row::renewed_by), not replaced: pages come with what is newest first.
    Part {
        rows: Vec<Row>,
        /// Entries that the source has taken back, each with the [`Row::source`] of its row.
        removed: Vec<(Entry, String)>,
        tally: Tally,
        state: State,
        /// Whether the next step has something to do now. Without, it is for the next run.
        more: bool,
    },
    /// One of MISP's warninglists, checked by [`crate::Warninglist::read`]: it says what is harmless, so it has no rows.
    Warninglist {
        /// Its name in the collection, as in `cloudflare`: letters, digits and dashes.
        name: &'static str,
        json: Vec<u8>,
        state: State,
        more: bool,
    },
}

impl Step {
    /// Where the next step begins.
    pub fn state(&self) -> &State {
        match self {
            Self::Unchanged { state }
            | Self::Whole { state, .. }
            | Self::Part { state, .. }
            | Self::Warninglist { state, .. } => state,
        }
    }

    /// Whether another step has something to do now.
    pub fn more(&self) -> bool {
        match self {
            Self::Unchanged { .. } | Self::Whole { .. } => false,
            Self::Part { more, .. } | Self::Warninglist { more, .. } => *more,
        }
    }
}
