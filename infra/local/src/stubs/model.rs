//! `OpenAI`'s Chat Completions and Responses with structured output, and everything that can be wrong with them:
//! <https://platform.openai.com/docs/api-reference/chat>, <https://platform.openai.com/docs/api-reference/responses>.

mod refusals;
#[cfg(test)]
mod tests;
mod wire;

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use self::refusals::{azure_policy, rate_limited, refuse, unauthorized, unknown};
use self::wire::{Dialect, Format, Reply};
use super::answer::{self, Tone};
use super::control::{Behaviour, Plan, Switchboard, Switched, Switches};
use super::{header_text, is_refused, schema, trouble, web_page};

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
    /// 400: the usage policy turns the prompt away.
    Policy,
    /// 400: the prompt looks like an attack.
    PolicyCyber,
    /// 400: Azure's content filter has found a jailbreak.
    PolicyAzure,
    /// 200, and the content filter has stopped the answer.
    Filtered,
    /// 400 for a schema; a JSON object can be asked for.
    NoSchema,
    /// 400 for any format: only the prompt can ask for JSON.
    NoFormat,
    /// 400 for what servers did not know in 2024: `max_completion_tokens`, `prompt_cache_key`.
    OldServer,
    /// 302 to another host.
    Elsewhere,
    /// 200, and the model declines.
    Refuse,
    /// 200, and the answer ends in the middle.
    Cut,
    /// 200, and the answer is not JSON.
    Broken,
    /// 200, and the answer is JSON of another shape.
    WrongShape,
    /// 200, and there is no answer in it.
    Empty,
    /// 200, and the evidence is not in the alert: invented pointers and values.
    Lie,
    /// 200, and techniques that no table knows, or that the rule does not name.
    InventedIds,
    /// 200, and links in the text.
    Links,
    /// 200, and a part of the instructions in the text: the first word that begins with `CANARY-`.
    Leak,
    /// 200, and the model calls everything a false positive.
    Downplay,
    /// 200 with a web page.
    Html,
    /// 200, and far too much of it.
    Huge,
    /// 200, and it does not end.
    Drip,
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
    serve(Dialect::Chat, &switchboard, &headers, &body).await
}

pub(super) async fn responses(
    State(switchboard): State<Arc<Switchboard>>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    serve(Dialect::Responses, &switchboard, &headers, &body).await
}

async fn serve(dialect: Dialect, switchboard: &Switchboard, headers: &HeaderMap, body: &[u8]) -> Response {
    let request: Value = serde_json::from_slice(body).unwrap_or_default();
    let plan: Plan<Mode> = switchboard.plan(dialect.path(), request.clone());
    tokio::time::sleep(plan.delay).await;
    let answer = answer(dialect, plan.mode, key(headers), &request);
    let request_id = [(
        HeaderName::from_static("x-request-id"),
        format!("req_stub_{}", Timestamp::now().as_millisecond()),
    )];
    (request_id, answer).into_response()
}

/// What `OpenAI`, Azure, or Amazon with a signature is shown.
fn key(headers: &HeaderMap) -> &str {
    let authorization = header_text(headers, header::AUTHORIZATION);
    let azure = header_text(headers, "api-key");
    match authorization.strip_prefix("Bearer ") {
        Some(key) => key,
        None if authorization.starts_with("AWS4-HMAC-SHA256 ") => authorization,
        None => azure,
    }
}

fn answer(dialect: Dialect, mode: Mode, key: &str, request: &Value) -> Response {
    let bad = |code, message| refuse(400, "invalid_request_error", code, message);
    let says = |text: &str| dialect.write(request, &Reply::Says(text.to_owned()));
    match mode {
        Mode::Ok | Mode::Slow | Mode::NoSchema | Mode::NoFormat | Mode::OldServer => {
            match unsupported(dialect, mode, request) {
                Some(parameter) => unknown(parameter),
                None => decide(dialect, key, request, Tone::Plausible),
            }
        }
        Mode::Lie => decide(dialect, key, request, Tone::Lying),
        Mode::InventedIds => decide(dialect, key, request, Tone::Inventing),
        Mode::Links => decide(dialect, key, request, Tone::Linking),
        Mode::Leak => decide(dialect, key, request, Tone::Leaking),
        Mode::Downplay => decide(dialect, key, request, Tone::Downplaying),
        Mode::Error => refuse(500, "server_error", None, "The server had an error. Sorry about that!"),
        Mode::Overloaded => {
            refuse(503, "service_unavailable", Some("slow_down"), "The engine is currently overloaded.")
        }
        Mode::RateLimit => rate_limited(),
        Mode::Quota => {
            refuse(429, "insufficient_quota", Some("insufficient_quota"), "You exceeded your current quota.")
        }
        Mode::Unauthorized => unauthorized(),
        Mode::NoModel => {
            refuse(404, "invalid_request_error", Some("model_not_found"), "The model does not exist.")
        }
        Mode::TooLong => bad(
            Some("context_length_exceeded"),
            "This model's maximum context length is 128000 tokens. Please reduce the length of the messages.",
        ),
        Mode::Policy => bad(Some("invalid_prompt"), "Invalid prompt: it was flagged by our usage policy."),
        Mode::PolicyCyber => {
            bad(Some("cyber_policy"), "This request was flagged for possible cybersecurity risk.")
        }
        Mode::PolicyAzure => azure_policy(),
        Mode::Elsewhere => trouble::elsewhere(),
        Mode::Refuse => dialect.write(request, &Reply::Refuses("I'm sorry, I can't help with that.")),
        Mode::Filtered => dialect.write(request, &Reply::Filtered),
        Mode::Cut => dialect.write(request, &Reply::Cut(r#"{"what_happened":"An addr"#.to_owned())),
        Mode::Broken => says("Sure! Here is the analysis you asked for: {what_happened"),
        Mode::WrongShape => says(r#"{"summary":"something","verdict":"malicious"}"#),
        Mode::Empty => dialect.write(request, &Reply::Nothing),
        Mode::Html => web_page(StatusCode::OK),
        Mode::Huge => trouble::huge(&dialect.document(request, &Reply::Says("{}".to_owned()))),
        Mode::Drip => trouble::drip(&dialect.document(request, &Reply::Says("{}".to_owned()))),
    }
}

/// The first parameter of the request that a server of less than today's abilities does not know.
fn unsupported(dialect: Dialect, mode: Mode, request: &Value) -> Option<&'static str> {
    let news = ["max_completion_tokens", "prompt_cache_key"];
    match (mode, dialect.wants(request)) {
        (Mode::NoSchema, "json_schema") | (Mode::NoFormat, "json_schema" | "json_object") => {
            Some(dialect.format_name())
        }
        (Mode::OldServer, _) => news.into_iter().find(|name| request.get(name).is_some()),
        _ => None,
    }
}

/// What the real service does when nothing is wrong with it.
fn decide(dialect: Dialect, key: &str, request: &Value, tone: Tone) -> Response {
    if is_refused(key) {
        return unauthorized();
    }
    let asked = match dialect.read(request) {
        Ok(asked) => asked,
        Err(problem) => return refuse(400, "invalid_request_error", None, &problem),
    };
    let explanation = answer::explain(&asked.document, &asked.instructions, tone);
    let text = match asked.format {
        Format::Schema(schema) => schema::fit(&explanation, &schema).to_string(),
        Format::Object => explanation.to_string(),
        Format::Text => format!("```json\n{explanation}\n```"),
    };
    dialect.write(request, &Reply::Says(text))
}
