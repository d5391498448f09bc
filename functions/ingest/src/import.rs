//! One feed's run: fetch a step, tell the table what is new, put the copy, until there is nothing more to do.
//!
//! Only putting the copy moves anything on. All that comes before it is done again after a crash, and changes nothing
//! the second time: the same step gives the same rows, and rows are written whole.

mod keys;
#[cfg(test)]
mod tests;

use std::time::Duration;

use intel::StoreError;
use intel::sources::{FetchError, Source, Step};
use lambda::claims::{Claim, ClaimStore, Claims, StoreError as ClaimError};
use lambda::logs;
use lambda::metrics::Metrics;
use lambda::secrets::{Secret, SecretError};
use signed::BucketError;
use tokio::time::Instant;

pub use self::keys::Keys;
use crate::copy::{CopyError, GoodCopy, Walk};
use crate::feeds::{Feed, Feeds, Fetch};
use crate::health::{Health, Working};
use crate::objects::{Kind, Objects};
use crate::pace::Pace;
use crate::publish::Site;
use crate::rows::Rows;
use crate::warninglists::{self, WarninglistsError};

/// What imports feeds and publishes what they say.
#[derive(Debug)]
pub struct Importer<F, R, O, C> {
    pub fetch: F,
    pub rows: R,
    pub objects: O,
    pub claims: Claims<C>,
    pub keys: Keys,
    pub site: Site,
    pub metrics: Metrics,
}

/// What became of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ran {
    Done,
    /// The feed failed, or part of it; its health says how.
    Failed,
    /// It has no key.
    Off,
    /// Its server wants to be left alone for a while.
    Resting,
    /// Another run of the same feed is at work.
    Elsewhere,
}

