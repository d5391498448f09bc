//! An AWS that fits on one page: queues, tables, parameters, objects, schedules, figures and mail behind one loopback
//! address, failing on request.

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
    let Some(target) = target else { return mail(&mut world, std::str::from_utf8(&body).unwrap()) };
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

impl World {
    /// A schedule, or an object.
    fn get(&mut self, path: &str) -> Response {
        let json = [(header::CONTENT_TYPE, "application/json")];
        if let Some(name) = path.strip_prefix("/schedules/") {
            self.calls.push("GetSchedule".to_owned());
            let (status, body) = match (self.refused.get("GetSchedule"), self.schedules.get(name)) {
                (Some(code), _) => (StatusCode::FORBIDDEN, json!({"__type": code})),
                (None, Some(state)) => (
                    StatusCode::OK,
                    json!({"Name": name, "State": state, "ScheduleExpression": "rate(15 minutes)"}),
                ),
                (None, None) => (StatusCode::NOT_FOUND, json!({"__type": "ResourceNotFoundException"})),
            };
            return (status, json, body.to_string()).into_response();
        }
        self.calls.push("GetObject".to_owned());
        let failure =
            |status, code: &str| (status, format!("<Error><Code>{code}</Code></Error>")).into_response();
        match (self.refused.get("GetObject"), self.objects.get(path.trim_start_matches('/'))) {
            (Some(code), _) => failure(StatusCode::FORBIDDEN, code),
            (None, Some(body)) => ([(header::ETAG, "\"a\"")], body.clone()).into_response(),
            (None, None) => failure(StatusCode::NOT_FOUND, "NoSuchKey"),
        }
    }

    fn metric_data(&self, request: &Value) -> Value {
        let at = Timestamp::now().as_second() - 270;
        let queries = request["MetricDataQueries"].as_array().unwrap().iter().map(|query| {
            let metric = &query["MetricStat"]["Metric"];
            let is_it = |(name, whose, _): &&(&str, String, f64)| {
                metric["MetricName"] == *name && metric["Dimensions"][0]["Value"] == **whose
            };
            let values: Vec<f64> = self.figures.iter().filter(is_it).map(|(_, _, value)| *value).collect();
            json!({"Id": query["Id"], "Timestamps": vec![at; values.len()], "Values": values, "StatusCode": "Complete"})
        });
        json!({"MetricDataResults": queries.collect::<Vec<_>>(), "Messages": []})
    }

