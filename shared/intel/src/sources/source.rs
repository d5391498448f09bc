use std::fmt;
use std::time::Duration;

/// Whoever publishes indicators.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Source {
    /// The pulses that the key's owner has subscribed to.
    Otx,
    /// The attributes of the site's own instance.
    Misp,
    /// Events in a folder on a web server, which need no instance.
    MispFeed(MispFeed),
    AbuseIpDb,
    SpamhausDropV4,
    SpamhausDropV6,
    Feodo,
    UrlHaus,
    ThreatFox,
    TorExits,
    /// MISP's lists of what is harmless.
    Warninglists,
}

const HOUR: Duration = Duration::from_hours(1);
const DAY: Duration = Duration::from_hours(24);
/// What abuse.ch asks for: its lists are made anew every five minutes.
const ABUSE_CH: Duration = Duration::from_mins(5);

impl Source {
    /// All but MISP feeds, of which a site has as many as it likes.
    pub const BUILT_IN: [Self; 10] = [
        Self::Otx,
        Self::Misp,
        Self::AbuseIpDb,
        Self::SpamhausDropV4,
        Self::SpamhausDropV6,
        Self::Feodo,
        Self::UrlHaus,
        Self::ThreatFox,
        Self::TorExits,
        Self::Warninglists,
    ];

    /// The built-in source of this name.
    pub fn built_in(name: &str) -> Option<Self> {
        Self::BUILT_IN.into_iter().find(|source| source.name() == name)
    }

    /// Its name in keys, metrics and logs; never changes.
    pub fn name(&self) -> &str {
        match self {
            Self::Otx => "otx",
            Self::Misp => "misp",
            Self::MispFeed(feed) => &feed.name,
            Self::AbuseIpDb => "abuseipdb",
            Self::SpamhausDropV4 => "spamhaus-drop-v4",
            Self::SpamhausDropV6 => "spamhaus-drop-v6",
            Self::Feodo => "feodo",
            Self::UrlHaus => "urlhaus",
            Self::ThreatFox => "threatfox",
            Self::TorExits => "tor-exits",
            Self::Warninglists => "warninglists",
        }
    }

    /// Who testifies in a verdict, and so what the weight is called: `feed-spamhaus-drop`. A provider and the feed made
    /// of its data have one name, for they are one witness.
    pub fn witness(&self) -> &str {
        match self {
            Self::SpamhausDropV4 | Self::SpamhausDropV6 => "spamhaus-drop",
            Self::TorExits => "tor",
            Self::Otx
            | Self::Misp
            | Self::MispFeed(_)
            | Self::AbuseIpDb
            | Self::Feodo
            | Self::UrlHaus
            | Self::ThreatFox
            | Self::Warninglists => self.name(),
        }
    }

    /// Under what terms its data may be used; docs/feeds.md has the links.
    pub fn licence(&self) -> &'static str {
        match self {
            Self::Otx => "OTX terms of use",
            Self::Misp => "the site's own; sharing by TLP of each event",
            Self::MispFeed(_) => "the publisher's; sharing by TLP of each event",
            Self::AbuseIpDb => "AbuseIPDB terms of service",
            Self::SpamhausDropV4 | Self::SpamhausDropV6 => "Spamhaus DROP terms, with attribution",
            Self::Feodo | Self::UrlHaus | Self::ThreatFox => "abuse.ch terms of use",
            Self::TorExits => "public, by the Tor Project",
            Self::Warninglists => "CC0 1.0",
        }
    }

    /// Whether it is off without a key.
    pub fn needs_key(&self) -> bool {
        match self {
            Self::Otx | Self::Misp | Self::AbuseIpDb => true,
            Self::MispFeed(_)
            | Self::SpamhausDropV4
            | Self::SpamhausDropV6
            | Self::Feodo
            | Self::UrlHaus
            | Self::ThreatFox
            | Self::TorExits
            | Self::Warninglists => false,
        }
    }

    /// How often it may be asked at most: what its publisher allows, or how often it changes.
    pub fn shortest_interval(&self) -> Duration {
        match self {
            Self::Otx | Self::Misp => Duration::from_mins(15),
            // Five requests a day on the free plan.
            Self::AbuseIpDb => 5 * HOUR,
            // "At most hourly", or the firewall answers.
            Self::SpamhausDropV4 | Self::SpamhausDropV6 | Self::MispFeed(_) | Self::TorExits => HOUR,
            Self::Feodo | Self::UrlHaus | Self::ThreatFox => ABUSE_CH,
            Self::Warninglists => DAY,
        }
    }

    /// How long a row stays after the source has last confirmed it, unless the row itself ends before.
    pub fn holding(&self) -> Duration {
        match self {
            // Everything is read again once a week: what is not confirmed four times over has been withdrawn.
            Self::Otx | Self::Misp => 30 * DAY,
            // An event is read once, and its rows say when they end.
            Self::MispFeed(_) | Self::ThreatFox => 180 * DAY,
            Self::AbuseIpDb | Self::TorExits => 2 * DAY,
            Self::SpamhausDropV4
            | Self::SpamhausDropV6
            | Self::Feodo
            | Self::UrlHaus
            | Self::Warninglists => 7 * DAY,
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// A folder with `manifest.json` and events, as CIRCL and Botvrij publish them.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MispFeed {
    name: String,
    url: String,
}

impl MispFeed {
    const MAX_NAME_CHARS: usize = 40;

    /// `name` is how the feed is called in keys, metrics and verdicts; `url` is the folder, without `manifest.json`.
    pub fn new(name: &str, url: &str) -> Result<Self, MispFeedError> {
        let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        if name.is_empty() || name.len() > Self::MAX_NAME_CHARS || !name.bytes().all(is_plain) {
            return Err(MispFeedError::Name);
        }
        if Source::built_in(name).is_some() || ["allow", "deny"].contains(&name) {
            return Err(MispFeedError::Taken);
        }
        if !url.starts_with("https://") && !url.starts_with("http://") {
            return Err(MispFeedError::Url);
        }
        Ok(Self { name: name.to_owned(), url: url.trim_end_matches('/').to_owned() })
    }

    pub fn url(&self) -> &str {
        &self.url
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MispFeedError {
    #[error("the name of a MISP feed has 1 to 40 lower-case letters, digits and dashes, as in circl-osint")]
    Name,
    #[error("the name is another source's; name the MISP feed otherwise")]
    Taken,
    #[error("the URL of a MISP feed begins with https:// and ends before /manifest.json")]
    Url,
}
