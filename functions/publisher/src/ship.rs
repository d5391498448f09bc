//! The shipper: carries the spool to SQS. One at a time, whoever starts it.

use std::cell::{Cell, RefCell};
use std::collections::{HashMap, HashSet};
use std::io;

use futures_util::stream::{FuturesUnordered, StreamExt};
use jiff::Timestamp;

use intake::label::label;

use crate::config::{Config, Limits};
use crate::destination::Destination;
use crate::follow::FollowError;
use crate::journal::Journal;
use crate::keeping;
use crate::message::{MAX_BATCH, Message, Origin, fits};
use crate::queue::{Access, Queue, SendError};
use crate::spool::{Entry, Folder, Spool, SpoolError};
use crate::waited::Moment;
use crate::window::Window;

pub struct Shipper<'a> {
    pub spool: &'a Spool,
    pub journal: &'a Journal,
    pub limits: Limits,
    pub access: Access,
    /// The name of this host, for alerts that name no manager.
    pub host: String,
    pub report: RefCell<Report>,
    /// Set when only what is under way shall be finished.
    pub stopping: Cell<bool>,
    /// When this process began to look at the spool.
    pub began: Moment,
}

/// What was done since the last look.
#[derive(Debug, Default)]
pub struct Report {
    pub sent: usize,
    /// Moved to `rejected/`.
    pub set_aside: usize,
    pub in_flight: usize,
    /// Names of the alerts that could not be sent.
    pub kept: HashSet<String>,
    /// Alerts that SQS has and whose files cannot be removed: on a read-only disk they would go again and again.
    pub arrived: HashMap<String, Entry>,
    /// Numbers of the lines that need no more care: sent, or in the spool.
    pub lines_done: HashSet<usize>,
    /// The last problem of each destination, by the name of its folder.
    pub problems: HashMap<String, SendError>,
}

/// Alerts of one destination that are sent before the spool is looked at again: bounds memory, whatever the backlog.
const ROUND: usize = 4096;

impl<'a> Shipper<'a> {
    pub fn new(spool: &'a Spool, journal: &'a Journal, config: &Config, host: String) -> Self {
        Self {
            spool,
            journal,
            limits: config.limits,
            access: config.access.clone(),
            host,
            report: RefCell::default(),
            stopping: Cell::new(false),
            began: Moment::now(),
        }
    }

    /// Sends what the spool holds, that folder first; returns at once when another shipper holds the lock.
    ///
    /// A call that found the lock held started no shipper for its alert, so the spool is looked at once more
    /// after the lock is free.
    pub async fn run(&self, first: &str) -> Result<Report, SpoolError> {
        while let Some(lock) = self.spool.try_lock()? {
            self.spool.tidy();
            keeping::keep(self)?;
            self.report.borrow_mut().kept.clear();
            let mut folders = self.spool.folders()?;
            folders.sort_by_key(|folder| folder.id() != first);
            for folder in &folders {
                match self.empty(folder).await {
                    // The shipper of the spool follows nothing.
                    Ok(()) | Err(Stop::Follow(_)) => {}
                    Err(Stop::Send(problem)) => self.keep(folder, &folder.waiting()?, &problem),
                    Err(Stop::Spool(error)) => return Err(error),
                }
            }
            keeping::keep(self)?;
            drop(lock);
            let mut folders = self.spool.folders()?.into_iter();
            if !folders.any(|folder| self.news(&folder).is_ok_and(|news| !news.is_empty())) {
                break;
            }
        }
        Ok(self.report.take())
    }

    /// Sends the alerts of one destination, oldest first, until none is left that has not been tried.
    async fn empty(&self, folder: &Folder) -> Result<(), Stop> {
        if self.news(folder)?.is_empty() {
            return Ok(());
        }
        let mut route = self.route(folder.clone(), Window::default()).await?;
        let mut is_renewed = false;
        loop {
            let entries = self.news(folder)?;
            if entries.is_empty() {
                return Ok(());
            }
            match self.send(&route, entries.into_iter().map(Origin::Spool).collect()).await {
                // Newer ones may lie where the old ones came from.
                Err(Stop::Send(SendError::Expired(_))) if !is_renewed => {
                    is_renewed = true;
                    route = self.route(folder.clone(), route.window.into_inner()).await?;
                }
                done => done?,
            }
        }
    }

    /// Finds the way to a folder's queue.
    pub(crate) async fn route(&self, folder: Folder, window: Window) -> Result<Route, SendError> {
        let destination = destination(&folder).map_err(|error| SendError::Destination(error.to_string()))?;
        let queue = Queue::connect(&destination, &self.access).await?;
        Ok(Route { folder, queue, window: RefCell::new(window) })
    }

