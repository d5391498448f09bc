//! The operator's routes: read once, refused by name.

use std::collections::BTreeSet;
use std::num::NonZeroU32;

use serde::Deserialize;
use serde_json::Value;

use super::{Group, Mode, QuietHours, Routes, Ways, When};
use crate::delivery::{Limit, Policy};
use crate::mail::{AddressError, MailSettings, Privacy, Recipients};
use crate::webhook::UrlParameter;

const DEFAULT: &str = "default";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    #[serde(default)]
    groups: Vec<Value>,
    #[serde(default = "tenant")]
    tenant_label: String,
    #[serde(default)]
    mode: Mode,
}

fn tenant() -> String {
    "tenant".to_owned()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Fields {
    name: String,
    #[serde(default)]
    to: Option<Vec<String>>,
    #[serde(default)]
    webhook_parameter: Option<UrlParameter>,
    #[serde(default, rename = "match")]
    when: Option<When>,
    #[serde(default)]
    quiet_hours: Option<QuietHours>,
    #[serde(default)]
    limits: Limits,
    #[serde(default)]
    privacy: Option<String>,
    #[serde(default)]
    mode: Mode,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Limits {
    per_hour: NonZeroU32,
    burst: NonZeroU32,
    severe_per_hour: NonZeroU32,
    severe_burst: NonZeroU32,
}

impl Default for Limits {
    fn default() -> Self {
        const fn number(number: u32) -> NonZeroU32 {
            match NonZeroU32::new(number) {
                Some(number) => number,
                None => NonZeroU32::MIN,
            }
        }
        Self {
            per_hour: number(20),
            burst: number(10),
            severe_per_hour: number(60),
            severe_burst: number(30),
        }
    }
}

impl Routes {
    /// SES takes no more in one mail.
    const MAX_RECIPIENTS: usize = 50;

    /// `base` is how mails look and whom they go to where a group says nothing else.
    pub fn read(text: &str, base: &MailSettings) -> Result<Self, RoutesError> {
        let document: Document =
            serde_json::from_str(text).map_err(|error| RoutesError::Document(error.to_string()))?;
        let mut names = BTreeSet::new();
        let mut routes = Self {
            groups: Vec::new(),
            default: Group {
                name: DEFAULT.to_owned(),
                ways: Ways::Mail,
                mail: base.clone(),
                policy: Limits::default().policy(None),
                mode: document.mode,
            },
            tenant_label: document.tenant_label,
        };
        for (index, value) in document.groups.into_iter().enumerate() {
            let (when, group) = read(value, base, document.mode)
                .map_err(|problem| RoutesError::Group { number: index + 1, problem })?;
            if !names.insert(group.name.clone()) {
                return Err(RoutesError::Twice(group.name));
            }
            match when {
                Some(when) => routes.groups.push((when, group)),
                None => routes.default = group,
            }
        }
        Ok(routes)
    }
}

/// A group and what it wants to be told of; nothing for the default, which gets the rest.
fn read(value: Value, base: &MailSettings, mode: Mode) -> Result<(Option<When>, Group), GroupError> {
    let fields: Fields =
        serde_json::from_value(value).map_err(|error| GroupError::Shape(error.to_string()))?;
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if !(1..=32).contains(&fields.name.len()) || !fields.name.bytes().all(plain) {
        return Err(GroupError::Name);
    }
    let is_default = fields.name == DEFAULT;
    let when = match (is_default, fields.when) {
        (true, None) => None,
        (true, Some(_)) => return Err(GroupError::DefaultMatches),
        (false, None) => return Err(GroupError::NoMatch),
        (false, Some(when)) => Some(when),
    };
    let mut mail = base.clone();
    let is_mailed = is_default || fields.to.is_some();
    match fields.to {
        None => {}
        Some(to) if to.is_empty() => return Err(GroupError::NoRecipient),
        Some(to) if to.len() > Routes::MAX_RECIPIENTS => return Err(GroupError::TooManyRecipients),
        Some(to) => mail.to = to.join(",").parse::<Recipients>()?,
    }
    let ways = match (is_mailed, fields.webhook_parameter) {
        (true, Some(webhook)) => Ways::Both(webhook),
        (true, None) => Ways::Mail,
        (false, Some(webhook)) => Ways::Webhook(webhook),
        (false, None) => return Err(GroupError::NoWay),
    };
    if let Some(privacy) = fields.privacy {
        mail.privacy = privacy.parse::<Privacy>().map_err(|_| GroupError::Privacy)?;
    }
    let mode = if mode == Mode::Record { mode } else { fields.mode };
    let policy = fields.limits.policy(fields.quiet_hours);
    Ok((when, Group { name: fields.name, ways, mail, policy, mode }))
}

impl Limits {
    fn policy(self, quiet: Option<QuietHours>) -> Policy {
        Policy {
            regular: Limit { per_hour: self.per_hour, burst: self.burst },
            severe: Limit { per_hour: self.severe_per_hour, burst: self.severe_burst },
            quiet,
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RoutesError {
    #[error("it is not a document of routes: {0}")]
    Document(String),
    #[error("group {number} of the list: {problem}")]
    Group { number: usize, problem: GroupError },
    #[error("two groups are called {0:?}")]
    Twice(String),
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GroupError {
    #[error("{0}")]
    Shape(String),
    #[error("its name is 1 to 32 lower case letters, digits and hyphens")]
    Name,
    #[error("it has no match; write \"match\": {{}} if it is to get everything")]
    NoMatch,
    #[error("the group default gets what no other one gets, and has no match")]
    DefaultMatches,
    #[error("it says nobody; it needs a list \"to\", a webhook_parameter, or both")]
    NoWay,
    #[error("its list \"to\" holds no address")]
    NoRecipient,
    #[error("its list \"to\" holds more than 50 addresses, which SES refuses in one mail")]
    TooManyRecipients,
    #[error("its list \"to\": {0}")]
    Address(#[from] AddressError),
    #[error("its privacy must be full or link")]
    Privacy,
}
