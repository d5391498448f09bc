//! The agent that saw the event.

use serde::{Deserialize, Serialize};

use super::UNKNOWN;
use super::fields::Field;

/// The agent that saw the event; `000` is the manager itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Agent {
    pub id: String,
    pub name: String,
    pub ip: Option<String>,
}

impl Agent {
    /// From the alert's `agent`.
    pub(super) fn read(agent: Option<Field<'_>>) -> Self {
        let field = |name: &str| agent?.get(name)?.text();
        Self {
            id: field("id").unwrap_or_else(|| "000".to_owned()),
            name: field("name").unwrap_or_else(|| UNKNOWN.to_owned()),
            ip: field("ip"),
        }
    }
}
