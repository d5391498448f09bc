//! A server on a free port that answers as it is told and remembers what it was asked.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::response::Response;
use tokio::net::TcpListener;

/// One request.
#[derive(Clone, Debug)]
pub struct Asked {
    pub path: String,
    pub query: BTreeMap<String, String>,
    pub headers: BTreeMap<String, String>,
    pub body: String,
}

impl Asked {
    pub fn number(&self, name: &str) -> usize {
        self.query.get(name).and_then(|number| number.parse().ok()).unwrap_or_default()
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(String::as_str).unwrap_or_default()
    }
}

pub struct Stub {
    pub url: String,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Stub {
    /// `answer` gets each request and its number, from 1.
    pub async fn new(answer: impl Fn(&Asked, usize) -> Response + Send + Sync + 'static) -> Self {
        let asked: Arc<Mutex<Vec<Asked>>> = Arc::default();
        let log = Arc::clone(&asked);
        let answer = Arc::new(answer);
        let router = Router::new().fallback(move |request: Request| {
            let (log, answer) = (Arc::clone(&log), Arc::clone(&answer));
            async move {
                let (head, body) = request.into_parts();
                let query = reqwest::Url::parse(&format!("http://stub{}", head.uri)).unwrap();
                let asked = Asked {
                    path: head.uri.path().to_owned(),
                    query: query.query_pairs().map(|(name, value)| (name.into(), value.into())).collect(),
                    headers: head
                        .headers
                        .iter()
                        .map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()))
                        .collect(),
                    body: String::from_utf8(to_bytes(body, usize::MAX).await.unwrap().into()).unwrap(),
                };
                let number = {
                    let mut log = log.lock().unwrap();
                    log.push(asked.clone());
                    log.len()
                };
                answer(&asked, number)
            }
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { url, asked }
    }

    /// The same text for everybody, with an `ETag` that is honoured.
    pub async fn text(text: &str) -> Self {
        let text = text.to_owned();
        Self::new(move |asked, _| versioned(asked, &text)).await
    }

    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }
}

pub fn ok(text: impl Into<Body>) -> Response {
    Response::new(text.into())
}

pub fn status(status: u16) -> Response {
    Response::builder().status(status).body(Body::empty()).unwrap()
}

/// The text, or that it has not changed: its length is its version.
pub fn versioned(asked: &Asked, text: &str) -> Response {
    let etag = format!("\"{}\"", text.len());
    if asked.header("if-none-match") == etag {
        return status(304);
    }
    Response::builder().header("ETag", etag).body(Body::from(text.to_owned())).unwrap()
}
