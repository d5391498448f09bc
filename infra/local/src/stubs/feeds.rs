//! What is published in bulk: lists for everybody, a MISP feed, OTX's pulses and `AbuseIPDB`'s blacklist.
//!
//! Lists and feed have an `ETag`, change at midnight and answer 304. The addresses are of documentation ranges and of no
//! sample alert, but for those of pulses, which say the same as OTX's look-ups do.

mod events;
mod lists;

use std::collections::HashMap;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::control::{Behaviour, Plan, Switchboard, Switched, Switches};
use super::pulses::bulk::{self, Page};
use super::{abuseipdb, header_text, is_refused, not_found, otx, trouble, web_page};

/// How all of them behave.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    #[default]
    Ok,
    /// Right, but late.
    Slow,
    /// 500 with a web page.
    Error,
    /// 503 with a web page.
    Unavailable,
    /// 504 with a web page from `/pulses/subscribed`; everything else is well.
    PulsesTimeout,
    /// 429: the day's requests to the blacklist are used up, and the others want a minute.
    RateLimit,
    /// 401 and 403 of those that want a key.
    Unauthorized,
    /// 200 with a web page.
    Html,
    /// 200 with the first half of the answer.
    Broken,
    /// 200 with nothing.
    Empty,
    /// 200 with 50 MB.
    Huge,
    /// 200 with an answer that never ends.
    Drip,
    /// 302 to another host.
    Redirect,
}

impl Switched for Mode {
    const PROVIDER: &'static str = "feeds";
    const SLOW: Self = Self::Slow;

    fn switch(switches: &mut Switches) -> &mut Behaviour<Self> {
        &mut switches.feeds
    }
}

pub(super) fn routes() -> Router<Arc<Switchboard>> {
    let lists = lists::PATHS.iter().fold(Router::new(), |router, path| router.route(path, get(list)));
    lists
        .route("/feed/manifest.json", get(list))
        .route("/feed/{file}", get(event))
        .route("/api/v2/blacklist", get(blacklist))
        .route("/api/v1/pulses/subscribed", get(subscribed))
        .route("/api/v1/pulses/{id}/indicators", get(indicators))
        .route("/api/v1/indicators/export", get(export))
}

/// `AbuseIPDB`'s free plan: so many blacklists a day.
const BLACKLISTS: u64 = 5;

async fn list(State(switchboard): State<Arc<Switchboard>>, uri: Uri, headers: HeaderMap) -> Response {
    let path = uri.path().to_owned();
    let mode = begin(&switchboard, &path, json!({})).await;
    let now = Timestamp::now();
    let text = lists::text(&path, now).unwrap_or_else(|| events::manifest(now).to_string());
    published(mode, text, &headers)
}

async fn event(
    State(switchboard): State<Arc<Switchboard>>,
    Path(file): Path<String>,
    headers: HeaderMap,
) -> Response {
    let mode = begin(&switchboard, "/feed/{uuid}.json", json!({"file": file})).await;
    match events::event(&file, Timestamp::now()) {
        Some(event) => published(mode, event.to_string(), &headers),
        None => web_page(StatusCode::NOT_FOUND),
    }
}

async fn blacklist(
    State(switchboard): State<Arc<Switchboard>>,
    Query(query): Query<HashMap<String, String>>,
    headers: HeaderMap,
) -> Response {
    const PATH: &str = "/api/v2/blacklist";
    let mode = begin(&switchboard, PATH, json!(query)).await;
    let used = switchboard.count(Mode::PROVIDER, PATH);
    let (now, wants_json) = (Timestamp::now(), header_text(&headers, header::ACCEPT).contains("json"));
    if mode == Mode::RateLimit || used > BLACKLISTS {
        return abuseipdb::used_up(wants_json, BLACKLISTS, now);
    }
    if mode == Mode::Unauthorized || is_refused(header_text(&headers, "key")) {
        return abuseipdb::unauthorized(wants_json);
    }
    let limit = query.get("limit").and_then(|limit| limit.parse().ok()).unwrap_or(10_000);
    let left = [
        ("x-ratelimit-limit", BLACKLISTS.to_string()),
        ("x-ratelimit-remaining", (BLACKLISTS - used).to_string()),
    ];
    (left, whole(mode, &lists::blacklist(limit, now))).into_response()
}

