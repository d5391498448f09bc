//! Who can be asked, by the environment.

use std::collections::BTreeMap;
use std::path::PathBuf;

use domain::verdict::Provider;
use intel::Keys;
use intel::providers::{AbuseIpDb, Client, Misp, MispOptions, Otx};
use lambda::config::{ConfigError, Environment, Reader};
use lambda::http::ClientError;
use lambda::secrets::Secret;

use crate::failure::Failure;

/// The clients of all providers that have what they need.
#[derive(Debug)]
pub(crate) struct Providers {
    pub clients: Vec<Client>,
    pub keys: Keys,
    /// Why the others are off, to be said once.
    pub off: Vec<String>,
}

impl Providers {
    /// Asks nobody.
    pub fn none() -> Self {
        Self { clients: Vec::new(), keys: Keys::Given(BTreeMap::new()), off: Vec::new() }
    }

    pub fn read(environment: &Environment) -> Result<Self, Failure> {
        let settings = Settings::read(environment)?;
        let mut providers = Self::none();
        let mut keys = BTreeMap::new();
        for provider in Provider::ALL {
            match settings.client(provider)? {
                Ok((client, key)) => {
                    providers.clients.push(client);
                    keys.insert(provider, key);
                }
                Err(missing) => providers.off.push(format!("{provider} is off ({missing} is not set)")),
            }
        }
        providers.keys = Keys::Given(keys);
        Ok(providers)
    }
}

struct Settings {
    abuseipdb_url: String,
    otx_url: String,
    misp_url: Option<String>,
    misp_ca_bundle: Option<PathBuf>,
    keys: BTreeMap<Provider, Secret>,
}

impl Settings {
    fn read(environment: &Environment) -> Result<Self, ConfigError> {
        let mut reader = Reader::new(environment);
        let abuseipdb_url = reader.or_default("ABUSEIPDB_URL", "https://api.abuseipdb.com");
        let otx_url = reader.or_default("OTX_URL", "https://otx.alienvault.com");
        let key = |provider| Some((provider, Secret::new(reader.optional(key_variable(provider))?)));
        let keys = Provider::ALL.into_iter().filter_map(key).collect();
        let misp_url = reader.optional("MISP_URL");
        let misp_ca_bundle = reader.optional("MISP_CA_BUNDLE").map(PathBuf::from);
        let settings = (|| {
            Some(Self { abuseipdb_url: abuseipdb_url?, otx_url: otx_url?, misp_url, misp_ca_bundle, keys })
        })();
        reader.finish(settings)
    }

    /// A provider's client and key, or the variable that it lacks.
    fn client(&self, provider: Provider) -> Result<Result<(Client, Secret), &'static str>, Failure> {
        let misp_url = match (provider, &self.misp_url) {
            (Provider::Misp, None) => return Ok(Err("MISP_URL")),
            (Provider::Misp, Some(url)) => url.as_str(),
            (Provider::AbuseIpDb | Provider::Otx, _) => "",
        };
        let Some(key) = self.keys.get(&provider) else { return Ok(Err(key_variable(provider))) };
        let client = match provider {
            Provider::AbuseIpDb => AbuseIpDb::new(&self.abuseipdb_url).map(Client::AbuseIpDb),
            Provider::Otx => Otx::new(&self.otx_url).map(Client::Otx),
            Provider::Misp => self.misp(misp_url)?,
        };
        let client = client.map_err(|source| Failure::Client { provider, source })?;
        Ok(Ok((client, key.clone())))
    }

    fn misp(&self, url: &str) -> Result<Result<Client, ClientError>, Failure> {
        let bundle = match &self.misp_ca_bundle {
            None => None,
            Some(path) => Some(
                std::fs::read_to_string(path)
                    .map_err(|source| Failure::Unreadable { path: path.clone(), source })?,
            ),
        };
        Ok(Misp::new(url, bundle.as_deref(), MispOptions::default()).map(Client::Misp))
    }
}

fn key_variable(provider: Provider) -> &'static str {
    match provider {
        Provider::AbuseIpDb => "ABUSEIPDB_API_KEY",
        Provider::Misp => "MISP_API_KEY",
        Provider::Otx => "OTX_API_KEY",
    }
}
