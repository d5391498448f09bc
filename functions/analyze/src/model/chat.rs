//! Chat Completions on the wire.

use serde_json::{Map, Value, json};

use super::Usage;
use super::decoding::Decoding;
use super::dialect::{Members, Question, Reply, SCHEMA_NAME, count, items, text};
use super::manners::Parameter;
use super::trouble::Trouble;

pub(super) fn body(question: &Question<'_>) -> Value {
    let system = json!({"role": "system", "content": question.instructions});
    let asked = question.messages().map(|content| json!({"role": "user", "content": content}));
    let format = match question.manners.decoding {
        Decoding::JsonSchema => Some(json!({
            "type": "json_schema",
            "json_schema": {"name": SCHEMA_NAME, "strict": true, "schema": question.schema},
        })),
        Decoding::JsonObject => Some(json!({"type": "json_object"})),
        Decoding::Text => None,
    };
    let limit = if question.manners.knows(Parameter::MaxCompletionTokens) {
        "max_completion_tokens"
    } else {
        "max_tokens"
    };
    let members = Members(Map::new())
        .with("model", Some(question.model))
        .with("messages", Some([system].into_iter().chain(asked).collect::<Value>()))
        .with("response_format", format)
        .with(limit, Some(question.max_output_tokens))
        .with("prompt_cache_key", question.cache_key())
        .with("temperature", question.temperature())
        .with("reasoning_effort", question.effort());
    Value::Object(members.0)
}

pub(super) fn read(document: &Value) -> Reply {
    Reply {
        model: text(document, "/model").unwrap_or_default().to_owned(),
        usage: Usage {
            input_tokens: count(document, "/usage/prompt_tokens"),
            cached_tokens: count(document, "/usage/prompt_tokens_details/cached_tokens"),
            output_tokens: count(document, "/usage/completion_tokens"),
            reasoning_tokens: count(document, "/usage/completion_tokens_details/reasoning_tokens"),
        },
        said: said(document),
    }
}

/// How the answer ended comes before what it holds: half an answer is none.
fn said(document: &Value) -> Result<String, Trouble> {
    let choice = items(document, "/choices").first().ok_or(Trouble::Invalid)?;
    if text(choice, "/message/refusal").is_some_and(|refusal| !refusal.is_empty()) {
        return Err(Trouble::Refused);
    }
    match text(choice, "/finish_reason") {
        Some("length") => return Err(Trouble::Cut),
        Some("content_filter") => return Err(Trouble::Policy),
        _ => {}
    }
    let content = match choice.pointer("/message/content") {
        Some(Value::String(content)) => content.clone(),
        Some(Value::Array(parts)) => parts.iter().filter_map(|part| text(part, "/text")).collect(),
        _ => String::new(),
    };
    if content.is_empty() { Err(Trouble::Invalid) } else { Ok(content) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn completion(finish: &str, message: &Value) -> Value {
        json!({
            "id": "chatcmpl-1", "object": "chat.completion", "model": "stub-2026",
            "choices": [{"index": 0, "finish_reason": finish, "message": message}],
            "usage": {"prompt_tokens": 900, "completion_tokens": 200, "total_tokens": 1100,
                      "prompt_tokens_details": {"cached_tokens": 640},
                      "completion_tokens_details": {"reasoning_tokens": 64}},
        })
    }

    #[test]
    fn an_answer_comes_with_its_model_and_what_it_took() {
        let reply =
            read(&completion("stop", &json!({"role": "assistant", "content": "{}", "refusal": null})));
        let usage = Usage { input_tokens: 900, cached_tokens: 640, output_tokens: 200, reasoning_tokens: 64 };
        assert_eq!(reply, Reply { model: "stub-2026".into(), usage, said: Ok("{}".into()) });
    }

    #[test]
    fn an_answer_that_is_not_one_says_why() {
        for (name, document, expected) in [
            ("cut", completion("length", &json!({"content": "{\"a\":"})), Err(Trouble::Cut)),
            ("filtered", completion("content_filter", &json!({"content": null})), Err(Trouble::Policy)),
            (
                "refused",
                completion("stop", &json!({"content": null, "refusal": "no"})),
                Err(Trouble::Refused),
            ),
            ("no content", completion("stop", &json!({})), Err(Trouble::Invalid)),
            ("no choice", json!({"choices": []}), Err(Trouble::Invalid)),
            ("no object", json!([]), Err(Trouble::Invalid)),
            (
                "parts",
                completion("stop", &json!({"content": [{"type": "text", "text": "{}"}]})),
                Ok("{}".into()),
            ),
            ("a new end", completion("eos", &json!({"content": "{}"})), Ok("{}".into())),
        ] {
            assert_eq!(read(&document).said, expected, "{name}");
        }
    }
}
