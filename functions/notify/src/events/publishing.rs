//! What a mail carries so that SES reports on it.

use std::fmt;
use std::str::FromStr;

use aws_sdk_ses::operation::send_raw_email::builders::SendRawEmailFluentBuilder;
use aws_sdk_ses::types::MessageTag;
use lambda::config::Reader;

/// Settings of a stage that follows what becomes of its mails.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventSettings {
    pub configuration_set: ConfigurationSet,
    /// Holds the rows of recipients in trouble.
    pub incidents_table: String,
}

impl EventSettings {
    const SET: &str = "MAIL_CONFIGURATION_SET";

    /// The inner nothing: no configuration set, so nobody reports. The outer: a value is wrong, and noted by the reader.
    pub fn read(reader: &mut Reader<'_>) -> Option<Option<Self>> {
        if reader.optional(Self::SET).is_none() {
            return Some(None);
        }
        let configuration_set = reader.required(Self::SET, "wazuh-triage");
        let incidents_table = reader.required("INCIDENTS_TABLE", "wazuh-triage-incidents");
        Some(Some(Self { configuration_set: configuration_set?, incidents_table: incidents_table? }))
    }

    /// Has SES report what becomes of this mail; the tags come back with every event, and must tell no secret.
    #[must_use]
    pub fn report(
        &self,
        request: SendRawEmailFluentBuilder,
        tags: &[(&'static str, &str)],
    ) -> SendRawEmailFluentBuilder {
        let tags = tags.iter().filter_map(|(name, value)| tag(name, value));
        tags.fold(request, SendRawEmailFluentBuilder::tags)
            .configuration_set_name(self.configuration_set.as_str())
    }
}

/// SES takes ASCII letters, digits, `-` and `_`, at most 256 of them; a tag without a value is left out.
fn tag(name: &str, value: &str) -> Option<MessageTag> {
    let plain = |character: char| if is_plain(character) { character } else { '-' };
    let value: String = value.chars().take(256).map(plain).collect();
    if value.is_empty() {
        return None;
    }
    MessageTag::builder().name(name).value(value).build().ok()
}

fn is_plain(character: char) -> bool {
    character.is_ascii_alphanumeric() || matches!(character, '-' | '_')
}

/// Name of a configuration set of SES.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigurationSet(String);

impl ConfigurationSet {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ConfigurationSet {
    type Err = ConfigurationSetError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let fits = (1..=64).contains(&text.len()) && text.chars().all(is_plain);
        if fits { Ok(Self(text.to_owned())) } else { Err(ConfigurationSetError) }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConfigurationSetError;

impl fmt::Display for ConfigurationSetError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .write_str("a configuration set has a name of 1 to 64 letters, digits, hyphens and underscores")
    }
}

impl std::error::Error for ConfigurationSetError {}

#[cfg(test)]
mod tests {
    use super::*;
    use lambda::config::Environment;

    fn read(pairs: &[(&str, &str)]) -> Result<Option<EventSettings>, String> {
        let environment = pairs.iter().copied().collect::<Environment>();
        let mut reader = Reader::new(&environment);
        let settings = EventSettings::read(&mut reader);
        reader.finish(settings).map_err(|error| error.to_string())
    }

    #[test]
    fn without_a_configuration_set_nobody_reports() {
        assert_eq!(read(&[("INCIDENTS_TABLE", "incidents")]), Ok(None));
        let settings = read(&[("MAIL_CONFIGURATION_SET", "triage"), ("INCIDENTS_TABLE", "incidents")]);
        assert_eq!(settings.unwrap().unwrap().configuration_set.as_str(), "triage");
    }

    #[test]
    fn what_is_wrong_is_named() {
        let error = read(&[("MAIL_CONFIGURATION_SET", "my set")]).unwrap_err();
        assert!(
            error.contains("MAIL_CONFIGURATION_SET is \"my set\": a configuration set has a name of"),
            "{error}"
        );
        assert!(error.contains("INCIDENTS_TABLE is not set"), "{error}");
    }

    #[test]
    fn a_tag_holds_only_what_ses_takes() {
        let value = |text: &str| tag("notice", text).map(|tag| tag.value().to_owned());
        assert_eq!(value("ab12#é.3").as_deref(), Some("ab12---3"));
        assert_eq!(value(&"x".repeat(300)).map(|value| value.len()), Some(256));
        assert_eq!(value(""), None);
    }
}
