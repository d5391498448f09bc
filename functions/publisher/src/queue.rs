//! The SQS queue: one request, one answer, and what its errors mean.

use std::collections::HashMap;
use std::error::Error;
use std::path::{Path, PathBuf};
use std::time::Duration;

use aws_config::environment::region::EnvironmentVariableRegionProvider;
use aws_config::meta::region::RegionProviderChain;
use aws_config::profile::{ProfileFileCredentialsProvider, ProfileFileRegionProvider};
use aws_config::provider_config::ProviderConfig;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region, imds};
use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_sqs::Client;
use aws_sdk_sqs::config::{Credentials, ProvideCredentials, SharedCredentialsProvider};
use aws_sdk_sqs::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_sqs::types::{BatchResultErrorEntry, MessageAttributeValue, SendMessageBatchRequestEntry};
use aws_smithy_runtime_api::client::http::SharedHttpClient;

use crate::destination::{Destination, Profile};
use crate::message::{Message, TYPE};
use crate::trust::{BundleError, Trust};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(10);
/// Off EC2 nobody answers; on EC2 it takes a few milliseconds.
const METADATA_TIMEOUT: Duration = Duration::from_secs(1);

/// What a queue is reached with, besides what the environment tells every AWS tool.
#[derive(Clone, Debug, Default)]
pub struct Access {
    /// Profiles with keys, or with what fetches them.
    pub credentials_file: Option<PathBuf>,
    /// Certificates that count instead of the host's.
    pub ca_bundle: Option<PathBuf>,
}

/// A queue that can be sent to.
pub struct Queue {
    client: Client,
    url: String,
    profile: Option<String>,
}

/// An alert that SQS did not take, while it took others of the same request.
#[derive(Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Its place in the request.
    pub index: usize,
    pub problem: SendError,
}

/// Why alerts did not reach the queue. Holds neither alert data nor secrets.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    #[error("no AWS region: the queue URL names none; set AWS_REGION, or region in the profile")]
    NoRegion,
    #[error("no credentials{}; add them to the profile, or give this host a role", of_profile(profile.as_ref()))]
    NoCredentials { profile: Option<String> },
    #[error("the credentials have expired ({0}); whatever renews them has not")]
    Expired(String),
    #[error("the queue refuses access ({0}); these credentials need sqs:SendMessage on it")]
    AccessDenied(String),
    #[error("the queue does not exist; check its URL and region")]
    NoSuchQueue,
    #[error("{0}; let it name a file with the certificates in PEM, or nothing")]
    Certificates(#[from] BundleError),
    #[error("SQS cannot be reached ({0}); check network, proxy and name resolution")]
    Unreachable(String),
    #[error("SQS is busy ({0})")]
    Busy(String),
    #[error("the queue refuses the content ({0})")]
    Content(String),
    #[error("the queue refuses ({0})")]
    Refused(String),
    #[error("the spool does not say where to ({0}); restore or remove destination.json")]
    Destination(String),
    #[error("the alert's file cannot be read ({0})")]
    Alert(String),
    #[error("another shipper is at work")]
    OtherShipper,
}

impl SendError {
    /// Whether the same request may succeed in a moment.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Unreachable(_) | Self::Busy(_) => true,
            Self::NoRegion
            | Self::Certificates(_)
            | Self::NoCredentials { .. }
            | Self::AccessDenied(_)
            | Self::Expired(_)
            | Self::NoSuchQueue
            | Self::Content(_)
            | Self::Refused(_)
            | Self::Destination(_)
            | Self::Alert(_)
            | Self::OtherShipper => false,
        }
    }

    /// What an error code of SQS means, whichever protocol spelled it.
    fn of_code(code: &str, status: u16) -> Self {
        let short = code.rsplit('#').next().unwrap_or(code);
        let short = short.strip_prefix("AWS.SimpleQueueService.").unwrap_or(short);
        let code = short.to_owned();
        match short {
            "NonExistentQueue" | "QueueDoesNotExist" | "InvalidAddress" => Self::NoSuchQueue,
            "InvalidMessageContents" | "BatchRequestTooLong" | "InvalidParameterValue" => Self::Content(code),
            "IncompleteSignature"
            | "InvalidAccessKeyId"
            | "InvalidClientTokenId"
            | "InvalidSecurity"
            | "MissingAuthenticationToken"
            | "SignatureDoesNotMatch"
            | "UnrecognizedClientException" => Self::AccessDenied(code),
            _ if short.starts_with("ExpiredToken") => Self::Expired(code),
            _ if short.contains("AccessDenied") => Self::AccessDenied(code),
            "InternalError" | "InternalFailure" | "OverLimit" | "ServiceUnavailable" | "SlowDown" => {
                Self::Busy(code)
            }
            _ if short.contains("Throttl") || status == 429 || status >= 500 => Self::Busy(code),
            _ => Self::Refused(code),
        }
    }
}

