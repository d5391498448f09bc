//! What an operator decides about mails.

use std::fmt;
use std::str::FromStr;

use lambda::config::Reader;

use super::address::{MailAddress, Recipients};
use super::subject::{DEFAULT_SUBJECT, SubjectTemplate};
use crate::clock::Clock;
use crate::links::{AlertLink, Dashboard, HostLink, MispUrl, SiteUrl};

#[derive(Clone, Debug)]
pub struct MailSettings {
    pub from: MailAddress,
    pub to: Recipients,
    /// Where answers of people go; without it they go to `from`.
    pub reply_to: Option<MailAddress>,
    pub subject: SubjectTemplate,
    pub clock: Clock,
    pub dashboard: Option<Dashboard>,
    pub misp_url: Option<MispUrl>,
    pub privacy: Privacy,
    pub attachment: Attachment,
}

/// How much of an alert a mail may tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Privacy {
    /// Everything, for mailboxes within the house.
    Full,
    /// Priority, rule, incident, count and a link: for mail that leaves the house.
    Link,
}

/// Whether the alert comes as a file, too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attachment {
    Json,
    None,
}

impl MailSettings {
    /// Nothing where a value is wrong; the reader has noted which.
    pub fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let from = reader.required("MAIL_FROM", "triage@example.com");
        let to = reader.required("MAIL_TO", "soc@example.com,on-call@example.com");
        let reply_to: Option<Maybe<MailAddress>> = reader.or_default("MAIL_REPLY_TO", "");
        let subject = reader.or_default("MAIL_SUBJECT", DEFAULT_SUBJECT);
        let clock = reader.or_default("MAIL_TIME_ZONE", "UTC");
        let dashboard = dashboard(reader);
        let misp_url: Option<Maybe<SiteUrl>> = reader.or_default("MISP_URL", "");
        let privacy = reader.or_default("MAIL_PRIVACY", "full");
        let attachment = reader.or_default("MAIL_ATTACHMENT", "json");
        Some(Self {
            from: from?,
            to: to?,
            reply_to: reply_to?.0,
            subject: subject?,
            clock: clock?,
            dashboard: dashboard?.0,
            misp_url: misp_url?.0,
            privacy: privacy?,
            attachment: attachment?,
        })
    }
}

fn dashboard(reader: &mut Reader<'_>) -> Option<Maybe<Dashboard>> {
    let url: Option<Maybe<SiteUrl>> = reader.or_default("DASHBOARD_URL", "");
    let alert = reader.or_default("DASHBOARD_ALERT_PATH", AlertLink::DEFAULT);
    let host = reader.or_default("DASHBOARD_HOST_PATH", HostLink::DEFAULT);
    let (alert, host) = (alert?, host?);
    Some(Maybe(url?.0.map(|url| Dashboard { url, alert, host })))
}

/// A value that may be absent: nothing is no error, something wrong is.
struct Maybe<T>(Option<T>);

impl<T: FromStr> FromStr for Maybe<T> {
    type Err = T::Err;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.is_empty() { Ok(Self(None)) } else { text.parse().map(|value| Self(Some(value))) }
    }
}

/// A word that is not one of those that the setting knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoChoice(&'static str);

impl fmt::Display for NoChoice {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "it must be {}", self.0)
    }
}

impl std::error::Error for NoChoice {}

impl FromStr for Privacy {
    type Err = NoChoice;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "full" => Ok(Self::Full),
            "link" => Ok(Self::Link),
            _ => Err(NoChoice("full or link")),
        }
    }
}

impl FromStr for Attachment {
    type Err = NoChoice;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "json" => Ok(Self::Json),
            "none" => Ok(Self::None),
            _ => Err(NoChoice("json or none")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lambda::config::Environment;

    const NEEDED: [(&str, &str); 2] = [("MAIL_FROM", "triage@example.com"), ("MAIL_TO", "soc@example.com")];

    fn read(more: &[(&str, &str)]) -> Result<MailSettings, String> {
        let environment = NEEDED.iter().chain(more).copied().collect::<Environment>();
        let mut reader = Reader::new(&environment);
        let settings = MailSettings::read(&mut reader);
        reader.finish(settings).map_err(|error| error.to_string())
    }

    #[test]
    fn two_addresses_are_enough() {
        let settings = read(&[]).unwrap();
        assert_eq!((settings.privacy, settings.attachment), (Privacy::Full, Attachment::Json));
        assert_eq!((settings.reply_to, settings.dashboard, settings.misp_url), (None, None, None));
    }

    #[test]
    fn every_choice_can_be_made() {
        let settings = read(&[
            ("MAIL_REPLY_TO", "soc-desk@example.com"),
            ("MAIL_TIME_ZONE", "Europe/Berlin"),
            ("MAIL_PRIVACY", "link"),
            ("MAIL_ATTACHMENT", "none"),
            ("DASHBOARD_URL", "https://wazuh.example.com"),
            ("DASHBOARD_ALERT_PATH", "/app/wazuh#/overview?id={id}"),
            ("DASHBOARD_HOST_PATH", "/app/wazuh#/overview?agent={agent_id}"),
            ("MISP_URL", "https://misp.example.com/"),
        ])
        .unwrap();
        assert_eq!(settings.reply_to.unwrap().as_str(), "soc-desk@example.com");
        assert_eq!((settings.privacy, settings.attachment), (Privacy::Link, Attachment::None));
        assert!(settings.dashboard.is_some());
        assert_eq!(settings.misp_url.unwrap().as_str(), "https://misp.example.com");
    }

    #[test]
    fn each_wrong_choice_is_named() {
        for (name, value, reason) in [
            ("MAIL_REPLY_TO", "soc", "a mail address reads name@domain, with one @"),
            ("MAIL_TIME_ZONE", "Berlin", "it is not a time zone of the IANA database, such as Europe/Berlin"),
            ("MAIL_PRIVACY", "on", "it must be full or link"),
            ("MAIL_ATTACHMENT", "zip", "it must be json or none"),
            ("DASHBOARD_URL", "wazuh.example", "it must begin with https:// or http://"),
            ("DASHBOARD_ALERT_PATH", "/app", "it does not hold {id}, so every mail would have the same link"),
            ("DASHBOARD_HOST_PATH", "app", "it is a path on the dashboard and begins with one /"),
            ("MISP_URL", "misp", "it must begin with https:// or http://"),
        ] {
            let error = read(&[(name, value)]).unwrap_err();
            assert!(error.contains(&format!("{name} is {value:?}: {reason}")), "{error}");
        }
    }
}
