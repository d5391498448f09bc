//! OTX: the pulses that the key's owner has subscribed to, page by page, and the rest of large pulses after each page.
//!
//! `/pulses/subscribed` times out for many subscribers (OTX-Python-SDK issue 82): then the pages become smaller, and if
//! that does not help for hours the round goes on by `/indicators/export`, which knows neither pulses nor ends.

use std::collections::VecDeque;
use std::time::Duration;

use domain::lenient;
use jiff::Timestamp;
use reqwest::Url;
use reqwest::header::ACCEPT;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;

use super::asking::{Asking, under};
use super::download::{Limits, rate_limited};
use super::list::{Format, complete};
use super::round::{Round, Rounds};
use super::sieve::Sifted;
use super::state::Progress;
use super::{FetchError, State, Step, Trouble};
use crate::providers::{otx, visible};

/// How far the pulses have been read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Pulses {
    rounds: Rounds,
    reading: Option<Reading>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Reading {
    round: Round,
    route: Route,
    /// Whether no page follows the one that was read last.
    is_last: bool,
    /// Until then trouble with the smallest pages may be one that passes.
    patient_until: Timestamp,
    /// Pulses of the last page that have more indicators than the page shows.
    pulses: VecDeque<Pulse>,
    /// Whether nothing had to be left out so far.
    is_complete: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Route {
    Subscribed { page: u32, size: u32 },
    Export { page: u32 },
}

/// A pulse whose other indicators are still to be read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Pulse {
    id: String,
    name: String,
    modified: Option<String>,
    page: u32,
    failed_at: Option<Timestamp>,
}

const PAGE: u32 = 20;
const SMALLEST_PAGE: u32 = 5;
const INDICATORS: &str = "1000";
/// Pages of one pulse: the largest that is worth something has 4,323 indicators, and who lists 100,000 lists everything.
const MOST_PULSE_PAGES: u32 = 100;
/// Pages of one round.
const MOST_PAGES: u32 = 20_000;
/// How long the smallest pages have to fail before the round goes on without titles and ends.
const PAGE_PATIENCE: Duration = Duration::from_hours(2);
/// How long the rest of a pulse has to fail before the round goes on without it.
const PULSE_PATIENCE: Duration = Duration::from_mins(10);
const TYPES: &str = "IPv4,IPv6,CIDR,domain,hostname,URL,FileHash-MD5,FileHash-SHA1,FileHash-SHA256";

const LIMITS: Limits = Limits {
    most_bytes: 32 << 20,
    too_many: |received, now| rate_limited(otx::closed_until(received, now), now),
};

pub(super) async fn step(asking: &Asking<'_>, state: &State) -> Result<Step, FetchError> {
    let mut pulses = if let Progress::Otx(pulses) = &state.0 { pulses.clone() } else { Pulses::default() };
    let going_on = pulses.reading.take().filter(|reading| !reading.round.is_stale(asking.now()));
    let mut reading = going_on.unwrap_or_else(|| Reading {
        round: pulses.rounds.begin(asking.now()),
        route: Route::Subscribed { page: 1, size: PAGE },
        is_last: false,
        patient_until: asking.now(),
        pulses: VecDeque::new(),
        is_complete: true,
    });
    let sifted = match reading.pulses.pop_front() {
        Some(pulse) => reading.rest_of(asking, pulse).await?,
        None => reading.next_page(asking).await?,
    };
    let more = !reading.is_last || !reading.pulses.is_empty();
    if more {
        pulses.reading = Some(reading);
    } else {
        pulses.rounds.end(&reading.round, reading.is_complete);
    }
    Ok(Step::Part {
        rows: sifted.rows.into_values().collect(),
        removed: Vec::new(),
        tally: sifted.tally,
        state: State(Progress::Otx(pulses)),
        more,
    })
}

