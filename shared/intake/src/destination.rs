//! Where alerts go: a queue, and what is needed to reach it. Kept beside the alerts in the spool.

use std::fmt::Write;

#[cfg(feature = "serde")]
use serde::{Deserialize, Serialize};

/// A queue and the way to it. Holds no secret.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(deny_unknown_fields))]
pub struct Destination {
    pub queue_url: QueueUrl,
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub profile: Option<Profile>,
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub endpoint_url: Option<EndpointUrl>,
}

impl Destination {
    /// A short name that is the same for the same destination, and differs for different ones: 64 bits of FNV-1a.
    pub fn id(&self) -> String {
        let profile = self.profile.as_ref().map_or("", Profile::as_str);
        let endpoint = self.endpoint_url.as_ref().map_or("", EndpointUrl::as_str);
        let mut hash = 0xcbf2_9ce4_8422_2325_u64;
        // None of them can hold a line break.
        for byte in
            [self.queue_url.as_str(), "\n", profile, "\n", endpoint].iter().flat_map(|text| text.bytes())
        {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
        format!("{hash:016x}")
    }

    /// What `destination.json` holds; with the feature `serde`, the same as serde writes.
    pub fn to_json(&self) -> String {
        let mut text = "{\"queue_url\":".to_owned();
        quote(self.queue_url.as_str(), &mut text);
        if let Some(profile) = &self.profile {
            text.push_str(",\"profile\":");
            quote(profile.as_str(), &mut text);
        }
        if let Some(endpoint_url) = &self.endpoint_url {
            text.push_str(",\"endpoint_url\":");
            quote(endpoint_url.as_str(), &mut text);
        }
        text.push('}');
        text
    }
}

fn quote(value: &str, text: &mut String) {
    text.push('"');
    for letter in value.chars() {
        match letter {
            '"' | '\\' => text.extend(['\\', letter]),
            // None of these values can hold one; a text that is not JSON would cost the alerts their way.
            letter if letter.is_control() => drop(write!(text, "\\u{:04x}", u32::from(letter))),
            letter => text.push(letter),
        }
    }
    text.push('"');
}

/// The URL of an SQS queue.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(try_from = "String", into = "String"))]
pub struct QueueUrl(String);

impl QueueUrl {
    pub const EXAMPLE: &str = "https://sqs.eu-central-1.amazonaws.com/123456789012/wazuh-triage-alerts";

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The region in the host name; nothing for a host that names none.
    pub fn region(&self) -> Option<&str> {
        let (host, _) = address(&self.0).ok()?;
        let labels: Vec<&str> = host.split(':').next()?.split('.').collect();
        for pair in labels.windows(2) {
            match pair {
                ["sqs" | "sqs-fips", region] | [region, "queue"] if is_region(region) => return Some(region),
                _ => {}
            }
        }
        (host == "queue.amazonaws.com").then_some("us-east-1")
    }
}

impl TryFrom<String> for QueueUrl {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let (_, path) = address(&text)?;
        let names_a_queue = path.rsplit('/').next().is_some_and(|name| !name.is_empty());
        if !names_a_queue || path.contains(['?', '#']) {
            return Err("it does not end in the name of a queue");
        }
        Ok(Self(text))
    }
}

impl From<QueueUrl> for String {
    fn from(url: QueueUrl) -> Self {
        url.0
    }
}

/// The base URL of something that answers as SQS does.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(try_from = "String", into = "String"))]
pub struct EndpointUrl(String);

impl EndpointUrl {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for EndpointUrl {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        address(&text)?;
        Ok(Self(text))
    }
}

impl From<EndpointUrl> for String {
    fn from(url: EndpointUrl) -> Self {
        url.0
    }
}

/// The name of an AWS profile; never a key.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(try_from = "String", into = "String"))]
pub struct Profile(String);

impl Profile {
    const MAX_BYTES: usize = 128;

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Profile {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        if is_access_key_id(&text) || is_secret_key(&text) || text.len() > Self::MAX_BYTES {
            return Err(
                "it looks like an AWS key; every local user can read the process list and ossec.conf travels, \
                 so rotate that key and name a profile here",
            );
        }
        if text.chars().any(|letter| letter.is_control() || letter == '[' || letter == ']') {
            return Err("it is not the name of a profile");
        }
        Ok(Self(text))
    }
}

