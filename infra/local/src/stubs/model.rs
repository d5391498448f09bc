//! `OpenAI`'s chat completions with structured output: <https://platform.openai.com/docs/api-reference/chat>.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::answer::{self, Tone};
use super::control::{Behaviour, Plan, Switchboard, Switched, Switches};
use super::{header_text, is_refused, schema, web_page};

/// How the model behaves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    #[default]
    Ok,
    /// Right, but late.
    Slow,
    /// 500.
    Error,
    /// 503.
    Overloaded,
    /// 429 with `retry-after`: too many requests or tokens a minute.
    RateLimit,
    /// 429 without hope: the money is spent.
    Quota,
    /// 401, whatever the key.
    Unauthorized,
    /// 404: no such model.
    NoModel,
    /// 400: the prompt is too long.
    TooLong,
    /// 400: the content policy turns the prompt away.
    Policy,
    /// 400: the model does not know `response_format`.
    NoSchema,
    /// 200, and the model declines.
    Refuse,
    /// 200, and the answer ends in the middle.
    Cut,
    /// 200, and the answer is not JSON.
    Broken,
    /// 200, and the answer is JSON of another shape.
    WrongShape,
    /// 200, and the evidence is not in the alert.
    Lie,
    /// 200, and the model calls everything a false positive.
    Downplay,
    /// 200 with a web page.
    Html,
}

impl Switched for Mode {
    const PROVIDER: &'static str = "model";
    const SLOW: Self = Self::Slow;

    fn switch(switches: &mut Switches) -> &mut Behaviour<Self> {
        &mut switches.model
    }
}

pub(super) async fn chat_completions(
    State(switchboard): State<Arc<Switchboard>>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let request: Value = serde_json::from_slice(&body).unwrap_or_default();
    let plan: Plan<Mode> = switchboard.plan("/v1/chat/completions", request.clone());
    tokio::time::sleep(plan.delay).await;
    let key = header_text(&headers, header::AUTHORIZATION).strip_prefix("Bearer ").unwrap_or_default();
    let answer = answer(plan.mode, key, &request);
    let request_id = [(
        HeaderName::from_static("x-request-id"),
        format!("req_stub_{}", Timestamp::now().as_millisecond()),
    )];
    (request_id, answer).into_response()
}

