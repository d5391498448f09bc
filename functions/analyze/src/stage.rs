//! One alert's story in the analyze stage.

use std::time::Duration;

use aws_sdk_dynamodb::Client as DynamoDb;
use aws_sdk_sqs::Client as Sqs;
use domain::analysis::Analysis;
use domain::history::History;
use domain::incident::IncidentId;
use domain::message::{self, NoticeId, Schema};
use domain::{EnrichedAlert, MessageError, Notice};
use jiff::Timestamp;
use lambda::batch::{Deadline, Record};
use lambda::claims::Claimed;
use lambda::http::ClientError;
use lambda::ledger::{End, Outcome};
use lambda::metrics::Metrics;
use lambda::secrets::Secrets;
use lambda::{Failure, Settled, Stage, Turn, Worker, WorkerError};

use crate::analyses::Analyses;
use crate::assessment::assess;
use crate::config::Config;
use crate::explain::Explainer;
use crate::incidents::{IncidentError, Incidents, Membership};
use crate::model::Model;
use crate::prompt::Subject;

/// The analyze stage with its clients.
#[derive(Debug)]
pub struct Analyze {
    config: Config,
    worker: Worker,
    incidents: Incidents,
    explainer: Explainer,
    sqs: Sqs,
}

impl Analyze {
    const NAME: &str = "analyze";

    /// Kept for writing the notice and the claim after the model has answered, or has not.
    const RESERVE: Duration = Duration::from_secs(8);

    pub fn new(config: Config, aws: &aws_types::SdkConfig) -> Result<Self, ClientError> {
        let (dynamodb, sqs) = (DynamoDb::new(aws), Sqs::new(aws));
        let secrets = Secrets::new(aws_sdk_ssm::Client::new(aws));
        let worker = Worker::new(Self::NAME, &config.settings, dynamodb.clone(), sqs.clone());
        let explainer = Explainer::new(
            Model::new(config.model.clone(), secrets, aws)?,
            config.model.url.as_str(),
            Analyses::table(dynamodb.clone(), &config.economy.analyses_table),
            config.economy.clone(),
            config.prompt.clone(),
            worker.metrics.clone(),
        );
        Ok(Self {
            worker,
            incidents: Incidents::new(dynamodb, &config.incidents_table),
            explainer,
            sqs,
            config,
        })
    }

    /// Opens the connections that the first alert will need while CPU is free, before the first poll.
    pub async fn warm_up(&self) {
        // Whatever goes wrong here goes wrong again, and is reported, with the first alert.
        let _ = tokio::time::timeout(Duration::from_secs(1), self.explainer.warm_up()).await;
    }

    /// Won claim in hand: the alert joins its incident, or opens it and is explained.
    async fn follow(
        &self,
        enriched: EnrichedAlert,
        claimed: &Claimed,
        deadline: Deadline,
        now: Timestamp,
    ) -> Result<Settled, AnalyzeError> {
        if let Some(first) = &enriched.repeat_of
            && let Some(completion) =
                self.incidents.count_repeat(first, &self.worker.claims, claimed, now).await?
        {
            let end = End::new(enriched.alert.key(), Outcome::Counted, format!("repeat in incident {first}"));
            return Ok(Worker::settle(completion, Settled::Ended(end))?);
        }
        let incident = IncidentId::of(&enriched.alert);
        let membership = self.incidents.open(&incident, &enriched.alert, now).await?;
        let Membership::Opened { opened_at } = membership else {
            let completion = self.incidents.count(&incident, &self.worker.claims, claimed, now).await?;
            let end = End::new(enriched.alert.key(), Outcome::Counted, format!("incident {incident}"));
            return Ok(Worker::settle(completion, Settled::Ended(end))?);
        };
        let notice = self.notice(enriched, incident, opened_at, deadline).await;
        self.send(&notice).await?;
        Ok(self.worker.complete(claimed, notice.id.as_str(), Settled::Passed, now).await?)
    }

    async fn notice(
        &self,
        enriched: EnrichedAlert,
        incident: IncidentId,
        opened_at: Timestamp,
        deadline: Deadline,
    ) -> Notice {
        let (history, site) = (History::default(), &self.config.site_notes);
        let assessment = assess(&enriched.alert, &enriched.verdict, &history, site);
        let context = site.context(&enriched.alert);
        let subject =
            Subject { enriched: &enriched, history: &history, assessment: &assessment, context: &context };
        let id = NoticeId::first(&incident, opened_at);
        let available = deadline.remaining().saturating_sub(Self::RESERVE);
        let analysis = self.explainer.explain(&subject, &id, Timestamp::now(), available).await;
        if let Analysis::Unavailable { reason } = analysis {
            self.worker.metrics.count("AnalysesUnavailable", &[("reason", reason.name())], Timestamp::now());
        }
        let EnrichedAlert { alert, reports, verdict, .. } = enriched;
        Notice { schema: Schema, id, incident, opened_at, alert, reports, verdict, assessment, analysis }
    }

    async fn send(&self, notice: &Notice) -> Result<(), AnalyzeError> {
        let body = message::encode(notice)?;
        let sent =
            self.sqs.send_message().queue_url(&self.config.notices_queue_url).message_body(body).send().await;
        sent.map(|_| ()).map_err(|error| AnalyzeError::Send(error.into()))
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
        let key = enriched.alert.key().clone();
        let claimed = match self.worker.claim(key.as_str(), now).await? {
            Turn::Ours(claimed) => claimed,
            // Only enrich sends here, so a second message is the first one again: its end is recorded.
            Turn::Done { .. } => return Ok(Settled::Passed),
        };
        let error = match self.follow(enriched, &claimed, deadline, now).await {
            Ok(settled) => return Ok(settled),
            Err(error) => error,
        };
        // Sending it again, from this queue or from the dead-letter queue, must find the claim free.
        self.worker.claims.release(&claimed).await;
        if let AnalyzeError::Message(error) = error {
            return Ok(self.worker.dead_letter(record, Some(&key), &error.to_string()).await?);
        }
        Err(error)
    }
}

#[derive(Debug, thiserror::Error)]
pub enum AnalyzeError {
    #[error(transparent)]
    Worker(#[from] WorkerError),
    #[error(transparent)]
    Incident(#[from] IncidentError),
    #[error("could not write the notice")]
    Message(#[from] MessageError),
    #[error("could not send the notice")]
    Send(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl Failure for AnalyzeError {
    fn kind(&self) -> &'static str {
        match self {
            Self::Worker(error) => error.kind(),
            Self::Incident(_) => "incident",
            Self::Message(_) => "message",
            Self::Send(_) => "send",
        }
    }
}