impl From<Profile> for String {
    fn from(profile: Profile) -> Self {
        profile.0
    }
}

fn is_access_key_id(text: &str) -> bool {
    text.len() == 20
        && ["AKIA", "ASIA", "AIDA", "AROA"].iter().any(|prefix| text.starts_with(prefix))
        && text.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
}

fn is_secret_key(text: &str) -> bool {
    text.len() == 40 && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/+=".contains(&byte))
}

fn is_region(label: &str) -> bool {
    label.contains('-')
        && label.ends_with(|last: char| last.is_ascii_digit())
        && label.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

/// Host and path of a URL that may stand in logs.
fn address(url: &str) -> Result<(&str, &str), &'static str> {
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
    let rest = rest.ok_or("it does not begin with https:// or http://")?;
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    if host.contains('@') {
        return Err("it holds a user name or a password");
    }
    if host.is_empty() || !url.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err("it is not a URL");
    }
    Ok((host, path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_region_comes_from_the_host_of_the_queue() {
        for (url, region) in [
            (QueueUrl::EXAMPLE, Some("eu-central-1")),
            ("https://sqs.cn-north-1.amazonaws.com.cn/1/q", Some("cn-north-1")),
            ("https://us-gov-west-1.queue.amazonaws.com/1/q", Some("us-gov-west-1")),
            ("https://queue.amazonaws.com/1/q", Some("us-east-1")),
            ("https://vpce-0a.sqs.eu-west-1.vpce.amazonaws.com/1/q", Some("eu-west-1")),
            ("http://sqs.us-east-1.localhost.localstack.cloud:4566/000000000000/q", Some("us-east-1")),
            ("http://127.0.0.1:4566/000000000000/q", None),
            ("http://sqs.internal/1/q", None),
        ] {
            assert_eq!(QueueUrl::try_from(url.to_owned()).unwrap().region(), region, "{url}");
        }
    }

    #[test]
    fn what_is_not_a_queue_url_is_refused() {
        for url in
            ["", "queue", "ftp://a/b", "https://host", "https://host/", "https://", "https://u:p@host/1/q"]
        {
            assert!(QueueUrl::try_from(url.to_owned()).is_err(), "{url}");
        }
        assert!(QueueUrl::try_from("https://host/a b".to_owned()).is_err());
        assert!(EndpointUrl::try_from("http://127.0.0.1:4566".to_owned()).is_ok());
    }

    #[test]
    fn a_key_is_not_a_profile() {
        for (text, accepted) in [
            ("soc", true),
            ("soc-publisher@prod", true),
            ("AKIAIOSFODNN7EXAMPLE", false),
            ("ASIAIOSFODNN7EXAMPLE", false),
            ("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", false),
            ("[soc]", false),
        ] {
            assert_eq!(Profile::try_from(text.to_owned()).is_ok(), accepted, "{text}");
        }
    }

    #[test]
    fn destinations_differ_by_queue_profile_and_endpoint() {
        let queue_url = QueueUrl::try_from(QueueUrl::EXAMPLE.to_owned()).unwrap();
        let plain = Destination { queue_url, profile: None, endpoint_url: None };
        let profiled = Destination { profile: Profile::try_from("soc".to_owned()).ok(), ..plain.clone() };
        assert_eq!(plain.id(), plain.clone().id());
        assert_ne!(plain.id(), profiled.id());
        // Folders of an earlier version keep their alerts for the same queue.
        assert_eq!(plain.id(), "e0735401a2cafb9f");
    }

    #[cfg(feature = "serde")]
    #[test]
    fn what_is_written_by_hand_is_what_serde_reads_and_writes() {
        let queue_url = QueueUrl::try_from("https://host/1/a\"b\\c".to_owned()).unwrap();
        let plain = Destination { queue_url, profile: None, endpoint_url: None };
        let profile = Profile::try_from("soc \"ü\"".to_owned()).ok();
        let endpoint_url = EndpointUrl::try_from("http://127.0.0.1:4566".to_owned()).ok();
        for destination in [Destination { profile, endpoint_url, ..plain.clone() }, plain] {
            assert_eq!(destination.to_json(), serde_json::to_string(&destination).unwrap());
            assert_eq!(serde_json::from_str::<Destination>(&destination.to_json()).unwrap(), destination);
        }
    }
}
