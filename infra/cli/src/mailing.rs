//! `triage check --mail`: from alerts to the mails that they would make, and to what became of each.

mod account;

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use domain::AlertKey;
use domain::incident::IncidentId;
use jiff::{SignedDuration, Timestamp};
use lambda::config::Environment;
use lambda::ledger::Outcome;
use serde::Serialize;

use crate::cli::CheckOptions;
use crate::desk;
use crate::failure::Failure;
use crate::input::Arrivals;
use crate::mail_folder::{Entry, Foreign, MailFolder};
use crate::stages::{Cause, Delivery, Intake, Stages, Told};
use crate::subject::{self, Subject};
use crate::terminal::{Page, tell};
use crate::trouble::Trouble;
use account::{Ends, Telling};

pub(crate) fn run(options: &CheckOptions, into: &Path, environment: &Environment) -> Result<(), Failure> {
    let now = Timestamp::now();
    let runtime = crate::runtime()?;
    let stages = Stages::new(environment, now, &options.model, |policy| {
        desk::intelligence(options, policy, environment, now)
    })?;
    let foreign = if options.force { Foreign::Shared } else { Foreign::Refused };
    let folder = MailFolder::open(into, foreign)?;
    let mut run = Run {
        stages,
        folder,
        page: Page::new(),
        json: options.json,
        ends: Ends::default(),
        tellings: BTreeMap::new(),
        latest: None,
        out_of_order: false,
    };
    let mut trouble = Trouble::default();
    for arrival in Arrivals::of(options.alerts.clone()) {
        let Some(subject) = trouble.sort_out(arrival) else { continue };
        if !runtime.block_on(run.take(&subject))? {
            return Ok(());
        }
    }
    if runtime.block_on(run.finish())? { trouble.conclude() } else { Ok(()) }
}

struct Run {
    stages: Stages,
    folder: MailFolder,
    page: Page,
    json: bool,
    ends: Ends,
    /// What each group of recipients was told of.
    tellings: BTreeMap<String, Telling>,
    /// Of the alerts that have come.
    latest: Option<Timestamp>,
    out_of_order: bool,
}

/// One alert's end as JSON. Names stay; new ones may come.
#[derive(Serialize)]
struct EndDocument<'a> {
    schema: u8,
    alert_key: Option<&'a str>,
    rule_id: Option<&'a str>,
    at: Option<Timestamp>,
    outcome: &'static str,
    reason: &'a str,
}

#[derive(Serialize)]
struct MailDocument<'a> {
    schema: u8,
    mail: &'a Entry,
    at: Timestamp,
    to: &'a str,
    /// Alerts that no other mail tells these recipients of.
    alerts: u64,
}

impl Run {
    /// False when nobody reads any more.
    async fn take(&mut self, subject: &Subject) -> Result<bool, Failure> {
        let Some(alert) = &subject.alert else {
            // Its body is no alert for the functions, either.
            let reason = subject.missing.as_ref().map(ToString::to_string).unwrap_or_default();
            return self.end(subject, None, Outcome::DeadLettered, &reason, 0);
        };
        self.tell_of_disorder(subject::time(alert));
        let Told { at, outcome, reason, deliveries } = self.stages.take(alert, Intake::Routed).await?;
        // Mails that fell due before the alert came are told before it.
        let (own, before): (Vec<_>, Vec<_>) =
            deliveries.into_iter().partition(|delivery| delivery.cause == Cause::Alert);
        let alerts = match outcome {
            Outcome::Counted => self.stages.alerts_in(&IncidentId::of(alert)),
            Outcome::Notified | Outcome::Observed | Outcome::Ignored | Outcome::DeadLettered => 0,
        };
        Ok(self.deliver(before)?
            && self.end(subject, Some(at), outcome, &reason, alerts)?
            && self.deliver(own)?)
    }

    async fn finish(mut self) -> Result<bool, Failure> {
        let rest = self.stages.finish().await?;
        if !self.deliver(rest)? {
            return Ok(false);
        }
        let mut account = vec![self.ends.account()];
        account.extend(self.accounts());
        let folder = self.folder.finish("Mails that these alerts make", &account.join("; "))?;
        if self.json {
            return Ok(true);
        }
        account.insert(0, String::new());
        account.push(folder);
        written(self.page.print(&account))
    }

    /// Who was told of how many alerts, where the list of mails does not say it all.
    fn accounts(&self) -> Vec<String> {
        let several = self.tellings.len() > 1;
        let told = self.tellings.iter().filter(|(_, telling)| several || telling.has_digests());
        let account = |(to, telling): (&String, &Telling)| {
            if several { format!("{to}: {}", telling.account()) } else { telling.account() }
        };
        told.map(account).collect()
    }

    fn end(
        &mut self,
        subject: &Subject,
        at: Option<Timestamp>,
        outcome: Outcome,
        reason: &str,
        alerts: u64,
    ) -> Result<bool, Failure> {
        self.ends.add(outcome);
        if self.json {
            let document = EndDocument {
                schema: 1,
                alert_key: subject.key.as_ref().map(AlertKey::as_str),
                rule_id: subject.rule_id.as_deref(),
                at,
                outcome: outcome.name(),
                reason,
            };
            return written(self.page.print_json(&serde_json::to_string(&document).unwrap_or_default()));
        }
        let alerts = if alerts > 0 { format!(" ({alerts} alerts so far)") } else { String::new() };
        let id = subject.id.as_deref().unwrap_or("without id");
        let line = format!("{id:<22} {:<14} {reason}{alerts}", outcome.name());
        written(self.page.print(&[line]))
    }

    /// Each mail into the folder, and a line about it.
    fn deliver(&mut self, deliveries: Vec<Delivery>) -> Result<bool, Failure> {
        for delivery in deliveries {
            let entry = delivery.entry(self.folder.count());
            let Delivery { at, sent, .. } = &delivery;
            self.tellings.entry(sent.to.clone()).or_default().add(sent.kind, sent.alerts);
            let heard = if self.json {
                let document =
                    MailDocument { schema: 1, mail: &entry, at: *at, to: &sent.to, alerts: sent.alerts };
                self.page.print_json(&serde_json::to_string(&document).unwrap_or_default())
            } else {
                let Entry { name, kind, subject, .. } = &entry;
                let time = at.strftime("%H:%M:%S");
                let to = if sent.to == self.stages.recipients() {
                    String::new()
                } else {
                    format!(", to {}", sent.to)
                };
                self.page.print(&[format!("  mail {name} at {time} {kind:<10} {subject}{to}")])
            };
            self.folder.add(entry, &sent.mail)?;
            if !written(heard)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Incidents are counted in the order in which the alerts come, as the functions do it.
    fn tell_of_disorder(&mut self, time: Option<Timestamp>) {
        const USUAL: SignedDuration = SignedDuration::from_mins(10);
        let Some(time) = time else { return };
        let late = self.latest.is_some_and(|latest| latest.duration_since(time) > USUAL);
        if late && !self.out_of_order {
            self.out_of_order = true;
            tell(
                "the alerts are not in the order of time; each is taken as if it came when the latest before it did",
            );
        }
        self.latest = self.latest.max(Some(time));
    }
}

/// False when whoever was reading has seen enough.
fn written(result: io::Result<()>) -> Result<bool, Failure> {
    match result {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(false),
        Err(error) => Err(Failure::Write(error)),
    }
}
