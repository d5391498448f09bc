//! MISP: one `POST /attributes/restSearch` for all indicators of an alert, with a private CA where there is one.
//!
//! The limits are those of the key's role in windows of 15 minutes, so every request counts.

#[cfg(test)]
mod private_ca;
mod request;
mod response;
mod survey;

use std::time::Duration;

use domain::indicator::{Found, Indicator};
use domain::verdict::{Answer, Evidence, Unanswered};
use jiff::Timestamp;
use lambda::http::{self, ClientError};
use lambda::secrets::Secret;
use reqwest::header::{ACCEPT, AUTHORIZATION, HeaderValue};
use reqwest::{RequestBuilder, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};

use super::Asked;
use super::transport::{Budget, Received, Transport, key_header};
use super::wire::Field;
pub(crate) use survey::Survey;

/// The client of one MISP instance.
#[derive(Clone, Debug)]
pub struct Misp {
    transport: Transport,
    options: MispOptions,
}

/// What counts as a match.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MispOptions {
    /// Only attributes that are meant for detection; otherwise context too, which weighs less.
    pub only_to_ids: bool,
    /// Only attributes of events that are published; otherwise drafts too.
    pub only_published: bool,
}

impl Default for MispOptions {
    fn default() -> Self {
        Self { only_to_ids: true, only_published: true }
    }
}

/// What became of a sighting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sighted {
    Added,
    /// MISP holds no attribute with these values, or does not want it.
    NotAdded,
}

impl Misp {
    pub(super) const PER_REQUEST: usize = 50;
    const MAX_BODY_BYTES: usize = 4 * 1024 * 1024;

    /// `url` is the instance's root; `extra_ca` a PEM bundle with the roots of a private CA.
    pub fn new(url: &str, extra_ca: Option<&str>, options: MispOptions) -> Result<Self, ClientError> {
        Self::within(Budget::default(), url, extra_ca, options)
    }

    fn within(
        budget: Budget,
        url: &str,
        extra_ca: Option<&str>,
        options: MispOptions,
    ) -> Result<Self, ClientError> {
        let http = match extra_ca {
            Some(bundle) => http::client_with_ca(budget.connect, bundle)?,
            None => http::client(budget.connect)?,
        };
        Ok(Self { transport: Transport::new(http, url, budget, Self::MAX_BODY_BYTES)?, options })
    }

    /// Everything but the few URLs that MISP would take for a pattern.
    pub(super) fn covers(indicator: &Indicator) -> bool {
        !request::is_pattern(indicator)
    }

    /// The answer with the page in MISP of each event.
    fn linked(&self, mut answer: Answer) -> Answer {
        if let Answer::Known { evidence: Evidence::Misp(matches) } = &mut answer {
            for attribute in &mut matches.attributes {
                let page = self.transport.url(&["events", "view", &attribute.event.id]);
                attribute.event.permalink = Some(page.into());
            }
        }
        answer
    }

    pub(super) async fn ask(&self, asked: &[&Found], key: &Secret, now: Timestamp) -> Asked {
        let Some(key) = key_header(key) else {
            return Asked::failed(Unanswered::Unauthorized, asked.len(), 0);
        };
        let deadline = self.transport.deadline();
        let (mut survey, mut requests) = (Survey::of(asked), 0);
        while let Some(open) = survey.next_question() {
            let search =
                self.post(&["attributes", "restSearch"], &key, &request::search(&open, self.options));
            let exchange = self.transport.ask(search, deadline).await;
            requests += exchange.requests;
            survey.hear(exchange.received.as_ref().map_err(|reason| *reason), now);
        }
        let heard = survey.end(requests);
        Asked { answers: heard.answers.into_iter().map(|answer| self.linked(answer)).collect(), ..heard }
    }

    /// Tells MISP that these indicators were seen, for attributes that [`Misp::ask`] would find. Never sent twice:
    /// each sighting keeps its attribute alive and tells the community what meets us, so the caller asks for it.
    pub async fn add_sighting(
        &self,
        seen: &[&Found],
        key: &Secret,
        now: Timestamp,
    ) -> Result<Sighted, Unanswered> {
        let key = key_header(key).ok_or(Unanswered::Unauthorized)?;
        // Sightings are matched by `LIKE`, where `%` stands for anything.
        let values: Vec<String> = seen
            .iter()
            .flat_map(|found| request::spellings(&found.indicator))
            .filter(|value| !value.contains('%'))
            .collect();
        if values.is_empty() {
            return Ok(Sighted::NotAdded);
        }
        let sighting = json!({
            "values": values,
            "source": "wazuh-triage",
            "type": "0",
            "timestamp": now.as_second(),
            "filters": request::filters(seen, self.options),
        });
        let request = self.post(&["sightings", "add"], &key, &sighting);
        let received = self.transport.tell(request, self.transport.deadline()).await.received?;
        sighted(&received)
    }

