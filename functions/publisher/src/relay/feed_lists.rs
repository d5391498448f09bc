//! The CDB lists that the function `ingest` makes of feeds: fetched from its bucket into `etc/lists`.
//!
//! A list that was not fetched, or is none, leaves the last good one where it is. What was fetched is not remembered
//! over a restart: the lists are then compared with what is on disk.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::convert::Infallible;
use std::future::pending;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use domain::FeedList;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use signed::{Bucket, BucketError, ETag, Got, Place};
use tokio::time::sleep;

use super::loading::Loader;
use crate::config::Config;
use crate::destination::Destination;
use crate::failure::{Failure, chain};
use crate::journal::Journal;
use crate::list_file;
use crate::queue::{self, SendError, Signer};

/// How often the bucket is asked whether a list has changed.
const EVERY: Duration = Duration::from_mins(5);

/// 100,000 lines of the longest keys that there are in practice are a third of that.
const MOST_BYTES: usize = 32 << 20;

/// How it goes, for whoever asks.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FeedListsStatus {
    /// When all lists were last found to be those of the bucket.
    pub checked_at: Option<Timestamp>,
    /// When one was last written.
    pub changed_at: Option<Timestamp>,
    /// What kept the last look from finding them all.
    pub last_error: Option<String>,
}

/// What the lists' keeper says; nothing where no bucket is configured.
#[derive(Debug, Default)]
pub struct Told(RefCell<Option<FeedListsStatus>>);

impl Told {
    pub fn status(&self) -> Option<FeedListsStatus> {
        self.0.borrow().clone()
    }
}

