//! What the queue delivers, checked before anything of it reaches the manager.
//!
//! Whoever may write to the feedback queue would otherwise write log lines of any agent from any place.

use std::fmt;

use domain::datagram::TooLong;
use domain::indicator::Indicator;
use domain::{Feedback, MessageError, message};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::cdb::Change;

/// Wazuh repeats an event inside the alert it makes of it, and cuts at 64 KiB.
pub const MAX_EVENT_BYTES: usize = 25 * 1024;

/// The events that are ours: Wazuh's location, and what `integration` says.
const OURS: [(&str, &str); 4] = [
    ("abuseipdb", "custom-abuseipdb"),
    ("misp", "misp"),
    ("alienvault_otx", "alienvault_otx"),
    ("wazuh-triage", "wazuh-triage"),
];

/// One event for the manager, ready to be written.
#[derive(Debug)]
pub struct Event {
    pub id: EventId,
    /// For analysisd's socket.
    pub datagram: String,
    /// For a file that logcollector reads; with its line feed.
    pub line: String,
    /// What it says about the list of confirmed indicators.
    pub change: Option<Change>,
}

impl Event {
    pub fn read(body: &str) -> Result<Self, Unfit> {
        let feedback: Feedback = message::decode(body)?;
        let Some(members) = feedback.event.as_object() else { return Err(Unfit::NotAnObject) };
        let integration = members.get("integration").and_then(Value::as_str);
        if !OURS.iter().any(|ours| *ours == (feedback.location.as_str(), integration.unwrap_or_default())) {
            return Err(Unfit::NotOurs);
        }
        if !is_agent_id(&feedback.agent.id) {
            return Err(Unfit::AgentId);
        }
        let event = feedback.event.to_string();
        if event.len() > MAX_EVENT_BYTES {
            return Err(Unfit::TooLarge(event.len()));
        }
        Ok(Self {
            id: EventId::of(&feedback, &event),
            datagram: feedback.datagram()?,
            line: line(&feedback),
            change: change(&feedback.event),
        })
    }
}

/// The same for the same event of the same agent: queues deliver more than once.
///
/// Events carry the alert that they answer and no time of their own, so two alerts never share one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct EventId(u128);

impl EventId {
    fn of(feedback: &Feedback, event: &str) -> Self {
        let digest = Sha256::digest(format!("{}\n{}\n{event}", feedback.agent.id, feedback.location));
        Self(digest.iter().take(16).fold(0, |number, byte| number << 8 | u128::from(*byte)))
    }

    pub fn parse(text: &str) -> Option<Self> {
        let is_hexadecimal = text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        is_hexadecimal.then(|| u128::from_str_radix(text, 16).ok().map(Self)).flatten()
    }
}

impl fmt::Display for EventId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:032x}", self.0)
    }
}

/// Why an event is not handed to the manager. Carries nothing of it.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    #[error(transparent)]
    Message(#[from] MessageError),
    #[error("the event is not an object")]
    NotAnObject,
    #[error("location and integration are not a pair of ours")]
    NotOurs,
    #[error("the agent's id is not a number")]
    AgentId,
    #[error("the event has {0} bytes, and {MAX_EVENT_BYTES} are handed on")]
    TooLarge(usize),
    #[error(transparent)]
    Datagram(#[from] TooLong),
    #[error("the socket does not take a datagram of {0} bytes")]
    Refused(usize),
}

fn is_agent_id(id: &str) -> bool {
    (3..=10).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_digit())
}

/// logcollector makes it an event of the manager, so the line itself says whose it is.
fn line(feedback: &Feedback) -> String {
    let mut event = feedback.event.clone();
    if let Some(members) = event.as_object_mut() {
        members.insert("origin".to_owned(), json!(feedback.agent));
    }
    format!("{event}\n")
}

