//! The border between the deployment and the emulator: every call to AWS crosses it, so it knows who called what, and
//! it can refuse what AWS may refuse on a bad day.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use anyhow::Result;
use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use tokio::net::TcpListener;

use crate::calls::{self, Call, Request};
use crate::configuration_set::ConfigurationSet;

/// Takes calls to the emulator as long as the value lives.
pub struct Border {
    address: SocketAddr,
    crossing: Arc<Crossing>,
    server: tokio::task::JoinHandle<()>,
}

/// The key of Terraform and of the test itself, whose calls are nobody's permissions.
const ROOT: &str = "test";

/// Who called: the id of the access key.
pub type KeyId = String;

/// What AWS says instead of doing it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refusal {
    pub action: &'static str,
    pub code: &'static str,
    pub message: &'static str,
}

struct Crossing {
    leads_to: OnceLock<String>,
    client: reqwest::Client,
    memory: Mutex<Memory>,
}

#[derive(Default)]
struct Memory {
    calls: BTreeMap<(KeyId, Call), u64>,
    refused: Option<(KeyId, Refusal)>,
    configuration_set: ConfigurationSet,
}

impl Border {
    pub async fn open() -> Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let client = reqwest::Client::builder().no_proxy().timeout(Duration::from_mins(5)).build()?;
        let crossing = Arc::new(Crossing { leads_to: OnceLock::new(), client, memory: Mutex::default() });
        // The zips of functions are large.
        let router = Router::new().fallback(cross).layer(DefaultBodyLimit::disable());
        let router = router.with_state(Arc::clone(&crossing));
        let server = tokio::spawn(async move {
            // The error would be the listener's, and axum::serve retries those.
            let _never = axum::serve(listener, router).await;
        });
        Ok(Self { address, crossing, server })
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Calls before this are answered as from a service that is away.
    pub fn leads_to(&self, endpoint: &str) {
        // Only the first emulator counts; there is no second.
        let _first = self.crossing.leads_to.set(endpoint.to_owned());
    }

    /// Every different call that this key has made.
    pub fn calls_of(&self, key: &str) -> Vec<Call> {
        let memory = self.crossing.memory();
        memory.calls.keys().filter(|(caller, _)| caller == key).map(|(_, call)| call.clone()).collect()
    }

    /// Every key that has called, but for the root's.
    pub fn callers(&self) -> Vec<KeyId> {
        let mut callers: Vec<KeyId> =
            self.crossing.memory().calls.keys().map(|(caller, _)| caller.clone()).collect();
        callers.dedup();
        callers
    }

    /// From now on this caller hears this refusal; one at a time.
    pub fn refuse(&self, key: &str, refusal: Refusal) {
        self.crossing.memory().refused = Some((key.to_owned(), refusal));
    }

    pub fn let_through(&self) {
        self.crossing.memory().refused = None;
    }
}

impl Drop for Border {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Crossing {
    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is known without the emulator: a refusal, or what only AWS has.
    fn answer(&self, request: &Request<'_>) -> Option<Response> {
        let mut memory = self.memory();
        let calls = calls::read(request);
        for call in calls.iter().filter(|_| request.key_id != ROOT) {
            *memory.calls.entry((request.key_id.to_owned(), call.clone())).or_default() += 1;
        }
        let refused = memory.refused.as_ref().filter(|(key, refusal)| {
            key == request.key_id && calls.iter().any(|call| call.action == refusal.action)
        });
        if let Some((_, refusal)) = refused {
            return Some(refusal.response());
        }
        memory.configuration_set.answer(request).map(xml)
    }

    async fn forward(
        &self,
        method: Method,
        uri: &Uri,
        mut headers: HeaderMap,
        body: Bytes,
    ) -> Result<Response, reqwest::Error> {
        let Some(leads_to) = self.leads_to.get() else {
            return Ok(StatusCode::SERVICE_UNAVAILABLE.into_response());
        };
        let path = uri.path_and_query().map_or("/", |path| path.as_str());
        drop_hops(&mut headers);
        // Queues and buckets refuse what does not come over TLS, and the emulator knows no better.
        headers.insert("x-forwarded-proto", HeaderValue::from_static("https"));
        let request = self.client.request(method, format!("{leads_to}{path}")).headers(headers).body(body);
        let answer = request.send().await?;
        let (status, mut headers) = (answer.status(), answer.headers().clone());
        drop_hops(&mut headers);
        let mut response = Response::new(Body::from(answer.bytes().await?));
        *response.status_mut() = status;
        *response.headers_mut() = headers;
        Ok(response)
    }
}

impl Refusal {
    /// In the words of both protocols that the functions speak.
    fn response(self) -> Response {
        let Self { action, code, message } = self;
        if action.starts_with("ses:") {
            let error = format!(
                "<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error>\
                 <RequestId>0</RequestId></ErrorResponse>"
            );
            return (StatusCode::BAD_REQUEST, [(header::CONTENT_TYPE, "text/xml")], error).into_response();
        }
        let error = serde_json::json!({"__type": code, "message": message}).to_string();
        let content_type = [(header::CONTENT_TYPE, "application/x-amz-json-1.0")];
        (StatusCode::BAD_REQUEST, content_type, error).into_response()
    }
}

async fn cross(
    State(crossing): State<Arc<Crossing>>,
    method: Method,
    uri: Uri,
    mut headers: HeaderMap,
    body: Bytes,
) -> Response {
    let request = Request::new(&method, &uri, &headers, &body);
    if let Some(answer) = crossing.answer(&request) {
        return answer;
    }
    let as_root = request.key_id != ROOT && request.service == "ses";
    let described = crossing.memory().configuration_set.described(&request);
    if as_root {
        sign_as_root(&mut headers);
    }
    let answer = crossing.forward(method, &uri, headers, body).await;
    let answer = answer.unwrap_or_else(|error| (StatusCode::BAD_GATEWAY, error.to_string()).into_response());
    match described {
        Some(more) => with_more(answer, &more).await,
        None => answer,
    }
}

/// The emulator's description of a configuration set, with what it does not keep.
async fn with_more(answer: Response, more: &str) -> Response {
    const END: &str = "</DescribeConfigurationSetResult>";
    let Ok(body) = axum::body::to_bytes(answer.into_body(), usize::MAX).await else {
        return StatusCode::BAD_GATEWAY.into_response();
    };
    xml(String::from_utf8_lossy(&body).replace(END, &format!("{more}{END}")))
}

/// The emulator does not know the condition `ses:FromAddress` and would refuse every mail; [`crate::policy`] knows it.
fn sign_as_root(headers: &mut HeaderMap) {
    const SIGNED: &str = "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/ses/aws4_request, SignedHeaders=host, Signature=0";
    headers.insert(header::AUTHORIZATION, HeaderValue::from_static(SIGNED));
    headers.remove("x-amz-security-token");
}

fn xml(body: String) -> Response {
    ([(header::CONTENT_TYPE, "text/xml")], body).into_response()
}

/// What is about one connection, not about the call; the host is part of the signature and stays.
fn drop_hops(headers: &mut HeaderMap) {
    for hop in [header::CONNECTION, header::TRANSFER_ENCODING, header::CONTENT_LENGTH, header::EXPECT] {
        headers.remove(hop);
    }
}
