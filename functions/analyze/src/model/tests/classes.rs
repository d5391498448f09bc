//! Each class of trouble, the reason in which it ends if it lasts, and how often the server was asked.

use super::*;
use crate::model::tests::server::Reply;

const GOOD: &str = r#"{"verdict":"true_positive"}"#;

#[tokio::test]
async fn a_good_answer_comes_with_its_model_its_tokens_and_the_name_of_the_exchange() {
    for dialect in BOTH {
        let server = Server::with([Reply::text(dialect, &format!("Here:\n```json\n{GOOD}\n```"))]).await;
        let completion = asked(&server, dialect).await.unwrap();
        let usage = Usage { input_tokens: 100, cached_tokens: 60, output_tokens: 20, reasoning_tokens: 5 };
        let expected = Completion {
            text: GOOD.into(),
            model: "small-2026".into(),
            request_id: Some("req_1".into()),
            usage,
        };
        assert_eq!(completion, expected, "{dialect:?}");
    }
}

#[tokio::test]
async fn a_request_is_what_its_dialect_says() {
    for (dialect, path) in [(Dialect::Responses, "/v1/responses"), (Dialect::Chat, "/v1/chat/completions")] {
        let server = Server::with([Reply::text(dialect, GOOD)]).await;
        let configured =
            Settings { temperature: Some(0.2), effort: Some("low".into()), ..settings(&server, dialect) };
        ask(&model(&server, configured), Duration::from_secs(10)).await.unwrap();
        let received = &server.received()[0];
        assert_eq!(received.path, path);
        match dialect {
            Dialect::Responses => insta::assert_json_snapshot!("responses", received.body),
            Dialect::Chat => insta::assert_json_snapshot!("chat", received.body),
        }
    }
}

/// A lasting trouble: its reason, and how many requests it takes to give up.
async fn check(name: &str, reply: impl Fn(Dialect) -> Reply, reason: NoAnalysis, requests: usize) {
    for dialect in BOTH {
        let server = Server::with([reply(dialect)]).await;
        let failed = asked(&server, dialect).await.unwrap_err();
        assert_eq!(failed.reason, reason, "{name} {dialect:?}");
        assert_eq!(server.bodies().len(), requests, "{name} {dialect:?}");
    }
}

#[tokio::test]
async fn what_a_server_refuses_for_good_is_asked_once() {
    let error = |status, body: &'static str| move |_: Dialect| Reply::error(status, body);
    let configuration = NoAnalysis::Configuration;
    check("401", error(401, r#"{"error":{"code":"invalid_api_key"}}"#), configuration, 1).await;
    check("403", error(403, r#"{"error":{"message":"country"}}"#), configuration, 1).await;
    check("404", error(404, r#"{"error":{"code":"model_not_found"}}"#), configuration, 1).await;
    let quota = NoAnalysis::QuotaExhausted;
    check("quota", error(429, r#"{"error":{"type":"insufficient_quota"}}"#), quota, 1).await;
    check("credit", error(429, r#"{"error":{"code":"credit_balance_exhausted"}}"#), quota, 1).await;
    check("spend", error(429, r#"{"error":{"code":"organization_spend_limit_exceeded"}}"#), quota, 1).await;
    check("bad request", error(400, r#"{"error":{"message":"no"}}"#), NoAnalysis::Invalid, 1).await;
    check("html", error(200, "<!DOCTYPE html><p>Hello"), NoAnalysis::Invalid, 1).await;
    check("nothing", Reply::empty, NoAnalysis::Invalid, 1).await;
    check("refusal", Reply::refusal, NoAnalysis::Refused, 1).await;
    check("2 MB", |_| Reply::Floods, NoAnalysis::Invalid, 1).await;
}

#[tokio::test]
async fn what_may_pass_is_asked_twice_and_no_more() {
    let error = |status, body: &'static str| move |_: Dialect| Reply::error(status, body);
    check("408", error(408, ""), NoAnalysis::Unreachable, 2).await;
    check("409", error(409, ""), NoAnalysis::Unreachable, 2).await;
    check("500", error(500, "<html>"), NoAnalysis::Unreachable, 2).await;
    check("502", error(502, ""), NoAnalysis::Unreachable, 2).await;
    check("503", error(503, r#"{"error":{"code":"slow_down"}}"#), NoAnalysis::Unreachable, 2).await;
    check("529", error(529, r#"{"error":{"type":"overloaded_error"}}"#), NoAnalysis::Unreachable, 2).await;
    check("rate", error(429, r#"{"error":{"code":"rate_limit_exceeded"}}"#), NoAnalysis::RateLimited, 2)
        .await;
    check(
        "too long",
        error(400, r#"{"error":{"code":"context_length_exceeded"}}"#),
        NoAnalysis::ContextTooLong,
        2,
    )
    .await;
    check("cut", |dialect| Reply::cut(dialect, r#"{"verdict":"tr"#), NoAnalysis::Incomplete, 2).await;
    check("cut behind a whole object", |dialect| Reply::cut(dialect, GOOD), NoAnalysis::Incomplete, 2).await;
    check("cut json", |dialect| Reply::text(dialect, r#"{"verdict":"tr"#), NoAnalysis::Invalid, 2).await;
    check("prose", |dialect| Reply::text(dialect, "It looks bad."), NoAnalysis::Invalid, 2).await;
    check("wrong schema", |dialect| Reply::text(dialect, r#"{"summary":"x"}"#), NoAnalysis::Invalid, 2).await;
    for body in [
        r#"{"error":{"code":"invalid_prompt"}}"#,
        r#"{"error":{"code":"cyber_policy"}}"#,
        r#"{"error":{"code":"content_filter","innererror":{"code":"ResponsibleAIPolicyViolation"}}}"#,
    ] {
        check("policy", |_| Reply::error(400, body), NoAnalysis::Policy, 2).await;
    }
}

#[tokio::test]
async fn a_decoding_that_is_set_is_the_only_one() {
    let server = Server::with([Reply::error(400, r#"{"error":{"param":"response_format"}}"#)]).await;
    let only = Settings { ladder: Ladder::Only(Decoding::JsonSchema), ..settings(&server, Dialect::Chat) };
    let failed = ask(&model(&server, only), Duration::from_secs(10)).await.unwrap_err();
    assert_eq!((failed.reason, server.bodies().len()), (NoAnalysis::Configuration, 1));
}
