//! A server that misbehaves in every way that a provider, or whoever stands before it, can.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use domain::indicator::{Direction, Found};
use domain::verdict::{Answer, Unanswered};
use jiff::Timestamp;
use lambda::secrets::Secret;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::time::Instant;

use super::transport::Budget;
use super::{Asked, Client};

pub(crate) fn now() -> Timestamp {
    "2026-10-03T12:00:00Z".parse().unwrap()
}

pub(super) fn found(indicator: &str) -> Found {
    found_from(indicator, Direction::Unknown)
}

pub(super) fn found_from(indicator: &str, direction: Direction) -> Found {
    Found { indicator: indicator.parse().unwrap(), path: "data.srcip".into(), direction }
}

/// What the server does once it has read a request.
#[derive(Clone)]
pub(crate) enum Reply {
    Says(String),
    /// Sends this head and then 50 MB.
    Floods(&'static str),
    /// Sends the text letter by letter, each a little later.
    Drips(String),
    Hangs,
}

impl Reply {
    /// An answer with this status line, these headers and this body.
    pub fn status(status: &str, headers: &str, body: &str) -> Self {
        let length = body.len();
        Self::Says(format!(
            "HTTP/1.1 {status}\r\n{headers}Content-Length: {length}\r\nConnection: close\r\n\r\n{body}"
        ))
    }

