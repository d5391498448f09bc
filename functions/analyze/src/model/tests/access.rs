//! Who is shown what: keys, signatures, redirects, logs.

use std::io;
use std::sync::Arc;

use super::*;
use crate::model::tests::server::Reply;

const GOOD: &str = r#"{"verdict":"true_positive"}"#;
const TURNED_AWAY: &str = r#"{"error":{"type":"invalid_request_error","code":"invalid_api_key"}}"#;

async fn headers(auth: Auth) -> axum::http::HeaderMap {
    let server = Server::with([Reply::text(Dialect::Chat, GOOD)]).await;
    let configured = Settings { auth, ..settings(&server, Dialect::Chat) };
    ask(&model(&server, configured), Duration::from_secs(10)).await.unwrap();
    server.received()[0].headers.clone()
}

#[tokio::test]
async fn every_server_is_shown_what_it_wants_and_nothing_else() {
    let parameter = "/model-key".to_owned();
    let bearer = headers(Auth::Bearer { parameter: parameter.clone() }).await;
    assert_eq!(bearer["authorization"], format!("Bearer {KEY}"));
    let azure = headers(Auth::ApiKey { parameter }).await;
    assert_eq!((&azure["api-key"], azure.get("authorization")), (&KEY.parse().unwrap(), None));
    let open = headers(Auth::Open).await;
    assert_eq!((open.get("api-key"), open.get("authorization")), (None, None));
    let bedrock = Bedrock { service: "bedrock", region: "eu-central-1".into() };
    let signed = headers(Auth::SigV4(bedrock)).await;
    let authorization = signed["authorization"].to_str().unwrap();
    assert!(authorization.starts_with("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/"), "{authorization}");
    assert!(
        authorization
            .contains("/eu-central-1/bedrock/aws4_request, SignedHeaders=content-type;host;x-amz-date")
    );
    assert!(!authorization.contains("secret-of-the-role"));
}

#[tokio::test]
async fn a_key_that_was_rotated_is_read_again_and_used() {
    let server = Server::with([Reply::error(401, TURNED_AWAY), Reply::text(Dialect::Chat, GOOD)]).await;
    server.keys(["old-key", "new-key"]);
    asked(&server, Dialect::Chat).await.unwrap();
    let shown: Vec<_> =
        server.received().iter().map(|received| received.headers["authorization"].clone()).collect();
    assert_eq!(shown, ["Bearer old-key", "Bearer new-key"]);
}

#[tokio::test]
async fn a_new_key_that_is_refused_as_well_is_not_followed_by_a_third() {
    let server = Server::with([Reply::error(401, TURNED_AWAY)]).await;
    server.keys(["first", "second", "third"]);
    let failed = asked(&server, Dialect::Chat).await.unwrap_err();
    assert_eq!((failed.reason, server.bodies().len()), (NoAnalysis::Configuration, 2));
    assert_eq!(failed.status, Some(401));
}

#[tokio::test]
async fn without_a_key_nobody_is_asked() {
    let server = Server::with([Reply::text(Dialect::Chat, GOOD)]).await;
    server.keys([Secrets::UNSET]);
    let failed = asked(&server, Dialect::Chat).await.unwrap_err();
    assert_eq!((failed.reason, server.bodies().len()), (NoAnalysis::Disabled, 0));
}

#[tokio::test]
async fn a_redirect_is_not_followed_so_that_no_other_server_sees_the_key() {
    let elsewhere = Server::with([Reply::text(Dialect::Chat, GOOD)]).await;
    let location = format!("{}/v1/chat/completions", elsewhere.url);
    for status in [301, 302, 307, 308] {
        let server = Server::with([Reply::error(status, "").header("location", &location)]).await;
        let failed = asked(&server, Dialect::Chat).await.unwrap_err();
        assert_eq!(failed.reason, NoAnalysis::Configuration);
    }
    assert!(elsewhere.bodies().is_empty());
}

/// What was logged, as a writer.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn neither_key_nor_document_nor_answer_stands_in_a_log_or_an_error() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber =
        tracing_subscriber::fmt().with_writer(move || writer.clone()).with_max_level(tracing::Level::DEBUG);
    let _guard = tracing::subscriber::set_default(subscriber.finish());
    // Servers are known to repeat the key and the prompt in their errors.
    let echo = json!({"error": {"code": KEY, "message": format!("Incorrect key {KEY} for {DOCUMENT}")}});
    let mut shown = Vec::new();
    for reply in [Reply::error(401, &echo.to_string()), Reply::text(Dialect::Chat, "cat /etc/shadow")] {
        let server = Server::with([reply]).await;
        let model = model(&server, settings(&server, Dialect::Chat));
        let failed = ask(&model, Duration::from_secs(10)).await.unwrap_err();
        shown.push(format!("{model:?} {failed:?}"));
    }
    let logged = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(logged.contains("did not answer as asked"), "{logged}");
    shown.push(logged);
    for secret in [KEY, "secret-of-the-role", "/etc/shadow"] {
        assert!(!shown.iter().any(|text| text.contains(secret)), "{secret} stands in {shown:?}");
    }
}
