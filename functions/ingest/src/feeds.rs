//! Which feeds a site has, and how each is asked.

use std::collections::BTreeMap;
use std::future::Future;
use std::time::Duration;

use intel::sources::{FetchError, Fetcher, Source, State, Step};
use jiff::Timestamp;
use lambda::secrets::Secret;

/// A feed that is switched on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Feed {
    pub source: Source,
    /// How often it is fetched.
    pub every: Duration,
}

/// All that are switched on, by name.
pub type Feeds = BTreeMap<String, Feed>;

/// Whoever fetches: the network, or a script in a test.
pub trait Fetch {
    /// As [`Fetcher::step`].
    fn step(
        &self,
        source: &Source,
        key: Option<&Secret>,
        state: &State,
        now: Timestamp,
    ) -> impl Future<Output = Result<Step, FetchError>>;
}

impl Fetch for Fetcher {
    async fn step(
        &self,
        source: &Source,
        key: Option<&Secret>,
        state: &State,
        now: Timestamp,
    ) -> Result<Step, FetchError> {
        Fetcher::step(self, source, key, state, now).await
    }
}
