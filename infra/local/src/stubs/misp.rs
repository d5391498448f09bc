//! MISP 2.5: `POST /attributes/restSearch` and `POST /sightings/add`, <https://www.misp-project.org/openapi/>.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::control::{Behaviour, Plan, Switchboard, Switched, Switches};
use super::{attributes, header_text, is_refused, trouble, web_page};

/// How the server behaves.
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
    /// 429: the role's requests of this quarter of an hour are used up.
    RateLimit,
    /// 403, whatever the key.
    Unauthorized,
    /// 302 to the page where people log in.
    LoginPage,
    /// 200 with a web page.
    Html,
    /// 200 with half a JSON document.
    Broken,
    /// 200 with `{}`.
    Empty,
    /// 200 with 50 MB.
    Huge,
    /// 200 with an answer that never ends.
    Drip,
    /// 200, and the list of attributes is a text.
    WrongTypes,
    /// 200, right, but the texts that hold numbers are numbers.
    Numbers,
}

impl Switched for Mode {
    const PROVIDER: &'static str = "misp";
    const SLOW: Self = Self::Slow;

    fn switch(switches: &mut Switches) -> &mut Behaviour<Self> {
        &mut switches.misp
    }
}

pub(super) async fn search(
    State(switchboard): State<Arc<Switchboard>>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    call(&switchboard, Call::Search, &headers, &body).await
}

pub(super) async fn sight(
    State(switchboard): State<Arc<Switchboard>>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    call(&switchboard, Call::Sight, &headers, &body).await
}

/// Where a client ends up that follows the redirect of [`Mode::LoginPage`].
pub(super) async fn login() -> Response {
    web_page(StatusCode::OK)
}

async fn call(switchboard: &Switchboard, call: Call, headers: &HeaderMap, body: &[u8]) -> Response {
    let request: Value = serde_json::from_slice(body).unwrap_or_default();
    let plan: Plan<Mode> = switchboard.plan(call.recorded_as(&request), request.clone());
    tokio::time::sleep(plan.delay).await;
    let asked = Asked { call, key: header_text(headers, header::AUTHORIZATION), request: &request };
    answer(plan.mode, &asked, Timestamp::now())
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Call {
    Search,
    Sight,
}

impl Call {
    fn path(self) -> &'static str {
        match self {
            Self::Search => "/attributes/restSearch",
            Self::Sight => "/sightings/add",
        }
    }

    /// A search for what is new is the feeds', and not an alert's question.
    fn recorded_as(self, request: &Value) -> &'static str {
        match self {
            Self::Search if request.get("timestamp").is_some() => super::MISP_HARVEST,
            Self::Search | Self::Sight => self.path(),
        }
    }
}

#[derive(Clone, Copy)]
struct Asked<'a> {
    call: Call,
    key: &'a str,
    request: &'a Value,
}

