//! The events that Wazuh would get, and what they say about the indicators.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use aws_config::SdkConfig;
use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::ChangeMessageVisibilityBatchRequestEntry;
use domain::Feedback;
use domain::message;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::aws;

/// One event for Wazuh.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Event {
    pub integration: String,
    /// Wazuh's `location` of the event.
    pub location: String,
    /// Number and name.
    pub agent: String,
    /// Of a finding: the account.
    pub indicators: Vec<String>,
    /// The file with the datagram.
    pub path: String,
}

/// What all witnesses together say about one indicator.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Said {
    pub indicator: String,
    pub judgement: String,
    pub score: u8,
    /// Those that accuse it.
    pub witnesses: Vec<String>,
    /// A sentence each.
    pub reasons: Vec<String>,
}

/// The events as they lie in the queue, by alert and location. They stay there for whoever looks next.
pub(crate) async fn read(configuration: &SdkConfig, queue_url: &str) -> Result<Vec<Feedback>> {
    let bodies = peek_all(configuration, queue_url).await.context("could not read the events for Wazuh")?;
    let mut events: Vec<Feedback> =
        bodies.iter().map(|body| message::decode(body)).collect::<Result<_, _>>()?;
    events.sort_by_cached_key(|feedback| {
        (alert_id(&feedback.event).ok_or(()), feedback.location.clone(), indicators(&feedback.event))
    });
    Ok(events)
}

/// Every message once. A message that was received is hidden for a while: it is counted all the same, and shown again
/// at the end.
async fn peek_all(configuration: &SdkConfig, queue_url: &str) -> Result<Vec<String>> {
    const AT_MOST: Duration = Duration::from_secs(15);
    const HIDDEN_SECONDS: i32 = 60;
    let client = Client::new(configuration);
    let (mut bodies, mut receipts) = (BTreeMap::new(), Vec::new());
    let began = Instant::now();
    loop {
        let there = aws::messages_in(&client, queue_url).await?;
        if bodies.len() >= there || began.elapsed() > AT_MOST {
            break;
        }
        let request = client.receive_message().queue_url(queue_url).max_number_of_messages(10);
        let answer = request.visibility_timeout(HIDDEN_SECONDS).wait_time_seconds(1).send().await?;
        for received in answer.messages.unwrap_or_default() {
            bodies.insert(received.message_id, received.body.unwrap_or_default());
            receipts.extend(received.receipt_handle);
        }
    }
    show_again(&client, queue_url, &receipts).await?;
    Ok(bodies.into_values().collect())
}

async fn show_again(client: &Client, queue_url: &str, receipts: &[String]) -> Result<()> {
    const AT_ONCE: usize = 10;
    for receipts in receipts.chunks(AT_ONCE) {
        let mut request = client.change_message_visibility_batch().queue_url(queue_url);
        for (index, receipt) in receipts.iter().enumerate() {
            let entry = ChangeMessageVisibilityBatchRequestEntry::builder()
                .id(index.to_string())
                .receipt_handle(receipt)
                .visibility_timeout(0);
            request = request.entries(entry.build()?);
        }
        request.send().await?;
    }
    Ok(())
}

/// What the verdicts among the events say, worst first.
pub(crate) fn said(events: &[Feedback]) -> Vec<Said> {
    let verdicts = events.iter().filter_map(|feedback| feedback.event.get("triage"));
    let mut said: Vec<Said> = verdicts.filter_map(|verdict| Said::deserialize(verdict).ok()).collect();
    said.sort_by(|one, other| other.score.cmp(&one.score).then_with(|| one.indicator.cmp(&other.indicator)));
    // Two rules about one indicator are told the same.
    said.dedup();
    said
}

impl Event {
    pub(crate) fn of(feedback: &Feedback, path: String) -> Self {
        Self {
            integration: integration(feedback).to_owned(),
            location: feedback.location.clone(),
            agent: format!("{} {}", feedback.agent.id, feedback.agent.name),
            indicators: indicators(&feedback.event),
            path,
        }
    }
}

