//! The rule that fired, and how severe Wazuh finds it.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::AlertError;
use super::fields::Field;

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

    /// From the alert's `rule`.
    pub(super) fn read(rule: Option<Field<'_>>) -> Result<Self, AlertError> {
        let rule = rule.filter(|rule| rule.is_object()).ok_or(AlertError::NoRule)?;
        let text = |name: &str| rule.get(name).and_then(Field::text);
        let mitre = rule.get("mitre");
        let mitre =
            |name: &str| mitre.and_then(|mitre| mitre.get(name)).map(Field::texts).unwrap_or_default();
        let level = rule.get("level").and_then(Field::integer).and_then(RuleLevel::new);
        Ok(Self {
            id: text("id").ok_or(AlertError::NoRuleId)?,
            level: level.ok_or(AlertError::NoRuleLevel)?,
            description: text("description").unwrap_or_default(),
            groups: rule.get("groups").map(Field::texts).unwrap_or_default(),
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
