use jiff::Timestamp;
use lambda::secrets::Secret;
use reqwest::header::HeaderValue;
use reqwest::{Client, RequestBuilder, Url};

use super::download::{self, Got, Limits, Validator};
use super::sieve::Sieve;
use super::{FetchError, Settings, Source, Trouble};
use crate::providers::transport::key_header;

/// What is below a root, with or without a slash at its end.
pub(super) fn under(root: &str, path: &str) -> String {
    format!("{}/{path}", root.trim_end_matches('/'))
}

/// One source that is being asked.
pub(super) struct Asking<'a> {
    pub source: &'a Source,
    pub settings: &'a Settings,
    pub http: &'a Client,
    pub key: Option<&'a Secret>,
    pub at: Timestamp,
}

impl<'a> Asking<'a> {
    pub fn now(&self) -> Timestamp {
        self.at
    }

    pub fn sieve(&self) -> Sieve<'a> {
        Sieve {
            source: self.source,
            now: self.at,
            documentation_is_public: self.settings.documentation_is_public,
        }
    }

    /// The URL of a place, with this query.
    pub fn url(&self, place: &str, query: &[(&str, String)]) -> Result<Url, FetchError> {
        let is_web = |url: &Url| matches!(url.scheme(), "http" | "https") && url.has_host();
        let url = Url::parse(place).ok().filter(is_web);
        let mut url = url.ok_or_else(|| self.error("its configured address", Trouble::Place))?;
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        Ok(url)
    }

    pub fn get(&self, url: &Url) -> RequestBuilder {
        self.http.get(url.clone())
    }

    pub fn post(&self, url: &Url) -> RequestBuilder {
        self.http.post(url.clone())
    }

    /// The key as a header that no log shows.
    pub fn key(&self, url: &Url) -> Result<HeaderValue, FetchError> {
        let key = self.key.ok_or_else(|| self.failed(url, Trouble::NoKey))?;
        key_header(key).ok_or_else(|| self.failed(url, Trouble::UnfitKey))
    }

    pub async fn ask(
        &self,
        url: &Url,
        request: RequestBuilder,
        known: &Validator,
        limits: Limits,
    ) -> Result<Got, FetchError> {
        let got = download::download(self.http, request, known, limits, self.settings.within, self.at).await;
        got.map_err(|trouble| self.failed(url, trouble))
    }

    /// The body of an answer that has no earlier version.
    pub async fn body(
        &self,
        url: &Url,
        request: RequestBuilder,
        limits: Limits,
    ) -> Result<Vec<u8>, FetchError> {
        match self.ask(url, request, &Validator::default(), limits).await? {
            Got::Body { bytes, .. } => Ok(bytes),
            Got::Unchanged => {
                Err(self.failed(url, Trouble::Unreadable("it refers to a version never fetched")))
            }
        }
    }

    /// Names the host and the end of the path: what is before it, the query and the user may hold a key.
    pub fn failed(&self, url: &Url, trouble: Trouble) -> FetchError {
        let host = url.host_str().unwrap_or_default();
        let port = url.port().map_or_else(String::new, |port| format!(":{port}"));
        let path = url.path().trim_end_matches('/');
        let place = match path.rsplit_once('/') {
            Some(("", name)) => format!("{host}{port}/{name}"),
            Some((_, name)) => format!("{host}{port}/…/{name}"),
            None => format!("{host}{port}"),
        };
        self.error(&place, trouble)
    }

    /// The site has not said where the source is.
    pub fn without_place(&self) -> FetchError {
        self.error("its configured address", Trouble::NoPlace)
    }

    fn error(&self, place: &str, trouble: Trouble) -> FetchError {
        FetchError { feed: self.source.name().to_owned(), place: place.to_owned(), trouble }
    }
}
