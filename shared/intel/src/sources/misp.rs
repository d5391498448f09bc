//! The site's MISP: attributes of published events that are meant for detection, by the time of their last change.
//!
//! MISP filters neither `to_ids` nor `published` for answers in JSON unless it is told to.

use reqwest::Url;
use reqwest::header::{ACCEPT, AUTHORIZATION};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::asking::{Asking, under};
use super::download::{Limits, rate_limited};
use super::list::{Format, complete};
use super::round::{Round, Rounds};
use super::sieve::Sifted;
use super::state::Progress;
use super::{FetchError, State, Step, Trouble};
use crate::feed::Entry;
use crate::providers::misp;

/// How far the attributes have been read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Attributes {
    rounds: Rounds,
    reading: Option<Reading>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Reading {
    round: Round,
    page: u32,
}

/// Attributes on a page: about a megabyte.
const PAGE: usize = 1_000;
const MOST_PAGES: u32 = 20_000;
const TYPES: [&str; 16] = [
    "ip-src",
    "ip-dst",
    "ip-src|port",
    "ip-dst|port",
    "domain",
    "hostname",
    "hostname|port",
    "domain|ip",
    "url",
    "md5",
    "sha1",
    "sha256",
    "filename|md5",
    "filename|sha1",
    "filename|sha256",
    "malware-sample",
];

const LIMITS: Limits = Limits {
    most_bytes: 64 << 20,
    too_many: |received, now| rate_limited(misp::closed_until(received, now), now),
};

pub(super) async fn step(asking: &Asking<'_>, state: &State) -> Result<Step, FetchError> {
    let mut attributes =
        if let Progress::Misp(attributes) = &state.0 { attributes.clone() } else { Attributes::default() };
    let going_on = attributes.reading.take().filter(|reading| !reading.round.is_stale(asking.now()));
    let mut reading =
        going_on.unwrap_or_else(|| Reading { round: attributes.rounds.begin(asking.now()), page: 1 });
    let url = url(asking)?;
    // What was deleted is of interest only to those who have read it before.
    let deleted = if reading.round.is_full { json!(0) } else { json!([0, 1]) };
    let since = reading.round.since.as_second().to_string();
    let query = query(json!({"timestamp": since, "deleted": deleted, "page": reading.page}));
    let (mut sifted, count) = search(asking, &url, &query).await?;
    still_listed(asking, &url, &mut sifted).await?;
    let more = count >= PAGE;
    if more {
        reading.page += 1;
        if reading.page > MOST_PAGES {
            return Err(asking.failed(&url, Trouble::Unreadable("its pages have no end")));
        }
        attributes.reading = Some(reading);
    } else {
        attributes.rounds.end(&reading.round, true);
    }
    Ok(Step::Part {
        rows: sifted.rows.into_values().collect(),
        removed: sifted.removed,
        tally: sifted.tally,
        state: State(Progress::Misp(attributes)),
        more,
    })
}

fn url(asking: &Asking<'_>) -> Result<Url, FetchError> {
    let Some(root) = &asking.settings.places.misp else {
        return Err(asking.without_place());
    };
    asking.url(&under(root, "attributes/restSearch"), &[])
}

/// A search for what counts as a match, narrowed by `more`.
fn query(more: Value) -> Value {
    let mut query =
        json!({"returnFormat": "json", "type": TYPES, "to_ids": 1, "published": 1, "limit": PAGE});
    if let (Value::Object(query), Value::Object(more)) = (&mut query, more) {
        query.extend(more);
    }
    query
}

/// An entry that was taken back in one event may stand in another: those are asked for, and stay.
async fn still_listed(asking: &Asking<'_>, url: &Url, sifted: &mut Sifted) -> Result<(), FetchError> {
    // MISP would take such a value for a pattern, and what else is like it would stay.
    let is_plain = |value: &String| !value.starts_with(['!', '%']) && !value.ends_with('%');
    let values: Vec<String> = sifted.removed.iter().map(|(entry, _)| entry.to_string()).collect();
    let values: Vec<String> = values.into_iter().filter(is_plain).collect();
    if values.is_empty() {
        return Ok(());
    }
    let query = query(json!({"value": values, "deleted": 0, "page": 1}));
    let (listed, count) = search(asking, url, &query).await?;
    let is_listed = |entry: &Entry| count >= PAGE || listed.rows.contains_key(entry);
    sifted.removed.retain(|(entry, _)| !is_listed(entry));
    sifted.rows.extend(listed.rows);
    sifted.tally.rows = sifted.rows.len();
    Ok(())
}

#[derive(Deserialize)]
struct Answer<'a> {
    #[serde(borrow)]
    response: Response<'a>,
}

#[derive(Deserialize)]
struct Response<'a> {
    #[serde(borrow, rename = "Attribute")]
    attributes: Vec<&'a RawValue>,
}

/// What a search has found, and how many attributes that were.
async fn search(asking: &Asking<'_>, url: &Url, query: &Value) -> Result<(Sifted, usize), FetchError> {
    // The key alone, without "Bearer".
    let request = asking.post(url).header(AUTHORIZATION, asking.key(url)?).header(ACCEPT, "application/json");
    let bytes = asking.body(url, request.json(query), LIMITS).await?;
    let failed = |trouble| asking.failed(url, trouble);
    complete(&bytes, Format::Json).map_err(failed)?;
    let answer: Answer<'_> = serde_json::from_slice(&bytes)
        .map_err(|_| failed(Trouble::Unreadable("the answer has no attributes")))?;
    let count = answer.response.attributes.len();
    Ok((asking.sieve().sift(&bytes).map_err(failed)?, count))
}