/// The run could not keep what it did: the next one does it again.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    #[error(transparent)]
    Claim(#[from] ClaimError),
    #[error(transparent)]
    Bucket(#[from] BucketError),
    #[error(transparent)]
    Copy(#[from] CopyError),
    #[error("could not write JSON")]
    Json(#[from] serde_json::Error),
}

/// Why a run did less than it could have. What it did stays done, and the last good copy stays good.
#[derive(Debug, thiserror::Error)]
enum Trouble {
    #[error(transparent)]
    Fetch(#[from] FetchError),
    #[error(transparent)]
    Table(#[from] StoreError),
    #[error(transparent)]
    Key(#[from] SecretError),
    #[error(transparent)]
    Warninglists(#[from] WarninglistsError),
}

impl Trouble {
    /// Its name in metrics.
    fn reason(&self) -> &'static str {
        match self {
            Self::Fetch(error) => error.reason(),
            Self::Table(_) => "table",
            Self::Key(_) => "key_unreadable",
            Self::Warninglists(_) => "bucket",
        }
    }
}

impl<F: Fetch, R: Rows, O: Objects, C: ClaimStore> Importer<F, R, O, C> {
    pub(crate) const MOST_COPY_BYTES: usize = 128 * 1024 * 1024;
    const MOST_HEALTH_BYTES: usize = 64 * 1024;
    /// Changes that the table is told of at once.
    const PORTION: usize = 1_000;
    /// After so long the copy is put, so that a crash costs no more than that.
    const SAVE_EVERY: Duration = Duration::from_mins(2);

    /// Fetches the feed as far as time allows.
    pub async fn run(&self, feed: &Feed, pace: &Pace) -> Result<Ran, ImportError> {
        let name = feed.source.name();
        let Claim::Won(claimed) = self.claims.claim(&format!("feed#{name}"), pace.now()).await? else {
            tracing::info!(feed.name = name, "another run of this feed is at work");
            return Ok(Ran::Elsewhere);
        };
        let ran = self.run_alone(&feed.source, pace).await;
        self.claims.release(&claimed).await;
        ran
    }

    /// Fetches every feed whose time has come, one after the other. One that fails does not keep the others from it.
    pub async fn run_due(&self, feeds: &Feeds, pace: &Pace) -> Result<(), ImportError> {
        let mut outcome = Ok(());
        for (name, feed) in feeds {
            let health = self.health(name).await?;
            if health.is_some_and(|health| health.last_attempt + feed.every > pace.now()) {
                continue;
            }
            if !pace.has_time_for_a_step() {
                break;
            }
            if let Err(error) = self.run(feed, pace).await {
                tracing::error!(feed.name = name, error = logs::chain(&error), "a feed's run kept nothing");
                outcome = Err(error);
            }
        }
        outcome
    }

    /// How the feed stands; nothing if it was never tried.
    pub(crate) async fn health(&self, name: &str) -> Result<Option<Health>, ImportError> {
        let Some(json) = self.objects.get(&Health::key(name), Self::MOST_HEALTH_BYTES).await? else {
            return Ok(None);
        };
        // One that another version has written is written anew at the end of the run.
        Ok(serde_json::from_slice(&json).ok())
    }

    async fn run_alone(&self, source: &Source, pace: &Pace) -> Result<Ran, ImportError> {
        let health = self.health(source.name()).await?;
        let mut health = health.unwrap_or_else(|| Health::new(source, pace.now()));
        if health.rests_at(pace.now()) {
            return Ok(Ran::Resting);
        }
        health.begin(pace.now());
        let worked = match self.keys.of(source).await {
            Ok(None) => {
                tracing::info!(feed.name = source.name(), "this feed has no key and is off");
                health.state =
                    Working::Off { parameter: self.keys.parameter(source).unwrap_or_default().to_owned() };
                self.put_json(&Health::key(source.name()), &health).await?;
                return Ok(Ran::Off);
            }
            Ok(Some(key)) => self.work(source, key.secret(), &mut health, pace).await?,
            Err(error) => Err(error.into()),
        };
        let ran = self.conclude(source, &mut health, worked, pace);
        self.put_json(&Health::key(source.name()), &health).await?;
        Ok(ran)
    }

    /// Takes step after step. What went wrong on the way is the inner result; an outer error means that nothing since
    /// the last save is kept.
    async fn work(
        &self,
        source: &Source,
        key: Option<&Secret>,
        health: &mut Health,
        pace: &Pace,
    ) -> Result<Result<(), Trouble>, ImportError> {
        let mut copy = self.copy(source).await?;
        // What an earlier run has left may fill this one.
        let mut more = self.tell(source, &mut copy, pace).await.map(|()| true).map_err(Trouble::from);
        let mut saved = Instant::now();
        while matches!(more, Ok(true)) && pace.has_time_for_a_step() {
            more = self.advance(source, key, &mut copy, health, pace).await;
            if saved.elapsed() >= Self::SAVE_EVERY {
                self.save(source, &mut copy, pace).await?;
                saved = Instant::now();
            }
        }
        self.save(source, &mut copy, pace).await?;
        health.describe(&copy, source.holding());
        Ok(more.map(|more| health.unfinished = more))
    }

    /// One step, and what the table has to be told because of it. Whether there is another step to take.
    async fn advance(
        &self,
        source: &Source,
        key: Option<&Secret>,
        copy: &mut GoodCopy,
        health: &mut Health,
        pace: &Pace,
    ) -> Result<bool, Trouble> {
        let step = self.fetch.step(source, key, copy.state(), pace.now()).await?;
        let more = step.more();
        match &step {
            Step::Whole { tally, .. } | Step::Part { tally, .. } => health.leave_out(tally),
            Step::Warninglist { name, json, .. } => warninglists::keep(&self.objects, name, json).await?,
            Step::Unchanged { .. } => {}
        }
        let taken = copy.take(step, source.holding(), pace.now());
        health.leave_out_for_size(taken.too_many);
        self.tell(source, copy, pace).await?;
        Ok(more)
    }

    /// Tells the table what it lacks and what it should forget, as far as time allows.
    async fn tell(&self, source: &Source, copy: &mut GoodCopy, pace: &Pace) -> Result<(), StoreError> {
        let mut walk = Walk::default();
        while pace.has_time_for_rows() {
            let changes = copy.due(&mut walk, Self::PORTION, source.holding());
            if changes.is_empty() {
                break;
            }
            self.rows.write(&changes).await?;
            copy.told(&changes);
        }
        Ok(())
    }

    async fn copy(&self, source: &Source) -> Result<GoodCopy, ImportError> {
        let Some(file) = self.objects.get(&copy_key(source.name()), Self::MOST_COPY_BYTES).await? else {
            return Ok(GoodCopy::default());
        };
        // A copy that cannot be read is fetched anew; what only it knew of ends in the table by itself.
        Ok(GoodCopy::from_file(&file).unwrap_or_else(|error| {
            tracing::error!(feed.name = source.name(), error = logs::chain(&error), "a copy begins anew");
            GoodCopy::default()
        }))
    }

    async fn save(&self, source: &Source, copy: &mut GoodCopy, pace: &Pace) -> Result<(), ImportError> {
        copy.prune(pace.now());
        if copy.is_touched() {
            let file = copy.to_file()?;
            self.objects.put(&copy_key(source.name()), file, Kind::Gzip).await?;
            copy.untouch();
        }
        Ok(())
    }

    fn conclude(
        &self,
        source: &Source,
        health: &mut Health,
        worked: Result<(), Trouble>,
        pace: &Pace,
    ) -> Ran {
        let (name, now) = (source.name(), pace.now());
        let Err(trouble) = worked else {
            tracing::info!(
                feed.name = name,
                feed.rows = health.rows,
                rows.pending = health.pending,
                "a feed was fetched"
            );
            health.succeeded(now);
            return Ran::Done;
        };
        let (reason, error) = (trouble.reason(), logs::chain(&trouble));
        tracing::warn!(
            feed.name = name,
            reason,
            error,
            "a feed could not be fetched; its last good copy stays"
        );
        self.metrics.count("FeedFailures", &[("source", name), ("reason", reason)], now);
        let closed_until = match &trouble {
            Trouble::Fetch(error) => error.closed_until(),
            Trouble::Table(_) | Trouble::Key(_) | Trouble::Warninglists(_) => None,
        };
        if reason == "unauthorized" {
            self.keys.forget(source);
        }
        health.failed(reason, error, closed_until, now);
        Ran::Failed
    }
}

/// Where the last good copy of a feed is.
pub(crate) fn copy_key(feed: &str) -> String {
    format!("feeds/{feed}.jsonl.gz")
}
