//! MISP feeds: a manifest that names events and when they changed, and a file for each event.

use std::collections::BTreeMap;
use std::time::Duration;

use domain::lenient;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;
use tokio::time::Instant;

use super::asking::{Asking, under};
use super::download::{Got, Limits, Validator};
use super::list::{Format, complete, shrank};
use super::round::Rounds;
use super::sieve::Sifted;
use super::state::Progress;
use super::{FetchError, LeftOut, MispFeed, State, Step, Tally, Trouble};

/// Which events are known, each with the time of its last change in seconds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Events {
    validator: Validator,
    read: BTreeMap<String, i64>,
    waiting: BTreeMap<String, i64>,
}

/// Events that are kept in mind: the newest, so that the state stays below 64 KiB.
const MOST_EVENTS: usize = 1_000;
/// Events of one step, and how long it may take to begin another.
const BATCH: usize = 10;
const BATCH_TIME: Duration = Duration::from_secs(20);

pub(super) async fn step(asking: &Asking<'_>, feed: &MispFeed, state: &State) -> Result<Step, FetchError> {
    let mut events =
        if let Progress::MispFeed(events) = &state.0 { events.clone() } else { Events::default() };
    if events.waiting.is_empty() {
        return manifest(asking, feed, events).await;
    }
    let began = Instant::now();
    let mut sifted = Sifted::default();
    let mut done = 0;
    while let Some((uuid, changed_at)) = newest(&events.waiting)
        && done < BATCH
        && began.elapsed() < BATCH_TIME
    {
        match event(asking, feed, &uuid).await {
            Ok(read) => sifted.join(read),
            Err(error) if is_of_the_event(&error.trouble) => {
                tracing::warn!(error = lambda::logs::chain(&error), "an event is left out until it changes");
                sifted.tally.leave_out(LeftOut::Unreadable, 1);
            }
            // What is read is handed over first; the trouble is still there at the next step.
            Err(_) if done > 0 => break,
            Err(error) => return Err(error),
        }
        events.waiting.remove(&uuid);
        events.read.insert(uuid, changed_at);
        done += 1;
    }
    let more = !events.waiting.is_empty();
    Ok(Step::Part {
        rows: sifted.rows.into_values().collect(),
        removed: Vec::new(),
        tally: sifted.tally,
        state: State(Progress::MispFeed(events)),
        more,
    })
}

/// The newest events come first: they matter most.
fn newest(waiting: &BTreeMap<String, i64>) -> Option<(String, i64)> {
    let newest = waiting.iter().max_by_key(|(_, changed_at)| **changed_at);
    newest.map(|(uuid, changed_at)| (uuid.clone(), *changed_at))
}

/// Whether another event may still be fine.
fn is_of_the_event(trouble: &Trouble) -> bool {
    matches!(trouble, Trouble::Missing { .. } | Trouble::TooLarge { .. } | Trouble::Unreadable(_))
}

#[derive(Deserialize)]
struct About {
    #[serde(default)]
    timestamp: Value,
}

/// Learns which events have changed.
async fn manifest(asking: &Asking<'_>, feed: &MispFeed, mut events: Events) -> Result<Step, FetchError> {
    let url = asking.url(&under(feed.url(), "manifest.json"), &[])?;
    let got = asking.ask(&url, asking.get(&url), &events.validator, Limits::list(32)).await?;
    let (bytes, validator) = match got {
        Got::Unchanged => return Ok(Step::Unchanged { state: State(Progress::MispFeed(events)) }),
        Got::Body { bytes, validator } => (bytes, validator),
    };
    let failed = |trouble| asking.failed(&url, trouble);
    complete(&bytes, Format::Json).map_err(failed)?;
    let listed: BTreeMap<String, About> = serde_json::from_slice(&bytes)
        .map_err(|_| failed(Trouble::Unreadable("a manifest is an object of events")))?;
    let known = events.read.len();
    let oldest = (asking.now() - Rounds::HORIZON).as_second();
    let mut recent: Vec<(String, i64)> = listed
        .iter()
        .filter(|(uuid, _)| is_uuid(uuid))
        .filter_map(|(uuid, about)| Some((uuid.to_ascii_lowercase(), lenient::integer(&about.timestamp)?)))
        .filter(|(_, changed_at)| *changed_at >= oldest)
        .collect();
    if listed.is_empty() || shrank(known, recent.len()) {
        return Err(failed(Trouble::Shrunk { before: known, now: recent.len() }));
    }
    recent.sort_by_key(|(_, changed_at)| -changed_at);
    recent.truncate(MOST_EVENTS);
    let (read, waiting): (BTreeMap<_, _>, BTreeMap<_, _>) = recent
        .into_iter()
        .partition(|(uuid, changed_at)| events.read.get(uuid).is_some_and(|read_at| read_at >= changed_at));
    let more = !waiting.is_empty();
    events = Events { validator, read, waiting };
    let state = State(Progress::MispFeed(events));
    Ok(Step::Part { rows: Vec::new(), removed: Vec::new(), tally: Tally::default(), state, more })
}

async fn event(asking: &Asking<'_>, feed: &MispFeed, uuid: &str) -> Result<Sifted, FetchError> {
    let url = asking.url(&under(feed.url(), &format!("{uuid}.json")), &[])?;
    let bytes = asking.body(&url, asking.get(&url), Limits::list(32)).await?;
    let failed = |trouble| asking.failed(&url, trouble);
    complete(&bytes, Format::Json).map_err(failed)?;
    let file = serde_json::from_slice::<File<'_>>(&bytes);
    if !file.is_ok_and(|file| file.event.get().starts_with('{')) {
        return Err(failed(Trouble::Unreadable("the file has no event")));
    }
    asking.sieve().sift(&bytes).map_err(failed)
}

#[derive(Deserialize)]
struct File<'a> {
    #[serde(borrow, rename = "Event")]
    event: &'a RawValue,
}

/// What is no UUID never becomes part of a path.
fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(index, byte)| match index {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}
