//! The rule that fired, and how severe Wazuh finds it.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::AlertError;
use crate::lenient;

/// The rule that fired.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    pub id: String,
    pub level: RuleLevel,
    pub description: String,
    pub groups: Vec<String>,
    /// ATT&CK technique ids as Wazuh gives them.
    pub technique_ids: Vec<String>,
    pub technique_names: Vec<String>,
}

impl Rule {
    pub fn in_group(&self, group: &str) -> bool {
        self.groups.iter().any(|name| name == group)
    }

    pub(super) fn read(value: &Value) -> Result<Self, AlertError> {
        if !value.is_object() {
            return Err(AlertError::NoRule);
        }
        let field = |name: &str| value.get(name).unwrap_or(&Value::Null);
        let mitre = |name: &str| lenient::texts(field("mitre").get(name).unwrap_or(&Value::Null));
        let level = lenient::integer(field("level")).and_then(RuleLevel::new).ok_or(AlertError::NoRuleLevel);
        Ok(Self {
            id: lenient::text(field("id")).ok_or(AlertError::NoRuleId)?,
            level: level?,
            description: lenient::text(field("description")).unwrap_or_default(),
            groups: lenient::texts(field("groups")),
            technique_ids: mitre("id"),
            technique_names: mitre("technique"),
        })
    }
}

/// Wazuh's severity, 0 to 16.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "i64", into = "i64")]
pub struct RuleLevel(u8);

impl RuleLevel {
    pub const MAX: u8 = 16;
    pub const HIGHEST: Self = Self(Self::MAX);

    pub fn new(level: i64) -> Option<Self> {
        u8::try_from(level).ok().filter(|level| *level <= Self::MAX).map(Self)
    }

    pub fn get(self) -> u8 {
        self.0
    }
}

impl fmt::Display for RuleLevel {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

impl TryFrom<i64> for RuleLevel {
    type Error = &'static str;

    fn try_from(level: i64) -> Result<Self, Self::Error> {
        Self::new(level).ok_or("a rule level is a number from 0 to 16")
    }
}

impl From<RuleLevel> for i64 {
    fn from(level: RuleLevel) -> Self {
        level.0.into()
    }
}
