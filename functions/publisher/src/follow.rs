//! Follows `alerts.json` through rotations and restarts, and loses no line of it.
//!
//! Wazuh writes a dated file, `YYYY/Mon/ossec-alerts-DD.json`, and `alerts.json` is a second name for the one of today. A
//! file is read to its end by its descriptor, then the next one by its date, up to the one that has the name
//! `alerts.json`. A [`Position`] knows its file by its content, so it is found again after a restart, a reboot or a
//! compression at midnight. Whenever it is not certain what was read already, it is read again.
//!
//! ```no_run
//! # use publisher::follow::*; use std::{path::Path, time::Duration};
//! # fn keep(alert: &[u8]) {}
//! # fn main() -> Result<(), FollowError> {
//! let mut follower = Follower::open(FollowOptions::new(Path::new("/var/ossec/queue/wazuh-triage/follow.json")))?;
//! loop {
//!     let batch = follower.read(256 * 1024)?;
//!     batch.alerts().for_each(keep);
//!     let (position, is_idle) = (batch.position(), batch.is_idle());
//!     follower.commit(&position)?;
//!     if is_idle {
//!         follower.wait(Duration::from_secs(1))?;
//!     }
//! }
//! # }
//! ```

mod archive;
mod buffer;
mod checkpoint;
mod error;
mod filter;
mod history;
mod lines;
mod notice;
mod source;
mod watch;

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;

pub use checkpoint::Position;
pub use error::FollowError;
pub use filter::{AUTHENTICATION_GROUPS, Filter};
pub use notice::{Counts, Notice, Trouble};

use buffer::{Buffer, Filled};
use checkpoint::{Checkpoint, Place, Print};
use history::Opened;
use source::{Id, Source};
use watch::Watch;

/// What is followed, and from where on.
#[derive(Clone, Debug)]
pub struct FollowOptions {
    pub alerts: PathBuf,
    /// The file that remembers the position.
    pub checkpoint: PathBuf,
    /// Counts only as long as there is no checkpoint.
    pub start: Start,
    pub filter: Filter,
    /// Longer lines are reported and not read; a message is trimmed to less, so this only bounds the memory.
    pub max_line_bytes: usize,
}

/// Where to begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// With what is written from now on.
    End,
    /// Of the file that Wazuh writes now.
    Beginning,
    /// With the first alert of that time or later, in whatever file.
    At(Timestamp),
}

/// Where reading began when the follower was opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opening {
    /// At the checkpoint.
    Resumed,
    /// At the start that the options name: there was no checkpoint.
    Started,
    /// There is no file yet; its first line will be the first.
    NoFile,
}

/// What is still to be read; compressed files as what they hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Lag {
    pub bytes: u64,
    /// Beside the one that is being read.
    pub files: usize,
}

impl FollowOptions {
    /// The manager's alerts, from now on, all of them.
    pub fn new(checkpoint: &Path) -> Self {
        Self {
            alerts: PathBuf::from("/var/ossec/logs/alerts/alerts.json"),
            checkpoint: checkpoint.to_owned(),
            start: Start::End,
            filter: Filter::default(),
            max_line_bytes: 4 * 1024 * 1024,
        }
    }
}

/// Whether there is a checkpoint to go on from; an error where there is one that is of no use.
pub fn has_checkpoint(options: &FollowOptions) -> Result<bool, FollowError> {
    Ok(Checkpoint::new(&options.checkpoint, &options.alerts).load()?.is_some())
}

/// Reads alerts in their order.
pub struct Follower {
    options: FollowOptions,
    checkpoint: Checkpoint,
    watch: Watch,
    opening: Opening,
    source: Option<Source>,
    buffer: Buffer,
    /// The end of the file before.
    before: Option<Place>,
    since: Option<Timestamp>,
    overlong: Option<Overlong>,
    wanted: Vec<Range<usize>>,
    notices: Vec<Notice>,
    /// How many of the notices were in a batch already.
    told: usize,
    counts: Counts,
}

/// A line that is longer than allowed, while it passes.
struct Overlong {
    /// Before it: there is no other place to begin again.
    position: Position,
    offset: u64,
    length_bytes: u64,
}

/// What one read gave.
pub struct Batch<'a> {
    follower: &'a Follower,
    is_idle: bool,
}

impl<'a> Batch<'a> {
    /// The wanted alerts as Wazuh wrote them, without the blanks around them. Not always UTF-8: [`crate::item::decode`].
    pub fn alerts(&self) -> impl ExactSizeIterator<Item = &'a [u8]> + use<'a> {
        let follower = self.follower;
        follower.wanted.iter().map(|range| follower.buffer.get(range).trim_ascii())
    }

    /// After these alerts. To be committed when they are kept, not before.
    pub fn position(&self) -> Position {
        self.follower.position()
    }

    /// What was wrong with the lines of this batch, at most 16 of them; [`Follower::counts`] knows all.
    pub fn notices(&self) -> &'a [Notice] {
        &self.follower.notices
    }

    /// There is nothing more to read now. A batch without alerts is not idle where lines were filtered.
    pub fn is_idle(&self) -> bool {
        self.is_idle
    }
}