    fn sqs(&mut self, operation: &str, request: &Value) -> Result<Value, &'static str> {
        const ACCOUNT: &str = "arn:aws:sqs:eu-central-1:000000000000:";
        if operation == "GetQueueUrl" {
            let name = request["QueueName"].as_str().unwrap();
            let url = format!("http://queue/000000000000/{name}");
            return if self.queues.contains_key(name) {
                Ok(json!({"QueueUrl": url}))
            } else {
                Err("QueueDoesNotExist")
            };
        }
        if operation.ends_with("MessageMoveTask") || operation == "ListMessageMoveTasks" {
            return Ok(self.move_task(operation, request, ACCOUNT));
        }
        let name = request["QueueUrl"].as_str().unwrap().rsplit('/').next().unwrap();
        let poison = self.poison;
        let queue = self.queues.get_mut(name).ok_or("QueueDoesNotExist")?;
        let receipt = |id: &str| id.strip_prefix("receipt-").unwrap().to_owned();
        Ok(match operation {
            "GetQueueAttributes" => {
                let hidden = queue.iter().filter(|message| message.is_hidden).count();
                json!({"Attributes": {
                    "QueueArn": format!("{ACCOUNT}{name}"),
                    "ApproximateNumberOfMessages": (queue.len() - hidden).to_string(),
                    "ApproximateNumberOfMessagesNotVisible": hidden.to_string(),
                }})
            }
            "ReceiveMessage" => {
                let visible = queue.iter_mut().filter(|message| !message.is_hidden).take(10);
                let messages: Vec<Value> = visible.map(|message| {
                    message.is_hidden = true;
                    let attributes = message.attributes.iter().map(|(name, value)| {
                        (name.clone(), json!({"DataType": "String", "StringValue": value}))
                    });
                    json!({
                        "MessageId": message.id, "ReceiptHandle": format!("receipt-{}", message.id),
                        "Body": message.body, "MessageAttributes": attributes.collect::<serde_json::Map<_, _>>(),
                        "Attributes": {"SentTimestamp": message.sent_at_ms.to_string(), "ApproximateReceiveCount": "6"},
                    })
                }).collect();
                json!({"Messages": messages})
            }
            "ChangeMessageVisibilityBatch" => {
                for entry in request["Entries"].as_array().unwrap() {
                    let id = receipt(entry["ReceiptHandle"].as_str().unwrap());
                    assert_eq!(entry["VisibilityTimeout"], 0);
                    for message in queue.iter_mut().filter(|message| message.id == id) {
                        message.is_hidden = false;
                    }
                }
                json!({"Successful": [], "Failed": []})
            }
            "SendMessage" => {
                let body = request["MessageBody"].as_str().unwrap();
                if poison.is_some_and(|poison| body.contains(poison)) {
                    return Err("InvalidMessageContents");
                }
                let attributes = request["MessageAttributes"].as_object().cloned().unwrap_or_default();
                let attributes = attributes
                    .iter()
                    .map(|(name, value)| (name.clone(), value["StringValue"].as_str().unwrap().to_owned()));
                let mut message = Message::new(&format!("new-{}", queue.len()), body, &[]);
                message.attributes = attributes.collect();
                queue.push(message);
                json!({"MessageId": "new"})
            }
            "DeleteMessage" => {
                let id = receipt(request["ReceiptHandle"].as_str().unwrap());
                queue.retain(|message| message.id != id);
                json!({})
            }
            other => panic!("{other} is not known here"),
        })
    }

    /// Moves at once.
    fn move_task(&mut self, operation: &str, request: &Value, account: &str) -> Value {
        let name = |field: &str| request[field].as_str().unwrap().strip_prefix(account).unwrap().to_owned();
        match operation {
            "StartMessageMoveTask" => {
                let messages = std::mem::take(self.queues.get_mut(&name("SourceArn")).unwrap());
                self.queues.get_mut(&name("DestinationArn")).unwrap().extend(messages);
                json!({"TaskHandle": "handle"})
            }
            "CancelMessageMoveTask" => json!({"ApproximateNumberOfMessagesMoved": 0}),
            "ListMessageMoveTasks" => {
                if let Some(moved) = self.endless_move {
                    let stopped = self.calls.iter().any(|call| call == "CancelMessageMoveTask");
                    let status = if stopped { "CANCELLED" } else { "RUNNING" };
                    return json!({"Results": [{"Status": status, "ApproximateNumberOfMessagesMoved": moved}]});
                }
                let queue = name("SourceArn");
                let moved = self.queues[queue.strip_suffix("-dlq").unwrap()].len();
                json!({"Results": [{"Status": "COMPLETED", "ApproximateNumberOfMessagesMoved": moved}]})
            }
            other => panic!("{other} is not known here"),
        }
    }

    fn dynamodb(&mut self, operation: &str, request: &Value) -> Result<Value, &'static str> {
        let rows =
            self.tables.get(request["TableName"].as_str().unwrap()).ok_or("ResourceNotFoundException")?;
        let has = |row: &Value, key: &Value| {
            key.as_object().unwrap().iter().all(|(name, value)| row[name] == *value)
        };
        Ok(match operation {
            "GetItem" => match rows.iter().find(|row| has(row, &request["Key"])) {
                Some(row) => json!({"Item": row}),
                None => json!({}),
            },
            "Query" => {
                let id = &request["ExpressionAttributeValues"][":id"];
                let found: Vec<&Value> = rows.iter().filter(|row| row["id"] == *id).collect();
                json!({"Count": found.len(), "Items": found})
            }
            "DescribeTable" => json!({"Table": {"TableStatus": "ACTIVE"}}),
            "DescribeTimeToLive" => {
                json!({"TimeToLiveDescription": {"TimeToLiveStatus": "ENABLED", "AttributeName": "expires_at"}})
            }
            other => panic!("{other} is not known here"),
        })
    }

    fn ssm(&mut self, operation: &str, request: &Value) -> Result<Value, &'static str> {
        if operation == "DescribeParameters" {
            let name = request["ParameterFilters"][0]["Values"][0].as_str().unwrap();
            let key = &self.parameters.get(name).unwrap().key_id;
            return Ok(json!({"Parameters": [{"Name": name, "Type": "SecureString", "KeyId": key}]}));
        }
        let name = request["Name"].as_str().unwrap();
        let parameter = self.parameters.get_mut(name).ok_or("ParameterNotFound")?;
        Ok(match operation {
            "GetParameter" => {
                let decrypted = request["WithDecryption"].as_bool().unwrap_or(false);
                let value = if decrypted { parameter.value.as_str() } else { "cipher" };
                json!({"Parameter": {
                    "Name": name, "Type": parameter.kind, "Value": value, "Version": parameter.version,
                    "LastModifiedDate": 1_791_030_127.0,
                }})
            }
            "PutParameter" => {
                parameter.value = request["Value"].as_str().unwrap().to_owned();
                parameter.kind = request["Type"].as_str().unwrap().to_owned();
                assert_eq!(request["Overwrite"], true);
                parameter.version += 1;
                request["KeyId"].as_str().unwrap_or(AWS_KEY).clone_into(&mut parameter.key_id);
                json!({"Version": parameter.version})
            }
            other => panic!("{other} is not known here"),
        })
    }
}

/// SES speaks XML.
fn mail(world: &mut World, request: &str) -> Response {
    let action = request.split('&').find_map(|pair| pair.strip_prefix("Action=")).unwrap().to_owned();
    let quota = if world.is_in_sandbox { 200 } else { 50_000 };
    let result = match action.as_str() {
        "GetSendQuota" => format!(
            "<Max24HourSend>{quota}</Max24HourSend><MaxSendRate>14</MaxSendRate><SentLast24Hours>12</SentLast24Hours>"
        ),
        "GetAccountSendingEnabled" => "<Enabled>true</Enabled>".to_owned(),
        "GetIdentityVerificationAttributes" if request.contains("=soc%40example.com") => {
            "<VerificationAttributes><entry><key>soc@example.com</key><value>\
            <VerificationStatus>Success</VerificationStatus></value></entry></VerificationAttributes>"
                .to_owned()
        }
        "GetIdentityVerificationAttributes" => "<VerificationAttributes/>".to_owned(),
        other => panic!("{other} is not known here"),
    };
    world.calls.push(action.clone());
    let body = format!(
        "<{action}Response xmlns=\"http://ses.amazonaws.com/doc/2010-12-01/\"><{action}Result>{result}</{action}Result></{action}Response>"
    );
    ([(header::CONTENT_TYPE, "text/xml")], body).into_response()
}
