//! One exchange with a provider: bounded in time, in size and in tries.

use std::time::Duration;

use domain::verdict::Unanswered;
use lambda::http::{self, ClientError};
use lambda::secrets::Secret;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderValue, RETRY_AFTER};
use reqwest::{RequestBuilder, Response, StatusCode, Url};
use serde::Deserialize;
use tokio::time::{Instant, timeout_at};

use super::wire::Field;

/// How long a provider may take.
#[derive(Clone, Copy, Debug)]
pub(super) struct Budget {
    pub connect: Duration,
    /// For everything: connecting, asking, reading, and asking again.
    pub total: Duration,
}

impl Default for Budget {
    fn default() -> Self {
        Self { connect: Duration::from_secs(1), total: Duration::from_millis(2500) }
    }
}

/// The way to one provider.
#[derive(Clone, Debug)]
pub(super) struct Transport {
    http: reqwest::Client,
    base: Url,
    budget: Budget,
    max_body_bytes: usize,
}

/// What came back, and how often it was asked for.
pub(super) struct Exchange {
    pub received: Result<Received, Unanswered>,
    pub requests: u32,
}

/// The head of an answer, and its body if it could be one.
pub(crate) struct Received {
    pub status: StatusCode,
    pub headers: HeaderMap,
    body: Result<Vec<u8>, Unanswered>,
}

/// Which requests may be sent twice.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Tries {
    Once,
    /// Again after a failure that is over at once: no connection, or a gateway that has nobody behind it.
    Twice,
}

impl Transport {
    /// `base` is the service's root and may have a path; `http` comes from [`lambda::http`].
    pub fn new(
        http: reqwest::ClientBuilder,
        base: &str,
        budget: Budget,
        max_body_bytes: usize,
    ) -> Result<Self, ClientError> {
        let http = http.connect_timeout(budget.connect).build()?;
        // Only a request says whether the text is a URL that can be asked.
        let mut base = http.get(base).build()?.url().clone();
        base.set_query(None);
        base.set_fragment(None);
        Ok(Self { http, base, budget, max_body_bytes })
    }

    /// As [`Transport::new`], to a service whose certificate comes from a public CA.
    pub fn public(base: &str, budget: Budget, max_body_bytes: usize) -> Result<Self, ClientError> {
        Self::new(http::client(budget.connect)?, base, budget, max_body_bytes)
    }

    /// The base with these path segments behind it, each of them percent-encoded.
    pub fn url(&self, segments: &[&str]) -> Url {
        let mut url = self.base.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend(segments);
        }
        url
    }

    pub fn get(&self, url: Url) -> RequestBuilder {
        self.http.get(url)
    }

    pub fn post(&self, url: Url) -> RequestBuilder {
        self.http.post(url)
    }

    /// When what begins now has to be over.
    pub fn deadline(&self) -> Instant {
        Instant::now() + self.budget.total
    }

    /// For questions: asked once more after a hiccup.
    pub async fn ask(&self, request: RequestBuilder, deadline: Instant) -> Exchange {
        self.exchange(request, deadline, Tries::Twice).await
    }

    /// For what must not happen twice.
    pub async fn tell(&self, request: RequestBuilder, deadline: Instant) -> Exchange {
        self.exchange(request, deadline, Tries::Once).await
    }

    async fn exchange(&self, request: RequestBuilder, deadline: Instant, tries: Tries) -> Exchange {
        let Ok(request) = request.build() else {
            return Exchange { received: Err(Unanswered::InvalidResponse), requests: 0 };
        };
        let again = if tries == Tries::Twice { request.try_clone() } else { None };
        let mut requests = 1;
        let received = timeout_at(deadline, async {
            let mut sent = http::execute(&self.http, request).await;
            if let Some(again) = again.filter(|_| is_hiccup(&sent)) {
                requests = 2;
                sent = http::execute(&self.http, again).await;
            }
            Ok(self.read(sent.map_err(|error| failure(&error))?).await)
        });
        let received = received.await.unwrap_or(Err(Unanswered::Timeout));
        Exchange { received, requests }
    }

    async fn read(&self, mut response: Response) -> Received {
        let (status, headers) = (response.status(), response.headers().clone());
        let body = if has_answer(status) && may_be_json(&headers) {
            self.body(&mut response).await
        } else {
            Err(Unanswered::InvalidResponse)
        };
        Received { status, headers, body }
    }

    /// The body, up to the cap: a larger one is not an answer, and is not read on.
    async fn body(&self, response: &mut Response) -> Result<Vec<u8>, Unanswered> {
        body_within(response, self.max_body_bytes).await.map_err(|unread| match unread {
            Unread::TooLarge => Unanswered::InvalidResponse,
            Unread::Broken(error) => failure(&error),
        })
    }
}

