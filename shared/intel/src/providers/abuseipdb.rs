//! `AbuseIPDB` API v2: `GET /api/v2/check`, never `verbose` (report comments are strangers' free text).
//!
//! Documentation: <https://docs.abuseipdb.com/#check-endpoint>. Limits: 1,000 checks a day on the free plan.

use std::time::Duration;

use domain::indicator::Found;
use domain::verdict::{Answer, Evidence, Reputation, Unanswered};
use jiff::Timestamp;
use lambda::http::ClientError;
use lambda::secrets::Secret;
use reqwest::StatusCode;
use reqwest::header::ACCEPT;
use serde::Deserialize;

use super::transport::{Budget, Exchange, Received, Transport, key_header};
use super::wire::Field;
use super::{Asked, Quota};

/// The client of one `AbuseIPDB` endpoint.
#[derive(Clone, Debug)]
pub struct AbuseIpDb {
    transport: Transport,
}

impl AbuseIpDb {
    /// A non-verbose answer has about 400 bytes.
    const MAX_BODY_BYTES: usize = 64 * 1024;
    /// Reports older than this do not count.
    const MAX_AGE_DAYS: &str = "90";

    /// `url` is the service's root, for example `https://api.abuseipdb.com`.
    pub fn new(url: &str) -> Result<Self, ClientError> {
        Self::within(Budget::default(), url)
    }

    fn within(budget: Budget, url: &str) -> Result<Self, ClientError> {
        Ok(Self { transport: Transport::public(url, budget, Self::MAX_BODY_BYTES)? })
    }

    /// Asks about one address. Costs one request of the daily quota, two when the server had a hiccup.
    pub(super) async fn ask(&self, asked: &[&Found], key: &Secret, now: Timestamp) -> Asked {
        let &[Found { indicator, .. }] = asked else {
            return Asked::failed(Unanswered::InvalidResponse, asked.len(), 0);
        };
        let Some(address) = indicator.as_ip() else {
            return Asked::failed(Unanswered::InvalidResponse, 1, 0);
        };
        let Some(key) = key_header(key) else { return Asked::failed(Unanswered::Unauthorized, 1, 0) };
        let request = self
            .transport
            .get(self.transport.url(&["api", "v2", "check"]))
            .query(&[("ipAddress", address.to_string().as_str()), ("maxAgeInDays", Self::MAX_AGE_DAYS)])
            // Without this header errors come as HTML pages.
            .header(ACCEPT, "application/json")
            .header("Key", key);
        let Exchange { received, requests } = self.transport.ask(request, self.transport.deadline()).await;
        match received {
            Ok(received) => heard(&received, requests, now),
            Err(reason) => Asked::failed(reason, 1, requests),
        }
    }
}

/// What was heard after so many requests.
pub(crate) fn heard(received: &Received, requests: u32, now: Timestamp) -> Asked {
    Asked {
        answers: vec![answer(received)],
        closed_until: closed_until(received, now),
        quota: quota(received),
        requests,
    }
}

fn answer(received: &Received) -> Answer {
    let reputation = match received.status {
        StatusCode::OK => {
            received.json().and_then(|checked| reputation(&checked).ok_or(Unanswered::InvalidResponse))
        }
        StatusCode::TOO_MANY_REQUESTS if is_spent(received) => Err(Unanswered::QuotaExhausted),
        _ => Err(received.refusal()),
    };
    reputation.map_or_else(|reason| Answer::Unknown { reason }, |known| Evidence::AbuseIpDb(known).into())
}

fn quota(received: &Received) -> Option<Quota> {
    let limit = received.number("x-ratelimit-limit")?;
    let remaining = received.number("x-ratelimit-remaining")?;
    Some(Quota { limit, remaining })
}

/// Whether the day's requests are used up. A refusal while some are left, or one that is a page of whoever stands
/// before the service, is about the last seconds only.
pub(crate) fn is_spent(received: &Received) -> bool {
    match (received.status, received.number("x-ratelimit-remaining")) {
        (StatusCode::OK, remaining) => remaining == Some(0),
        (StatusCode::TOO_MANY_REQUESTS, Some(remaining)) => remaining == 0,
        (StatusCode::TOO_MANY_REQUESTS, None) => !received.is_page(),
        _ => false,
    }
}

