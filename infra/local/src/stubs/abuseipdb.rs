//! `AbuseIPDB` API v2, `GET /check`: <https://docs.abuseipdb.com/#check-endpoint>.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use axum::Json;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use jiff::{Timestamp, ToSpan, Unit, tz::TimeZone};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::control::{Behaviour, Plan, Switchboard, Switched, Switches};
use super::{header_text, is_refused, trouble, web_page, with};

/// How the provider behaves.
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
    /// 429: the day's requests are used up.
    RateLimit,
    /// 200, the last request of the day.
    LastOne,
    /// 401, whatever the key.
    Unauthorized,
    /// 200 with a web page.
    Html,
    /// 200 with half a JSON document.
    Broken,
    /// 200 with `{"data":{}}`.
    Empty,
    /// 200 with 50 MB.
    Huge,
    /// 200 with an answer that never ends.
    Drip,
    /// 302 to another host.
    Redirect,
    /// 200, and the score is a text.
    WrongTypes,
    /// 200, and the score is 101.
    OutOfRange,
    /// 200, and the counters are below zero.
    Negative,
}

impl Switched for Mode {
    const PROVIDER: &'static str = "abuseipdb";
    const SLOW: Self = Self::Slow;

    fn switch(switches: &mut Switches) -> &mut Behaviour<Self> {
        &mut switches.abuseipdb
    }
}

/// The free plan's requests a day.
const DAILY_LIMIT: u64 = 1000;
const PATH: &str = "/api/v2/check";

pub(super) async fn check(
    State(switchboard): State<Arc<Switchboard>>,
    Query(query): Query<HashMap<String, String>>,
    headers: HeaderMap,
) -> Response {
    let plan: Plan<Mode> = switchboard.plan(PATH, json!(query));
    tokio::time::sleep(plan.delay).await;
    let asked = Asked {
        key: header_text(&headers, "key"),
        wants_json: header_text(&headers, header::ACCEPT).contains("json"),
        address: query.get("ipAddress").map_or("", String::as_str),
        max_age: query.get("maxAgeInDays").map_or("30", String::as_str),
    };
    let used = switchboard.count(Mode::PROVIDER, PATH);
    answer(plan.mode, &asked, used, Timestamp::now())
}

struct Asked<'a> {
    key: &'a str,
    wants_json: bool,
    address: &'a str,
    max_age: &'a str,
}

fn answer(mode: Mode, asked: &Asked<'_>, used: u64, now: Timestamp) -> Response {
    let remaining = DAILY_LIMIT.saturating_sub(used);
    match mode {
        Mode::Ok | Mode::Slow => decide(asked, remaining, now),
        Mode::LastOne => decide(asked, 0, now),
        Mode::Error => web_page(StatusCode::INTERNAL_SERVER_ERROR),
        Mode::Unavailable => web_page(StatusCode::SERVICE_UNAVAILABLE),
        Mode::RateLimit => used_up(asked.wants_json, DAILY_LIMIT, now),
        Mode::Unauthorized => unauthorized(asked.wants_json),
        Mode::Html => web_page(StatusCode::OK),
        Mode::Broken => trouble::cut(r#"{"data":{"ipAddress":"203.0."#),
        Mode::Empty => Json(json!({"data": {}})).into_response(),
        Mode::Huge => trouble::huge(&lie(asked, json!({}), now)),
        Mode::Drip => trouble::drip(&lie(asked, json!({}), now)),
        Mode::Redirect => trouble::elsewhere(),
        Mode::WrongTypes => Json(lie(asked, json!({"abuseConfidenceScore": "87"}), now)).into_response(),
        Mode::OutOfRange => Json(lie(asked, json!({"abuseConfidenceScore": 101}), now)).into_response(),
        Mode::Negative => {
            Json(lie(asked, json!({"totalReports": -1, "numDistinctUsers": -1}), now)).into_response()
        }
    }
}

/// What the real service does when nothing is wrong with it.
fn decide(asked: &Asked<'_>, remaining: u64, now: Timestamp) -> Response {
    if is_refused(asked.key) {
        return unauthorized(asked.wants_json);
    }
    let Ok(address) = asked.address.parse::<IpAddr>() else {
        let detail =
            "The ip address must be a valid IPv4 or IPv6 address (e.g. 8.8.8.8 or 2001:4860:4860::8888).";
        return refuse(
            asked.wants_json,
            StatusCode::UNPROCESSABLE_ENTITY,
            &json!({"detail": detail, "status": 422, "source": {"parameter": "ipAddress"}}),
        );
    };
    if !asked.max_age.parse::<u16>().is_ok_and(|days| (1..=365).contains(&days)) {
        let detail = "The max age in days must be between 1 and 365.";
        return refuse(
            asked.wants_json,
            StatusCode::UNPROCESSABLE_ENTITY,
            &json!({"detail": detail, "status": 422, "source": {"parameter": "maxAgeInDays"}}),
        );
    }
    let limits =
        [("x-ratelimit-limit", DAILY_LIMIT.to_string()), ("x-ratelimit-remaining", remaining.to_string())];
    (limits, Json(json!({"data": report(address, now)}))).into_response()
}

/// The answer, whatever the key, with these members in place of its own.
fn lie(asked: &Asked<'_>, members: Value, now: Timestamp) -> Value {
    let address = asked.address.parse().unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED));
    json!({"data": with(report(address, now), members)})
}