/// Why a body was not read to its end.
pub(crate) enum Unread {
    TooLarge,
    Broken(reqwest::Error),
}

/// A body up to a cap: of a larger one no more is read, and nothing if it says so itself.
pub(crate) async fn body_within(response: &mut Response, most_bytes: usize) -> Result<Vec<u8>, Unread> {
    let announced = response.content_length().and_then(|bytes| usize::try_from(bytes).ok());
    if announced.is_some_and(|bytes| bytes > most_bytes) {
        return Err(Unread::TooLarge);
    }
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(Unread::Broken)? {
        if body.len() + chunk.len() > most_bytes {
            return Err(Unread::TooLarge);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

impl Received {
    /// An answer without its body.
    pub fn head(status: StatusCode, headers: HeaderMap) -> Self {
        Self { status, headers, body: Err(Unanswered::InvalidResponse) }
    }

    /// As if a server had sent it.
    #[cfg(feature = "fuzz")]
    pub fn whole(status: StatusCode, headers: HeaderMap, body: Vec<u8>) -> Self {
        let is_read = has_answer(status) && may_be_json(&headers);
        let body = if is_read { Ok(body) } else { Err(Unanswered::InvalidResponse) };
        Self { status, headers, body }
    }

    /// The body as the object that it has to be.
    pub fn json<'a, T: Deserialize<'a>>(&'a self) -> Result<T, Unanswered> {
        let body = self.body.as_ref().map_err(|reason| *reason)?;
        let field: Field<'a> = serde_json::from_slice(body).map_err(|_| Unanswered::InvalidResponse)?;
        field.object().ok_or(Unanswered::InvalidResponse)
    }

    /// Whether it is a web page, so no answer of an API.
    pub fn is_page(&self) -> bool {
        !may_be_json(&self.headers)
    }

    /// What a status means that is not an answer.
    pub fn refusal(&self) -> Unanswered {
        match self.status {
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Unanswered::Unauthorized,
            StatusCode::TOO_MANY_REQUESTS => Unanswered::RateLimited,
            status if status.is_server_error() => Unanswered::Unreachable,
            // Redirects too: a provider that has moved, or a login page before it.
            _ => Unanswered::InvalidResponse,
        }
    }

    /// A header that is a whole number, not negative.
    pub fn number(&self, header: &str) -> Option<u64> {
        self.headers.get(header)?.to_str().ok()?.trim().parse().ok()
    }

    /// How long to wait by the `Retry-After` header in seconds, at most a day.
    pub fn retry_after(&self) -> Option<Duration> {
        self.number(RETRY_AFTER.as_str()).map(|seconds| Duration::from_secs(seconds.min(86_400)))
    }
}

/// The key as a header that no log shows; nothing when it cannot be one, which no key can.
pub(crate) fn key_header(key: &Secret) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_str(key.reveal()).ok()?;
    value.set_sensitive(true);
    Some(value)
}

/// Not found may be an answer: a provider that has never heard of the indicator. Other bodies are not read.
fn has_answer(status: StatusCode) -> bool {
    status == StatusCode::OK || status == StatusCode::NOT_FOUND
}

/// Whether the body is worth reading. Proxies rename or drop the type of JSON, but never call it a page or an image.
fn may_be_json(headers: &HeaderMap) -> bool {
    let Some(kind) = headers.get(CONTENT_TYPE) else { return true };
    let kind = kind.to_str().unwrap_or_default().to_ascii_lowercase();
    kind.contains("json") || kind.starts_with("text/plain") || kind.starts_with("application/octet-stream")
}

fn is_hiccup(sent: &Result<Response, reqwest::Error>) -> bool {
    match sent {
        Ok(response) => {
            matches!(response.status(), StatusCode::BAD_GATEWAY | StatusCode::SERVICE_UNAVAILABLE)
        }
        // Also a connection that was kept from the last question and is found closed.
        Err(error) => !error.is_timeout() && (error.is_connect() || error.is_request()),
    }
}

fn failure(error: &reqwest::Error) -> Unanswered {
    if error.is_timeout() { Unanswered::Timeout } else { Unanswered::Unreachable }
}
