//! Configuration of the ingest stage, from the variables that Terraform sets.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use intel::Policy;
use intel::sources::{MispFeed, Places, Source};
use lambda::config::{ConfigError, Environment, Reader};
use signed::BucketName;
use tracing::Level;

use crate::feeds::{Feed, Feeds};
use crate::publish::Site;

#[derive(Clone, Debug)]
pub struct Config {
    pub feeds: Feeds,
    pub places: Places,
    pub bucket: BucketName,
    pub intel_table: String,
    pub claims_table: String,
    /// The function's timeout: whoever holds a claim for longer is dead.
    pub lease: Duration,
    pub otx_parameter: String,
    pub misp_parameter: String,
    pub abuseipdb_parameter: String,
    /// SSM parameter with the `Auth-Key` of abuse.ch, whose lists are open without.
    pub abusech_parameter: Option<String>,
    pub blacklist: Blacklist,
    /// SSM parameter with certificates of a private CA, in PEM.
    pub misp_ca_parameter: Option<String>,
    pub site: Site,
    pub log_level: Level,
    pub metrics_namespace: String,
}

/// What of `AbuseIPDB`'s blacklist is asked for; what is missing is as its API has it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Blacklist {
    pub limit: Option<u32>,
    pub least_confidence: Option<u8>,
}

impl Config {
    pub fn read(environment: &Environment) -> Result<Self, ConfigError> {
        let mut reader = Reader::new(environment);
        let feeds = read_feeds(&mut reader);
        let places = read_places(&mut reader);
        let bucket = reader.required("FEEDS_BUCKET", "wazuh-triage-feeds-123456789012");
        let intel_table = reader.required("INTEL_TABLE", "wazuh-triage-intel");
        let claims_table = reader.required("CLAIMS_TABLE", "wazuh-triage-claims");
        let lease: Option<u64> = reader.required("LEASE_SECONDS", "900");
        let otx = reader.required("OTX_KEY_PARAMETER", "/wazuh-triage/otx-key");
        let misp = reader.required("MISP_KEY_PARAMETER", "/wazuh-triage/misp-key");
        let abuseipdb = reader.required("ABUSEIPDB_KEY_PARAMETER", "/wazuh-triage/abuseipdb-key");
        let abusech_parameter = reader.optional("ABUSECH_KEY_PARAMETER");
        let blacklist = Blacklist::read(&mut reader);
        let policy = Policy::read(&mut reader);
        let formula = intel::read_formula(&mut reader);
        let log_level = reader.or_default("LOG_LEVEL", "info");
        let metrics_namespace = reader.or_default("METRICS_NAMESPACE", "WazuhTriage");
        let misp_ca_parameter = reader.optional("MISP_CA_PARAMETER");
        let config = (|| {
            Some(Self {
                feeds: feeds?,
                places: places?,
                bucket: bucket?,
                intel_table: intel_table?,
                claims_table: claims_table?,
                lease: Duration::from_secs(lease?),
                otx_parameter: otx?,
                misp_parameter: misp?,
                abuseipdb_parameter: abuseipdb?,
                abusech_parameter,
                blacklist: blacklist?,
                misp_ca_parameter,
                site: Site { formula: formula?, policy: policy? },
                log_level: log_level?,
                metrics_namespace: metrics_namespace?,
            })
        })();
        reader.finish(config)
    }
}

impl Blacklist {
    /// Whatever the API does when it is not told.
    const THEIRS: &str = "default";

    fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let limit = reader.or_default::<Limit>("ABUSEIPDB_BLACKLIST_LIMIT", Self::THEIRS);
        let least = reader.or_default::<LeastConfidence>("ABUSEIPDB_LEAST_CONFIDENCE", Self::THEIRS);
        Some(Self { limit: limit?.0, least_confidence: least?.0 })
    }
}

fn read_feeds(reader: &mut Reader<'_>) -> Option<Feeds> {
    let built_in = reader.list::<BuiltIn>("FEEDS", "")?;
    let folders = reader.list::<Folder>("MISP_FEEDS", "")?;
    let mut feeds = Feeds::new();
    for feed in built_in.into_iter().map(|feed| feed.0).chain(folders.into_iter().map(|folder| folder.0)) {
        let name = feed.source.name().to_owned();
        if feeds.insert(name.clone(), feed).is_some() {
            reader.reject(format!("FEEDS and MISP_FEEDS name {name} twice; name each feed once"));
        }
    }
    Some(feeds)
}

