//! `run`: the resident service. Follows `alerts.json`, ships the spool as soon as its doorbell rings, and tells how it
//! goes.
//!
//! One thread; every wait is one arm of [`Service::serve`]. It holds the spool's lock, so that no other shipper is at
//! work beside it, and what it has not sent when it is killed lies in the spool.

mod lanes;
mod notify;
mod relaying;
mod sources;

use std::io;
use std::path::PathBuf;
use std::time::{Duration, Instant, SystemTime};

use tokio::net::{UnixDatagram, UnixListener};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::time::{MissedTickBehavior, sleep};

use crate::config::{Config, Problems};
use crate::destination::Destination;
use crate::failure::{Failure, chain};
use crate::follow::FollowOptions;
use crate::journal::Journal;
use crate::keeping::{self, Held};
use crate::relay::feed_lists;
use crate::ship::Shipper;
use crate::spool::{Lock, Spool, SpoolError};
use crate::status::{self, Status};
use crate::waited::Moment;

use lanes::Lanes;
use notify::Notifier;
use relaying::{Told, WayBack};

pub(crate) use sources::Seen;

/// How often the spool is looked at although nobody rang.
const LOOK_AGAIN: Duration = Duration::from_secs(5);

/// The part of the time that may go into measuring the spool.
const MEASURE_SHARE: u32 = 20;

/// What the service was started with.
pub struct Setup<'a> {
    pub read: &'a dyn Fn() -> Result<Config, Problems>,
    pub journal: &'a mut Journal,
    pub host: String,
    /// From the environment of systemd.
    pub notify_socket: Option<std::ffi::OsString>,
    pub watchdog: Option<Duration>,
}

/// Serves until it is told to stop. What is under way is finished then.
pub async fn run(setup: Setup<'_>, mut config: Config) -> Result<(), Failure> {
    let spool = Spool::open(config.spool.clone(), config.durability)?;
    let mut ears = Ears::open(&spool).await?;
    let notifier = Notifier::new(setup.notify_socket.as_deref());
    let journal = setup.journal;
    let mut counts = Counts { started: Instant::now(), sent: 0, set_aside: 0, waiting: ears.waiting };
    let began = Moment::now();
    journal.success(&format!("the service serves {}", spool.path().display()));
    loop {
        let shipper = Shipper { began, ..Shipper::new(&spool, journal, &config, setup.host.clone()) };
        let destination = config.destination();
        let follow = config.follow.as_ref().map(|options| (&destination, options));
        let (told, lists) = (Told::default(), feed_lists::Told::default());
        let service = Service {
            shipper: &shipper,
            notifier: &notifier,
            watchdog: setup.watchdog,
            follow,
            relay: &told,
            lists: &lists,
        };
        let mut way_back = WayBack::new(&config, journal, &told);
        let ended = tokio::select! {
            ended = service.serve(&mut ears, &mut counts) => ended,
            never = way_back.run() => match never {},
            never = feed_lists::keep(&config, journal, &lists) => match never {},
        };
        way_back.close().await;
        if let Ended::Stop = ended? {
            remove(&ears.sockets);
            journal.success("the service has stopped");
            return Ok(());
        }
        match (setup.read)() {
            Ok(new) if new.spool != config.spool => {
                journal.failure("not reloaded: another spool needs a restart of the service");
            }
            Ok(new) => {
                journal.file.clone_from(&new.log);
                config = new;
                journal.success("the configuration was read again");
            }
            Err(problems) => journal.failure(&format!("not reloaded: {problems}")),
        }
    }
}

/// What the service listens to.
struct Ears {
    _lock: Lock,
    /// Before anybody could ring.
    waiting: u64,
    sockets: [PathBuf; 2],
    doorbell: UnixDatagram,
    status: UnixListener,
    terminate: Signal,
    interrupt: Signal,
    reload: Signal,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ended {
    Stop,
    Reload,
}

/// Since the start of the service.
struct Counts {
    started: Instant,
    sent: usize,
    set_aside: usize,
    /// What waited when the service began.
    waiting: u64,
}

struct Service<'a> {
    shipper: &'a Shipper<'a>,
    notifier: &'a Notifier,
    watchdog: Option<Duration>,
    /// Nothing where `alerts.json` is left to integratord.
    follow: Option<(&'a Result<Destination, Failure>, &'a FollowOptions)>,
    relay: &'a Told,
    lists: &'a feed_lists::Told,
}

impl Ears {
    /// Waits for a shipper that is at work: two would send everything twice.
    async fn open(spool: &Spool) -> Result<Self, Failure> {
        const LOOK: Duration = Duration::from_millis(20);
        let lock = loop {
            match spool.try_lock()? {
                Some(lock) => break lock,
                None => sleep(LOOK).await,
            }
        };
        // Before anybody can know that the service is there: who listens is told to stop in order, not killed.
        let terminate = signal(SignalKind::terminate()).map_err(Failure::Runtime)?;
        let interrupt = signal(SignalKind::interrupt()).map_err(Failure::Runtime)?;
        let reload = signal(SignalKind::hangup()).map_err(Failure::Runtime)?;
        let waiting = keeping::waiting(spool)?.alerts;
        let sockets = [spool.doorbell(), status::socket(spool.path())];
        // Of a service that was killed: who holds the lock is the only one.
        remove(&sockets);
        let [doorbell, status] = &sockets;
        // The doorbell last: whoever finds somebody there can ask how it goes.
        let status = UnixListener::bind(status).map_err(SpoolError::at("listen at", status))?;
        let doorbell = UnixDatagram::bind(doorbell).map_err(SpoolError::at("listen at", doorbell))?;
        Ok(Self { waiting, _lock: lock, doorbell, status, terminate, interrupt, reload, sockets })
    }
}

