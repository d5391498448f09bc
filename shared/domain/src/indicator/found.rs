use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use super::Indicator;

/// One indicator, the field it was first seen in, and which end of the connection that field names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Found {
    #[serde(flatten)]
    pub indicator: Indicator,
    /// Dotted path of the field, for example `data.win.eventdata.ipAddress`.
    pub path: String,
    pub direction: Direction,
}

impl Found {
    pub fn address(&self) -> Option<IpAddr> {
        self.indicator.as_ip()
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    Source,
    Destination,
    Unknown,
}

impl Direction {
    pub fn name(self) -> &'static str {
        match self {
            Self::Source => "source",
            Self::Destination => "destination",
            Self::Unknown => "unknown",
        }
    }
}
