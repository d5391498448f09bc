use std::time::Duration;

use jiff::Timestamp;
use lambda::http::{self, ClientError};
use lambda::secrets::Secret;

use super::{FetchError, Source, State, Step, Trouble};

/// Where the services are, each without a slash at the end. The default is where their publishers have them.
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
#[derive(Clone, Debug, Default)]
pub struct Settings {
    pub places: Places,
    /// A PEM bundle with the roots of a private CA, for the site's MISP.
    pub misp_ca: Option<String>,
    /// Whether documentation addresses count as public: for tests and demos only.
    pub documentation_is_public: bool,
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

    /// Does the next piece of work on a source, within a minute and a bounded memory. Whoever wants all of it repeats
    /// this with the new state while there is [`Step::more`].
    #[expect(clippy::unused_async, reason = "each source follows in a commit of its own")]
    pub async fn step(
        &self,
        source: &Source,
        key: Option<&Secret>,
        state: &State,
        now: Timestamp,
    ) -> Result<Step, FetchError> {
        let _ = (&self.settings, &self.public, &self.misp, state, now);
        let trouble = if source.needs_key() && key.is_none() { Trouble::NoKey } else { Trouble::NoPlace };
        Err(FetchError { feed: source.name().to_owned(), place: String::new(), trouble })
    }
}
