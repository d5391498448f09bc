//! The dated files that Wazuh keeps of its alerts, in their order.

use std::fs::{self, Metadata};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::{FollowError, Id};

/// What orders the files: `2026/Nov/ossec-alerts-22.json` is part 0, `ossec-alerts-22-001.json` part 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Name {
    date: Date,
    part: u32,
}

/// One dated file, as it is or compressed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Entry {
    pub name: Name,
    /// Sorts last: a `.gz` beside its original may be half-written.
    pub compressed: bool,
    pub path: PathBuf,
}

impl Entry {
    pub fn metadata(&self) -> Option<Metadata> {
        fs::symlink_metadata(&self.path).ok()
    }
}

/// All dated files beside `alerts.json`, oldest first, each name once; none when there is no folder.
pub(super) fn list(root: &Path) -> Result<Vec<Entry>, FollowError> {
    let mut entries = scan(root)?;
    // A file that is compressed during a scan may be in it under neither name, and would be passed over.
    for _ in 0..MAX_SCANS {
        let before = std::mem::replace(&mut entries, scan(root)?);
        if entries == before {
            break;
        }
    }
    Ok(entries)
}

/// The dated name of an open file; nothing when it has none, or is compressed.
pub(super) fn name_of(entries: &[Entry], id: Id) -> Option<Name> {
    let is_it = |entry: &&Entry| entry.metadata().is_some_and(|metadata| Id::of(&metadata) == id);
    // Newest first, because that is nearly always the one.
    entries.iter().rev().filter(|entry| !entry.compressed).find(is_it).map(|entry| entry.name)
}

/// What a compressed file holds, as its last bytes say.
pub(super) fn size_bytes(entry: &Entry) -> u64 {
    if !entry.compressed {
        return entry.metadata().map_or(0, |metadata| metadata.size());
    }
    let size = || -> io::Result<u32> {
        let file = fs::File::open(&entry.path)?;
        let mut last = [0; 4];
        let end = file.metadata()?.size().saturating_sub(4);
        std::os::unix::fs::FileExt::read_exact_at(&file, &mut last, end)?;
        Ok(u32::from_le_bytes(last))
    };
    size().unwrap_or_default().into()
}

const MAX_SCANS: usize = 20;

const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

fn scan(root: &Path) -> Result<Vec<Entry>, FollowError> {
    let mut entries = Vec::new();
    for year in folder(root)? {
        let Some(number) = text(&year).filter(|text| text.len() == 4).and_then(|text| text.parse().ok())
        else {
            continue;
        };
        for month in folder(&year)? {
            let index = MONTHS.iter().position(|known| text(&month) == Some(known));
            let Some(index) = index.and_then(|index| i8::try_from(index + 1).ok()) else { continue };
            let files = folder(&month)?;
            entries.extend(files.into_iter().filter_map(|path| entry(number, index, path)));
        }
    }
    entries.sort();
    entries.dedup_by_key(|entry| entry.name);
    Ok(entries)
}

fn entry(year: i16, month: i8, path: PathBuf) -> Option<Entry> {
    let rest = text(&path)?.strip_prefix("ossec-alerts-")?;
    let (stem, compressed) = match rest.strip_suffix(".json.gz") {
        Some(stem) => (stem, true),
        None => (rest.strip_suffix(".json")?, false),
    };
    let (day, part) = match stem.split_once('-') {
        Some((day, part)) => (day, part.parse().ok()?),
        None => (stem, 0),
    };
    let date = Date::new(year, month, day.parse().ok()?).ok()?;
    let entry = Entry { name: Name { date, part }, compressed, path };
    entry.metadata().is_some_and(|metadata| metadata.is_file()).then_some(entry)
}

fn text(path: &Path) -> Option<&str> {
    path.file_name()?.to_str()
}

fn folder(path: &Path) -> Result<Vec<PathBuf>, FollowError> {
    let listed = fs::read_dir(path).and_then(|entries| entries.map(|entry| Ok(entry?.path())).collect());
    match listed {
        Ok(paths) => Ok(paths),
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            Ok(Vec::new())
        }
        Err(error) => Err(FollowError::Read(path.to_owned(), error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dated_files_come_in_order_and_nothing_else_does() {
        let folder = tempfile::tempdir().unwrap();
        let names = [
            "2025/Dec/ossec-alerts-31.json.gz",
            "2026/Feb/ossec-alerts-01.json.gz",
            "2026/Feb/ossec-alerts-02.json",
            "2026/Feb/ossec-alerts-02.json.gz",
            "2026/Feb/ossec-alerts-02-002.json",
            "2026/Feb/ossec-alerts-02-010.json",
            "2026/Jan/ossec-alerts-31.json.gz",
        ];
        let others = [
            "2026/Feb/ossec-alerts-30.json",
            "2026/Feb/ossec-alerts-03.json.sum",
            "2026/Feb/ossec-alerts-03.log",
            "2026/Foo/ossec-alerts-03.json",
            "26/Feb/ossec-alerts-03.json",
            "2026/Feb/ossec-alerts-x.json",
        ];
        for name in names.iter().chain(&others) {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        }
        fs::create_dir(folder.path().join("2026/Feb/ossec-alerts-04.json")).unwrap();
        let entries = list(folder.path()).unwrap();
        let found: Vec<_> = entries
            .iter()
            .map(|entry| entry.path.strip_prefix(folder.path()).unwrap().to_str().unwrap())
            .collect();
        assert_eq!(
            found,
            [
                "2025/Dec/ossec-alerts-31.json.gz",
                "2026/Jan/ossec-alerts-31.json.gz",
                "2026/Feb/ossec-alerts-01.json.gz",
                "2026/Feb/ossec-alerts-02.json",
                "2026/Feb/ossec-alerts-02-002.json",
                "2026/Feb/ossec-alerts-02-010.json",
            ]
        );
        assert!(list(&folder.path().join("missing")).unwrap().is_empty());
    }
}
