use serde_json::json;

use super::*;

const BOTH: [Dialect; 2] = [Dialect::Chat, Dialect::Responses];

fn request(dialect: Dialect) -> Value {
    let alert = json!({"trusted": {"rule": {"level": 10, "description": "sshd: brute force"}},
                       "untrusted_log_data": {"data": {"srcip": "203.0.113.24"}, "full_log": "Failed password"}});
    let text = json!({"type": "string"});
    let named = json!({"name": "analysis", "strict": true, "schema": {
        "type": "object", "additionalProperties": false, "required": ["what_happened", "verdict"],
        "properties": {"what_happened": text, "verdict": {"type": "string", "enum": ["true_positive", "undetermined"]}}
    }});
    let user = json!({"role": "user", "content": alert.to_string()});
    match dialect {
        Dialect::Chat => json!({
            "model": "gpt-test",
            "messages": [{"role": "system", "content": "rules, CANARY-7f"}, user],
            "response_format": {"type": "json_schema", "json_schema": named},
        }),
        Dialect::Responses => json!({
            "model": "gpt-test", "instructions": "rules, CANARY-7f", "input": [user],
            "text": {"format": crate::stubs::with(named, json!({"type": "json_schema"}))},
        }),
    }
}

async fn body(response: Response) -> Value {
    let bytes = axum::body::to_bytes(response.into_body(), 1 << 20).await.unwrap();
    serde_json::from_slice(&bytes).unwrap_or_default()
}

/// What the model says, if it says anything.
async fn said(dialect: Dialect, mode: Mode, request: &Value) -> String {
    let document = body(answer(dialect, mode, "key", request)).await;
    let place = match dialect {
        Dialect::Chat => "/choices/0/message/content",
        Dialect::Responses => "/output/1/content/0/text",
    };
    document.pointer(place).and_then(Value::as_str).unwrap_or_default().to_owned()
}

#[tokio::test]
async fn every_error_is_the_trouble_it_names() {
    for dialect in BOTH {
        for (mode, status, pointer, says) in [
            (Mode::Unauthorized, 401, "/error/code", "invalid_api_key"),
            (Mode::Quota, 429, "/error/type", "insufficient_quota"),
            (Mode::RateLimit, 429, "/error/code", "rate_limit_exceeded"),
            (Mode::TooLong, 400, "/error/code", "context_length_exceeded"),
            (Mode::Policy, 400, "/error/code", "invalid_prompt"),
            (Mode::PolicyCyber, 400, "/error/code", "cyber_policy"),
            (Mode::PolicyAzure, 400, "/error/innererror/code", "ResponsibleAIPolicyViolation"),
            (Mode::NoSchema, 400, "/error/param", dialect.format_name()),
            (Mode::NoFormat, 400, "/error/code", "unsupported_parameter"),
            (Mode::NoModel, 404, "/error/code", "model_not_found"),
            (Mode::Error, 500, "/error/type", "server_error"),
            (Mode::Overloaded, 503, "/error/code", "slow_down"),
        ] {
            let answer = answer(dialect, mode, "key", &request(dialect));
            assert_eq!(answer.status(), status, "{mode:?}");
            assert_eq!(body(answer).await.pointer(pointer), Some(&json!(says)), "{mode:?}");
        }
    }
    let limited = answer(Dialect::Chat, Mode::RateLimit, "key", &request(Dialect::Chat));
    assert_eq!(header_text(limited.headers(), "retry-after"), "1");
}

#[tokio::test]
async fn every_end_of_an_answer_is_said_as_the_dialect_says_it() {
    for (dialect, mode, pointer, says) in [
        (Dialect::Chat, Mode::Cut, "/choices/0/finish_reason", json!("length")),
        (Dialect::Chat, Mode::Filtered, "/choices/0/finish_reason", json!("content_filter")),
        (Dialect::Chat, Mode::WrongShape, "/choices/0/finish_reason", json!("stop")),
        (Dialect::Chat, Mode::Empty, "/choices", json!([])),
        (Dialect::Responses, Mode::Cut, "/incomplete_details/reason", json!("max_output_tokens")),
        (Dialect::Responses, Mode::Filtered, "/incomplete_details/reason", json!("content_filter")),
        (Dialect::Responses, Mode::WrongShape, "/status", json!("completed")),
        (Dialect::Responses, Mode::Empty, "/output/1", Value::Null),
    ] {
        let document = body(answer(dialect, mode, "key", &request(dialect))).await;
        assert_eq!(document.pointer(pointer).unwrap_or(&Value::Null), &says, "{dialect:?} {mode:?}");
    }
    let refusal = body(answer(Dialect::Responses, Mode::Refuse, "key", &request(Dialect::Responses))).await;
    assert_eq!(refusal["output"][1]["content"][0]["type"], "refusal");
    let refusal = body(answer(Dialect::Chat, Mode::Refuse, "key", &request(Dialect::Chat))).await;
    assert!(refusal["choices"][0]["message"]["refusal"].is_string());
}

