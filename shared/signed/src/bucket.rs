//! Objects of one S3 bucket: read, unless they are the ones known already, and written whole.
//!
//! Every request has a timeout and one retry; every body has a size that it may not pass.

mod error;
mod place;
#[cfg(test)]
mod tests;

use std::time::{Duration, SystemTime};

use aws_credential_types::provider::ProvideCredentials;
use reqwest::header::{CONTENT_TYPE, ETAG, HeaderValue, IF_NONE_MATCH};
use reqwest::{Client, Method, Request, Response, StatusCode};
use url::Url;

pub use self::error::BucketError;
pub use self::place::{BucketName, BucketNameError, Place};
use crate::{Scope, sign};

/// One bucket.
#[derive(Clone, Debug)]
pub struct Bucket {
    http: Client,
    url: Url,
    place: Place,
}

/// Stands for an object's contents: another one, other contents.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ETag(HeaderValue);

/// The answer to a request for an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Got {
    /// It is the one that is known.
    Unchanged,
    /// There is none. S3 says so only to who may list the bucket; to others it is a refusal.
    Absent,
    Object {
        etag: ETag,
        body: Vec<u8>,
    },
}

impl Bucket {
    /// Longest that one request may take, with its body.
    pub const TIMEOUT: Duration = Duration::from_secs(30);
    /// Waited before the second and last try.
    const PAUSE: Duration = Duration::from_millis(250);
    const MAX_ERROR_BYTES: usize = 16 * 1024;

    pub fn new(http: Client, place: Place) -> Result<Self, BucketError> {
        Ok(Self { http, url: place.url()?, place })
    }

    /// The object, unless it is still the `known` one. More than `most_bytes` is an error, and not read on.
    pub async fn get(&self, key: &str, known: Option<&ETag>, most_bytes: usize) -> Result<Got, BucketError> {
        let mut request = self.request(Method::GET, key)?;
        if let Some(ETag(value)) = known {
            request.headers_mut().insert(IF_NONE_MATCH, value.clone());
        }
        self.twice(key, request, |request| async move {
            let response = self.send(key, request).await?;
            match response.status() {
                StatusCode::NOT_MODIFIED => Ok(Got::Unchanged),
                StatusCode::OK => {
                    let etag = self.etag(key, &response)?;
                    Ok(Got::Object { etag, body: self.body(key, response, most_bytes).await? })
                }
                StatusCode::NOT_FOUND => match self.refusal(key, response).await {
                    BucketError::Refused { code, .. } if code == "NoSuchKey" => Ok(Got::Absent),
                    error => Err(error),
                },
                _ => Err(self.refusal(key, response).await),
            }
        })
        .await
    }

    /// Puts the object in place of what stood there, at once for all who read it.
    pub async fn put(
        &self,
        key: &str,
        body: Vec<u8>,
        content_type: &'static str,
    ) -> Result<ETag, BucketError> {
        let mut request = self.request(Method::PUT, key)?;
        request.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
        *request.body_mut() = Some(body.into());
        self.twice(key, request, |request| async move {
            let response = self.send(key, request).await?;
            match response.status() {
                StatusCode::OK => self.etag(key, &response),
                _ => Err(self.refusal(key, response).await),
            }
        })
        .await
    }

    fn request(&self, method: Method, key: &str) -> Result<Request, BucketError> {
        // These need no encoding, about which signer and server might disagree.
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
        let fits = key.split('/').all(|part| {
            !part.is_empty() && part.bytes().all(is_plain) && !part.bytes().all(|byte| byte == b'.')
        });
        let mut url = self.url.clone();
        match url.path_segments_mut() {
            Ok(mut path) if fits => path.pop_if_empty().extend(key.split('/')),
            _ => return Err(BucketError::Key { key: key.to_owned() }),
        };
        let mut request = Request::new(method, url);
        *request.timeout_mut() = Some(Self::TIMEOUT);
        Ok(request)
    }

    /// Does it, and once more after a failure that passes. No `AsyncFn`: its future could not be spawned.
    async fn twice<T, F: Future<Output = Result<T, BucketError>>>(
        &self,
        key: &str,
        request: Request,
        once: impl Fn(Request) -> F,
    ) -> Result<T, BucketError> {
        let again = request.try_clone();
        match (once(request).await, again) {
            (Err(error), Some(request)) if error.is_transient() => {
                tracing::debug!(object.key = key, "S3 is asked again");
                tokio::time::sleep(Self::PAUSE).await;
                once(request).await
            }
            (answer, _) => answer,
        }
    }

    async fn send(&self, key: &str, mut request: Request) -> Result<Response, BucketError> {
        let object = || self.object(key);
        let credentials = self
            .place
            .credentials
            .provide_credentials()
            .await
            .map_err(|error| BucketError::Credentials { object: object(), source: Box::new(error) })?;
        let scope = Scope { service: "s3", region: &self.place.region };
        sign(&mut request, &credentials, scope, SystemTime::now())
            .map_err(|error| BucketError::Sign { object: object(), source: Box::new(error) })?;
        self.http.execute(request).await.map_err(|error| self.unreachable(key, error))
    }

    async fn body(
        &self,
        key: &str,
        mut response: Response,
        most_bytes: usize,
    ) -> Result<Vec<u8>, BucketError> {
        let too_large = || BucketError::TooLarge { object: self.object(key), most_bytes };
        let announced = response.content_length().and_then(|bytes| usize::try_from(bytes).ok()).unwrap_or(0);
        if announced > most_bytes {
            return Err(too_large());
        }
        let mut body = Vec::with_capacity(announced);
        while let Some(chunk) = response.chunk().await.map_err(|error| self.unreachable(key, error))? {
            if body.len() + chunk.len() > most_bytes {
                return Err(too_large());
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body)
    }

    fn etag(&self, key: &str, response: &Response) -> Result<ETag, BucketError> {
        let value = response.headers().get(ETAG).cloned();
        value.map(ETag).ok_or_else(|| BucketError::NoETag { object: self.object(key) })
    }

    async fn refusal(&self, key: &str, response: Response) -> BucketError {
        let status = response.status().as_u16();
        let body = self.body(key, response, Self::MAX_ERROR_BYTES).await.unwrap_or_default();
        BucketError::Refused { object: self.object(key), status, code: code(&body) }
    }

    fn unreachable(&self, key: &str, error: reqwest::Error) -> BucketError {
        BucketError::Unreachable { object: self.object(key), source: error.without_url() }
    }

    fn object(&self, key: &str) -> String {
        format!("s3://{}/{key}", self.place.bucket)
    }
}

/// The name that S3 gives the error, out of `<Error><Code>NoSuchKey</Code>…`.
fn code(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body);
    let named = text.split_once("<Code>").and_then(|(_, rest)| rest.split_once("</Code>"));
    let is_name = |name: &&str| name.len() <= 64 && name.bytes().all(|byte| byte.is_ascii_alphanumeric());
    named.map(|(name, _)| name).filter(is_name).unwrap_or("no error code").to_owned()
}
