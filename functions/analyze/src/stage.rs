//! The analyze stage around the story: messages in, dead letters out, and the sweep.

use std::time::Duration;

use aws_sdk_dynamodb::Client as DynamoDb;
use aws_sdk_sqs::Client as Sqs;
use domain::{EnrichedAlert, message};
use jiff::Timestamp;
use lambda::batch::{Deadline, Record};
use lambda::http::ClientError;
use lambda::metrics::Metrics;
use lambda::secrets::Secrets;
use lambda::{Settled, Stage, Sweep, Worker, traces};

use crate::analyses::Analyses;
use crate::config::Config;
use crate::explain::Explainer;
use crate::incidents::DynamoIncidents;
use crate::model::Model;
use crate::outside::Services;
use crate::sightings::Sightings;
use crate::story::{AnalyzeError, Story};

/// The analyze stage with its clients.
#[derive(Debug)]
pub struct Analyze {
    worker: Worker,
    story: Story<DynamoIncidents, Services>,
}

impl Analyze {
    const NAME: &str = "analyze";

    pub fn new(config: Config, aws: &aws_types::SdkConfig) -> Result<Self, ClientError> {
        let (dynamodb, sqs) = (DynamoDb::new(aws), Sqs::new(aws));
        let secrets = Secrets::new(aws_sdk_ssm::Client::new(aws));
        let worker = Worker::new(Self::NAME, &config.settings, dynamodb.clone(), sqs.clone());
        let explainer = Explainer::new(
            Model::new(config.model.clone(), secrets, aws)?,
            config.model.url.as_str(),
            Analyses::table(dynamodb.clone(), &config.economy.analyses_table),
            config.economy,
            config.prompt,
            worker.metrics.clone(),
        );
        let claims = worker.claims.clone();
        let incidents =
            DynamoIncidents::new(dynamodb.clone(), &config.incidents_table, claims.store().clone());
        let services = Services {
            explainer,
            sqs,
            notices_queue_url: config.notices_queue_url,
            sightings: Sightings::new(dynamodb, &config.sightings_table),
            metrics: worker.metrics.clone(),
        };
        Ok(Self {
            worker,
            story: Story::new(
                claims,
                incidents,
                services,
                config.site_notes,
                config.silences,
                config.settings.lease,
            ),
        })
    }

    /// Opens the connections that the first alert will need while CPU is free, before the first poll.
    pub async fn warm_up(&self) {
        // Whatever goes wrong here goes wrong again, and is reported, with the first alert.
        let _ = tokio::time::timeout(Duration::from_secs(1), self.story.outside.explainer.warm_up()).await;
    }
}

impl Stage for Analyze {
    type Error = AnalyzeError;

    const ONE_RECORD: Duration = Duration::from_secs(15);
    const CROWD: usize = 10;

    fn metrics(&self) -> &Metrics {
        &self.worker.metrics
    }

    async fn handle(
        &self,
        record: &Record,
        deadline: Deadline,
        now: Timestamp,
    ) -> Result<Settled, AnalyzeError> {
        let enriched: EnrichedAlert = match message::decode(&record.body) {
            Ok(enriched) => enriched,
            Err(error) => return Ok(self.worker.dead_letter(record, None, &error.to_string()).await?),
        };
        traces::about(enriched.alert.key());
        // A batch holds a story for each of its records, and a story holds a question to the model.
        match Box::pin(self.story.tell(&enriched, deadline, now)).await {
            Err(AnalyzeError::Message(error)) => {
                let key = enriched.alert.key();
                Ok(self.worker.dead_letter(record, Some(key), &error.to_string()).await?)
            }
            told => told,
        }
    }
}

impl Sweep for Analyze {
    async fn sweep(&self, deadline: Deadline, now: Timestamp) -> Result<(), AnalyzeError> {
        let swept = self.story.sweep(deadline, now).await?;
        // One a minute: an alarm can tell when there are none.
        self.worker.metrics.count("Sweeps", &[], now);
        if swept.failed > 0 {
            self.worker.metrics.add("NoticesNotSent", swept.failed, &[], now);
        }
        if swept.attended > 0 {
            tracing::info!(attended = swept.attended, failed = swept.failed, "swept");
        }
        Ok(())
    }
}
