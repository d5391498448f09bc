//! One hunt: logins are read, signs are claimed, findings are told.

use std::collections::BTreeMap;
use std::error::Error;
use std::time::Duration;

use aws_sdk_dynamodb::Client as DynamoDb;
use aws_sdk_sqs::Client as Sqs;
use domain::sighting::Account;
use domain::{AlertError, MessageError, Sighting, message};
use futures_util::{StreamExt, TryStreamExt, stream};
use jiff::Timestamp;
use lambda::claims::{Claim, Claimed, Claims, DynamoClaims, StoreError as ClaimError};
use lambda::metrics::Metrics;
use lambda::{Traces, logs, queue, traces};
use lambda_runtime::{LambdaEvent, service_fn};
use serde::Serialize;

use crate::config::Config;
use crate::detect::{Hunted, detect};
use crate::finding::Finding;
use crate::profile::Profile;
use crate::report;
use crate::sign::Sign;
use crate::store::{Recorded, Sightings, StoreError};
use crate::thresholds::Thresholds;
use crate::window::{Call, Window, WindowError};

/// The hunt with its clients.
#[derive(Debug)]
pub struct Hunt {
    thresholds: Thresholds,
    claims: Claims<DynamoClaims>,
    sightings: Sightings,
    sqs: Sqs,
    enriched_queue_url: String,
    feedback_queue_url: String,
    metrics: Metrics,
}

/// What a hunt did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Tally {
    pub logins: usize,
    pub accounts: usize,
    pub findings: usize,
    /// Findings that nobody had been told about.
    pub told: usize,
    /// Findings that could not be told; the next hunt finds them again.
    pub failed: usize,
}

/// What a hunt looks at: the logins of its window, and what came before them.
#[derive(Debug, Default)]
struct Material {
    /// Of the window alone.
    logins: usize,
    sightings: Vec<Sighting>,
    profiles: BTreeMap<String, Profile>,
    /// Whoever got in within the window.
    whose: Vec<String>,
}

impl Hunt {
    const NAME: &str = "hunt";

    /// How far back an account's own logins are read: no flight is longer.
    const CONTEXT: Duration = Duration::from_hours(24);

    /// Reads and writes at once.
    const CROWD: usize = 16;

    pub fn new(config: Config, aws: &aws_types::SdkConfig) -> Self {
        let (dynamodb, sqs) = (DynamoDb::new(aws), Sqs::new(aws));
        let store = DynamoClaims::new(dynamodb.clone(), &config.claims_table);
        Self {
            thresholds: config.thresholds,
            claims: Claims::new(store, Self::NAME, config.lease),
            sightings: Sightings::new(dynamodb, &config.sightings_table),
            sqs,
            enriched_queue_url: config.enriched_queue_url,
            feedback_queue_url: config.feedback_queue_url,
            metrics: Metrics::new(&config.metrics_namespace, Self::NAME),
        }
    }

    /// Serves its schedule, and whoever calls it, until Lambda stops the process.
    pub async fn serve(self, traces: Traces) -> Result<(), lambda_runtime::Error> {
        let (hunt, traces) = (&self, &traces);
        lambda_runtime::run(service_fn(move |event: LambdaEvent<Call>| async move {
            // A hunt's future is deep: it waits for many reads at once.
            let work = Box::pin(hunt.call(event.payload, Timestamp::now()));
            let hunted = traces::run(Self::NAME, work).await;
            traces.flush(&hunt.metrics, lambda::time_left(event.context.deadline)).await;
            hunted.map_err(|error| lambda_runtime::Error::from(logs::chain(&error)))
        }))
        .await
    }

    /// Hunts in the window of the call. An error means that something is left to do; the next hunt does it.
    pub async fn call(&self, call: Call, now: Timestamp) -> Result<Tally, HuntError> {
        let tally = Box::pin(self.hunt(Window::of(call.hunt, now)?, now)).await?;
        self.measure(tally, now);
        let Tally { logins, accounts, findings, told, failed } = tally;
        tracing::info!(logins, accounts, findings, told, failed, "hunted");
        if failed > 0 { Err(HuntError::NotTold(failed)) } else { Ok(tally) }
    }

    async fn hunt(&self, window: Window, now: Timestamp) -> Result<Tally, HuntError> {
        let Material { logins, sightings, profiles, whose } = Box::pin(self.read(window)).await?;
        let before = profiles.clone();
        let Hunted { findings, profiles } = detect(&sightings, profiles, &self.thresholds, now);
        let mut tally = Tally { logins, accounts: whose.len(), findings: findings.len(), ..Tally::default() };
        let mut untold: Vec<&str> = Vec::new();
        for finding in &findings {
            match Box::pin(self.tell(finding, now)).await {
                Ok(true) => tally.told += 1,
                Ok(false) => {}
                Err(error) => {
                    tracing::error!(
                        error = logs::chain(&error),
                        finding.id = finding.id(),
                        "a finding was not told"
                    );
                    untold.push(&finding.subject);
                    tally.failed += 1;
                }
            }
        }
        // What is in the habits is not found again: those of an account whose finding was not told stay as they were.
        let changed = whose.iter().filter(|whose| !untold.contains(&whose.as_str()));
        let changed = changed.filter_map(|whose| Some((whose, profiles.get(whose)?)));
        let changed = changed.filter(|(whose, profile)| before.get(*whose) != Some(profile));
        let kept = stream::iter(changed).map(|(whose, profile)| self.sightings.keep(whose, profile, now));
        kept.buffer_unordered(Self::CROWD).try_collect::<()>().await?;
        Ok(tally)
    }

