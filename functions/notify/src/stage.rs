//! The notify stage around the deliveries: messages in, dead letters out, and the sweep.

use std::time::Duration;

use domain::{Notice, message};
use jiff::Timestamp;
use lambda::batch::{Deadline, Record};
use lambda::metrics::Metrics;
use lambda::secrets::Secrets;
use lambda::{Settled, Stage, Sweep, Worker, traces};

use crate::config::Config;
use crate::delivery::store::DynamoDeliveries;
use crate::delivery::{Dispatch, NotifyError, Services, Told};
use crate::events::{MailEvents, Reports, Troubles};
use crate::webhook::Webhooks;

/// The notify stage with its clients.
#[derive(Debug)]
pub struct Notify {
    worker: Worker,
    dispatch: Dispatch<DynamoDeliveries, Services>,
    events: Option<MailEvents>,
}

impl Notify {
    const NAME: &str = "notify";

    pub fn new(config: Config, aws: &aws_types::SdkConfig) -> Self {
        let (dynamodb, sqs) = (aws_sdk_dynamodb::Client::new(aws), aws_sdk_sqs::Client::new(aws));
        let worker = Worker::new(Self::NAME, &config.settings, dynamodb.clone(), sqs.clone());
        let reports = config.events.map(|settings| {
            let troubles = Troubles::table(dynamodb.clone(), &settings.incidents_table);
            Reports { events: MailEvents::new(troubles), settings }
        });
        let events = reports.as_ref().map(|reports| reports.events.clone());
        let webhooks = Webhooks::new(Secrets::new(aws_sdk_ssm::Client::new(aws)));
        let dispatch = Dispatch::new(
            worker.claims.clone(),
            DynamoDeliveries::new(dynamodb, &config.deliveries_table),
            Services::new(aws, sqs, webhooks, config.notices_queue_url, reports),
            config.routes,
            worker.metrics.clone(),
        );
        Self { worker, dispatch, events }
    }

    /// A record that holds no notice: an event of SES, or something that a person has to look at.
    async fn other(
        &self,
        record: &Record,
        error: &message::MessageError,
        now: Timestamp,
    ) -> Result<Settled, NotifyError> {
        if let Some(events) = &self.events {
            let Worker { claims, metrics, .. } = &self.worker;
            if let Some(settled) = events.take(&record.body, claims, metrics, now).await? {
                return Ok(settled);
            }
        }
        Ok(self.worker.dead_letter(record, None, &error.to_string()).await?)
    }
}

impl Stage for Notify {
    type Error = NotifyError;

    /// SES may take this long for one mail, and what is cut off there may have been sent.
    const ONE_RECORD: Duration = Duration::from_secs(14);
    const CROWD: usize = 4;

    fn metrics(&self) -> &Metrics {
        &self.worker.metrics
    }

    async fn handle(
        &self,
        record: &Record,
        deadline: Deadline,
        now: Timestamp,
    ) -> Result<Settled, NotifyError> {
        let notice: Notice = match message::decode(&record.body) {
            Ok(notice) => notice,
            Err(error) => return self.other(record, &error, now).await,
        };
        traces::about(notice.alert.key());
        match self.dispatch.tell(&notice, &record.body, deadline, now).await? {
            Told::Settled(settled) => Ok(settled),
            Told::Rejected(reason) => {
                Ok(self.worker.dead_letter(record, Some(notice.alert.key()), &reason).await?)
            }
        }
    }
}

impl Sweep for Notify {
    async fn sweep(&self, deadline: Deadline, now: Timestamp) -> Result<(), NotifyError> {
        let swept = self.dispatch.sweep(deadline, now).await?;
        // One a minute: an alarm can tell when there are none.
        self.worker.metrics.count("Sweeps", &[], now);
        if swept.failed > 0 {
            self.worker.metrics.add("DigestsNotSent", swept.failed, &[], now);
        }
        if swept.digests + swept.storms + swept.returned + swept.failed > 0 {
            tracing::info!(
                digests = swept.digests,
                storms = swept.storms,
                returned = swept.returned,
                failed = swept.failed,
                "swept"
            );
        }
        Ok(())
    }
}
