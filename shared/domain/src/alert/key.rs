//! Identity of an alert across all managers.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// `<cluster.node or manager.name>/<alert.id>`: what makes an alert the same alert everywhere.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct AlertKey(String);

impl AlertKey {
    /// Longest accepted part; real ones are under 80 bytes, and a `DynamoDB` key ends at 2,048.
    const MAX_PART_BYTES: usize = 512;

    pub(super) fn new(node: &str, id: &str) -> Result<Self, AlertKeyError> {
        for part in [node, id] {
            if part.is_empty() {
                return Err(AlertKeyError::EmptyPart);
            }
            if part.len() > Self::MAX_PART_BYTES {
                return Err(AlertKeyError::TooLong);
            }
            if part.chars().any(char::is_control) {
                return Err(AlertKeyError::ControlCharacter);
            }
        }
        if id.contains('/') {
            return Err(AlertKeyError::SlashInId);
        }
        Ok(Self(format!("{node}/{id}")))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for AlertKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl FromStr for AlertKey {
    type Err = AlertKeyError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (node, id) = text.rsplit_once('/').ok_or(AlertKeyError::EmptyPart)?;
        Self::new(node, id)
    }
}

impl TryFrom<String> for AlertKey {
    type Error = AlertKeyError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<AlertKey> for String {
    fn from(key: AlertKey) -> Self {
        key.0
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AlertKeyError {
    #[error("it must read NODE/ID, both present")]
    EmptyPart,
    #[error("a part is longer than {} bytes", AlertKey::MAX_PART_BYTES)]
    TooLong,
    #[error("it holds a control character")]
    ControlCharacter,
    #[error("the alert id holds a slash")]
    SlashInId,
}
