//! One alert's story in the enrich stage.

use std::time::Duration;

use aws_sdk_dynamodb::Client as DynamoDb;
use aws_sdk_sqs::Client as Sqs;
use domain::message;
use domain::verdict::{Judgement, Provider, Verdict, Witness};
use domain::{Alert, EnrichedAlert, MessageError, Sighting};
use intel::{Door, DynamoStore, Intelligence, Keys, Usage};
use jiff::Timestamp;
use lambda::batch::{Deadline, Record};
use lambda::ledger::{End, Outcome};
use lambda::metrics::Metrics;
use lambda::secrets::Secrets;
use lambda::{Failure, Settled, Stage, Turn, Worker, WorkerError, queue, traces};

use crate::config::{Config, LoginLookUps};
use crate::keeper::Keeper;
use crate::routing::{Path, Route};
use crate::sightings::{Course, SightingError, Sightings};
use crate::start::{self, StartError};
use crate::triage::{Asking, BELOW_FORWARD_LEVEL, Triage};
use crate::window::{Window, WindowError};

/// The enrich stage with its clients.
#[derive(Debug)]
pub struct Enrich {
    config: Config,
    worker: Worker,
    triage: Triage<DynamoStore>,
    sightings: Sightings,
    published: Option<Keeper>,
    sqs: Sqs,
}

impl Enrich {
    const NAME: &str = "enrich";

    pub async fn new(config: Config, aws: &aws_types::SdkConfig) -> Result<Self, StartError> {
        let (dynamodb, sqs) = (DynamoDb::new(aws), Sqs::new(aws));
        let secrets = Secrets::new(aws_sdk_ssm::Client::new(aws));
        let clients = start::clients(&config.providers, &secrets).await?;
        let published = config.published.clone().map(|settings| Keeper::new(settings, aws)).transpose()?;
        let intelligence = Intelligence::new(
            config.choices.policy.clone(),
            clients,
            Keys::Parameters { secrets, names: config.providers.key_parameters.clone() },
            Door { daily_limits: config.daily_limits.clone() },
            DynamoStore::new(dynamodb.clone(), &config.intel_table),
        )
        .with_snapshot(published.as_ref().map(Keeper::snapshot).unwrap_or_default())
        .with_warninglists(published.as_ref().map(Keeper::warninglists).unwrap_or_default());
        Ok(Self {
            worker: Worker::new(Self::NAME, &config.settings, dynamodb.clone(), sqs.clone()),
            triage: Triage {
                intelligence,
                window: Window::table(
                    dynamodb.clone(),
                    &config.settings.claims_table,
                    config.choices.dedup_window,
                ),
                formula: config.choices.formula.clone(),
                forward_level: config.choices.forward_level,
            },
            sightings: Sightings::new(dynamodb, &config.sightings_table),
            published,
            sqs,
            config,
        })
    }

    /// Opens the connections that the first alert will need and loads what is published while CPU is free, before the first
    /// poll. Whatever goes wrong here is tried again, and reported, with the first alert.
    pub async fn warm_up(&self) {
        const CONNECTIONS: Duration = Duration::from_secs(1);
        // Lambda gives a start ten seconds in all.
        const PUBLISHED: Duration = Duration::from_secs(5);
        let _ = tokio::join!(
            tokio::time::timeout(CONNECTIONS, self.triage.intelligence.warm_up()),
            tokio::time::timeout(PUBLISHED, self.load_published()),
        );
    }

    async fn load_published(&self) {
        if let Some(published) = &self.published {
            published.load(Timestamp::now()).await;
        }
    }

    /// Won claim in hand: does what its path asks for.
    async fn follow(&self, path: Path, alert: &Alert, now: Timestamp) -> Result<Settled, EnrichError> {
        match path {
            Path::Observe => {
                self.observe(alert, now).await?;
                Ok(Settled::Ended(End::new(alert.key(), Outcome::Observed, "authentication")))
            }
            Path::Returned => {
                self.pass_on(self.triage.returned(alert, now)).await?;
                Ok(Settled::Passed)
            }
            Path::Triage => self.triage(alert, now).await,
        }
    }

    /// A login that nobody is told about now; hunting sees it among others.
    async fn observe(&self, alert: &Alert, now: Timestamp) -> Result<(), EnrichError> {
        let Some(mut sighting) = Sighting::of(alert, now) else { return Ok(()) };
        let asking = match self.config.look_up_logins {
            LoginLookUps::Successes if sighting.is_success() => Asking::Providers,
            LoginLookUps::Successes | LoginLookUps::Off => Asking::Nobody,
        };
        let (usage, saved) = self.triage.learn(&mut sighting, alert.rule().level, asking, now).await;
        self.measure(&usage, saved, now);
        Ok(self.sightings.record(&sighting, Course::Observed, now).await?)
    }

