//! The way back: what the feedback queue holds reaches the manager once, and nothing else does.

mod lists;
mod once;
mod refused;
mod waiting;

use std::fs;
use std::os::unix::net::UnixDatagram;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use serde_json::{Value, json};

use crate::bench::{Bench, Service, text};
use crate::fake_queue::FakeQueue;

const FEEDBACK_QUEUE: &str = "https://sqs.eu-central-1.amazonaws.com/123456789012/feedback";

struct Manager {
    bench: Bench,
    queue: FakeQueue,
}

impl Manager {
    fn new() -> Self {
        let bench = Bench::new();
        fs::create_dir_all(bench.ossec().join("queue/sockets")).unwrap();
        fs::create_dir_all(bench.ossec().join("etc/lists")).unwrap();
        Self { bench, queue: FakeQueue::start() }
    }

    fn socket(&self) -> PathBuf {
        self.bench.ossec().join("queue/sockets/queue")
    }

    fn list(&self) -> PathBuf {
        self.bench.ossec().join("etc/lists/wazuh-triage-ioc")
    }

    /// analysisd: reads what is sent to its socket, when it is asked.
    fn analysisd(&self) -> Analysisd {
        let _ = fs::remove_file(self.socket());
        let socket = UnixDatagram::bind(self.socket()).unwrap();
        socket.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        Analysisd(socket)
    }

    fn relay(&self) -> Command {
        let mut command = self.bench.publisher("relay");
        command.env("AWS_ENDPOINT_URL", &self.queue.url);
        command.env("WAZUH_TRIAGE_FEEDBACK_QUEUE_URL", FEEDBACK_QUEUE);
        command.env("WAZUH_TRIAGE_FEEDBACK_SOCKET", self.socket());
        command.env("WAZUH_TRIAGE_INDICATOR_LIST", self.list());
        command
    }

    fn start(&self) -> Child {
        self.relay().stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
    }

    fn once(&self) -> Output {
        self.relay().arg("--once").output().unwrap()
    }
}

struct Analysisd(UnixDatagram);

impl Analysisd {
    fn next(&self) -> String {
        let mut buffer = vec![0; 65_536];
        let length = self.0.recv(&mut buffer).unwrap();
        String::from_utf8(buffer[..length].to_vec()).unwrap()
    }

    /// What waits to be read now.
    fn all(&self) -> Vec<String> {
        self.0.set_nonblocking(true).unwrap();
        let mut buffer = vec![0; 65_536];
        let mut all = Vec::new();
        while let Ok(length) = self.0.recv(&mut buffer) {
            all.push(String::from_utf8(buffer[..length].to_vec()).unwrap());
        }
        self.0.set_nonblocking(false).unwrap();
        all
    }
}

fn verdict(number: usize) -> Value {
    let triage = json!({
        "kind": "verdict", "judgement": "malicious", "score": 91, "indicator": format!("203.0.{}.{}", 113 + number / 256, number % 256),
        "source": {"alert_key": format!("wazuh-1#1.{number}")},
    });
    json!({"integration": "wazuh-triage", "triage": triage})
}

fn message(event: &Value) -> String {
    let agent = json!({"id": "007", "name": "web-01", "ip": "2001:db8::7"});
    json!({"schema": 1, "agent": agent, "location": "wazuh-triage", "event": event}).to_string()
}

fn datagram(number: usize) -> String {
    format!("1:[007] (web-01) 2001|:db8|:|:7->wazuh-triage:{}", verdict(number))
}

fn check(output: &Output, code: i32, words: &str) {
    assert_eq!(output.status.code(), Some(code), "{words}: {}", text(output));
    assert!(text(output).contains(words), "{words}: {}", text(output));
}

fn serve(manager: &Manager) -> Service {
    Service::start_with(&manager.bench, |command| {
        command.env("AWS_ENDPOINT_URL", &manager.queue.url);
        command.env("WAZUH_TRIAGE_FEEDBACK_QUEUE_URL", FEEDBACK_QUEUE);
        command.env("WAZUH_TRIAGE_FEEDBACK_SOCKET", manager.socket());
        command.env("WAZUH_TRIAGE_INDICATOR_LIST", manager.list());
    })
}