    /// Failures of the window before count too, and an account's own logins of a day.
    async fn read(&self, window: Window) -> Result<Material, HuntError> {
        let recorded = self.sightings.recorded(window.from - self.thresholds.window, window.to).await?;
        let of_window = |recorded: &&Recorded| recorded.at >= window.from;
        let mut people: BTreeMap<&Account, Vec<String>> = BTreeMap::new();
        for Recorded { sighting, .. } in recorded.iter().filter(of_window) {
            let whose = self.thresholds.whose(sighting).filter(|_| sighting.is_success());
            if let (Some(account), Some(whose)) = (&sighting.account, whose) {
                let known = people.entry(account).or_default();
                if !known.contains(&whose) {
                    known.push(whose);
                }
            }
        }
        let since = window.from - Self::CONTEXT;
        let reads = stream::iter(&people).map(|(account, whose)| async move {
            let earlier = self.sightings.of_account(account, since).await?;
            let mut profiles = Vec::new();
            for whose in whose {
                profiles.push((whose.clone(), self.sightings.profile(whose).await?));
            }
            Ok::<_, HuntError>((earlier, profiles))
        });
        let read: Vec<_> = reads.buffer_unordered(Self::CROWD).try_collect().await?;
        let mut material = Material {
            logins: recorded.iter().filter(of_window).count(),
            whose: people.into_values().flatten().collect(),
            sightings: recorded.into_iter().map(|recorded| recorded.sighting).collect(),
            ..Material::default()
        };
        for (earlier, profiles) in read {
            material.sightings.extend(earlier);
            let known = profiles.into_iter().filter_map(|(whose, profile)| Some((whose, profile?)));
            material.profiles.extend(known);
        }
        Ok(material)
    }

    /// Tells of the signs that nobody has been told of. False if there are none, or too few to say something.
    async fn tell(&self, finding: &Finding, now: Timestamp) -> Result<bool, HuntError> {
        let (mut ours, mut signs): (Vec<Claimed>, Vec<Sign>) = (Vec::new(), Vec::new());
        for sign in &finding.signs {
            match self.claims.claim(&sign.id(), now).await {
                Ok(Claim::Won(claimed)) => {
                    ours.push(claimed);
                    signs.push(sign.clone());
                }
                Ok(Claim::Done { .. } | Claim::Busy { .. }) => {}
                Err(error) => return Err(self.give_back(&ours, error.into()).await),
            }
        }
        let new = Finding { subject: finding.subject.clone(), signs };
        if new.signs.is_empty() || new.score() < self.thresholds.min_score {
            for claimed in &ours {
                self.claims.release(claimed).await;
            }
            return Ok(false);
        }
        if let Err(error) = self.send(&new, now).await {
            return Err(self.give_back(&ours, error).await);
        }
        for claimed in &ours {
            // Sent again it is the same alert, which is counted once.
            self.claims.complete(claimed, &new.id(), now).await?;
        }
        for kind in new.kinds() {
            self.metrics.count("Findings", &[("kind", kind.name())], now);
        }
        Ok(true)
    }

    async fn send(&self, finding: &Finding, now: Timestamp) -> Result<(), HuntError> {
        let alert = report::enriched(finding, now)?;
        let enriched = message::encode(&alert)?;
        let feedback = message::encode(&report::feedback(finding))?;
        let both = async {
            for (queue_url, body) in
                [(&self.enriched_queue_url, enriched), (&self.feedback_queue_url, feedback)]
            {
                let sent = queue::send(&self.sqs, queue_url, body).await;
                sent.map_err(|error| HuntError::Send(error.into()))?;
            }
            Ok(())
        };
        traces::found(alert.alert.key(), both).await
    }

    /// The next hunt must find the claims free.
    async fn give_back(&self, claims: &[Claimed], error: HuntError) -> HuntError {
        for claimed in claims {
            self.claims.release(claimed).await;
        }
        error
    }

    fn measure(&self, tally: Tally, now: Timestamp) {
        let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        // One for each call: an alarm can tell when there are none.
        self.metrics.count("Hunts", &[], now);
        self.metrics.add("LoginsHunted", count(tally.logins), &[], now);
        if tally.failed > 0 {
            self.metrics.add("FindingsNotTold", count(tally.failed), &[], now);
        }
    }
}

#[derive(Debug, thiserror::Error)]
pub enum HuntError {
    #[error(transparent)]
    Window(#[from] WindowError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Claim(#[from] ClaimError),
    #[error("could not make an alert of the finding")]
    Alert(#[from] AlertError),
    #[error("could not write the message")]
    Message(#[from] MessageError),
    #[error("could not send the message")]
    Send(#[source] Box<dyn Error + Send + Sync>),
    #[error("{0} findings were not told; the next hunt tries again")]
    NotTold(usize),
}
