//! What the feeds of a call say about where somebody logged in from.

use domain::Sighting;
use domain::alert::RuleLevel;
use domain::verdict::Formula;
use enrich::forwarding::ForwardLevel;
use enrich::triage::{Asking, Triage};
use enrich::window::Window;
use intel::{Door, Intelligence, MemoryStore, Policy};
use jiff::Timestamp;
use tokio::runtime::Runtime;

use crate::cli::FeedFile;
use crate::failure::Failure;
use crate::feeds;
use crate::providers::Providers;

/// Nothing without feeds: nobody else is asked.
pub(super) struct Feeds(Option<(Runtime, Triage<MemoryStore>)>);

impl Feeds {
    pub fn load(files: &[FeedFile], now: Timestamp) -> Result<Self, Failure> {
        if files.is_empty() {
            return Ok(Self(None));
        }
        let store = MemoryStore::default();
        for feed in files {
            feeds::load(feed, &store, now)?;
        }
        let Providers { clients, keys, .. } = Providers::none();
        let triage = Triage {
            intelligence: Intelligence::new(Policy::default(), clients, keys, Door::default(), store),
            window: Window::memory(std::time::Duration::ZERO),
            formula: Formula::default(),
            forward_level: ForwardLevel(0),
        };
        Ok(Self(Some((crate::runtime()?, triage))))
    }

    /// Only a login that got in is judged: nothing else is asked of an address.
    pub fn judge(&self, sighting: &mut Sighting) {
        if let (Some((runtime, triage)), true) = (&self.0, sighting.is_success()) {
            let now = sighting.at;
            runtime.block_on(triage.learn(sighting, RuleLevel::HIGHEST, Asking::Nobody, now));
        }
    }
}
