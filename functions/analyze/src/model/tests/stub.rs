//! The client against the stub of the demo and the emulator suite, mode by mode, in both dialects.

use futures_util::future::join_all;

use super::*;

struct Stub {
    url: String,
    /// Only for its parameter store.
    keys: Server,
}

impl Stub {
    async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(local::stubs::serve(listener));
        Self { url, keys: Server::with([]).await }
    }

    async fn answer(&self, dialect: Dialect, mode: &str, available: Duration) -> Result<Value, NoAnalysis> {
        let order = json!({"provider": "model", "mode": mode});
        reqwest::Client::new().post(format!("{}/control", self.url)).json(&order).send().await.unwrap();
        let mut there = settings(&self.keys, dialect);
        there.url = format!("{}/v1", self.url).parse().unwrap();
        let text = json!({"type": "string"});
        let schema = json!({
            "type": "object", "additionalProperties": false, "required": ["verdict", "headline"],
            "properties": {"verdict": text, "headline": text},
        });
        let request = Request {
            instructions: INSTRUCTIONS,
            document: r#"{"trusted":{"rule":{"level":10,"description":"sshd: brute force"}}}"#,
            schema: &schema,
            max_output_tokens: 1_000,
            cache_key: "analysis-1",
        };
        let accept = |text: &str| {
            let answer: Value = serde_json::from_str(text).map_err(|_| Unaccepted::Discarded)?;
            if answer.get("headline").is_some() { Ok(answer) } else { Err(Unaccepted::Discarded) }
        };
        let client = model(&self.keys, there);
        let asked = client.ask("small", &request, None, available, accept).await;
        asked.map(|(answer, _)| answer).map_err(|failed| failed.reason)
    }
}

#[tokio::test]
async fn every_mode_of_the_stub_ends_in_the_reason_it_stands_for() {
    let modes = [
        ("error", NoAnalysis::Unreachable),
        ("overloaded", NoAnalysis::Unreachable),
        ("rate_limit", NoAnalysis::RateLimited),
        ("quota", NoAnalysis::QuotaExhausted),
        ("unauthorized", NoAnalysis::Configuration),
        ("no_model", NoAnalysis::Configuration),
        ("elsewhere", NoAnalysis::Configuration),
        ("too_long", NoAnalysis::ContextTooLong),
        ("policy", NoAnalysis::Policy),
        ("policy_cyber", NoAnalysis::Policy),
        ("policy_azure", NoAnalysis::Policy),
        ("filtered", NoAnalysis::Policy),
        ("refuse", NoAnalysis::Refused),
        ("cut", NoAnalysis::Incomplete),
        ("broken", NoAnalysis::Invalid),
        ("wrong_shape", NoAnalysis::Invalid),
        ("empty", NoAnalysis::Invalid),
        ("html", NoAnalysis::Invalid),
        ("huge", NoAnalysis::Invalid),
        ("drip", NoAnalysis::Timeout),
        ("slow", NoAnalysis::Timeout),
    ];
    // All at once, each with a stub of its own: some take their time.
    let cases = modes.into_iter().flat_map(|(mode, reason)| BOTH.map(|dialect| (mode, dialect, reason)));
    let ended = cases.map(async |(mode, dialect, reason)| {
        let available = Duration::from_secs(if reason == NoAnalysis::Timeout { 3 } else { 15 });
        let ended = Stub::start().await.answer(dialect, mode, available).await;
        assert_eq!(ended, Err(reason), "{mode} {dialect:?}");
    });
    join_all(ended).await;
}

#[tokio::test]
async fn the_stub_answers_on_every_rung_of_the_ladder() {
    let stub = Stub::start().await;
    for mode in
        ["ok", "no_schema", "no_format", "old_server", "lie", "invented_ids", "links", "leak", "downplay"]
    {
        for dialect in BOTH {
            let answer = stub.answer(dialect, mode, Duration::from_secs(15)).await.unwrap();
            assert_eq!(answer["headline"], "Activity that the rule watches for", "{mode} {dialect:?}");
        }
    }
}
