//! What a run meets, in memory. A caller may die before and after everything that it asks for.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use domain::verdict::Listing;
use intel::feed::{Entry, Row};
use intel::sources::{FetchError, Source, State, Step, Tally, Trouble};
use intel::{Becomes, Change, StoreError, entry_of};
use jiff::Timestamp;
use lambda::claims::MemoryClaims;
use lambda::secrets::Secret;
use serde_json::json;
use signed::BucketError;

use crate::feeds::Fetch;
use crate::objects::{Kind, Objects};
use crate::rows::Rows;

/// Clones share all that is in it.
#[derive(Clone, Default)]
pub struct World {
    pub claims: MemoryClaims,
    inner: Arc<Mutex<Inner>>,
}

#[derive(Default)]
struct Inner {
    objects: BTreeMap<String, Vec<u8>>,
    table: BTreeMap<(String, String), Listing>,
    throttled: bool,
    turns: Vec<Turn>,
    /// What people have written into the table.
    by_hand: Vec<Entry>,
}

/// What the source says to who has a state before this mark.
pub struct Turn {
    mark: u64,
    says: Box<dyn Fn(State) -> Result<Step, Trouble> + Send>,
}

impl Turn {
    pub fn page(keys: &[&str], mark: u64) -> Self {
        Self::part(keys, mark, true)
    }

    pub fn last(keys: &[&str], mark: u64) -> Self {
        Self::part(keys, mark, false)
    }

    pub fn whole(keys: &[&str], mark: u64) -> Self {
        let rows = rows(keys);
        let says = move |state| Ok(Step::Whole { rows: rows.clone(), tally: Tally::default(), state });
        Self { mark, says: Box::new(says) }
    }

    pub fn warninglist(json: &'static str, mark: u64) -> Self {
        let says = move |state| {
            Ok(Step::Warninglist { name: "scanners", json: json.as_bytes().to_vec(), state, more: false })
        };
        Self { mark, says: Box::new(says) }
    }

    pub fn fails(trouble: impl Fn() -> Trouble + Send + 'static) -> Self {
        Self { mark: u64::MAX, says: Box::new(move |_| Err(trouble())) }
    }

    fn part(keys: &[&str], mark: u64, more: bool) -> Self {
        let rows = rows(keys);
        let says = move |state| {
            Ok(Step::Part { rows: rows.clone(), removed: vec![], tally: Tally::default(), state, more })
        };
        Self { mark, says: Box::new(says) }
    }
}

fn rows(keys: &[&str]) -> Vec<Row> {
    let row = |key: &&str| Row {
        entry: entry_of(key).unwrap(),
        source: "spamhaus-drop".to_owned(),
        listing: Listing::default(),
        expires: None,
    };
    keys.iter().map(row).collect()
}

/// A state like any other: which source it is of makes no difference here.
fn state(mark: u64) -> State {
    serde_json::from_value(json!({"of": "warninglists", "next": mark, "known": {}})).unwrap()
}

fn mark(state: &State) -> u64 {
    serde_json::to_value(state).unwrap()["next"].as_u64().unwrap_or(0)
}

impl World {
    pub fn new(turns: impl IntoIterator<Item = Turn>) -> Self {
        let world = Self::default();
        world.script(turns);
        world
    }

    /// What the source says from now on; nothing new to who has been told the last of it.
    pub fn script(&self, turns: impl IntoIterator<Item = Turn>) {
        self.inner().turns = turns.into_iter().collect();
    }

    pub fn throttle(&self, throttled: bool) {
        self.inner().throttled = throttled;
    }

    pub fn object(&self, key: &str) -> Option<Vec<u8>> {
        self.inner().objects.get(key).cloned()
    }

    pub fn damage(&self, key: &str) {
        let mut inner = self.inner();
        let object = inner.objects.get_mut(key).unwrap();
        object.truncate(object.len() / 2);
    }

    /// Somebody writes a row of their own.
    pub fn list_by_hand(&self, entry: Entry) {
        self.inner().by_hand.push(entry);
    }

    /// Keys of the table.
    pub fn table(&self) -> Vec<String> {
        self.inner().table.keys().map(|(key, _)| key.clone()).collect()
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn reach<T>(&self, act: impl FnOnce(&mut Inner) -> T) -> T {
        tokio::task::yield_now().await;
        let answer = act(&mut self.inner());
        tokio::task::yield_now().await;
        answer
    }
}

impl Fetch for World {
    async fn step(
        &self,
        source: &Source,
        _: Option<&Secret>,
        known: &State,
        _: Timestamp,
    ) -> Result<Step, FetchError> {
        self.reach(|inner| {
            let turn = inner.turns.iter().find(|turn| turn.mark > mark(known));
            let said = turn
                .map_or(Ok(Step::Unchanged { state: known.clone() }), |turn| (turn.says)(state(turn.mark)));
            said.map_err(|trouble| FetchError {
                feed: source.name().to_owned(),
                place: "feeds.example/list".to_owned(),
                trouble,
            })
        })
        .await
    }
}

impl Rows for World {
    async fn write(&self, changes: &[Change]) -> Result<(), StoreError> {
        for change in changes {
            self.reach(|inner| {
                if inner.throttled {
                    return Err(StoreError::new("write", "it is throttled"));
                }
                let id = (change.key.clone(), change.feed.clone());
                match &change.to {
                    Becomes::Listed { listing, .. } => drop(inner.table.insert(id, listing.clone())),
                    Becomes::Gone => drop(inner.table.remove(&id)),
                }
                Ok(())
            })
            .await?;
        }
        Ok(())
    }

    async fn listed_by_others(&self) -> Result<Vec<Entry>, StoreError> {
        Ok(self.reach(|inner| inner.by_hand.clone()).await)
    }
}

impl Objects for World {
    async fn get(&self, key: &str, _: usize) -> Result<Option<Vec<u8>>, BucketError> {
        Ok(self.reach(|inner| inner.objects.get(key).cloned()).await)
    }

    async fn put(&self, key: &str, body: Vec<u8>, _: Kind) -> Result<(), BucketError> {
        self.reach(|inner| drop(inner.objects.insert(key.to_owned(), body))).await;
        Ok(())
    }
}
