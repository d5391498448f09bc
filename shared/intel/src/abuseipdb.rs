//! `AbuseIPDB` API v2: `GET /api/v2/check`, never `verbose` (report comments are strangers' free text).
//!
//! Documentation: <https://docs.abuseipdb.com/#check-endpoint>. Limits: 1,000 checks a day on the free plan.

use std::net::IpAddr;
use std::time::Duration;

use domain::lenient;
use domain::verdict::{Answer, Reputation, Unanswered};
use jiff::Timestamp;
use lambda::http::{self, ClientError};
use lambda::secrets::Secret;
use reqwest::header::{ACCEPT, HeaderMap, RETRY_AFTER};
use reqwest::{Response, StatusCode};
use serde_json::Value;

/// The client of one `AbuseIPDB` endpoint.
#[derive(Clone, Debug)]
pub struct AbuseIpDb {
    http: reqwest::Client,
    url: String,
}

/// An answer, and how long no further question may be asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked {
    pub answer: Answer,
    pub closed_until: Option<Timestamp>,
}

impl AbuseIpDb {
    const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);
    const TIMEOUT: Duration = Duration::from_millis(2500);
    /// A non-verbose answer has about 400 bytes.
    const MAX_BODY_BYTES: usize = 64 * 1024;
    /// Reports older than this do not count.
    const MAX_AGE_DAYS: &str = "90";

    /// `url` is the service's root, for example `https://api.abuseipdb.com`.
    pub fn new(url: &str) -> Result<Self, ClientError> {
        let http = http::client(Self::CONNECT_TIMEOUT)?.timeout(Self::TIMEOUT).build()?;
        Ok(Self { http, url: url.trim_end_matches('/').to_owned() })
    }

    /// Asks about one address. Costs one request of the daily quota, two when the server had a hiccup.
    pub async fn check(&self, address: IpAddr, key: &Secret, now: Timestamp) -> Checked {
        let first = self.ask(address, key, now).await;
        let hiccup = first.answer == Answer::Unknown { reason: Unanswered::Unreachable };
        if hiccup { self.ask(address, key, now).await } else { first }
    }

    async fn ask(&self, address: IpAddr, key: &Secret, now: Timestamp) -> Checked {
        let request = self
            .http
            .get(format!("{}/api/v2/check", self.url))
            .query(&[("ipAddress", address.to_string().as_str()), ("maxAgeInDays", Self::MAX_AGE_DAYS)])
            // Without this header errors come as HTML pages.
            .header(ACCEPT, "application/json")
            .header("Key", key.reveal());
        match request.send().await {
            Ok(response) => read(response, now).await,
            Err(error) => Checked::unknown(failure(&error)),
        }
    }
}

impl Checked {
    fn unknown(reason: Unanswered) -> Self {
        Self { answer: Answer::Unknown { reason }, closed_until: None }
    }
}

async fn read(response: Response, now: Timestamp) -> Checked {
    let status = response.status();
    let closed_until = closed_until(status, response.headers(), now);
    let answer = match status {
        StatusCode::OK => body(response).await.map_or_else(
            |reason| Answer::Unknown { reason },
            |body| {
                reputation(&body)
                    .map_or(Answer::Unknown { reason: Unanswered::InvalidResponse }, Answer::Known)
            },
        ),
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
            Answer::Unknown { reason: Unanswered::Unauthorized }
        }
        StatusCode::TOO_MANY_REQUESTS => Answer::Unknown { reason: Unanswered::QuotaExhausted },
        status if status.is_server_error() => Answer::Unknown { reason: Unanswered::Unreachable },
        _ => Answer::Unknown { reason: Unanswered::InvalidResponse },
    };
    Checked { answer, closed_until }
}

