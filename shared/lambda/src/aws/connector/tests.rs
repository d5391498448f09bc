//! The SDK's clients against a server that behaves badly.

use std::collections::VecDeque;
use std::future::pending;
use std::sync::{Arc, Mutex};

use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpSocket, TcpStream};

use super::*;
use crate::config::Environment;

const SHORT: Duration = Duration::from_millis(50);
const LONG: Duration = Duration::from_secs(20);

/// What the server does with a request.
#[derive(Clone, Copy, Debug)]
enum Act {
    Answers(&'static str),
    /// Closes the connection within the answer.
    BreaksOff,
    /// Closes the connection instead.
    HangsUp,
    IsSilent,
}

const FINE: Act = Act::Answers("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}");
const HALF: &str = "HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n{";
const NO_HTTP: Act = Act::Answers("220 mail.example ESMTP\r\n");
const UNAVAILABLE: Act = Act::Answers("HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\n\r\n");
const ELSEWHERE: Act =
    Act::Answers("HTTP/1.1 307 Temporary Redirect\r\nlocation: /elsewhere\r\ncontent-length: 0\r\n\r\n");

#[derive(Debug, Default)]
struct Heard {
    connections: usize,
    requests: Vec<String>,
}

struct Server {
    url: String,
    heard: Arc<Mutex<Heard>>,
}

impl Server {
    /// Does these, one for each request.
    async fn start(acts: impl IntoIterator<Item = Act>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let heard = Arc::<Mutex<Heard>>::default();
        let acts = Arc::new(Mutex::new(acts.into_iter().collect::<VecDeque<_>>()));
        let shared = heard.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                shared.lock().unwrap().connections += 1;
                tokio::spawn(converse(BufReader::new(stream), acts.clone(), shared.clone()));
            }
        });
        Self { url, heard }
    }

    fn sqs(&self) -> aws_sdk_sqs::Client {
        let config = crate::aws::config(&Environment::from_iter([
            ("AWS_REGION", "eu-central-1"),
            ("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"),
            ("AWS_SECRET_ACCESS_KEY", "secret"),
            ("AWS_ENDPOINT_URL", &self.url),
        ]));
        let config = config
            .unwrap()
            .into_builder()
            .retry_config(RetryConfig::standard().with_initial_backoff(Duration::from_millis(1)))
            .timeout_config(TimeoutConfig::builder().read_timeout(SHORT).operation_timeout(LONG).build())
            .build();
        aws_sdk_sqs::Client::new(&config)
    }

    fn heard(&self) -> std::sync::MutexGuard<'_, Heard> {
        self.heard.lock().unwrap()
    }
}

async fn converse(
    mut stream: BufReader<TcpStream>,
    acts: Arc<Mutex<VecDeque<Act>>>,
    heard: Arc<Mutex<Heard>>,
) {
    while let Some(request) = read(&mut stream).await {
        heard.lock().unwrap().requests.push(request);
        let act = acts.lock().unwrap().pop_front().expect("a request more than acts");
        match act {
            Act::Answers(bytes) => stream.write_all(bytes.as_bytes()).await.unwrap(),
            Act::BreaksOff => return stream.write_all(HALF.as_bytes()).await.unwrap(),
            Act::HangsUp => return,
            Act::IsSilent => pending().await,
        }
    }
}

async fn read(stream: &mut BufReader<TcpStream>) -> Option<String> {
    let mut request = String::new();
    while !request.ends_with("\r\n\r\n") {
        if stream.read_line(&mut request).await.ok()? == 0 {
            return None;
        }
    }
    let length = request.lines().find_map(|line| line.strip_prefix("content-length: "));
    let mut body = vec![0; length.map_or(0, |length| length.parse().unwrap())];
    stream.read_exact(&mut body).await.ok()?;
    Some(request + &String::from_utf8(body).unwrap())
}

#[tokio::test]
async fn what_breaks_on_the_way_is_asked_again() {
    for trouble in [Act::HangsUp, Act::IsSilent, Act::BreaksOff, NO_HTTP, UNAVAILABLE] {
        let server = Server::start([trouble, FINE]).await;
        server.sqs().list_queues().send().await.unwrap_or_else(|error| panic!("{trouble:?}: {error:?}"));
        assert_eq!(server.heard().requests.len(), 2, "{trouble:?}");
    }
}