/// The name by which rules know the event.
pub(crate) fn integration(feedback: &Feedback) -> &str {
    feedback.event.get("integration").and_then(Value::as_str).unwrap_or(&feedback.location)
}

/// What the event is about: every integration has a shape of its own.
fn indicators(event: &Value) -> Vec<String> {
    let one = ["/abuseipdb/source/srcip", "/triage/indicator", "/triage/subject"]
        .map(|pointer| event.pointer(pointer));
    let misp = event.get("ioc").and_then(Value::as_object).into_iter().flat_map(|ioc| ioc.values());
    let otx = event.get("indicators").and_then(Value::as_object).into_iter().flat_map(|all| all.values());
    let all = one.into_iter().flatten().chain(misp).chain(otx.filter_map(|indicator| indicator.get("value")));
    all.filter_map(Value::as_str).map(str::to_owned).collect()
}

/// Ids begin with the second: their order is that of the alerts. Findings are of many alerts and come last.
fn alert_id(event: &Value) -> Option<String> {
    let pointers =
        ["/abuseipdb/source/alert_id", "/misp/source/alert_id", "/triage/source/alert_id", "/input_alert"];
    pointers.iter().find_map(|pointer| event.pointer(pointer)?.as_str()).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use domain::Agent;
    use domain::message::Schema;
    use serde_json::json;

    use super::*;

    fn feedback(location: &str, event: Value) -> Feedback {
        let agent = Agent { id: "004".into(), name: "web-01".into(), ip: Some("10.20.0.14".into()) };
        Feedback { schema: Schema, agent, location: location.into(), event }
    }

    fn verdict(indicator: &str, score: u8) -> Feedback {
        let triage = json!({"kind": "verdict", "judgement": "observed", "score": score, "indicator": indicator,
            "witnesses": ["OTX"], "reasons": ["1 OTX pulse names it"], "source": {"alert_id": "1.2"}});
        feedback("wazuh-triage", json!({"integration": "wazuh-triage", "triage": triage}))
    }

    #[test]
    fn every_integration_tells_what_its_event_is_about() {
        for (location, event, expected) in [
            (
                "abuseipdb",
                json!({"integration": "custom-abuseipdb", "abuseipdb": {"source": {"srcip": "203.0.113.24", "alert_id": "1.2"}}}),
                vec!["203.0.113.24"],
            ),
            (
                "misp",
                json!({"integration": "misp", "ioc": {"domain": "a.example"}, "misp": {"source": {"alert_id": "1.2"}}}),
                vec!["a.example"],
            ),
            (
                "alienvault_otx",
                json!({"integration": "alienvault_otx", "input_alert": "1.2",
                    "indicators": {"domain": {"value": "a.example"}, "src_ip": {"value": "203.0.113.24"}}}),
                vec!["a.example", "203.0.113.24"],
            ),
            ("wazuh-triage", verdict("203.0.113.24", 9).event, vec!["203.0.113.24"]),
        ] {
            let event = feedback(location, event);
            assert_eq!(alert_id(&event.event).as_deref(), Some("1.2"), "{location}");
            let told = Event::of(&event, "01.txt".into());
            assert_eq!(told.indicators, expected, "{location}");
            assert_eq!(told.agent, "004 web-01");
            assert!(told.integration.ends_with(location), "{location}");
        }
        assert_eq!(Event::of(&feedback("x", Value::Null), String::new()).indicators, Vec::<String>::new());
    }

    #[test]
    fn what_is_said_stands_worst_first_and_once() {
        let events = [
            verdict("b.example", 20),
            verdict("a.example", 20),
            feedback("misp", json!({"integration": "misp"})),
            verdict("203.0.113.24", 95),
            verdict("203.0.113.24", 95),
        ];
        let said: Vec<(String, u8)> = said(&events).into_iter().map(|it| (it.indicator, it.score)).collect();
        assert_eq!(said, [("203.0.113.24".into(), 95), ("a.example".into(), 20), ("b.example".into(), 20)]);
    }
}
