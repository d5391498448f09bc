//! What is sent the second time, by what was wrong with the first.

use super::*;
use crate::model::tests::server::Reply;

const GOOD: &str = r#"{"verdict":"true_positive"}"#;

/// The bodies of the requests that it takes until the good answer comes.
async fn sent(dialect: Dialect, first: impl IntoIterator<Item = Reply>) -> Vec<Value> {
    let server = Server::with(first.into_iter().chain([Reply::text(dialect, GOOD)])).await;
    assert_eq!(asked(&server, dialect).await.unwrap().text, GOOD);
    server.bodies()
}

fn messages(dialect: Dialect, body: &Value) -> Vec<String> {
    let place = match dialect {
        Dialect::Responses => "input",
        Dialect::Chat => "messages",
    };
    let all = body[place].as_array().unwrap().iter().filter(|message| message["role"] == "user");
    all.map(|message| message["content"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn after_a_bad_moment_the_same_is_sent_again() {
    for dialect in BOTH {
        for trouble in [Reply::error(503, ""), Reply::error(429, ""), Reply::error(500, "")] {
            let bodies = sent(dialect, [trouble]).await;
            assert_eq!(bodies.len(), 2);
            assert_eq!(bodies[0], bodies[1], "{dialect:?}");
        }
    }
}

#[tokio::test]
async fn a_document_that_is_against_the_policy_or_too_long_is_sent_reduced() {
    for dialect in BOTH {
        for code in ["content_filter", "cyber_policy", "invalid_prompt", "context_length_exceeded"] {
            let body = json!({"error": {"code": code}}).to_string();
            let bodies = sent(dialect, [Reply::error(400, &body)]).await;
            let documents: Vec<_> = bodies.iter().map(|body| messages(dialect, body)).collect();
            assert_eq!(documents, [[DOCUMENT], [REDUCED]], "{dialect:?} {code}");
        }
    }
}

#[tokio::test]
async fn without_a_reduced_document_the_policy_has_the_last_word() {
    let server = Server::with([Reply::error(400, r#"{"error":{"code":"content_filter"}}"#)]).await;
    let model = model(&server, settings(&server, Dialect::Chat));
    let (schema, available) = (json!({}), Duration::from_secs(10));
    let request = Request {
        instructions: INSTRUCTIONS,
        document: DOCUMENT,
        schema: &schema,
        max_output_tokens: 10,
        cache_key: "k",
    };
    let failed = model.ask("small", &request, None, available, |_| Ok(())).await.unwrap_err();
    assert_eq!((failed.reason, server.bodies().len()), (NoAnalysis::Policy, 1));
}

#[tokio::test]
async fn an_answer_that_was_cut_is_asked_for_again_with_more_room() {
    for (dialect, limit) in
        [(Dialect::Responses, "max_output_tokens"), (Dialect::Chat, "max_completion_tokens")]
    {
        let bodies = sent(dialect, [Reply::cut(dialect, GOOD)]).await;
        let limits: Vec<_> = bodies.iter().map(|body| body[limit].as_u64().unwrap()).collect();
        assert_eq!(limits, [1_000, 2_000], "{dialect:?}");
    }
}

#[tokio::test]
async fn an_answer_that_was_not_accepted_is_asked_for_again_with_the_reason() {
    for dialect in BOTH {
        let bodies = sent(dialect, [Reply::text(dialect, r#"{"summary":"x"}"#)]).await;
        assert_eq!(messages(dialect, &bodies[0]), [DOCUMENT]);
        let [document, complaint] = messages(dialect, &bodies[1]).try_into().unwrap();
        assert_eq!(document, DOCUMENT);
        assert!(complaint.contains("missing field verdict") && complaint.contains("JSON"), "{complaint}");
    }
}

#[tokio::test]
async fn all_tokens_are_counted_also_those_of_answers_that_were_not_accepted() {
    let server = Server::with([Reply::text(Dialect::Chat, "no"), Reply::text(Dialect::Chat, GOOD)]).await;
    let usage = asked(&server, Dialect::Chat).await.unwrap().usage;
    assert_eq!((usage.input_tokens, usage.output_tokens), (200, 40));
    let server = Server::with([Reply::text(Dialect::Chat, "no")]).await;
    let failed = asked(&server, Dialect::Chat).await.unwrap_err();
    assert_eq!((failed.usage, failed.request_id.as_deref()), (usage, Some("req_1")));
}

#[tokio::test]
async fn a_server_without_schemas_is_asked_more_loosely_and_this_is_remembered() {
    for (dialect, format) in
        [(Dialect::Responses, "/text/format/type"), (Dialect::Chat, "/response_format/type")]
    {
        let refused =
            || Reply::error(400, r#"{"error":{"type":"invalid_request_error","param":"response_format"}}"#);
        let server =
            Server::with([refused(), refused(), Reply::text(dialect, "x"), Reply::text(dialect, GOOD)]).await;
        let model = model(&server, settings(&server, dialect));
        for _ in 0..2 {
            ask(&model, Duration::from_secs(10)).await.unwrap();
        }
        let bodies = server.bodies();
        let formats: Vec<_> =
            bodies.iter().map(|body| body.pointer(format).and_then(Value::as_str)).collect();
        // Two steps down, one repair, which is still allowed after them, and the next question begins below.
        assert_eq!(formats, [Some("json_schema"), Some("json_object"), None, None, None], "{dialect:?}");
        for body in &bodies {
            let prompt = body.to_string();
            let has_schema = prompt.contains(r#"\"required\":[\"verdict\"]"#);
            assert_eq!(has_schema, body.pointer(format) != Some(&json!("json_schema")), "{prompt}");
            assert!(prompt.contains("JSON object"), "{prompt}");
        }
    }
}

#[tokio::test]
async fn an_older_server_is_told_the_limit_in_its_own_word() {
    let unknown = |name: &str| {
        Reply::error(400, &json!({"error": {"message": format!("Unknown parameter: '{name}'.")}}).to_string())
    };
    let bodies = sent(Dialect::Chat, [unknown("max_completion_tokens"), unknown("prompt_cache_key")]).await;
    assert_eq!(
        (&bodies[1]["max_tokens"], &bodies[1]["max_completion_tokens"]),
        (&json!(1_000), &Value::Null)
    );
    assert_eq!((&bodies[2]["max_tokens"], &bodies[2]["prompt_cache_key"]), (&json!(1_000), &Value::Null));
    assert_eq!(bodies.len(), 3);
}

#[tokio::test]
async fn a_server_that_refuses_everything_is_given_up() {
    let server = Server::with([Reply::error(400, r#"{"error":{"param":"store"}}"#)]).await;
    let failed = asked(&server, Dialect::Responses).await.unwrap_err();
    assert_eq!((failed.reason, server.bodies().len()), (NoAnalysis::Configuration, 2));
}
