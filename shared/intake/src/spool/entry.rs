//! What lies in a spool: alerts, in a folder for each destination.

use std::collections::BinaryHeap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::SpoolError;

/// The alerts for one destination.
#[derive(Clone, Debug)]
pub struct Folder {
    pub(super) path: PathBuf,
}

/// One accepted alert.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Entry {
    pub(super) path: PathBuf,
}

/// How an accepted alert is treated on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// JSON: blanks around it go, and it is trimmed by field when it is too large.
    Json,
    /// Sent without a look.
    AsIs,
}

impl Folder {
    /// What [`Destination::to_json`] gave.
    pub fn destination_json(&self) -> io::Result<Vec<u8>> {
        fs::read(self.path.join(DESTINATION))
    }

    /// The folder's name, the same for the same destination.
    pub fn id(&self) -> String {
        self.path.file_name().unwrap_or_default().to_string_lossy().into_owned()
    }

    /// The alerts that wait, oldest first.
    pub fn waiting(&self) -> Result<Vec<Entry>, SpoolError> {
        let mut entries: Vec<_> =
            list(&self.path.join("new"))?.into_iter().map(|path| Entry { path }).collect();
        entries.sort();
        Ok(entries)
    }

    /// The first alerts that wait and are wanted, oldest first; however many wait, no more are held.
    pub fn oldest(&self, limit: usize, is_wanted: impl Fn(&str) -> bool) -> Result<Vec<Entry>, SpoolError> {
        let mut heap = BinaryHeap::new();
        self.each(|entry| {
            if is_wanted(&entry.name()) {
                heap.push(entry);
                if heap.len() > limit {
                    heap.pop();
                }
            }
        })?;
        Ok(heap.into_sorted_vec())
    }

    /// The alerts that wait, in no order, one after the other.
    pub fn each(&self, mut visit: impl FnMut(Entry)) -> Result<(), SpoolError> {
        let folder = self.path.join("new");
        let entries = match fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(SpoolError::at("list", &folder)(error)),
        };
        for entry in entries {
            visit(Entry { path: entry.map_err(SpoolError::at("list", &folder))?.path() });
        }
        Ok(())
    }

    /// Up to which name the log already says that alerts are kept.
    pub fn reported(&self) -> String {
        fs::read_to_string(self.path.join("reported")).unwrap_or_default()
    }

    /// Losing this costs a repeated line, so an error is nothing to stop for.
    pub fn set_reported(&self, name: &str) {
        let _ = fs::write(self.path.join("reported"), name);
    }

    pub(super) fn is_ready(&self) -> bool {
        self.path.join(DESTINATION).exists()
    }
}

impl Entry {
    pub fn name(&self) -> String {
        self.path.file_name().unwrap_or_default().to_string_lossy().into_owned()
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// When it was accepted, as its name says; nothing for a name that somebody else gave.
    pub fn accepted_at(&self) -> Option<SystemTime> {
        let nanoseconds: u64 = self.name().split('-').next()?.parse().ok()?;
        UNIX_EPOCH.checked_add(Duration::from_nanos(nanoseconds))
    }

    /// What it takes of the disk, in whole blocks.
    pub fn size_bytes(&self) -> u64 {
        fs::metadata(&self.path).map_or(0, |metadata| metadata.len().next_multiple_of(4096))
    }

    pub fn form(&self) -> Form {
        if self.path.extension().is_some_and(|extension| extension == "raw") {
            Form::AsIs
        } else {
            Form::Json
        }
    }

    pub fn read(&self) -> io::Result<Vec<u8>> {
        fs::read(&self.path)
    }

    /// Forgets the alert: SQS has it.
    pub fn remove(&self) -> Result<(), SpoolError> {
        match fs::remove_file(&self.path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(SpoolError::at("remove", &self.path)(error))
            }
            _ => Ok(()),
        }
    }
}

pub(super) const DESTINATION: &str = "destination.json";

/// The paths in a folder; none when there is no folder.
pub(super) fn list(folder: &Path) -> Result<Vec<PathBuf>, SpoolError> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(SpoolError::at("list", folder)(error)),
    };
    let paths: io::Result<Vec<_>> = entries.map(|entry| Ok(entry?.path())).collect();
    paths.map_err(SpoolError::at("list", folder))
}
