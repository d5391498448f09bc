//! Configuration of the notify stage, from the variables that Terraform sets.

use std::time::Duration;

use lambda::config::{ConfigError, Environment, Reader};
use tracing::Level;

use crate::mail::{DEFAULT_SUBJECT, DashboardUrl, MailSettings};

#[derive(Clone, Debug)]
pub struct Config {
    pub claims_table: String,
    pub dead_letter_queue_url: String,
    pub mail: MailSettings,
    pub lease: Duration,
    pub log_level: Level,
    pub metrics_namespace: String,
}

impl Config {
    pub fn read(environment: &Environment) -> Result<Self, ConfigError> {
        let mut reader = Reader::new(environment);
        let claims_table = reader.required("CLAIMS_TABLE", "wazuh-triage-claims");
        let dead_letters = reader.required(
            "DEAD_LETTER_QUEUE_URL",
            "https://sqs.eu-central-1.amazonaws.com/1/notices-dead-letters",
        );
        let from = reader.required("MAIL_FROM", "triage@example.com");
        let to = reader.required("MAIL_TO", "soc@example.com,on-call@example.com");
        let subject = reader.or_default("MAIL_SUBJECT", DEFAULT_SUBJECT);
        // A list of at most one: an absent address is no link, a wrong one is an error.
        let dashboard_url: Option<Vec<DashboardUrl>> = reader.list("DASHBOARD_URL", "");
        let lease: Option<u64> = reader.or_default("LEASE_SECONDS", "30");
        let log_level = reader.or_default("LOG_LEVEL", "info");
        let metrics_namespace = reader.or_default("METRICS_NAMESPACE", "WazuhTriage");
        let config = (|| {
            let dashboard_url = dashboard_url?.into_iter().next();
            Some(Self {
                claims_table: claims_table?,
                dead_letter_queue_url: dead_letters?,
                mail: MailSettings { from: from?, to: to?, subject: subject?, dashboard_url },
                lease: Duration::from_secs(lease?),
                log_level: log_level?,
                metrics_namespace: metrics_namespace?,
            })
        })();
        reader.finish(config)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wrong_values_are_named_all_at_once() {
        let environment = Environment::from_iter([
            ("CLAIMS_TABLE", "claims"),
            ("MAIL_FROM", "nobody"),
            ("MAIL_SUBJECT", "{severity}"),
            ("DASHBOARD_URL", "wazuh.example"),
        ]);
        let error = Config::read(&environment).unwrap_err().to_string();
        for name in [
            "MAIL_FROM is \"nobody\"",
            "MAIL_TO is not set",
            "MAIL_SUBJECT is \"{severity}\"",
            "DASHBOARD_URL is",
        ] {
            assert!(error.contains(name), "{name} not in: {error}");
        }
    }
}