fn remove(sockets: &[PathBuf]) {
    for path in sockets {
        // One that stays is taken for one that nobody listens at.
        let _ = std::fs::remove_file(path);
    }
}

impl Service<'_> {
    async fn serve(&self, ears: &mut Ears, counts: &mut Counts) -> Result<Ended, Failure> {
        let mut troubles = Troubles::default();
        let mut lanes = Lanes::new(self.shipper);
        match self.follow {
            Some((Ok(destination), options)) => lanes.follow_also(destination, options)?,
            Some((Err(problem), options)) => lanes.cannot_follow(problem, options),
            None => {}
        }
        let beat = self.watchdog.map_or(LOOK_AGAIN, |watchdog| LOOK_AGAIN.min(watchdog / 2));
        let mut ticks = tokio::time::interval(beat);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut measured = Measured::default();
        let mut ended = None;
        self.shipper.spool.tidy();
        loop {
            if ended.is_none() {
                troubles.note(self.shipper, lanes.start_what_is_due());
            } else if lanes.are_idle() {
                let report = self.shipper.report.take();
                counts.sent += report.sent;
                counts.set_aside += report.set_aside;
                return Ok(ended.unwrap_or(Ended::Stop));
            }
            tokio::select! {
                () = rung(&ears.doorbell) => {}
                () = lanes.landed() => {}
                caller = ears.status.accept() => {
                    if let Ok(status) = self.status(&lanes, counts, &measured) {
                        answer(caller.map(|(stream, _)| stream), &status);
                    }
                }
                _ = ticks.tick() => {
                    self.shipper.clear_arrived();
                    troubles.note(self.shipper, measured.measure(self.shipper));
                    lanes.forgive();
                    self.notifier.tell(&format!("READY=1\nWATCHDOG=1\nSTATUS={}", lanes.summary(measured.held.alerts)));
                }
                _ = ears.terminate.recv() => ended = Some(Ended::Stop),
                _ = ears.interrupt.recv() => ended = Some(Ended::Stop),
                _ = ears.reload.recv() => ended = ended.or(Some(Ended::Reload)),
            }
            if ended == Some(Ended::Stop) {
                self.notifier.tell("STOPPING=1");
            }
            self.shipper.stopping.set(ended.is_some());
        }
    }

    fn status(&self, lanes: &Lanes, counts: &Counts, measured: &Measured) -> Result<Status, SpoolError> {
        let waiting = keeping::waiting(self.shipper.spool)?;
        let report = self.shipper.report.borrow();
        let sent = counts.sent + report.sent;
        let rejected = counts.set_aside + report.set_aside;
        let left = u64::try_from(sent + rejected).unwrap_or_default();
        let now = SystemTime::now();
        let oldest = waiting.oldest.and_then(|oldest| now.duration_since(oldest).ok());
        Ok(Status {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            pid: std::process::id(),
            uptime_seconds: counts.started.elapsed().as_secs(),
            accepted: (waiting.alerts + left).saturating_sub(counts.waiting),
            sent,
            rejected,
            waiting: waiting.alerts,
            oldest_seconds: oldest.map(|age| age.as_secs()),
            in_flight_requests: report.in_flight,
            spool_bytes: measured.held.bytes,
            spool_max_bytes: self.shipper.limits.max_bytes,
            is_full: self.shipper.spool.has_room().is_err(),
            destinations: lanes.status(),
            follow: lanes.follow(),
            relay: self.relay.snapshot(),
            lists: self.lists.status(),
        })
    }
}

/// The spool's size, measured seldom: it takes a look at each file.
#[derive(Default)]
struct Measured {
    held: Held,
    again_at: Option<Instant>,
}

impl Measured {
    fn measure(&mut self, shipper: &Shipper) -> Result<(), SpoolError> {
        let begin = Instant::now();
        if self.again_at.is_some_and(|at| begin < at) {
            return Ok(());
        }
        self.held = keeping::keep(shipper)?;
        self.again_at = Some(begin + begin.elapsed() * MEASURE_SHARE);
        Ok(())
    }
}

/// The spool's own, said once as long as they stay the same: the service outlives a disk that is full or read-only.
#[derive(Default)]
struct Troubles {
    last: Option<String>,
}

impl Troubles {
    fn note<E: std::error::Error>(&mut self, shipper: &Shipper, done: Result<(), E>) {
        let Err(error) = done else { return };
        let text = chain(&error);
        if self.last.as_ref() != Some(&text) {
            shipper.journal.failure(&text);
            self.last = Some(text);
        }
    }
}

/// Returns when the doorbell has rung; however often it did is no matter.
async fn rung(doorbell: &UnixDatagram) {
    let mut byte = [0];
    let _ = doorbell.recv(&mut byte).await;
    while doorbell.try_recv(&mut byte).is_ok() {}
}

/// The answer fits into the socket's buffer, so nobody waits for a caller who does not read.
fn answer(caller: io::Result<tokio::net::UnixStream>, status: &Status) {
    if let Ok(stream) = caller
        && let Ok(text) = serde_json::to_vec(status)
    {
        // Who has hung up does not want it.
        let _ = stream.try_write(&text);
    }
}