/// A spent quota closes the gate until the server's reset: epoch seconds, else seconds to wait, else midnight UTC.
pub(crate) fn closed_until(received: &Received, now: Timestamp) -> Option<Timestamp> {
    const DAY_SECONDS: i64 = 86_400;
    const RATE_LIMITED: Duration = Duration::from_mins(1);
    let retry = received.retry_after().map(|wait| now + wait);
    if !is_spent(received) {
        let limited = received.status == StatusCode::TOO_MANY_REQUESTS;
        return limited.then(|| retry.unwrap_or(now + RATE_LIMITED));
    }
    let reset = received.number("x-ratelimit-reset").and_then(|epoch| i64::try_from(epoch).ok());
    // A day's quota comes back within the day: what says otherwise would switch the provider off.
    let reset = reset.filter(|epoch| (1..=DAY_SECONDS).contains(&epoch.saturating_sub(now.as_second())));
    let reset = reset.and_then(|epoch| Timestamp::from_second(epoch).ok());
    let midnight = Timestamp::from_second((now.as_second() / DAY_SECONDS + 1) * DAY_SECONDS).ok();
    reset.or(retry).or(midnight)
}

#[derive(Deserialize)]
struct Checked<'a> {
    #[serde(borrow)]
    data: Field<'a>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Data<'a> {
    abuse_confidence_score: u8,
    #[serde(borrow, default)]
    country_code: Field<'a>,
    #[serde(borrow, default)]
    usage_type: Field<'a>,
    #[serde(borrow, default)]
    isp: Field<'a>,
    #[serde(borrow, default)]
    domain: Field<'a>,
    #[serde(borrow, default)]
    total_reports: Field<'a>,
    #[serde(borrow, default)]
    num_distinct_users: Field<'a>,
    #[serde(borrow, default)]
    last_reported_at: Field<'a>,
    #[serde(borrow, default)]
    is_tor: Field<'a>,
}

