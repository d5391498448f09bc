//! Stand-ins for the providers: the real shapes, the real errors, and a switch for every kind of trouble.
//!
//! `GET /api/v2/check` is `AbuseIPDB`, `POST /attributes/restSearch` and `POST /sightings/add` are MISP,
//! `GET /api/v1/indicators/{type}/{value}/general` is `AlienVault` OTX, and `POST /v1/chat/completions` and
//! `POST /v1/responses` are `OpenAI`. What is published in bulk is in [`feeds`].
//! `POST /control` switches, for example `{"provider":"model","mode":"rate_limit","times":2}`; see [`control`].

mod abuseipdb;
mod answer;
mod attributes;
pub mod control;
mod feeds;
mod misp;
mod model;
mod otx;
mod pulses;
mod schema;
mod terms;
mod trouble;

use std::sync::Arc;

use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};
use tokio::net::TcpListener;

pub use abuseipdb::Mode as AbuseIpDbMode;
pub use control::{Order, Recorded, Requests, Switchboard};
pub use feeds::Mode as FeedsMode;
pub use misp::Mode as MispMode;
pub use model::Mode as ModelMode;
pub use otx::Mode as OtxMode;

/// The SHA-256 of the file that MISP and OTX have heard of; it holds `wazuh-triage example dropper`.
const DROPPER_SHA256: &str = "6c1e26a70ea2df24d49e5619ec13d30e3aca5b5b8a253d49109eab66d9d5ad77";

/// The record's name for MISP's searches by time.
pub const MISP_HARVEST: &str = "/attributes/restSearch by timestamp";

/// Serves until dropped.
pub async fn serve(listener: TcpListener) {
    // The error would be the listener's, and axum::serve retries those.
    let _never = axum::serve(listener, router(Arc::default())).await;
}

fn router(switchboard: Arc<Switchboard>) -> Router {
    Router::new()
        .route("/api/v2/check", get(abuseipdb::check))
        .route("/attributes/restSearch", post(misp::search))
        .route("/sightings/add", post(misp::sight))
        .route("/users/login", get(misp::login))
        .route("/api/v1/indicators/{section}/{*rest}", get(otx::general))
        .route("/v1/chat/completions", post(model::chat_completions))
        .route("/v1/responses", post(model::responses))
        .merge(feeds::routes())
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

/// The object with these members in place of its own.
fn with(mut object: Value, members: Value) -> Value {
    if let (Value::Object(object), Value::Object(members)) = (&mut object, members) {
        object.extend(members);
    }
    object
}

fn header_text(headers: &HeaderMap, name: impl header::AsHeaderName) -> &str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use reqwest::{Client, StatusCode};

    use super::*;

    async fn started() -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(serve(listener));
        url
    }

    #[tokio::test]
    async fn requests_are_counted_by_provider_and_path_and_no_key_is_kept() {
        let (stub, client) = (started().await, Client::new());
        for (path, status) in [
            ("/api/v1/indicators/url/http%3A%2F%2Fmalware.example.com%2Fdropper.bin/general", 200),
            ("/api/v1/indicators/url/http://malware.example.com/dropper.bin/general", 200),
            ("/api/v1/indicators/IPv6/2001%3Adb8%3A%3Abad/general", 200),
            ("/api/v1/indicators/IPv4/2001%3Adb8%3A%3Abad/general", 400),
            ("/api/v1/indicators/IPv4/203.0.113.24/malware", 404),
            ("/api/v1/indicators/email/a@example.com/general", 404),
        ] {
            let request = client.get(format!("{stub}{path}")).header("X-OTX-API-KEY", "key-of-otx");
            assert_eq!(request.send().await.unwrap().status().as_u16(), status, "{path}");
        }
        let request =
            client.post(format!("{stub}/attributes/restSearch")).header("Authorization", "key-of-misp");
        let answer = request.json(&json!({"value": ["203.0.113.24"]})).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK);
        let found: Value = answer.json().await.unwrap();
        assert_eq!(found["response"]["Attribute"][0]["type"], "ip-src");

        let counts: Value =
            client.get(format!("{stub}/control/requests")).send().await.unwrap().json().await.unwrap();
        let expected = json!({
            "misp": {"/attributes/restSearch": 1},
            "otx": {
                "/api/v1/indicators/IPv4/general": 1,
                "/api/v1/indicators/IPv6/general": 1,
                "/api/v1/indicators/url/general": 2,
            },
        });
        assert_eq!(counts, expected);
        let log = client.get(format!("{stub}/control/log")).send().await.unwrap().text().await.unwrap();
        assert!(log.contains(r#"{"type":"url","value":"http://malware.example.com/dropper.bin"}"#), "{log}");
        assert!(!log.contains("key-of"), "{log}");
    }

    #[tokio::test]
    async fn an_answer_without_end_does_not_tell_its_length_and_blocks_nobody() {
        let (stub, client) = (started().await, Client::new());
        let url = format!("{stub}/api/v2/check?ipAddress=203.0.113.24");
        let get = || client.get(&url).header("Key", "key").header("Accept", "application/json").send();
        for mode in ["huge", "drip"] {
            let order = json!({"provider": "abuseipdb", "mode": mode, "times": 1});
            client.post(format!("{stub}/control")).json(&order).send().await.unwrap();
            let mut endless = get().await.unwrap();
            assert_eq!(endless.content_length(), None, "{mode}");
            let start = endless.chunk().await.unwrap().unwrap();
            assert!(start.starts_with(br#"{"data":{"ipAddress":"203.0.113.24""#), "{mode}");
            assert_eq!(get().await.unwrap().json::<Value>().await.unwrap()["data"]["totalReports"], 1482);
        }
    }
}
