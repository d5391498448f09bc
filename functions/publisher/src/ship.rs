//! The shipper: carries the spool to SQS. One at a time, whoever starts it.

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;

use jiff::Timestamp;

use crate::item;
use crate::journal::Journal;
use crate::message::{Message, Unsendable, fits};
use crate::queue::{Queue, SendError};
use crate::spool::{Entry, Folder, Spool, SpoolError};

pub struct Shipper<'a> {
    pub spool: &'a Spool,
    pub journal: &'a Journal,
    pub credentials_file: Option<PathBuf>,
    /// The name of this host, for alerts that name no manager.
    pub host: String,
}

/// What a run did.
#[derive(Debug, Default)]
pub struct Report {
    pub sent: usize,
    /// Names of the alerts that this run could not send.
    pub kept: HashSet<String>,
    /// The last problem of each destination, by the name of its folder.
    pub problems: HashMap<String, SendError>,
}

impl Shipper<'_> {
    /// Sends what the spool holds, that folder first; returns at once when another shipper holds the lock.
    ///
    /// A call that found the lock held started no shipper for its alert, so the spool is looked at once more
    /// after the lock is free.
    pub async fn run(&self, first: &str) -> Result<Report, SpoolError> {
        let mut report = Report::default();
        while let Some(lock) = self.spool.try_lock()? {
            self.spool.tidy();
            report.kept.clear();
            let mut folders = self.spool.folders()?;
            folders.sort_by_key(|folder| folder.id() != first);
            for folder in &folders {
                match self.empty(folder, &mut report).await {
                    Ok(()) => {}
                    Err(Stop::Send(problem)) => self.keep(folder, &folder.waiting()?, &problem, &mut report),
                    Err(Stop::Spool(error)) => return Err(error),
                }
            }
            drop(lock);
            if !self
                .spool
                .folders()?
                .iter()
                .any(|folder| news(folder, &report).is_ok_and(|news| !news.is_empty()))
            {
                break;
            }
        }
        Ok(report)
    }

    /// Sends the alerts of one destination, oldest first, until none is left that has not been tried.
    async fn empty(&self, folder: &Folder, report: &mut Report) -> Result<(), Stop> {
        if news(folder, report)?.is_empty() {
            return Ok(());
        }
        let destination = folder.destination().map_err(|error| SendError::Destination(error.to_string()))?;
        let queue = Queue::connect(&destination, self.credentials_file.as_deref()).await?;
        let route = Route { folder, queue };
        loop {
            let entries = news(folder, report)?;
            if entries.is_empty() {
                return Ok(());
            }
            let mut batch = Vec::new();
            for entry in entries {
                let Some(message) = self.prepare(&route, entry, report)? else { continue };
                if !fits(&batch, &message) {
                    self.deliver(&route, std::mem::take(&mut batch), report).await?;
                }
                batch.push(message);
            }
            self.deliver(&route, batch, report).await?;
        }
    }

    /// Nothing when the alert is gone, cannot be read, or was set aside because SQS can never take it.
    fn prepare(
        &self,
        route: &Route,
        entry: Entry,
        report: &mut Report,
    ) -> Result<Option<Message>, SpoolError> {
        let bytes = match entry.read() {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => {
                let problem = SendError::Alert(error.to_string());
                self.keep(route.folder, &[entry], &problem, report);
                return Ok(None);
            }
        };
        match Message::prepare(entry.clone(), &bytes, &self.host, Timestamp::now()) {
            Ok(message) => Ok(Some(message)),
            Err(reason) => {
                self.set_aside(&entry, &label(&bytes), route.queue.url(), &reason)?;
                Ok(None)
            }
        }
    }

    /// Says once for each alert that it is kept; those of earlier calls get one line together.
    pub(crate) fn keep(&self, folder: &Folder, entries: &[Entry], problem: &SendError, report: &mut Report) {
        let url = folder.destination().map(|destination| String::from(destination.queue_url));
        let url = url.unwrap_or_else(|_| format!("the queue of {}", folder.id()));
        let spool = self.spool.path().display();
        let reported = folder.reported();
        let mut earlier = 0;
        for entry in entries {
            if entry.name() <= reported {
                earlier += 1;
            } else {
                let label = label(&entry.read().unwrap_or_default());
                self.journal
                    .failure(&format!("could not send alert {label} to {url}: {problem}; kept in {spool}"));
            }
            report.kept.insert(entry.name());
        }
        if earlier > 0 {
            self.journal.failure(&format!(
                "{earlier} alerts of earlier calls for {url} still wait in {spool}: {problem}"
            ));
        }
        if let Some(last) = entries.last().map(Entry::name).filter(|name| *name > reported) {
            folder.set_reported(&last);
        }
        report.problems.insert(folder.id(), problem.clone());
    }

    pub(crate) fn set_aside(
        &self,
        entry: &Entry,
        label: &str,
        url: &str,
        reason: &Unsendable,
    ) -> Result<(), SpoolError> {
        let path = self.spool.set_aside(entry)?;
        let path = path.display();
        self.journal.failure(&format!("could not send alert {label} to {url}: {reason}; moved to {path}"));
        Ok(())
    }
}

/// A destination that is being served.
pub(crate) struct Route<'a> {
    pub folder: &'a Folder,
    pub queue: Queue,
}

/// What ends the work on a destination, or on the whole spool.
pub(crate) enum Stop {
    Send(SendError),
    Spool(SpoolError),
}

impl From<SendError> for Stop {
    fn from(error: SendError) -> Self {
        Self::Send(error)
    }
}

impl From<SpoolError> for Stop {
    fn from(error: SpoolError) -> Self {
        Self::Spool(error)
    }
}

/// What waits and has not been tried in this run.
fn news(folder: &Folder, report: &Report) -> Result<Vec<Entry>, SpoolError> {
    let mut entries = folder.waiting()?;
    entries.retain(|entry| !report.kept.contains(&entry.name()));
    Ok(entries)
}

fn label(bytes: &[u8]) -> String {
    item::look(&item::decode(bytes.trim_ascii())).unwrap_or_default().label().to_owned()
}
