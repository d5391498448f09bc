//! Configuration of the notify stage, from the variables that Terraform sets.

use lambda::Settings;
use lambda::config::{ConfigError, Environment, Reader};

use crate::events::EventSettings;
use crate::mail::MailSettings;

#[derive(Clone, Debug)]
pub struct Config {
    pub settings: Settings,
    pub mail: MailSettings,
    /// Absent where nobody reports what becomes of a mail.
    pub events: Option<EventSettings>,
}

impl Config {
    pub fn read(environment: &Environment) -> Result<Self, ConfigError> {
        let mut reader = Reader::new(environment);
        let settings = Settings::read(&mut reader);
        let mail = MailSettings::read(&mut reader);
        let events = EventSettings::read(&mut reader);
        let config = (|| Some(Self { settings: settings?, mail: mail?, events: events? }))();
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
