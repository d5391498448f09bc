//! The real services' words when they turn a request away.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;

pub(super) fn unauthorized() -> Response {
    refuse(401, "invalid_request_error", Some("invalid_api_key"), "Incorrect API key provided.")
}

pub(super) fn rate_limited() -> Response {
    let headers = [
        ("retry-after", "1"),
        ("retry-after-ms", "800"),
        ("x-ratelimit-limit-requests", "500"),
        ("x-ratelimit-remaining-requests", "0"),
        ("x-ratelimit-reset-requests", "800ms"),
    ];
    let answer = refuse(
        429,
        "requests",
        Some("rate_limit_exceeded"),
        "Rate limit reached on requests per min (RPM): Limit 500, Used 500, Requested 1. Please try again in 800ms.",
    );
    (headers, answer).into_response()
}

pub(super) fn azure_policy() -> Response {
    let error = json!({"error": {
        "message": "The response was filtered due to the prompt triggering the content management policy.",
        "type": null,
        "param": "prompt",
        "code": "content_filter",
        "status": 400,
        "innererror": {
            "code": "ResponsibleAIPolicyViolation",
            "content_filter_result": {
                "hate": {"filtered": false, "severity": "safe"},
                "jailbreak": {"filtered": true, "detected": true},
            },
        },
    }});
    (StatusCode::BAD_REQUEST, Json(error)).into_response()
}

pub(super) fn unknown(parameter: &str) -> Response {
    let message = format!("Unsupported parameter: '{parameter}' is not supported with this model.");
    let error = json!({"error": {
        "message": message, "type": "invalid_request_error", "param": parameter, "code": "unsupported_parameter",
    }});
    (StatusCode::BAD_REQUEST, Json(error)).into_response()
}

pub(super) fn refuse(status: u16, kind: &str, code: Option<&str>, message: &str) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    (status, Json(json!({"error": {"message": message, "type": kind, "param": null, "code": code}})))
        .into_response()
}
