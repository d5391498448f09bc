//! What a witness knows. All texts come from outside and are not trusted; they are capped where they come in.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// An answer that was understood.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum Evidence {
    AbuseIpDb(Reputation),
    Misp(MispMatches),
    Otx(OtxPulses),
    Listed(Listing),
}

impl Evidence {
    /// Whether it says anything bad at all: a hit, not a miss.
    pub fn is_hit(&self) -> bool {
        match self {
            Self::AbuseIpDb(reputation) => reputation.score > 0,
            Self::Misp(matches) => !matches.attributes.is_empty(),
            Self::Otx(pulses) => pulses.count > 0,
            Self::Listed(_) => true,
        }
    }
}

impl Evidence {
    /// Keeps the strongest `most` attributes or pulses, with `most` of their tags: a message has room for 256 KiB, and
    /// an alert may hold many indicators that much is known about.
    pub fn condense(&mut self, most: usize) {
        match self {
            Self::AbuseIpDb(_) => {}
            Self::Listed(listing) => listing.tags.truncate(most),
            Self::Misp(matches) => {
                matches.attributes.truncate(most);
                for attribute in &mut matches.attributes {
                    attribute.tags.truncate(most);
                    attribute.warninglists.truncate(most);
                }
            }
            Self::Otx(pulses) => {
                pulses.pulses.truncate(most);
                pulses.validations.truncate(most);
                for pulse in &mut pulses.pulses {
                    pulse.malware_families.truncate(most);
                    pulse.attack_ids.truncate(most);
                }
            }
        }
    }
}

/// What `AbuseIPDB` knows about an address.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reputation {
    /// Confidence of abuse, 0 to 100.
    pub score: u8,
    pub country_code: Option<String>,
    pub usage_type: Option<String>,
    pub isp: Option<String>,
    pub domain: Option<String>,
    pub total_reports: Option<u64>,
    pub distinct_reporters: Option<u64>,
    pub last_reported_at: Option<Timestamp>,
    pub is_tor: bool,
}

/// What a MISP instance holds about an indicator.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct MispMatches {
    /// The strongest ones.
    pub attributes: Vec<MispAttribute>,
    /// How many there are.
    pub total: u64,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct MispAttribute {
    pub id: String,
    pub uuid: String,
    /// MISP's name of the type, as in `ip-dst|port`.
    pub kind: String,
    pub category: String,
    /// As it stands in MISP: both halves of a composite.
    pub value: String,
    /// Meant for detection; without it the attribute is context.
    pub to_ids: bool,
    /// When it was last changed.
    pub timestamp: Option<Timestamp>,
    pub last_seen: Option<Timestamp>,
    /// Score of MISP's decaying model, 0 to 100.
    pub decay_score: Option<u8>,
    pub event: MispEvent,
    /// Of the attribute and of its event.
    pub tags: Vec<String>,
    /// Names of the warninglists it is on.
    pub warninglists: Vec<String>,
    pub true_positives: u32,
    pub false_positives: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MispEvent {
    pub id: String,
    pub uuid: String,
    pub info: String,
    pub organisation: String,
    pub threat_level: ThreatLevel,
    /// The event's page in the MISP that was asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub permalink: Option<String>,
}

/// MISP's `threat_level_id`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ThreatLevel {
    High,
    Medium,
    Low,
    #[default]
    Undefined,
}

impl ThreatLevel {
    pub fn name(self) -> &'static str {
        match self {
            Self::High => "high",
            Self::Medium => "medium",
            Self::Low => "low",
            Self::Undefined => "undefined",
        }
    }
}

/// What `AlienVault` OTX says about an indicator.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct OtxPulses {
    /// How many pulses name it.
    pub count: u64,
    /// The strongest ones.
    pub pulses: Vec<OtxPulse>,
    /// Lists of harmless things that it stands on, by source, as in `whitelist` or `akamai`.
    pub validations: Vec<String>,
    /// OTX has accepted a report that it is a false positive.
    pub false_positive: bool,
    pub country_code: Option<String>,
    pub asn: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct OtxPulse {
    pub id: String,
    pub name: String,
    pub author: String,
    /// Whether the key's owner follows the author or the pulse.
    pub subscribed: bool,
    /// Whether the indicator still counts in this pulse; OTX lets addresses expire after about a month.
    pub active: bool,
    pub modified_at: Option<Timestamp>,
    pub indicator_count: u64,
    pub tlp: Option<String>,
    pub adversary: Option<String>,
    pub malware_families: Vec<String>,
    pub attack_ids: Vec<String>,
}

/// A row of a feed that was loaded beforehand.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listing {
    /// How sure the feed is, 0 to 100; nothing where it does not say.
    pub confidence: Option<u8>,
    /// Title of the pulse, event or list.
    pub title: Option<String>,
    pub tags: Vec<String>,
    pub listed_at: Option<Timestamp>,
}
