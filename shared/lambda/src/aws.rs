//! AWS clients for a Lambda: region and credentials are plain environment variables there, so `aws-config` and
//! the three SDKs it brings are not needed. One HTTP client serves all of them.

mod connector;

use std::time::Duration;

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;
use aws_types::SdkConfig;
use aws_types::region::Region;

use crate::config::{ConfigError, Environment, Reader};
use crate::http::{self, ClientError};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);

#[derive(Debug, thiserror::Error)]
pub enum AwsError {
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error("could not build the HTTP client of AWS")]
    Client(#[source] ClientError),
}

/// What all clients share. The variables are set by Lambda; `AWS_ENDPOINT_URL` names an emulator.
///
/// Proxies are for others: AWS is asked directly, within a VPC through its endpoints.
pub fn config(environment: &Environment) -> Result<SdkConfig, AwsError> {
    let mut reader = Reader::new(environment);
    let region: Option<String> = reader.required("AWS_REGION", "eu-central-1");
    let key: Option<String> = reader.required("AWS_ACCESS_KEY_ID", "set by Lambda");
    let secret: Option<String> = reader.required("AWS_SECRET_ACCESS_KEY", "set by Lambda");
    let token = reader.optional("AWS_SESSION_TOKEN");
    let endpoint = reader.optional("AWS_ENDPOINT_URL");
    let credentials = (|| Some((region?, Credentials::new(key?, secret?, token, None, "environment"))))();
    let (region, credentials) = reader.finish(credentials)?;
    let http = http::client(CONNECT_TIMEOUT)
        .and_then(|client| Ok(client.no_proxy().build()?))
        .map_err(AwsError::Client)?;
    let mut builder = SdkConfig::builder()
        .behavior_version(aws_sdk_dynamodb::config::BehaviorVersion::latest())
        .region(Region::new(region))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .http_client(connector::Client(http))
        .retry_config(RetryConfig::standard().with_max_attempts(3))
        .timeout_config(
            TimeoutConfig::builder()
                .connect_timeout(CONNECT_TIMEOUT)
                .operation_attempt_timeout(Duration::from_secs(4))
                .operation_timeout(Duration::from_secs(10))
                .build(),
        );
    builder.set_endpoint_url(endpoint);
    Ok(builder.build())
}
