//! What it answers to a GET: schedules, and objects of S3.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::World;

impl World {
    /// A schedule, or an object.
    pub(super) fn get(&mut self, path: &str) -> Response {
        let json = [(header::CONTENT_TYPE, "application/json")];
        if let Some(name) = path.strip_prefix("/schedules/") {
            self.calls.push("GetSchedule".to_owned());
            let (status, body) = match (self.refused.get("GetSchedule"), self.schedules.get(name)) {
                (Some(code), _) => (StatusCode::FORBIDDEN, json!({"__type": code})),
                (None, Some(state)) => (
                    StatusCode::OK,
                    json!({"Name": name, "State": state, "ScheduleExpression": "rate(15 minutes)"}),
                ),
                (None, None) => (StatusCode::NOT_FOUND, json!({"__type": "ResourceNotFoundException"})),
            };
            return (status, json, body.to_string()).into_response();
        }
        self.calls.push("GetObject".to_owned());
        let failure =
            |status, code: &str| (status, format!("<Error><Code>{code}</Code></Error>")).into_response();
        match (self.refused.get("GetObject"), self.objects.get(path.trim_start_matches('/'))) {
            (Some(code), _) => failure(StatusCode::FORBIDDEN, code),
            (None, Some(body)) => ([(header::ETAG, "\"a\"")], body.clone()).into_response(),
            (None, None) => failure(StatusCode::NOT_FOUND, "NoSuchKey"),
        }
    }
}
