//! Logins, as the enrich stage has recorded them.

use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{AttributeValue, Select};
use domain::incident::principal;
use domain::sighting::{Account, Method};
use domain::{Alert, Sighting};
use jiff::Timestamp;

/// Table with key `subject` (`user#…` or `address#…`) and sort key `seen` (time and alert key).
#[derive(Clone, Debug)]
pub struct Sightings {
    client: Client,
    table: String,
}

impl Sightings {
    pub const HOUR: Duration = Duration::from_hours(1);

    /// More than so many are as good as so many: the query ends there.
    const MOST: i32 = 200;

    pub fn new(client: Client, table: impl Into<String>) -> Self {
        Self { client, table: table.into() }
    }

    /// Failed logins below triage level by whoever the alert is about, in the hour before `now`. Those above it are
    /// counted in their incidents.
    pub async fn failures(&self, alert: &Alert, now: Timestamp) -> Result<u32, SightingsError> {
        let Some(subject) = subject(alert) else { return Ok(0) };
        let text = |value: String| AttributeValue::S(value);
        let answer = self
            .client
            .query()
            .table_name(&self.table)
            .key_condition_expression("subject = :subject AND seen BETWEEN :from AND :to")
            .filter_expression("outcome = :failure AND attribute_not_exists(course)")
            .expression_attribute_values(":subject", text(subject))
            .expression_attribute_values(":from", text(format!("{:.3}", now - Self::HOUR)))
            .expression_attribute_values(":to", text(format!("{now:.3}")))
            .expression_attribute_values(":failure", text("failure".to_owned()))
            .select(Select::Count)
            .scan_index_forward(false)
            .limit(Self::MOST)
            .send()
            .await;
        let answer = answer.map_err(|error| SightingsError(error.into()))?;
        Ok(u32::try_from(answer.count()).unwrap_or(0))
    }
}

/// Under which name enrich has recorded whoever the alert is about.
pub fn subject(alert: &Alert) -> Option<String> {
    if let Ok(address) = principal(alert).parse() {
        return Some(Sighting::subject_of_address(address));
    }
    Account::of(alert, Method::of(alert)).as_ref().map(Sighting::subject_of_account)
}

#[derive(Debug, thiserror::Error)]
#[error("could not read the sightings")]
pub struct SightingsError(#[source] Box<dyn std::error::Error + Send + Sync>);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logins_are_looked_for_under_the_address_else_the_user() {
        for (rest, expected) in [
            (r#""data":{"srcip":"203.0.113.9","dstuser":"root"}"#, Some("address#203.0.113.9")),
            (r#""data":{"dstuser":"Root"}"#, Some("user#root")),
            (r#""location":"journald""#, None),
        ] {
            let text = format!(r#"{{"id":"1.1","rule":{{"id":"5715","level":3}},{rest}}}"#);
            assert_eq!(subject(&Alert::parse(&text).unwrap()).as_deref(), expected);
        }
    }
}