#[tokio::test]
async fn nobody_is_asked_for_ever() {
    let server = Server::start([Act::IsSilent; 3]).await;
    let error = server.sqs().list_queues().send().await.unwrap_err();
    assert!(error.as_service_error().is_none(), "{error:?}");
    assert_eq!(server.heard().requests.len(), 3);
}

#[tokio::test]
async fn a_redirect_is_an_error_and_not_followed() {
    let server = Server::start([ELSEWHERE]).await;
    let error = server.sqs().list_queues().send().await.unwrap_err();
    assert_eq!(error.raw_response().unwrap().status().as_u16(), 307);
    assert_eq!(server.heard().requests.len(), 1);
}

#[tokio::test]
async fn calls_share_a_connection_while_it_works() {
    let server = Server::start([FINE, FINE, UNAVAILABLE, FINE, Act::HangsUp, FINE]).await;
    let client = server.sqs();
    for _ in 0..3 {
        client.list_queues().send().await.unwrap();
    }
    assert_eq!(server.heard().connections, 1);
    client.list_queues().send().await.unwrap();
    assert_eq!(server.heard().connections, 2);
}

#[tokio::test]
async fn a_request_goes_out_as_it_was_signed() {
    let server = Server::start([FINE]).await;
    let body = "50 % of ü\n";
    let queue = format!("{}/1/alerts", server.url);
    server.sqs().send_message().queue_url(&queue).message_body(body).send().await.unwrap();

    let request = server.heard().requests.remove(0);
    let (head, sent) = request.split_once("\r\n\r\n").unwrap();
    assert_eq!(sent, serde_json::json!({"QueueUrl": queue, "MessageBody": body}).to_string());
    let (first, headers) = head.split_once("\r\n").unwrap();
    assert_eq!(first, "POST / HTTP/1.1");
    let headers: Vec<(&str, &str)> =
        headers.split("\r\n").map(|line| line.split_once(": ").unwrap()).collect();
    let all = |name: &str| -> Vec<&str> {
        headers.iter().filter(|(other, _)| *other == name).map(|(_, value)| *value).collect()
    };

    assert_eq!(all("host"), [server.url.strip_prefix("http://").unwrap()]);
    assert_eq!(all("content-length"), [sent.len().to_string()]);
    assert_eq!(all("x-amz-target"), ["AmazonSQS.SendMessage"]);
    assert_eq!(all("user-agent").len(), 1);
    let [authorization] = all("authorization")[..] else { panic!("{head}") };
    let (_, signed) = authorization.split_once("SignedHeaders=").unwrap();
    let signed: Vec<&str> = signed.split_once(',').unwrap().0.split(';').collect();
    for name in &signed {
        assert_eq!(all(name).len(), 1, "{name}");
    }
    // Whatever is not signed comes from the SDK, or is harmless.
    let mut others: Vec<&str> = headers.iter().map(|(name, _)| *name).collect();
    others.retain(|name| !signed.contains(name));
    others.sort_unstable();
    assert_eq!(others, ["accept", "amz-sdk-invocation-id", "amz-sdk-request", "authorization", "user-agent"]);
}

/// How a request fails, by the SDK's kinds: they decide whether it asks again.
async fn kind(url: &str, connect_timeout: Duration) -> &'static str {
    let client = crate::http::client(connect_timeout).unwrap().no_proxy().build().unwrap();
    let connector = Connector { client, read_timeout: Some(LONG) };
    let mut request = HttpRequest::new(SdkBody::empty());
    request.set_uri(url).unwrap();
    let error = connector.ask(request).await.unwrap_err();
    assert!(!format!("{error:?}").contains("hunter2"), "{error:?}");
    match (error.is_timeout(), error.is_io(), error.is_user()) {
        (true, false, false) => "timeout",
        (false, true, false) => "io",
        (false, false, true) => "user",
        _ => "other",
    }
}

#[tokio::test]
async fn the_sdk_is_told_what_kind_of_failure_it_was() {
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    assert_eq!(kind(&format!("http://{closed}/?key=hunter2"), LONG).await, "io");
    assert_eq!(kind("ftp://127.0.0.1/?key=hunter2", LONG).await, "user");

    // A server whose queue of connections is full does not answer the next.
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let listener = socket.listen(1).unwrap();
    let full = listener.local_addr().unwrap();
    let _queue = [TcpStream::connect(full).await.unwrap(), TcpStream::connect(full).await.unwrap()];
    assert_eq!(kind(&format!("http://{full}/?key=hunter2"), SHORT).await, "timeout");
}
