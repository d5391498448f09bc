//! What all feeds say together: a snapshot and warninglists for enrich, lists for the manager, and how each feed stands.
//!
//! Everything is made of the copies, whose rows the table has: no snapshot claims what cannot be looked up. One
//! publishes at a time, and what cannot be made leaves what stands there.

use std::collections::BTreeMap;
use std::time::Duration;

use domain::verdict::Formula;
use intel::lists::{self, ListFile, Trust};
use intel::snapshot::{Builder, Snapshot, SnapshotError};
use intel::sources::Source;
use intel::{Policy, StoreError, Warninglist, Warninglists};
use jiff::Timestamp;
use lambda::claims::{Claim, ClaimStore, Claimed};
use lambda::metrics::Unit;

use crate::copy::{CopyError, Listed};
use crate::feeds::{Feeds, Fetch};
use crate::health::{Health, Published, Status};
use crate::import::{ImportError, Importer, copy_key};
use crate::objects::{Kind, Objects};
use crate::pace::Pace;
use crate::rows::Rows;
use crate::warninglists::{self, WarninglistsError};

/// When snapshot and lists are made anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Edition {
    /// If rows have changed since, or it is [`MOST_AGE`] old.
    IfDue,
    Anew,
}

/// Rows end without anybody's doing, and whoever reads the snapshot wants to see that it is alive.
const MOST_AGE: Duration = Duration::from_hours(3);
const SNAPSHOT_KEY: &str = "snapshot/current";
const MANIFEST_KEY: &str = "snapshot/manifest.json";
const MOST_MANIFEST_BYTES: usize = 64 * 1024;

