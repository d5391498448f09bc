//! One batch, sent until SQS has every alert of it or a few attempts have failed.

use std::time::Duration;

use crate::message::{Message, Unsendable};
use crate::queue::{Refusal, SendError};
use crate::ship::{Report, Route, Shipper, Stop};
use crate::spool::{Entry, SpoolError};

/// Waited before each attempt, give or take a half.
const PAUSES: [Duration; 4] =
    [Duration::ZERO, Duration::from_millis(200), Duration::from_millis(400), Duration::from_millis(800)];

enum Attempts {
    Done,
    /// The request holds an alert whose content is refused: each goes alone, so that it fails alone.
    Split(Vec<Message>),
}

impl Shipper<'_> {
    /// An error when the destination takes nothing; alerts that fail alone are kept or set aside.
    pub(crate) async fn deliver(
        &self,
        route: &Route<'_>,
        batch: Vec<Message>,
        report: &mut Report,
    ) -> Result<(), Stop> {
        let mut batches = vec![batch];
        while let Some(batch) = batches.pop() {
            if let Attempts::Split(messages) = self.attempt(route, batch, report).await? {
                batches.extend(messages.into_iter().rev().map(|message| vec![message]));
            }
        }
        Ok(())
    }

    async fn attempt(
        &self,
        route: &Route<'_>,
        batch: Vec<Message>,
        report: &mut Report,
    ) -> Result<Attempts, Stop> {
        let mut open = batch;
        let mut partial = None;
        let mut whole = None;
        for pause in PAUSES {
            if open.is_empty() {
                return Ok(Attempts::Done);
            }
            tokio::time::sleep(pause.mul_f64(0.5 + fastrand::f64())).await;
            match route.queue.send(&open).await {
                Ok(refusals) => {
                    partial = refusals.last().map(|refusal| refusal.problem.clone());
                    whole = None;
                    open = self.settle(route, open, &refusals, report)?;
                }
                Err(SendError::Content(code)) if open.len() == 1 => {
                    self.refuse(route, &open, &code)?;
                    return Ok(Attempts::Done);
                }
                Err(SendError::Content(_)) => return Ok(Attempts::Split(open)),
                Err(problem) if problem.is_transient() => whole = Some(problem),
                Err(problem) => return Err(problem.into()),
            }
        }
        if let Some(problem) = whole {
            return Err(problem.into());
        }
        if let Some(problem) = partial {
            let entries: Vec<Entry> = open.into_iter().map(|message| message.entry).collect();
            self.keep(route.folder, &entries, &problem, report);
        }
        Ok(Attempts::Done)
    }

    /// Forgets what SQS has taken, at once: a kill from here on repeats nothing of it. Gives back the rest.
    fn settle(
        &self,
        route: &Route,
        batch: Vec<Message>,
        refusals: &[Refusal],
        report: &mut Report,
    ) -> Result<Vec<Message>, SpoolError> {
        let url = route.queue.url();
        let mut open = Vec::new();
        let mut sent = Vec::new();
        for (index, message) in batch.into_iter().enumerate() {
            match refusals.iter().find(|refusal| refusal.index == index).map(|refusal| &refusal.problem) {
                None => {
                    message.entry.remove()?;
                    sent.push(message);
                }
                Some(SendError::Content(code)) => self.refuse(route, &[message], code)?,
                Some(_) => open.push(message),
            }
        }
        for Message { label, notes, .. } in &sent {
            let notes = if notes.is_empty() { String::new() } else { format!(" ({})", notes.join("; ")) };
            self.journal.success(&format!("sent alert {label} to {url}{notes}"));
        }
        report.sent += sent.len();
        Ok(open)
    }

    fn refuse(&self, route: &Route, messages: &[Message], code: &str) -> Result<(), SpoolError> {
        for message in messages {
            let reason = Unsendable::Content(code.to_owned());
            self.set_aside(&message.entry, &message.label, route.queue.url(), &reason)?;
        }
        Ok(())
    }
}
