//! The relay: carries events of the feedback queue to the manager.
//!
//! A message leaves the queue only after its event was written, or was set aside with its reason. The queue delivers
//! more than once, and a kill between writing and forgetting makes it: events that were written are known by their
//! id, also after a restart, and dropped. Between a write and the note of its id lies one system call; a kill there is
//! the one way to a repeat.
//!
//! ```text
//! SPOOL/relay/lock        held by the one relay (flock)
//! SPOOL/relay/seen        ids of the last events
//! SPOOL/relay/indicators  changes of the list that it does not have yet
//! SPOOL/rejected/feedback-* what is no event of ours, and why
//! ```

mod aside;
mod checked;
mod confirmed;
pub mod feed_lists;
pub mod feedback_queue;
mod loading;
mod pace;
mod reload;
mod round;
mod seen;
pub mod settings;
mod sink;
pub mod status;

use std::collections::VecDeque;
use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use aside::Aside;
#[cfg(feature = "fuzz")]
pub use checked::Event;
use confirmed::Keeper;
use feedback_queue::{FeedbackQueue, LONG_POLL, QueueProblem, Receipt, Taken};
use pace::{Backoff, Pace};
use seen::Seen;
use settings::{Settings, Target};
use sink::{EventFile, Sink, Socket};
use status::{Snapshot, Status};

use crate::cdb::List;
use crate::config::Config;
use crate::destination::Destination;
use crate::journal::Journal;

/// Dropped at any await point it loses nothing; [`Relay::close`] gives back at once what would come back by itself.
pub struct Relay<'a> {
    queue: FeedbackQueue,
    sink: Sink,
    seen: Seen,
    aside: Aside,
    pace: Pace,
    keeper: Option<Keeper>,
    status: Arc<Status>,
    journal: &'a Journal,
    patience: Patience,
    /// Taken from the queue and not settled; the first is at work.
    held: VecDeque<Taken>,
    hidden_at: Instant,
    /// Settled, and the queue does not know it yet.
    settled: Vec<Receipt>,
    _lock: File,
}

/// How long to wait for a manager that takes no events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Patience {
    Endless,
    Limited(Duration),
}

/// Why the relay does not work.
#[derive(Debug, thiserror::Error)]
pub enum RelayError {
    #[error(
        "no feedback queue is configured; give its URL as --feedback-queue-url, WAZUH_TRIAGE_FEEDBACK_QUEUE_URL or \
         feedback_queue_url in wazuh-triage.toml"
    )]
    NoQueue,
    #[error("another relay is at work in {}", .0.display())]
    OtherRelay(PathBuf),
    #[error("the relay cannot use {} ({cause}); it must be a folder of the user wazuh", path.display())]
    State { path: PathBuf, cause: io::Error },
    #[error(transparent)]
    Queue(#[from] QueueProblem),
    #[error("{} takes no events ({cause}); the queue keeps them; {}", path.display(), advice(cause))]
    Sink { path: PathBuf, cause: io::Error },
}

/// The size at which an event file is put aside.
const MAX_FILE_BYTES: u64 = 50 * 1024 * 1024;

/// The longest pause after a problem with the queue.
const LONGEST_PAUSE: Duration = Duration::from_mins(1);

impl<'a> Relay<'a> {
    /// Refuses to be the second one on a spool; talks to nobody yet.
    pub async fn open(config: &Config, journal: &'a Journal, patience: Patience) -> Result<Self, RelayError> {
        let settings = &config.relay;
        let queue_url = settings.queue_url.clone().ok_or(RelayError::NoQueue)?;
        let state = &settings.state;
        let in_state = |cause| RelayError::State { path: state.clone(), cause };
        DirBuilder::new().recursive(true).mode(0o750).create(state).map_err(in_state)?;
        let lock = lock(state)?;
        let profile = config.profile.clone();
        let destination = Destination { queue_url, profile, endpoint_url: config.endpoint_url.clone() };
        let queue = FeedbackQueue::connect(&destination, &config.access).await?;
        let now = Instant::now();
        Ok(Self {
            queue,
            sink: sink(settings),
            seen: Seen::open(state.join("seen")).map_err(in_state)?,
            aside: Aside::new(&config.spool),
            pace: Pace::new(settings.rate.per_second(), now),
            keeper: keeper(settings).map_err(in_state)?,
            status: Arc::default(),
            journal,
            patience,
            held: VecDeque::new(),
            hidden_at: now,
            settled: Vec::new(),
            _lock: lock,
        })
    }

    pub fn status(&self) -> Arc<Status> {
        self.status.clone()
    }

    /// Works until the future is dropped.
    pub async fn run(&mut self) -> RelayError {
        let mut backoff = Backoff::default();
        let mut told = None;
        loop {
            match self.round(LONG_POLL).await {
                Ok(_) => (backoff, told) = (Backoff::default(), None),
                Err(RelayError::Queue(problem)) => {
                    if told.as_ref() != Some(&problem) {
                        self.journal.failure(&problem.to_string());
                    }
                    told = Some(problem);
                    tokio::time::sleep(backoff.next(LONGEST_PAUSE, fastrand::f64())).await;
                }
                Err(other) => return other,
            }
        }
    }

    /// Works until the queue has nothing more.
    pub async fn drain(&mut self) -> Result<Snapshot, RelayError> {
        while self.round(ONE_LOOK).await? > 0 {}
        Ok(self.status.snapshot())
    }
}

/// Long enough that SQS asks all of its servers.
const ONE_LOOK: Duration = Duration::from_secs(1);

fn sink(settings: &Settings) -> Sink {
    match &settings.to {
        Target::Socket(path) => Sink::Socket(Socket::new(path.clone())),
        Target::File(path) => Sink::File(EventFile::new(path.clone(), MAX_FILE_BYTES)),
    }
}

/// Nothing where no list is wanted, or where Wazuh has no lists.
fn keeper(settings: &Settings) -> io::Result<Option<Keeper>> {
    let list = &settings.list;
    if list.days.get() == 0 || !list.path.parent().is_some_and(Path::is_dir) {
        return Ok(None);
    }
    let list = List::open(list.path.clone(), list.days.get(), settings.state.join("indicators"))?;
    Ok(Some(Keeper::new(list, settings.api.clone())))
}

fn lock(state: &Path) -> Result<File, RelayError> {
    let path = state.join("lock");
    let file = OpenOptions::new().write(true).create(true).truncate(false).mode(0o640).open(&path);
    let file = file.map_err(|cause| RelayError::State { path: path.clone(), cause })?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(RelayError::OtherRelay(state.to_owned())),
        Err(TryLockError::Error(cause)) => Err(RelayError::State { path, cause }),
    }
}

fn advice(cause: &io::Error) -> &'static str {
    match cause.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused => "start wazuh-manager",
        io::ErrorKind::PermissionDenied => "run this as the user wazuh",
        io::ErrorKind::StorageFull => "free some space there",
        _ => "analysisd is busy",
    }
}
