//! Configuration of the enrich stage, from the variables that Terraform sets.

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::str::FromStr;
use std::time::Duration;

use domain::verdict::{Formula, Provider};
use intel::Policy;
use intel::providers::MispOptions;
use lambda::Settings;
use lambda::config::{ConfigError, Environment, Reader};
use signed::BucketName;

use crate::forwarding::ForwardLevel;
use crate::keeper::KeeperSettings;
use crate::routing::Routing;

#[derive(Clone, Debug)]
pub struct Config {
    pub settings: Settings,
    pub intel_table: String,
    /// Without it the intel table is asked about everything, and no warninglist bounds what feeds say.
    pub published: Option<KeeperSettings>,
    pub sightings_table: String,
    pub enriched_queue_url: String,
    pub feedback_queue_url: String,
    pub providers: Providers,
    pub daily_limits: BTreeMap<Provider, u64>,
    pub look_up_logins: LoginLookUps,
    pub choices: Choices,
}

/// Which logins below triage level providers are asked about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LoginLookUps {
    /// Those that got in, from a public address.
    Successes,
    Off,
}

impl FromStr for LoginLookUps {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "success" => Ok(Self::Successes),
            "off" => Ok(Self::Off),
            _ => Err("it is success or off"),
        }
    }
}

/// What a site chooses to ask about, whom it believes, and what goes on: the same wherever alerts are triaged.
#[derive(Clone, Debug)]
pub struct Choices {
    pub policy: Policy,
    pub formula: Formula,
    pub dedup_window: Duration,
    pub routing: Routing,
    pub forward_level: ForwardLevel,
}

/// Where the providers are, and which SSM parameters hold their keys.
#[derive(Clone, Debug)]
pub struct Providers {
    pub abuseipdb_url: String,
    pub otx_url: String,
    /// Without it there is no MISP to ask.
    pub misp_url: Option<String>,
    /// SSM parameter with certificates of a private CA, in PEM.
    pub misp_ca_parameter: Option<String>,
    pub misp_options: MispOptions,
    /// Whether MISP is told what was seen.
    pub misp_sightings: bool,
    pub key_parameters: BTreeMap<Provider, String>,
}

impl Config {
    pub fn read(environment: &Environment) -> Result<Self, ConfigError> {
        let mut reader = Reader::new(environment);
        let settings = Settings::read(&mut reader);
        let intel_table = reader.required("INTEL_TABLE", "wazuh-triage-intel");
        let published = read_published(&mut reader);
        let sightings_table = reader.required("SIGHTINGS_TABLE", "wazuh-triage-sightings");
        let enriched =
            reader.required("ENRICHED_QUEUE_URL", "https://sqs.eu-central-1.amazonaws.com/1/enriched");
        let feedback =
            reader.required("FEEDBACK_QUEUE_URL", "https://sqs.eu-central-1.amazonaws.com/1/feedback");
        let providers = Providers::read(&mut reader);
        let daily_limits = reader.list::<DailyLimit>("DAILY_LIMITS", "abuseipdb=1000");
        let look_up_logins = reader.or_default("LOOK_UP_LOGINS", "success");
        let choices = Choices::read(&mut reader);
        let config = (|| {
            Some(Self {
                settings: settings?,
                intel_table: intel_table?,
                published,
                sightings_table: sightings_table?,
                enriched_queue_url: enriched?,
                feedback_queue_url: feedback?,
                providers: providers?,
                daily_limits: daily_limits?
                    .into_iter()
                    .map(|limit| (limit.provider, limit.requests))
                    .collect(),
                look_up_logins: look_up_logins?,
                choices: choices?,
            })
        })();
        reader.finish(config)
    }
}

impl Choices {
    /// Nothing where a value is wrong; the reader has noted which.
    pub fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let policy = Policy::read(reader);
        let formula = intel::read_formula(reader);
        let dedup_window: Option<u64> = reader.or_default("DEDUP_WINDOW_SECONDS", "3600");
        let min_level = reader.or_default("MIN_LEVEL", "6");
        let triage_groups = reader.list("TRIAGE_GROUPS", "");
        let excluded_rule_ids = reader.list("EXCLUDED_RULE_IDS", "31530,31531");
        let forward_level: Option<u8> = reader.or_default("FORWARD_LEVEL", "7");
        Some(Self {
            policy: policy?,
            formula: formula?,
            dedup_window: Duration::from_secs(dedup_window?),
            routing: Routing {
                min_level: min_level?,
                triage_groups: triage_groups?,
                excluded_rule_ids: excluded_rule_ids?,
            },
            forward_level: ForwardLevel(forward_level?),
        })
    }
}

