//! All stages in one process: what `enrich`, `analyze` and `notify` decide about alerts, with state in memory.
//!
//! Time is the alerts' own: a sweep that would have come between two alerts comes between them.

mod outside;
mod sightings;

use std::collections::HashSet;
use std::time::Duration;

use analyze::assessment::SiteNotes;
use analyze::incidents::MemoryIncidents;
use analyze::story::Story;
use domain::incident::{Escalation, IncidentId, Kind, Silences};
use domain::{Alert, AlertKey, Notice};
use enrich::config::Choices;
use enrich::routing::{Path, Route, Routing};
use enrich::triage::{BELOW_FORWARD_LEVEL, Triage};
use enrich::window::Window;
use intel::{Intelligence, MemoryStore};
use jiff::Timestamp;
use lambda::batch::Deadline;
use lambda::claims::{Claims, MemoryClaims};
use lambda::config::{ConfigError, Environment, Reader};
use lambda::ledger::Outcome;
use lambda::{Settled, logs};
use notify::mail::{Mail, MailSettings, mail};

use crate::desk;
use crate::failure::Failure;
use crate::mail_folder::Entry;
use crate::model;
use crate::subject;
use outside::Hand;

/// Whether the site's routing decides about alerts, or all of them are triaged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Intake {
    Routed,
    Triaged,
}

pub(crate) struct Stages {
    site: Site,
    triage: Triage<MemoryStore>,
    story: Story<MemoryIncidents, Hand>,
    incidents: MemoryIncidents,
    hand: Hand,
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

/// A mail that is to be sent, and when.
#[derive(Debug)]
pub(crate) struct Delivery {
    pub at: Timestamp,
    pub cause: Cause,
    pub notice: Notice,
}

/// What makes a mail go out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cause {
    Alert,
    /// It was due, although no alert came.
    Sweep,
}

/// What the site decides, by the variables that Terraform sets on the functions.
struct Site {
    routing: Routing,
    mail: MailSettings,
}

impl Stages {
    /// No function lives longer; here nothing ends before it is done.
    const LEASE: Duration = Duration::from_mins(1);
    const ENOUGH: Duration = Duration::from_mins(10);

    /// Asks nobody and knows no feed.
    pub fn offline(environment: &Environment, otherwise: Timestamp) -> Result<Self, Failure> {
        Self::new(environment, otherwise, &model::Choice::NONE, |policy| Ok(desk::knowing_nobody(policy)))
    }

    /// `intelligence` is made from the site's own lists.
    pub fn new(
        environment: &Environment,
        otherwise: Timestamp,
        model: &model::Choice,
        intelligence: impl FnOnce(intel::Policy) -> Result<Intelligence<MemoryStore>, Failure>,
    ) -> Result<Self, Failure> {
        let (choices, mail, notes, silences) = read(environment)?;
        let explainer = model::explainer(model, environment, notes.environment())?;
        let claims = MemoryClaims::default();
        let incidents = MemoryIncidents::new(claims.clone());
        let hand = Hand::new(explainer);
        Ok(Self {
            site: Site { routing: choices.routing, mail },
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
            incidents,
            hand,
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

    /// The mail as `notify` would send it.
    pub fn mail(&self, delivery: &Delivery) -> Result<Mail, Failure> {
        mail(&delivery.notice, &self.site.mail, &[], delivery.at).map_err(Failure::Mail)
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
        let path = match (intake, self.site.routing.route(alert)) {
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
        let deadline = Deadline::within(Self::ENOUGH, Duration::ZERO);
        // A story's future is large.
        let told = Box::pin(self.story.tell(&enriched, deadline, at)).await;
        match told.map_err(|error| stage_failed(&error))? {
            Settled::Ended(end) => Ok((end.outcome, end.reason)),
            // Its own mail is the end of the alert that opened an incident.
            Settled::Passed => Ok((Outcome::Notified, format!("incident {}", IncidentId::of(alert)))),
        }
    }

    /// Sweeps as the schedule does, at each whole minute at which something is due.
    async fn sweep(&mut self, until: Option<Timestamp>) -> Result<Vec<Delivery>, Failure> {
        let mut deliveries = Vec::new();
        while let Some(due) = self.incidents.next_due() {
            let at = next_minute(self.clock.map_or(due, |clock| clock.max(due)));
            if until.is_some_and(|until| at > until) {
                break;
            }
            self.clock = Some(at);
            let deadline = Deadline::within(Self::ENOUGH, Duration::ZERO);
            let swept = Box::pin(self.story.sweep(deadline, at)).await;
            let swept = swept.map_err(|error| stage_failed(&error))?;
            deliveries.extend(self.sent(at, Cause::Sweep));
            if swept.attended == 0 {
                break;
            }
        }
        Ok(deliveries)
    }

    fn sent(&self, at: Timestamp, cause: Cause) -> impl Iterator<Item = Delivery> + use<> {
        self.hand.take().into_iter().map(move |notice| Delivery { at, cause, notice })
    }
}

impl Delivery {
    /// `number` mails stand in the folder already.
    pub fn entry(&self, number: usize, mail: &Mail) -> Entry {
        let Self { at, notice, .. } = self;
        let time = at.strftime("%Y-%m-%d %H:%M:%S UTC");
        let (incident, alerts) = (&notice.incident, notice.summary.alerts);
        let alerts = if alerts == 1 { "1 alert".to_owned() } else { format!("{alerts} alerts") };
        let why = match &notice.kind {
            Kind::First => "opens an incident".to_owned(),
            Kind::Update => "an incident goes on".to_owned(),
            Kind::Escalation(reasons) => {
                let reasons: Vec<&str> = reasons.iter().copied().map(escalation).collect();
                format!("gets worse: {}", reasons.join(", "))
            }
        };
        Entry {
            name: format!("{:03}", number + 1),
            kind: notice.kind.name().to_owned(),
            subject: mail.subject.clone(),
            about: format!(
                "{time}, incident {incident}, {} priority: {why}; {alerts} so far",
                notice.priority()
            ),
        }
    }
}

fn escalation(reason: Escalation) -> &'static str {
    match reason {
        Escalation::HigherLevel => "a higher level",
        Escalation::TurnedMalicious => "turned malicious",
        Escalation::SuccessAfterFailures => "a success after failures",
        Escalation::NewHost => "a new host",
    }
}

fn read(environment: &Environment) -> Result<(Choices, MailSettings, SiteNotes, Silences), ConfigError> {
    let environment = environment.or([("MAIL_FROM", "triage@example.com"), ("MAIL_TO", "soc@example.com")]);
    let mut reader = Reader::new(&environment);
    let choices = Choices::read(&mut reader);
    let mail = MailSettings::read(&mut reader);
    let notes: Option<SiteNotes> = reader.or_default("SITE_NOTES", "{}");
    let silences = reader.or_default("UPDATE_AFTER", "5m,30m,4h,24h");
    let all = (|| Some((choices?, mail?, notes?, silences?)))();
    reader.finish(all)
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
