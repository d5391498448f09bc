//! Configuration of the notify stage, from the variables that Terraform sets.

use lambda::Settings;
use lambda::config::{ConfigError, Environment, Reader};

use crate::events::EventSettings;
use crate::mail::MailSettings;
use crate::routing::Routes;

#[derive(Clone, Debug)]
pub struct Config {
    pub settings: Settings,
    /// Groups of recipients, and how the mails of each look.
    pub routes: Routes,
    pub deliveries_table: String,
    /// Where a notice that waited for the account goes back to.
    pub notices_queue_url: String,
    /// Absent where nobody reports what becomes of a mail.
    pub events: Option<EventSettings>,
}

impl Config {
    pub fn read(environment: &Environment) -> Result<Self, ConfigError> {
        let mut reader = Reader::new(environment);
        let settings = Settings::read(&mut reader);
        let mail = MailSettings::read(&mut reader);
        let events = EventSettings::read(&mut reader);
        let routes = mail.and_then(|mail| routes(&mut reader, &mail));
        let deliveries_table = reader.required("DELIVERIES_TABLE", "wazuh-triage-deliveries");
        let notices =
            reader.required("NOTICES_QUEUE_URL", "https://sqs.eu-central-1.amazonaws.com/1/notices");
        let config = (|| {
            Some(Self {
                settings: settings?,
                routes: routes?,
                deliveries_table: deliveries_table?,
                notices_queue_url: notices?,
                events: events?,
            })
        })();
        reader.finish(config)
    }
}

/// The groups of `MAIL_ROUTES`; nothing where it is wrong, and the reader has noted why.
pub fn routes(reader: &mut Reader<'_>, mail: &MailSettings) -> Option<Routes> {
    let text = reader.optional("MAIL_ROUTES").unwrap_or_else(|| "{}".to_owned());
    match Routes::read(&text, mail) {
        Ok(routes) => Some(routes),
        Err(error) => {
            reader.reject(format!("MAIL_ROUTES: {error}; docs/mail-delivery.md has examples"));
            None
        }
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

    #[test]
    fn routes_that_lead_nowhere_stop_the_start() {
        let environment = Environment::from_iter([
            ("CLAIMS_TABLE", "claims"),
            ("MAIL_FROM", "triage@example.com"),
            ("MAIL_TO", "soc@example.com"),
            ("MAIL_ROUTES", r#"{"groups":[{"name":"soc","to":[],"match":{}}]}"#),
        ]);
        let error = Config::read(&environment).unwrap_err().to_string();
        for problem in [
            "MAIL_ROUTES: group 1 of the list",
            "DELIVERIES_TABLE is not set",
            "NOTICES_QUEUE_URL is not set",
        ] {
            assert!(error.contains(problem), "{problem} not in: {error}");
        }
    }
}