#[tokio::test]
async fn an_answer_fits_the_schema_that_was_sent() {
    for dialect in BOTH {
        let content: Value = serde_json::from_str(&said(dialect, Mode::Ok, &request(dialect)).await).unwrap();
        let keys: Vec<&String> = content.as_object().unwrap().keys().collect();
        assert_eq!(keys, ["what_happened", "verdict"]);
        assert_eq!(content["verdict"], "true_positive");
    }
}

#[tokio::test]
async fn a_model_that_misbehaves_does_so_in_its_words() {
    for dialect in BOTH {
        for (mode, says) in [
            (Mode::Links, "https://evil.example/"),
            (Mode::Leak, "CANARY-7f"),
            (Mode::Broken, "{what_happened"),
            (Mode::WrongShape, "\"malicious\""),
        ] {
            let said = said(dialect, mode, &request(dialect)).await;
            assert!(said.contains(says), "{dialect:?} {mode:?}: {said}");
        }
    }
}

#[tokio::test]
async fn a_server_without_schemas_reads_the_one_in_the_prompt() {
    for dialect in BOTH {
        let mut request = request(dialect);
        let place = if dialect == Dialect::Chat { "/messages/0/content" } else { "/instructions" };
        *request.pointer_mut(place).unwrap() =
            json!("Answer in JSON:\n{\"properties\":{\"headline\":{\"type\":\"string\"}}}");
        request.as_object_mut().unwrap().remove(if dialect == Dialect::Chat {
            "response_format"
        } else {
            "text"
        });
        let said = said(dialect, Mode::NoFormat, &request).await;
        assert!(said.starts_with("```json\n") && said.contains("\"headline\":"), "{said}");
    }
}

#[tokio::test]
async fn an_old_server_takes_the_limit_by_its_old_name() {
    let mut request = request(Dialect::Chat);
    request["max_completion_tokens"] = json!(10);
    assert_eq!(answer(Dialect::Chat, Mode::OldServer, "key", &request).status(), 400);
    request.as_object_mut().unwrap().remove("max_completion_tokens");
    request["max_tokens"] = json!(10);
    assert_eq!(answer(Dialect::Chat, Mode::OldServer, "key", &request).status(), 200);
}

#[tokio::test]
async fn a_bad_request_is_refused_as_the_real_service_would() {
    let chat = || request(Dialect::Chat);
    let mut loose = chat();
    loose["response_format"]["json_schema"]["schema"]["additionalProperties"] = json!(true);
    let mut without_the_word = chat();
    without_the_word["response_format"] = json!({"type": "json_object"});
    let no_messages = json!({"model": "m", "messages": []});
    for (key, request, status) in [
        ("", chat(), 401),
        ("wrong", chat(), 401),
        ("key", json!({}), 400),
        ("key", no_messages, 400),
        ("key", loose, 400),
        ("key", without_the_word, 400),
    ] {
        assert_eq!(answer(Dialect::Chat, Mode::Ok, key, &request).status(), status, "{key} {request}");
    }
}

#[test]
fn a_key_may_come_in_each_of_the_three_ways() {
    for (name, value, expected) in [
        ("authorization", "Bearer k", "k"),
        ("api-key", "k", "k"),
        ("authorization", "AWS4-HMAC-SHA256 Credential=k", "AWS4-HMAC-SHA256 Credential=k"),
        ("authorization", "Basic k", ""),
    ] {
        let headers = HeaderMap::from_iter([(HeaderName::from_static(name), value.parse().unwrap())]);
        assert_eq!(key(&headers), expected);
    }
}