impl Queue {
    /// Finds region and credentials' source; talks to nobody but, without a profile, the host's own metadata.
    pub async fn connect(destination: &Destination, access: &Access) -> Result<Self, SendError> {
        let profile = destination.profile.as_ref().map(|profile| profile.as_str().to_owned());
        let credentials = access.credentials_file.as_deref();
        let region = region(destination, credentials).await?;
        let http = Trust::find(access.ca_bundle.as_deref())?.client();
        let timeouts = TimeoutConfig::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            .operation_attempt_timeout(ATTEMPT_TIMEOUT)
            .operation_timeout(ATTEMPT_TIMEOUT)
            .build();
        let mut loader = aws_config::defaults(BehaviorVersion::latest())
            .region(region.clone())
            .http_client(http.clone())
            .timeout_config(timeouts)
            // The shipper resends what is left of a batch; two layers of that would multiply.
            .retry_config(RetryConfig::disabled())
            .credentials_provider(provider(profile.as_deref(), credentials, region, http).await);
        if let Some(endpoint) = &destination.endpoint_url {
            loader = loader.endpoint_url(endpoint.as_str());
        }
        if let Some(profile) = &profile {
            loader = loader.profile_name(profile);
        }
        let client = Client::new(&loader.load().await);
        Ok(Self { client, url: destination.queue_url.as_str().to_owned(), profile })
    }

    pub fn url(&self) -> &str {
        &self.url
    }

    pub(crate) fn client(&self) -> &Client {
        &self.client
    }

    /// Sends up to ten messages in one request; the answer names those that were not taken.
    pub async fn send(&self, messages: &[Message]) -> Result<Vec<Refusal>, SendError> {
        let entries: Result<Vec<_>, _> =
            messages.iter().enumerate().map(|(index, message)| entry(index, message)).collect();
        let entries = entries.map_err(|error| SendError::Refused(error.to_string()))?;
        let request = self.client.send_message_batch().queue_url(&self.url).set_entries(Some(entries));
        match request.send().await {
            Ok(answer) => Ok(answer.failed().iter().map(refusal).collect()),
            Err(error) => Err(self.meaning(&error)),
        }
    }

    pub(crate) fn meaning<E>(&self, error: &SdkError<E>) -> SendError
    where
        E: ProvideErrorMetadata + Error + 'static,
    {
        if let SdkError::ServiceError(context) = error {
            let code = context.err().code().unwrap_or("no error code");
            return SendError::of_code(code, context.raw().status().as_u16());
        }
        if cause::<CredentialsError>(error).is_some() {
            return SendError::NoCredentials { profile: self.profile.clone() };
        }
        match error {
            SdkError::ConstructionFailure(_) => SendError::Refused(root(error)),
            _ => SendError::Unreachable(root(error)),
        }
    }
}

fn refusal(failed: &BatchResultErrorEntry) -> Refusal {
    // An id that we did not give is nobody's; the first message then goes again, which loses nothing.
    let index = failed.id().parse().unwrap_or_default();
    Refusal { index, problem: SendError::of_code(failed.code(), 0) }
}

fn entry(
    index: usize,
    message: &Message,
) -> Result<SendMessageBatchRequestEntry, aws_sdk_sqs::error::BuildError> {
    let mut attributes = HashMap::new();
    for (name, value) in &message.attributes {
        let value = MessageAttributeValue::builder().data_type(TYPE).string_value(value).build()?;
        attributes.insert((*name).to_owned(), value);
    }
    SendMessageBatchRequestEntry::builder()
        .id(index.to_string())
        .message_body(&message.body)
        .set_message_attributes(Some(attributes))
        .build()
}

/// What requests are signed with, for who wants to look at it without a request.
pub(crate) async fn credentials(
    destination: &Destination,
    access: &Access,
) -> Result<Credentials, SendError> {
    let provider = signer(destination, access).await?.credentials;
    let profile = destination.profile.as_ref().map(|profile| profile.as_str().to_owned());
    provider.provide_credentials().await.map_err(|_| SendError::NoCredentials { profile })
}

/// What requests need that are not the SDK's.
pub(crate) struct Signer {
    pub region: String,
    pub credentials: SharedCredentialsProvider,
    pub trust: Trust,
}

/// The same region, credentials and certificates as for the queue.
pub(crate) async fn signer(destination: &Destination, access: &Access) -> Result<Signer, SendError> {
    let profile = destination.profile.as_ref().map(Profile::as_str);
    let file = access.credentials_file.as_deref();
    let region = region(destination, file).await?;
    let trust = Trust::find(access.ca_bundle.as_deref())?;
    let credentials = provider(profile, file, region.clone(), trust.client()).await;
    Ok(Signer { region: region.to_string(), credentials, trust })
}

