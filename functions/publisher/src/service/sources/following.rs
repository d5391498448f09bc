//! `alerts.json`, read in chunks; a chunk is committed when SQS has all of it.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use tokio::task::spawn_blocking;

use crate::follow::{FollowError, Follower, Position};
use crate::message::Origin;
use crate::ship::Stop;
use crate::status;

/// About three hundred alerts, read in a few milliseconds; what a kill at the wrong moment repeats.
const CHUNK_BYTES: usize = 512 * 1024;

/// So long the service may take to stop when nothing is written.
const WAIT: Duration = Duration::from_millis(500);

const LAG_EVERY: Duration = Duration::from_secs(2);

pub(crate) struct Following {
    follower: Follower,
    /// Read, and not with SQS yet.
    lines: Vec<Vec<u8>>,
    /// Behind these lines.
    position: Option<Position>,
    /// What was odd about lines that were left out.
    pub(crate) notices: Vec<String>,
    pub(crate) seen: status::Follow,
    lag_at: Option<Instant>,
}

impl Following {
    pub(crate) fn new(follower: Follower) -> Self {
        let (lines, notices) = (Vec::new(), Vec::new());
        Self { follower, lines, position: None, notices, seen: status::Follow::default(), lag_at: None }
    }

    /// Reads on, unless lines are left; waits a little when there is nothing. Beside the loop: the disk may be slow.
    pub(crate) async fn read(mut self: Box<Self>) -> (Box<Self>, Result<(), Stop>) {
        if !self.lines.is_empty() {
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
        let batch = self.follower.read(CHUNK_BYTES)?;
        self.lines = batch.alerts().map(<[u8]>::to_vec).collect();
        let is_idle = batch.is_idle();
        // Nothing was read, and what was read before is committed: nothing to remember.
        self.position = (!is_idle || self.position.is_some()).then(|| batch.position());
        self.notices.extend(batch.notices().iter().map(ToString::to_string));
        let counts = self.follower.counts();
        (self.seen.accepted, self.seen.filtered) = (counts.accepted, counts.filtered);
        if self.lag_at.is_none_or(|at| at.elapsed() > LAG_EVERY) {
            let lag = self.follower.lag()?;
            (self.seen.lag_bytes, self.seen.lag_files) = (lag.bytes, lag.files);
            self.lag_at = Some(Instant::now());
        }
        if is_idle {
            self.follower.wait(WAIT)?;
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
        if let Some(position) = &self.position {
            self.follower.commit(position)?;
        }
        self.position = None;
        Ok(())
    }
}
