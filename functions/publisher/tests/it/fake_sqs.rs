//! An SQS that knows `SendMessageBatch` in the AWS JSON 1.0 protocol, and fails on request.

use std::collections::HashMap;
use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use serde_json::{Value, json};
use tokio::net::TcpSocket;
use tokio::sync::{oneshot, watch};

pub struct FakeSqs {
    pub url: String,
    shared: Arc<Shared>,
    server: Mutex<Option<Server>>,
    /// Bound and not listening: while the server is away, nobody else gets its port.
    port: TcpSocket,
}

/// Ends when it is dropped or stopped.
struct Server {
    stop: oneshot::Sender<()>,
    thread: JoinHandle<()>,
}

struct Shared {
    state: Mutex<Queues>,
    gate: watch::Sender<bool>,
}

struct Queues {
    answer: Answer,
    /// Messages that hold this text are refused for their content, whatever else the answer is.
    poison: Option<&'static str>,
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
    /// The key that has signed the request.
    pub signed_by: String,
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
        let port = TcpSocket::new_v4().unwrap();
        port.set_reuseaddr(true).unwrap();
        port.bind(([127, 0, 0, 1], 0).into()).unwrap();
        let url = format!("http://{}", port.local_addr().unwrap());
        let queues = Queues {
            answer: Answer::Take,
            poison: None,
            messages: Vec::new(),
            requests: Vec::new(),
            arrived: 0,
            under_way: 0,
        };
        let shared = Arc::new(Shared { state: Mutex::new(queues), gate: watch::Sender::new(true) });
        let sqs = Self { url, shared, server: Mutex::new(None), port };
        sqs.come_back();
        sqs
    }

    /// Cuts all connections; further ones are refused. What was taken may not be acknowledged.
    pub fn go_away(&self) {
        let Some(Server { stop, thread }) = self.server.lock().unwrap().take() else { return };
        let _ended = stop.send(());
        thread.join().unwrap();
        self.shared.state.lock().unwrap().under_way = 0;
    }

    pub fn come_back(&self) {
        let listener = TcpListener::bind(self.port.local_addr().unwrap()).unwrap();
        listener.set_nonblocking(true).unwrap();
        let router = Router::new().route("/", post(handle)).with_state(self.shared.clone());
        let (stop, stopped) = oneshot::channel();
        let thread = thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let listener = tokio::net::TcpListener::from_std(listener).unwrap();
                tokio::select! {
                    served = axum::serve(listener, router) => served.unwrap(),
                    _ = stopped => {}
                }
            });
        });
        *self.server.lock().unwrap() = Some(Server { stop, thread });
    }

    /// Never takes messages that hold this text.
    pub fn poison(&self, text: &'static str) {
        self.shared.state.lock().unwrap().poison = Some(text);
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
        self.look(<[Received]>::to_vec)
    }

    pub fn look<T>(&self, at: impl FnOnce(&[Received]) -> T) -> T {
        at(&self.shared.state.lock().unwrap().messages)
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
    let poison = queues.poison;
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
        if poison.is_some_and(|text| holds(entry, text)) {
            failed.push(json!({"Id": entry["Id"], "Code": "InvalidMessageContents", "SenderFault": true}));
            continue;
        }
        match &answer {
            Answer::FailEntries(text, code) | Answer::FailEntriesOnce(text, code) if holds(entry, text) => {
                failed.push(json!({"Id": entry["Id"], "Code": code, "SenderFault": false}));
            }
            _ => {
                successful.push(json!({"Id": entry["Id"], "MessageId": "m", "MD5OfMessageBody": "0"}));
                queues.messages.push(received(&request, entry, headers));
            }
        }
    }
    ok(&json!({"Successful": successful, "Failed": failed}))
}

fn received(request: &Value, entry: &Value, headers: &HeaderMap) -> Received {
    let authorization = headers.get("authorization").unwrap().to_str().unwrap();
    let credential = authorization.split_once("Credential=").unwrap().1;
    let attributes = entry["MessageAttributes"].as_object().unwrap();
    Received {
        queue_url: request["QueueUrl"].as_str().unwrap().to_owned(),
        body: entry["MessageBody"].as_str().unwrap().to_owned(),
        attributes: attributes
            .iter()
            .map(|(name, value)| (name.clone(), value["StringValue"].as_str().unwrap().to_owned()))
            .collect(),
        signed_by: credential.split('/').next().unwrap().to_owned(),
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
