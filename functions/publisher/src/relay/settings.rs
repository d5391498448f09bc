//! What can be set of the way back.

use std::fmt;
use std::path::PathBuf;

use signed::BucketName;

use crate::destination::{EndpointUrl, QueueUrl};

/// The relay's part of the configuration.
#[derive(Debug)]
pub struct Settings {
    pub queue_url: Option<QueueUrl>,
    pub to: Target,
    pub rate: Rate,
    pub list: ListSettings,
    /// Nothing where no lists of feeds are wanted.
    pub lists_bucket: Option<ListsBucket>,
    /// Nothing when no user and password are configured: then nobody reloads analysisd.
    pub api: Option<ApiSettings>,
    /// Where what outlives a restart lies.
    pub state: PathBuf,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    Socket(PathBuf),
    File(PathBuf),
}

#[derive(Debug)]
pub struct ListSettings {
    pub path: PathBuf,
    pub days: Days,
}

/// The bucket in which the function `ingest` keeps the lists of feeds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListsBucket(BucketName);

impl From<ListsBucket> for BucketName {
    fn from(ListsBucket(name): ListsBucket) -> Self {
        name
    }
}

impl fmt::Display for ListsBucket {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

impl TryFrom<String> for ListsBucket {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse().map(Self).map_err(|_| "it is not the name of an S3 bucket")
    }
}

/// How to reach Wazuh's own API on this manager.
#[derive(Clone, Debug)]
pub struct ApiSettings {
    pub url: ApiUrl,
    pub user: User,
    pub password_file: PathBuf,
    pub ca_file: PathBuf,
}

/// The base URL of Wazuh's API, which gets a password: always by TLS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiUrl(EndpointUrl);

impl ApiUrl {
    pub const DEFAULT: &str = "https://localhost:55000";

    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

impl TryFrom<String> for ApiUrl {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        if !text.starts_with("https://") {
            return Err("it does not begin with https://");
        }
        EndpointUrl::try_from(text).map(Self)
    }
}

/// Events per second.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate(u16);

impl Rate {
    pub const DEFAULT: Self = Self(50);

    pub fn per_second(self) -> u16 {
        self.0
    }
}

impl TryFrom<String> for Rate {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let rate = text.parse().ok().filter(|rate| (1..=10_000).contains(rate));
        rate.map(Self).ok_or("it is not a number of events per second from 1 to 10000")
    }
}

/// How long a confirmed indicator stays in the list; 0 keeps no list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Days(u16);

impl Days {
    pub const DEFAULT: Self = Self(30);

    pub fn get(self) -> u16 {
        self.0
    }
}

impl TryFrom<String> for Days {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let days = text.parse().ok().filter(|days| *days <= 3650);
        days.map(Self).ok_or("it is not a number of days from 0 to 3650")
    }
}

/// The name of a user of Wazuh's API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User(String);

impl User {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for User {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        // HTTP's basic authentication ends the name at the first colon.
        let is_name = !text.is_empty() && !text.contains(':') && !text.contains(char::is_control);
        is_name.then_some(Self(text)).ok_or("it is not the name of a user")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_out_of_range_are_refused() {
        for (text, rate, days) in [
            ("1", true, true),
            ("0", false, true),
            ("50", true, true),
            ("10001", false, false),
            ("x", false, false),
        ] {
            assert_eq!(Rate::try_from(text.to_owned()).is_ok(), rate, "{text}");
            assert_eq!(Days::try_from(text.to_owned()).is_ok(), days, "{text}");
        }
        assert!(ApiUrl::try_from(ApiUrl::DEFAULT.to_owned()).is_ok());
        assert!(ApiUrl::try_from("http://localhost:55000".to_owned()).is_err());
        assert!(ListsBucket::try_from("wazuh-triage-feeds".to_owned()).is_ok());
        assert!(ListsBucket::try_from("s3://wazuh-triage-feeds".to_owned()).is_err());
        assert!(User::try_from("a:b".to_owned()).is_err());
    }
}
