//! Time, size, and answers that nobody has thought of.

use proptest::prelude::*;
use tokio::time::Instant;

use super::*;
use crate::model::tests::server::Reply;

#[tokio::test]
async fn a_server_that_is_silent_or_drips_costs_the_time_there_is_and_is_not_asked_again() {
    for reply in [Reply::Hangs, Reply::Drips] {
        let server = Server::with([reply]).await;
        let model = model(&server, settings(&server, Dialect::Chat));
        let begun = Instant::now();
        let failed = ask(&model, Duration::from_secs(2)).await.unwrap_err();
        assert_eq!((failed.reason, server.bodies().len()), (NoAnalysis::Timeout, 1));
        assert!(begun.elapsed() < Duration::from_secs(6), "{:?}", begun.elapsed());
    }
}

#[tokio::test]
async fn the_configured_time_is_the_limit_where_more_is_available() {
    let server = Server::with([Reply::Hangs]).await;
    let short = Settings { timeout: Duration::from_millis(600), ..settings(&server, Dialect::Chat) };
    let failed = ask(&model(&server, short), Duration::from_mins(1)).await.unwrap_err();
    assert_eq!(failed.reason, NoAnalysis::Timeout);
}

#[tokio::test]
async fn a_server_is_asked_again_when_it_says_and_only_if_there_is_time() {
    for (header, value, available_ms, requests) in [
        ("retry-after-ms", "100", 10_000, 2),
        ("retry-after", "1", 10_000, 2),
        ("retry-after", "3", 3_000, 1),
        ("retry-after", "120", 10_000, 1),
        ("x-should-retry", "false", 10_000, 1),
    ] {
        let server = Server::with([Reply::error(429, "").header(header, value)]).await;
        let model = model(&server, settings(&server, Dialect::Chat));
        let failed = ask(&model, Duration::from_millis(available_ms)).await.unwrap_err();
        assert_eq!(
            (failed.reason, server.bodies().len()),
            (NoAnalysis::RateLimited, requests),
            "{header} {value}"
        );
    }
}

#[tokio::test]
async fn how_long_the_server_wants_to_be_left_alone_is_handed_on() {
    let server = Server::with([Reply::error(429, "").header("retry-after", "90")]).await;
    assert_eq!(asked(&server, Dialect::Chat).await.unwrap_err().retry_after, Some(Duration::from_secs(90)));
}

#[tokio::test]
async fn a_server_that_is_not_there_is_unreachable() {
    let server = Server::with([]).await;
    let mut nowhere = settings(&server, Dialect::Chat);
    nowhere.url = "http://127.0.0.1:9/v1".parse().unwrap();
    let failed = ask(&model(&server, nowhere), Duration::from_secs(5)).await.unwrap_err();
    assert_eq!(failed.reason, NoAnalysis::Unreachable);
}

/// JSON of any shape, often with members that an answer has.
fn documents() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        "[a-z{}\"]{0,12}".prop_map(Value::from),
        prop_oneof![Just("completed"), Just("incomplete"), Just("message"), Just("output_text")]
            .prop_map(Value::from),
    ];
    let name = prop_oneof![
        Just("choices"),
        Just("message"),
        Just("content"),
        Just("output"),
        Just("status"),
        Just("error"),
        Just("code"),
        Just("type"),
        Just("text"),
        Just("usage"),
        Just("finish_reason"),
    ];
    leaf.prop_recursive(5, 48, 6, move |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            proptest::collection::btree_map(name.clone(), inner, 0..6).prop_map(|members| members
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value))
                .collect()),
        ]
    })
}

fn bodies() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        proptest::collection::vec(any::<u8>(), 0..400),
        documents().prop_map(|document| document.to_string().into_bytes()),
    ]
}

#[test]
fn whatever_a_server_answers_the_question_ends() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let server = runtime.block_on(Server::with([Reply::Hangs]));
    let models = BOTH.map(|dialect| runtime.block_on(async { model(&server, settings(&server, dialect)) }));
    let status = prop_oneof![Just(200_u16), Just(400), Just(401), Just(422), Just(429), 400_u16..600];
    let config = ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() };
    proptest!(config, |(body in bodies(), status in status)| {
        server.says(Reply::Says { status, headers: vec![("retry-after-ms", "0".into())], body });
        for model in &models {
            let ended = runtime.block_on(ask(model, Duration::from_secs(5)));
            prop_assert!(ended.is_err_and(|failed| failed.reason != NoAnalysis::Timeout));
        }
    });
}
