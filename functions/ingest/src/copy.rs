//! The last good copy of a source: where its next step begins, every row that it lists, and what of them stands in
//! the table. One object holds all of it, so that putting it is one switch.

mod file;
mod row;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, btree_map};
use std::mem;
use std::ops::Bound;
use std::time::Duration;

use intel::feed::Row;
use intel::sources::{State, Step};
use intel::{Change, key_of};
use jiff::Timestamp;

pub use self::file::{CopyError, Listed};
use self::row::{Held, RowId};

/// What is known of one source. What it holds and the table lacks is written at the next opportunity, and the other way
/// round, so that a run may end anywhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GoodCopy {
    state: State,
    rows: BTreeMap<RowId, Held>,
    /// When rows last came, went or changed: what was made of an earlier copy is out of date.
    rows_changed_at: Timestamp,
    /// Whether it differs from the object that it was read from or put as.
    touched: bool,
}

/// What a step did to a copy.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Taken {
    /// Rows that came, went or changed.
    pub changed: usize,
    /// Rows that found no room.
    pub too_many: usize,
}

/// Where a walk over the rows stands.
#[derive(Clone, Debug, Default)]
pub struct Walk(Option<RowId>);

impl Default for GoodCopy {
    fn default() -> Self {
        Self {
            state: State::default(),
            rows: BTreeMap::new(),
            rows_changed_at: Timestamp::UNIX_EPOCH,
            touched: false,
        }
    }
}

impl GoodCopy {
    /// A row takes about 300 bytes of memory; those of a step come on top.
    pub const MOST_ROWS: usize = 1_500_000;

    pub fn state(&self) -> &State {
        &self.state
    }

    pub fn rows_changed_at(&self) -> Timestamp {
        self.rows_changed_at
    }

    /// Whether it differs from what is stored. When a row was last confirmed is not worth a difference: it holds half
    /// its time without.
    pub fn is_touched(&self) -> bool {
        self.touched
    }

    /// It is stored as it is.
    pub fn untouch(&mut self) {
        self.touched = false;
    }

    /// Rows that the source lists.
    pub fn count(&self) -> usize {
        self.rows.values().filter(|held| held.listed).count()
    }

    /// Takes in what a step brought. A row holds for `holding` after it was last confirmed, or until its own end.
    pub fn take(&mut self, step: Step, holding: Duration, now: Timestamp) -> Taken {
        let mut taken = Taken::default();
        let until = (now + holding).as_second();
        self.touched |= self.state != *step.state();
        match step {
            // It has no rows, and changes what is made of those of others.
            Step::Warninglist { state, .. } => {
                self.state = state;
                taken.changed = 1;
            }
            Step::Unchanged { state } => {
                self.state = state;
                for held in self.rows.values_mut().filter(|held| held.listed) {
                    held.confirm(until);
                }
            }
            Step::Whole { rows, state, .. } => {
                self.state = state;
                let mut before = mem::take(&mut self.rows);
                for row in rows {
                    self.put(&row, &mut before, until, now, &mut taken);
                }
                for (id, held) in before {
                    if let btree_map::Entry::Vacant(vacant) = self.rows.entry(id) {
                        taken.changed += usize::from(held.listed);
                        vacant.insert(held.gone());
                    }
                }
            }
            Step::Part { rows, removed, state, .. } => {
                self.state = state;
                for row in rows {
                    let row = self.renewed(row);
                    self.put(&row, &mut BTreeMap::new(), until, now, &mut taken);
                }
                for (entry, feed) in removed {
                    taken.changed += self.remove(&RowId::new(&key_of(&entry), &feed));
                }
            }
        }
        if taken.changed > 0 {
            (self.rows_changed_at, self.touched) = (now, true);
        }
        taken
    }

    /// What the table still has to be told, in order behind where the walk stands, at most so much; the walk goes on.
    pub fn due(&self, walk: &mut Walk, most: usize, holding: Duration) -> Vec<Change> {
        let slack = i64::try_from(holding.as_secs() / 2).unwrap_or(i64::MAX);
        let behind = walk.0.take();
        let from = behind.as_ref().map_or(Bound::Unbounded, Bound::Excluded);
        let mut changes = Vec::new();
        for (id, held) in self.rows.range((from, Bound::Unbounded)) {
            if let Some(to) = held.due(slack) {
                changes.push(Change { key: id.key().to_owned(), feed: id.feed().to_owned(), to });
                if changes.len() == most {
                    break;
                }
            }
        }
        walk.0 = changes.last().map(|change| RowId::new(&change.key, &change.feed));
        changes
    }

    /// The table has these changes now.
    pub fn told(&mut self, changes: &[Change]) {
        self.touched |= !changes.is_empty();
        for change in changes {
            let id = RowId::new(&change.key, &change.feed);
            match self.rows.get_mut(&id) {
                Some(held) if held.listed => held.written = held.ends,
                Some(_) => drop(self.rows.remove(&id)),
                None => {}
            }
        }
    }

    /// Changes that the table still has to be told.
    pub fn pending(&self, holding: Duration) -> usize {
        let slack = i64::try_from(holding.as_secs() / 2).unwrap_or(i64::MAX);
        self.rows.values().filter(|held| held.due(slack).is_some()).count()
    }

    /// Forgets rows whose time is over. The table forgets them by itself, unless it believes in a later end.
    pub fn prune(&mut self, now: Timestamp) {
        let now_seconds = now.as_second();
        let mut over = 0;
        self.rows.retain(|_, held| {
            if held.listed && held.ends <= now_seconds {
                over += 1;
                held.listed = false;
                return held.written > now_seconds;
            }
            true
        });
        if over > 0 {
            (self.rows_changed_at, self.touched) = (now, true);
        }
    }

    fn put(
        &mut self,
        row: &Row,
        before: &mut BTreeMap<RowId, Held>,
        until: i64,
        now: Timestamp,
        taken: &mut Taken,
    ) {
        let id = RowId::new(&key_of(&row.entry), &row.source);
        if row.expires.is_some_and(|expires| expires <= now) {
            taken.changed += self.remove(&id);
            return;
        }
        let room = self.rows.len() + before.len() < Self::MOST_ROWS;
        let known = before.remove(&id).or_else(|| self.rows.remove(&id));
        if known.is_none() && !room {
            taken.too_many += 1;
            return;
        }
        let held = Held::new(&row.listing, row.expires, until, known.as_ref());
        taken.changed +=
            usize::from(known.is_none_or(|known| !known.listed || known.listing != held.listing));
        self.rows.insert(id, held);
    }

    /// A part tells what it came upon, with what is newest first: what is known of a row counts beside it.
    fn renewed(&self, row: Row) -> Row {
        let id = RowId::new(&key_of(&row.entry), &row.source);
        let Some(held) = self.rows.get(&id).filter(|held| held.listed) else { return row };
        let expires = held.expires.and_then(|expires| Timestamp::from_second(expires).ok());
        let known =
            Row { entry: row.entry.clone(), source: row.source.clone(), listing: held.listing(), expires };
        known.renewed_by(row)
    }

    fn remove(&mut self, id: &RowId) -> usize {
        let Some(held) = self.rows.get_mut(id).filter(|held| held.listed) else { return 0 };
        held.listed = false;
        1
    }
}
