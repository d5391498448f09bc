use std::time::Duration;

use jiff::Timestamp;
use lambda::http::{self, ClientError};
use lambda::secrets::Secret;

use super::asking::{Asking, under};
use super::download::rate_limited;
use super::list::{self, Extent, Format, Publication};
use super::{FetchError, Source, State, Step, Trouble, misp, misp_feed, otx, warninglists};
use crate::providers::abuseipdb;

/// Where the services are. The default is where their publishers have them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Places {
    pub otx: String,
    /// Root of the site's instance; without, the source is off.
    pub misp: Option<String>,
    pub abuseipdb: String,
    pub spamhaus: String,
    pub feodo: String,
    pub urlhaus: String,
    pub threatfox: String,
    pub tor: String,
    /// Folder with a folder for each list.
    pub warninglists: String,
}

impl Default for Places {
    fn default() -> Self {
        Self {
            otx: "https://otx.alienvault.com".into(),
            misp: None,
            abuseipdb: "https://api.abuseipdb.com".into(),
            spamhaus: "https://www.spamhaus.org".into(),
            feodo: "https://feodotracker.abuse.ch".into(),
            urlhaus: "https://urlhaus.abuse.ch".into(),
            threatfox: "https://threatfox.abuse.ch".into(),
            tor: "https://check.torproject.org".into(),
            warninglists: "https://raw.githubusercontent.com/MISP/misp-warninglists/main/lists".into(),
        }
    }
}

/// How feeds are fetched.
#[derive(Clone, Debug)]
pub struct Settings {
    pub places: Places,
    /// A PEM bundle with the roots of a private CA, for the site's MISP.
    pub misp_ca: Option<String>,
    /// Rows of the `AbuseIPDB` blacklist; its own default, and most on the free plan, is 10,000.
    pub abuseipdb_limit: Option<u32>,
    /// Only for subscribers; the free plan has those of 100 % and no others.
    pub abuseipdb_least_confidence: Option<u8>,
    /// For one answer, from the first byte sent to the last one received.
    pub within: Duration,
    /// Whether documentation addresses count as public: for tests and demos only.
    pub documentation_is_public: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            places: Places::default(),
            misp_ca: None,
            abuseipdb_limit: None,
            abuseipdb_least_confidence: None,
            // OTX's own gateway gives up after 30 s.
            within: Duration::from_secs(45),
            documentation_is_public: false,
        }
    }
}

/// Fetches feeds, one bounded step at a time.
#[derive(Clone, Debug)]
pub struct Fetcher {
    settings: Settings,
    public: reqwest::Client,
    misp: reqwest::Client,
}

impl Fetcher {
    const CONNECT: Duration = Duration::from_secs(5);

    pub fn new(settings: Settings) -> Result<Self, ClientError> {
        let public = http::client(Self::CONNECT)?.build()?;
        let misp = match settings.misp_ca.as_deref() {
            Some(bundle) => http::client_with_ca(Self::CONNECT, bundle)?.build()?,
            None => public.clone(),
        };
        Ok(Self { settings, public, misp })
    }

    /// Does the next piece of work on a source, within about a minute and a bounded memory. Whoever wants all of it
    /// repeats this with the new state while there is [`Step::more`].
    pub async fn step(
        &self,
        source: &Source,
        key: Option<&Secret>,
        state: &State,
        now: Timestamp,
    ) -> Result<Step, FetchError> {
        let http = if *source == Source::Misp { &self.misp } else { &self.public };
        let asking = Asking { source, settings: &self.settings, http, key, at: now };
        match source {
            Source::Otx => otx::step(&asking, state).await,
            Source::Misp => misp::step(&asking, state).await,
            Source::MispFeed(feed) => misp_feed::step(&asking, feed, state).await,
            Source::Warninglists => warninglists::step(&asking, state).await,
            Source::AbuseIpDb => list::step(&asking, self.blacklist(), state).await,
            Source::SpamhausDropV4 => list::step(&asking, self.drop("drop_v4.json"), state).await,
            Source::SpamhausDropV6 => list::step(&asking, self.drop("drop_v6.json"), state).await,
            Source::Feodo => list::step(&asking, self.feodo(), state).await,
            Source::UrlHaus => list::step(&asking, self.urlhaus(), state).await,
            Source::ThreatFox => list::step(&asking, self.threatfox(), state).await,
            Source::TorExits => list::step(&asking, self.tor_exits(), state).await,
        }
    }

    fn blacklist(&self) -> Publication {
        let limit = self.settings.abuseipdb_limit.map(|limit| ("limit", limit.to_string()));
        let least =
            self.settings.abuseipdb_least_confidence.map(|least| ("confidenceMinimum", least.to_string()));
        let place = under(&self.settings.places.abuseipdb, "api/v2/blacklist");
        let mut blacklist = Publication::new(place, Format::Json, 64, Extent::Everything);
        blacklist.query = limit.into_iter().chain(least).collect();
        blacklist.key_header = Some("Key");
        blacklist.limits.too_many = |received, now| match abuseipdb::closed_until(received, now) {
            Some(until) if abuseipdb::is_spent(received) => Trouble::QuotaSpent { until },
            until => rate_limited(until, now),
        };
        blacklist
    }

    fn drop(&self, file: &str) -> Publication {
        let place = under(&self.settings.places.spamhaus, &format!("drop/{file}"));
        Publication::new(place, Format::JsonLines, 8, Extent::Everything)
    }

    fn feodo(&self) -> Publication {
        // Since the take-downs of 2024 it is nearly empty.
        abuse_ch(
            &self.settings.places.feodo,
            "downloads/ipblocklist.json",
            Format::Json,
            Extent::EverythingIfAny,
        )
    }

    fn urlhaus(&self) -> Publication {
        abuse_ch(&self.settings.places.urlhaus, "downloads/csv_recent/", Format::Lines, Extent::Everything)
    }

    fn threatfox(&self) -> Publication {
        abuse_ch(&self.settings.places.threatfox, "export/csv/recent/", Format::Lines, Extent::Latest)
    }

    fn tor_exits(&self) -> Publication {
        let place = under(&self.settings.places.tor, "exit-addresses");
        Publication::new(place, Format::Lines, 8, Extent::Everything)
    }
}

/// One of abuse.ch's lists. They need no key, and take one from those who have it.
fn abuse_ch(root: &str, path: &str, format: Format, extent: Extent) -> Publication {
    let mut publication = Publication::new(under(root, path), format, 64, extent);
    publication.key_header = Some("Auth-Key");
    publication
}
