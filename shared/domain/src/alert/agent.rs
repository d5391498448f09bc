//! The agent that saw the event.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::UNKNOWN;
use crate::lenient;

/// The agent that saw the event; `000` is the manager itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Agent {
    pub id: String,
    pub name: String,
    pub ip: Option<String>,
}

impl Agent {
    pub(super) fn read(value: &Value) -> Self {
        let field = |name: &str| value.get(name).and_then(lenient::text);
        Self {
            id: field("id").unwrap_or_else(|| "000".to_owned()),
            name: field("name").unwrap_or_else(|| UNKNOWN.to_owned()),
            ip: field("ip"),
        }
    }
}