fn answer(mode: Mode, key: &str, request: &Value) -> Response {
    match mode {
        Mode::Ok | Mode::Slow => decide(key, request, Tone::Plausible),
        Mode::Lie => decide(key, request, Tone::Lying),
        Mode::Downplay => decide(key, request, Tone::Downplaying),
        Mode::Error => refuse(
            500,
            "server_error",
            None,
            "The server had an error while processing your request. Sorry about that!",
        ),
        Mode::Overloaded => refuse(
            503,
            "service_unavailable",
            Some("slow_down"),
            "The engine is currently overloaded, please try again later.",
        ),
        Mode::RateLimit => rate_limited(),
        Mode::Quota => refuse(
            429,
            "insufficient_quota",
            Some("insufficient_quota"),
            "You exceeded your current quota, please check your plan and billing details.",
        ),
        Mode::Unauthorized => unauthorized(),
        Mode::NoModel => refuse(
            404,
            "invalid_request_error",
            Some("model_not_found"),
            "The model does not exist or you do not have access to it.",
        ),
        Mode::TooLong => refuse(
            400,
            "invalid_request_error",
            Some("context_length_exceeded"),
            "This model's maximum context length is 128000 tokens. Please reduce the length of the messages.",
        ),
        Mode::Policy => refuse(
            400,
            "invalid_request_error",
            Some("invalid_prompt"),
            "Invalid prompt: your prompt was flagged as potentially violating our usage policy.",
        ),
        Mode::NoSchema => refuse(
            400,
            "invalid_request_error",
            None,
            "Invalid parameter: 'response_format' of type 'json_schema' is not supported with this model.",
        ),
        Mode::Refuse => completion(
            request,
            &json!({"content": null, "refusal": "I'm sorry, I can't help with that."}),
            "stop",
        ),
        Mode::Cut => completion(request, &says(r#"{"what_happened":"An addr"#), "length"),
        Mode::Broken => {
            completion(request, &says("Sure! Here is the analysis you asked for: {what_happened"), "stop")
        }
        Mode::WrongShape => {
            completion(request, &says(r#"{"summary":"something","verdict":"malicious"}"#), "stop")
        }
        Mode::Html => web_page(StatusCode::OK),
    }
}

/// What the real service does when nothing is wrong with it.
fn decide(key: &str, request: &Value, tone: Tone) -> Response {
    if is_refused(key) {
        return unauthorized();
    }
    if request.get("model").and_then(Value::as_str).is_none() {
        return refuse(400, "invalid_request_error", None, "you must provide a model parameter");
    }
    let Some(messages) =
        request.get("messages").and_then(Value::as_array).filter(|messages| !messages.is_empty())
    else {
        return refuse(400, "invalid_request_error", None, "Missing required parameter: 'messages'.");
    };
    let explanation = answer::explain(&answer::question(messages), tone);
    let format = request.get("response_format").unwrap_or(&Value::Null);
    let content = match format.get("type").and_then(Value::as_str) {
        Some("json_schema") => match schema::strict(format) {
            Ok(schema) => schema::fit(&explanation, schema).to_string(),
            Err(problem) => return refuse(400, "invalid_request_error", None, &problem),
        },
        Some("json_object") => explanation.to_string(),
        _ => format!("```json\n{explanation}\n```"),
    };
    completion(request, &says(&content), "stop")
}

fn says(content: &str) -> Value {
    json!({"content": content, "refusal": null})
}

fn completion(request: &Value, message: &Value, finish_reason: &str) -> Response {
    let prompt_tokens = request.to_string().len() / 4;
    let completion_tokens = message.to_string().len() / 4;
    Json(json!({
        "id": "chatcmpl-stub",
        "object": "chat.completion",
        "created": Timestamp::now().as_second(),
        "model": request.get("model"),
        "choices": [{
            "index": 0,
            "message": {
                "role": "assistant",
                "content": message.get("content"),
                "refusal": message.get("refusal"),
                "annotations": [],
            },
            "logprobs": null,
            "finish_reason": finish_reason,
        }],
        "usage": {
            "prompt_tokens": prompt_tokens,
            "completion_tokens": completion_tokens,
            "total_tokens": prompt_tokens + completion_tokens,
            "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
            "completion_tokens_details": {"reasoning_tokens": 0, "audio_tokens": 0},
        },
        "service_tier": "default",
        "system_fingerprint": "fp_stub",
    }))
    .into_response()
}

fn unauthorized() -> Response {
    refuse(401, "invalid_request_error", Some("invalid_api_key"), "Incorrect API key provided.")
}

fn rate_limited() -> Response {
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

fn refuse(status: u16, kind: &str, code: Option<&str>, message: &str) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    (status, Json(json!({"error": {"message": message, "type": kind, "param": null, "code": code}})))
        .into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request() -> Value {
        let alert = json!({"trusted": {"rule": {"level": 10, "description": "sshd: brute force"}},
                           "untrusted_log_data": {"data": {"srcip": "203.0.113.24"}, "full_log": "Failed password"}});
        let text = json!({"type": "string"});
        json!({
            "model": "gpt-test",
            "messages": [{"role": "system", "content": "rules"}, {"role": "user", "content": alert.to_string()}],
            "response_format": {"type": "json_schema", "json_schema": {"name": "analysis", "strict": true, "schema": {
                "type": "object", "additionalProperties": false, "required": ["what_happened", "verdict"],
                "properties": {"what_happened": text, "verdict": {"type": "string", "enum": ["true_positive", "undetermined"]}}
            }}}
        })
    }

    async fn body(response: Response) -> Value {
        let bytes = axum::body::to_bytes(response.into_body(), 1 << 20).await.unwrap();
        serde_json::from_slice(&bytes).unwrap_or_default()
    }

    #[tokio::test]
    async fn every_mode_is_the_trouble_it_names() {
        for (mode, status, pointer, says) in [
            (Mode::Unauthorized, 401, "/error/code", "invalid_api_key"),
            (Mode::Quota, 429, "/error/type", "insufficient_quota"),
            (Mode::RateLimit, 429, "/error/code", "rate_limit_exceeded"),
            (Mode::TooLong, 400, "/error/code", "context_length_exceeded"),
            (Mode::Policy, 400, "/error/code", "invalid_prompt"),
            (Mode::NoSchema, 400, "/error/type", "invalid_request_error"),
            (Mode::NoModel, 404, "/error/code", "model_not_found"),
            (Mode::Error, 500, "/error/type", "server_error"),
            (Mode::Overloaded, 503, "/error/code", "slow_down"),
            (Mode::Cut, 200, "/choices/0/finish_reason", "length"),
            (Mode::Refuse, 200, "/choices/0/message/refusal", "I'm sorry, I can't help with that."),
            (Mode::WrongShape, 200, "/choices/0/finish_reason", "stop"),
        ] {
            let answer = answer(mode, "key", &request());
            assert_eq!(answer.status(), status, "{mode:?}");
            assert_eq!(body(answer).await.pointer(pointer), Some(&json!(says)), "{mode:?}");
        }
        let limited = answer(Mode::RateLimit, "key", &request());
        assert_eq!(header_text(limited.headers(), "retry-after"), "1");
    }

    #[tokio::test]
    async fn an_answer_fits_the_schema_that_was_sent() {
        let completion = body(answer(Mode::Ok, "key", &request())).await;
        let content = completion.pointer("/choices/0/message/content").and_then(Value::as_str).unwrap();
        let content: Value = serde_json::from_str(content).unwrap();
        let keys: Vec<&String> = content.as_object().unwrap().keys().collect();
        assert_eq!(keys, ["what_happened", "verdict"]);
        assert_eq!(content["verdict"], "true_positive");
        assert_eq!(completion["model"], "gpt-test");
    }

    #[tokio::test]
    async fn a_bad_request_is_refused_as_the_real_service_would() {
        let mut loose = request();
        loose["response_format"]["json_schema"]["schema"]["additionalProperties"] = json!(true);
        let no_messages = json!({"model": "m", "messages": []});
        for (key, request, status) in [
            ("", request(), 401),
            ("wrong", request(), 401),
            ("key", json!({}), 400),
            ("key", no_messages, 400),
            ("key", loose, 400),
        ] {
            assert_eq!(answer(Mode::Ok, key, &request).status(), status, "{key} {request}");
        }
    }
}
