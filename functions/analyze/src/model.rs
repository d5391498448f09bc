//! The model's client: OpenAI's Chat Completions, which nearly every server speaks, over plain `reqwest`.
//!
//! API: <https://platform.openai.com/docs/api-reference/chat>. Whatever goes wrong has a name; nothing is thrown.

use std::time::Duration;

use domain::analysis::{Analysis, NoAnalysis};
use domain::{Alert, EnrichedAlert};
use lambda::http::{self, ClientError};
use lambda::secrets::{Secret, Secrets};
use reqwest::header::{HeaderMap, RETRY_AFTER};
use reqwest::{Response, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::prompt;
use crate::verification::{self, Answer};

/// The client of one model.
#[derive(Debug)]
pub struct Model {
    http: reqwest::Client,
    url: String,
    name: String,
    key_parameter: String,
    secrets: Secrets,
    timeout: Duration,
}

impl Model {
    const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
    /// Reasoning tokens count too: too few, and the answer is cut before it begins.
    const MAX_ANSWER_TOKENS: u32 = 3_000;
    const MAX_BODY_BYTES: usize = 512 * 1024;
    /// A wait that a server asks for is granted up to this.
    const MAX_RETRY_AFTER: Duration = Duration::from_secs(5);

    pub fn new(
        url: &str,
        name: &str,
        key_parameter: &str,
        secrets: Secrets,
        timeout: Duration,
    ) -> Result<Self, ClientError> {
        let http = http::client(Self::CONNECT_TIMEOUT)?.build()?;
        let url = format!("{}/chat/completions", url.trim_end_matches('/'));
        Ok(Self {
            http,
            url,
            name: name.to_owned(),
            key_parameter: key_parameter.to_owned(),
            secrets,
            timeout,
        })
    }

    /// The model's explanation, or the reason why there is none. Takes no longer than `available`.
    pub async fn analyse(&self, enriched: &EnrichedAlert, available: Duration) -> Analysis {
        let end = Instant::now() + available.min(self.timeout);
        match tokio::time::timeout_at(end, self.attempts(enriched, end)).await {
            Ok(Ok(analysis)) => analysis,
            Ok(Err(reason)) => Analysis::Unavailable { reason },
            Err(_elapsed) => Analysis::Unavailable { reason: NoAnalysis::Timeout },
        }
    }

    /// Reads the key ahead of time.
    pub async fn warm_up(&self) {
        let _ = self.secrets.get(&self.key_parameter).await;
    }

    /// One try, and one more where the server may just have had a bad moment.
    async fn attempts(&self, enriched: &EnrichedAlert, end: Instant) -> Result<Analysis, NoAnalysis> {
        let key = self.key().await?;
        let first = match self.ask(enriched, &key).await {
            Ok(answer) => return read(&answer, &enriched.alert),
            Err(failure) => failure,
        };
        let Some(wait) = first.retry_after else { return Err(first.reason) };
        if Instant::now() + wait >= end {
            return Err(first.reason);
        }
        tokio::time::sleep(wait).await;
        let answer = self.ask(enriched, &key).await.map_err(|failure| failure.reason)?;
        read(&answer, &enriched.alert)
    }

    async fn key(&self) -> Result<Secret, NoAnalysis> {
        match self.secrets.get(&self.key_parameter).await {
            Ok(Some(key)) => Ok(key),
            Ok(None) => Err(NoAnalysis::Disabled),
            Err(error) => {
                tracing::error!(error = lambda::logs::chain(&error), "the model's key could not be read");
                Err(NoAnalysis::Configuration)
            }
        }
    }

    async fn ask(&self, enriched: &EnrichedAlert, key: &Secret) -> Result<Vec<u8>, Refusal> {
        let sent =
            self.http.post(&self.url).bearer_auth(key.reveal()).json(&self.request(enriched)).send().await;
        let response = sent.map_err(|error| Refusal::of_transport(&error))?;
        let (status, headers) = (response.status(), response.headers().clone());
        let body = body(response).await?;
        if status.is_success() {
            return Ok(body);
        }
        if status == StatusCode::UNAUTHORIZED {
            self.secrets.forget(&self.key_parameter);
        }
        let refusal = Refusal::of_status(status, &headers, &body);
        let request_id = headers.get("x-request-id").and_then(|id| id.to_str().ok());
        tracing::warn!(
            model.status = status.as_u16(),
            model.request_id = request_id,
            reason = refusal.reason.name(),
            "the model refused a request"
        );
        Err(refusal)
    }

    fn request(&self, enriched: &EnrichedAlert) -> Value {
        json!({
            "model": self.name,
            "messages": [
                {"role": "system", "content": prompt::INSTRUCTIONS},
                {"role": "user", "content": prompt::document(enriched).to_string()},
            ],
            "response_format": {
                "type": "json_schema",
                "json_schema": {"name": "alert_analysis", "strict": true, "schema": prompt::schema()},
            },
            "max_completion_tokens": Self::MAX_ANSWER_TOKENS,
        })
    }
}

/// Why a request failed, and when another one may help.
#[derive(Debug, PartialEq, Eq)]
struct Refusal {
    reason: NoAnalysis,
    retry_after: Option<Duration>,
}

impl Refusal {
    /// Waited before a second try when the server names no time.
    const PAUSE: Duration = Duration::from_millis(800);

    fn last(reason: NoAnalysis) -> Self {
        Self { reason, retry_after: None }
    }

    fn of_transport(error: &reqwest::Error) -> Self {
        if error.is_timeout() {
            // The server may be at work, and the answer be billed: no second try.
            return Self::last(NoAnalysis::Timeout);
        }
        Self { reason: NoAnalysis::Unreachable, retry_after: Some(Self::PAUSE) }
    }

    fn of_status(status: StatusCode, headers: &HeaderMap, body: &[u8]) -> Self {
        let error = ErrorBody::read(body);
        let told = |code: &str| error.code == code || error.kind == code;
        match status.as_u16() {
            _ if told("content_filter") || told("cyber_policy") || told("invalid_prompt") => {
                Self::last(NoAnalysis::Policy)
            }
            429 if told("insufficient_quota") => Self::last(NoAnalysis::QuotaExhausted),
            429 => Self { reason: NoAnalysis::RateLimited, retry_after: retry_after(headers) },
            408 | 409 | 500..=599 => {
                Self { reason: NoAnalysis::Unreachable, retry_after: retry_after(headers) }
            }
            401 | 403 | 404 => Self::last(NoAnalysis::Configuration),
            _ => Self::last(NoAnalysis::Invalid),
        }
    }
}

/// OpenAI's error object; other servers fill less of it.
#[derive(Debug, Default)]
struct ErrorBody {
    code: String,
    kind: String,
}

impl ErrorBody {
    fn read(body: &[u8]) -> Self {
        let document: Value = serde_json::from_slice(body).unwrap_or_default();
        let field = |name: &str| {
            let value = document.get("error").and_then(|error| error.get(name));
            value.and_then(Value::as_str).unwrap_or_default().to_owned()
        };
        Self { code: field("code"), kind: field("type") }
    }
}

/// Nothing when the server asks for more patience than there is.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let number = |name: &str| headers.get(name)?.to_str().ok()?.trim().parse::<f64>().ok();
    let seconds =
        number("retry-after-ms").map(|millis| millis / 1000.0).or_else(|| number(RETRY_AFTER.as_str()));
    let wait =
        seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok()).unwrap_or(Refusal::PAUSE);
    (wait <= Model::MAX_RETRY_AFTER).then_some(wait)
}

