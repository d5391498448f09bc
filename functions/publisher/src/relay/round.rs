//! One round of the relay: take what the queue has, hand it on, have the queue forget it.

use std::io;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::aside::Kept;
use super::checked::{Event, Unfit};
use super::feedback_queue::{Receipt, VISIBILITY};
use super::pace::Backoff;
use super::sink::Refused;
use super::{Patience, Relay, RelayError, advice};

/// The longest pause while the manager takes nothing: what is lost after it is back.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// What is hidden is hidden anew when so much of its time has passed.
const HIDE_AGAIN: Duration = Duration::from_secs(40);

/// Another attempt costs less than messages that are delivered again.
const DELETE_ATTEMPTS: usize = 3;

/// What became of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Settled {
    Written,
    Repeated,
    SetAside,
    /// The queue keeps it.
    Left,
}

impl Relay<'_> {
    /// How many messages there were.
    pub(super) async fn round(&mut self, wait: Duration) -> Result<usize, RelayError> {
        self.until_it_takes_events().await?;
        self.held = self.queue.receive(wait).await?.into();
        self.hidden_at = Instant::now();
        let count = self.held.len();
        self.status.received.add(count);
        let before = self.status.snapshot();
        while let Some(taken) = self.held.front().cloned() {
            if self.settle(&taken.body).await? != Settled::Left {
                self.settled.push(taken.receipt);
            }
            self.held.pop_front();
        }
        if count > 0 {
            let after = self.status.snapshot();
            self.journal.success(&format!(
                "handed {} events to {}; {} were repeats, {} were set aside",
                after.written - before.written,
                self.sink.path().display(),
                after.repeated - before.repeated,
                after.set_aside - before.set_aside,
            ));
        }
        self.forget().await?;
        self.tend().await;
        Ok(count)
    }

    /// Gives back what is not settled and ends. What cannot be given back comes back by itself.
    pub async fn close(&mut self) {
        let _ = self.forget().await;
        let held: Vec<Receipt> = self.held.drain(..).map(|taken| taken.receipt).collect();
        if !held.is_empty() {
            let _ = self.queue.hide(&held, Duration::ZERO).await;
        }
        if let Some(keeper) = &mut self.keeper {
            keeper.finish(today(), self.journal);
        }
    }

    async fn settle(&mut self, body: &str) -> Result<Settled, RelayError> {
        let event = match Event::read(body) {
            Ok(event) => event,
            Err(unfit) => return Ok(self.set_aside(body, &unfit)),
        };
        if self.seen.contains(event.id) {
            self.status.repeated.add(1);
            return Ok(Settled::Repeated);
        }
        tokio::time::sleep(self.pace.take(Instant::now())).await;
        let mut backoff = Backoff::default();
        loop {
            match self.sink.write(&event) {
                Ok(()) => break,
                Err(Refused::TooLong) => {
                    return Ok(self.set_aside(body, &Unfit::Refused(event.datagram.len())));
                }
                Err(Refused::ForNow(cause)) => self.wait(cause, &mut backoff).await?,
            }
        }
        self.wrote(&event);
        Ok(Settled::Written)
    }

    fn wrote(&mut self, event: &Event) {
        if let Err(error) = self.seen.note(event.id) {
            // It is known until the program ends; after that the queue might deliver it once more.
            self.journal.failure(&format!("could not note that event {} was written: {error}", event.id));
        }
        if let (Some(keeper), Some(change)) = (&mut self.keeper, &event.change) {
            keeper.note(change, today(), self.journal);
        }
        self.status.written.add(1);
        self.goes_on();
    }

    fn set_aside(&mut self, body: &str, unfit: &Unfit) -> Settled {
        match self.aside.keep(body, &unfit.to_string()) {
            Ok(Kept::Here(path)) => {
                self.journal.failure(&format!("set a message aside: {unfit}; it is {}", path.display()));
                self.status.set_aside.add(1);
                Settled::SetAside
            }
            Ok(Kept::TooMany) => {
                self.journal
                    .failure(&format!("left a message in the queue: {unfit}; too many lie aside already"));
                Settled::Left
            }
            Err(error) => {
                self.journal
                    .failure(&format!("left a message in the queue: {unfit}; cannot set it aside: {error}"));
                Settled::Left
            }
        }
    }

    /// Nothing is taken from the queue that could not be handed on.
    async fn until_it_takes_events(&mut self) -> Result<(), RelayError> {
        let mut backoff = Backoff::default();
        while let Err(cause) = self.sink.probe() {
            self.wait(cause, &mut backoff).await?;
        }
        self.goes_on();
        Ok(())
    }

    /// Waits a moment, and sees to it that the queue neither forgets nor repeats what is held.
    async fn wait(&mut self, cause: io::Error, backoff: &mut Backoff) -> Result<(), RelayError> {
        let now = Timestamp::now();
        if self.status.waits(now) {
            let (path, advice) = (self.sink.path().display(), advice(&cause));
            self.journal
                .failure(&format!("{path} takes no events ({cause}); the queue keeps them; {advice}"));
        }
        if let (Patience::Limited(limit), Some(since)) = (self.patience, self.status.snapshot().waiting_since)
            && now.duration_since(since) > limit.try_into().unwrap_or_default()
        {
            return Err(RelayError::Sink { path: self.sink.path().to_owned(), cause });
        }
        // Neither failure is worth an end: at worst messages come again and are known.
        let _ = self.forget().await;
        if !self.held.is_empty() && self.hidden_at.elapsed() > HIDE_AGAIN {
            self.hidden_at = Instant::now();
            let held: Vec<Receipt> = self.held.iter().map(|taken| taken.receipt.clone()).collect();
            if let Err(problem) = self.queue.hide(&held, VISIBILITY).await {
                self.journal.failure(&format!("could not keep {} messages hidden: {problem}", held.len()));
            }
        }
        tokio::time::sleep(backoff.next(LONGEST_PAUSE, fastrand::f64())).await;
        Ok(())
    }

    fn goes_on(&self) {
        if self.status.goes_on() {
            self.journal.success(&format!("{} takes events again", self.sink.path().display()));
        }
    }

    async fn forget(&mut self) -> Result<(), RelayError> {
        let mut backoff = Backoff::default();
        for attempt in 1..=DELETE_ATTEMPTS {
            if self.settled.is_empty() {
                break;
            }
            match self.queue.delete(&self.settled).await {
                Ok(left) => self.settled = left,
                Err(problem) if attempt == DELETE_ATTEMPTS => {
                    self.settled.clear();
                    return Err(problem.into());
                }
                Err(_) => {}
            }
            if !self.settled.is_empty() {
                tokio::time::sleep(backoff.next(LONGEST_PAUSE, fastrand::f64())).await;
            }
        }
        self.settled.clear();
        Ok(())
    }

    async fn tend(&mut self) {
        if let Some(keeper) = &mut self.keeper {
            keeper.tend(Instant::now(), today(), self.journal).await;
        }
    }
}

fn today() -> Date {
    Timestamp::now().to_zoned(TimeZone::UTC).date()
}