impl Reading {
    /// The next page of pulses, or of indicators.
    async fn next_page(&mut self, asking: &Asking<'_>) -> Result<Sifted, FetchError> {
        let since = ("modified_since", self.round.since.strftime("%Y-%m-%dT%H:%M:%S").to_string());
        match self.route {
            Route::Subscribed { page, size } => {
                let query = [since, ("limit", size.to_string()), ("page", page.to_string())];
                match get(asking, "api/v1/pulses/subscribed", &query).await {
                    Ok((url, bytes)) => {
                        let (sifted, next) = self.pulses_of(asking, &url, &bytes, page)?;
                        self.go_on(next, |page| Route::Subscribed { page, size });
                        self.patient_until = asking.now() + PAGE_PATIENCE;
                        Ok(sifted)
                    }
                    Err(error) if is_too_much(&error.trouble) => {
                        if size <= SMALLEST_PAGE && asking.now() < self.patient_until {
                            return Err(error);
                        }
                        self.route = easier(page, size);
                        self.patient_until = asking.now() + PAGE_PATIENCE;
                        tracing::warn!(
                            error = lambda::logs::chain(&error),
                            "a page of pulses did not come; the next one is smaller, or comes another way"
                        );
                        Ok(Sifted::default())
                    }
                    Err(error) => Err(error),
                }
            }
            Route::Export { page } => {
                let query = [("types", TYPES.to_owned()), since, ("page", page.to_string())];
                let (url, bytes) = get(asking, "api/v1/indicators/export", &query).await?;
                let (_, next) = read(asking, &url, &bytes, page)?;
                let sifted = sift(asking, &url, &bytes)?;
                self.go_on(next, |page| Route::Export { page });
                Ok(sifted)
            }
        }
    }

    fn go_on(&mut self, next: Option<u32>, route: impl Fn(u32) -> Route) {
        match next {
            Some(page) => self.route = route(page),
            None => self.is_last = true,
        }
    }

    /// The indicators of a page of pulses, and the number of the next page.
    fn pulses_of(
        &mut self,
        asking: &Asking<'_>,
        url: &Url,
        bytes: &[u8],
        page: u32,
    ) -> Result<(Sifted, Option<u32>), FetchError> {
        let (results, next) = read(asking, url, bytes, page)?;
        let sifted = sift(asking, url, bytes)?;
        self.pulses = results.iter().filter_map(|pulse| Pulse::unfinished(pulse)).collect();
        Ok((sifted, next))
    }

    /// The next page of a pulse. One that fails is tried again after the others, and then left for the next round.
    async fn rest_of(&mut self, asking: &Asking<'_>, mut pulse: Pulse) -> Result<Sifted, FetchError> {
        match pulse.next_page(asking).await {
            Ok((sifted, next)) => {
                if let Some(page) = next.filter(|page| *page <= MOST_PULSE_PAGES) {
                    pulse.page = page;
                    self.pulses.push_front(pulse);
                }
                Ok(sifted)
            }
            // Deleted since the page was read, or not for us.
            Err(FetchError { trouble: Trouble::Missing { .. }, .. }) => Ok(Sifted::default()),
            Err(error) if !is_of_the_pulse(&error.trouble) => Err(error),
            Err(error) => match pulse.failed_at {
                None => {
                    self.pulses.push_back(Pulse { failed_at: Some(asking.now()), ..pulse });
                    Ok(Sifted::default())
                }
                Some(at) if is_too_much(&error.trouble) && asking.now() < at + PULSE_PATIENCE => Err(error),
                Some(_) => {
                    self.is_complete = false;
                    tracing::warn!(
                        error = lambda::logs::chain(&error),
                        "the rest of a pulse did not come; it is left for the next round"
                    );
                    Ok(Sifted::default())
                }
            },
        }
    }
}

/// The same place in smaller pages; from the smallest on the other way.
fn easier(page: u32, size: u32) -> Route {
    if size <= SMALLEST_PAGE {
        return Route::Export { page: 1 };
    }
    Route::Subscribed { page: page.saturating_sub(1).saturating_mul(2).saturating_add(1), size: size / 2 }
}

/// Whether the answer was too much for the server or for us, so that less may work.
fn is_too_much(trouble: &Trouble) -> bool {
    matches!(
        trouble,
        Trouble::Timeout { .. }
            | Trouble::Unreachable(_)
            | Trouble::Server { .. }
            | Trouble::Truncated
            | Trouble::TooLarge { .. }
    )
}

/// Whether another pulse may still be fine.
fn is_of_the_pulse(trouble: &Trouble) -> bool {
    is_too_much(trouble)
        || matches!(
            trouble,
            Trouble::Refused { .. }
                | Trouble::Moved { .. }
                | Trouble::Page
                | Trouble::Encoding
                | Trouble::Unreadable(_)
        )
}

