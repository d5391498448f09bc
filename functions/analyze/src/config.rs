//! Configuration of the analyze stage, from the variables that Terraform sets.

use std::time::Duration;

use lambda::Settings;
use lambda::config::{ConfigError, Environment, Reader};

use crate::assessment::SiteNotes;

#[derive(Clone, Debug)]
pub struct Config {
    pub settings: Settings,
    pub incidents_table: String,
    pub notices_queue_url: String,
    /// Base address of an OpenAI-compatible server, with its version: `https://api.openai.com/v1`.
    pub model_url: String,
    pub model_name: String,
    /// SSM parameter that holds the key.
    pub model_key_parameter: String,
    /// Longest wait for one answer; the function's deadline may leave less.
    pub model_timeout: Duration,
    /// What the operator says of hosts and announced work.
    pub site_notes: SiteNotes,
}

impl Config {
    pub fn read(environment: &Environment) -> Result<Self, ConfigError> {
        let mut reader = Reader::new(environment);
        let settings = Settings::read(&mut reader);
        let incidents_table = reader.required("INCIDENTS_TABLE", "wazuh-triage-incidents");
        let notices =
            reader.required("NOTICES_QUEUE_URL", "https://sqs.eu-central-1.amazonaws.com/1/notices");
        let model_url = reader.or_default("MODEL_URL", "https://api.openai.com/v1");
        let model_name = reader.or_default("MODEL_NAME", "gpt-5.4-mini");
        let key_parameter = reader.required("MODEL_KEY_PARAMETER", "/wazuh-triage/model-key");
        let model_timeout: Option<u64> = reader.or_default("MODEL_TIMEOUT_SECONDS", "20");
        let site_notes = reader.or_default("SITE_NOTES", "{}");
        let config = (|| {
            Some(Self {
                settings: settings?,
                incidents_table: incidents_table?,
                notices_queue_url: notices?,
                model_url: model_url?,
                model_name: model_name?,
                model_key_parameter: key_parameter?,
                model_timeout: Duration::from_secs(model_timeout?),
                site_notes: site_notes?,
            })
        })();
        reader.finish(config)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn site_notes_that_are_none_stop_the_start() {
        let read = |notes: &str| {
            let environment = Environment::from_iter([
                ("LEASE_SECONDS", "60"),
                ("CLAIMS_TABLE", "claims"),
                ("DEAD_LETTER_QUEUE_URL", "https://sqs/dlq"),
                ("INCIDENTS_TABLE", "incidents"),
                ("NOTICES_QUEUE_URL", "https://sqs/notices"),
                ("MODEL_KEY_PARAMETER", "/key"),
                ("SITE_NOTES", notes),
            ]);
            Config::read(&environment)
        };
        let notes =
            r#"{"assets":[{"agent":"db-*","criticality":"critical","note":"customers"}],"windows":[]}"#;
        assert_eq!(read(notes).unwrap().site_notes, notes.parse().unwrap());
        let error = read(r#"{"assets":[{"agent":"db-*"}]}"#).unwrap_err().to_string();
        assert!(error.contains("SITE_NOTES is ") && error.contains("missing field `note`"), "{error}");
    }
}
