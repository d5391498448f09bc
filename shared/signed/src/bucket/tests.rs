//! Against a server on loopback that answers as S3 does.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, Method as Verb, Uri};
use axum::response::IntoResponse;

use super::*;

/// Status, the `ETag` header, body.
type Answer = (u16, &'static str, &'static str);
type Received = Vec<(Verb, String, HeaderMap, Vec<u8>)>;

/// Gives its answers one after the other, the last one for ever, and keeps what it was sent.
#[derive(Clone, Default)]
struct Server {
    answers: Arc<Mutex<VecDeque<Answer>>>,
    received: Arc<Mutex<Received>>,
}

impl Server {
    async fn start(answers: &[Answer]) -> (Self, Bucket) {
        let server =
            Self { answers: Arc::new(Mutex::new(answers.iter().copied().collect())), ..Self::default() };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new().fallback(answer).with_state(server.clone());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        (server, bucket(&endpoint))
    }

    fn received(&self) -> Received {
        self.received.lock().unwrap().clone()
    }
}

async fn answer(
    State(server): State<Server>,
    verb: Verb,
    uri: Uri,
    headers: HeaderMap,
    body: axum::body::Bytes,
) -> impl IntoResponse {
    server.received.lock().unwrap().push((verb, uri.to_string(), headers, body.to_vec()));
    let mut answers = server.answers.lock().unwrap();
    let (status, etag, body) =
        if answers.len() > 1 { answers.pop_front().unwrap() } else { *answers.front().unwrap() };
    let mut headers = HeaderMap::new();
    if !etag.is_empty() {
        headers.insert("etag", etag.parse().unwrap());
    }
    (StatusCode::from_u16(status).unwrap(), headers, body)
}

fn bucket(endpoint: &str) -> Bucket {
    let credentials =
        Credentials::new("AKIDEXAMPLE", "secret-of-the-role", Some("token".into()), None, "test");
    let place = Place {
        bucket: "triage".parse().unwrap(),
        region: "eu-central-1".to_owned(),
        endpoint: Some(endpoint.to_owned()),
        credentials: SharedCredentialsProvider::new(credentials),
    };
    Bucket::new(Client::new(), place).unwrap()
}

fn tag(text: &'static str) -> ETag {
    ETag(HeaderValue::from_static(text))
}

const MISSING: &str =
    "<?xml version=\"1.0\"?>\n<Error><Code>NoSuchKey</Code><Key>snapshot/current</Key></Error>";
const NO_BUCKET: &str = "<Error><Code>NoSuchBucket</Code></Error>";
const DENIED: &str = "<Error><Code>AccessDenied</Code><Message>secret-of-the-role</Message></Error>";
const SLOW: &str = "<Error><Code>SlowDown</Code></Error>";

#[tokio::test]
async fn an_object_is_read_with_its_etag_by_a_signed_request() {
    let (server, bucket) = Server::start(&[(200, "\"a\"", "contents")]).await;
    let got = bucket.get("snapshot/current", None, 100).await.unwrap();
    assert_eq!(got, Got::Object { etag: tag("\"a\""), body: b"contents".to_vec() });
    let (verb, path, headers, _) = &server.received()[0];
    assert_eq!((verb.as_str(), path.as_str()), ("GET", "/triage/snapshot/current"));
    let authorization = headers["authorization"].to_str().unwrap();
    assert!(authorization.contains("/eu-central-1/s3/aws4_request"), "{authorization}");
    assert!(authorization.contains("x-amz-content-sha256") && headers["x-amz-security-token"] == "token");
}

#[tokio::test]
async fn an_object_that_is_known_is_not_sent_again() {
    let (server, bucket) = Server::start(&[(304, "", "")]).await;
    assert_eq!(bucket.get("lists/ip", Some(&tag("\"a\"")), 100).await.unwrap(), Got::Unchanged);
    assert_eq!(server.received()[0].2["if-none-match"], "\"a\"");
}

#[tokio::test]
async fn a_missing_object_is_absent_and_a_missing_bucket_an_error() {
    let (_, bucket) = Server::start(&[(404, "", MISSING), (404, "", NO_BUCKET)]).await;
    assert_eq!(bucket.get("snapshot/current", None, 100).await.unwrap(), Got::Absent);
    let error = bucket.get("snapshot/current", None, 100).await.unwrap_err().to_string();
    assert_eq!(
        error,
        "S3 answered 404 (NoSuchBucket) for s3://triage/snapshot/current; there is no such bucket"
    );
}

#[tokio::test]
async fn an_object_is_written_with_its_type() {
    let (server, bucket) = Server::start(&[(200, "\"b\"", "")]).await;
    let etag = bucket.put("lists/ip", b"192.0.2.1:otx\n".to_vec(), "text/plain").await.unwrap();
    assert_eq!(etag, tag("\"b\""));
    let (verb, path, headers, body) = &server.received()[0];
    assert_eq!((verb.as_str(), path.as_str()), ("PUT", "/triage/lists/ip"));
    assert_eq!(headers["content-type"], "text/plain");
    assert_eq!(body, b"192.0.2.1:otx\n");
    assert!(headers["authorization"].to_str().unwrap().contains("SignedHeaders=content-type;host;"));
}

#[tokio::test]
async fn a_bad_moment_is_followed_by_one_more_try_and_no_third() {
    for bad in [(503, "", SLOW), (500, "", "")] {
        let (server, bucket) = Server::start(&[bad, (200, "\"a\"", "x")]).await;
        assert!(matches!(bucket.get("k", None, 100).await.unwrap(), Got::Object { .. }));
        assert_eq!(server.received().len(), 2);
    }
    let (server, bucket) = Server::start(&[(503, "", SLOW)]).await;
    let error = bucket.put("k", vec![1; 1000], "text/plain").await.unwrap_err();
    assert!(error.is_transient());
    let bodies: Vec<usize> = server.received().iter().map(|received| received.3.len()).collect();
    assert_eq!(bodies, [1000, 1000]);
}

#[tokio::test]
async fn a_refusal_names_object_and_code_and_nothing_secret() {
    let (server, bucket) = Server::start(&[(403, "", DENIED)]).await;
    let error = bucket.get("feeds/otx", None, 100).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "S3 answered 403 (AccessDenied) for s3://triage/feeds/otx; the role needs the right to it, and s3:ListBucket"
    );
    assert_eq!((error.is_transient(), server.received().len()), (false, 1));
    assert!(!format!("{bucket:?} {error:?}").contains("secret-of-the-role"));
}

#[tokio::test]
async fn more_than_the_most_is_not_read() {
    let (_, bucket) = Server::start(&[(200, "\"a\"", "123456")]).await;
    assert!(matches!(bucket.get("k", None, 6).await.unwrap(), Got::Object { .. }));
    let error = bucket.get("k", None, 5).await.unwrap_err().to_string();
    assert_eq!(error, "s3://triage/k is larger than 5 bytes, which is the most that is read");
}

#[tokio::test]
async fn nobody_there_is_an_error_that_passes() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let error = bucket(&endpoint).get("k", None, 5).await.unwrap_err();
    assert!(error.is_transient() && matches!(error, BucketError::Unreachable { .. }), "{error}");
}

#[tokio::test]
async fn what_is_no_plain_key_is_never_asked_for() {
    let bucket = bucket("http://127.0.0.1:1");
    for key in ["", "/a", "a/", "a//b", "../b", "a/../b", "a b", "a%2Fb", "a?x=1", "é"] {
        assert!(matches!(bucket.get(key, None, 5).await, Err(BucketError::Key { .. })), "{key}");
    }
}
