//! OpenAI's Responses on the wire.

use serde_json::{Map, Value, json};

use super::Usage;
use super::decoding::Decoding;
use super::dialect::{Members, Question, Reply, SCHEMA_NAME, count, items, text};
use super::error_body::ErrorBody;
use super::manners::Parameter;
use super::trouble::Trouble;

pub(super) fn body(question: &Question<'_>) -> Value {
    let input = question.messages().map(|content| json!({"role": "user", "content": content}));
    let format = match question.manners.decoding {
        Decoding::JsonSchema => Some(json!({"format": {
            "type": "json_schema", "name": SCHEMA_NAME, "strict": true, "schema": question.schema,
        }})),
        Decoding::JsonObject => Some(json!({"format": {"type": "json_object"}})),
        Decoding::Text => None,
    };
    // Without it the answer is kept at the server for 30 days.
    let store = question.manners.knows(Parameter::Store).then_some(false);
    let members = Members(Map::new())
        .with("model", Some(question.model))
        .with("instructions", Some(question.instructions.as_str()))
        .with("input", Some(input.collect::<Value>()))
        .with("text", format)
        .with("max_output_tokens", Some(question.max_output_tokens))
        .with("store", store)
        .with("prompt_cache_key", question.cache_key())
        .with("temperature", question.temperature())
        .with("reasoning", question.effort().map(|effort| json!({"effort": effort})));
    Value::Object(members.0)
}

pub(super) fn read(document: &Value) -> Reply {
    Reply {
        model: text(document, "/model").unwrap_or_default().to_owned(),
        usage: Usage {
            input_tokens: count(document, "/usage/input_tokens"),
            cached_tokens: count(document, "/usage/input_tokens_details/cached_tokens"),
            output_tokens: count(document, "/usage/output_tokens"),
            reasoning_tokens: count(document, "/usage/output_tokens_details/reasoning_tokens"),
        },
        said: said(document),
    }
}

fn said(document: &Value) -> Result<String, Trouble> {
    match text(document, "/status") {
        // Servers without states leave the status out.
        Some("completed") | None => message(document),
        Some("incomplete") => match text(document, "/incomplete_details/reason") {
            Some("content_filter") => Err(Trouble::Policy),
            _ => Err(Trouble::Cut),
        },
        Some("failed") => Err(ErrorBody::read(document).trouble().unwrap_or(Trouble::Busy)),
        // Queued, in progress, cancelled: nothing that we asked for.
        Some(_) => Err(Trouble::Invalid),
    }
}

/// The texts of all messages: reasoning comes before them, and there may be several.
fn message(document: &Value) -> Result<String, Trouble> {
    let messages = items(document, "/output").iter().filter(|item| text(item, "/type") == Some("message"));
    let parts: Vec<&Value> = messages.flat_map(|message| items(message, "/content")).collect();
    if parts.iter().any(|part| text(part, "/type") == Some("refusal")) {
        return Err(Trouble::Refused);
    }
    let said: String = parts
        .iter()
        .filter(|part| text(part, "/type") == Some("output_text"))
        .filter_map(|part| text(part, "/text"))
        .collect();
    if said.is_empty() { Err(Trouble::Invalid) } else { Ok(said) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn response(status: &str, content: &Value, more: Value) -> Value {
        let mut document = json!({
            "id": "resp_1", "object": "response", "model": "stub-2026", "status": status,
            "output": [
                {"type": "reasoning", "summary": [], "content": [{"type": "reasoning_text", "text": "{no}"}]},
                {"type": "message", "role": "assistant", "status": "completed", "content": content},
            ],
            "usage": {"input_tokens": 900, "input_tokens_details": {"cached_tokens": 640},
                      "output_tokens": 200, "output_tokens_details": {"reasoning_tokens": 64}},
        });
        if let (Some(members), Value::Object(more)) = (document.as_object_mut(), more) {
            members.extend(more);
        }
        document
    }

    #[test]
    fn the_message_is_found_behind_the_reasoning() {
        let parts =
            json!([{"type": "output_text", "text": "{\"a\":"}, {"type": "output_text", "text": "1}"}]);
        let usage = Usage { input_tokens: 900, cached_tokens: 640, output_tokens: 200, reasoning_tokens: 64 };
        let expected = Reply { model: "stub-2026".into(), usage, said: Ok("{\"a\":1}".into()) };
        assert_eq!(read(&response("completed", &parts, json!({}))), expected);
    }

    #[test]
    fn an_answer_that_is_not_one_says_why() {
        let half = json!([{"type": "output_text", "text": "{\"a\":"}]);
        let why = |reason: &str| json!({"incomplete_details": {"reason": reason}});
        let failed = |code: &str| json!({"error": {"code": code, "message": "m"}});
        for (name, document, expected) in [
            ("cut", response("incomplete", &half, why("max_output_tokens")), Trouble::Cut),
            ("filtered", response("incomplete", &half, why("content_filter")), Trouble::Policy),
            ("cut, no reason", response("incomplete", &half, json!({})), Trouble::Cut),
            ("failed", response("failed", &half, failed("server_error")), Trouble::Busy),
            ("too fast", response("failed", &half, failed("rate_limit_exceeded")), Trouble::Rate),
            ("policy", response("failed", &half, failed("invalid_prompt")), Trouble::Policy),
            ("biology", response("failed", &half, failed("bio_policy")), Trouble::Policy),
            ("queued", response("queued", &half, json!({})), Trouble::Invalid),
            (
                "refused",
                response("completed", &json!([{"type": "refusal", "refusal": "no"}]), json!({})),
                Trouble::Refused,
            ),
            ("no content", response("completed", &json!([]), json!({})), Trouble::Invalid),
            ("no output", json!({"status": "completed"}), Trouble::Invalid),
        ] {
            assert_eq!(read(&document).said, Err(expected), "{name}");
        }
    }
}
