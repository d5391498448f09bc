//! One batch, sent until SQS has every alert of it or a few attempts have failed.

use std::time::Duration;

use crate::message::{Message, Origin, Unsendable};
use crate::queue::{Refusal, SendError};
use crate::ship::{Route, Shipper, Stop, destination};
use crate::spool::{Entry, Form, SpoolError};

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
    pub(crate) async fn deliver(&self, route: &Route, batch: Vec<Message>) -> Result<(), Stop> {
        let mut batches = vec![batch];
        while let Some(batch) = batches.pop() {
            if let Attempts::Split(messages) = self.attempt(route, batch).await? {
                batches.extend(messages.into_iter().rev().map(|message| vec![message]));
            }
        }
        Ok(())
    }

    async fn attempt(&self, route: &Route, batch: Vec<Message>) -> Result<Attempts, Stop> {
        let mut open = batch;
        let mut partial = None;
        let mut whole = None;
        for pause in PAUSES {
            if open.is_empty() {
                return Ok(Attempts::Done);
            }
            // What waits is safe; a service that shall stop need not try again.
            if self.stopping.get() && !pause.is_zero() {
                break;
            }
            tokio::time::sleep(pause.mul_f64(0.5 + fastrand::f64())).await;
            match route.queue.send(&open).await {
                Ok(refusals) => {
                    route.learn(refusals.last().map(|refusal| &refusal.problem));
                    partial = refusals.last().map(|refusal| refusal.problem.clone());
                    whole = None;
                    open = self.settle(route, open, &refusals)?;
                }
                Err(SendError::Content(code)) if open.len() == 1 => {
                    self.refuse(route, &open, &code)?;
                    return Ok(Attempts::Done);
                }
                Err(SendError::Content(_)) => return Ok(Attempts::Split(open)),
                Err(problem) if problem.is_transient() => {
                    route.learn(Some(&problem));
                    whole = Some(problem);
                }
                Err(problem) => {
                    whole = Some(problem);
                    break;
                }
            }
        }
        if let Some(problem) = whole {
            return Err(problem.into());
        }
        if let Some(problem) = partial {
            self.keep_some(route, open, &problem)?;
        }
        Ok(Attempts::Done)
    }

    /// What failed alone waits in the spool, wherever it came from: the lines around it are done.
    fn keep_some(&self, route: &Route, open: Vec<Message>, problem: &SendError) -> Result<(), Stop> {
        let mut entries = Vec::new();
        for message in open {
            entries.push(match message.origin {
                Origin::Spool(entry) => entry,
                Origin::Line(number, line) => {
                    let to = destination(&route.folder)
                        .map_err(|error| SendError::Destination(error.to_string()))?;
                    let entry = self.spool.accept(&to, &line, Form::Json)?;
                    self.tick_off(number);
                    entry
                }
            });
        }
        self.keep(&route.folder, &entries, problem);
        Ok(())
    }

    /// Forgets what SQS has taken, at once: a kill from here on repeats nothing of it. Gives back the rest.
    fn settle(
        &self,
        route: &Route,
        batch: Vec<Message>,
        refusals: &[Refusal],
    ) -> Result<Vec<Message>, SpoolError> {
        let url = route.queue.url();
        let mut open = Vec::new();
        let mut lines = Vec::new();
        let mut done = Ok(());
        for (index, message) in batch.into_iter().enumerate() {
            match refusals.iter().find(|refusal| refusal.index == index).map(|refusal| &refusal.problem) {
                None => {
                    match &message.origin {
                        Origin::Spool(entry) => done = done.and(self.forget(entry)),
                        Origin::Line(number, _) => self.tick_off(*number),
                    }
                    let Message { label, notes, .. } = message;
                    let notes =
                        if notes.is_empty() { String::new() } else { format!(" ({})", notes.join("; ")) };
                    lines.push(format!("sent alert {label} to {url}{notes}"));
                }
                Some(SendError::Content(code)) => done = done.and(self.refuse(route, &[message], code)),
                Some(_) => open.push(message),
            }
        }
        self.report.borrow_mut().sent += lines.len();
        self.journal.successes(&lines);
        done.map(|()| open)
    }

    fn forget(&self, entry: &Entry) -> Result<(), SpoolError> {
        entry.remove().inspect_err(|_| {
            self.report.borrow_mut().arrived.insert(entry.name(), entry.clone());
        })
    }

    fn refuse(&self, route: &Route, messages: &[Message], code: &str) -> Result<(), SpoolError> {
        for message in messages {
            let reason = Unsendable::Content(code.to_owned());
            self.set_aside(&message.origin, &message.label, route.queue.url(), &reason.to_string())?;
        }
        Ok(())
    }
}
