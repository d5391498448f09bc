//! Configuration of the enrich stage, from the variables that Terraform sets.

use std::net::IpAddr;

use lambda::Settings;
use lambda::config::{ConfigError, Environment, Reader};

use crate::forwarding::ForwardLevel;
use crate::routing::Routing;

#[derive(Clone, Debug)]
pub struct Config {
    pub settings: Settings,
    pub intel_table: String,
    pub sightings_table: String,
    pub enriched_queue_url: String,
    pub feedback_queue_url: String,
    pub abuseipdb_url: String,
    /// SSM parameter that holds the key.
    pub abuseipdb_key_parameter: String,
    pub never_report: Vec<IpAddr>,
    /// Whether RFC 5737 and RFC 3849 addresses are looked up: only where a stub answers.
    pub documentation_is_public: bool,
    pub routing: Routing,
    pub forward_level: ForwardLevel,
}

impl Config {
    pub fn read(environment: &Environment) -> Result<Self, ConfigError> {
        let mut reader = Reader::new(environment);
        let settings = Settings::read(&mut reader);
        let intel_table = reader.required("INTEL_TABLE", "wazuh-triage-intel");
        let sightings_table = reader.required("SIGHTINGS_TABLE", "wazuh-triage-sightings");
        let enriched =
            reader.required("ENRICHED_QUEUE_URL", "https://sqs.eu-central-1.amazonaws.com/1/enriched");
        let feedback =
            reader.required("FEEDBACK_QUEUE_URL", "https://sqs.eu-central-1.amazonaws.com/1/feedback");
        let abuseipdb_url = reader.or_default("ABUSEIPDB_URL", "https://api.abuseipdb.com");
        let key_parameter = reader.required("ABUSEIPDB_KEY_PARAMETER", "/wazuh-triage/abuseipdb-key");
        let never_report = reader.list("NEVER_REPORT", "1.1.1.1,1.0.0.1,8.8.8.8,8.8.4.4,9.9.9.9");
        let documentation: Option<Documentation> = reader.or_default("DOCUMENTATION_ADDRESSES", "reserved");
        let min_level = reader.or_default("MIN_LEVEL", "6");
        let triage_groups = reader.list("TRIAGE_GROUPS", "");
        let excluded_rule_ids = reader.list("EXCLUDED_RULE_IDS", "31530,31531");
        let forward_level: Option<u8> = reader.or_default("FORWARD_LEVEL", "7");
        let config = (|| {
            Some(Self {
                settings: settings?,
                intel_table: intel_table?,
                sightings_table: sightings_table?,
                enriched_queue_url: enriched?,
                feedback_queue_url: feedback?,
                abuseipdb_url: abuseipdb_url?,
                abuseipdb_key_parameter: key_parameter?,
                never_report: never_report?,
                documentation_is_public: documentation? == Documentation::Public,
                routing: Routing {
                    min_level: min_level?,
                    triage_groups: triage_groups?,
                    excluded_rule_ids: excluded_rule_ids?,
                },
                forward_level: ForwardLevel(forward_level?),
            })
        })();
        reader.finish(config)
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Documentation {
    Public,
    Reserved,
}

impl std::str::FromStr for Documentation {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "public" => Ok(Self::Public),
            "reserved" => Ok(Self::Reserved),
            _ => Err("it is public or reserved"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_variable_is_named() {
        let error = Config::read(&Environment::default()).unwrap_err().to_string();
        for name in ["CLAIMS_TABLE", "INTEL_TABLE", "ENRICHED_QUEUE_URL", "ABUSEIPDB_KEY_PARAMETER"] {
            assert!(error.contains(&format!("{name} is not set, for example {name}=")), "{error}");
        }
    }
}
