//! `AlienVault` OTX: `GET /api/v1/indicators/{type}/{value}/general`, one of the six sections, as each costs a request.

mod response;

use std::net::IpAddr;
use std::time::Duration;

use domain::indicator::{Found, Indicator};
use domain::verdict::{Answer, Evidence, Unanswered};
use jiff::Timestamp;
use lambda::http::ClientError;
use lambda::secrets::Secret;
use reqwest::StatusCode;
use reqwest::header::{ACCEPT, USER_AGENT};

use super::Asked;
use super::transport::{Budget, Exchange, Received, Transport, key_header};

/// The client of one OTX endpoint.
#[derive(Clone, Debug)]
pub struct Otx {
    transport: Transport,
}

impl Otx {
    /// An answer with fifty pulses has some hundred kilobytes.
    const MAX_BODY_BYTES: usize = 4 * 1024 * 1024;
    const USER_AGENT: &str = concat!("wazuh-triage/", env!("CARGO_PKG_VERSION"));

    /// `url` is the service's root, for example `https://otx.alienvault.com`.
    pub fn new(url: &str) -> Result<Self, ClientError> {
        Self::within(Budget::default(), url)
    }

    fn within(budget: Budget, url: &str) -> Result<Self, ClientError> {
        Ok(Self { transport: Transport::public(url, budget, Self::MAX_BODY_BYTES)? })
    }

    /// Asks about one indicator; of a URL the query stays in the account.
    pub(super) async fn ask(&self, asked: &[&Found], key: &Secret, now: Timestamp) -> Asked {
        let &[Found { indicator, .. }] = asked else {
            return Asked::failed(Unanswered::InvalidResponse, asked.len(), 0);
        };
        let Some(key) = key_header(key) else { return Asked::failed(Unanswered::Unauthorized, 1, 0) };
        let (section, value) = section(indicator);
        let url = self.transport.url(&["api", "v1", "indicators", section, &value, "general"]);
        let request = self
            .transport
            .get(url)
            .header(ACCEPT, "application/json")
            .header(USER_AGENT, Self::USER_AGENT)
            .header("X-OTX-API-KEY", key);
        let Exchange { received, requests } = self.transport.ask(request, self.transport.deadline()).await;
        match received {
            Ok(received) => heard(&received, requests, now),
            Err(reason) => Asked::failed(reason, 1, requests),
        }
    }
}

/// Under which name OTX keeps the indicator: a name that can be registered is a `domain`, one below it a `hostname`.
fn section(indicator: &Indicator) -> (&'static str, String) {
    match indicator {
        Indicator::Ip(address @ IpAddr::V4(_)) => ("IPv4", address.to_string()),
        Indicator::Ip(address @ IpAddr::V6(_)) => ("IPv6", address.to_string()),
        Indicator::Domain(name) => {
            (if name.is_below_registered() { "hostname" } else { "domain" }, name.to_string())
        }
        Indicator::Url(url) => ("url", url.without_query()),
        Indicator::Hash(hash) => ("file", hash.to_string()),
    }
}

/// What was heard after so many requests.
pub(crate) fn heard(received: &Received, requests: u32, now: Timestamp) -> Asked {
    let answers = vec![answer(received, now)];
    Asked { answers, closed_until: closed_until(received, now), quota: None, requests }
}

fn answer(received: &Received, now: Timestamp) -> Answer {
    let pulses = match received.status {
        StatusCode::OK => response::pulses(received, now),
        StatusCode::NOT_FOUND => response::unheard_of(received),
        _ => Err(received.refusal()),
    };
    pulses.map_or_else(|reason| Answer::Unknown { reason }, |pulses| Evidence::Otx(pulses).into())
}