fn report(address: IpAddr, now: Timestamp) -> Value {
    let listed = LISTED.iter().find(|listed| address.to_string() == listed.address);
    let is_public = is_public(address);
    json!({
        "ipAddress": address.to_string(),
        "isPublic": is_public,
        "ipVersion": if address.is_ipv4() { 4 } else { 6 },
        "isWhitelisted": listed.map(|_| false),
        "abuseConfidenceScore": listed.map_or(0, |listed| listed.score),
        "countryCode": listed.map(|listed| listed.country),
        "usageType": if is_public { listed.map(|_| "Data Center/Web Hosting/Transit") } else { Some("Reserved") },
        "isp": listed.map(|_| "Example Hosting"),
        "domain": listed.map(|_| "hosting.example"),
        "hostnames": [],
        "isTor": listed.is_some_and(|listed| listed.is_tor),
        "totalReports": listed.map_or(0, |listed| listed.reports),
        "numDistinctUsers": listed.map_or(0, |listed| listed.reports / 4),
        "lastReportedAt": listed.filter(|listed| listed.reports > 0).map(|_| (now - 3.hours()).strftime("%Y-%m-%dT%H:%M:%S+00:00").to_string()),
    })
}

/// Where an address is, as far as anybody knows here.
pub(super) fn country(address: &str) -> Option<&'static str> {
    LISTED.iter().find(|listed| listed.address == address).map(|listed| listed.country)
}

struct Listed {
    address: &'static str,
    score: u8,
    reports: u64,
    country: &'static str,
    is_tor: bool,
}

/// Who is known here, most of them for a bad name; nobody else was ever reported.
const LISTED: [Listed; 4] = [
    Listed { address: "203.0.113.24", score: 100, reports: 1482, country: "NL", is_tor: false },
    Listed { address: "198.51.100.77", score: 62, reports: 57, country: "US", is_tor: true },
    Listed { address: "2001:db8::bad", score: 87, reports: 152, country: "DE", is_tor: false },
    Listed { address: "198.51.100.140", score: 0, reports: 0, country: "BR", is_tor: false },
];

/// The documentation ranges count as public: they stand for real addresses here.
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => {
            !(address.is_private()
                || address.is_loopback()
                || address.is_link_local()
                || address.is_unspecified())
        }
        IpAddr::V6(address) => {
            !(address.is_loopback()
                || address.is_unspecified()
                || address.is_unique_local()
                || address.is_unicast_link_local())
        }
    }
}

pub(super) fn unauthorized(wants_json: bool) -> Response {
    let detail = "Authentication failed. Your API key is either missing, incorrect, or revoked. \
                  Note: The APIv2 key differs from the APIv1 key.";
    refuse(wants_json, StatusCode::UNAUTHORIZED, &json!({"detail": detail, "status": 401}))
}

/// The quota of so many requests comes back at midnight, UTC.
pub(super) fn used_up(wants_json: bool, limit: u64, now: Timestamp) -> Response {
    let detail = format!(
        "Daily rate limit of {limit} requests exceeded for this endpoint. See headers for additional details."
    );
    let midnight = now
        .to_zoned(TimeZone::UTC)
        .tomorrow()
        .and_then(|tomorrow| tomorrow.start_of_day())
        .map_or(now, |midnight| midnight.timestamp());
    let wait = (midnight - now).total(Unit::Second).unwrap_or_default();
    let headers = [
        ("retry-after", format!("{wait:.0}")),
        ("x-ratelimit-limit", limit.to_string()),
        ("x-ratelimit-remaining", "0".to_owned()),
        ("x-ratelimit-reset", midnight.as_second().to_string()),
    ];
    let answer = refuse(wants_json, StatusCode::TOO_MANY_REQUESTS, &json!({"detail": detail, "status": 429}));
    (headers, answer).into_response()
}

