//! An AWS that fits on one page: queues, tables, parameters, objects, schedules, figures and mail behind one loopback
//! address, failing on request.

mod looked_up;
mod rest;
mod ses;
mod sqs;

use std::collections::BTreeMap;
use std::net::TcpListener;
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::thread;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use jiff::Timestamp;
use serde_json::{Value, json};

pub struct FakeAws {
    url: String,
    world: Arc<Mutex<World>>,
}

#[derive(Default)]
pub struct World {
    pub queues: BTreeMap<String, Vec<Message>>,
    /// Rows by table.
    pub tables: BTreeMap<String, Vec<Value>>,
    pub parameters: BTreeMap<String, Parameter>,
    /// Objects by bucket and key.
    pub objects: BTreeMap<String, String>,
    /// States of schedules, by name.
    pub schedules: BTreeMap<String, &'static str>,
    /// What CloudWatch has, all of it more than four minutes old: metric, whose it is, value.
    pub figures: Vec<(&'static str, String, f64)>,
    /// Operations that fail, and the error code with which they do.
    pub refused: BTreeMap<&'static str, &'static str>,
    /// A message with this text is not taken by any queue.
    pub poison: Option<&'static str>,
    /// What was called, in order.
    pub calls: Vec<String>,
    pub is_in_sandbox: bool,
    /// A move of messages runs until it is stopped, and has moved so many.
    pub endless_move: Option<usize>,
    /// From the second time on messages are handed out after two seconds, as a long poll does.
    pub is_slow: bool,
}

#[derive(Clone, Debug)]
pub struct Message {
    pub id: String,
    pub body: String,
    pub attributes: BTreeMap<String, String>,
    pub is_hidden: bool,
    pub sent_at_ms: i64,
}

#[derive(Clone, Debug)]
pub struct Parameter {
    pub value: String,
    pub version: i64,
    pub kind: String,
    pub key_id: String,
}

/// What encrypts a parameter for which nobody names a key.
pub const AWS_KEY: &str = "alias/aws/ssm";

impl Parameter {
    /// As Terraform makes it.
    pub fn unset() -> Self {
        let [value, kind, key_id] = ["unset", "SecureString", AWS_KEY].map(str::to_owned);
        Self { value, version: 1, kind, key_id }
    }
}

impl Message {
    pub fn new(id: &str, body: &str, attributes: &[(&str, &str)]) -> Self {
        let attributes =
            attributes.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let sent_at_ms = 1_791_030_127_000;
        Self { id: id.to_owned(), body: body.to_owned(), attributes, is_hidden: false, sent_at_ms }
    }
}

impl FakeAws {
    /// With every queue and parameter that Terraform makes for the deployment `t`.
    pub fn start() -> Self {
        let mut world = World::default();
        for queue in ["alerts", "enriched", "notices", "feedback"] {
            world.queues.insert(format!("t-{queue}"), Vec::new());
            world.queues.insert(format!("t-{queue}-dlq"), Vec::new());
        }
        for table in ["claims", "intel", "incidents", "analyses", "sightings", "deliveries"] {
            world.tables.insert(format!("t-{table}"), Vec::new());
        }
        for key in ["abuseipdb", "misp", "otx", "abusech", "model"] {
            world.parameters.insert(format!("/t/{key}-key"), Parameter::unset());
        }
        for schedule in ["sweep-analyze", "sweep-notify", "hunt", "canary", "feed-feodo"] {
            world.schedules.insert(format!("t-{schedule}"), "ENABLED");
        }
        for function in ["analyze", "notify", "hunt", "ingest"] {
            world.figures.push(("Invocations", format!("t-{function}"), 12.0));
        }
        world.objects.insert("t-feeds-000000000000/feeds/status.json".to_owned(), feeds());
        let world = Arc::new(Mutex::new(world));
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new().fallback(any(call)).with_state(world.clone());
        thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                axum::serve(tokio::net::TcpListener::from_std(listener).unwrap(), router).await.unwrap();
            });
        });
        Self { url, world }
    }

    pub fn change(&self, change: impl FnOnce(&mut World)) {
        change(&mut self.world.lock().unwrap());
    }

    pub fn put(&self, queue: &str, message: Message) -> &Self {
        self.change(|world| world.queues.get_mut(queue).unwrap().push(message));
        self
    }

    pub fn row(&self, table: &str, row: Value) -> &Self {
        self.change(|world| world.tables.get_mut(table).unwrap().push(row));
        self
    }

    pub fn queue(&self, name: &str) -> Vec<Message> {
        self.world.lock().unwrap().queues[name].clone()
    }

    /// The bodies of what waits there, and nothing that is hidden.
    pub fn visible(&self, name: &str) -> Vec<String> {
        self.queue(name)
            .into_iter()
            .filter(|message| !message.is_hidden)
            .map(|message| message.body)
            .collect()
    }

    pub fn parameter(&self, name: &str) -> Parameter {
        self.world.lock().unwrap().parameters[name].clone()
    }

    pub fn calls(&self) -> Vec<String> {
        self.world.lock().unwrap().calls.clone()
    }

    /// Leads the program here.
    pub fn lead(&self, command: &mut Command) {
        command
            .env("AWS_ENDPOINT_URL", &self.url)
            .env("AWS_REGION", "eu-central-1")
            .env("AWS_ACCESS_KEY_ID", "test")
            .env("AWS_SECRET_ACCESS_KEY", "test")
            .env("TRIAGE_NAME", "t");
    }
}

