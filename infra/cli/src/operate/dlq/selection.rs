//! Which messages are meant.

use super::Letter;

#[derive(Clone, Copy, Debug)]
pub(super) enum Selection<'a> {
    All,
    With(&'a str),
    Ids(&'a [String]),
}

impl<'a> Selection<'a> {
    pub fn new(filter: Option<&'a str>, ids: &'a [String]) -> Self {
        match filter {
            Some(text) => Self::With(text),
            None if ids.is_empty() => Self::All,
            None => Self::Ids(ids),
        }
    }

    pub fn takes(self, letter: &Letter) -> bool {
        match self {
            Self::All => true,
            Self::With(text) => letter.holds(text),
            Self::Ids(ids) => ids.contains(&letter.id),
        }
    }

    /// Whether so many are all that there can be.
    pub fn is_complete(self, taken: u64) -> bool {
        match self {
            Self::All | Self::With(_) => false,
            Self::Ids(_) => self.missing(taken).is_none(),
        }
    }

    /// How many were asked for by name and are not among so many.
    pub fn missing(self, taken: u64) -> Option<u64> {
        match self {
            Self::All | Self::With(_) => None,
            Self::Ids(ids) => (ids.len() as u64).checked_sub(taken).filter(|missing| *missing > 0),
        }
    }
}
