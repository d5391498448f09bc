//! The ingest function with its clients: one order, carried out.

use std::time::Duration;

use intel::FeedTable;
use intel::sources::{Fetcher, Settings};
use jiff::Timestamp;
use lambda::claims::{Claims, DynamoClaims};
use lambda::config::{ConfigError, Environment};
use lambda::http::{self, ClientError};
use lambda::metrics::Metrics;
use lambda::secrets::{SecretError, Secrets};
use lambda::{Traces, logs, traces};
use lambda_runtime::{LambdaEvent, service_fn};
use signed::{Bucket, BucketError, Place};

use crate::config::Config;
use crate::feeds::Feeds;
use crate::import::{ImportError, Importer, Keys};
use crate::order::Order;
use crate::pace::Pace;
use crate::publish::{Edition, PublishError};

/// The ingest stage with its clients.
#[derive(Debug)]
pub struct Ingest {
    feeds: Feeds,
    importer: Importer<Fetcher, FeedTable, Bucket, DynamoClaims>,
}

#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error(transparent)]
    Client(#[from] ClientError),
    #[error(transparent)]
    Http(#[from] reqwest::Error),
    #[error(transparent)]
    Bucket(#[from] BucketError),
    #[error("there are no credentials")]
    NoCredentials,
    #[error(transparent)]
    Secret(#[from] SecretError),
}

#[derive(Debug, thiserror::Error)]
pub enum IngestError {
    #[error("no feed is called {0:?}; check FEEDS and MISP_FEEDS")]
    UnknownFeed(String),
    #[error(transparent)]
    Import(#[from] ImportError),
    #[error(transparent)]
    Publish(#[from] PublishError),
}

impl Ingest {
    const NAME: &str = "ingest";
    const CONNECT: Duration = Duration::from_secs(5);

    pub async fn new(
        config: Config,
        environment: &Environment,
        aws: &aws_types::SdkConfig,
    ) -> Result<Self, StartError> {
        let dynamodb = aws_sdk_dynamodb::Client::new(aws);
        let secrets = Secrets::new(aws_sdk_ssm::Client::new(aws));
        let misp_ca = match &config.misp_ca_parameter {
            Some(parameter) => secrets.get(parameter).await?.map(|bundle| bundle.reveal().to_owned()),
            None => None,
        };
        let place = Place {
            bucket: config.bucket,
            region: aws.region().map(ToString::to_string).unwrap_or_default(),
            endpoint: environment.get("AWS_ENDPOINT_URL").map(str::to_owned),
            credentials: aws.credentials_provider().ok_or(StartError::NoCredentials)?,
        };
        let fetcher = Fetcher::new(Settings {
            places: config.places,
            misp_ca,
            abuseipdb_limit: config.blacklist.limit,
            abuseipdb_least_confidence: config.blacklist.least_confidence,
            documentation_is_public: config.site.policy.documentation_is_public,
            ..Settings::default()
        })?;
        Ok(Self {
            feeds: config.feeds,
            importer: Importer {
                fetch: fetcher,
                rows: FeedTable::new(dynamodb.clone(), config.intel_table),
                objects: Bucket::new(http::client(Self::CONNECT)?.build()?, place)?,
                claims: Claims::new(
                    DynamoClaims::new(dynamodb, config.claims_table),
                    Self::NAME,
                    config.lease,
                ),
                keys: Keys {
                    secrets,
                    otx_parameter: config.otx_parameter,
                    misp_parameter: config.misp_parameter,
                    abuseipdb_parameter: config.abuseipdb_parameter,
                    abusech_parameter: config.abusech_parameter,
                },
                site: config.site,
                metrics: Metrics::new(config.metrics_namespace, Self::NAME),
            },
        })
    }

    /// Serves orders until Lambda stops the process.
    pub async fn serve(self, traces: Traces) -> Result<(), lambda_runtime::Error> {
        let (ingest, traces) = (&self, &traces);
        lambda_runtime::run(service_fn(move |event: LambdaEvent<Order>| async move {
            let stopped_at = event.context.deadline;
            let work = ingest.obey(event.payload, Timestamp::now(), lambda::time_left(stopped_at));
            let obeyed = traces::run(Self::NAME, work).await;
            traces.flush(&ingest.importer.metrics, lambda::time_left(stopped_at)).await;
            obeyed.map_err(|error| lambda_runtime::Error::from(logs::chain(&error)))
        }))
        .await
    }

    /// Carries out one order within `available`, and publishes what that changes.
    pub async fn obey(&self, order: Order, now: Timestamp, available: Duration) -> Result<(), IngestError> {
        let pace = Pace::new(now, available);
        let (ran, edition) = match order {
            Order::Source(name) => {
                let feed = self.feeds.get(&name).ok_or(IngestError::UnknownFeed(name))?;
                (self.importer.run(feed, &pace).await.map(drop), Edition::IfDue)
            }
            Order::Due => (self.importer.run_due(&self.feeds, &pace).await, Edition::IfDue),
            Order::Publish => (Ok(()), Edition::Anew),
        };
        self.importer.publish(&self.feeds, edition, &pace).await?;
        Ok(ran?)
    }
}