    pub fn json(body: &str) -> Self {
        Self::status("200 OK", "Content-Type: application/json\r\n", body)
    }
}

/// A server on a free port, what it was asked, and how much it has sent.
pub(crate) struct Server {
    pub url: String,
    pub sent_bytes: Arc<AtomicUsize>,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Server {
    /// Gives these replies in turn, the last of them for ever.
    pub async fn with(replies: Vec<Reply>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let server = Self { url, sent_bytes: Arc::default(), requests: Arc::default() };
        let (sent_bytes, requests) = (Arc::clone(&server.sent_bytes), Arc::clone(&server.requests));
        tokio::spawn(async move {
            let last = replies.last().cloned();
            let mut replies = replies.into_iter();
            while let Ok((mut stream, _)) = listener.accept().await {
                let Some(reply) = replies.next().or_else(|| last.clone()) else { return };
                let (sent_bytes, requests) = (Arc::clone(&sent_bytes), Arc::clone(&requests));
                tokio::spawn(async move {
                    let request = read_request(&mut stream).await;
                    requests.lock().unwrap_or_else(PoisonError::into_inner).push(request);
                    give(&mut stream, reply, &sent_bytes).await;
                });
            }
        });
        server
    }

    pub fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// The whole request: its head as it came, and its body.
pub(super) async fn read_request(stream: &mut (impl AsyncRead + Unpin)) -> String {
    let mut request = Vec::new();
    let mut chunk = [0; 4096];
    loop {
        let text = String::from_utf8_lossy(&request).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.to_ascii_lowercase().split_once("content-length: ").map(|(_, rest)| {
                rest.split("\r\n").next().unwrap_or_default().parse::<usize>().unwrap_or_default()
            });
            if body.len() >= length.unwrap_or_default() {
                return text;
            }
        }
        match stream.read(&mut chunk).await {
            Ok(read) if read > 0 => request.extend_from_slice(&chunk[..read]),
            _ => return text,
        }
    }
}

/// Errors are the client's: it has left.
pub(super) async fn give(stream: &mut (impl AsyncWrite + Unpin), reply: Reply, sent_bytes: &AtomicUsize) {
    match reply {
        Reply::Says(text) => {
            let _ = stream.write_all(text.as_bytes()).await;
            let _ = stream.shutdown().await;
        }
        Reply::Floods(head) => {
            let _ = stream.write_all(head.as_bytes()).await;
            // Size, letters and line end of a chunk: also fine as plain letters.
            let chunk = format!("10000\r\n{}\r\n", " ".repeat(0x10000));
            for _ in 0..800 {
                if stream.write_all(chunk.as_bytes()).await.is_err() {
                    return;
                }
                sent_bytes.fetch_add(chunk.len(), Ordering::Relaxed);
            }
        }
        Reply::Drips(text) => {
            for letter in text.bytes() {
                if stream.write_all(&[letter]).await.is_err() {
                    return;
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
        Reply::Hangs => std::future::pending().await,
    }
}

/// What one provider is tested with.
pub(super) struct Subject {
    pub client: fn(Budget, &str) -> Client,
    pub indicator: &'static str,
    /// An answer that it understands.
    pub good: &'static str,
    /// Answers in JSON that are none.
    pub wrong: &'static [&'static str],
    /// What status 429 means.
    pub too_many: Unanswered,
}

const SHORT: Budget = Budget { connect: Duration::from_millis(200), total: Duration::from_millis(300) };

impl Subject {
    async fn ask(&self, budget: Budget, replies: Vec<Reply>) -> (Asked, Server) {
        let server = Server::with(replies).await;
        let client = (self.client)(budget, &server.url);
        let asked = client.ask(&[&found(self.indicator)], &Secret::new("k3y"), now()).await;
        (asked, server)
    }

    /// Nothing that can come over the wire panics, stalls, is read without end, or counts as "nothing known".
    pub async fn survives(&self) {
        let (asked, _) = self.ask(Budget::default(), vec![Reply::json(self.good)]).await;
        assert!(asked.answers[0].evidence().is_some(), "the good answer is one: {asked:?}");
        self.survives_wrong_bodies().await;
        self.survives_statuses().await;
        self.survives_floods().await;
        self.survives_slowness().await;
        self.follows_no_redirect().await;
        self.never_sends_a_key_that_is_no_header().await;
    }

    async fn survives_wrong_bodies(&self) {
        let good = self.good;
        let json = "Content-Type: application/json\r\n";
        let deep = "[".repeat(100_000);
        let mut cases = vec![
            ("page", Reply::status("200 OK", "Content-Type: text/html; charset=utf-8\r\n", good)),
            ("image", Reply::status("200 OK", "Content-Type: image/png\r\n", good)),
            ("page without type", Reply::status("200 OK", "", "<html><body>maintenance</body></html>")),
            ("page as JSON", Reply::json("<html><body>maintenance</body></html>")),
            ("nothing", Reply::json("")),
            ("truncated", Reply::json(&good[..good.len() / 2])),
            ("last brace missing", Reply::json(&good[..good.trim_end().len() - 1])),
            ("two answers", Reply::json(&format!("{good}{good}"))),
            ("deep", Reply::json(&deep)),
            ("deep in an object", Reply::json(&format!("{{\"data\":{deep}"))),
            ("no content", Reply::status("204 No Content", json, "")),
            ("created", Reply::status("201 Created", json, good)),
        ];
        let types = ["null", "true", "0", "1e999", "\"\"", "[]", "[0]", "[{}]", "{}", "\u{feff}{}"];
        cases.extend(types.iter().chain(self.wrong).map(|body| (*body, Reply::json(body))));
        for (name, reply) in cases {
            self.check(name, reply, Unanswered::InvalidResponse, 1).await;
        }
        let cut = format!("HTTP/1.1 200 OK\r\n{json}Content-Length: 9999\r\n\r\n{good}");
        self.check("closed midway", Reply::Says(cut), Unanswered::Unreachable, 1).await;
        self.check("closed at once", Reply::Says(String::new()), Unanswered::Unreachable, 2).await;
        self.check("no HTTP", Reply::Says("SSH-2.0-OpenSSH_9.9\r\n".into()), Unanswered::Unreachable, 2)
            .await;
    }

    async fn survives_statuses(&self) {
        for (status, reason, requests) in [
            ("302 Found", Unanswered::InvalidResponse, 1),
            ("400 Bad Request", Unanswered::InvalidResponse, 1),
            ("401 Unauthorized", Unanswered::Unauthorized, 1),
            ("403 Forbidden", Unanswered::Unauthorized, 1),
            ("404 Not Found", Unanswered::InvalidResponse, 1),
            ("405 Method Not Allowed", Unanswered::InvalidResponse, 1),
            ("422 Unprocessable Entity", Unanswered::InvalidResponse, 1),
            ("429 Too Many Requests", self.too_many, 1),
            ("500 Internal Server Error", Unanswered::Unreachable, 1),
            ("502 Bad Gateway", Unanswered::Unreachable, 2),
            ("503 Service Unavailable", Unanswered::Unreachable, 2),
            ("504 Gateway Timeout", Unanswered::Unreachable, 1),
        ] {
            // The body says the opposite: the status decides.
            let reply = Reply::status(status, "Content-Type: application/json\r\n", self.good);
            self.check(status, reply, reason, requests).await;
        }
        let hiccup = vec![Reply::status("503 Service Unavailable", "", ""), Reply::json(self.good)];
        let (asked, _) = self.ask(Budget::default(), hiccup).await;
        assert!(asked.answers[0].evidence().is_some(), "after a hiccup: {asked:?}");
        assert_eq!(asked.requests, 2);
    }

    async fn survives_floods(&self) {
        for head in [
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 52436800\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n",
            "HTTP/1.1 404 Not Found\r\nContent-Type: application/json\r\n\r\n",
        ] {
            let (asked, server) = self.ask(Budget::default(), vec![Reply::Floods(head)]).await;
            assert_eq!(asked, Asked::failed(Unanswered::InvalidResponse, 1, 1), "{head}");
            // The cap, and what fits the buffers of both sockets.
            assert!(server.sent_bytes.load(Ordering::Relaxed) < 25_000_000, "{head}");
        }
    }

    async fn survives_slowness(&self) {
        let answer = format!("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n{}", self.good);
        let overloaded = Reply::status("503 Service Unavailable", "", "");
        for (name, replies, requests) in [
            ("no answer", vec![Reply::Hangs], 1),
            ("slow head", vec![Reply::Drips(answer.clone())], 1),
            ("overloaded, then no answer", vec![overloaded, Reply::Hangs], 2),
        ] {
            let begun = Instant::now();
            let (asked, _) = self.ask(SHORT, replies).await;
            assert_eq!(asked, Asked::failed(Unanswered::Timeout, 1, requests), "{name}");
            assert!(begun.elapsed() < Duration::from_secs(2), "{name}");
        }
    }

    async fn follows_no_redirect(&self) {
        let other = Server::with(vec![Reply::json(self.good)]).await;
        for status in ["301 Moved Permanently", "302 Found", "307 Temporary Redirect"] {
            let location = format!("Location: {}/elsewhere\r\n", other.url);
            self.check(status, Reply::status(status, &location, ""), Unanswered::InvalidResponse, 1).await;
        }
        assert!(other.requests().is_empty());
    }

    async fn never_sends_a_key_that_is_no_header(&self) {
        let server = Server::with(vec![Reply::json(self.good)]).await;
        let client = (self.client)(Budget::default(), &server.url);
        for key in ["k\r\nHost: other.example", "k\0", "k\n"] {
            let asked = client.ask(&[&found(self.indicator)], &Secret::new(key), now()).await;
            assert_eq!(asked, Asked::failed(Unanswered::Unauthorized, 1, 0));
        }
        assert!(server.requests().is_empty());
        assert!(!format!("{client:?}").contains("k3y"));
    }

    async fn check(&self, name: &str, reply: Reply, reason: Unanswered, requests: u32) {
        let (asked, server) = self.ask(Budget::default(), vec![reply]).await;
        assert_eq!(asked.answers, [Answer::Unknown { reason }], "{name}");
        assert_eq!(asked.requests, requests, "{name}");
        assert_eq!(server.requests().len(), usize::try_from(requests).unwrap(), "{name}");
    }
}

#[tokio::test]
async fn nobody_listening_is_unreachable() {
    // No resolver is asked for a name with so long a label.
    let nameless = format!("http://{}.example", "a".repeat(64));
    for url in ["http://127.0.0.1:9", &nameless] {
        for client in [
            Client::AbuseIpDb(super::AbuseIpDb::new(url).unwrap()),
            Client::Misp(super::Misp::new(url, None, super::MispOptions::default()).unwrap()),
            Client::Otx(super::Otx::new(url).unwrap()),
        ] {
            let asked = client.ask(&[&found("203.0.113.9")], &Secret::new("k"), now()).await;
            assert_eq!(asked, Asked::failed(Unanswered::Unreachable, 1, 2), "{url}");
        }
    }
}
