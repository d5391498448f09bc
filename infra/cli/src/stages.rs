//! All stages in one process: what `enrich`, `analyze` and `notify` decide about alerts, with state in memory.
//!
//! Time is the alerts' own: a sweep that would have come between two alerts comes between them.

mod outside;
mod postbox;
mod sightings;
mod site;

use std::collections::HashSet;
use std::time::Duration;

use analyze::incidents::MemoryIncidents;
use analyze::story::Story;
use domain::incident::IncidentId;
use domain::{Alert, AlertKey};
use enrich::routing::{Path, Route, Routing};
use enrich::triage::{BELOW_FORWARD_LEVEL, Triage};
use enrich::window::Window;
use intel::{Intelligence, MemoryStore};
use jiff::Timestamp;
use lambda::batch::Deadline;
use lambda::claims::{Claims, MemoryClaims};
use lambda::config::Environment;
use lambda::ledger::{End, Outcome};
use lambda::metrics::Metrics;
use lambda::{Settled, logs};
use notify::delivery::store::MemoryDeliveries;
use notify::delivery::{Dispatch, Swept, Told as Notified};

use crate::desk;
use crate::failure::Failure;
use crate::mail_folder::Entry;
use crate::model;
use crate::subject;
use outside::Hand;
use postbox::{Postbox, Sent};
use site::Site;

pub(crate) use postbox::MailKind;

/// Whether the site's routing decides about alerts, or all of them are triaged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Intake {
    Routed,
    Triaged,
}

pub(crate) struct Stages {
    routing: Routing,
    recipients: String,
    triage: Triage<MemoryStore>,
    story: Story<MemoryIncidents, Hand>,
    incidents: MemoryIncidents,
    hand: Hand,
    dispatch: Dispatch<MemoryDeliveries, Postbox>,
    postbox: Postbox,
    known: HashSet<AlertKey>,
    /// Where time stands; nothing before the first alert.
    clock: Option<Timestamp>,
    /// The time of an alert that has none.
    otherwise: Timestamp,
}

/// What became of one alert.
#[derive(Debug)]
pub(crate) struct Told {
    pub at: Timestamp,
    pub outcome: Outcome,
    pub reason: String,
    /// Mails that were due before it, and its own.
    pub deliveries: Vec<Delivery>,
}

/// A mail, and when it goes out.
#[derive(Debug)]
pub(crate) struct Delivery {
    pub at: Timestamp,
    pub cause: Cause,
    pub sent: Sent,
}

/// What makes a mail go out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cause {
    Alert,
    /// It was due, although no alert came.
    Sweep,
}

impl Stages {
    /// No function lives longer; here nothing ends before it is done.
    const LEASE: Duration = Duration::from_mins(1);
    const ENOUGH: Duration = Duration::from_mins(10);

    /// Asks nobody, knows no feed, and sends every mail, to all.
    pub fn offline(environment: &Environment, otherwise: Timestamp) -> Result<Self, Failure> {
        let environment = environment.with([("MAIL_ROUTES", Site::NO_LIMITS)]);
        Self::new(&environment, otherwise, &model::Choice::NONE, |policy| Ok(desk::knowing_nobody(policy)))
    }

    /// `intelligence` is made from the site's own lists.
    pub fn new(
        environment: &Environment,
        otherwise: Timestamp,
        model: &model::Choice,
        intelligence: impl FnOnce(intel::Policy) -> Result<Intelligence<MemoryStore>, Failure>,
    ) -> Result<Self, Failure> {
        let Site { choices, routes, recipients, notes, silences } = Site::read(environment)?;
        let explainer = model::explainer(model, environment, notes.environment())?;
        let claims = MemoryClaims::default();
        let incidents = MemoryIncidents::new(claims.clone());
        let (hand, postbox) = (Hand::new(explainer), Postbox::default());
        Ok(Self {
            routing: choices.routing,
            recipients,
            triage: Triage {
                intelligence: intelligence(choices.policy)?,
                window: Window::memory(choices.dedup_window),
                formula: choices.formula,
                forward_level: choices.forward_level,
            },
            story: Story::new(
                Claims::new(claims, "analyze", Self::LEASE),
                incidents.clone(),
                hand.clone(),
                notes,
                silences,
                Self::LEASE,
            ),
            dispatch: Dispatch::new(
                Claims::new(MemoryClaims::default(), "notify", Self::LEASE),
                MemoryDeliveries::default(),
                postbox.clone(),
                routes,
                Metrics::unwritten("notify"),
            ),
            incidents,
            hand,
            postbox,
            known: HashSet::new(),
            clock: None,
            otherwise,
        })
    }

    /// One alert's story, from its routing to its mail.
    pub async fn take(&mut self, alert: &Alert, intake: Intake) -> Result<Told, Failure> {
        let before = self.clock;
        let at = subject::time(alert).or(before).unwrap_or(self.otherwise);
        let at = before.map_or(at, |before| before.max(at));
        let mut deliveries = self.sweep(Some(at)).await?;
        self.clock = Some(at);
        let (outcome, reason) = self.route(alert, intake, at).await?;
        deliveries.extend(self.sent(at, Cause::Alert));
        Ok(Told { at, outcome, reason, deliveries })
    }

    /// The mails that come when no further alert does.
    pub async fn finish(&mut self) -> Result<Vec<Delivery>, Failure> {
        self.sweep(None).await
    }

    /// To whom mails go that no group of the routes gets.
    pub fn recipients(&self) -> &str {
        &self.recipients
    }

