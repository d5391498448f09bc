//! What answers instead of AWS, at once: SQS, SSM, DynamoDB and the Lambda Runtime API behind one loopback address.

use std::collections::BTreeMap;
use std::future::pending;
use std::net::{SocketAddr, TcpListener};
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::alert;

/// Serves until the process ends.
pub(crate) struct FakeAws {
    pub(crate) address: SocketAddr,
    arrivals: Arc<Mutex<Arrivals>>,
    polls: Receiver<Instant>,
}

/// Ids of the alerts that arrived, by the URL of their queue.
type Arrivals = BTreeMap<String, Vec<String>>;

#[derive(Clone)]
struct Shared {
    arrivals: Arc<Mutex<Arrivals>>,
    polls: Sender<Instant>,
}

impl FakeAws {
    pub(crate) fn start() -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let arrivals = Arc::new(Mutex::new(Arrivals::new()));
        let (sender, polls) = mpsc::channel();
        let router = Router::new()
            .route("/2018-06-01/runtime/invocation/next", get(next))
            .fallback(post(call))
            .with_state(Shared { arrivals: arrivals.clone(), polls: sender });
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        thread::spawn(move || {
            runtime
                .block_on(async { axum::serve(tokio::net::TcpListener::from_std(listener)?, router).await })
        });
        Ok(Self { address, arrivals, polls })
    }

    pub(crate) fn queue_url(&self, name: &str) -> String {
        format!("http://{}/000000000000/{name}", self.address)
    }

    /// Variables that lead an AWS client here.
    pub(crate) fn environment(&self) -> [(&'static str, String); 6] {
        [
            ("AWS_ENDPOINT_URL", format!("http://{}", self.address)),
            ("AWS_REGION", "eu-central-1".to_owned()),
            ("AWS_DEFAULT_REGION", "eu-central-1".to_owned()),
            ("AWS_ACCESS_KEY_ID", "test".to_owned()),
            ("AWS_SECRET_ACCESS_KEY", "test".to_owned()),
            ("AWS_EC2_METADATA_DISABLED", "true".to_owned()),
        ]
    }

    /// Ids of the alerts that arrived in a queue, in the order of their arrival.
    pub(crate) fn arrived(&self, queue_url: &str) -> Vec<String> {
        let arrivals = self.arrivals.lock().unwrap_or_else(PoisonError::into_inner);
        arrivals.get(queue_url).cloned().unwrap_or_default()
    }

    /// How many alerts arrived in a queue.
    pub(crate) fn count(&self, queue_url: &str) -> usize {
        let arrivals = self.arrivals.lock().unwrap_or_else(PoisonError::into_inner);
        arrivals.get(queue_url).map_or(0, Vec::len)
    }

    /// When the next poll of the Runtime API came in.
    pub(crate) fn next_poll(&self, limit: Duration) -> Result<Instant> {
        self.polls.recv_timeout(limit).context("no poll of the Runtime API came in")
    }
}

/// A function that polls gets no event: it waits until it is killed.
async fn next(State(shared): State<Shared>) {
    // Nobody listens only when the bench is about to end.
    let _ended = shared.polls.send(Instant::now());
    pending::<()>().await;
}

/// One operation of an AWS JSON protocol.
async fn call(State(shared): State<Shared>, headers: HeaderMap, body: Bytes) -> Response {
    let target = headers.get("x-amz-target").and_then(|target| target.to_str().ok()).unwrap_or_default();
    match target {
        "AmazonSQS.SendMessage" | "AmazonSQS.SendMessageBatch" => send(&shared, &body),
        "AmazonSSM.GetParameter" => {
            ok(&json!({"Parameter": {"Name": "key", "Type": "SecureString", "Value": "bench", "Version": 1}}))
        }
        "DynamoDB_20120810.GetItem" => ok(&json!({})),
        "DynamoDB_20120810.Query" => ok(&json!({"Items": [], "Count": 0, "ScannedCount": 0})),
        _ => StatusCode::BAD_REQUEST.into_response(),
    }
}

/// Both requests: one message, or a batch of entries.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct SendRequest {
    queue_url: String,
    message_body: Option<String>,
    #[serde(default)]
    entries: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Entry {
    id: String,
    message_body: String,
}

fn send(shared: &Shared, body: &[u8]) -> Response {
    let Ok(SendRequest { queue_url, message_body, entries }) = serde_json::from_slice(body) else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    let bodies = message_body.iter().chain(entries.iter().map(|entry| &entry.message_body));
    let mut arrivals = shared.arrivals.lock().unwrap_or_else(PoisonError::into_inner);
    arrivals.entry(queue_url).or_default().extend(bodies.filter_map(|body| alert::id(body)));
    drop(arrivals);
    if message_body.is_some() {
        return ok(&json!({"MessageId": "m", "MD5OfMessageBody": "0"}));
    }
    let taken =
        entries.iter().map(|entry| json!({"Id": entry.id, "MessageId": "m", "MD5OfMessageBody": "0"}));
    ok(&json!({"Successful": taken.collect::<Vec<Value>>(), "Failed": []}))
}

fn ok(answer: &Value) -> Response {
    ([(header::CONTENT_TYPE, "application/x-amz-json-1.0")], answer.to_string()).into_response()
}
