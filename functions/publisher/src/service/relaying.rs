//! The way back, beside the intakes: events of the feedback queue go to the manager.

use std::cell::RefCell;
use std::convert::Infallible;
use std::future::pending;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::sleep;

use crate::config::Config;
use crate::failure::chain;
use crate::journal::Journal;
use crate::relay::status::{Snapshot, Status};
use crate::relay::{Patience, Relay};

/// After a problem that the relay does not wait out by itself, such as another relay at work.
const TRY_AGAIN: Duration = Duration::from_secs(30);

/// What the relay did; nothing where no feedback queue is configured.
#[derive(Default)]
pub(super) struct Told(RefCell<Option<Arc<Status>>>);

impl Told {
    pub(super) fn snapshot(&self) -> Option<Snapshot> {
        self.0.borrow().as_ref().map(|status| status.snapshot())
    }
}

/// The relay at work, if one can be.
pub(super) struct WayBack<'a> {
    config: &'a Config,
    journal: &'a Journal,
    told: &'a Told,
    relay: Option<Relay<'a>>,
}

impl<'a> WayBack<'a> {
    pub(super) fn new(config: &'a Config, journal: &'a Journal, told: &'a Told) -> Self {
        Self { config, journal, told, relay: None }
    }

    /// Relays until the future is dropped. Says a problem once.
    pub(super) async fn run(&mut self) -> Infallible {
        if self.config.relay.queue_url.is_none() {
            return pending().await;
        }
        let mut last = None;
        loop {
            let problem = match Relay::open(self.config, self.journal, Patience::Endless).await {
                Ok(relay) => {
                    self.told.0.replace(Some(relay.status()));
                    self.relay.insert(relay).run().await
                }
                Err(problem) => problem,
            };
            // It holds the lock that the next one needs.
            self.close().await;
            let text = chain(&problem);
            if last.as_ref() != Some(&text) {
                self.journal.failure(&text);
                last = Some(text);
            }
            sleep(TRY_AGAIN).await;
        }
    }

    /// Gives back at once what is in hand; it would come back by itself, but minutes later.
    pub(super) async fn close(&mut self) {
        if let Some(mut relay) = self.relay.take() {
            relay.close().await;
        }
    }
}
