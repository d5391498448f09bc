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
    pub fn is_complete(self, taken: usize) -> bool {
        match self {
            Self::All | Self::With(_) => false,
            Self::Ids(ids) => taken >= ids.len(),
        }
    }
}