    /// How many alerts an incident has counted by now.
    pub fn alerts_in(&self, incident: &IncidentId) -> u64 {
        self.incidents.alerts(incident)
    }

    async fn route(
        &mut self,
        alert: &Alert,
        intake: Intake,
        at: Timestamp,
    ) -> Result<(Outcome, String), Failure> {
        let path = match (intake, self.routing.route(alert)) {
            (Intake::Triaged, _) => Path::Triage,
            (Intake::Routed, Route::Follow(path)) => path,
            (Intake::Routed, Route::Ignore(rule)) => return Ok((Outcome::Ignored, rule.name().to_owned())),
        };
        if !self.known.insert(alert.key().clone()) {
            return Ok((Outcome::Counted, "duplicate".to_owned()));
        }
        let enriched = match path {
            Path::Observe => {
                self.hand.record(alert, at);
                return Ok((Outcome::Observed, "authentication".to_owned()));
            }
            Path::Returned => self.triage.returned(alert, at),
            Path::Triage => {
                let triaged = Box::pin(self.triage.look_up(alert, at)).await;
                let triaged = triaged.map_err(|error| stage_failed(&error))?;
                if intake == Intake::Routed && !triaged.forwards {
                    return Ok((Outcome::Ignored, BELOW_FORWARD_LEVEL.to_owned()));
                }
                triaged.enriched
            }
        };
        // A story's future is large.
        let told = Box::pin(self.story.tell(&enriched, Self::deadline(), at)).await;
        let settled = told.map_err(|error| stage_failed(&error))?;
        let own = self.notify(at).await?;
        match (settled, own) {
            // Its own mail, or the digest that tells of it, is the end of the alert that opened an incident.
            (Settled::Ended(end), _) | (Settled::Passed, Some(end)) => Ok((end.outcome, end.reason)),
            (Settled::Passed, None) => Err(Failure::Stage("an alert's notice did not come".to_owned())),
        }
    }

    /// Hands over what the analyze stage has sent. The end of the alert that opened an incident, if one did.
    async fn notify(&self, at: Timestamp) -> Result<Option<End>, Failure> {
        let mut own = None;
        for notice in self.hand.take() {
            // The message is for a notice that has to wait for the account: here none has to.
            let told = Box::pin(self.dispatch.tell(&notice, "", Self::deadline(), at)).await;
            match told.map_err(|error| stage_failed(&error))? {
                Notified::Settled(Settled::Ended(end)) => own = Some(end),
                Notified::Settled(Settled::Passed) => {}
                Notified::Rejected(reason) => return Err(Failure::Stage(reason)),
            }
        }
        Ok(own)
    }

    /// Sweeps as both schedules do, at each whole minute at which something is due.
    async fn sweep(&mut self, until: Option<Timestamp>) -> Result<Vec<Delivery>, Failure> {
        let mut deliveries = Vec::new();
        while let Some(due) = self.next_due().await? {
            let at = next_minute(self.clock.map_or(due, |clock| clock.max(due)));
            if until.is_some_and(|until| at > until) {
                break;
            }
            self.clock = Some(at);
            let attended = Box::pin(self.story.sweep(Self::deadline(), at)).await;
            let attended = attended.map_err(|error| stage_failed(&error))?.attended;
            self.notify(at).await?;
            let swept = Box::pin(self.dispatch.sweep(Self::deadline(), at)).await;
            let Swept { digests, storms, failed, .. } = swept.map_err(|error| stage_failed(&error))?;
            if failed > 0 {
                return Err(Failure::Stage("a digest could not be sent".to_owned()));
            }
            deliveries.extend(self.sent(at, Cause::Sweep));
            // Nothing done is no fault: quiet hours may begin between the time at which a digest is due and the sweep.
            let idle = attended + digests + storms == 0;
            if idle && self.next_due().await?.is_some_and(|due| due <= at) {
                return Err(Failure::Stage("something is due, and no sweep sends it".to_owned()));
            }
        }
        Ok(deliveries)
    }

    async fn next_due(&self) -> Result<Option<Timestamp>, Failure> {
        let held = self.dispatch.next_due(self.clock.unwrap_or(Timestamp::MIN)).await;
        let held = held.map_err(|error| stage_failed(&error))?;
        Ok(self.incidents.next_due().into_iter().chain(held).min())
    }

    fn deadline() -> Deadline {
        Deadline::within(Self::ENOUGH, Duration::ZERO)
    }

    fn sent(&self, at: Timestamp, cause: Cause) -> impl Iterator<Item = Delivery> + use<> {
        self.postbox.take().into_iter().map(move |sent| Delivery { at, cause, sent })
    }
}

impl Delivery {
    /// `number` mails stand in the folder already.
    pub fn entry(&self, number: usize) -> Entry {
        let Self { at, sent, .. } = self;
        Entry {
            name: format!("{:03}", number + 1),
            kind: sent.kind.name().to_owned(),
            subject: sent.mail.subject.clone(),
            about: format!("{}, to {}, {}", at.strftime("%Y-%m-%d %H:%M:%S UTC"), sent.to, sent.about),
        }
    }
}

/// The sweep comes every minute, at no certain second of it.
fn next_minute(time: Timestamp) -> Timestamp {
    const MINUTE: i64 = 60;
    let seconds = time.as_second().div_euclid(MINUTE).saturating_add(1).saturating_mul(MINUTE);
    Timestamp::from_second(seconds).unwrap_or(Timestamp::MAX)
}

fn stage_failed(error: &dyn std::error::Error) -> Failure {
    Failure::Stage(logs::chain(error))
}