fn change(event: &Value) -> Option<Change> {
    let triage = event.get("triage")?;
    let text = |name: &str| triage.get(name).and_then(Value::as_str);
    if event.get("integration")? != "wazuh-triage" || text("kind") != Some("verdict") {
        return None;
    }
    let indicator: Indicator = text("indicator")?.parse().ok()?;
    match text("judgement") {
        Some("malicious") => Some(Change::Confirmed(indicator)),
        Some("benign_infrastructure") => Some(Change::Cleared(indicator)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(event: &Value) -> String {
        json!({
            "schema": 1,
            "agent": {"id": "007", "name": "web-01", "ip": "10.20.0.7"},
            "location": "wazuh-triage",
            "event": event,
        })
        .to_string()
    }

    fn verdict(judgement: &str, indicator: &str) -> Value {
        let triage = json!({"kind": "verdict", "judgement": judgement, "indicator": indicator});
        json!({"integration": "wazuh-triage", "triage": triage})
    }

    #[test]
    fn a_good_event_becomes_a_datagram_and_a_line() {
        let event = Event::read(&body(&verdict("observed", "203.0.113.24"))).unwrap();
        assert!(
            event.datagram.starts_with("1:[007] (web-01) 10.20.0.7->wazuh-triage:{\""),
            "{}",
            event.datagram
        );
        assert!(
            event.line.ends_with("\"origin\":{\"id\":\"007\",\"name\":\"web-01\",\"ip\":\"10.20.0.7\"}}\n")
        );
        assert_eq!(event.change, None);
    }

    #[test]
    fn what_is_not_ours_is_refused_with_its_reason_and_without_its_text() {
        let good = body(&verdict("malicious", "203.0.113.24"));
        for (body, reason) in [
            (String::new(), "the message is not readable (line 1, column 0): unexpected shape"),
            ("hunter2".to_owned(), "the message is not readable (line 1, column 1): unexpected shape"),
            ("[]".to_owned(), "the message is not readable (line 1, column 2): unexpected shape"),
            ("[".repeat(100_000), "the message is not readable (line 1, column 1): unexpected shape"),
            (good.replace("\"schema\":1", "\"schema\":7"), "message schema 7 is not known here, only 1"),
            (good.replace("\"schema\":1,", ""), "missing field `schema`"),
            (body(&json!("hunter2")), "the event is not an object"),
            (body(&json!({"integration": "sshd"})), "location and integration are not a pair of ours"),
            (body(&json!({"integration": ["misp"]})), "location and integration are not a pair of ours"),
            (body(&json!({"integration": "misp"})), "location and integration are not a pair of ours"),
            (
                good.replace("\"location\":\"wazuh-triage\"", "\"location\":\"/var/log/auth.log\""),
                "location and integration are not a pair of ours",
            ),
            (good.replace("\"007\"", "\"0) 1.2.3.4->sshd:hunter2\""), "the agent's id is not a number"),
            (good.replace("\"007\"", "\"\""), "the agent's id is not a number"),
            (
                body(&json!({"integration": "wazuh-triage", "x": "x".repeat(MAX_EVENT_BYTES)})),
                "the event has 25637 bytes, and 25600 are handed on",
            ),
        ] {
            let refused = Event::read(&body).unwrap_err().to_string();
            assert!(refused.contains(reason), "{reason}: {refused}");
            assert!(!refused.contains("hunter2"), "{refused}");
        }
    }

    #[test]
    fn an_event_of_exactly_25_kib_is_handed_on() {
        let frame = json!({"integration": "wazuh-triage", "x": ""}).to_string().len();
        let event = json!({"integration": "wazuh-triage", "x": "x".repeat(MAX_EVENT_BYTES - frame)});
        assert!(Event::read(&body(&event)).is_ok());
    }

    #[test]
    fn an_agents_name_cannot_make_the_datagram_too_long() {
        let good = body(&verdict("malicious", "203.0.113.24"));
        let refused = Event::read(&good.replace("web-01", &"x".repeat(70_000))).unwrap_err();
        assert!(matches!(refused, Unfit::Datagram(_)), "{refused}");
    }

    #[test]
    fn the_same_event_has_the_same_id_and_another_has_another() {
        let id = |body: &str| Event::read(body).unwrap().id;
        let one = body(&verdict("malicious", "203.0.113.24"));
        assert_eq!(id(&one), id(&one.replace("\"schema\":1", "\"schema\": 1")));
        assert_ne!(id(&one), id(&body(&verdict("malicious", "203.0.113.25"))));
        assert_ne!(id(&one), id(&one.replace("007", "008")));
        assert_eq!(EventId::parse(&id(&one).to_string()), Some(id(&one)));
        for text in ["", "+0000000000000000000000000000000", "0123"] {
            assert_eq!(EventId::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_verdict_changes_the_list_when_it_confirms_or_clears() {
        let change = |event: &Value| Event::read(&body(event)).unwrap().change;
        let address: Indicator = "203.0.113.24".parse().unwrap();
        for (judgement, indicator, expected) in [
            ("malicious", "203.0.113.24", Some(Change::Confirmed(address.clone()))),
            ("benign_infrastructure", "203.0.113.24", Some(Change::Cleared(address))),
            ("suspicious", "203.0.113.24", None),
            ("malicious", "0.0.0.0/0", None),
            ("malicious", "localhost", None),
            ("malicious", "a:b\nc", None),
        ] {
            assert_eq!(change(&verdict(judgement, indicator)), expected, "{judgement} {indicator}");
        }
        let incident = json!({"integration": "wazuh-triage", "triage": {"kind": "incident"}});
        assert_eq!(change(&incident), None);
    }
}