/// Without `Accept: application/json` errors are web pages.
fn refuse(wants_json: bool, status: StatusCode, error: &Value) -> Response {
    if !wants_json {
        return web_page(status);
    }
    (status, Json(json!({"errors": [error]}))).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ASKED: Asked<'_> = Asked { key: "key", wants_json: true, address: "203.0.113.24", max_age: "30" };

    async fn body(response: Response) -> Value {
        let bytes = axum::body::to_bytes(response.into_body(), 1 << 20).await.unwrap();
        serde_json::from_slice(&bytes).unwrap_or_else(|_| json!(String::from_utf8_lossy(&bytes)))
    }

    fn noon() -> Timestamp {
        "2026-11-22T12:00:00Z".parse().unwrap()
    }

    #[tokio::test]
    async fn every_request_gets_what_the_real_service_would_say() {
        for (asked, status, says) in [
            (ASKED, 200, r#""abuseConfidenceScore":100"#),
            (Asked { address: "198.51.100.77", ..ASKED }, 200, r#""abuseConfidenceScore":62"#),
            (Asked { address: "192.0.2.1", ..ASKED }, 200, r#""lastReportedAt":null"#),
            (Asked { address: "192.168.0.1", ..ASKED }, 200, r#""isPublic":false"#),
            (Asked { address: "2001:DB8:0::BAD", ..ASKED }, 200, r#""ipAddress":"2001:db8::bad""#),
            (Asked { key: "", ..ASKED }, 401, "Your API key is either missing"),
            (Asked { key: "wrong-key", ..ASKED }, 401, "Your API key is either missing"),
            (Asked { key: "", wants_json: false, ..ASKED }, 401, "<!DOCTYPE html>"),
            (Asked { address: "216.0.0.300", ..ASKED }, 422, "must be a valid IPv4 or IPv6 address"),
            (Asked { address: "", ..ASKED }, 422, r#""parameter":"ipAddress""#),
            (Asked { max_age: "366", ..ASKED }, 422, "between 1 and 365"),
        ] {
            let answer = answer(Mode::Ok, &asked, 1, noon());
            assert_eq!(answer.status(), status, "{}", asked.address);
            let text = body(answer).await.to_string();
            assert!(text.contains(says), "{says}: {text}");
        }
    }

    #[tokio::test]
    async fn every_mode_is_the_trouble_it_names() {
        for (mode, status, says) in [
            (Mode::Slow, 200, "203.0.113.24"),
            (Mode::LastOne, 200, "203.0.113.24"),
            (Mode::Error, 500, "<!DOCTYPE html>"),
            (Mode::Unavailable, 503, "<!DOCTYPE html>"),
            (Mode::RateLimit, 429, "Daily rate limit of 1000 requests exceeded"),
            (Mode::Unauthorized, 401, "Authentication failed"),
            (Mode::Html, 200, "<!DOCTYPE html>"),
            (Mode::Broken, 200, "203.0."),
            (Mode::Empty, 200, r#"{"data":{}}"#),
            (Mode::Huge, 200, "203.0.113.24"),
            (Mode::Drip, 200, "203.0.113.24"),
            (Mode::Redirect, 302, ""),
            (Mode::WrongTypes, 200, r#""abuseConfidenceScore":"87""#),
            (Mode::OutOfRange, 200, r#""abuseConfidenceScore":101"#),
            (Mode::Negative, 200, r#""totalReports":-1,"numDistinctUsers":-1"#),
        ] {
            let answer = answer(mode, &ASKED, 1, noon());
            assert_eq!(answer.status(), status, "{mode:?}");
            let text = trouble::start_of(answer).await;
            assert!(text.contains(says), "{mode:?}: {text}");
        }
    }

    #[test]
    fn the_headers_tell_how_much_is_left_and_until_when() {
        let header = |answer: &Response, name: &str| header_text(answer.headers(), name).to_owned();
        let last = answer(Mode::Ok, &ASKED, 1000, noon());
        assert_eq!(header(&last, "x-ratelimit-remaining"), "0");
        let none_left = answer(Mode::RateLimit, &ASKED, 1001, noon());
        assert_eq!(header(&none_left, "retry-after"), (12 * 3600).to_string());
        assert_eq!(header(&none_left, "x-ratelimit-reset"), (noon().as_second() + 12 * 3600).to_string());
    }
}
