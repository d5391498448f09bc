//! An SQS that knows `SendMessageBatch` in the AWS JSON 1.0 protocol, and fails on request.

use std::collections::HashMap;
use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use std::thread;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use serde_json::{Value, json};
use tokio::sync::watch;

pub struct FakeSqs {
    pub url: String,
    shared: Arc<Shared>,
}

struct Shared {
    state: Mutex<Queues>,
    gate: watch::Sender<bool>,
}

struct Queues {
    answer: Answer,
    messages: Vec<Received>,
    requests: Vec<usize>,
    arrived: usize,
    under_way: usize,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Received {
    pub queue_url: String,
    pub body: String,
    pub attributes: HashMap<String, String>,
}

/// What the next requests get.
#[derive(Clone, Debug)]
pub enum Answer {
    Take,
    Error(u16, &'static str),
    /// For requests that this key has signed.
    ErrorFor(&'static str, u16, &'static str),
    /// When more requests than this are under way.
    ThrottleAbove(usize),
    /// Messages that hold this text are not taken.
    FailEntries(&'static str, &'static str),
    /// As `FailEntries`, and once only.
    FailEntriesOnce(&'static str, &'static str),
    /// A request with such a message is not taken at all.
    FailRequestWith(&'static str, &'static str),
}

impl FakeSqs {
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let queues = Queues {
            answer: Answer::Take,
            messages: Vec::new(),
            requests: Vec::new(),
            arrived: 0,
            under_way: 0,
        };
        let shared = Arc::new(Shared { state: Mutex::new(queues), gate: watch::Sender::new(true) });
        let router = Router::new().route("/", post(handle)).with_state(shared.clone());
        thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let listener = tokio::net::TcpListener::from_std(listener).unwrap();
                axum::serve(listener, router).await.unwrap();
            });
        });
        Self { url, shared }
    }

    /// Something that accepts connections and drops them.
    pub fn deaf() -> String {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        thread::spawn(move || listener.incoming().for_each(drop));
        url
    }

    pub fn answer(&self, answer: Answer) {
        self.shared.state.lock().unwrap().answer = answer;
    }

    /// Requests wait until the gate opens.
    pub fn close_gate(&self) {
        self.shared.gate.send_replace(false);
    }

    pub fn open_gate(&self) {
        self.shared.gate.send_replace(true);
    }

    pub fn messages(&self) -> Vec<Received> {
        self.shared.state.lock().unwrap().messages.clone()
    }

    pub fn bodies(&self) -> Vec<String> {
        self.messages().into_iter().map(|message| message.body).collect()
    }

    /// Sizes of the requests that were answered.
    pub fn requests(&self) -> Vec<usize> {
        self.shared.state.lock().unwrap().requests.clone()
    }

    /// Requests that came, answered or not.
    pub fn arrived(&self) -> usize {
        self.shared.state.lock().unwrap().arrived
    }
}

async fn handle(State(shared): State<Arc<Shared>>, headers: HeaderMap, body: Bytes) -> Response {
    assert_eq!(headers.get("x-amz-target").unwrap(), "AmazonSQS.SendMessageBatch");
    let (under_way, answer) = {
        let mut queues = shared.state.lock().unwrap();
        queues.arrived += 1;
        queues.under_way += 1;
        (queues.under_way, queues.answer.clone())
    };
    let mut gate = shared.gate.subscribe();
    gate.wait_for(|open| *open).await.unwrap();
    if matches!(answer, Answer::ThrottleAbove(_)) {
        // So long that requests meet.
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    let response = answered(&shared, &headers, &body, under_way);
    shared.state.lock().unwrap().under_way -= 1;
    response
}

fn answered(shared: &Shared, headers: &HeaderMap, body: &Bytes, under_way: usize) -> Response {
    let request: Value = serde_json::from_slice(body).unwrap();
    let entries = request["Entries"].as_array().unwrap();
    let mut queues = shared.state.lock().unwrap();
    queues.requests.push(entries.len());
    let answer = queues.answer.clone();
    let holds = |entry: &Value, text: &str| entry["MessageBody"].as_str().unwrap().contains(text);
    match &answer {
        Answer::Error(status, code) => return error(*status, code),
        Answer::ErrorFor(key, status, code)
            if headers.get("authorization").unwrap().to_str().unwrap().contains(key) =>
        {
            return error(*status, code);
        }
        Answer::ThrottleAbove(most) if under_way > *most => return error(400, "RequestThrottled"),
        Answer::FailRequestWith(text, code) if entries.iter().any(|entry| holds(entry, text)) => {
            return error(400, code);
        }
        Answer::FailEntriesOnce(..) => queues.answer = Answer::Take,
        Answer::Take
        | Answer::ErrorFor(..)
        | Answer::ThrottleAbove(_)
        | Answer::FailEntries(..)
        | Answer::FailRequestWith(..) => {}
    }
    let (mut successful, mut failed) = (Vec::new(), Vec::new());
    for entry in entries {
        match &answer {
            Answer::FailEntries(text, code) | Answer::FailEntriesOnce(text, code) if holds(entry, text) => {
                failed.push(json!({"Id": entry["Id"], "Code": code, "SenderFault": false}));
            }
            _ => {
                successful.push(json!({"Id": entry["Id"], "MessageId": "m", "MD5OfMessageBody": "0"}));
                queues.messages.push(received(&request, entry));
            }
        }
    }
    ok(&json!({"Successful": successful, "Failed": failed}))
}

fn received(request: &Value, entry: &Value) -> Received {
    let attributes = entry["MessageAttributes"].as_object().unwrap();
    Received {
        queue_url: request["QueueUrl"].as_str().unwrap().to_owned(),
        body: entry["MessageBody"].as_str().unwrap().to_owned(),
        attributes: attributes
            .iter()
            .map(|(name, value)| (name.clone(), value["StringValue"].as_str().unwrap().to_owned()))
            .collect(),
    }
}

fn ok(answer: &Value) -> Response {
    ([(header::CONTENT_TYPE, "application/x-amz-json-1.0")], answer.to_string()).into_response()
}

fn error(status: u16, code: &str) -> Response {
    let status = StatusCode::from_u16(status).unwrap();
    let body = json!({"__type": format!("com.amazonaws.sqs#{code}"), "message": "as told"});
    (status, ok(&body)).into_response()
}