/// Why a list is not the bucket's.
#[derive(Debug, thiserror::Error)]
pub enum FeedListsError {
    #[error(transparent)]
    NoQueue(#[from] Failure),
    #[error(transparent)]
    Signer(#[from] SendError),
    #[error("the HTTP client cannot be set up")]
    Client(#[source] crate::trust::ClientError),
    #[error("the list cannot be fetched")]
    Bucket(#[from] BucketError),
    #[error("{0} is not in the bucket; the function ingest puts it there when it has read a feed")]
    Absent(String),
    #[error("{key} is no CDB list in line {line}; the last good one stays")]
    NotAList { key: String, line: usize },
    #[error("{} cannot be written", path.display())]
    Write { path: PathBuf, source: io::Error },
}

/// Keeps the lists until the future is dropped. Says a problem once.
pub async fn keep(config: &Config, journal: &Journal, told: &Told) -> Infallible {
    if config.relay.lists_bucket.is_none() {
        return pending().await;
    }
    let mut keeper = None;
    loop {
        if keeper.is_none() {
            keeper = FeedLists::open(config).await.map_err(|error| note(told, journal, Err(error))).ok();
        }
        if let Some(keeper) = &mut keeper {
            let looked = keeper.look(journal).await;
            note(told, journal, looked);
            keeper.loader.tend(Instant::now(), journal).await;
        }
        sleep(EVERY).await;
    }
}

fn note(told: &Told, journal: &Journal, looked: Result<Changed, FeedListsError>) {
    let now = Timestamp::now();
    let mut told = told.0.borrow_mut();
    let status = told.get_or_insert_default();
    match looked {
        Ok(changed) => {
            status.checked_at = Some(now);
            status.last_error = None;
            if changed == Changed::Yes {
                status.changed_at = Some(now);
            }
        }
        Err(error) => {
            let text = chain(&error);
            if status.last_error.as_ref() != Some(&text) {
                journal.failure(&text);
            }
            status.last_error = Some(text);
        }
    }
}

/// Whether any list was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Changed {
    Yes,
    No,
}

/// The lists and where they come from.
pub struct FeedLists {
    bucket: Bucket,
    folder: PathBuf,
    etags: BTreeMap<FeedList, ETag>,
    loader: Loader,
}

impl FeedLists {
    async fn open(config: &Config) -> Result<Self, FeedListsError> {
        let folder = config.relay.list.path.parent().unwrap_or(Path::new("/")).to_owned();
        let loader =
            Loader::new(format!("what is new of feeds in {}", folder.display()), config.relay.api.clone());
        Ok(Self { bucket: bucket(config).await?, folder, etags: BTreeMap::new(), loader })
    }

    /// All lists are looked at, whatever becomes of one; the first problem is told.
    async fn look(&mut self, journal: &Journal) -> Result<Changed, FeedListsError> {
        let (mut changed, mut problem) = (Changed::No, None);
        for list in FeedList::ALL {
            match self.fetch(list).await {
                Ok(None) => {}
                Ok(Some(lines)) => {
                    changed = Changed::Yes;
                    self.loader.changed();
                    journal.success(&format!("wrote {lines} lines to {}", self.path(list).display()));
                }
                Err(error) => problem = problem.or(Some(error)),
            }
        }
        problem.map_or(Ok(changed), Err)
    }

    /// The number of lines, if it was written.
    async fn fetch(&mut self, list: FeedList) -> Result<Option<usize>, FeedListsError> {
        let key = list.object_key();
        let (etag, body) = match self.bucket.get(&key, self.etags.get(&list), MOST_BYTES).await? {
            Got::Unchanged => return Ok(None),
            Got::Absent => return Err(FeedListsError::Absent(key)),
            Got::Object { etag, body } => (etag, body),
        };
        let text = checked(body).map_err(|line| FeedListsError::NotAList { key, line })?;
        let path = self.path(list);
        let is_new = std::fs::read(&path).ok().is_none_or(|before| before != text.as_bytes());
        if is_new {
            list_file::replace(&path, &text).map_err(|source| FeedListsError::Write { path, source })?;
        }
        self.etags.insert(list, etag);
        Ok(is_new.then(|| text.lines().count()))
    }

    fn path(&self, list: FeedList) -> PathBuf {
        self.folder.join(list.name())
    }
}

/// For whoever wants to know whether the bucket can be read.
pub async fn probe(config: &Config) -> Result<(), FeedListsError> {
    match bucket(config).await?.get(&FeedList::Ip.object_key(), None, MOST_BYTES).await? {
        Got::Absent => Err(FeedListsError::Absent(FeedList::Ip.object_key())),
        Got::Unchanged | Got::Object { .. } => Ok(()),
    }
}

/// In the region of the queues, by the publisher's own credentials.
async fn bucket(config: &Config) -> Result<Bucket, FeedListsError> {
    let queue_url = config.queue_url.clone().or_else(|| config.relay.queue_url.clone());
    let destination = Destination {
        queue_url: queue_url.ok_or(Failure::NoQueue)?,
        profile: config.profile.clone(),
        endpoint_url: config.endpoint_url.clone(),
    };
    let Signer { region, credentials, trust } = queue::signer(&destination, &config.access).await?;
    let name = config.relay.lists_bucket.clone().ok_or(Failure::NoQueue)?;
    let place = Place {
        bucket: name.into(),
        region,
        endpoint: destination.endpoint_url.map(|url| url.as_str().to_owned()),
        credentials,
    };
    Ok(Bucket::new(trust.plain_client().map_err(FeedListsError::Client)?, place)?)
}

/// The text of a list, or the first line that is no line of one.
pub fn checked(body: Vec<u8>) -> Result<String, usize> {
    let text = String::from_utf8(body).map_err(|_| 1_usize)?;
    let is_line = |line: &str| list_file::split(line).is_some() && !line.contains(char::is_control);
    // Not `lines()`: it takes the carriage return away that Wazuh would read as a part of the value.
    match text.split_terminator('\n').position(|line| !is_line(line)) {
        Some(index) => Err(index + 1),
        None => Ok(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_lines_of_keys_and_values() {
        for (body, expected) in [
            ("", Ok(())),
            ("198.51.100.:spamhaus-drop\n203.0.113.9:feodo\n", Ok(())),
            ("\"2001:db8::9\":ours\n\"http://evil.example.com/a\":URLhaus,ours\n", Ok(())),
            ("203.0.113.9:feodo\n<html>\n", Err(2)),
            ("203.0.113.9\n", Err(1)),
            ("203.0.113.9:a\u{0}b\n", Err(1)),
            ("203.0.113.9:feodo\r\n", Err(1)),
            (":empty\n", Err(1)),
        ] {
            assert_eq!(checked(body.into()).map(drop), expected, "{body}");
        }
        assert_eq!(checked(vec![0xff]), Err(1));
    }
}
