//! An address that feeds list, met in alerts about which nobody is asked: failed logins below triage level.

use std::collections::HashMap;
use std::time::Duration;

use anyhow::{Context, Result};
use aws_config::SdkConfig;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use serde::Serialize;

use crate::stack::Stack;
use crate::stubs::Recorded;

/// In both imports; the stubs' look-ups have heard of it too, so that a question would be answered.
const ADDRESS: &str = "2001:db8::bad";

/// What was known of it before anybody was asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Met {
    pub address: &'static str,
    /// What intelligence made of it in each alert; nothing where it made nothing of it.
    pub judgements: Vec<Option<String>>,
    /// Requests to providers that named it.
    pub requests: usize,
}

/// What the recorded logins say of the address, and what the stub providers were asked about it so far.
pub(crate) async fn look(stack: &Stack, configuration: &SdkConfig) -> Result<Met> {
    let rows = Client::new(configuration)
        .query()
        .table_name(&stack.outputs.tables.sightings)
        .key_condition_expression("subject = :subject")
        .expression_attribute_values(":subject", AttributeValue::S(format!("address#{ADDRESS}")))
        .send()
        .await
        .context("could not read what is recorded of the address")?;
    let judgement = |row: &HashMap<String, AttributeValue>| row.get("judgement")?.as_s().ok().cloned();
    let judgements = rows.items().iter().map(judgement).collect();
    let client = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(5)).build()?;
    let answer = client.get(format!("{}/control/log", stack.stub_url)).send().await;
    let answer = answer.and_then(reqwest::Response::error_for_status);
    let log: Vec<Recorded> = answer.context("the stub providers do not answer")?.json().await?;
    Ok(Met { address: ADDRESS, judgements, requests: naming(ADDRESS, &log) })
}

/// A model is shown alerts; it is no provider.
fn naming(address: &str, log: &[Recorded]) -> usize {
    let asked = log.iter().filter(|recorded| recorded.provider != "model");
    asked.filter(|recorded| recorded.content.to_string().contains(address)).count()
}

impl Met {
    /// The word of the feeds, if every alert was judged by it and nobody was asked.
    pub(crate) fn without_a_call(&self) -> Option<&str> {
        let mut judgements = self.judgements.iter();
        let first = judgements.next()?.as_deref()?;
        let same = judgements.all(|judgement| judgement.as_deref() == Some(first));
        (self.requests == 0 && same && ["malicious", "suspicious"].contains(&first)).then_some(first)
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use serde_json::json;

    use super::*;

    #[test]
    fn a_match_without_a_call_is_one_about_which_no_provider_was_asked() {
        let judged = |word: &str| Some(word.to_owned());
        for (judgements, requests, expected) in [
            (vec![judged("malicious"), judged("malicious")], 0, Some("malicious")),
            (vec![judged("malicious")], 1, None),
            (vec![judged("malicious"), None], 0, None),
            (vec![judged("no_evidence")], 0, None),
            (Vec::new(), 0, None),
        ] {
            let met = Met { address: ADDRESS, judgements, requests };
            assert_eq!(met.without_a_call(), expected, "{met:?}");
        }
    }

    #[test]
    fn a_request_names_an_address_wherever_it_stands() {
        let recorded = |provider: &str, content| Recorded {
            provider: provider.to_owned(),
            path: String::new(),
            at: Timestamp::UNIX_EPOCH,
            content,
        };
        let log = [
            recorded("abuseipdb", json!({"ipAddress": ADDRESS})),
            recorded("misp", json!({"value": ["203.0.113.24", ADDRESS]})),
            recorded("otx", json!({"type": "IPv4", "value": "203.0.113.24"})),
            recorded("model", json!({"messages": [ADDRESS]})),
        ];
        assert_eq!(naming(ADDRESS, &log), 2);
    }
}
