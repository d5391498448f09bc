//! The lists of feeds: from a bucket into `etc/lists`, and never worse than they were.

use std::collections::HashMap;
use std::fs;
use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use std::thread;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Response, Uri};
use serde_json::Value;

use crate::bench::{Bench, QUEUE, Service, text, until};

/// Objects by their path; a new text is a new `ETag`.
#[derive(Clone, Default)]
struct FakeBucket(Arc<Mutex<HashMap<String, &'static str>>>);

impl FakeBucket {
    fn put(&self, list: &str, text: &'static str) {
        let path = format!("/feeds/lists/wazuh-triage-feed-{list}");
        self.0.lock().unwrap().insert(path, text);
    }

    fn serve(&self) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let bucket = self.clone();
        let router = Router::new()
            .fallback(move |uri: Uri, headers: HeaderMap| async move { bucket.answer(uri.path(), &headers) });
        thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                axum::serve(tokio::net::TcpListener::from_std(listener).unwrap(), router).await
            })
        });
        url
    }

    fn answer(&self, path: &str, headers: &HeaderMap) -> Response<Body> {
        assert!(headers.get("authorization").unwrap().to_str().unwrap().contains("/eu-central-1/s3/"));
        let Some(text) = self.0.lock().unwrap().get(path).copied() else {
            let error = "<Error><Code>NoSuchKey</Code></Error>";
            return Response::builder().status(404).body(Body::from(error)).unwrap();
        };
        let etag = format!("\"{}\"", text.len());
        Response::builder().header("etag", etag).body(Body::from(text)).unwrap()
    }
}

fn status(bench: &Bench) -> Value {
    let output = bench.publisher("status").arg("--json").output().unwrap();
    assert!(output.status.success(), "{}", text(&output));
    let status: Value = serde_json::from_slice(&output.stdout).unwrap();
    status["lists"].clone()
}

#[test]
fn lists_are_fetched_and_what_is_no_list_leaves_the_last_good_one() {
    let bench = Bench::new();
    let bucket = FakeBucket::default();
    let folder = bench.ossec().join("etc/lists");
    fs::create_dir_all(&folder).unwrap();
    let list = |name: &str| fs::read_to_string(folder.join(format!("wazuh-triage-feed-{name}"))).ok();
    fs::write(folder.join("wazuh-triage-feed-domain"), "old.example.com:ours\n").unwrap();
    bucket.put("ip", "203.0.113.9:feodo\n198.51.100.:spamhaus-drop\n");
    bucket.put("domain", "<html>Service Unavailable</html>");
    bucket.put("hash", "");
    let url = bucket.serve();
    let service = Service::start_with(&bench, |command| {
        command.env("WAZUH_TRIAGE_QUEUE_URL", QUEUE).env("WAZUH_TRIAGE_LISTS_BUCKET", "feeds");
        command.env("WAZUH_TRIAGE_ENDPOINT_URL", &url);
        command.env("WAZUH_TRIAGE_INDICATOR_LIST", folder.join("wazuh-triage-ioc"));
    });
    until("the problem is in the status", || status(&bench)["last_error"].is_string());
    assert_eq!(list("ip").as_deref(), Some("203.0.113.9:feodo\n198.51.100.:spamhaus-drop\n"));
    assert_eq!(list("domain").as_deref(), Some("old.example.com:ours\n"));
    let seen = status(&bench);
    assert!(seen["last_error"].as_str().unwrap().contains("feed-domain is no CDB list in line 1"), "{seen}");
    assert_eq!(seen["checked_at"], Value::Null);
    assert_eq!(bench.log_lines("wrote 2 lines to "), 1, "{}", bench.log());
    assert_eq!(bench.log_lines("is loaded with the next restart of wazuh-manager"), 1, "{}", bench.log());

    bucket.put("domain", "new.example.com:ours\n");
    bucket.put("url", "\"http://evil.example.com/a\":URLhaus\n");
    service.signal("HUP");
    until("all lists are there", || status(&bench)["checked_at"].is_string());
    assert_eq!(list("domain").as_deref(), Some("new.example.com:ours\n"));
    assert_eq!(list("url").as_deref(), Some("\"http://evil.example.com/a\":URLhaus\n"));
    assert_eq!(status(&bench)["last_error"], Value::Null);
    assert_eq!(bench.log_lines("wrote 2 lines to "), 1, "what has not changed is not written again");
    drop(service);
}
