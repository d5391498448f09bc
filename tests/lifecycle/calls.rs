//! What a request asks of AWS, in the words of IAM: an action on a resource.

use std::collections::BTreeSet;

use axum::body::Bytes;
use axum::http::{HeaderMap, Method, Uri, header};
use serde_json::Value;

/// An action on a resource, as a policy would have to allow it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Call {
    pub action: String,
    pub resource: String,
}

/// A request as it came, and who signed it for which service.
#[derive(Debug)]
pub struct Request<'a> {
    pub key_id: &'a str,
    pub service: &'a str,
    region: &'a str,
    method: &'a Method,
    path: &'a str,
    target: &'a str,
    body: &'a [u8],
}

/// The account that the emulator plays.
const ACCOUNT: &str = "000000000000";

impl<'a> Request<'a> {
    pub fn new(method: &'a Method, uri: &'a Uri, headers: &'a HeaderMap, body: &'a Bytes) -> Self {
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let signed = text(header::AUTHORIZATION.as_str());
        let scope = signed.split_once("Credential=").map_or("", |(_, rest)| rest);
        let scope = scope.split_once([',', ' ']).map_or(scope, |(scope, _)| scope);
        // KEY/DATE/REGION/SERVICE/aws4_request
        let mut parts = scope.split('/');
        let key_id = parts.next().unwrap_or_default();
        let region = parts.nth(1).unwrap_or_default();
        let service = parts.next().unwrap_or_default();
        Self { key_id, service, region, method, path: uri.path(), target: text("x-amz-target"), body }
    }

    /// A value of the body of a query.
    pub fn form_value(&self, name: &str) -> Option<String> {
        let body = std::str::from_utf8(self.body).ok()?;
        let url = reqwest::Url::parse(&format!("form:?{body}")).ok()?;
        let found = url.query_pairs().find(|(key, _)| key == name);
        found.map(|(_, value)| value.into_owned())
    }

    fn json(&self) -> Value {
        serde_json::from_slice(self.body).unwrap_or_default()
    }

    fn arn(&self, service: &str, resource: &str) -> String {
        format!("arn:aws:{service}:{}:{ACCOUNT}:{resource}", self.region)
    }
}

/// The permissions that one request needs. One that is not understood needs a permission that nobody has.
pub fn read(request: &Request<'_>) -> Vec<Call> {
    let calls = match request.service {
        "dynamodb" => dynamodb(request),
        "sqs" => sqs(request),
        "ssm" => ssm(request),
        "s3" => s3(request),
        "ses" => ses(request),
        _ => BTreeSet::new(),
    };
    if calls.is_empty() {
        let Request { service, method, path, target, .. } = request;
        return vec![Call { action: format!("{service}:?"), resource: format!("{method} {path} {target}") }];
    }
    calls.into_iter().collect()
}

/// A batch and a transaction are no actions of their own: <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis-iam.html>.
fn dynamodb(request: &Request<'_>) -> BTreeSet<Call> {
    let (operation, body) = (operation(request), request.json());
    let table = |body: &Value| text(body, "TableName");
    let on = |action: &str, name: Option<String>| {
        name.map(|name| Call {
            action: format!("dynamodb:{action}"),
            resource: request.arn("dynamodb", &format!("table/{name}")),
        })
    };
    let members = |name: &str| body.get(name).and_then(Value::as_object).into_iter().flatten();
    let items = body.get("TransactItems").and_then(Value::as_array).into_iter().flatten();
    match operation {
        "TransactWriteItems" | "TransactGetItems" => items
            .flat_map(|item| item.as_object().into_iter().flatten())
            .filter_map(|(kind, item)| {
                let action = if kind == "ConditionCheck" {
                    "ConditionCheckItem".to_owned()
                } else {
                    format!("{kind}Item")
                };
                on(&action, table(item))
            })
            .collect(),
        "BatchGetItem" | "BatchWriteItem" => {
            members("RequestItems").filter_map(|(table, _)| on(operation, Some(table.clone()))).collect()
        }
        _ => {
            let index = text(&body, "IndexName").map(|index| format!("/index/{index}")).unwrap_or_default();
            on(operation, table(&body).map(|table| table + &index)).into_iter().collect()
        }
    }
}

fn sqs(request: &Request<'_>) -> BTreeSet<Call> {
    let (operation, body) = (operation(request), request.json());
    let action = operation.strip_suffix("Batch").unwrap_or(operation);
    let queue = text(&body, "QueueUrl").and_then(|url| Some(url.rsplit_once('/')?.1.to_owned()));
    let call =
        queue.map(|queue| Call { action: format!("sqs:{action}"), resource: request.arn("sqs", &queue) });
    call.into_iter().collect()
}

fn ssm(request: &Request<'_>) -> BTreeSet<Call> {
    let name = text(&request.json(), "Name");
    let call = name.map(|name| Call {
        action: format!("ssm:{}", operation(request)),
        resource: request.arn("ssm", &format!("parameter/{}", name.trim_start_matches('/'))),
    });
    call.into_iter().collect()
}

