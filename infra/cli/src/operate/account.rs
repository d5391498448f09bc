//! The account that a deployment runs in: clients that find their way as all AWS tools do.

mod clock;
mod error;
mod target;
mod wire;

use std::time::Duration;

use aws_config::default_provider::credentials::DefaultCredentialsChain;
use aws_config::environment::region::EnvironmentVariableRegionProvider;
use aws_config::imds;
use aws_config::meta::region::RegionProviderChain;
use aws_config::profile::{ProfileFileCredentialsProvider, ProfileFileRegionProvider};
use aws_config::provider_config::ProviderConfig;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::ProvideCredentials;
use aws_sdk_sqs::config::SharedCredentialsProvider;
use aws_sdk_sqs::error::ProvideErrorMetadata;
use aws_sdk_sqs::types::QueueAttributeName;
use lambda::config::Environment;
use lambda::http;
use signed::{Bucket, BucketName, Place};

use super::Queue;
use crate::failure::Failure;

pub(crate) use clock::Clock;
pub(crate) use error::AccountError;
pub(crate) use target::Target;
pub(crate) use wire::Wire;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(10);
const TIMEOUT: Duration = Duration::from_secs(25);
/// Off EC2 nobody answers; on EC2 it takes a few milliseconds.
const METADATA_TIMEOUT: Duration = Duration::from_secs(1);

/// One deployment, and how to reach it.
pub(crate) struct Account {
    name: String,
    config: SdkConfig,
    clock: Clock,
}

/// A queue as it stands.
#[derive(Clone, Debug)]
pub(crate) struct Standing {
    pub url: String,
    pub arn: String,
    pub waiting: u64,
    pub in_flight: u64,
}

impl Account {
    /// Finds region and credentials' source; talks to nobody but, off a configured machine, the host's own metadata.
    pub async fn open(target: &Target, environment: &Environment) -> Result<Self, AccountError> {
        let (name, profile) = (target.name(environment)?.to_string(), target.profile.as_deref());
        let metadata = imds::Client::builder()
            .connect_timeout(METADATA_TIMEOUT)
            .read_timeout(METADATA_TIMEOUT)
            .max_attempts(1)
            .build();
        let region = match &target.region {
            Some(region) => Region::new(region.clone()),
            None => region(profile, &metadata).await.ok_or(AccountError::NoRegion)?,
        };
        let timeouts = TimeoutConfig::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            .operation_attempt_timeout(ATTEMPT_TIMEOUT)
            .operation_timeout(TIMEOUT)
            .build();
        let config = aws_config::defaults(BehaviorVersion::latest())
            .region(region.clone())
            .timeout_config(timeouts)
            .retry_config(RetryConfig::standard().with_max_attempts(3))
            .credentials_provider(credentials(profile, region, metadata).await)
            .load()
            .await;
        Ok(Self { name, config, clock: Clock::default() })
    }

    /// What AWS calls one of the deployment's things.
    pub fn full(&self, name: &str) -> String {
        format!("{}-{name}", self.name)
    }

    /// The name of one of its parameters.
    pub fn parameter(&self, name: &str) -> String {
        format!("/{}/{name}", self.name)
    }

    pub fn region(&self) -> &str {
        self.config.region().map_or("", Region::as_ref)
    }

    /// The time at AWS, as its last answer to [`Account::sqs`] had it.
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    pub fn sqs(&self) -> aws_sdk_sqs::Client {
        let config = aws_sdk_sqs::config::Builder::from(&self.config).interceptor(self.clock.clone());
        aws_sdk_sqs::Client::from_conf(config.build())
    }

    pub fn ssm(&self) -> aws_sdk_ssm::Client {
        aws_sdk_ssm::Client::new(&self.config)
    }

    pub fn dynamodb(&self) -> aws_sdk_dynamodb::Client {
        aws_sdk_dynamodb::Client::new(&self.config)
    }

    pub fn ses(&self) -> aws_sdk_ses::Client {
        aws_sdk_ses::Client::new(&self.config)
    }

    /// What asks services that have no client here.
    pub async fn wire(&self) -> Result<Wire, Failure> {
        Ok(Wire {
            http: http_client()?,
            region: self.region().to_owned(),
            endpoint: self.config.endpoint_url().map(str::to_owned),
            credentials: self.credentials().await?,
        })
    }

    /// A bucket of this account and region.
    pub async fn bucket(&self, bucket: BucketName) -> Result<Bucket, Failure> {
        let place = Place {
            bucket,
            region: self.region().to_owned(),
            endpoint: self.config.endpoint_url().map(str::to_owned),
            credentials: SharedCredentialsProvider::new(self.credentials().await?),
        };
        Ok(Bucket::new(http_client()?, place).map_err(AccountError::of_bucket)?)
    }