pub(crate) fn closed_until(received: &Received, now: Timestamp) -> Option<Timestamp> {
    const RATE_LIMITED: Duration = Duration::from_mins(1);
    let is_limited = received.status == StatusCode::TOO_MANY_REQUESTS;
    is_limited.then(|| now + received.retry_after().unwrap_or(RATE_LIMITED))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::providers::Client;
    use crate::providers::hostile::{Reply, Server, Subject, found, now};
    use domain::verdict::OtxPulses;

    const NOTHING: &str = r#"{"indicator":"203.0.113.9","type":"IPv4","pulse_info":{"count":0,"references":[],"pulses":[]},"validation":[],"False_positive":[],"base_indicator":{},"sections":["general"]}"#;

    async fn ask(reply: Reply, indicator: &str) -> (Asked, Vec<String>) {
        let server = Server::with(vec![reply]).await;
        let otx = Otx::new(&server.url).unwrap();
        (otx.ask(&[&found(indicator)], &Secret::new("k3y"), now()).await, server.requests())
    }

    #[tokio::test]
    async fn each_kind_is_asked_for_where_otx_keeps_it() {
        for (indicator, path) in [
            ("203.0.113.9", "IPv4/203.0.113.9"),
            ("2001:DB8::5", "IPv6/2001:db8::5"),
            ("::ffff:203.0.113.9", "IPv4/203.0.113.9"),
            ("evil.example", "domain/evil.example"),
            ("evil.co.uk", "domain/evil.co.uk"),
            ("www.evil.co.uk", "hostname/www.evil.co.uk"),
            ("a.b.evil.example", "hostname/a.b.evil.example"),
            (
                "http://user:pass@www.evil.example/a%20b/c?token=s3cret#part",
                "url/http:%2F%2Fwww.evil.example%2Fa%2520b%2Fc",
            ),
            ("71a868cdcc6b79b7d274e3b558cd4596", "file/71a868cdcc6b79b7d274e3b558cd4596"),
        ] {
            let (asked, requests) = ask(Reply::json(NOTHING), indicator).await;
            assert_eq!(asked.answers, [Evidence::Otx(OtxPulses::default()).into()]);
            let expected = format!("GET /api/v1/indicators/{path}/general HTTP/1.1\r\n");
            assert!(requests[0].starts_with(&expected), "{}", requests[0]);
            let head = requests[0].to_ascii_lowercase();
            for header in ["x-otx-api-key: k3y", "user-agent: wazuh-triage/0.1.0", "accept: application/json"]
            {
                assert!(head.lines().any(|line| line == header), "{header}");
            }
            assert!(!head.contains("s3cret") && !head.contains("pass"));
        }
    }

    #[tokio::test]
    async fn what_is_not_an_answer_is_unknown_and_never_clean() {
        let subject = Subject {
            client: |budget, url| Client::Otx(Otx::within(budget, url).unwrap()),
            indicator: "203.0.113.9",
            good: NOTHING,
            wrong: &[
                r#"{"pulse_info":null}"#,
                r#"{"pulse_info":{}}"#,
                r#"{"pulse_info":[0,[]]}"#,
                r#"[{"count":0,"pulses":[]}]"#,
                "[[0,[]]]",
                r#"{"pulse_info":{"count":true,"pulses":[]}}"#,
                r#"{"pulse_info":{"count":null,"pulses":[]}}"#,
                r#"{"pulse_info":{"count":-1,"pulses":[]}}"#,
                r#"{"pulse_info":{"count":0.5,"pulses":[]}}"#,
                r#"{"pulse_info":{"count":"none","pulses":[]}}"#,
                r#"{"pulse_info":{"count":[],"pulses":[]}}"#,
                r#"{"pulse_info":{"count":0}}"#,
                r#"{"pulse_info":{"count":0,"pulses":{}}}"#,
                r#"{"pulse_info":{"count":3,"pulses":[]}}"#,
                r#"{"pulse_info":{"count":1,"pulses":["x"]}}"#,
                r#"{"pulse_info":{"count":1,"pulses":[[]]}}"#,
                r#"{"count":0,"pulses":[]}"#,
                r#"{"detail":"Authentication required"}"#,
            ],
            too_many: Unanswered::RateLimited,
        };
        subject.survives().await;
    }

    #[tokio::test]
    async fn only_one_indicator_is_asked_about() {
        let otx = Otx::new("http://127.0.0.1:9").unwrap();
        let address = found("203.0.113.24");
        for asked in [vec![], vec![&address, &address]] {
            let answers = otx.ask(&asked, &Secret::new("k"), now()).await;
            assert_eq!(answers, Asked::failed(Unanswered::InvalidResponse, asked.len(), 0));
        }
    }

    #[tokio::test]
    async fn not_found_is_an_answer_only_in_the_services_own_words() {
        let json = "Content-Type: application/json\r\n";
        let nothing: Answer = Evidence::Otx(OtxPulses::default()).into();
        let unreadable = Answer::Unknown { reason: Unanswered::InvalidResponse };
        for (headers, body, expected) in [
            (json, r#"{"detail":"Not found."}"#, &nothing),
            (json, r#"{"detail":"endpoint not found"}"#, &unreadable),
            (json, r#"{"detail":""}"#, &unreadable),
            (json, r#"["Not found."]"#, &unreadable),
            (json, "", &unreadable),
            ("Content-Type: text/html\r\n", "<h1>Not Found</h1>", &unreadable),
        ] {
            let (asked, _) = ask(Reply::status("404 Not Found", headers, body), "203.0.113.9").await;
            assert_eq!(asked.answers[0], *expected, "{body}");
        }
    }

    #[tokio::test]
    async fn too_many_requests_close_the_gate_for_a_while() {
        for (status, headers, until) in [
            ("200 OK", "Retry-After: 5\r\n", None),
            ("429 Too Many Requests", "Retry-After: 5\r\n", Some("2026-10-03T12:00:05Z")),
            ("429 Too Many Requests", "Retry-After: 99999999999\r\n", Some("2026-10-04T12:00:00Z")),
            (
                "429 Too Many Requests",
                "Retry-After: Wed, 21 Oct 2026 07:28:00 GMT\r\n",
                Some("2026-10-03T12:01:00Z"),
            ),
            ("429 Too Many Requests", "", Some("2026-10-03T12:01:00Z")),
        ] {
            let (asked, _) = ask(Reply::status(status, headers, NOTHING), "203.0.113.9").await;
            assert_eq!(asked.closed_until, until.map(|text| text.parse().unwrap()), "{status} {headers:?}");
        }
    }
}
