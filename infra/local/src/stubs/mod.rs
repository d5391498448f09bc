//! Stand-ins for the providers: the real shapes, the real errors, and a switch for every kind of trouble.
//!
//! `GET /api/v2/check` is `AbuseIPDB`, `POST /v1/chat/completions` is `OpenAI`. `POST /control` switches, for
//! example `{"provider":"model","mode":"rate_limit","times":2}`; see [`control`].

mod abuseipdb;
mod answer;
pub mod control;
mod model;
mod schema;

use std::sync::Arc;

use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::json;
use tokio::net::TcpListener;

pub use abuseipdb::Mode as AbuseIpDbMode;
pub use control::{Order, Recorded, Requests, Switchboard};
pub use model::Mode as ModelMode;

/// Serves until dropped.
pub async fn serve(listener: TcpListener) {
    // The error would be the listener's, and axum::serve retries those.
    let _never = axum::serve(listener, router(Arc::default())).await;
}

fn router(switchboard: Arc<Switchboard>) -> Router {
    Router::new()
        .route("/api/v2/check", get(abuseipdb::check))
        .route("/v1/chat/completions", post(model::chat_completions))
        .route("/control", post(control::switch))
        .route("/control/requests", get(control::requests))
        .route("/control/log", get(control::log))
        .route("/control/reset", post(control::reset))
        .fallback(not_found)
        .with_state(switchboard)
}

async fn not_found() -> Response {
    let error = json!({"error": {"message": "Invalid URL", "type": "invalid_request_error", "param": null, "code": null}});
    (StatusCode::NOT_FOUND, Json(error)).into_response()
}

/// The page that a provider's front door shows when the provider behind it is not well.
fn web_page(status: StatusCode) -> Response {
    let page = "<!DOCTYPE html><html><head><title>Error</title></head><body><h1>Something went wrong</h1></body></html>";
    (status, Html(page)).into_response()
}

/// True for a key that the real service would turn away.
fn is_refused(key: &str) -> bool {
    key.is_empty() || key.starts_with("wrong")
}

fn header_text(headers: &HeaderMap, name: impl header::AsHeaderName) -> &str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}