    async fn triage(&self, alert: &Alert, now: Timestamp) -> Result<Settled, EnrichError> {
        let triaged = self.triage.look_up(alert, now).await?;
        self.measure(&triaged.usage, triaged.reads_saved, now);
        if let Some(mut sighting) = Sighting::of(alert, now) {
            sighting.learn(&triaged.enriched.reports, &triaged.enriched.verdict);
            self.sightings.record(&sighting, Course::Triaged, now).await?;
        }
        for event in &triaged.feedback {
            self.send(&self.config.feedback_queue_url, message::encode(event)?).await?;
        }
        self.add_sightings(&triaged.enriched.verdict, now).await;
        if !triaged.forwards {
            return Ok(Settled::Ended(End::new(alert.key(), Outcome::Ignored, BELOW_FORWARD_LEVEL)));
        }
        self.pass_on(triaged.enriched).await?;
        Ok(Settled::Passed)
    }

    /// Tells MISP, if the site wants that, what it was right about.
    async fn add_sightings(&self, verdict: &Verdict, now: Timestamp) {
        if !self.config.providers.misp_sightings {
            return;
        }
        let misp = Witness::Provider(Provider::Misp);
        for judged in &verdict.indicators {
            if judged.judgement >= Judgement::Suspicious && judged.accusers().any(|accuser| *accuser == misp)
            {
                self.triage.intelligence.add_sighting(&judged.found, now).await;
            }
        }
    }

    async fn pass_on(&self, mut enriched: EnrichedAlert) -> Result<(), EnrichError> {
        let body = match message::encode(&enriched) {
            Err(MessageError::TooLarge(_)) => {
                enriched.condense(1);
                message::encode(&enriched)?
            }
            body => body?,
        };
        self.send(&self.config.enriched_queue_url, body).await
    }

    async fn send(&self, queue_url: &str, body: String) -> Result<(), EnrichError> {
        queue::send(&self.sqs, queue_url, body).await.map_err(|error| EnrichError::Send(error.into()))
    }

    fn measure(&self, usage: &[Usage], reads_saved: u32, now: Timestamp) {
        let metrics = &self.worker.metrics;
        if reads_saved > 0 {
            metrics.add("LookupsSaved", reads_saved, &[], now);
        }
        for used in usage.iter().filter(|used| !used.is_empty()) {
            let provider = ("provider", used.provider.name());
            metrics.add("ProviderRequests", used.requests, &[provider], now);
            metrics.add("ProviderRequestsSaved", used.saved, &[provider], now);
            for (reason, count) in &used.failures {
                metrics.add("ProviderFailures", *count, &[provider, ("reason", reason)], now);
            }
        }
    }
}

impl Stage for Enrich {
    type Error = EnrichError;

    const ONE_RECORD: Duration = Duration::from_secs(8);
    const CROWD: usize = 10;

    fn metrics(&self) -> &Metrics {
        &self.worker.metrics
    }

    async fn handle(&self, record: &Record, _: Deadline, now: Timestamp) -> Result<Settled, EnrichError> {
        if let Some(published) = &self.published {
            published.refresh_if_due(&self.worker.metrics, now);
        }
        let alert = match Alert::parse(&record.body) {
            Ok(alert) => alert,
            Err(error) => return Ok(self.worker.dead_letter(record, None, &error.to_string()).await?),
        };
        traces::about(alert.key());
        let end = |outcome, reason| Ok(Settled::Ended(End::new(alert.key(), outcome, reason)));
        let path = match self.config.choices.routing.route(&alert) {
            Route::Follow(path) => path,
            Route::Ignore(rule) => return end(Outcome::Ignored, rule.name()),
        };
        let claimed = match self.worker.claim(alert.key().as_str(), now).await? {
            Turn::Ours(claimed) => claimed,
            // The same message again ended before; another message with the same alert is one alert too many.
            Turn::Done { result } if result == record.message_id.as_str() => return Ok(Settled::Passed),
            Turn::Done { .. } => return end(Outcome::Counted, "duplicate"),
        };
        let error = match self.follow(path, &alert, now).await {
            Ok(settled) => {
                return Ok(self.worker.complete(&claimed, record.message_id.as_str(), settled, now).await?);
            }
            Err(error) => error,
        };
        // Sending it again, from this queue or from the dead-letter queue, must find the claim free.
        self.worker.claims.release(&claimed).await;
        if let EnrichError::Message(error) = error {
            return Ok(self.worker.dead_letter(record, Some(alert.key()), &error.to_string()).await?);
        }
        Err(error)
    }
}

#[derive(Debug, thiserror::Error)]
pub enum EnrichError {
    #[error(transparent)]
    Worker(#[from] WorkerError),
    #[error(transparent)]
    Window(#[from] WindowError),
    #[error(transparent)]
    Sighting(#[from] SightingError),
    #[error("could not write the message")]
    Message(#[from] MessageError),
    #[error("could not send the message")]
    Send(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl Failure for EnrichError {
    fn kind(&self) -> &'static str {
        match self {
            Self::Worker(error) => error.kind(),
            Self::Window(_) => "window",
            Self::Sighting(_) => "sighting",
            Self::Message(_) => "message",
            Self::Send(_) => "send",
        }
    }
}
