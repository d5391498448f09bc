//! Authentication alerts below triage level, kept for hunting: by user and by address, 30 days.

use std::collections::HashMap;
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use domain::incident::USER_FIELDS;
use domain::{Alert, Rule};
use jiff::Timestamp;

/// Table with key `subject` (`user#…` or `address#…`) and sort key `seen` (time and alert key).
#[derive(Clone, Debug)]
pub struct Sightings {
    client: Client,
    table: String,
}

impl Sightings {
    const RETENTION: Duration = Duration::from_hours(30 * 24);

    pub fn new(client: Client, table: impl Into<String>) -> Self {
        Self { client, table: table.into() }
    }

    /// Records the alert under its user and its addresses. Writing it twice changes nothing.
    pub async fn record(&self, alert: &Alert, now: Timestamp) -> Result<(), SightingError> {
        for subject in subjects(alert) {
            let item = item(alert, &subject, now);
            let put = self.client.put_item().table_name(&self.table).set_item(Some(item)).send().await;
            put.map_err(|error| SightingError(error.into()))?;
        }
        Ok(())
    }
}

#[derive(Debug, thiserror::Error)]
#[error("could not record the sighting")]
pub struct SightingError(#[source] Box<dyn std::error::Error + Send + Sync>);

/// Who was seen, and from where. At most one user and four addresses: the rest is noise in one log line.
pub fn subjects(alert: &Alert) -> Vec<String> {
    let user = USER_FIELDS.iter().find_map(|path| alert.text_at(path)).map(|user| format!("user#{user}"));
    let addresses = alert.indicators().into_iter().filter_map(|found| found.address());
    let addresses = addresses.take(4).map(|address| format!("address#{address}"));
    // A DynamoDB key ends at 2,048 bytes.
    user.into_iter().chain(addresses).filter(|subject| subject.len() <= 1024).collect()
}

fn item(alert: &Alert, subject: &str, now: Timestamp) -> HashMap<String, AttributeValue> {
    let time = alert.timestamp().unwrap_or(now);
    let rule = alert.rule();
    let text = |value: &str| AttributeValue::S(value.to_owned());
    HashMap::from([
        ("subject".to_owned(), text(subject)),
        ("seen".to_owned(), text(&format!("{time:.3}#{}", alert.key()))),
        ("alert_key".to_owned(), text(alert.key().as_str())),
        ("rule_id".to_owned(), text(&rule.id)),
        ("agent".to_owned(), text(&alert.agent().name)),
        ("outcome".to_owned(), text(outcome(rule))),
        ("expires_at".to_owned(), AttributeValue::N((now + Sightings::RETENTION).as_second().to_string())),
    ])
}

/// Whether a login succeeded; everything else is a failure.
pub fn outcome(rule: &Rule) -> &'static str {
    if rule.in_group("authentication_success") { "success" } else { "failure" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_login_is_kept_by_user_and_by_address() {
        let alert = Alert::parse(
            r#"{"id":"1785468659.10966","timestamp":"2026-10-03T14:22:07.512+0200","manager":{"name":"m"},
                "rule":{"id":"5715","level":3,"groups":["authentication_success"]},"agent":{"name":"web-01"},
                "data":{"srcip":"10.0.2.2","dstuser":"deploy"}}"#,
        )
        .unwrap();
        assert_eq!(subjects(&alert), ["user#deploy", "address#10.0.2.2"]);
        let item = item(&alert, "user#deploy", Timestamp::UNIX_EPOCH);
        assert_eq!(item["seen"].as_s().unwrap(), "2026-10-03T12:22:07.512Z#m/1785468659.10966");
        assert_eq!(item["outcome"].as_s().unwrap(), "success");
        assert_eq!(item["expires_at"].as_n().unwrap(), "2592000");
    }
}