/// The queue's own region comes first: a request to another one finds no queue.
async fn region(destination: &Destination, credentials: Option<&Path>) -> Result<Region, SendError> {
    let profile = destination.profile.as_ref().map(Profile::as_str);
    let region = match destination.queue_url.region() {
        Some(region) => Some(Region::new(region.to_owned())),
        None => region_of_host(profile, credentials).await,
    };
    region.ok_or(SendError::NoRegion)
}

async fn region_of_host(profile: Option<&str>, credentials: Option<&Path>) -> Option<Region> {
    let mut file = ProfileFileRegionProvider::builder();
    if let Some(profile) = profile {
        file = file.profile_name(profile);
    }
    if let Some(credentials) = credentials {
        file = file.profile_files(profile_files(credentials));
    }
    RegionProviderChain::first_try(EnvironmentVariableRegionProvider::new())
        .or_else(file.build())
        .region()
        .await
}

/// A profile that is asked for is the only source; else what AWS tools try, with a short look at the metadata.
async fn provider(
    profile: Option<&str>,
    credentials: Option<&Path>,
    region: Region,
    http: SharedHttpClient,
) -> SharedCredentialsProvider {
    // For profiles that assume a role: STS is asked in the region of the queue.
    let configuration = ProviderConfig::without_region()
        .with_region(Some(region.clone()))
        .with_http_client(http)
        .with_behavior_version(Some(BehaviorVersion::latest()));
    if profile.is_some() || credentials.is_some() {
        let mut provider = ProfileFileCredentialsProvider::builder().configure(&configuration);
        if let Some(profile) = profile {
            provider = provider.profile_name(profile);
        }
        if let Some(credentials) = credentials {
            provider = provider.profile_files(profile_files(credentials));
        }
        return SharedCredentialsProvider::new(provider.build());
    }
    let metadata = imds::Client::builder()
        .configure(&configuration)
        .connect_timeout(METADATA_TIMEOUT)
        .read_timeout(METADATA_TIMEOUT)
        .max_attempts(1)
        .build();
    let chain = aws_config::default_provider::credentials::DefaultCredentialsChain::builder()
        .region(region)
        .imds_client(metadata)
        .configure(configuration);
    SharedCredentialsProvider::new(chain.build().await)
}

#[expect(deprecated, reason = "the new name lives in aws-runtime, which nothing else here needs")]
fn profile_files(credentials: &Path) -> aws_config::profile::profile_file::ProfileFiles {
    use aws_config::profile::profile_file::{ProfileFileKind, ProfileFiles};
    ProfileFiles::builder()
        .include_default_config_file(true)
        .with_file(ProfileFileKind::Credentials, credentials)
        .build()
}

fn of_profile(profile: Option<&String>) -> String {
    profile.map_or_else(String::new, |profile| format!(" in the profile {profile}"))
}

fn cause<'a, E: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a E> {
    let mut current = Some(error);
    while let Some(error) = current {
        if let Some(found) = error.downcast_ref() {
            return Some(found);
        }
        current = error.source();
    }
    None
}

/// The innermost cause: `SdkError` itself only says "dispatch failure".
fn root(error: &dyn Error) -> String {
    let mut innermost = error;
    while let Some(cause) = innermost.source() {
        innermost = cause;
    }
    innermost.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_of_both_protocols_mean_the_same() {
        for (code, status, meaning) in [
            ("AWS.SimpleQueueService.NonExistentQueue", 400, SendError::NoSuchQueue),
            ("com.amazonaws.sqs#QueueDoesNotExist", 400, SendError::NoSuchQueue),
            ("AccessDeniedException", 403, SendError::AccessDenied("AccessDeniedException".into())),
            ("KMS.AccessDeniedException", 400, SendError::AccessDenied("KMS.AccessDeniedException".into())),
            ("ExpiredTokenException", 403, SendError::Expired("ExpiredTokenException".into())),
            ("InvalidClientTokenId", 403, SendError::AccessDenied("InvalidClientTokenId".into())),
            ("RequestThrottled", 403, SendError::Busy("RequestThrottled".into())),
            ("InternalError", 0, SendError::Busy("InternalError".into())),
            ("Whatever", 503, SendError::Busy("Whatever".into())),
            ("InvalidMessageContents", 400, SendError::Content("InvalidMessageContents".into())),
            ("MissingParameter", 400, SendError::Refused("MissingParameter".into())),
        ] {
            assert_eq!(SendError::of_code(code, status), meaning, "{code}");
        }
    }
}