    /// Sends entries in batches, as many at once as the window allows. What is under way when one fails is finished.
    pub(crate) async fn send(&self, route: &Route, origins: Vec<Origin>) -> Result<(), Stop> {
        let mut origins = origins.into_iter();
        // Lines are read once more from the last commit: better to finish them.
        let may_stop = !matches!(origins.as_slice().first(), Some(Origin::Line(..)));
        let mut next: Option<Message> = None;
        let mut flights = FuturesUnordered::new();
        let mut done = Ok(());
        loop {
            let allowed = route.window.borrow().allowed(origins.len() / MAX_BATCH);
            while done.is_ok() && flights.len() < allowed && !(may_stop && self.stopping.get()) {
                let mut batch: Vec<Message> = next.take().into_iter().collect();
                for origin in origins.by_ref() {
                    let message = match self.prepare(route, origin) {
                        Ok(Some(message)) => message,
                        Ok(None) => continue,
                        Err(error) => {
                            done = Err(error.into());
                            break;
                        }
                    };
                    if !fits(&batch, &message) {
                        next = Some(message);
                        break;
                    }
                    batch.push(message);
                }
                if batch.is_empty() {
                    break;
                }
                flights.push(self.deliver(route, batch));
                self.report.borrow_mut().in_flight += 1;
            }
            let Some(landed) = flights.next().await else { break };
            self.report.borrow_mut().in_flight -= 1;
            done = done.and(landed);
        }
        done
    }

    /// What waits and has not been tried in this run, oldest first.
    pub(crate) fn news(&self, folder: &Folder) -> Result<Vec<Entry>, SpoolError> {
        let report = self.report.borrow();
        folder.oldest(ROUND, |name| !report.kept.contains(name) && !report.arrived.contains_key(name))
    }

    /// Nothing when the alert is gone, cannot be read, or was set aside because SQS can never take it.
    fn prepare(&self, route: &Route, origin: Origin) -> Result<Option<Message>, SpoolError> {
        let read = match &origin {
            Origin::Spool(entry) => entry.read(),
            Origin::Line(_, line) => Ok(line.clone()),
        };
        let bytes = match read {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => {
                let problem = SendError::Alert(error.to_string());
                if let Origin::Spool(entry) = origin {
                    self.keep(&route.folder, &[entry], &problem);
                }
                return Ok(None);
            }
        };
        match Message::prepare(origin.clone(), &bytes, &self.host, Timestamp::now()) {
            Ok(message) => Ok(Some(message)),
            Err(reason) => {
                self.set_aside(&origin, &label(&bytes), route.queue.url(), &reason.to_string())?;
                Ok(None)
            }
        }
    }

    /// Removes what could not be removed before.
    pub(crate) fn clear_arrived(&self) {
        self.report.borrow_mut().arrived.retain(|_, entry| entry.remove().is_err());
    }

    pub(crate) fn tick_off(&self, number: usize) {
        self.report.borrow_mut().lines_done.insert(number);
    }

    /// What could not be sent is not tried again in this run.
    pub(crate) fn keep(&self, folder: &Folder, entries: &[Entry], problem: &SendError) {
        self.say_kept(folder, entries, problem);
        let mut report = self.report.borrow_mut();
        report.kept.extend(entries.iter().map(Entry::name));
        report.problems.insert(folder.id(), problem.clone());
    }

    /// Says once for each alert that it is kept; those of earlier calls get one line together.
    pub(crate) fn say_kept(&self, folder: &Folder, entries: &[Entry], problem: &SendError) {
        let url = destination(folder).map(|destination| String::from(destination.queue_url));
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
        }
        if earlier > 0 {
            self.journal.failure(&format!(
                "{earlier} alerts of earlier calls for {url} still wait in {spool}: {problem}"
            ));
        }
        if let Some(last) = entries.last().map(Entry::name).filter(|name| *name > reported) {
            folder.set_reported(&last);
        }
    }

    pub(crate) fn set_aside(
        &self,
        origin: &Origin,
        label: &str,
        url: &str,
        reason: &str,
    ) -> Result<(), SpoolError> {
        let path = match origin {
            Origin::Spool(entry) => self.spool.set_aside(entry)?,
            Origin::Line(number, line) => {
                let path = self.spool.reject(line)?;
                self.tick_off(*number);
                path
            }
        };
        let path = path.display();
        self.report.borrow_mut().set_aside += 1;
        self.journal.failure(&format!("could not send alert {label} to {url}: {reason}; moved to {path}"));
        Ok(())
    }
}

/// Where a folder's alerts go.
pub fn destination(folder: &Folder) -> io::Result<Destination> {
    Ok(serde_json::from_slice(&folder.destination_json()?)?)
}

/// A destination that is being served.
pub(crate) struct Route {
    pub folder: Folder,
    pub queue: Queue,
    pub window: RefCell<Window>,
}

impl Route {
    /// From one answer of SQS.
    pub(crate) fn learn(&self, problem: Option<&SendError>) {
        match problem {
            None => self.window.borrow_mut().went_well(),
            Some(problem) if problem.is_transient() => self.window.borrow_mut().was_throttled(),
            Some(_) => {}
        }
    }
}

/// What ends the work on a destination, or on the whole spool.
#[derive(Debug)]
pub(crate) enum Stop {
    Send(SendError),
    Spool(SpoolError),
    Follow(FollowError),
}

impl From<SendError> for Stop {
    fn from(error: SendError) -> Self {
        Self::Send(error)
    }
}

impl From<FollowError> for Stop {
    fn from(error: FollowError) -> Self {
        Self::Follow(error)
    }
}

impl From<SpoolError> for Stop {
    fn from(error: SpoolError) -> Self {
        Self::Spool(error)
    }
}