fn read_places(reader: &mut Reader<'_>) -> Option<Places> {
    let known = Places::default();
    let mut place =
        |name: &str, default: &str| reader.or_default::<Place>(name, default).map(|place| place.0);
    let (otx, abuseipdb) = (place("OTX_URL", &known.otx), place("ABUSEIPDB_URL", &known.abuseipdb));
    let (spamhaus, feodo) = (place("SPAMHAUS_URL", &known.spamhaus), place("FEODO_URL", &known.feodo));
    let (urlhaus, threatfox) =
        (place("URLHAUS_URL", &known.urlhaus), place("THREATFOX_URL", &known.threatfox));
    let (tor, warninglists) = (place("TOR_URL", &known.tor), place("WARNINGLISTS_URL", &known.warninglists));
    let misp = reader.optional("MISP_URL").map(|url| url.trim_end_matches('/').to_owned());
    Some(Places {
        otx: otx?,
        misp,
        abuseipdb: abuseipdb?,
        spamhaus: spamhaus?,
        feodo: feodo?,
        urlhaus: urlhaus?,
        threatfox: threatfox?,
        tor: tor?,
        warninglists: warninglists?,
    })
}

/// Rows of the blacklist: those of the largest plan at most.
struct Limit(Option<u32>);

impl FromStr for Limit {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == Blacklist::THEIRS {
            return Ok(Self(None));
        }
        let limit = text.parse().ok().filter(|limit| (1..=500_000).contains(limit));
        limit.map(|limit| Self(Some(limit))).ok_or("it is a whole number from 1 to 500000, or default")
    }
}

/// Percent, as far down as the API goes.
struct LeastConfidence(Option<u8>);

impl FromStr for LeastConfidence {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == Blacklist::THEIRS {
            return Ok(Self(None));
        }
        let least = text.parse().ok().filter(|least| (25..=100).contains(least));
        least.map(|least| Self(Some(least))).ok_or("it is a whole number from 25 to 100, or default")
    }
}

/// `otx=3600`: a built-in source, and how often it is fetched.
struct BuiltIn(Feed);

impl FromStr for BuiltIn {
    type Err = FeedError;

    fn from_str(text: &str) -> Result<Self, FeedError> {
        let (name, seconds) = text.split_once('=').ok_or(FeedError::Form)?;
        let source = Source::built_in(name.trim()).ok_or(FeedError::Unknown)?;
        feed(source, seconds).map(Self)
    }
}

/// `circl-osint=86400=https://…`: a MISP feed.
struct Folder(Feed);

impl FromStr for Folder {
    type Err = FeedError;

    fn from_str(text: &str) -> Result<Self, FeedError> {
        let mut parts = text.splitn(3, '=').map(str::trim);
        let (Some(name), Some(seconds), Some(url)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(FeedError::FolderForm);
        };
        let folder = MispFeed::new(name, url).map_err(FeedError::Folder)?;
        feed(Source::MispFeed(folder), seconds).map(Self)
    }
}

fn feed(source: Source, seconds: &str) -> Result<Feed, FeedError> {
    let every = Duration::from_secs(seconds.trim().parse().map_err(|_| FeedError::Form)?);
    let shortest = source.shortest_interval();
    if every < shortest { Err(FeedError::TooOften(shortest)) } else { Ok(Feed { source, every }) }
}

#[derive(Debug, PartialEq, Eq)]
enum FeedError {
    Form,
    FolderForm,
    Unknown,
    TooOften(Duration),
    Folder(intel::sources::MispFeedError),
}

impl fmt::Display for FeedError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Form => formatter.write_str("a feed is its name, = and the seconds between two fetches"),
            Self::FolderForm => formatter
                .write_str("a MISP feed is a name, = and the seconds between two fetches, = and its URL"),
            Self::Unknown => {
                let names: Vec<_> = Source::BUILT_IN.iter().map(|source| source.name().to_owned()).collect();
                write!(formatter, "there is no such feed; there are {}", names.join(", "))
            }
            Self::TooOften(shortest) => {
                write!(formatter, "its publisher allows one fetch every {} s", shortest.as_secs())
            }
            Self::Folder(error) => error.fmt(formatter),
        }
    }
}