/// As ingest writes it: one feed, and what was made of it, five minutes ago.
fn feeds() -> String {
    let at = (Timestamp::now() - std::time::Duration::from_mins(5)).to_string();
    let feodo = json!({
        "feed": "feodo", "licence": "CC0 1.0", "state": {"is": "fine"}, "rows": 3, "pending": 0, "unfinished": false,
        "last_attempt": at, "last_success": at, "rows_changed_at": at, "left_out": {},
    });
    let snapshot = json!({
        "built_at": at, "indicators": 3, "bytes": 120, "feeds": {"feodo": at}, "lists": {"wazuh-triage-feed-ip": 3},
    });
    json!({"schema": 1, "written_at": at, "snapshot": snapshot, "feeds": [feodo]}).to_string()
}

async fn call(
    State(world): State<Arc<Mutex<World>>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    if method == Method::GET {
        return world.lock().unwrap().get(uri.path());
    }
    let target = headers.get("x-amz-target").map(|target| target.to_str().unwrap().to_owned());
    let is_slow = {
        let world = world.lock().unwrap();
        world.is_slow && world.calls.iter().any(|call| call == "ReceiveMessage")
    };
    if is_slow && target.as_deref() == Some("AmazonSQS.ReceiveMessage") {
        world.lock().unwrap().calls.push("waiting".to_owned());
        tokio::time::sleep(std::time::Duration::from_secs(2)).await;
    }
    let mut world = world.lock().unwrap();
    let Some(target) = target else { return ses::mail(&mut world, std::str::from_utf8(&body).unwrap()) };
    let operation = target.rsplit('.').next().unwrap().to_owned();
    world.calls.push(operation.clone());
    if let Some(code) = world.refused.get(operation.as_str()) {
        return refusal(code);
    }
    let request: Value = serde_json::from_slice(&body).unwrap();
    let answer = if target.starts_with("AmazonSQS") {
        world.sqs(&operation, &request)
    } else if target.starts_with("DynamoDB") {
        world.dynamodb(&operation, &request)
    } else if target.starts_with("Granite") {
        Ok(world.metric_data(&request))
    } else {
        world.ssm(&operation, &request)
    };
    match answer {
        Ok(answer) => {
            ([(header::CONTENT_TYPE, "application/x-amz-json-1.1")], answer.to_string()).into_response()
        }
        Err(code) => refusal(code),
    }
}

fn refusal(code: &str) -> Response {
    let body = json!({"__type": format!("com.amazonaws#{code}"), "message": "as told"}).to_string();
    (StatusCode::BAD_REQUEST, [(header::CONTENT_TYPE, "application/x-amz-json-1.1")], body).into_response()
}
