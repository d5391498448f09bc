//! Configuration of the analyze stage, from the variables that Terraform sets.

use domain::incident::Silences;
use lambda::Settings;
use lambda::config::{ConfigError, Environment, Reader};

use crate::assessment::SiteNotes;
use crate::prompt::PromptSettings;
use crate::{economy, model};

#[derive(Clone, Debug)]
pub struct Config {
    pub settings: Settings,
    pub incidents_table: String,
    pub sightings_table: String,
    pub notices_queue_url: String,
    pub model: model::Settings,
    pub economy: economy::Settings,
    /// What leaves the account, and what is normal at the site.
    pub prompt: PromptSettings,
    /// What the operator says of hosts and announced work.
    pub site_notes: SiteNotes,
    /// How long an incident is silent after each of its mails.
    pub silences: Silences,
}

impl Config {
    pub fn read(environment: &Environment) -> Result<Self, ConfigError> {
        let mut reader = Reader::new(environment);
        let settings = Settings::read(&mut reader);
        let incidents_table = reader.required("INCIDENTS_TABLE", "wazuh-triage-incidents");
        let sightings_table = reader.required("SIGHTINGS_TABLE", "wazuh-triage-sightings");
        let notices =
            reader.required("NOTICES_QUEUE_URL", "https://sqs.eu-central-1.amazonaws.com/1/notices");
        let model = model::Settings::read(&mut reader);
        let economy = economy::Settings::read(&mut reader);
        let redaction = reader.or_default("REDACTION", "secrets");
        let site_notes: Option<SiteNotes> = reader.or_default("SITE_NOTES", "{}");
        let silences = reader.or_default("UPDATE_AFTER", "5m,30m,4h,24h");
        let config = (|| {
            let site_notes = site_notes?;
            let environment = site_notes.environment().to_owned();
            Some(Self {
                settings: settings?,
                incidents_table: incidents_table?,
                sightings_table: sightings_table?,
                notices_queue_url: notices?,
                model: model?,
                economy: economy?,
                prompt: PromptSettings { redaction: redaction?, environment },
                site_notes,
                silences: silences?,
            })
        })();
        reader.finish(config)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(name: &str, value: &str) -> Result<Config, ConfigError> {
        let environment = Environment::from_iter([
            ("LEASE_SECONDS", "60"),
            ("CLAIMS_TABLE", "claims"),
            ("DEAD_LETTER_QUEUE_URL", "https://sqs/dlq"),
            ("INCIDENTS_TABLE", "incidents"),
            ("SIGHTINGS_TABLE", "sightings"),
            ("ANALYSES_TABLE", "analyses"),
            ("NOTICES_QUEUE_URL", "https://sqs/notices"),
            ("MODEL_KEY_PARAMETER", "/key"),
            (name, value),
        ]);
        Config::read(&environment)
    }

    #[test]
    fn silences_that_are_none_stop_the_start() {
        assert_eq!(read("UPDATE_AFTER", "5m,30m,4h,24h").unwrap().silences, Silences::default());
        let error = read("UPDATE_AFTER", "30m,5m").unwrap_err().to_string();
        assert!(error.contains("\"5m\" is shorter than the time before it"), "{error}");
    }

    #[test]
    fn site_notes_that_are_none_stop_the_start() {
        let read = |notes: &str| read("SITE_NOTES", notes);
        let notes =
            r#"{"assets":[{"agent":"db-*","criticality":"critical","note":"customers"}],"windows":[]}"#;
        assert_eq!(read(notes).unwrap().site_notes, notes.parse().unwrap());
        let error = read(r#"{"assets":[{"agent":"db-*"}]}"#).unwrap_err().to_string();
        assert!(error.contains("SITE_NOTES is ") && error.contains("missing field `note`"), "{error}");
    }
}