    fn post(&self, path: &[&str], key: &HeaderValue, body: &Value) -> RequestBuilder {
        // The key alone, without "Bearer".
        self.transport
            .post(self.transport.url(path))
            .header(AUTHORIZATION, key)
            .header(ACCEPT, "application/json")
            .json(body)
    }
}

/// A spent window closes the gate for the seconds that are left of it: unlike elsewhere the header is no time.
pub(crate) fn closed_until(received: &Received, now: Timestamp) -> Option<Timestamp> {
    const WINDOW_SECONDS: u64 = 900;
    let is_spent = received.status == StatusCode::TOO_MANY_REQUESTS
        || received.number("x-rate-limit-remaining") == Some(0);
    let left = received.number("x-rate-limit-reset").map_or(WINDOW_SECONDS, |left| left.min(WINDOW_SECONDS));
    is_spent.then(|| now + Duration::from_secs(left))
}

#[derive(Deserialize)]
struct Saved<'a> {
    #[serde(borrow, default)]
    message: Field<'a>,
}

/// No match is status 200 too: only the message tells.
fn sighted(received: &Received) -> Result<Sighted, Unanswered> {
    if received.status != StatusCode::OK {
        return Err(received.refusal());
    }
    let message = received.json::<Saved<'_>>()?.message.text(200).unwrap_or_default();
    let is_refused = message.to_ascii_lowercase().starts_with("could not");
    Ok(if is_refused { Sighted::NotAdded } else { Sighted::Added })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::providers::Client;
    use crate::providers::hostile::{Reply, Server, Subject, found, found_from, now};
    use domain::indicator::Direction;
    use domain::verdict::{MispAttribute, MispEvent, MispMatches};

    const NOTHING: &str = r#"{"response":{"Attribute":[]}}"#;

    fn row(kind: &str, value: &str) -> Value {
        json!({"id": "1", "type": kind, "value": value, "to_ids": true})
    }

    fn rows(rows: &[Value]) -> Reply {
        Reply::json(&json!({"response": {"Attribute": rows}}).to_string())
    }

    async fn ask(replies: Vec<Reply>, asked: &[&Found]) -> (Asked, Vec<String>) {
        let server = Server::with(replies).await;
        let misp = Misp::new(&format!("{}/misp/", server.url), None, MispOptions::default()).unwrap();
        (misp.ask(asked, &Secret::new("k3y"), now()).await, server.requests())
    }

    fn values(answer: &Answer) -> Vec<&str> {
        let Some(Evidence::Misp(matches)) = answer.evidence() else { panic!("{answer:?}") };
        matches.attributes.iter().map(|attribute| attribute.value.as_str()).collect()
    }

    #[tokio::test]
    async fn the_request_is_as_documented() {
        let (asked, requests) = ask(vec![Reply::json(NOTHING)], &[&found("203.0.113.9")]).await;
        assert_eq!(asked.answers, [Evidence::Misp(MispMatches::default()).into()]);
        let (head, body) = requests[0].split_once("\r\n\r\n").unwrap();
        let head = head.to_ascii_lowercase();
        assert!(head.starts_with("post /misp/attributes/restsearch http/1.1"), "{head}");
        for header in ["authorization: k3y", "accept: application/json", "content-type: application/json"] {
            assert!(head.lines().any(|line| line == header), "{header}");
        }
        let body: Value = serde_json::from_str(body).unwrap();
        assert_eq!(body["value"], json!(["203.0.113.9"]));
    }

    #[tokio::test]
    async fn what_is_not_an_answer_is_unknown_and_never_clean() {
        let subject = Subject {
            client: |budget, url| {
                Client::Misp(Misp::within(budget, url, None, MispOptions::default()).unwrap())
            },
            indicator: "203.0.113.9",
            good: NOTHING,
            wrong: &[
                r#"{"response":{}}"#,
                r#"{"response":null}"#,
                r#"{"response":true}"#,
                r#"{"response":[[]]}"#,
                r#"{"response":[{"Attribute":[]}]}"#,
                r#"[{"Attribute":[]}]"#,
                r#"{"Attribute":[]}"#,
                r#"{"response":{"Attribute":null}}"#,
                r#"{"response":{"Attribute":{}}}"#,
                r#"{"response":{"Attribute":"none"}}"#,
                r#"{"response":{"Attribute":[1]}}"#,
                r#"{"response":{"Attribute":[{}]}}"#,
                r#"{"response":{"Attribute":[["203.0.113.9","ip-src"]]}}"#,
                r#"{"response":{"Attribute":[{"type":"ip-src","value":101}]}}"#,
                r#"{"response":{"Attribute":[{"type":true,"value":"203.0.113.9"}]}}"#,
                r#"{"name":"Invalid output format.","message":"...","url":"/attributes/restSearch"}"#,
            ],
            too_many: Unanswered::RateLimited,
        };
        subject.survives().await;
    }

    #[tokio::test]
    async fn each_indicator_gets_its_own_matches() {
        let answer = rows(&[
            row("ip-dst|port", "203.0.113.9|443"),
            row("ip-src", "203.0.113.9"),
            row("domain|ip", "evil.example|2001:DB8:0:0::5"),
            row("hostname|port", "EVIL.example.|8080"),
            row("filename|md5", "a|b.exe|71A868CDCC6B79B7D274E3B558CD4596"),
            row("url", "http://evil.example"),
            row("link", "http://evil.example/a|b"),
            row("comment", "203.0.113.9"),
        ]);
        let asked = [
            (found_from("203.0.113.9", Direction::Destination), vec!["203.0.113.9|443"]),
            (found_from("203.0.113.9", Direction::Source), vec!["203.0.113.9"]),
            (found_from("2001:db8::5", Direction::Source), vec!["evil.example|2001:DB8:0:0::5"]),
            (found("evil.example"), vec!["evil.example|2001:DB8:0:0::5", "EVIL.example.|8080"]),
            (found("71a868cdcc6b79b7d274e3b558cd4596"), vec!["a|b.exe|71A868CDCC6B79B7D274E3B558CD4596"]),
            (found("http://evil.example/"), vec!["http://evil.example"]),
            (found("http://evil.example/a|b"), vec!["http://evil.example/a|b"]),
            (found("198.51.100.7"), vec![]),
        ];
        let found: Vec<&Found> = asked.iter().map(|(found, _)| found).collect();
        let (answers, requests) = ask(vec![answer], &found).await;
        assert_eq!((answers.requests, requests.len()), (1, 1));
        for (answer, (found, expected)) in answers.answers.iter().zip(&asked) {
            assert_eq!(values(answer), *expected, "{found:?}");
        }
    }

    #[tokio::test]
    async fn a_full_page_hides_nobody() {
        let full: Vec<Value> = (0..200).map(|_| row("ip-src", "203.0.113.9")).collect();
        let asked = [&found("203.0.113.9"), &found("198.51.100.7")];
        let second = rows(&[row("ip-dst", "198.51.100.7")]);
        let (answers, requests) = ask(vec![rows(&full), second], &asked).await;
        assert_eq!(values(&answers.answers[0]).len(), 20);
        assert_eq!(values(&answers.answers[1]), ["198.51.100.7"]);
        assert!(!requests[1].contains("203.0.113.9"));
        // What is still hidden after that is not known, and not "nothing".
        let (answers, requests) = ask(vec![rows(&full)], &asked).await;
        assert_eq!(answers.answers[1], Answer::Unknown { reason: Unanswered::InvalidResponse });
        assert_eq!((answers.requests, requests.len()), (2, 2));
        // Nor does a failure of the second question take the first one's answer away.
        let (answers, _) = ask(vec![rows(&full), Reply::status("403 Forbidden", "", "")], &asked).await;
        assert_eq!(values(&answers.answers[0]).len(), 20);
        assert_eq!(answers.answers[1], Answer::Unknown { reason: Unanswered::Unauthorized });
        // From a window that is spent nothing more is asked.
        let page = json!({"response": {"Attribute": full}}).to_string();
        let last = Reply::status("200 OK", "X-Rate-Limit-Remaining: 0\r\n", &page);
        let (answers, requests) = ask(vec![last], &asked).await;
        assert_eq!(answers.answers[1], Answer::Unknown { reason: Unanswered::RateLimited });
        assert_eq!((requests.len(), answers.closed_until.is_some()), (1, true));
    }

    #[tokio::test]
    async fn a_value_that_is_a_pattern_is_never_sent() {
        let pattern = found("http://evil.example/%");
        assert!(!Misp::covers(&pattern.indicator));
        let (answers, requests) = ask(vec![Reply::json(NOTHING)], &[&pattern, &found("203.0.113.9")]).await;
        assert_eq!(answers.answers[0], Answer::Unknown { reason: Unanswered::InvalidResponse });
        assert_eq!(answers.answers[1].status(), "miss");
        assert!(!requests[0].contains('%'));
        let (answers, requests) = ask(vec![Reply::json(NOTHING)], &[&pattern]).await;
        assert_eq!((answers.requests, requests.len()), (0, 0));
    }

    #[tokio::test]
    async fn a_spent_window_closes_the_gate_for_the_seconds_left() {
        let (ok, many) = ("200 OK", "429 Too Many Requests");
        for (status, headers, until) in [
            (ok, "X-Rate-Limit-Remaining: 3\r\nX-Rate-Limit-Reset: 640\r\n", None),
            (ok, "X-Rate-Limit-Remaining: 0\r\nX-Rate-Limit-Reset: 640\r\n", Some("2026-10-03T12:10:40Z")),
            (many, "X-Rate-Limit-Remaining: 0\r\nX-Rate-Limit-Reset: 640\r\n", Some("2026-10-03T12:10:40Z")),
            (many, "X-Rate-Limit-Reset: 1791072000\r\n", Some("2026-10-03T12:15:00Z")),
            (many, "", Some("2026-10-03T12:15:00Z")),
            ("403 Forbidden", "", None),
        ] {
            let (asked, _) =
                ask(vec![Reply::status(status, headers, NOTHING)], &[&found("203.0.113.9")]).await;
            assert_eq!(asked.closed_until, until.map(|text| text.parse().unwrap()), "{status} {headers:?}");
        }
    }

    #[tokio::test]
    async fn a_sighting_is_sent_once_and_its_message_decides() {
        let refused = r#"{"message":"Could not add the Sighting. Reason: No valid attributes found."}"#;
        for (reply, expected) in [
            (Reply::json(r#"{"saved":true,"message":"1 sighting successfully added."}"#), Ok(Sighted::Added)),
            (Reply::json(r#"{"Sighting":{"id":"5","type":"0"}}"#), Ok(Sighted::Added)),
            (Reply::json(refused), Ok(Sighted::NotAdded)),
            (Reply::json("<html>"), Err(Unanswered::InvalidResponse)),
            (Reply::status("403 Forbidden", "", ""), Err(Unanswered::Unauthorized)),
            (Reply::status("503 Service Unavailable", "", ""), Err(Unanswered::Unreachable)),
        ] {
            let server = Server::with(vec![reply]).await;
            let misp = Misp::new(&server.url, None, MispOptions::default()).unwrap();
            let seen = [&found("203.0.113.9"), &found("http://evil.example/a%20b")];
            assert_eq!(misp.add_sighting(&seen, &Secret::new("k"), now()).await, expected);
            let requests = server.requests();
            assert_eq!(requests.len(), 1);
            let (head, body) = requests[0].split_once("\r\n\r\n").unwrap();
            assert!(head.starts_with("POST /sightings/add HTTP/1.1"));
            let body: Value = serde_json::from_str(body).unwrap();
            assert_eq!(body["values"], json!(["203.0.113.9"]));
            assert_eq!((&body["type"], &body["timestamp"]), (&json!("0"), &json!(1_791_028_800)));
        }
    }

    #[test]
    fn each_event_is_linked_to_its_page() {
        let misp = Misp::new("https://misp.example/base/", None, MispOptions::default()).unwrap();
        let event = MispEvent { id: "145".into(), ..MispEvent::default() };
        let attributes = vec![MispAttribute { event, ..MispAttribute::default() }];
        let linked = misp.linked(Evidence::Misp(MispMatches { total: 1, attributes }).into());
        let Some(Evidence::Misp(matches)) = linked.evidence() else { panic!("{linked:?}") };
        let permalink = matches.attributes[0].event.permalink.as_deref();
        assert_eq!(permalink, Some("https://misp.example/base/events/view/145"));
    }
}