fn s3(request: &Request<'_>) -> BTreeSet<Call> {
    let place = request.path.trim_start_matches('/');
    let (bucket, key) = place.split_once('/').unwrap_or((place, ""));
    let action = match (request.method.as_str(), key) {
        ("GET" | "HEAD", "") => "ListBucket",
        ("GET" | "HEAD", _) => "GetObject",
        ("PUT", _) => "PutObject",
        ("DELETE", _) => "DeleteObject",
        _ => return BTreeSet::new(),
    };
    let resource = if key.is_empty() { bucket.to_owned() } else { format!("{bucket}/{key}") };
    BTreeSet::from([Call { action: format!("s3:{action}"), resource: format!("arn:aws:s3:::{resource}") }])
}

/// Sending needs a permission for the sender, and one for the configuration set that it names.
fn ses(request: &Request<'_>) -> BTreeSet<Call> {
    let Some(operation) = request.form_value("Action") else { return BTreeSet::new() };
    let resources = [("Source", "identity"), ("ConfigurationSetName", "configuration-set")];
    let named = resources.into_iter().filter_map(|(name, kind)| {
        Some(Call {
            action: format!("ses:{operation}"),
            resource: request.arn("ses", &format!("{kind}/{}", request.form_value(name)?)),
        })
    });
    named.collect()
}

fn operation<'a>(request: &Request<'a>) -> &'a str {
    request.target.rsplit_once('.').map_or("", |(_, operation)| operation)
}

fn text(body: &Value, name: &str) -> Option<String> {
    Some(body.get(name)?.as_str()?.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(service: &str, request: (&str, &str, &str, &str), expected: &[&str]) {
        let (method, path, target, body) = request;
        let mut headers = HeaderMap::new();
        let signed = format!(
            "AWS4-HMAC-SHA256 Credential=ASIA1/20261122/eu-central-1/{service}/aws4_request, SignedHeaders=host, Signature=0"
        );
        headers.insert(header::AUTHORIZATION, signed.parse().unwrap());
        headers.insert("x-amz-target", target.parse().unwrap());
        let (method, uri) = (method.parse().unwrap(), path.parse().unwrap());
        let body = Bytes::copy_from_slice(body.as_bytes());
        let request = Request::new(&method, &uri, &headers, &body);
        assert_eq!(request.key_id, "ASIA1");
        let calls: Vec<String> =
            read(&request).into_iter().map(|call| format!("{} {}", call.action, call.resource)).collect();
        assert_eq!(calls, expected, "{target} {path}");
    }

    #[test]
    fn a_request_is_read_as_the_permissions_it_needs() {
        let table = "arn:aws:dynamodb:eu-central-1:000000000000:table";
        let dynamodb = |operation: &str, body: &str, expected: &[&str]| {
            check("dynamodb", ("POST", "/", &format!("DynamoDB_20120810.{operation}"), body), expected);
        };
        dynamodb("GetItem", r#"{"TableName":"t"}"#, &[&format!("dynamodb:GetItem {table}/t")]);
        let index = format!("dynamodb:Query {table}/t/index/due");
        dynamodb("Query", r#"{"TableName":"t","IndexName":"due"}"#, &[&index]);
        let transaction = r#"{"TransactItems":[{"Put":{"TableName":"a"}},{"ConditionCheck":{"TableName":"b"}},{"Put":{"TableName":"a"}}]}"#;
        let parts = [format!("dynamodb:ConditionCheckItem {table}/b"), format!("dynamodb:PutItem {table}/a")];
        dynamodb("TransactWriteItems", transaction, &[&parts[0], &parts[1]]);
        let batch = format!("dynamodb:BatchGetItem {table}/t");
        dynamodb("BatchGetItem", r#"{"RequestItems":{"t":{}}}"#, &[&batch]);
        check(
            "sqs",
            ("POST", "/", "AmazonSQS.SendMessageBatch", r#"{"QueueUrl":"http://h/000000000000/q"}"#),
            &["sqs:SendMessage arn:aws:sqs:eu-central-1:000000000000:q"],
        );
        check(
            "ssm",
            ("POST", "/", "AmazonSSM.GetParameter", r#"{"Name":"/triage/otx-key"}"#),
            &["ssm:GetParameter arn:aws:ssm:eu-central-1:000000000000:parameter/triage/otx-key"],
        );
        check(
            "s3",
            ("PUT", "/b/snapshot/current", "", ""),
            &["s3:PutObject arn:aws:s3:::b/snapshot/current"],
        );
        check("s3", ("GET", "/b?list-type=2", "", ""), &["s3:ListBucket arn:aws:s3:::b"]);
        check(
            "ses",
            ("POST", "/", "", "Action=SendRawEmail&Source=a%40soc.example&ConfigurationSetName=set"),
            &[
                "ses:SendRawEmail arn:aws:ses:eu-central-1:000000000000:configuration-set/set",
                "ses:SendRawEmail arn:aws:ses:eu-central-1:000000000000:identity/a@soc.example",
            ],
        );
    }

    #[test]
    fn a_request_that_is_not_understood_needs_what_nobody_has() {
        check("kms", ("POST", "/", "TrentService.Decrypt", "{}"), &["kms:? POST / TrentService.Decrypt"]);
        check(
            "dynamodb",
            ("POST", "/", "DynamoDB_20120810.ListTables", "{}"),
            &["dynamodb:? POST / DynamoDB_20120810.ListTables"],
        );
    }
}
