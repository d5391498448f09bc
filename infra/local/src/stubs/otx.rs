//! `AlienVault` OTX, the `general` section of an indicator: <https://otx.alienvault.com/api>.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::control::{Behaviour, Plan, Switchboard, Switched, Switches};
use super::{abuseipdb, header_text, is_refused, not_found, pulses, trouble, web_page, with};

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
    /// 504 with a web page.
    GatewayTimeout,
    /// 429: too many requests this hour.
    RateLimit,
    /// 403, whatever the key.
    Unauthorized,
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
    /// 200, and the count and the pulses are texts.
    WrongTypes,
    /// 302 to another host.
    Redirect,
}

impl Switched for Mode {
    const PROVIDER: &'static str = "otx";
    const SLOW: Self = Self::Slow;

    fn switch(switches: &mut Switches) -> &mut Behaviour<Self> {
        &mut switches.otx
    }
}

/// The value comes decoded, so its slashes may be encoded or not.
pub(super) async fn general(
    State(switchboard): State<Arc<Switchboard>>,
    Path((section, rest)): Path<(String, String)>,
    headers: HeaderMap,
) -> Response {
    let (Some(section), Some(value)) = (Section::named(&section), rest.strip_suffix("/general")) else {
        return not_found().await;
    };
    // The value stays out of the path, so that there are few paths to count.
    let path = format!("/api/v1/indicators/{}/general", section.name());
    let plan: Plan<Mode> = switchboard.plan(&path, json!({"type": section.name(), "value": value}));
    tokio::time::sleep(plan.delay).await;
    let asked = Asked { key: header_text(&headers, "x-otx-api-key"), section, value };
    answer(plan.mode, &asked, Timestamp::now())
}

#[derive(Clone, Copy)]
struct Asked<'a> {
    key: &'a str,
    section: Section,
    value: &'a str,
}

/// The kinds of indicators, as the path calls them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Section {
    IpV4,
    IpV6,
    Domain,
    Hostname,
    Url,
    File,
}

impl Section {
    const ALL: [Self; 6] = [Self::IpV4, Self::IpV6, Self::Domain, Self::Hostname, Self::Url, Self::File];

    fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|section| section.name() == name)
    }

    fn name(self) -> &'static str {
        match self {
            Self::IpV4 => "IPv4",
            Self::IpV6 => "IPv6",
            Self::Domain => "domain",
            Self::Hostname => "hostname",
            Self::Url => "url",
            Self::File => "file",
        }
    }

    fn takes(self, value: &str) -> bool {
        match self {
            Self::IpV4 => value.parse::<Ipv4Addr>().is_ok(),
            Self::IpV6 => value.parse::<Ipv6Addr>().is_ok(),
            Self::Domain | Self::Hostname => is_name(value),
            Self::Url => {
                let rest = value.strip_prefix("http://").or_else(|| value.strip_prefix("https://"));
                rest.is_some_and(|rest| !host(rest).is_empty())
            }
            Self::File => is_hash(value),
        }
    }
}

fn is_name(value: &str) -> bool {
    let is_label = |label: &str| {
        !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
    };
    value.contains('.') && value.parse::<IpAddr>().is_err() && value.split('.').all(is_label)
}

