//! AWS clients for a Lambda: region and credentials are plain environment variables there, so `aws-config` and
//! the three SDKs it brings are not needed. One HTTP client serves all of them.

use std::time::Duration;

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_http_client::tls::Provider as TlsProvider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;
use aws_types::SdkConfig;
use aws_types::region::Region;

use crate::config::{ConfigError, Environment, Reader};

/// What all clients share. The variables are set by Lambda; `AWS_ENDPOINT_URL` names an emulator.
pub fn config(environment: &Environment) -> Result<SdkConfig, ConfigError> {
    let mut reader = Reader::new(environment);
    let region: Option<String> = reader.required("AWS_REGION", "eu-central-1");
    let key: Option<String> = reader.required("AWS_ACCESS_KEY_ID", "set by Lambda");
    let secret: Option<String> = reader.required("AWS_SECRET_ACCESS_KEY", "set by Lambda");
    let token = reader.optional("AWS_SESSION_TOKEN");
    let endpoint = reader.optional("AWS_ENDPOINT_URL");
    let credentials = (|| Some((region?, Credentials::new(key?, secret?, token, None, "environment"))))();
    let (region, credentials) = reader.finish(credentials)?;
    let http = aws_smithy_http_client::Builder::new()
        .tls_provider(TlsProvider::Rustls(CryptoMode::AwsLc))
        .build_https();
    let mut builder = SdkConfig::builder()
        .behavior_version(aws_sdk_dynamodb::config::BehaviorVersion::latest())
        .region(Region::new(region))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .http_client(http)
        .retry_config(RetryConfig::standard().with_max_attempts(3))
        .timeout_config(
            TimeoutConfig::builder()
                .connect_timeout(Duration::from_secs(2))
                .operation_attempt_timeout(Duration::from_secs(4))
                .operation_timeout(Duration::from_secs(10))
                .build(),
        );
    builder.set_endpoint_url(endpoint);
    Ok(builder.build())
}
