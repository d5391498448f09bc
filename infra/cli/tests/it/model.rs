//! A model's server in this process: what it answers is decided for each document.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

/// What it does with one question.
pub enum Reply {
    Says(u16, Value),
    /// It never answers.
    Hangs,
}

/// From the document that the model is shown.
type Play = dyn Fn(&Value) -> Reply + Send + Sync;

pub struct Model {
    pub url: String,
    stage: Arc<Stage>,
    // The server lives as long as it.
    _runtime: Runtime,
}

struct Stage {
    play: Box<Play>,
    asked: Mutex<Vec<Value>>,
}

impl Model {
    pub fn start(play: impl Fn(&Value) -> Reply + Send + Sync + 'static) -> Self {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let url = format!("http://{}/v1", listener.local_addr().unwrap());
        let stage = Arc::new(Stage { play: Box::new(play), asked: Mutex::default() });
        let router = Router::new().route("/v1/chat/completions", post(answer)).with_state(Arc::clone(&stage));
        runtime.spawn(async move { axum::serve(listener, router).await });
        Self { url, stage, _runtime: runtime }
    }

    /// The documents that it was asked about.
    pub fn asked(&self) -> Vec<Value> {
        self.stage.asked.lock().unwrap().clone()
    }
}

async fn answer(State(stage): State<Arc<Stage>>, body: String) -> Response {
    let request: Value = serde_json::from_str(&body).unwrap();
    let messages = request["messages"].as_array().unwrap();
    let document = messages.iter().find(|message| message["role"] == "user").unwrap();
    let document: Value = serde_json::from_str(document["content"].as_str().unwrap()).unwrap();
    let reply = (stage.play)(&document);
    stage.asked.lock().unwrap().push(document);
    let Reply::Says(status, body) = reply else { return std::future::pending().await };
    // Impatient, so that the tests are quick.
    let headers = [("content-type", "application/json"), ("retry-after-ms", "1")];
    (StatusCode::from_u16(status).unwrap(), headers, body.to_string()).into_response()
}

/// A verdict that cites the host's name, truly, and whatever else is to be in the answer.
pub fn verdict(document: &Value, verdict: &str, points_to: &str, rest: &Value) -> Reply {
    let log = &document["untrusted_log_data"];
    let mut answer = json!({
        "what_happened": "w", "attack": [], "benign_explanation": "b", "malicious_explanation": "m",
        "evidence": [{"path": "/agent/name", "value": log["agent"]["name"], "meaning": "the host", "points_to": points_to}],
        "missing_information": [], "embedded_instructions": [], "verdict": verdict, "confidence": "medium",
        "severity": "high", "severity_reason": "r", "headline": "h", "recommended_actions": [], "tuning_hint": null,
    });
    for (name, value) in rest.as_object().unwrap() {
        answer[name] = value.clone();
    }
    says(&json!({"content": answer.to_string()}))
}

pub fn refuses() -> Reply {
    says(&json!({"content": null, "refusal": "I cannot."}))
}

fn says(message: &Value) -> Reply {
    let body = json!({
        "model": "small-2026-03-17", "choices": [{"index": 0, "finish_reason": "stop", "message": message}],
        "usage": {"prompt_tokens": 2_000, "completion_tokens": 100, "total_tokens": 2_100},
    });
    Reply::Says(200, body)
}
