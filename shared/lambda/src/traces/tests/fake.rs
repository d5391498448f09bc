//! A server that is a collector, an SQS and a provider, and keeps what it is sent.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use serde_json::Value;

/// How the collector behaves.
#[derive(Clone, Copy, Debug)]
pub enum Manners {
    Fine,
    Broken,
    Forbidding,
    Slow,
    Talkative,
}

#[derive(Clone, Debug)]
pub struct Fake {
    pub url: String,
    heard: Arc<Mutex<Vec<Heard>>>,
}

#[derive(Clone, Debug)]
struct Heard {
    path: String,
    headers: HeaderMap,
    body: Value,
}

/// A span as it arrived.
#[derive(Clone, Debug)]
pub struct Arrived {
    pub trace: String,
    pub id: String,
    pub parent: Option<String>,
    pub link: Option<String>,
    pub name: String,
    pub kind: u64,
    pub failed: bool,
    pub attributes: BTreeMap<String, String>,
}

impl Fake {
    pub async fn start(manners: Manners) -> Self {
        let heard = Arc::<Mutex<Vec<Heard>>>::default();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let routes = Router::new()
            .route("/", post(sqs))
            .route(
                "/{*path}",
                post(move |path, state, headers, body| answer(manners, path, state, headers, body)),
            )
            .with_state(heard.clone());
        tokio::spawn(async move { axum::serve(listener, routes).await.unwrap() });
        Self { url, heard }
    }

    fn heard(&self, path: &str) -> Vec<Heard> {
        self.heard.lock().unwrap().iter().filter(|heard| heard.path == path).cloned().collect()
    }

    /// How often spans were brought.
    pub fn exports(&self) -> usize {
        self.heard("v1/traces").len()
    }

    /// A header of the last export.
    pub fn header(&self, name: &str) -> Option<String> {
        self.heard("v1/traces").last()?.headers.get(name)?.to_str().ok().map(str::to_owned)
    }

    /// Everything that the collector was sent, as text.
    pub fn exported(&self) -> String {
        self.heard("v1/traces").iter().map(|heard| heard.body.to_string()).collect()
    }

    pub fn spans(&self) -> Vec<Arrived> {
        let exports = self.heard("v1/traces").into_iter().map(|heard| heard.body);
        exports.flat_map(|body| spans(&body["resourceSpans"][0]["scopeSpans"][0]["spans"])).collect()
    }

    pub fn span(&self, name: &str) -> Arrived {
        let spans = self.spans();
        let found = spans.iter().find(|span| span.name == name);
        found.unwrap_or_else(|| panic!("no span {name} in {spans:#?}")).clone()
    }

    /// The traceparent of each message.
    pub fn traceparents(&self) -> Vec<Option<String>> {
        let of = |heard: Heard| text(&heard.body["MessageAttributes"]["traceparent"]["StringValue"]);
        self.heard("").into_iter().map(of).collect()
    }
}

fn spans(spans: &Value) -> Vec<Arrived> {
    let span = |span: &Value| Arrived {
        trace: text(&span["traceId"]).unwrap(),
        id: text(&span["spanId"]).unwrap(),
        parent: text(&span["parentSpanId"]),
        link: text(&span["links"][0]["traceId"]),
        name: text(&span["name"]).unwrap(),
        kind: span["kind"].as_u64().unwrap(),
        failed: span["status"]["code"] == 2,
        attributes: attributes(&span["attributes"]),
    };
    spans.as_array().unwrap().iter().map(span).collect()
}

fn attributes(attributes: &Value) -> BTreeMap<String, String> {
    let one = |attribute: &Value| {
        let value = &attribute["value"];
        let value = text(&value["stringValue"]).or_else(|| text(&value["intValue"]));
        (text(&attribute["key"]).unwrap(), value.unwrap())
    };
    attributes.as_array().unwrap().iter().map(one).collect()
}

fn text(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned)
}

type Shared = State<Arc<Mutex<Vec<Heard>>>>;

async fn sqs(State(heard): Shared, headers: HeaderMap, body: Bytes) -> Response {
    let body = serde_json::from_slice(&body).unwrap();
    heard.lock().unwrap().push(Heard { path: String::new(), headers, body });
    (StatusCode::OK, r#"{"MessageId":"m1"}"#).into_response()
}

async fn answer(
    manners: Manners,
    Path(path): Path<String>,
    State(heard): Shared,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let body = serde_json::from_slice(&body).unwrap_or_default();
    heard.lock().unwrap().push(Heard { path, headers, body });
    match manners {
        Manners::Fine => (StatusCode::OK, "{}").into_response(),
        Manners::Broken => (StatusCode::INTERNAL_SERVER_ERROR, "no").into_response(),
        Manners::Forbidding => (StatusCode::FORBIDDEN, "no").into_response(),
        Manners::Slow => {
            tokio::time::sleep(Duration::from_secs(30)).await;
            StatusCode::OK.into_response()
        }
        Manners::Talkative => (StatusCode::OK, "x".repeat(8 * 1024 * 1024)).into_response(),
    }
}
