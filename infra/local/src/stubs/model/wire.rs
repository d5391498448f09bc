//! The two dialects on the wire, from the server's side.

use axum::Json;
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::stubs::{answer, schema};

/// How the request is put.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dialect {
    Chat,
    Responses,
}

/// What a request asks for, whatever its dialect.
#[derive(Debug)]
pub(super) struct Asked {
    pub instructions: String,
    /// The first message that is JSON; null when none is.
    pub document: Value,
    pub format: Format,
}

/// What the answer has to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Format {
    Schema(Value),
    Object,
    Text,
}

/// What the model does.
#[derive(Debug)]
pub(super) enum Reply {
    Says(String),
    /// Comes to the limit of tokens in the middle.
    Cut(String),
    Refuses(&'static str),
    /// Is stopped by the content filter.
    Filtered,
    Nothing,
}

impl Dialect {
    pub(super) fn path(self) -> &'static str {
        match self {
            Self::Chat => "/v1/chat/completions",
            Self::Responses => "/v1/responses",
        }
    }

    /// The name of the parameter that holds the format, as errors call it.
    pub(super) fn format_name(self) -> &'static str {
        match self {
            Self::Chat => "response_format",
            Self::Responses => "text.format",
        }
    }

    fn format(self, request: &Value) -> &Value {
        let place = match self {
            Self::Chat => "/response_format",
            Self::Responses => "/text/format",
        };
        request.pointer(place).unwrap_or(&Value::Null)
    }

    pub(super) fn wants(self, request: &Value) -> &str {
        self.format(request).get("type").and_then(Value::as_str).unwrap_or("text")
    }

    /// The request, if the real service would take it; else the real service's words.
    pub(super) fn read(self, request: &Value) -> Result<Asked, String> {
        if request.get("model").and_then(Value::as_str).is_none() {
            return Err("you must provide a model parameter".to_owned());
        }
        let (messages, instructions) = match self {
            Self::Chat => {
                let messages = list(request, "messages")?;
                (messages, answer::texts(messages, "system").join("\n"))
            }
            Self::Responses => {
                let instructions = request.get("instructions").and_then(Value::as_str).unwrap_or_default();
                (list(request, "input")?, instructions.to_owned())
            }
        };
        let asked = answer::texts(messages, "user");
        let format = match self.wants(request) {
            "json_schema" => {
                Format::Schema(schema::strict(self.named(request)?, self.format_name())?.clone())
            }
            "json_object" => {
                // Responses look into the input only.
                let looked_at = if self == Self::Chat { instructions.clone() } else { String::new() };
                if !asked.iter().chain([&looked_at]).any(|text| text.to_lowercase().contains("json")) {
                    let name = self.format_name();
                    return Err(format!(
                        "'messages' must contain the word 'json' in some form, to use '{name}' of type 'json_object'."
                    ));
                }
                Format::Object
            }
            _ => Format::Text,
        };
        let document = asked.iter().find_map(|text| serde_json::from_str(text).ok()).unwrap_or_default();
        Ok(Asked { instructions, document, format })
    }

    /// The part that has the schema and its name: nested in one dialect, flat in the other.
    fn named(self, request: &Value) -> Result<&Value, String> {
        let format = self.format(request);
        match self {
            Self::Responses => Ok(format),
            Self::Chat => format
                .get("json_schema")
                .ok_or_else(|| "Missing required parameter: 'response_format.json_schema'.".to_owned()),
        }
    }

    pub(super) fn write(self, request: &Value, reply: &Reply) -> Response {
        Json(self.document(request, reply)).into_response()
    }

    pub(super) fn document(self, request: &Value, reply: &Reply) -> Value {
        match self {
            Self::Chat => chat(request, reply),
            Self::Responses => responses(request, reply),
        }
    }
}

fn list<'a>(request: &'a Value, name: &str) -> Result<&'a [Value], String> {
    let messages = request.get(name).and_then(Value::as_array).filter(|messages| !messages.is_empty());
    messages.map(Vec::as_slice).ok_or_else(|| format!("Missing required parameter: '{name}'."))
}

fn said(reply: &Reply) -> &str {
    match reply {
        Reply::Says(text) | Reply::Cut(text) => text,
        Reply::Refuses(_) | Reply::Filtered | Reply::Nothing => "",
    }
}

fn chat(request: &Value, reply: &Reply) -> Value {
    let (content, refusal) = match reply {
        Reply::Says(text) | Reply::Cut(text) => (json!(text), Value::Null),
        Reply::Refuses(words) => (Value::Null, json!(words)),
        Reply::Filtered | Reply::Nothing => (Value::Null, Value::Null),
    };
    let finish_reason = match reply {
        Reply::Says(_) | Reply::Refuses(_) | Reply::Nothing => "stop",
        Reply::Cut(_) => "length",
        Reply::Filtered => "content_filter",
    };
    let choice = json!({
        "index": 0,
        "message": {"role": "assistant", "content": content, "refusal": refusal, "annotations": []},
        "logprobs": null,
        "finish_reason": finish_reason,
    });
    let choices = if matches!(reply, Reply::Nothing) { json!([]) } else { json!([choice]) };
    let (input, output) = tokens(request, reply);
    json!({
        "id": "chatcmpl-stub",
        "object": "chat.completion",
        "created": Timestamp::now().as_second(),
        "model": request.get("model"),
        "choices": choices,
        "usage": {
            "prompt_tokens": input,
            "completion_tokens": output,
            "total_tokens": input + output,
            "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
            "completion_tokens_details": {"reasoning_tokens": 0, "audio_tokens": 0},
        },
        "service_tier": "default",
        "system_fingerprint": "fp_stub",
    })
}

fn responses(request: &Value, reply: &Reply) -> Value {
    let (status, reason) = match reply {
        Reply::Says(_) | Reply::Refuses(_) | Reply::Nothing => ("completed", Value::Null),
        Reply::Cut(_) => ("incomplete", json!({"reason": "max_output_tokens"})),
        Reply::Filtered => ("incomplete", json!({"reason": "content_filter"})),
    };
    let part = match reply {
        Reply::Says(text) | Reply::Cut(text) => {
            Some(json!({"type": "output_text", "text": text, "annotations": []}))
        }
        Reply::Refuses(words) => Some(json!({"type": "refusal", "refusal": words})),
        Reply::Filtered | Reply::Nothing => None,
    };
    // Reasoning stands before the message, as it does with the real service.
    let thoughts = json!({"id": "rs_stub", "type": "reasoning", "summary": []});
    let message = part.map(|part| {
        json!({"id": "msg_stub", "type": "message", "role": "assistant", "status": status, "content": [part]})
    });
    let output: Value = std::iter::once(thoughts).chain(message).collect();
    let (input_tokens, output_tokens) = tokens(request, reply);
    json!({
        "id": "resp_stub",
        "object": "response",
        "created_at": Timestamp::now().as_second(),
        "status": status,
        "error": null,
        "incomplete_details": reason,
        "model": request.get("model"),
        "output": output,
        "store": request.get("store").unwrap_or(&json!(true)),
        "usage": {
            "input_tokens": input_tokens,
            "input_tokens_details": {"cached_tokens": 0},
            "output_tokens": output_tokens,
            "output_tokens_details": {"reasoning_tokens": 0},
            "total_tokens": input_tokens + output_tokens,
        },
    })
}

/// About four letters a token.
fn tokens(request: &Value, reply: &Reply) -> (usize, usize) {
    (request.to_string().len() / 4, said(reply).len() / 4)
}
