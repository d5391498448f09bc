//! A model's server in this process that plays one part after the other, the last one for ever.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::routing::post;
use serde_json::{Value, json};

/// From a request to status and body.
pub(super) type Play = Box<dyn Fn(&Value) -> (u16, String) + Send + Sync>;

pub(super) struct Server {
    pub url: String,
    asked: Arc<Mutex<Vec<Value>>>,
}

struct Stage {
    plays: Vec<Play>,
    asked: Arc<Mutex<Vec<Value>>>,
}

impl Server {
    pub async fn start(plays: impl IntoIterator<Item = Play>) -> Self {
        let asked = Arc::new(Mutex::new(Vec::new()));
        let stage = Stage { plays: plays.into_iter().collect(), asked: Arc::clone(&asked) };
        // Whatever is no question to a model is one to DynamoDB, which knows nobody.
        let stranger = async || (StatusCode::BAD_REQUEST, r#"{"__type":"AccessDeniedException"}"#);
        let router = Router::new()
            .route("/v1/chat/completions", post(play))
            .with_state(Arc::new(stage))
            .fallback(stranger);
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url, asked }
    }

    /// The models that were asked, in order.
    pub fn models(&self) -> Vec<String> {
        let asked = self.asked.lock().unwrap();
        asked.iter().map(|request| request["model"].as_str().unwrap_or_default().to_owned()).collect()
    }
}

async fn play(State(stage): State<Arc<Stage>>, body: String) -> impl IntoResponse {
    let request: Value = serde_json::from_str(&body).unwrap();
    let turn = {
        let mut asked = stage.asked.lock().unwrap();
        asked.push(request.clone());
        asked.len() - 1
    };
    let play = stage.plays.get(turn).or(stage.plays.last()).unwrap();
    let (status, body) = play(&request);
    // The model's name comes back with its day.
    let body = body.replace("MODEL", request["model"].as_str().unwrap_or_default());
    let status = StatusCode::from_u16(status).unwrap();
    (status, [("x-request-id", "req_1"), ("content-type", "application/json")], body)
}

pub(super) fn says(status: u16, body: &str) -> Play {
    let body = body.to_owned();
    Box::new(move |_| (status, body.clone()))
}

/// A whole answer that cites this value as the source address.
pub(super) fn answer(verdict: &str, what_happened: &str, cited: &str) -> Play {
    let content = json!({
        "what_happened": what_happened,
        "evidence": [{"path": "/data/srcip", "value": cited, "meaning": "the source", "points_to": "malicious"}],
        "attack": [], "benign_explanation": "b", "malicious_explanation": "m", "missing_information": [],
        "embedded_instructions": [], "verdict": verdict, "confidence": "medium", "severity": "high",
        "severity_reason": "r", "headline": "h", "recommended_actions": [], "tuning_hint": null,
    });
    says(200, &completion("stop", &json!({"content": content.to_string()})).1)
}

pub(super) fn refused(words: &str) -> Play {
    says(200, &completion("stop", &json!({"content": null, "refusal": words})).1)
}

pub(super) fn completion(finish: &str, message: &Value) -> (u16, String) {
    let body = json!({
        "id": "chatcmpl-1", "object": "chat.completion", "model": "MODEL-2026-03-17",
        "choices": [{"index": 0, "finish_reason": finish, "message": message}],
        "usage": {
            "prompt_tokens": 2_500, "prompt_tokens_details": {"cached_tokens": 1_500},
            "completion_tokens": 900, "total_tokens": 3_400,
        },
    });
    (200, body.to_string())
}