fn is_hash(value: &str) -> bool {
    [32, 40, 64].contains(&value.len()) && value.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// The host of a URL whose scheme is cut off.
fn host(rest: &str) -> &str {
    rest.split(['/', '?', '#', ':']).next().unwrap_or_default()
}

fn answer(mode: Mode, asked: &Asked<'_>, now: Timestamp) -> Response {
    match mode {
        Mode::Ok | Mode::Slow => decide(asked, now),
        Mode::Error => web_page(StatusCode::INTERNAL_SERVER_ERROR),
        Mode::Unavailable => web_page(StatusCode::SERVICE_UNAVAILABLE),
        Mode::GatewayTimeout => web_page(StatusCode::GATEWAY_TIMEOUT),
        Mode::RateLimit => refuse(StatusCode::TOO_MANY_REQUESTS, "Request was throttled."),
        Mode::Unauthorized => unauthorized(),
        Mode::Html => web_page(StatusCode::OK),
        Mode::Broken => trouble::cut(r#"{"indicator":"203.0.113.24","pulse_info":{"count":3,"pulses":[{"#),
        Mode::Empty => Json(json!({})).into_response(),
        Mode::Huge => trouble::huge(&report(asked, now)),
        Mode::Drip => trouble::drip(&report(asked, now)),
        Mode::WrongTypes => {
            let texts = json!({"pulse_info": {"count": "3", "pulses": "none"}});
            Json(with(report(asked, now), texts)).into_response()
        }
        Mode::Redirect => trouble::elsewhere(),
    }
}

/// What the real service does when nothing is wrong with it.
fn decide(asked: &Asked<'_>, now: Timestamp) -> Response {
    if is_refused(asked.key) {
        return unauthorized();
    }
    if !asked.section.takes(asked.value) {
        return refuse(StatusCode::BAD_REQUEST, "malformed indicator");
    }
    Json(report(asked, now)).into_response()
}

/// An indicator that nobody wrote about is there all the same, with a count of 0.
fn report(asked: &Asked<'_>, now: Timestamp) -> Value {
    let canonical =
        asked.value.parse::<IpAddr>().map_or_else(|_| asked.value.to_owned(), |ip| ip.to_string());
    let listed = pulses::find(&canonical);
    // Pulses call a kind otherwise than the path does, and people otherwise again.
    let (kind, indicator_type, title, own) = match asked.section {
        Section::IpV4 => ("IPv4", "IPv4", "IPv4", address(asked.value)),
        Section::IpV6 => ("IPv6", "IPv6", "IPv6", address(asked.value)),
        Section::Domain => ("domain", "domain", "Domain", name(asked.value)),
        Section::Hostname => ("hostname", "hostname", "Hostname", name(asked.value)),
        Section::Url => ("url", "URL", "URL", url(asked.value)),
        Section::File => {
            let (kind, title) = hash(asked.value);
            (kind, title, title, json!({"sections": ["general", "analysis"]}))
        }
    };
    let base = listed.map(|_| {
        json!({
            "id": 2_000_000_001, "indicator": asked.value, "type": indicator_type, "title": "", "description": "",
            "content": "", "access_type": "public", "access_reason": "",
        })
    });
    let report = json!({
        "indicator": asked.value,
        "type": kind,
        "type_title": title,
        "sections": ["general"],
        "base_indicator": base.unwrap_or_else(|| json!({})),
        "validation": pulses::validation(listed),
        "false_positive": pulses::false_positive(listed, now),
        "pulse_info": pulses::info(listed, indicator_type, now),
    });
    with(report, own)
}

/// Where an address is; OTX says so of every address, and its reputation is always 0.
fn address(value: &str) -> Value {
    let code = abuseipdb::country(value).unwrap_or("NL");
    let (long_code, name, continent) = match code {
        "BR" => ("BRA", "Brazil", "SA"),
        "DE" => ("DEU", "Germany", "EU"),
        "US" => ("USA", "United States of America", "NA"),
        _ => ("NLD", "Netherlands", "EU"),
    };
    json!({
        "sections": ["general", "geo", "reputation", "url_list", "passive_dns", "malware", "nids_list", "http_scans"],
        "reputation": 0,
        "asn": "AS64500 EXAMPLE-HOSTING",
        "country_code": code,
        "country_code2": code,
        "country_code3": long_code,
        "country_name": name,
        "continent_code": continent,
        "city": null,
        "region": null,
        "subdivision": null,
        "postal_code": null,
        "latitude": 52.3824,
        "longitude": 4.8995,
        "accuracy_radius": 1000,
        "area_code": 0,
        "dma_code": 0,
        "charset": 0,
        "city_data": true,
        "flag_title": name,
        "flag_url": format!("/assets/images/flags/{}.png", code.to_ascii_lowercase()),
        "whois": format!("http://whois.example.com/{value}"),
    })
}

fn name(value: &str) -> Value {
    json!({
        "sections": ["general", "geo", "url_list", "passive_dns", "malware", "whois", "http_scans"],
        "alexa": format!("http://alexa.example.com/{value}"),
        "whois": format!("http://whois.example.com/{value}"),
    })
}

fn url(value: &str) -> Value {
    let host = host(value.split_once("://").map_or(value, |(_, rest)| rest));
    json!({
        "sections": ["general", "url_list", "http_scans", "screenshot"],
        "domain": host.split_once('.').map_or(host, |(_, parent)| parent),
        "hostname": host,
        "alexa": format!("http://alexa.example.com/{host}"),
        "whois": format!("http://whois.example.com/{host}"),
    })
}

fn hash(value: &str) -> (&'static str, &'static str) {
    match value.len() {
        32 => ("md5", "FileHash-MD5"),
        40 => ("sha1", "FileHash-SHA1"),
        _ => ("sha256", "FileHash-SHA256"),
    }
}

pub(super) fn unauthorized() -> Response {
    refuse(StatusCode::FORBIDDEN, "Authentication required")
}

fn refuse(status: StatusCode, detail: &str) -> Response {
    (status, Json(json!({ "detail": detail }))).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ASKED: Asked<'_> = Asked { key: "key", section: Section::IpV4, value: "203.0.113.24" };

    fn noon() -> Timestamp {
        "2026-11-22T12:00:00Z".parse().unwrap()
    }

    #[tokio::test]
    async fn every_request_gets_what_the_real_service_would_say() {
        let sha256 = "6C1E26A70EA2DF24D49E5619EC13D30E3ACA5B5B8A253D49109EAB66D9D5AD77";
        let url = "http://malware.example.com/dropper.bin";
        for (section, value, status, says) in [
            (Section::IpV4, "203.0.113.24", 200, r#""pulse_info":{"count":3"#),
            (Section::IpV4, "192.0.2.1", 200, r#""pulse_info":{"count":0,"pulses":[]"#),
            (Section::IpV4, "192.0.2.10", 200, r#""source":"whitelist""#),
            (Section::IpV4, "2001:db8::bad", 400, "malformed indicator"),
            (Section::IpV6, "2001:DB8:0::BAD", 200, r#""pulse_info":{"count":1"#),
            (Section::IpV6, "203.0.113.24", 400, "malformed indicator"),
            (Section::Domain, "c2.example.net", 200, r#""related_indicator_type":"domain""#),
            (Section::Hostname, "malware.example.com", 200, r#""pulse_info":{"count":2"#),
            (Section::Hostname, "203.0.113.24", 400, "malformed indicator"),
            (Section::Domain, "localhost", 400, "malformed indicator"),
            (Section::Url, url, 200, r#""hostname":"malware.example.com""#),
            (Section::Url, "malware.example.com", 400, "malformed indicator"),
            (Section::File, sha256, 200, r#""type":"sha256""#),
            (Section::File, "dropper.bin", 400, "malformed indicator"),
        ] {
            let answer = answer(Mode::Ok, &Asked { section, value, ..ASKED }, noon());
            assert_eq!(answer.status(), status, "{value}");
            let text = trouble::start_of(answer).await;
            assert!(text.contains(says), "{says}: {text}");
        }
        for key in ["", "wrong-key"] {
            assert_eq!(answer(Mode::Ok, &Asked { key, ..ASKED }, noon()).status(), 403);
        }
    }

    #[tokio::test]
    async fn every_mode_is_the_trouble_it_names() {
        for (mode, status, says) in [
            (Mode::Slow, 200, "203.0.113.24"),
            (Mode::Error, 500, "<!DOCTYPE html>"),
            (Mode::Unavailable, 503, "<!DOCTYPE html>"),
            (Mode::GatewayTimeout, 504, "<!DOCTYPE html>"),
            (Mode::RateLimit, 429, "throttled"),
            (Mode::Unauthorized, 403, r#"{"detail":"Authentication required"}"#),
            (Mode::Html, 200, "<!DOCTYPE html>"),
            (Mode::Broken, 200, "203.0.113.24"),
            (Mode::Empty, 200, "{}"),
            (Mode::Huge, 200, "203.0.113.24"),
            (Mode::Drip, 200, "203.0.113.24"),
            (Mode::WrongTypes, 200, r#""pulse_info":{"count":"3","pulses":"none"}"#),
            (Mode::Redirect, 302, ""),
        ] {
            let answer = answer(mode, &ASKED, noon());
            assert_eq!(answer.status(), status, "{mode:?}");
            let text = trouble::start_of(answer).await;
            assert!(text.contains(says), "{mode:?}: {text}");
        }
    }
}
