//! Where the SDK's requests arrive: read, counted, and answered or not.

use std::future::pending;

use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpClient, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::body::SdkBody;
use serde_json::{Value, json};

use super::services::form;
use super::{Call, MemoryAws, Service, Trouble};

pub(super) fn client(aws: &MemoryAws) -> SharedHttpClient {
    let aws = aws.clone();
    http_client_fn(move |_, _| SharedHttpConnector::new(aws.clone()))
}

/// A request as it is understood.
pub(super) struct Request {
    pub service: Service,
    pub operation: String,
    pub body: Value,
}

/// What an answer says: SES writes XML, the others JSON.
pub(super) enum Answer {
    Done(Value),
    Refused { status: u16, code: String, more: Value },
}

impl HttpConnector for MemoryAws {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let aws = self.clone();
        HttpConnectorFuture::new(async move {
            let request = Request::read(&request).ok_or_else(|| failure("a request that is not served"))?;
            let (status, body) = written(request.service, aws.carry(&request).await?);
            let status = StatusCode::try_from(status).map_err(|error| ConnectorError::user(error.into()))?;
            Ok(HttpResponse::new(status, SdkBody::from(body)))
        })
    }
}

impl MemoryAws {
    async fn carry(&self, request: &Request) -> Result<Answer, ConnectorError> {
        match self.met(request) {
            None => Ok(self.world().serve(request)),
            Some(Trouble::DiesBefore) => self.die().await,
            Some(Trouble::DiesAfter) => {
                self.world().serve(request);
                self.die().await
            }
            Some(Trouble::AnswerLost) => {
                self.world().serve(request);
                Err(failure("the answer is lost"))
            }
            Some(Trouble::Unreachable) => Err(failure("nobody is there")),
            Some(Trouble::Refuses { status, code, message }) => {
                Ok(Answer::Refused { status, code: code.to_owned(), more: json!({"message": message}) })
            }
            Some(Trouble::Hangs) => {
                let answer = self.world().serve(request);
                self.signals.hangs.notify_one();
                self.signals.resumed.notified().await;
                Ok(answer)
            }
        }
    }

    /// Writes the call down; answers with the trouble that was planned for it.
    fn met(&self, request: &Request) -> Option<Trouble> {
        let mut world = self.world();
        let (service, operation) = (request.service, request.operation.clone());
        let call = Call { number: world.calls.len(), caller: world.caller, service, operation };
        let trouble = world.plan.as_mut().and_then(|plan| plan(&call));
        world.calls.push(call);
        trouble
    }

    async fn die<T>(&self) -> T {
        self.signals.died.notify_one();
        pending().await
    }
}

impl Request {
    fn read(request: &HttpRequest) -> Option<Self> {
        let body = request.body().bytes()?;
        let Some(target) = request.headers().get("x-amz-target") else {
            let body = form(std::str::from_utf8(body).ok()?);
            let operation = body.get("Action")?.as_str()?.to_owned();
            return Some(Self { service: Service::Ses, operation, body });
        };
        let (service, operation) = target.split_once('.')?;
        let service = match service {
            "DynamoDB_20120810" => Service::DynamoDb,
            "AmazonSQS" => Service::Sqs,
            "AmazonSSM" => Service::Ssm,
            _ => return None,
        };
        Some(Self { service, operation: operation.to_owned(), body: serde_json::from_slice(body).ok()? })
    }
}

/// Status and body of an answer.
fn written(service: Service, answer: Answer) -> (u16, String) {
    match (service, answer) {
        (Service::Ses, Answer::Done(id)) => {
            let id = id.as_str().unwrap_or_default();
            let result = format!("<SendRawEmailResult><MessageId>{id}</MessageId></SendRawEmailResult>");
            (200, format!("<SendRawEmailResponse>{result}</SendRawEmailResponse>"))
        }
        (Service::Ses, Answer::Refused { status, code, more }) => {
            let message = more.get("message").and_then(Value::as_str).unwrap_or_default();
            let error =
                format!("<Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error>");
            (status, format!("<ErrorResponse>{error}</ErrorResponse>"))
        }
        (_, Answer::Done(body)) => (200, body.to_string()),
        (_, Answer::Refused { status, code, mut more }) => {
            if let Some(members) = more.as_object_mut() {
                members.insert("__type".to_owned(), format!("com.amazonaws#{code}").into());
            }
            (status, more.to_string())
        }
    }
}

fn failure(why: &'static str) -> ConnectorError {
    ConnectorError::io(why.into())
}
