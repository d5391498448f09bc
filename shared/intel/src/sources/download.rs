//! One request for a feed: bounded in time and size, packed or not, and told apart from everything that is no feed.

use std::io::Read;
use std::time::Duration;

use flate2::read::MultiGzDecoder;
use jiff::Timestamp;
use reqwest::header::{
    ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_TYPE, ETAG, HeaderMap, HeaderName, IF_MODIFIED_SINCE,
    IF_NONE_MATCH, LAST_MODIFIED, USER_AGENT,
};
use reqwest::{Client, RequestBuilder, Response, StatusCode};
use serde::{Deserialize, Serialize};
use tokio::time::timeout;

use super::Trouble;
use crate::providers::transport::{Received, Unread, body_within};

/// Says which version of a feed is known, so that it is not sent again.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Validator {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    etag: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    last_modified: Option<String>,
}

impl Validator {
    /// A longer one is none: the state has to stay small.
    const MAX_BYTES: usize = 200;

    fn of(headers: &HeaderMap) -> Self {
        let text = |name: HeaderName| {
            let text = headers.get(name)?.to_str().ok()?;
            (text.len() <= Self::MAX_BYTES).then(|| text.to_owned())
        };
        Self { etag: text(ETAG), last_modified: text(LAST_MODIFIED) }
    }

    fn is_empty(&self) -> bool {
        self.etag.is_none() && self.last_modified.is_none()
    }

    fn add_to(&self, mut request: RequestBuilder) -> RequestBuilder {
        for (name, value) in [(IF_NONE_MATCH, &self.etag), (IF_MODIFIED_SINCE, &self.last_modified)] {
            if let Some(value) = value {
                request = request.header(name, value);
            }
        }
        request
    }
}

/// How much an answer may take, and how it says when to come back.
#[derive(Clone, Copy)]
pub(super) struct Limits {
    pub most_bytes: usize,
    /// What a refusal for too many requests means.
    pub too_many: fn(&Received, Timestamp) -> Trouble,
}

impl Limits {
    /// For a list on a web server.
    pub const fn list(most_mib: usize) -> Self {
        Self {
            most_bytes: most_mib << 20,
            too_many: |received, now| rate_limited(received.retry_after().map(|wait| now + wait), now),
        }
    }
}

/// What came back.
#[derive(Debug)]
pub(super) enum Got {
    Unchanged,
    Body { bytes: Vec<u8>, validator: Validator },
}

pub(super) async fn download(
    http: &Client,
    request: RequestBuilder,
    known: &Validator,
    limits: Limits,
    within: Duration,
    now: Timestamp,
) -> Result<Got, Trouble> {
    const AGENT: &str = concat!("wazuh-triage/", env!("CARGO_PKG_VERSION"));
    let request = known.add_to(request.header(USER_AGENT, AGENT).header(ACCEPT_ENCODING, "gzip"));
    let exchange = timeout(within, exchange(http, request, limits.most_bytes)).await;
    let (head, body) = exchange.map_err(|_| Trouble::Timeout { seconds: within.as_secs() })??;
    let validator = Validator::of(&head.headers);
    let Some(body) = body else { return refused(&head, known, limits, now) };
    let bytes = unpacked(body, &head.headers, limits.most_bytes)?;
    if bytes.trim_ascii_start().first() == Some(&b'<') {
        return Err(Trouble::Page);
    }
    Ok(Got::Body { bytes, validator })
}

/// The head of the answer, and the body of one that is fine.
async fn exchange(
    http: &Client,
    request: RequestBuilder,
    most_bytes: usize,
) -> Result<(Received, Option<Vec<u8>>), Trouble> {
    let request = request.build().map_err(|_| Trouble::Place)?;
    let again = request.try_clone();
    let mut sent = lambda::http::execute(http, request).await;
    if let Some(again) = again.filter(|_| sent.as_ref().is_err_and(reqwest::Error::is_connect)) {
        sent = lambda::http::execute(http, again).await;
    }
    let mut response = sent.map_err(|error| Trouble::Unreachable(error.without_url()))?;
    let head = Received::head(response.status(), response.headers().clone());
    if response.status() != StatusCode::OK {
        return Ok((head, None));
    }
    if is_page(&head.headers) {
        return Err(Trouble::Page);
    }
    let body = body(&mut response, most_bytes).await?;
    Ok((head, Some(body)))
}

async fn body(response: &mut Response, most_bytes: usize) -> Result<Vec<u8>, Trouble> {
    body_within(response, most_bytes).await.map_err(|unread| match unread {
        Unread::TooLarge => Trouble::TooLarge { most_bytes },
        Unread::Broken(_) => Trouble::Truncated,
    })
}

/// What an answer means that is none.
fn refused(head: &Received, known: &Validator, limits: Limits, now: Timestamp) -> Result<Got, Trouble> {
    let status = head.status;
    Err(match status {
        StatusCode::NOT_MODIFIED if !known.is_empty() => return Ok(Got::Unchanged),
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Trouble::Unauthorized { status },
        StatusCode::NOT_FOUND | StatusCode::GONE => Trouble::Missing { status },
        StatusCode::TOO_MANY_REQUESTS => (limits.too_many)(head, now),
        status if status.is_redirection() => Trouble::Moved { status },
        status if status.is_server_error() => Trouble::Server { status },
        _ => Trouble::Refused { status },
    })
}

/// Too many requests, until a time if one is known.
pub(super) fn rate_limited(until: Option<Timestamp>, now: Timestamp) -> Trouble {
    const COME_BACK: Duration = Duration::from_hours(1);
    Trouble::RateLimited { until: until.unwrap_or(now + COME_BACK) }
}

fn is_page(headers: &HeaderMap) -> bool {
    let kind = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    kind.to_ascii_lowercase().contains("html")
}

/// What was packed; a small body that becomes a large one is not unpacked to its end.
fn unpacked(body: Vec<u8>, headers: &HeaderMap, most_bytes: usize) -> Result<Vec<u8>, Trouble> {
    let encoding = headers.get(CONTENT_ENCODING).map(|encoding| encoding.as_bytes().to_ascii_lowercase());
    match encoding.as_deref() {
        None | Some(b"" | b"identity") => return Ok(body),
        Some(b"gzip" | b"x-gzip") => {}
        Some(_) => return Err(Trouble::Encoding),
    }
    let most = u64::try_from(most_bytes).unwrap_or(u64::MAX);
    let mut bytes = Vec::new();
    let read = MultiGzDecoder::new(body.as_slice()).take(most.saturating_add(1)).read_to_end(&mut bytes);
    match read {
        Ok(_) if bytes.len() > most_bytes => Err(Trouble::TooLarge { most_bytes }),
        Ok(_) => Ok(bytes),
        Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => Err(Trouble::Truncated),
        Err(_) => Err(Trouble::Unreadable("its compression is broken")),
    }
}
