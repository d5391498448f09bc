//! Sources that publish one list: fetched as a whole, or not at all when it has not changed.

use std::time::Duration;

use jiff::Timestamp;
use reqwest::header::ACCEPT;
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};

use super::asking::Asking;
use super::download::{Got, Limits, Validator};
use super::state::Progress;
use super::{FetchError, State, Step, Trouble};

/// The last copy of a list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Listed {
    validator: Validator,
    rows: usize,
    at: Option<Timestamp>,
}

impl Listed {
    /// The same list once more. A state that changes every time would be kept every time: once a day is enough.
    fn confirmed(self, now: Timestamp) -> Self {
        const DAY: Duration = Duration::from_hours(24);
        let is_recent = self.at.is_some_and(|at| at <= now && at + DAY > now);
        if is_recent { self } else { Self { at: Some(now), ..self } }
    }
}

/// How one list is published.
pub(super) struct Publication {
    pub place: String,
    pub query: Vec<(&'static str, String)>,
    pub format: Format,
    pub limits: Limits,
    /// The header that takes the key, where one is needed or may be given.
    pub key_header: Option<&'static str>,
    pub extent: Extent,
}

impl Publication {
    /// A list for everybody, with no key and no query.
    pub fn new(place: String, format: Format, most_mib: usize, extent: Extent) -> Self {
        let limits = Limits::list(most_mib);
        Self { place, query: Vec::new(), format, limits, key_header: None, extent }
    }
}

/// How the end of a list is known.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    /// One JSON document.
    Json,
    /// JSON on lines, the last of which says how many there are.
    JsonLines,
    /// Lines, each of them ended.
    Lines,
}

/// What a list says about entries that are not in it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Extent {
    /// They are not listed.
    Everything,
    /// As [`Extent::Everything`], and there may be few or none.
    EverythingIfAny,
    /// Nothing: it has only what came last.
    Latest,
}

pub(super) async fn step(
    asking: &Asking<'_>,
    publication: Publication,
    state: &State,
) -> Result<Step, FetchError> {
    let known = if let Progress::List(listed) = &state.0 { listed.clone() } else { Listed::default() };
    let Publication { place, query, format, limits, key_header, extent } = publication;
    let url = asking.url(&place, &query)?;
    let mut request = asking.get(&url);
    if let Some(header) = key_header.filter(|_| asking.source.needs_key() || asking.key.is_some()) {
        // Without this type AbuseIPDB's errors come as HTML pages.
        request = request.header(header, asking.key(&url)?).header(ACCEPT, "application/json");
    }
    let (bytes, validator) = match asking.ask(&url, request, &known.validator, limits).await? {
        Got::Unchanged => {
            return Ok(Step::Unchanged { state: State(Progress::List(known.confirmed(asking.now()))) });
        }
        Got::Body { bytes, validator } => (bytes, validator),
    };
    let sifted = complete(&bytes, format).and_then(|()| asking.sieve().sift(&bytes));
    let sifted = sifted.map_err(|trouble| asking.failed(&url, trouble))?;
    if sifted.tally.is_mostly_unreadable() {
        let changed = Trouble::Unreadable("most of it cannot be read; its format may have changed");
        return Err(asking.failed(&url, changed));
    }
    let rows = sifted.tally.rows;
    if extent == Extent::Everything && is_implausible(&known, rows, asking.now()) {
        return Err(asking.failed(&url, Trouble::Shrunk { before: known.rows, now: rows }));
    }
    let state = State(Progress::List(Listed { validator, rows, at: Some(asking.now()) }));
    let (rows, tally) = (sifted.rows.into_values().collect(), sifted.tally);
    Ok(match extent {
        Extent::Everything | Extent::EverythingIfAny => Step::Whole { rows, tally, state },
        Extent::Latest => Step::Part { rows, removed: Vec::new(), tally, state, more: false },
    })
}

/// Whether the list has lost so much that something else is the likelier reason. After a week it is believed, unless
/// nothing is left.
fn is_implausible(known: &Listed, rows: usize, now: Timestamp) -> bool {
    const BELIEVED_AFTER: Duration = Duration::from_hours(7 * 24);
    let is_recent = known.at.is_some_and(|at| at + BELIEVED_AFTER > now);
    rows == 0 || (is_recent && shrank(known.rows, rows))
}

/// Whether fewer than half are left of more than a handful.
pub(super) fn shrank(before: usize, now: usize) -> bool {
    const HANDFUL: usize = 20;
    before > HANDFUL && now < before / 2
}

/// Whether the text is all of the list: one that is cut is an error, and no shorter list.
pub(super) fn complete(bytes: &[u8], format: Format) -> Result<(), Trouble> {
    match format {
        Format::Json => match serde_json::from_slice::<IgnoredAny>(bytes) {
            Ok(_) => Ok(()),
            Err(error) if error.is_eof() => Err(Trouble::Truncated),
            Err(_) => Err(Trouble::Unreadable("it is not JSON")),
        },
        Format::JsonLines => {
            let mut lines = bytes.split(|byte| *byte == b'\n').filter(|line| !line.trim_ascii().is_empty());
            let last = lines.next_back().unwrap_or_default();
            let is_whole = match serde_json::from_slice::<Metadata>(last) {
                Ok(Metadata { kind, records }) => kind == "metadata" && lines.count() >= records,
                Err(_) => false,
            };
            if is_whole { Ok(()) } else { Err(Trouble::Truncated) }
        }
        Format::Lines => {
            if bytes.ends_with(b"\n") {
                Ok(())
            } else {
                Err(Trouble::Truncated)
            }
        }
    }
}

#[derive(Deserialize)]
struct Metadata {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    records: usize,
}