fn answer(mode: Mode, asked: &Asked<'_>, now: Timestamp) -> Response {
    match mode {
        Mode::Ok | Mode::Slow => decide(asked, now),
        Mode::Error => web_page(StatusCode::INTERNAL_SERVER_ERROR),
        Mode::Unavailable => web_page(StatusCode::SERVICE_UNAVAILABLE),
        Mode::RateLimit => rate_limited(asked, now),
        Mode::Unauthorized => unauthorized(asked),
        Mode::LoginPage => (StatusCode::FOUND, [(header::LOCATION, "/users/login")]).into_response(),
        Mode::Html => web_page(StatusCode::OK),
        Mode::Broken => trouble::cut(r#"{"response":{"Attribute":[{"id":"1","value":"203.0."#),
        Mode::Empty => Json(json!({})).into_response(),
        Mode::Huge => trouble::huge(&written(asked, now)),
        Mode::Drip => trouble::drip(&written(asked, now)),
        Mode::WrongTypes => Json(json!({"response": {"Attribute": "none"}})).into_response(),
        Mode::Numbers => Json(with_numbers(written(asked, now))).into_response(),
    }
}

/// What a real server does when nothing is wrong with it.
fn decide(asked: &Asked<'_>, now: Timestamp) -> Response {
    if is_refused(asked.key) || asked.key.starts_with("Bearer ") {
        return unauthorized(asked);
    }
    if asked.request.as_object().is_none_or(serde_json::Map::is_empty) {
        let name = "Either specify the search terms in the url, or POST a json with the filter parameters.";
        return refuse(asked, StatusCode::BAD_REQUEST, name);
    }
    if asked.request.get("returnFormat").is_some_and(|format| format != "json") {
        return refuse(asked, StatusCode::NOT_FOUND, "Invalid output format.");
    }
    let written = written(asked, now);
    let count = written.pointer("/response/Attribute").and_then(Value::as_array).map_or(0, Vec::len);
    let headers = [
        ("x-result-count", count.to_string()),
        ("x-export-module-used", "json".to_owned()),
        ("x-response-format", "json".to_owned()),
        ("x-skipped-elements-count", "0".to_owned()),
    ];
    match asked.call {
        Call::Search => (headers, Json(written)).into_response(),
        Call::Sight => Json(written).into_response(),
    }
}

/// The right answer, whatever the key.
fn written(asked: &Asked<'_>, now: Timestamp) -> Value {
    match asked.call {
        Call::Search => json!({"response": {"Attribute": attributes::search(asked.request, now)}}),
        Call::Sight => sighting(asked.request, now),
    }
}

/// Every attribute with one of the values gets a sighting, and the last one is shown. None is 200 all the same.
fn sighting(request: &Value, now: Timestamp) -> Value {
    let text = |name: &str| request.get(name).and_then(Value::as_str).unwrap_or_default();
    let found = match request.get("id") {
        Some(id) => attributes::with_id(id),
        None => attributes::with_values(request.get("values").or_else(|| request.get("value"))),
    };
    let Some((attribute_id, event_id)) = found.last() else {
        let reason = "No valid attributes found that match the criteria.";
        return json!({"message": format!("Could not add the Sighting. Reason: {reason}")});
    };
    json!({"Sighting": {
        "id": "1",
        "attribute_id": attribute_id.to_string(),
        "event_id": event_id.to_string(),
        "org_id": "1",
        "date_sighting": now.as_second().to_string(),
        "uuid": "00000000-0000-4000-b000-000000000001",
        "source": text("source"),
        "type": if text("type").is_empty() { "0" } else { text("type") },
    }})
}

/// Texts of digits only become numbers, as other versions and proxies write them.
fn with_numbers(value: Value) -> Value {
    match value {
        Value::String(text) => text.parse::<u64>().map_or(Value::String(text), Value::from),
        Value::Array(items) => items.into_iter().map(with_numbers).collect(),
        Value::Object(members) => {
            members.into_iter().map(|(name, value)| (name, with_numbers(value))).collect()
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => value,
    }
}

fn unauthorized(asked: &Asked<'_>) -> Response {
    let name = "Authentication failed. Please make sure you pass the API key of an API enabled user along in the \
                Authorization header.";
    refuse(asked, StatusCode::FORBIDDEN, name)
}

/// The window is a quarter of an hour, and the header tells the seconds that are left of it.
fn rate_limited(asked: &Asked<'_>, now: Timestamp) -> Response {
    const WINDOW: i64 = 900;
    let headers = [
        ("x-rate-limit-limit", "100".to_owned()),
        ("x-rate-limit-remaining", "0".to_owned()),
        ("x-rate-limit-reset", (WINDOW - now.as_second().rem_euclid(WINDOW)).to_string()),
    ];
    (headers, refuse(asked, StatusCode::TOO_MANY_REQUESTS, "Rate limit exceeded.")).into_response()
}

fn refuse(asked: &Asked<'_>, status: StatusCode, name: &str) -> Response {
    (status, Json(json!({"name": name, "message": name, "url": asked.call.path()}))).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noon() -> Timestamp {
        "2026-11-22T12:00:00Z".parse().unwrap()
    }

    #[tokio::test]
    async fn every_request_gets_what_a_real_server_would_say() {
        let listed = json!({"returnFormat": "json", "value": ["203.0.113.24"]});
        let unlisted = json!({"value": ["192.0.2.1"]});
        let (nothing, csv) = (json!({}), json!({"returnFormat": "csv"}));
        let sighted = json!({"values": ["203.0.113.66"], "source": "wazuh-triage"});
        let numbered = json!({"id": "3", "type": "1"});
        for (call, key, request, status, says) in [
            (Call::Search, "key", &listed, 200, r#""value":"203.0.113.24""#),
            (Call::Search, "key", &unlisted, 200, r#"{"response":{"Attribute":[]}}"#),
            (Call::Search, "", &listed, 403, r#""url":"/attributes/restSearch""#),
            (Call::Search, "wrong-key", &listed, 403, "Authentication failed."),
            (Call::Search, "Bearer key", &listed, 403, "Authentication failed."),
            (Call::Search, "key", &Value::Null, 400, "POST a json"),
            (Call::Search, "key", &nothing, 400, "POST a json"),
            (Call::Search, "key", &csv, 404, "Invalid output format."),
            (Call::Sight, "key", &sighted, 200, r#""attribute_id":"4","event_id":"502""#),
            (Call::Sight, "key", &numbered, 200, r#""attribute_id":"3","event_id":"502""#),
            (Call::Sight, "key", &unlisted, 200, "Could not add the Sighting."),
            (Call::Sight, "", &sighted, 403, r#""url":"/sightings/add""#),
        ] {
            let answer = answer(Mode::Ok, &Asked { call, key, request }, noon());
            assert_eq!(answer.status(), status, "{key} {request}");
            let text = trouble::start_of(answer).await;
            assert!(text.contains(says), "{says}: {text}");
        }
    }

    #[tokio::test]
    async fn every_mode_is_the_trouble_it_names() {
        let request = json!({"value": ["203.0.113.24"]});
        let asked = Asked { call: Call::Search, key: "key", request: &request };
        for (mode, status, says) in [
            (Mode::Slow, 200, "203.0.113.24"),
            (Mode::Error, 500, "<!DOCTYPE html>"),
            (Mode::Unavailable, 503, "<!DOCTYPE html>"),
            (Mode::RateLimit, 429, "Rate limit exceeded."),
            (Mode::Unauthorized, 403, "Authentication failed."),
            (Mode::LoginPage, 302, ""),
            (Mode::Html, 200, "<!DOCTYPE html>"),
            (Mode::Broken, 200, "203.0."),
            (Mode::Empty, 200, "{}"),
            (Mode::Huge, 200, "203.0.113.24"),
            (Mode::Drip, 200, "203.0.113.24"),
            (Mode::WrongTypes, 200, r#"{"Attribute":"none"}"#),
            (Mode::Numbers, 200, r#"{"id":1,"event_id":501"#),
        ] {
            let answer = answer(mode, &asked, noon());
            assert_eq!(answer.status(), status, "{mode:?}");
            let text = trouble::start_of(answer).await;
            assert!(text.contains(says), "{mode:?}: {text}");
        }
    }

    #[test]
    fn the_headers_tell_how_many_there_are_and_how_long_to_wait() {
        let request = json!({"value": ["203.0.113.24", "192.0.2.10"]});
        let asked = Asked { call: Call::Search, key: "key", request: &request };
        let header = |mode, name| header_text(answer(mode, &asked, noon()).headers(), name).to_owned();
        assert_eq!(header(Mode::Ok, "x-result-count"), "2");
        assert_eq!(header(Mode::RateLimit, "x-rate-limit-remaining"), "0");
        assert_eq!(header(Mode::RateLimit, "x-rate-limit-reset"), "900");
        assert_eq!(header(Mode::LoginPage, "location"), "/users/login");
    }
}
