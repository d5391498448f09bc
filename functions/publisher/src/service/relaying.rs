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

/// Relays until it is dropped, which loses nothing: what was in hand comes back. Says a problem once.
pub(super) async fn relaying(config: &Config, journal: &Journal, told: &Told) -> Infallible {
    if config.relay.queue_url.is_none() {
        return pending().await;
    }
    let mut last = None;
    loop {
        let problem = match Relay::open(config, journal, Patience::Endless).await {
            Ok(mut relay) => {
                told.0.replace(Some(relay.status()));
                relay.run().await
            }
            Err(problem) => problem,
        };
        let text = chain(&problem);
        if last.as_ref() != Some(&text) {
            journal.failure(&text);
            last = Some(text);
        }
        sleep(TRY_AGAIN).await;
    }
}