async fn get(
    asking: &Asking<'_>,
    path: &str,
    query: &[(&str, String)],
) -> Result<(Url, Vec<u8>), FetchError> {
    let url = asking.url(&under(&asking.settings.places.otx, path), query)?;
    let request =
        asking.get(&url).header("X-OTX-API-KEY", asking.key(&url)?).header(ACCEPT, "application/json");
    let bytes = asking.body(&url, request, LIMITS).await?;
    complete(&bytes, Format::Json).map_err(|trouble| asking.failed(&url, trouble))?;
    Ok((url, bytes))
}

fn sift(asking: &Asking<'_>, url: &Url, bytes: &[u8]) -> Result<Sifted, FetchError> {
    asking.sieve().sift(bytes).map_err(|trouble| asking.failed(url, trouble))
}

#[derive(Deserialize)]
struct Page<'a> {
    #[serde(borrow)]
    results: Vec<&'a RawValue>,
    #[serde(default)]
    next: Value,
}

/// The items of a page, and the number of the one after it.
fn read<'a>(
    asking: &Asking<'_>,
    url: &Url,
    bytes: &'a [u8],
    page: u32,
) -> Result<(Vec<&'a RawValue>, Option<u32>), FetchError> {
    let failed = |what| asking.failed(url, Trouble::Unreadable(what));
    let read: Page<'a> = serde_json::from_slice(bytes).map_err(|_| failed("a page has no results"))?;
    let next = match next_page(&read.next, page) {
        Some(next) if next <= page || next > MOST_PAGES => return Err(failed("its pages have no end")),
        next => next,
    };
    Ok((read.results, next))
}

/// The number of the next page. The address that the answer gives for it is not used: a key goes to one host only.
fn next_page(next: &Value, page: u32) -> Option<u32> {
    let next = next.as_str().filter(|next| !next.is_empty())?;
    let query = next.split_once('?').map(|(_, query)| query).unwrap_or_default();
    let number = query.split('&').find_map(|pair| pair.strip_prefix("page=")?.parse().ok());
    Some(number.unwrap_or(page.saturating_add(1)))
}

#[derive(Deserialize)]
struct Head {
    #[serde(default)]
    id: Value,
    #[serde(default)]
    name: Value,
    #[serde(default)]
    modified: Value,
    #[serde(default)]
    more_indicators: Value,
}

impl Pulse {
    /// The pulse, if it has more indicators than it shows and an id that may stand in a path.
    fn unfinished(pulse: &RawValue) -> Option<Self> {
        const NAME_CHARS: usize = 200;
        const TIME_CHARS: usize = 40;
        let head: Head = serde_json::from_str(pulse.get()).ok()?;
        let has_more = matches!(lenient::text(&head.more_indicators).as_deref(), Some("true" | "1"));
        let id = lenient::text(&head.id)
            .filter(|id| id.len() == 24 && id.bytes().all(|byte| byte.is_ascii_hexdigit()));
        Some(Self {
            id: id.filter(|_| has_more)?,
            name: lenient::text(&head.name).map(|name| visible(&name, NAME_CHARS)).unwrap_or_default(),
            modified: lenient::text(&head.modified).map(|time| visible(&time, TIME_CHARS)),
            page: 1,
            failed_at: None,
        })
    }

    /// The indicators of its next page, and the number of the page after that.
    async fn next_page(&self, asking: &Asking<'_>) -> Result<(Sifted, Option<u32>), FetchError> {
        let path = format!("api/v1/pulses/{}/indicators", self.id);
        let query = [("limit", INDICATORS.to_owned()), ("page", self.page.to_string())];
        let (url, bytes) = get(asking, &path, &query).await?;
        let (indicators, next) = read(asking, &url, &bytes, self.page)?;
        Ok((sift(asking, &url, &self.around(&indicators))?, next))
    }

    /// The pulse as if it had come with these indicators.
    fn around(&self, indicators: &[&RawValue]) -> Vec<u8> {
        #[derive(Serialize)]
        struct Around<'a> {
            name: &'a str,
            modified: Option<&'a str>,
            indicators: &'a [&'a RawValue],
        }
        let around = Around { name: &self.name, modified: self.modified.as_deref(), indicators };
        serde_json::to_vec(&around).unwrap_or_default()
    }
}