/// The body, up to the cap: a larger one is not an answer.
async fn body(mut response: Response) -> Result<Vec<u8>, Unanswered> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| failure(&error))? {
        if body.len() + chunk.len() > AbuseIpDb::MAX_BODY_BYTES {
            return Err(Unanswered::InvalidResponse);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

fn failure(error: &reqwest::Error) -> Unanswered {
    if error.is_timeout() { Unanswered::Timeout } else { Unanswered::Unreachable }
}

/// A spent quota closes the gate until the server's reset: epoch seconds, else seconds to wait, else midnight UTC.
fn closed_until(status: StatusCode, headers: &HeaderMap, now: Timestamp) -> Option<Timestamp> {
    let number = |name: &str| headers.get(name)?.to_str().ok()?.trim().parse::<i64>().ok();
    let spent = status == StatusCode::TOO_MANY_REQUESTS
        || (status.is_success() && number("x-ratelimit-remaining") == Some(0));
    if !spent {
        return None;
    }
    let reset = number("x-ratelimit-reset").and_then(|epoch| Timestamp::from_second(epoch).ok());
    let retry = number(RETRY_AFTER.as_str())
        .and_then(|seconds| u64::try_from(seconds).ok())
        .map(|seconds| now + Duration::from_secs(seconds.min(86_400)));
    let midnight = Timestamp::from_second((now.as_second() / 86_400 + 1) * 86_400).ok();
    reset.filter(|reset| *reset > now).or(retry).or(midnight)
}

/// Reads an answer. The score must be right; any other odd field becomes absent.
fn reputation(body: &[u8]) -> Option<Reputation> {
    let answer: Value = serde_json::from_slice(body).ok()?;
    let data = answer.get("data")?;
    let score = data.get("abuseConfidenceScore")?.as_u64()?;
    let score = u8::try_from(score).ok().filter(|score| *score <= 100)?;
    let count = |name: &str| data.get(name).and_then(Value::as_u64);
    let text = |name: &str| data.get(name).and_then(lenient::text).map(|text| capped(&text));
    Some(Reputation {
        score,
        country_code: text("countryCode"),
        usage_type: text("usageType"),
        isp: text("isp"),
        domain: text("domain"),
        total_reports: count("totalReports"),
        distinct_reporters: count("numDistinctUsers"),
        last_reported_at: data
            .get("lastReportedAt")
            .and_then(Value::as_str)
            .and_then(|text| text.parse().ok()),
        is_tor: data.get("isTor").and_then(Value::as_bool).unwrap_or(false),
    })
}

/// Names of networks and domains are others' text: short, and without control characters.
fn capped(text: &str) -> String {
    text.chars().filter(|character| !character.is_control()).take(120).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::Router;
    use axum::http::{Request, header};
    use axum::response::{IntoResponse, Response};
    use std::sync::{Arc, Mutex};

    const ANSWER: &str = r#"{"data":{"ipAddress":"203.0.113.24","isPublic":true,"ipVersion":4,"isWhitelisted":null,"abuseConfidenceScore":87,"countryCode":"NL","usageType":"Data Center/Web Hosting/Transit","isp":"Example\u0007 Hosting","domain":"hosting.example","hostnames":[],"isTor":true,"totalReports":152,"numDistinctUsers":40,"lastReportedAt":"2026-10-02T12:34:56+00:00"}}"#;

    fn now() -> Timestamp {
        "2026-10-03T12:00:00Z".parse().unwrap()
    }

    type Seen = Arc<Mutex<Vec<Request<axum::body::Body>>>>;

    /// A server on a free port that answers everything alike, and what it was asked.
    async fn server(answer: impl Fn() -> Response + Clone + Send + Sync + 'static) -> (AbuseIpDb, Seen) {
        let seen = Seen::default();
        let log = Arc::clone(&seen);
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let app = Router::new().fallback(move |request: Request<axum::body::Body>| async move {
            log.lock().unwrap().push(request);
            answer()
        });
        tokio::spawn(async move { axum::serve(listener, app).await });
        (AbuseIpDb::new(&url).unwrap(), seen)
    }

    async fn check(answer: impl Fn() -> Response + Clone + Send + Sync + 'static) -> (Checked, usize) {
        let (client, seen) = server(answer).await;
        let checked = client.check("203.0.113.24".parse().unwrap(), &Secret::new("k"), now()).await;
        let asked = seen.lock().unwrap().len();
        (checked, asked)
    }

    #[tokio::test]
    async fn an_answer_is_read_and_the_request_is_as_documented() {
        let (client, seen) = server(|| ANSWER.into_response()).await;
        let checked = client.check("2001:db8::5".parse().unwrap(), &Secret::new("k3y"), now()).await;
        let known = checked.answer.reputation().unwrap().clone();
        assert_eq!((known.score, known.total_reports, known.distinct_reporters), (87, Some(152), Some(40)));
        assert_eq!(known.isp.as_deref(), Some("Example Hosting"));
        assert!(known.is_tor);
        assert_eq!(checked.closed_until, None);
        let seen = seen.lock().unwrap();
        assert_eq!(seen[0].uri(), "/api/v2/check?ipAddress=2001%3Adb8%3A%3A5&maxAgeInDays=90");
        assert_eq!(seen[0].headers()["key"], "k3y");
        assert_eq!(seen[0].headers()[ACCEPT], "application/json");
    }

    #[tokio::test]
    async fn what_is_not_an_answer_is_unknown_and_never_clean() {
        let cases: [(&str, u16, &str, Unanswered); 13] = [
            ("html", 200, "<html>maintenance</html>", Unanswered::InvalidResponse),
            ("truncated", 200, &ANSWER[..90], Unanswered::InvalidResponse),
            ("empty data", 200, r#"{"data":{}}"#, Unanswered::InvalidResponse),
            ("score 101", 200, r#"{"data":{"abuseConfidenceScore":101}}"#, Unanswered::InvalidResponse),
            ("score true", 200, r#"{"data":{"abuseConfidenceScore":true}}"#, Unanswered::InvalidResponse),
            ("score as text", 200, r#"{"data":{"abuseConfidenceScore":"87"}}"#, Unanswered::InvalidResponse),
            ("negative score", 200, r#"{"data":{"abuseConfidenceScore":-1}}"#, Unanswered::InvalidResponse),
            ("key refused", 401, r#"{"errors":[{"status":401}]}"#, Unanswered::Unauthorized),
            ("our bug", 422, r#"{"errors":[{"status":422}]}"#, Unanswered::InvalidResponse),
            ("redirect", 302, "", Unanswered::InvalidResponse),
            ("quota", 429, r#"{"errors":[{"status":429}]}"#, Unanswered::QuotaExhausted),
            ("server error", 500, "<html>", Unanswered::Unreachable),
            ("overloaded", 503, "", Unanswered::Unreachable),
        ];
        for (name, status, body, reason) in cases {
            let body = body.to_owned();
            let status = StatusCode::from_u16(status).unwrap();
            let (checked, asked) =
                check(move || (status, [(header::LOCATION, "/elsewhere")], body.clone()).into_response())
                    .await;
            assert_eq!(checked.answer, Answer::Unknown { reason }, "{name}");
            assert_eq!(asked, if status.is_server_error() { 2 } else { 1 }, "{name}");
        }
    }

    #[tokio::test]
    async fn a_body_without_end_is_cut_off() {
        let (checked, _) = check(|| "x".repeat(1 << 20).into_response()).await;
        assert_eq!(checked.answer, Answer::Unknown { reason: Unanswered::InvalidResponse });
    }

    #[tokio::test]
    async fn odd_fields_become_absent_while_the_score_survives() {
        let (checked, _) = check(|| {
            r#"{"data":{"abuseConfidenceScore":5,"totalReports":-1,"numDistinctUsers":"many","lastReportedAt":"yesterday","isp":null}}"#
                .into_response()
        })
        .await;
        assert_eq!(checked.answer, Answer::Known(Reputation { score: 5, ..Reputation::default() }));
    }

    #[tokio::test]
    async fn nobody_listening_is_unreachable() {
        let client = AbuseIpDb::new("http://127.0.0.1:9").unwrap();
        let checked = client.check("203.0.113.24".parse().unwrap(), &Secret::new("k"), now()).await;
        assert_eq!(checked.answer, Answer::Unknown { reason: Unanswered::Unreachable });
    }

    #[test]
    fn a_spent_quota_closes_the_gate_until_the_reset() {
        let midnight = Some("2026-10-04T00:00:00Z");
        for (status, pairs, expected) in [
            (200, "x-ratelimit-remaining: 7", None),
            (200, "x-ratelimit-remaining: 0\nx-ratelimit-reset: 1791072000", midnight),
            (429, "retry-after: 3600", Some("2026-10-03T13:00:00Z")),
            (429, "x-ratelimit-reset: 1545973200\nretry-after: 60", Some("2026-10-03T12:01:00Z")),
            (429, "", midnight),
            (429, "retry-after: -5", midnight),
            (401, "x-ratelimit-remaining: 0", None),
        ] {
            let headers: HeaderMap = pairs
                .lines()
                .filter_map(|line| line.split_once(": "))
                .map(|(name, value)| (name.parse::<header::HeaderName>().unwrap(), value.parse().unwrap()))
                .collect();
            let until = closed_until(StatusCode::from_u16(status).unwrap(), &headers, now());
            assert_eq!(until, expected.map(|text| text.parse().unwrap()), "{status} {pairs:?}");
        }
    }
}