async fn body(mut response: Response) -> Result<Vec<u8>, Refusal> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| Refusal::of_transport(&error))? {
        if body.len() + chunk.len() > Model::MAX_BODY_BYTES {
            return Err(Refusal::last(NoAnalysis::Invalid));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// Reads a completion. An answer that ended early is never parsed.
fn read(body: &[u8], alert: &Alert) -> Result<Analysis, NoAnalysis> {
    #[derive(Deserialize)]
    struct Completion {
        #[serde(default)]
        model: String,
        choices: Vec<Choice>,
    }
    #[derive(Deserialize)]
    struct Choice {
        #[serde(default)]
        finish_reason: Option<String>,
        message: Message,
    }
    #[derive(Deserialize)]
    struct Message {
        #[serde(default)]
        content: Option<String>,
        #[serde(default)]
        refusal: Option<String>,
    }
    let completion: Completion = serde_json::from_slice(body).map_err(|_| NoAnalysis::Invalid)?;
    let choice = completion.choices.into_iter().next().ok_or(NoAnalysis::Invalid)?;
    if choice.message.refusal.is_some() {
        return Err(NoAnalysis::Refused);
    }
    match choice.finish_reason.as_deref() {
        Some("length") => return Err(NoAnalysis::Incomplete),
        Some("content_filter") => return Err(NoAnalysis::Policy),
        _ => {}
    }
    let content = choice.message.content.ok_or(NoAnalysis::Invalid)?;
    let answer: Answer = serde_json::from_str(&content).map_err(|_| NoAnalysis::Invalid)?;
    Ok(Analysis::Written(verification::verify(answer, alert, &completion.model)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn alert() -> Alert {
        Alert::parse(r#"{"id":"1.1","rule":{"id":"5763","level":10},"data":{"srcip":"203.0.113.24"}}"#)
            .unwrap()
    }

    fn completion(finish: &str, message: &Value) -> Vec<u8> {
        json!({
            "id": "chatcmpl-1", "object": "chat.completion", "model": "stub-2026",
            "choices": [{"index": 0, "finish_reason": finish, "message": message}],
            "usage": {"prompt_tokens": 900, "completion_tokens": 200, "total_tokens": 1100},
        })
        .to_string()
        .into_bytes()
    }

    fn content() -> String {
        json!({
            "what_happened": "Many logins failed.",
            "evidence": [{"path": "/data/srcip", "value": "203.0.113.24", "meaning": "the source"}],
            "verdict": "true_positive", "confidence": "medium",
            "recommended_actions": ["Block it."], "missing_information": [],
        })
        .to_string()
    }

    #[test]
    fn a_good_answer_is_read_and_verified() {
        let body = completion("stop", &json!({"role": "assistant", "content": content(), "refusal": null}));
        let Ok(Analysis::Written(explanation)) = read(&body, &alert()) else { panic!("an explanation") };
        assert_eq!((explanation.model.as_str(), explanation.evidence.len()), ("stub-2026", 1));
    }

    #[test]
    fn an_answer_that_is_not_one_has_a_reason() {
        let text = content();
        for (name, body, expected) in [
            ("cut", completion("length", &json!({"content": &text[..40]})), NoAnalysis::Incomplete),
            ("filtered", completion("content_filter", &json!({"content": null})), NoAnalysis::Policy),
            ("refused", completion("stop", &json!({"content": null, "refusal": "no"})), NoAnalysis::Refused),
            ("prose", completion("stop", &json!({"content": "It looks bad."})), NoAnalysis::Invalid),
            ("no content", completion("stop", &json!({})), NoAnalysis::Invalid),
            (
                "other schema",
                completion("stop", &json!({"content": "{\"verdict\":\"bad\"}"})),
                NoAnalysis::Invalid,
            ),
            ("no choice", br#"{"choices":[]}"#.to_vec(), NoAnalysis::Invalid),
            ("html", b"<html>".to_vec(), NoAnalysis::Invalid),
        ] {
            assert_eq!(read(&body, &alert()), Err(expected), "{name}");
        }
    }

    #[test]
    fn every_refusal_has_a_reason_and_only_bad_moments_are_tried_again() {
        let pause = Some(Refusal::PAUSE);
        for (status, header, body, reason, retry_after) in [
            (401, "", r#"{"error":{"code":"invalid_api_key"}}"#, NoAnalysis::Configuration, None),
            (404, "", r#"{"error":{"code":"model_not_found"}}"#, NoAnalysis::Configuration, None),
            (429, "", r#"{"error":{"type":"insufficient_quota"}}"#, NoAnalysis::QuotaExhausted, None),
            (429, "", r#"{"error":{"code":"rate_limit_exceeded"}}"#, NoAnalysis::RateLimited, pause),
            (429, "2", "", NoAnalysis::RateLimited, Some(Duration::from_secs(2))),
            (429, "120", "", NoAnalysis::RateLimited, None),
            (400, "", r#"{"error":{"code":"content_filter"}}"#, NoAnalysis::Policy, None),
            (422, "", r#"{"error":{"code":"cyber_policy"}}"#, NoAnalysis::Policy, None),
            (400, "", r#"{"error":{"code":"context_length_exceeded"}}"#, NoAnalysis::Invalid, None),
            (500, "", "<html>", NoAnalysis::Unreachable, pause),
            (503, "", "", NoAnalysis::Unreachable, pause),
        ] {
            let mut headers = HeaderMap::new();
            if !header.is_empty() {
                headers.insert(RETRY_AFTER, header.parse().unwrap());
            }
            let refusal =
                Refusal::of_status(StatusCode::from_u16(status).unwrap(), &headers, body.as_bytes());
            assert_eq!(refusal, Refusal { reason, retry_after }, "{status} {header} {body}");
        }
    }
}
