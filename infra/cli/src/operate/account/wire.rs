//! Services that are asked one thing each: a signed request and JSON, in place of an SDK for every one of them.

use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use reqwest::{Client, Request, Response, StatusCode};
use serde_json::Value;
use signed::{Scope, domain_of, sign};

use super::AccountError;
use super::error::root;

/// One region's services, asked with one set of credentials.
pub(crate) struct Wire {
    pub(super) http: Client,
    pub(super) region: String,
    /// An emulator, which plays all services.
    pub(super) endpoint: Option<String>,
    pub(super) credentials: Credentials,
}

impl Wire {
    /// Longest that one request may take.
    const TIMEOUT: Duration = Duration::from_secs(10);
    /// Waited before the second and last try.
    const PAUSE: Duration = Duration::from_millis(250);

    /// A schedule as `EventBridge` has it; nothing where there is none of this name.
    pub async fn schedule(&self, name: &str) -> Result<Option<Value>, AccountError> {
        let url = format!("{}/schedules/{name}", self.address("scheduler"));
        let action = format!("look at the schedule {name}");
        let request = self.http.get(url).timeout(Self::TIMEOUT).build();
        match self.ask(&action, "scheduler", request).await {
            Ok(schedule) => Ok(Some(schedule)),
            Err(AccountError::Rejected { code, .. }) if code == "ResourceNotFoundException" => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// CloudWatch's answer to a `GetMetricData`.
    pub async fn metric_data(&self, question: &Value) -> Result<Value, AccountError> {
        let request = self.http.post(format!("{}/", self.address("monitoring"))).timeout(Self::TIMEOUT);
        let request = request
            .header("x-amz-target", "GraniteServiceVersion20100801.GetMetricData")
            .header("content-type", "application/x-amz-json-1.0")
            .body(question.to_string())
            .build();
        self.ask("read the figures of CloudWatch", "monitoring", request).await
    }

    fn address(&self, service: &str) -> String {
        match &self.endpoint {
            Some(endpoint) => endpoint.trim_end_matches('/').to_owned(),
            None => format!("https://{service}.{}.{}", self.region, domain_of(&self.region)),
        }
    }

    /// Asks, and once more after a failure that passes.
    async fn ask(
        &self,
        action: &str,
        service: &'static str,
        request: reqwest::Result<Request>,
    ) -> Result<Value, AccountError> {
        let request = request.map_err(|error| rejected(action, &error.without_url()))?;
        let again = request.try_clone();
        match (self.once(action, service, request).await, again) {
            (Err(AccountError::Busy { .. } | AccountError::Unreachable { .. }), Some(request)) => {
                tokio::time::sleep(Self::PAUSE).await;
                self.once(action, service, request).await
            }
            (answer, _) => answer,
        }
    }

    async fn once(
        &self,
        action: &str,
        service: &'static str,
        mut request: Request,
    ) -> Result<Value, AccountError> {
        let scope = Scope { service, region: &self.region };
        sign(&mut request, &self.credentials, scope, SystemTime::now())
            .map_err(|error| rejected(action, &error))?;
        let unreachable = |error: reqwest::Error| AccountError::Unreachable {
            action: action.to_owned(),
            problem: root(&error.without_url()),
        };
        let response = self.http.execute(request).await.map_err(unreachable)?;
        let (status, named) = (response.status(), error_type(&response));
        let body = response.bytes().await.map_err(unreachable)?;
        let json = serde_json::from_slice::<Value>(&body);
        match json {
            Ok(json) if status == StatusCode::OK => Ok(json),
            Err(error) if status == StatusCode::OK => Err(rejected(action, &error)),
            json => {
                let in_body = json.ok().and_then(|json| json.get("__type")?.as_str().map(str::to_owned));
                let code = named.or(in_body).unwrap_or_else(|| "no error code".to_owned());
                Err(AccountError::of_code(action.to_owned(), &code, status.as_u16()))
            }
        }
    }
}

/// The name of the error, where a service has it in a header, with or without more behind a colon.
fn error_type(response: &Response) -> Option<String> {
    let named = response.headers().get("x-amzn-errortype")?.to_str().ok()?;
    named.split(':').next().map(str::to_owned)
}

fn rejected(action: &str, error: &(dyn std::error::Error + 'static)) -> AccountError {
    AccountError::Rejected { action: action.to_owned(), code: root(error) }
}
