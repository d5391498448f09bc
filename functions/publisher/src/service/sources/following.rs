//! `alerts.json`, read in chunks; a chunk is committed when SQS has all of it.

use std::collections::HashSet;
use std::path::Path;
use std::time::{Duration, Instant};

use tokio::task::spawn_blocking;

use crate::follow::{FollowError, FollowOptions, Follower, Opening, Position, Start};
use crate::journal::Journal;
use crate::message::Origin;
use crate::ship::Stop;

/// About three hundred alerts, read in a few milliseconds; what a kill at the wrong moment repeats, at most.
const CHUNK_BYTES: usize = 512 * 1024;

/// Each chunk is twice the one before: a service that is killed again and again comes forward all the same.
const FIRST_CHUNK_BYTES: usize = 16 * 1024;

/// So long the service may take to stop when nothing is written.
const WAIT: Duration = Duration::from_millis(500);

const LAG_EVERY: Duration = Duration::from_secs(2);

pub(crate) struct Following {
    options: FollowOptions,
    /// Opened by the first read that can: what keeps it from being read may be cured while the service runs.
    follower: Option<Follower>,
    /// Read, and not with SQS yet.
    lines: Vec<Vec<u8>>,
    /// Behind these lines.
    position: Option<Position>,
    told: Vec<Told>,
    pub(crate) seen: Seen,
    lag_at: Option<Instant>,
    chunk_bytes: usize,
}

/// Something for the log, once.
enum Told {
    Plain(String),
    /// Somebody should look at it.
    Odd(String),
}

/// How far the reading is.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Seen {
    pub(crate) accepted: u64,
    pub(crate) filtered: u64,
    pub(crate) lag_bytes: Option<u64>,
    pub(crate) lag_files: Option<usize>,
    has_file: bool,
}

impl Following {
    pub(crate) fn new(options: FollowOptions) -> Self {
        Self {
            options,
            follower: None,
            lines: Vec::new(),
            position: None,
            told: Vec::new(),
            seen: Seen::default(),
            lag_at: None,
            chunk_bytes: FIRST_CHUNK_BYTES,
        }
    }

    pub(crate) fn alerts(&self) -> &Path {
        &self.options.alerts
    }

    /// Writes down what was not told before.
    pub(crate) fn tell(&mut self, journal: &Journal) {
        for told in self.told.drain(..) {
            match told {
                Told::Plain(text) => journal.success(&text),
                Told::Odd(text) => journal.failure(&text),
            }
        }
    }

    /// Reads on, unless lines are left or the last ones could not be committed: on a full disk a kill would repeat them
    /// all. Waits a little when there is nothing. Beside the loop: the disk may be slow.
    pub(crate) async fn read(mut self: Box<Self>) -> (Box<Self>, Result<(), Stop>) {
        if !self.lines.is_empty() || self.position.is_some() {
            return (self, Ok(()));
        }
        let read = spawn_blocking(move || {
            let done = self.read_now();
            (self, done.map_err(Stop::from))
        });
        match read.await {
            Ok(read) => read,
            // A position is lost with its follower; the one on disk is where the next process begins.
            Err(error) => std::panic::resume_unwind(error.into_panic()),
        }
    }

    fn read_now(&mut self) -> Result<(), FollowError> {
        let follower = if let Some(follower) = &mut self.follower {
            follower
        } else {
            let follower = Follower::open(self.options.clone())?;
            self.seen.has_file = follower.opening() != Opening::NoFile;
            self.told.push(opened(&self.options, follower.opening()));
            self.follower.insert(follower)
        };
        let batch = follower.read(self.chunk_bytes)?;
        self.lines = batch.alerts().map(<[u8]>::to_vec).collect();
        let is_idle = batch.is_idle();
        // What was read before is committed: with nothing more there is nothing to remember.
        self.position = (!is_idle).then(|| batch.position());
        self.told.extend(batch.notices().iter().map(|notice| Told::Odd(notice.to_string())));
        if !is_idle && !std::mem::replace(&mut self.seen.has_file, true) {
            self.told.push(Told::Plain(format!("{} is there, and followed", self.options.alerts.display())));
        }
        let counts = follower.counts();
        (self.seen.accepted, self.seen.filtered) = (counts.accepted, counts.filtered);
        if self.lag_at.is_none_or(|at| at.elapsed() > LAG_EVERY) {
            let lag = follower.lag()?;
            (self.seen.lag_bytes, self.seen.lag_files) = (Some(lag.bytes), Some(lag.files));
            self.lag_at = Some(Instant::now());
        }
        if is_idle {
            follower.wait(WAIT)?;
        }
        Ok(())
    }

    pub(crate) fn origins(&self) -> Vec<Origin> {
        self.lines.iter().cloned().enumerate().map(|(number, line)| Origin::Line(number, line)).collect()
    }

    /// Whatever is not among the done ones is sent again, for whichever reason.
    pub(crate) fn tick_off(&mut self, done: &HashSet<usize>) {
        let mut numbers = 0..;
        self.lines.retain(|_| numbers.next().is_some_and(|number| !done.contains(&number)));
    }

    /// Only when nothing is left: a line that is behind the position is never read again.
    pub(crate) fn commit(&mut self) -> Result<(), Stop> {
        if !self.lines.is_empty() {
            return Ok(());
        }
        if let (Some(follower), Some(position)) = (&self.follower, &self.position) {
            follower.commit(position)?;
            self.chunk_bytes = (self.chunk_bytes * 2).min(CHUNK_BYTES);
        }
        self.position = None;
        Ok(())
    }
}

fn opened(options: &FollowOptions, opening: Opening) -> Told {
    let path = options.alerts.display();
    match (opening, options.start) {
        (Opening::NoFile, _) => Told::Odd(format!(
            "{path} is not there yet; it is followed from its first line on as soon as Wazuh makes it"
        )),
        (Opening::Resumed, _) => Told::Plain(format!("{path} is followed from where it was")),
        (Opening::Started, Start::End) => Told::Plain(format!(
            "{path} is followed for the first time: what is written from now on is sent (follow_from chooses)"
        )),
        (Opening::Started, Start::Beginning) => {
            Told::Plain(format!("{path} is followed for the first time, from its beginning on"))
        }
        (Opening::Started, Start::At(time)) => {
            Told::Plain(format!("{path} is followed for the first time, with what was written since {time}"))
        }
    }
}
