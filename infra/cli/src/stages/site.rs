//! What a site decides, all in one: the variables of three functions.

use analyze::assessment::SiteNotes;
use domain::incident::Silences;
use enrich::config::Choices;
use lambda::config::{ConfigError, Environment, Reader};
use notify::config::routes;
use notify::mail::MailSettings;
use notify::routing::Routes;

use super::postbox::addresses;

/// What the site decides, by the variables that Terraform sets.
pub(super) struct Site {
    pub choices: Choices,
    pub routes: Routes,
    /// To whom mails go that no group of the routes gets.
    pub recipients: String,
    pub notes: SiteNotes,
    pub silences: Silences,
}

impl Site {
    /// So many that nothing is ever held back.
    pub const NO_LIMITS: &str = r#"{"groups":[{"name":"default","limits":{"per_hour":1000000,"burst":1000000,
        "severe_per_hour":1000000,"severe_burst":1000000}}]}"#;

    pub fn read(environment: &Environment) -> Result<Self, ConfigError> {
        let environment =
            environment.or([("MAIL_FROM", "triage@example.com"), ("MAIL_TO", "soc@example.com")]);
        let mut reader = Reader::new(&environment);
        let choices = Choices::read(&mut reader);
        let mail = MailSettings::read(&mut reader);
        let routes = mail.as_ref().and_then(|mail| routes(&mut reader, mail));
        let notes: Option<SiteNotes> = reader.or_default("SITE_NOTES", "{}");
        let silences = reader.or_default("UPDATE_AFTER", "5m,30m,4h,24h");
        let site = (|| {
            let recipients = addresses(&mail?.to);
            Some(Self { choices: choices?, routes: routes?, recipients, notes: notes?, silences: silences? })
        })();
        reader.finish(site)
    }
}
