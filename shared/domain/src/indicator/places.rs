//! Where indicators were found while an alert was read, and which place counts.

use super::typed::Rank;
use super::{Direction, Found, Indicator};

#[derive(Default)]
pub(super) struct Places {
    places: Vec<Place>,
    /// Each path once, however many indicators it has.
    paths: Vec<String>,
}

struct Place {
    indicator: Indicator,
    rank: Rank,
    order: usize,
    path: usize,
    direction: Direction,
}

/// Log lines repeat themselves: so many places are looked back before one is kept for later.
const LOOK_BACK: usize = 8;

/// Keys come from outside like everything else: a deep path to each of many indicators must not fill the memory.
const LONGEST_PATH: usize = 512;

impl Places {
    pub(super) fn add(&mut self, indicator: Indicator, direction: Direction, rank: Rank, path: &str) {
        let known = |place: &Place| place.rank <= rank && place.indicator == indicator;
        if self.places.iter().rev().take(LOOK_BACK).any(known) {
            return;
        }
        let path = path.get(..path.floor_char_boundary(LONGEST_PATH)).unwrap_or_default();
        if self.paths.last().is_none_or(|last| last != path) {
            self.paths.push(path.to_owned());
        }
        let (order, path) = (self.places.len(), self.paths.len() - 1);
        self.places.push(Place { indicator, rank, order, path, direction });
    }

    /// Each indicator once, at its best place: the best places first, the first place first among equals.
    pub(super) fn best(mut self) -> Vec<Found> {
        self.places.sort_unstable_by(|left, right| {
            left.indicator
                .cmp(&right.indicator)
                .then(left.rank.cmp(&right.rank))
                .then(left.order.cmp(&right.order))
        });
        self.places.dedup_by(|next, kept| next.indicator == kept.indicator);
        self.places.sort_unstable_by_key(|place| (place.rank, place.order));
        let found = |Place { indicator, path, direction, .. }| {
            let path = self.paths.get(path).cloned().unwrap_or_default();
            Found { indicator, path, direction }
        };
        self.places.into_iter().map(found).collect()
    }
}