/// The address of a service, without a slash at the end.
struct Place(String);

impl FromStr for Place {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let is_web = text.starts_with("https://") || text.starts_with("http://");
        if is_web { Ok(Self(text.trim_end_matches('/').to_owned())) } else { Err("it is not a URL") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment() -> Environment {
        Environment::from_iter([
            ("FEEDS", "otx=3600, feodo=300"),
            ("MISP_FEEDS", "circl-osint=86400=https://feeds.example/osint/?a=b"),
            ("FEEDS_BUCKET", "wazuh-triage-feeds"),
            ("INTEL_TABLE", "intel"),
            ("CLAIMS_TABLE", "claims"),
            ("LEASE_SECONDS", "900"),
            ("OTX_KEY_PARAMETER", "/otx"),
            ("MISP_KEY_PARAMETER", "/misp"),
            ("ABUSEIPDB_KEY_PARAMETER", "/abuseipdb"),
            ("FEODO_URL", "http://127.0.0.1:9/"),
        ])
    }

    #[test]
    fn feeds_are_read_with_their_pace_and_place() {
        let config = Config::read(&environment()).unwrap();
        let paces: Vec<_> =
            config.feeds.iter().map(|(name, feed)| (name.as_str(), feed.every.as_secs())).collect();
        assert_eq!(paces, [("circl-osint", 86_400), ("feodo", 300), ("otx", 3600)]);
        assert_eq!(config.places.feodo, "http://127.0.0.1:9");
        assert_eq!(config.places.misp, None);
        assert_eq!((config.abusech_parameter, config.blacklist), (None, Blacklist::default()));
        assert!(!config.site.policy.documentation_is_public);
    }

    #[test]
    fn a_plan_and_a_key_of_ones_own_are_read() {
        let environment = environment().with([
            ("ABUSECH_KEY_PARAMETER", "/abusech"),
            ("ABUSEIPDB_BLACKLIST_LIMIT", "100000"),
            ("ABUSEIPDB_LEAST_CONFIDENCE", "90"),
        ]);
        let config = Config::read(&environment).unwrap();
        assert_eq!(config.abusech_parameter.as_deref(), Some("/abusech"));
        assert_eq!(config.blacklist, Blacklist { limit: Some(100_000), least_confidence: Some(90) });
    }

    #[test]
    fn what_is_wrong_is_said_at_once_and_says_what_to_do() {
        let check = |name: &str, value: &str, expected: &str| {
            let error = Config::read(&environment().with([(name, value)])).unwrap_err().to_string();
            assert!(error.contains(name) && error.contains(expected), "{error}");
        };
        check("FEEDS", "otx", "a feed is its name, = and the seconds");
        check("FEEDS", "otter=3600", "there is no such feed; there are otx, misp");
        check("FEEDS", "spamhaus-drop-v4=60", "its publisher allows one fetch every 3600 s");
        check("FEEDS", "otx=3600,otx=7200", "name otx twice");
        check("MISP_FEEDS", "circl-osint=86400", "a MISP feed is a name");
        check("MISP_FEEDS", "CIRCL=86400=https://x.example", "lower-case letters");
        check("FEEDS_BUCKET", "Feeds", "a bucket's name is");
        check("OTX_URL", "otx.example", "it is not a URL");
        check("ABUSEIPDB_BLACKLIST_LIMIT", "0", "it is a whole number from 1 to 500000");
        check("ABUSEIPDB_LEAST_CONFIDENCE", "24", "it is a whole number from 25 to 100");
        check("DOCUMENTATION_ADDRESSES", "yes", "it is public or reserved");
        let error = Config::read(&Environment::default()).unwrap_err().to_string();
        for name in ["FEEDS_BUCKET", "INTEL_TABLE", "CLAIMS_TABLE", "LEASE_SECONDS", "OTX_KEY_PARAMETER"] {
            assert!(error.contains(&format!("{name} is not set")), "{error}");
        }
    }
}