    /// The bucket that ingest keeps feeds in: it is named after the account, whose number stands in a queue's ARN.
    pub async fn feeds_bucket(&self) -> Result<BucketName, AccountError> {
        let arn = self.existing(Queue::Alerts.name()).await?.arn;
        let name = self.full(&format!("feeds-{}", arn.split(':').nth(4).unwrap_or_default()));
        name.parse().map_err(|_| AccountError::Name { name, problem: "no bucket can be called so" })
    }

    /// Found once; a role's last longer than any command.
    async fn credentials(&self) -> Result<Credentials, AccountError> {
        let provider = self.config.credentials_provider();
        let provider =
            provider.ok_or_else(|| AccountError::NoCredentials { problem: "no source".to_owned() })?;
        let credentials = provider.provide_credentials().await;
        credentials.map_err(|error| AccountError::NoCredentials { problem: error::root(&error) })
    }

    /// The queue of this name as it stands; nothing where there is none.
    pub async fn queue(&self, name: &str) -> Result<Option<Standing>, AccountError> {
        let (sqs, name) = (self.sqs(), self.full(name));
        let found = match sqs.get_queue_url().queue_name(&name).send().await {
            Ok(found) => found,
            Err(error) if error.code().is_some_and(is_missing_queue) => return Ok(None),
            Err(error) => return Err(AccountError::of(format!("look for the queue {name}"), &error)),
        };
        let url = found.queue_url.unwrap_or_default();
        let wanted = [
            QueueAttributeName::QueueArn,
            QueueAttributeName::ApproximateNumberOfMessages,
            QueueAttributeName::ApproximateNumberOfMessagesNotVisible,
        ];
        let request = sqs.get_queue_attributes().queue_url(&url).set_attribute_names(Some(wanted.to_vec()));
        let answer = request
            .send()
            .await
            .map_err(|error| AccountError::of(format!("look at the queue {name}"), &error))?;
        let text = |attribute| answer.attributes().and_then(|all| all.get(&attribute)).cloned();
        let number = |attribute| text(attribute).and_then(|text| text.parse().ok()).unwrap_or(0);
        Ok(Some(Standing {
            arn: text(QueueAttributeName::QueueArn).unwrap_or_default(),
            waiting: number(QueueAttributeName::ApproximateNumberOfMessages),
            in_flight: number(QueueAttributeName::ApproximateNumberOfMessagesNotVisible),
            url,
        }))
    }

    /// The dead-letter queue of a queue, which must be there.
    pub async fn dead_letters(&self, queue: Queue) -> Result<Standing, AccountError> {
        self.existing(&queue.dead_letters()).await
    }

    /// The queue of this name, which must be there.
    pub async fn existing(&self, name: &str) -> Result<Standing, AccountError> {
        let missing = || AccountError::Missing {
            what: "queue",
            name: self.full(name),
            region: self.region().to_owned(),
        };
        self.queue(name).await?.ok_or_else(missing)
    }
}

fn http_client() -> Result<reqwest::Client, Failure> {
    let client = http::client(CONNECT_TIMEOUT).and_then(|client| Ok(client.build()?));
    client.map_err(Failure::AwsClient)
}

/// Both protocols of SQS, and emulators, spell it differently.
fn is_missing_queue(code: &str) -> bool {
    code.ends_with("NonExistentQueue") || code.ends_with("QueueDoesNotExist")
}

async fn region(profile: Option<&str>, metadata: &imds::Client) -> Option<Region> {
    let mut file = ProfileFileRegionProvider::builder();
    if let Some(profile) = profile {
        file = file.profile_name(profile);
    }
    let of_host = imds::region::ImdsRegionProvider::builder().imds_client(metadata.clone());
    RegionProviderChain::first_try(EnvironmentVariableRegionProvider::new())
        .or_else(file.build())
        .or_else(of_host.build())
        .region()
        .await
}

/// A profile that is asked for is the only source; else what all AWS tools try.
async fn credentials(
    profile: Option<&str>,
    region: Region,
    metadata: imds::Client,
) -> SharedCredentialsProvider {
    let configuration = ProviderConfig::without_region()
        .with_region(Some(region.clone()))
        .with_behavior_version(Some(BehaviorVersion::latest()));
    if let Some(profile) = profile {
        let provider =
            ProfileFileCredentialsProvider::builder().configure(&configuration).profile_name(profile);
        return SharedCredentialsProvider::new(provider.build());
    }
    let chain =
        DefaultCredentialsChain::builder().region(region).imds_client(metadata).configure(configuration);
    SharedCredentialsProvider::new(chain.build().await)
}