/// Nothing was published; what was published before stays.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    #[error(transparent)]
    Import(#[from] ImportError),
    #[error(transparent)]
    Warninglists(#[from] WarninglistsError),
    #[error(transparent)]
    Table(#[from] StoreError),
    #[error("the snapshot that was built cannot be read")]
    Snapshot(#[from] SnapshotError),
    #[error("another run was publishing for so long that there was no time left")]
    Busy,
}

impl<F: Fetch, R: Rows, O: Objects, C: ClaimStore> Importer<F, R, O, C> {
    /// Publishes what the copies say.
    pub async fn publish(&self, feeds: &Feeds, edition: Edition, pace: &Pace) -> Result<(), PublishError> {
        let claimed = self.turn(pace).await?;
        let published = self.publish_alone(feeds, edition, pace).await;
        self.claims.release(&claimed).await;
        published
    }

    /// How the feeds stand that were tried before, by name.
    pub(crate) async fn healths(&self, feeds: &Feeds) -> Result<Vec<Health>, ImportError> {
        let mut healths = Vec::new();
        for name in feeds.keys() {
            healths.extend(self.health(name).await?);
        }
        Ok(healths)
    }

    /// Waits for whoever publishes at the moment: he may have looked before there was something of ours to see.
    async fn turn(&self, pace: &Pace) -> Result<Claimed, PublishError> {
        loop {
            match self.claims.claim_or_wait("publish", pace.now()).await.map_err(ImportError::from)? {
                Claim::Won(claimed) => return Ok(claimed),
                Claim::Busy { .. } if !pace.left().is_zero() => {}
                Claim::Busy { .. } | Claim::Done { .. } => return Err(PublishError::Busy),
            }
        }
    }

    async fn publish_alone(&self, feeds: &Feeds, edition: Edition, pace: &Pace) -> Result<(), PublishError> {
        let healths = self.healths(feeds).await?;
        let mut standing = self.standing().await?;
        let changes = |health: &Health| Some((health.feed.clone(), health.rows_changed_at?));
        let changed_at: BTreeMap<String, Timestamp> = healths.iter().filter_map(changes).collect();
        if edition == Edition::Anew || is_due(standing.as_ref(), &changed_at, pace.now()) {
            standing = Some(self.make(feeds, changed_at, pace.now()).await?);
        }
        self.measure(&healths, pace.now());
        let status =
            Status { schema: Status::SCHEMA, written_at: pace.now(), snapshot: standing, feeds: healths };
        self.put_json(Status::KEY, &status).await?;
        Ok(())
    }

    /// What is published; nothing if nothing is, or if another version has published it.
    async fn standing(&self) -> Result<Option<Published>, ImportError> {
        let json = self.objects.get(MANIFEST_KEY, MOST_MANIFEST_BYTES).await?;
        Ok(json.and_then(|json| serde_json::from_slice(&json).ok()))
    }

    /// The manifest comes last: whoever dies before it has published nothing, and it is done again.
    async fn make(
        &self,
        feeds: &Feeds,
        changed_at: BTreeMap<String, Timestamp>,
        now: Timestamp,
    ) -> Result<Published, PublishError> {
        // What was fetched before a feed was switched off says nothing any more.
        let mut warninglists = Vec::new();
        if feeds.contains_key(Source::Warninglists.name()) {
            warninglists = warninglists::load(&self.objects).await?;
        }
        let mut copies = Vec::new();
        for name in feeds.keys() {
            let copy = self.objects.get(&copy_key(name), Self::MOST_COPY_BYTES).await;
            copies.extend(copy.map_err(ImportError::from)?);
        }
        let (mut builder, lists) = self.site.edit(&copies, &warninglists, now).map_err(ImportError::from)?;
        // What people have written into the table is asked about like what feeds list.
        for entry in self.rows.listed_by_others().await? {
            builder.add(&entry);
        }
        let snapshot = builder.build();
        let indicators = Snapshot::read(snapshot.clone())?.len();
        let published = Published {
            built_at: now,
            indicators,
            bytes: snapshot.len(),
            feeds: changed_at,
            lists: lists.iter().map(|list| (list.name.to_owned(), list.lines)).collect(),
        };
        for list in lists {
            let key = format!("lists/{}", list.name);
            self.objects.put(&key, list.text.into_bytes(), Kind::Text).await.map_err(ImportError::from)?;
        }
        self.put_warninglists(&Warninglists::of(&warninglists)).await?;
        self.objects.put(SNAPSHOT_KEY, snapshot, Kind::Binary).await.map_err(ImportError::from)?;
        self.put_json(MANIFEST_KEY, &published).await?;
        self.metrics.measure("SnapshotIndicators", size(indicators), Unit::Count, &[], now);
        self.metrics.measure("SnapshotBytes", size(published.bytes), Unit::Bytes, &[], now);
        tracing::info!(
            snapshot.indicators = indicators,
            snapshot.size_bytes = published.bytes,
            "a snapshot was published"
        );
        Ok(published)
    }

    /// Those that enrich could not load stay as they were.
    async fn put_warninglists(&self, warninglists: &Warninglists) -> Result<(), ImportError> {
        let file = warninglists.to_file()?;
        if file.len() > Warninglists::MOST_BYTES {
            tracing::error!(
                size_bytes = file.len(),
                "the warninglists are too large for enrich; those of before stay"
            );
            return Ok(());
        }
        Ok(self.objects.put(Warninglists::KEY, file, Kind::Binary).await?)
    }

    fn measure(&self, healths: &[Health], now: Timestamp) {
        for health in healths {
            let feed = [("source", health.feed.as_str())];
            self.metrics.measure("FeedRows", size(health.rows), Unit::Count, &feed, now);
            if let Some(age) = health.age_seconds(now) {
                self.metrics.measure("FeedAgeSeconds", age, Unit::Seconds, &feed, now);
            }
        }
    }

    pub(crate) async fn put_json(&self, key: &str, value: &impl serde::Serialize) -> Result<(), ImportError> {
        let json = serde_json::to_vec(value)?;
        Ok(self.objects.put(key, json, Kind::Json).await?)
    }
}

/// Whom a site believes, and what it never lists.
#[derive(Clone, Debug, Default)]
pub struct Site {
    pub formula: Formula,
    pub policy: Policy,
}

impl Site {
    /// Reads each row once, for both: there may be a million, of which only hashes and the lists' lines are kept.
    fn edit(
        &self,
        copies: &[Vec<u8>],
        warninglists: &[Warninglist],
        now: Timestamp,
    ) -> Result<(Builder, Vec<ListFile>), CopyError> {
        let (mut builder, mut failed) = (Builder::new(now), None);
        let files = copies.iter().map(|copy| Listed::of(copy, now)).collect::<Result<Vec<_>, _>>()?;
        let rows = files.into_iter().flatten().map_while(|row| match row {
            Ok(row) => {
                builder.add(&row.entry);
                Some(row)
            }
            Err(error) => {
                failed = Some(error);
                None
            }
        });
        let trust = Trust { formula: &self.formula, policy: &self.policy, warninglists };
        let lists = lists::build(rows, trust);
        match failed {
            None => Ok((builder, lists)),
            Some(error) => Err(error),
        }
    }
}

fn is_due(standing: Option<&Published>, changed_at: &BTreeMap<String, Timestamp>, now: Timestamp) -> bool {
    standing.is_none_or(|standing| standing.feeds != *changed_at || standing.built_at + MOST_AGE <= now)
}

fn size(size: usize) -> u64 {
    u64::try_from(size).unwrap_or(u64::MAX)
}