async fn subscribed(
    State(switchboard): State<Arc<Switchboard>>,
    Query(query): Query<HashMap<String, String>>,
    headers: HeaderMap,
) -> Response {
    let mode = begin(&switchboard, "/api/v1/pulses/subscribed", json!(query)).await;
    if mode == Mode::PulsesTimeout {
        return web_page(StatusCode::GATEWAY_TIMEOUT);
    }
    of_otx(mode, &headers, &bulk::subscribed(&Page::of(&query), Timestamp::now()))
}

async fn indicators(
    State(switchboard): State<Arc<Switchboard>>,
    Path(id): Path<String>,
    Query(query): Query<HashMap<String, String>>,
    headers: HeaderMap,
) -> Response {
    let asked = json!({"id": id, "query": query});
    let mode = begin(&switchboard, "/api/v1/pulses/{id}/indicators", asked).await;
    match bulk::indicators(&id, &Page::of(&query), Timestamp::now()) {
        Some(page) => of_otx(mode, &headers, &page),
        None => not_found().await,
    }
}

async fn export(
    State(switchboard): State<Arc<Switchboard>>,
    Query(query): Query<HashMap<String, String>>,
    headers: HeaderMap,
) -> Response {
    let mode = begin(&switchboard, "/api/v1/indicators/export", json!(query)).await;
    let types = query.get("types").map_or("", String::as_str);
    of_otx(mode, &headers, &bulk::export(types, &Page::of(&query), Timestamp::now()))
}

/// Records a request, and waits as long as it was ordered to.
async fn begin(switchboard: &Switchboard, path: &str, content: Value) -> Mode {
    let plan: Plan<Mode> = switchboard.plan(path, content);
    tokio::time::sleep(plan.delay).await;
    plan.mode
}

fn of_otx(mode: Mode, headers: &HeaderMap, page: &Value) -> Response {
    if mode == Mode::Unauthorized || is_refused(header_text(headers, "x-otx-api-key")) {
        return otx::unauthorized();
    }
    whole(mode, page)
}

/// A document that has no `ETag`.
fn whole(mode: Mode, document: &Value) -> Response {
    let json = [(header::CONTENT_TYPE, "application/json")];
    in_trouble(mode, document).unwrap_or_else(|| (json, document.to_string()).into_response())
}

/// A text that says how it can be recognised; 304 for whoever has it.
fn published(mode: Mode, text: String, headers: &HeaderMap) -> Response {
    let document = serde_json::from_str(&text).unwrap_or_else(|_| json!({}));
    if let Some(trouble) = in_trouble_of(mode, &text, &document) {
        return trouble;
    }
    let hash: Vec<String> = Sha256::digest(&text).iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    let tag = format!("\"{}\"", hash.concat());
    if header_text(headers, header::IF_NONE_MATCH) == tag {
        return (StatusCode::NOT_MODIFIED, [(header::ETAG, tag)]).into_response();
    }
    let kind = if text.starts_with(['{', '[']) { "application/json" } else { "text/plain; charset=utf-8" };
    ([(header::ETAG, tag), (header::CONTENT_TYPE, kind.to_owned())], text).into_response()
}

fn in_trouble(mode: Mode, document: &Value) -> Option<Response> {
    in_trouble_of(mode, &document.to_string(), document)
}

/// Nothing where the answer is to be right.
fn in_trouble_of(mode: Mode, text: &str, document: &Value) -> Option<Response> {
    Some(match mode {
        Mode::Ok | Mode::Slow | Mode::PulsesTimeout | Mode::Unauthorized => return None,
        Mode::Error => web_page(StatusCode::INTERNAL_SERVER_ERROR),
        Mode::Unavailable => web_page(StatusCode::SERVICE_UNAVAILABLE),
        Mode::RateLimit => {
            (StatusCode::TOO_MANY_REQUESTS, [(header::RETRY_AFTER, "60")], "slow down\n").into_response()
        }
        Mode::Html => web_page(StatusCode::OK),
        Mode::Broken => text.chars().take(text.chars().count() / 2).collect::<String>().into_response(),
        Mode::Empty => StatusCode::OK.into_response(),
        Mode::Huge => trouble::huge(document),
        Mode::Drip => trouble::drip(document),
        Mode::Redirect => trouble::elsewhere(),
    })
}

/// Midnight before a time: what is published changes once a day.
fn midnight(now: Timestamp) -> Timestamp {
    now.to_zoned(TimeZone::UTC).start_of_day().map_or(now, |day| day.timestamp())
}

#[cfg(test)]
mod tests;