/// The score must be right; any other odd field becomes absent.
fn reputation(checked: &Checked<'_>) -> Option<Reputation> {
    const TEXT: usize = 120;
    let data = checked.data.object::<Data<'_>>().filter(|data| data.abuse_confidence_score <= 100)?;
    Some(Reputation {
        score: data.abuse_confidence_score,
        country_code: data.country_code.text(TEXT),
        usage_type: data.usage_type.text(TEXT),
        isp: data.isp.text(TEXT),
        domain: data.domain.text(TEXT),
        total_reports: data.total_reports.count(),
        distinct_reporters: data.num_distinct_users.count(),
        last_reported_at: data.last_reported_at.time(),
        is_tor: data.is_tor.flag().unwrap_or(false),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::providers::Client;
    use crate::providers::hostile::{Reply, Server, Subject, found, now};

    const ANSWER: &str = r#"{"data":{"ipAddress":"203.0.113.24","isPublic":true,"ipVersion":4,"isWhitelisted":null,"abuseConfidenceScore":87,"countryCode":"NL","usageType":"Data Center/Web Hosting/Transit","isp":"Example\u0007 \u202eHosting","domain":"hosting.example","hostnames":[],"isTor":true,"totalReports":152,"numDistinctUsers":40,"lastReportedAt":"2026-10-02T12:34:56+00:00"}}"#;

    async fn ask(reply: Reply) -> Asked {
        let server = Server::with(vec![reply]).await;
        let client = AbuseIpDb::new(&server.url).unwrap();
        client.ask(&[&found("203.0.113.24")], &Secret::new("k"), now()).await
    }

    #[tokio::test]
    async fn an_answer_is_read_and_the_request_is_as_documented() {
        let headers =
            "Content-Type: application/json\r\nX-RateLimit-Limit: 1000\r\nX-RateLimit-Remaining: 7\r\n";
        let server = Server::with(vec![Reply::status("200 OK", headers, ANSWER)]).await;
        let client = AbuseIpDb::new(&server.url).unwrap();
        let asked = client.ask(&[&found("2001:DB8:0::5")], &Secret::new("k3y"), now()).await;
        let expected = Reputation {
            score: 87,
            country_code: Some("NL".into()),
            usage_type: Some("Data Center/Web Hosting/Transit".into()),
            isp: Some("Example Hosting".into()),
            domain: Some("hosting.example".into()),
            total_reports: Some(152),
            distinct_reporters: Some(40),
            last_reported_at: Some("2026-10-02T12:34:56Z".parse().unwrap()),
            is_tor: true,
        };
        assert_eq!(asked.answers, [Evidence::AbuseIpDb(expected).into()]);
        assert_eq!(asked.quota, Some(Quota { limit: 1000, remaining: 7 }));
        assert_eq!((asked.closed_until, asked.requests), (None, 1));
        let request = server.requests().remove(0).to_ascii_lowercase();
        assert!(
            request.starts_with("get /api/v2/check?ipaddress=2001%3adb8%3a%3a5&maxageindays=90 http/1.1\r\n")
        );
        assert!(request.contains("\r\nkey: k3y\r\n") && request.contains("\r\naccept: application/json\r\n"));
        assert!(!request.contains("verbose"));
    }

    #[tokio::test]
    async fn what_is_not_an_answer_is_unknown_and_never_clean() {
        let subject = Subject {
            client: |budget, url| Client::AbuseIpDb(AbuseIpDb::within(budget, url).unwrap()),
            indicator: "203.0.113.24",
            good: ANSWER,
            wrong: &[
                r#"{"data":{}}"#,
                r#"{"data":null}"#,
                r#"{"data":[0]}"#,
                r#"[{"abuseConfidenceScore":0}]"#,
                r#"{"data":[{"abuseConfidenceScore":0}]}"#,
                r#"{"errors":[{"detail":"..."}]}"#,
                r#"{"data":{"abuseConfidenceScore":101}}"#,
                r#"{"data":{"abuseConfidenceScore":1e99}}"#,
                r#"{"data":{"abuseConfidenceScore":0.5}}"#,
                r#"{"data":{"abuseConfidenceScore":-1}}"#,
                r#"{"data":{"abuseConfidenceScore":true}}"#,
                r#"{"data":{"abuseConfidenceScore":false}}"#,
                r#"{"data":{"abuseConfidenceScore":"87"}}"#,
                r#"{"data":{"abuseConfidenceScore":null}}"#,
                r#"{"data":{"abuseConfidenceScore":[]}}"#,
            ],
            too_many: Unanswered::QuotaExhausted,
        };
        subject.survives().await;
    }

    #[tokio::test]
    async fn odd_fields_become_absent_while_the_score_survives() {
        let odd = r#"{"data":{"abuseConfidenceScore":5,"totalReports":-1,"numDistinctUsers":"many","lastReportedAt":"yesterday","isp":null,"domain":{"a":[]},"isTor":"maybe","countryCode":[]}}"#;
        let asked = ask(Reply::json(odd)).await;
        let expected = Reputation { score: 5, ..Reputation::default() };
        assert_eq!(asked.answers, [Evidence::AbuseIpDb(expected).into()]);
    }

    #[tokio::test]
    async fn only_one_address_is_asked_about() {
        let client = AbuseIpDb::new("http://127.0.0.1:9").unwrap();
        let (address, domain) = (found("203.0.113.24"), found("evil.example"));
        for asked in [vec![], vec![&domain], vec![&address, &address]] {
            let answers = client.ask(&asked, &Secret::new("k"), now()).await;
            assert_eq!(answers, Asked::failed(Unanswered::InvalidResponse, asked.len(), 0));
        }
    }

    #[tokio::test]
    async fn a_spent_quota_closes_the_gate_until_the_reset() {
        let (ok, many) = ("200 OK", "429 Too Many Requests");
        let midnight = Some("2026-10-04T00:00:00Z");
        let spent = Some(Unanswered::QuotaExhausted);
        let limited = Some(Unanswered::RateLimited);
        for (status, headers, failure, until) in [
            (ok, "X-RateLimit-Remaining: 7\r\n", None, None),
            // The last one that is allowed is a valid answer.
            (ok, "X-RateLimit-Remaining: 0\r\nX-RateLimit-Reset: 1791072000\r\n", None, midnight),
            (many, "X-RateLimit-Reset: 1791072000\r\nX-RateLimit-Remaining: 0\r\n", spent, midnight),
            (many, "Retry-After: 3600\r\n", spent, Some("2026-10-03T13:00:00Z")),
            (
                many,
                "X-RateLimit-Reset: 1545973200\r\nRetry-After: 60\r\n",
                spent,
                Some("2026-10-03T12:01:00Z"),
            ),
            (many, "X-RateLimit-Reset: 99999999999\r\n", spent, midnight),
            (many, "", spent, midnight),
            (many, "Retry-After: -5\r\n", spent, midnight),
            (many, "X-RateLimit-Remaining: 7\r\nRetry-After: 5\r\n", limited, Some("2026-10-03T12:00:05Z")),
            (many, "Content-Type: text/html\r\n", limited, Some("2026-10-03T12:01:00Z")),
            ("401 Unauthorized", "X-RateLimit-Remaining: 0\r\n", Some(Unanswered::Unauthorized), None),
        ] {
            let asked = ask(Reply::status(status, headers, ANSWER)).await;
            let reason = match asked.answers[0] {
                Answer::Unknown { reason } => Some(reason),
                _ => None,
            };
            assert_eq!(reason, failure, "{status} {headers:?}");
            assert_eq!(asked.closed_until, until.map(|text| text.parse().unwrap()), "{status} {headers:?}");
        }
    }
}