impl Providers {
    fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let abuseipdb_url = reader.or_default("ABUSEIPDB_URL", "https://api.abuseipdb.com");
        let otx_url = reader.or_default("OTX_URL", "https://otx.alienvault.com");
        let keys = [
            (Provider::AbuseIpDb, reader.required("ABUSEIPDB_KEY_PARAMETER", "/wazuh-triage/abuseipdb-key")),
            (Provider::Misp, reader.required("MISP_KEY_PARAMETER", "/wazuh-triage/misp-key")),
            (Provider::Otx, reader.required("OTX_KEY_PARAMETER", "/wazuh-triage/otx-key")),
        ];
        let attributes: Option<Attributes> = reader.or_default("MISP_ATTRIBUTES", "detection");
        let sightings: Option<Switch> = reader.or_default("MISP_SIGHTINGS", "off");
        Some(Self {
            abuseipdb_url: abuseipdb_url?,
            otx_url: otx_url?,
            misp_url: reader.optional("MISP_URL"),
            misp_ca_parameter: reader.optional("MISP_CA_PARAMETER"),
            misp_options: MispOptions {
                only_to_ids: attributes? == Attributes::Detection,
                ..MispOptions::default()
            },
            misp_sightings: sightings? == Switch::On,
            key_parameters: keys
                .into_iter()
                .map(|(provider, name)| Some((provider, name?)))
                .collect::<Option<_>>()?,
        })
    }
}

/// Nothing where there is no bucket, and where a value is wrong, which the reader has noted.
fn read_published(reader: &mut Reader<'_>) -> Option<KeeperSettings> {
    reader.optional("SNAPSHOT_BUCKET").filter(|bucket| !bucket.is_empty())?;
    let bucket: Option<BucketName> = reader.required("SNAPSHOT_BUCKET", "wazuh-triage-feeds");
    let snapshot_key = reader.or_default("SNAPSHOT_KEY", "snapshot/current");
    let refresh: Option<NonZeroU32> = reader.or_default("SNAPSHOT_REFRESH_SECONDS", "300");
    let refresh = Duration::from_secs(refresh?.get().into());
    Some(KeeperSettings { bucket: bucket?, snapshot_key: snapshot_key?, refresh })
}

/// A provider and the requests that may be sent to it on one UTC day.
#[derive(Clone, Copy, Debug)]
struct DailyLimit {
    provider: Provider,
    requests: u64,
}

impl FromStr for DailyLimit {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const EXPECTED: &str =
            "a limit is abuseipdb, misp or otx, = and a number of requests, as in abuseipdb=1000";
        let (name, requests) = text.split_once('=').ok_or(EXPECTED)?;
        let provider = Provider::ALL.into_iter().find(|known| known.name() == name.trim()).ok_or(EXPECTED)?;
        Ok(Self { provider, requests: requests.trim().parse().map_err(|_| EXPECTED)? })
    }
}

/// A closed set of words that a variable may hold.
macro_rules! words {
    ($name:ident, $expected:literal, $($word:literal => $variant:ident),+) => {
        #[derive(Clone, Copy, PartialEq, Eq)]
        enum $name {
            $($variant),+
        }

        impl FromStr for $name {
            type Err = &'static str;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                match text {
                    $($word => Ok(Self::$variant),)+
                    _ => Err($expected),
                }
            }
        }
    };
}

words!(Attributes, "it is detection (to_ids only) or all", "detection" => Detection, "all" => All);
words!(Switch, "it is on or off", "on" => On, "off" => Off);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_variable_is_named() {
        let error = Config::read(&Environment::default()).unwrap_err().to_string();
        for name in [
            "CLAIMS_TABLE",
            "INTEL_TABLE",
            "ENRICHED_QUEUE_URL",
            "ABUSEIPDB_KEY_PARAMETER",
            "OTX_KEY_PARAMETER",
        ] {
            assert!(error.contains(&format!("{name} is not set, for example {name}=")), "{error}");
        }
    }

    #[test]
    fn a_wrong_value_is_named_with_an_example() {
        let wrong = [
            ("DAILY_LIMITS", "virustotal=5"),
            ("NEVER_REPORT", "1.1.1.1,300.1.1.1"),
            ("VERDICT_WEIGHTS", "otx=500"),
            ("DEDUP_WINDOW_SECONDS", "1h"),
            ("LOOK_UP_LOGINS", "all"),
            ("SNAPSHOT_BUCKET", "Feeds!"),
            ("SNAPSHOT_REFRESH_SECONDS", "0"),
        ];
        let error = Config::read(&wrong.into_iter().collect()).unwrap_err().to_string();
        for text in [
            "DAILY_LIMITS is \"virustotal=5\": a limit is",
            "NEVER_REPORT is \"300.1.1.1\": it is not an address",
            "VERDICT_WEIGHTS is \"otx=500\": a weight is",
            "DEDUP_WINDOW_SECONDS is \"1h\"",
            "LOOK_UP_LOGINS is \"all\": it is success or off",
            "SNAPSHOT_BUCKET is \"Feeds!\"",
            "SNAPSHOT_REFRESH_SECONDS is \"0\"",
        ] {
            assert!(error.contains(text), "{text} in {error}");
        }
    }
}
