//! A loopback server with a script. It is the parameter store as well, so that keys can be rotated.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use futures_util::stream::{self, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::super::Dialect;
use super::KEY;

#[derive(Clone)]
pub enum Reply {
    Says {
        status: u16,
        headers: Vec<(&'static str, String)>,
        body: Vec<u8>,
    },
    /// 2 MB without an announced length.
    Floods,
    /// A letter every 50 ms, for ever.
    Drips,
    Hangs,
}

impl Reply {
    pub fn error(status: u16, body: &str) -> Self {
        // Impatient, so that the tests are quick.
        Self::Says { status, headers: vec![("retry-after-ms", "1".into())], body: body.into() }
    }

    pub fn header(mut self, name: &'static str, value: &str) -> Self {
        if let Self::Says { headers, .. } = &mut self {
            headers.retain(|(known, _)| !(name.starts_with("retry") && known.starts_with("retry")));
            headers.push((name, value.to_owned()));
        }
        self
    }

    /// The model says this, and comes to the end of it.
    pub fn text(dialect: Dialect, text: &str) -> Self {
        Self::ended(dialect, text, true)
    }

    /// The model says this, and is cut.
    pub fn cut(dialect: Dialect, text: &str) -> Self {
        Self::ended(dialect, text, false)
    }

    pub fn refusal(dialect: Dialect) -> Self {
        Self::json(&match dialect {
            Dialect::Responses => json!({"status": "completed", "output": [
                {"type": "message", "content": [{"type": "refusal", "refusal": "I cannot."}]}]}),
            Dialect::Chat => json!({"choices": [
                {"finish_reason": "stop", "message": {"content": null, "refusal": "I cannot."}}]}),
        })
    }

    pub fn empty(dialect: Dialect) -> Self {
        Self::json(&match dialect {
            Dialect::Responses => json!({"status": "completed", "output": []}),
            Dialect::Chat => json!({"choices": []}),
        })
    }

    fn ended(dialect: Dialect, text: &str, complete: bool) -> Self {
        Self::json(&match dialect {
            Dialect::Responses => json!({
                "model": "small-2026", "status": if complete { "completed" } else { "incomplete" },
                "incomplete_details": if complete { Value::Null } else { json!({"reason": "max_output_tokens"}) },
                "output": [{"type": "reasoning"},
                           {"type": "message", "content": [{"type": "output_text", "text": text}]}],
                "usage": {"input_tokens": 100, "input_tokens_details": {"cached_tokens": 60},
                          "output_tokens": 20, "output_tokens_details": {"reasoning_tokens": 5}},
            }),
            Dialect::Chat => json!({
                "model": "small-2026",
                "choices": [{"finish_reason": if complete { "stop" } else { "length" },
                             "message": {"content": text, "refusal": null}}],
                "usage": {"prompt_tokens": 100, "prompt_tokens_details": {"cached_tokens": 60},
                          "completion_tokens": 20, "completion_tokens_details": {"reasoning_tokens": 5}},
            }),
        })
    }

    fn json(document: &Value) -> Self {
        let headers = vec![("x-request-id", "req_1".into())];
        Self::Says { status: 200, headers, body: document.to_string().into_bytes() }
    }
}

/// What came in, except for the parameter store.
#[derive(Clone)]
pub struct Received {
    pub path: String,
    pub headers: HeaderMap,
    pub body: Value,
}

#[derive(Default)]
struct Script {
    replies: VecDeque<Reply>,
    last: Option<Reply>,
    keys: VecDeque<String>,
    received: Vec<Received>,
}

pub struct Server {
    pub url: String,
    script: Arc<Mutex<Script>>,
}

impl Server {
    /// Gives these replies in turn, the last of them for ever.
    pub async fn with(replies: impl IntoIterator<Item = Reply>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let script =
            Arc::new(Mutex::new(Script { replies: replies.into_iter().collect(), ..Script::default() }));
        let played = Arc::clone(&script);
        let handler = move |uri: Uri, headers: HeaderMap, body: Bytes| {
            let played = Arc::clone(&played);
            async move { play(&played, &uri, headers, &body).await }
        };
        tokio::spawn(async { axum::serve(listener, Router::new().fallback(handler)).await });
        Self { url, script }
    }

    /// From now on there is only this reply.
    pub fn says(&self, reply: Reply) {
        let mut script = lock(&self.script);
        script.replies.clear();
        script.last = Some(reply);
    }

    /// The values of the key's parameter, one for each time it is read; the last stays.
    pub fn keys<'a>(&self, keys: impl IntoIterator<Item = &'a str>) {
        lock(&self.script).keys = keys.into_iter().map(str::to_owned).collect();
    }

    pub fn received(&self) -> Vec<Received> {
        lock(&self.script).received.clone()
    }

    pub fn bodies(&self) -> Vec<Value> {
        self.received().into_iter().map(|received| received.body).collect()
    }
}

fn lock(script: &Mutex<Script>) -> MutexGuard<'_, Script> {
    script.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn play(script: &Mutex<Script>, uri: &Uri, headers: HeaderMap, body: &[u8]) -> Response {
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    if headers.contains_key("x-amz-target") {
        let mut script = lock(script);
        let key = if script.keys.len() > 1 { script.keys.pop_front() } else { script.keys.front().cloned() };
        let value = key.unwrap_or_else(|| KEY.to_owned());
        return axum::Json(json!({"Parameter": {"Name": "/model-key", "Value": value}})).into_response();
    }
    let reply = {
        let mut script = lock(script);
        script.received.push(Received { path: uri.path().to_owned(), headers, body });
        let next = script.replies.pop_front().or_else(|| script.last.clone()).unwrap();
        script.last = Some(next.clone());
        next
    };
    give(reply).await
}

async fn give(reply: Reply) -> Response {
    match reply {
        Reply::Says { status, headers, body } => {
            let mut response = Response::new(Body::from(body));
            *response.status_mut() = StatusCode::from_u16(status).unwrap();
            for (name, value) in headers {
                response.headers_mut().insert(name, value.parse().unwrap());
            }
            response
        }
        Reply::Floods => {
            let chunk = Bytes::from(vec![b' '; 1 << 16]);
            Response::new(Body::from_stream(stream::iter(vec![Ok::<_, Infallible>(chunk); 32])))
        }
        Reply::Drips => {
            let letters = stream::repeat(Bytes::from_static(b" ")).then(|letter| async {
                tokio::time::sleep(Duration::from_millis(50)).await;
                Ok::<_, Infallible>(letter)
            });
            Response::new(Body::from_stream(letters))
        }
        Reply::Hangs => std::future::pending().await,
    }
}
