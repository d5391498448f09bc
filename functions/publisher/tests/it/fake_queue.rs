//! A queue of SQS that can be read: messages hide, come again, and go when they are deleted.

use std::collections::HashMap;
use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use serde_json::{Value, json};
use tokio::sync::watch;

pub struct FakeQueue {
    pub url: String,
    shared: Arc<Shared>,
}

struct Shared {
    state: Mutex<Queue>,
    /// Name of the operation whose requests wait.
    gate: watch::Sender<&'static str>,
}

#[derive(Default)]
struct Queue {
    messages: Vec<Message>,
    failing: HashMap<&'static str, (u16, &'static str)>,
    requests: Vec<String>,
    date: Option<String>,
}

struct Message {
    body: String,
    is_hidden: bool,
    is_deleted: bool,
}

impl FakeQueue {
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let shared = Arc::new(Shared { state: Mutex::default(), gate: watch::Sender::new("") });
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

    pub fn put(&self, body: impl Into<String>) {
        let message = Message { body: body.into(), is_hidden: false, is_deleted: false };
        self.shared.state.lock().unwrap().messages.push(message);
    }

    /// What is hidden and not deleted is there again, as after its visibility timeout.
    pub fn deliver_again(&self) {
        self.shared.state.lock().unwrap().messages.iter_mut().for_each(|message| message.is_hidden = false);
    }

    /// Messages that the queue still has.
    pub fn left(&self) -> Vec<String> {
        let state = self.shared.state.lock().unwrap();
        state
            .messages
            .iter()
            .filter(|message| !message.is_deleted)
            .map(|message| message.body.clone())
            .collect()
    }

    /// Messages that somebody could take now.
    pub fn visible(&self) -> usize {
        let state = self.shared.state.lock().unwrap();
        state.messages.iter().filter(|message| !message.is_deleted && !message.is_hidden).count()
    }

    /// Requests of that operation fail, until it is told otherwise.
    pub fn fail(&self, operation: &'static str, status: u16, code: &'static str) {
        self.shared.state.lock().unwrap().failing.insert(operation, (status, code));
    }

    pub fn heal(&self) {
        self.shared.state.lock().unwrap().failing.clear();
    }

    /// Requests of that operation get no answer.
    pub fn close_gate(&self, operation: &'static str) {
        self.shared.gate.send_replace(operation);
    }

    /// What the answers have as their `Date`.
    pub fn set_date(&self, date: &str) {
        self.shared.state.lock().unwrap().date = Some(date.to_owned());
    }

    pub fn requests(&self, operation: &str) -> usize {
        self.shared.state.lock().unwrap().requests.iter().filter(|request| *request == operation).count()
    }
}

async fn handle(State(shared): State<Arc<Shared>>, headers: HeaderMap, body: Bytes) -> Response {
    let operation = headers.get("x-amz-target").unwrap().to_str().unwrap();
    let operation = operation.strip_prefix("AmazonSQS.").unwrap();
    shared.state.lock().unwrap().requests.push(operation.to_owned());
    let mut gate = shared.gate.subscribe();
    gate.wait_for(|closed| *closed != operation).await.unwrap();
    let request: Value = serde_json::from_slice(&body).unwrap();
    let failing = shared.state.lock().unwrap().failing.get(operation).copied();
    let mut response = match failing {
        Some((status, code)) => error(status, code),
        None => answer(&shared, operation, &request).await,
    };
    if let Some(date) = &shared.state.lock().unwrap().date {
        response.headers_mut().insert(header::DATE, date.parse().unwrap());
    }
    response
}

async fn answer(shared: &Shared, operation: &str, request: &Value) -> Response {
    let entries = request["Entries"].as_array();
    if entries.is_some_and(Vec::is_empty) {
        return error(400, "EmptyBatchRequest");
    }
    match operation {
        "ReceiveMessage" if request["MaxNumberOfMessages"] == 0 => error(400, "InvalidParameterValue"),
        "ReceiveMessage" => {
            let looks = if request["WaitTimeSeconds"].as_i64().unwrap_or_default() > 0 { 20 } else { 1 };
            for _ in 0..looks {
                let messages = take(&mut shared.state.lock().unwrap());
                if !messages.is_empty() {
                    return ok(&json!({"Messages": messages}));
                }
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            ok(&json!({}))
        }
        "GetQueueAttributes" => ok(&json!({"Attributes": {"QueueArn": "arn:aws:sqs:eu-central-1:1:q"}})),
        "DeleteMessageBatch" | "ChangeMessageVisibilityBatch" => {
            let mut state = shared.state.lock().unwrap();
            let mut successful = Vec::new();
            for entry in entries.unwrap() {
                let index: usize = entry["ReceiptHandle"].as_str().unwrap().parse().unwrap();
                let message = &mut state.messages[index];
                if operation == "DeleteMessageBatch" {
                    message.is_deleted = true;
                } else {
                    message.is_hidden = entry["VisibilityTimeout"] != 0;
                }
                successful.push(json!({"Id": entry["Id"]}));
            }
            ok(&json!({"Successful": successful, "Failed": []}))
        }
        other => panic!("{other} is not known here"),
    }
}

fn take(state: &mut Queue) -> Vec<Value> {
    let open = state
        .messages
        .iter_mut()
        .enumerate()
        .filter(|(_, message)| !message.is_hidden && !message.is_deleted);
    open.take(10)
        .map(|(index, message)| {
            message.is_hidden = true;
            json!({"MessageId": "m", "ReceiptHandle": index.to_string(), "MD5OfBody": "0", "Body": message.body})
        })
        .collect()
}

fn ok(answer: &Value) -> Response {
    ([(header::CONTENT_TYPE, "application/x-amz-json-1.0")], answer.to_string()).into_response()
}

fn error(status: u16, code: &str) -> Response {
    let status = StatusCode::from_u16(status).unwrap();
    let body = json!({"__type": format!("com.amazonaws.sqs#{code}"), "message": "as told"});
    (status, ok(&body)).into_response()
}
