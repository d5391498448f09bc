//! The SDK's requests over the HTTP client of everybody else. The SDK's own would be a second one in every function, and
//! speaks HTTP/2, which these services are not asked in: together a tenth of a zip.

use std::time::Duration;

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use tokio::time::timeout;

/// One pool of connections for all clients of the SDK. How long connecting may take is the client's own; how long an
/// answer may take, the SDK says.
#[derive(Clone, Debug)]
pub(super) struct Client(pub reqwest::Client);

#[derive(Clone, Debug)]
struct Connector {
    client: reqwest::Client,
    read_timeout: Option<Duration>,
}

impl HttpClient for Client {
    fn http_connector(&self, settings: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(Connector { client: self.0.clone(), read_timeout: settings.read_timeout() })
    }
}

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let connector = self.clone();
        HttpConnectorFuture::new(async move { connector.ask(request).await })
    }
}

impl Connector {
    /// Sends a signed request as it is. The answer's body is read by whoever wants it.
    async fn ask(self, request: HttpRequest) -> Result<HttpResponse, ConnectorError> {
        let request = request.try_into_http1x().map_err(|error| ConnectorError::user(error.into()))?;
        let request = request.map(reqwest::Body::wrap).try_into().map_err(failed)?;
        let asked = self.client.execute(request);
        let answer = match self.read_timeout {
            Some(longest) => {
                timeout(longest, asked).await.map_err(|late| ConnectorError::timeout(late.into()))?
            }
            None => asked.await,
        };
        let answer: http::Response<reqwest::Body> = answer.map_err(failed)?.into();
        HttpResponse::try_from(answer.map(SdkBody::from_body_1_x))
            .map_err(|error| ConnectorError::other(error.into(), None))
    }
}

/// The SDK asks again after a time-out and after whatever broke on the way, but not with a request that is none.
fn failed(error: reqwest::Error) -> ConnectorError {
    let kind = if error.is_timeout() {
        ConnectorError::timeout
    } else if error.is_builder() {
        ConnectorError::user
    } else {
        ConnectorError::io
    };
    kind(error.without_url().into())
}

#[cfg(test)]
mod tests;
