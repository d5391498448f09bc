//! Configuration of the hunt, from the variables that Terraform sets.

use std::time::Duration;

use lambda::config::{ConfigError, Environment, Reader};
use tracing::Level;

use crate::thresholds::Thresholds;

#[derive(Clone, Debug)]
pub struct Config {
    pub claims_table: String,
    pub sightings_table: String,
    pub enriched_queue_url: String,
    pub feedback_queue_url: String,
    /// How long a hunt may hold a claim: the function's timeout.
    pub lease: Duration,
    pub log_level: Level,
    pub metrics_namespace: String,
    pub thresholds: Thresholds,
}

impl Config {
    pub fn read(environment: &Environment) -> Result<Self, ConfigError> {
        let mut reader = Reader::new(environment);
        let claims_table = reader.required("CLAIMS_TABLE", "wazuh-triage-claims");
        let sightings_table = reader.required("SIGHTINGS_TABLE", "wazuh-triage-sightings");
        let enriched =
            reader.required("ENRICHED_QUEUE_URL", "https://sqs.eu-central-1.amazonaws.com/1/enriched");
        let feedback =
            reader.required("FEEDBACK_QUEUE_URL", "https://sqs.eu-central-1.amazonaws.com/1/feedback");
        let lease: Option<u64> = reader.required("LEASE_SECONDS", "120");
        let log_level = reader.or_default("LOG_LEVEL", "info");
        let metrics_namespace = reader.or_default("METRICS_NAMESPACE", "WazuhTriage");
        let thresholds = Thresholds::read(&mut reader);
        let config = (|| {
            Some(Self {
                claims_table: claims_table?,
                sightings_table: sightings_table?,
                enriched_queue_url: enriched?,
                feedback_queue_url: feedback?,
                lease: Duration::from_secs(lease?),
                log_level: log_level?,
                metrics_namespace: metrics_namespace?,
                thresholds: thresholds?,
            })
        })();
        reader.finish(config)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_variable_is_named() {
        let error = Config::read(&Environment::default()).unwrap_err().to_string();
        for name in ["CLAIMS_TABLE", "SIGHTINGS_TABLE", "ENRICHED_QUEUE_URL", "FEEDBACK_QUEUE_URL"] {
            assert!(error.contains(&format!("{name} is not set, for example {name}=")), "{error}");
        }
    }
}