impl Follower {
    /// Goes to the checkpoint, or to the start, which then is the checkpoint: from here on nothing is lost.
    pub fn open(options: FollowOptions) -> Result<Self, FollowError> {
        let checkpoint = Checkpoint::new(&options.checkpoint, &options.alerts);
        let position = checkpoint.load()?;
        let mut follower = Self {
            watch: Watch::new(history::root(&options.alerts)),
            checkpoint,
            opening: Opening::NoFile,
            source: None,
            buffer: Buffer::default(),
            before: None,
            since: None,
            overlong: None,
            wanted: Vec::new(),
            notices: Vec::new(),
            told: 0,
            counts: Counts::default(),
            options,
        };
        let opening = if position.is_some() { Opening::Resumed } else { Opening::Started };
        match position {
            Some(position) => follower.resume(position)?,
            None => follower.begin()?,
        }
        if follower.source.is_some() {
            follower.opening = opening;
        }
        Ok(follower)
    }

    pub fn opening(&self) -> Opening {
        self.opening
    }

    /// The next alerts, from about so many bytes of the file (4 KiB to 16 MiB), whether wanted or not. Never waits.
    pub fn read(&mut self, limit_bytes: usize) -> Result<Batch<'_>, FollowError> {
        self.wanted.clear();
        self.notices.drain(..self.told);
        self.told = 0;
        let is_idle = !self.advance(limit_bytes.clamp(4 * 1024, 16 * 1024 * 1024))?;
        self.told = self.notices.len();
        Ok(Batch { follower: self, is_idle })
    }

    /// Remembers a position on disk. About half a millisecond on a good disk: not for every batch of a busy manager.
    pub fn commit(&self, position: &Position) -> Result<(), FollowError> {
        self.checkpoint.store(position)
    }

    /// Sleeps until there may be something new: a few milliseconds after it is written, at the latest after the
    /// timeout, earlier for no reason at times.
    pub fn wait(&mut self, timeout: Duration) -> Result<(), FollowError> {
        self.watch.wait(timeout)
    }

    /// How far behind the reading is. Lists Wazuh's folders: for a status now and then.
    pub fn lag(&self) -> Result<Lag, FollowError> {
        history::lag(&self.options.alerts, self.source.as_ref(), self.buffer.offset())
    }

    /// Since the follower was opened.
    pub fn counts(&self) -> Counts {
        self.counts
    }

    fn position(&self) -> Position {
        match &self.overlong {
            Some(overlong) => overlong.position.clone(),
            None => Position {
                place: self.source.as_ref().map(|source| self.place(source)),
                before: self.before.clone(),
                since: self.since,
            },
        }
    }

    fn place(&self, source: &Source) -> Place {
        let offset = self.buffer.offset();
        let (file, name) = (source.id(), source.name());
        Place { file, name, offset, head: source.head(offset), tail: Print::of(self.buffer.taken()) }
    }

    fn begin(&mut self) -> Result<(), FollowError> {
        if let Start::At(time) = self.options.start {
            self.since = Some(time);
        }
        if let Some(opened) = history::begin(&self.options.alerts, self.options.start)? {
            self.follow(opened);
        }
        self.commit(&self.position())
    }

    fn resume(&mut self, position: Position) -> Result<(), FollowError> {
        (self.before, self.since) = (position.before, position.since);
        let Some(place) = position.place else { return Ok(()) };
        let (opened, trouble) = history::resume(&self.options.alerts, &place)?;
        if let Some(opened) = opened {
            self.follow(opened);
        }
        if let Some(trouble) = trouble {
            let path = self.source.as_ref().map_or(&*self.options.alerts, Source::path).to_owned();
            self.tell(trouble, path, place.offset, 0);
        }
        Ok(())
    }

    /// Reads once from the file whose turn it is; false when there is nothing more in any.
    fn advance(&mut self, size_bytes: usize) -> Result<bool, FollowError> {
        loop {
            let alerts = &self.options.alerts;
            let Some(source) = &mut self.source else {
                let Some(opened) = history::first(alerts)? else { return Ok(false) };
                self.follow(opened);
                continue;
            };
            // First this, then the read: what is superseded by now is complete in the read.
            let is_superseded = history::is_superseded(alerts, source)?;
            match self.buffer.fill(source, size_bytes)? {
                Filled::Some => {
                    self.take_lines();
                    return Ok(true);
                }
                Filled::Replaced => self.start_over(),
                Filled::Nothing if !is_superseded => return Ok(false),
                Filled::Nothing if self.overlong.is_some() || !self.buffer.rest().is_empty() => {
                    let (offset, line) = self.buffer.remainder();
                    self.take_line(offset, line);
                    return Ok(true);
                }
                Filled::Nothing => {
                    let Some(next) = history::next(alerts, source, self.before.as_ref())? else {
                        return Ok(false);
                    };
                    self.leave_for(next);
                }
            }
        }
    }

    fn start_over(&mut self) {
        self.tell_here(Trouble::Replaced, self.buffer.offset(), 0);
        self.overlong = None;
        self.buffer.restart(&[], 0);
        if let Some(source) = &mut self.source {
            source.rewind();
        }
    }

    fn leave_for(&mut self, opened: Opened) {
        if self.source.as_ref().is_some_and(Source::is_damaged) {
            self.tell_here(Trouble::Damaged, self.buffer.offset(), 0);
        }
        self.before = self.source.as_ref().map(|source| self.place(source));
        self.follow(opened);
    }

    fn follow(&mut self, opened: Opened) {
        self.buffer.restart(&opened.recent, opened.offset);
        self.watch.set_file(opened.source.plain());
        self.source = Some(opened.source);
    }
}
