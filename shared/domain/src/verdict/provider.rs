use std::fmt;

use serde::{Deserialize, Serialize};

/// Whoever can be asked about an indicator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Provider {
    AbuseIpDb,
    Misp,
    Otx,
}

impl Provider {
    pub const ALL: [Self; 3] = [Self::AbuseIpDb, Self::Misp, Self::Otx];

    /// Name in keys, logs and metrics.
    pub fn name(self) -> &'static str {
        match self {
            Self::AbuseIpDb => "abuseipdb",
            Self::Misp => "misp",
            Self::Otx => "otx",
        }
    }
}

impl fmt::Display for Provider {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::AbuseIpDb => "AbuseIPDB",
            Self::Misp => "MISP",
            Self::Otx => "OTX",
        })
    }
}

/// Who says something about an indicator: a provider that was asked, or a list that was loaded.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Witness {
    Provider(Provider),
    /// A feed by its name, as in `otx` or `feodo`.
    Feed(String),
}

impl Witness {
    /// Name in events and metrics: a provider's, or the feed's.
    pub fn name(&self) -> &str {
        match self {
            Self::Provider(provider) => provider.name(),
            Self::Feed(name) => name,
        }
    }

    /// The same name for all who repeat one another: a feed made of a provider's data is no second witness.
    pub fn origin(&self) -> String {
        self.name().to_ascii_lowercase()
    }
}

impl fmt::Display for Witness {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Provider(provider) => provider.fmt(formatter),
            Self::Feed(name) => {
                match Provider::ALL.iter().find(|known| known.name().eq_ignore_ascii_case(name)) {
                    Some(provider) => provider.fmt(formatter),
                    None => formatter.write_str(name),
                }
            }
        }
    }
}
