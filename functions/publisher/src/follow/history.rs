//! Which file comes when: today's through `alerts.json`, those before it by their dates.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use jiff::Timestamp;

use super::archive::{self, Entry};
use super::checkpoint::Place;
use super::source::{Id, Source, regular};
use super::{FollowError, Lag, Start, Trouble};

/// A file, and where to read on in it.
pub(super) struct Opened {
    pub source: Source,
    pub offset: u64,
    /// The bytes before the offset.
    pub recent: Vec<u8>,
}

impl Opened {
    fn at_beginning(source: Source) -> Self {
        Self { source, offset: 0, recent: Vec::new() }
    }
}

/// Where to begin without a checkpoint; nothing when there is no file yet.
pub(super) fn begin(alerts: &Path, start: Start) -> Result<Option<Opened>, FollowError> {
    if let Start::At(time) = start
        && let Some(source) = dated(alerts, |entries| entries.iter().find(|entry| may_hold(entry, time)))?
    {
        return Ok(Some(Opened::at_beginning(source)));
    }
    let Some(mut source) = newest(alerts)? else { return Ok(None) };
    Ok(Some(match start {
        Start::Beginning | Start::At(_) => Opened::at_beginning(source),
        Start::End => {
            let recent = source.go_to(source.end_of_lines()?)?;
            Opened { offset: source.at(), source, recent }
        }
    }))
}

/// The first file of a manager that had none before.
pub(super) fn first(alerts: &Path) -> Result<Option<Opened>, FollowError> {
    let current = current(alerts)?;
    let first = dated(alerts, <[Entry]>::first)?;
    Ok(first.or(current).map(Opened::at_beginning))
}

/// Finds the file of a checkpoint again, whatever it is called by now. What cannot be found goes on at the beginning of
/// what is most like it, and says so: rather twice than never.
pub(super) fn resume(alerts: &Path, place: &Place) -> Result<(Option<Opened>, Option<Trouble>), FollowError> {
    let mut entries = archive::list(root(alerts))?;
    loop {
        if let Some(found) = search(alerts, &entries, place)? {
            return Ok((Some(found), None));
        }
        let before = std::mem::replace(&mut entries, archive::list(root(alerts))?);
        // It may have been compressed during the search.
        if entries == before {
            break;
        }
    }
    let is_same = |entry: &&Entry| Some(entry.name) == place.name;
    let is_later = |entry: &&Entry| place.name.is_some_and(|name| entry.name > name);
    if let Some(source) = dated(alerts, |entries| entries.iter().find(is_same))? {
        return Ok((Some(Opened::at_beginning(source)), Some(Trouble::Replaced)));
    }
    let later = dated(alerts, |entries| entries.iter().find(is_later))?;
    let opened = if later.is_some() { later } else { current(alerts)? };
    // Nothing was read of a file without a first byte.
    let trouble = Some(Trouble::Gone).filter(|_| !place.head.is_empty());
    Ok((opened.map(Opened::at_beginning), trouble))
}

/// Whether Wazuh writes into another file by now. It closes a file before it links the next one.
pub(super) fn is_superseded(alerts: &Path, source: &Source) -> Result<bool, FollowError> {
    if source.plain().is_none() {
        return Ok(true);
    }
    if let Some(id) = id(alerts)? {
        return Ok(id != source.id());
    }
    // In the middle of a rotation, or where there are no hard links.
    let Some(name) = source.name() else { return Ok(false) };
    Ok(archive::list(root(alerts))?.iter().any(|entry| entry.name > name))
}

/// What comes after a superseded file, if it is there already. `before` is the end of the file before it.
pub(super) fn next(
    alerts: &Path,
    source: &Source,
    before: Option<&Place>,
) -> Result<Option<Opened>, FollowError> {
    let current = current(alerts)?;
    let last = current.as_ref().and_then(Source::name);
    // A name after the current one comes from a clock that was ahead; its turn comes with its day.
    let is_between = |entry: &&Entry| {
        source.name().is_some_and(|own| entry.name > own) && last.is_none_or(|last| entry.name < last)
    };
    let between = dated(alerts, |entries| entries.iter().find(is_between))?;
    let current = current.filter(|current| current.id() != source.id());
    let Some(opened) = between.or(current) else { return Ok(None) };
    // A clock that was set back made Wazuh go back to a file that is read already.
    let is_known = |place: &&Place| {
        place.file == opened.id() || place.name.is_some_and(|name| Some(name) == opened.name())
    };
    let known = before.filter(|_| opened.plain().is_some()).filter(is_known);
    let mut opened = Opened::at_beginning(opened);
    if let Some(place) = known {
        match opened.source.resume(place)? {
            Some(recent) => (opened.recent, opened.offset) = (recent, place.offset),
            // The number is used again.
            None => opened.source.rewind(),
        }
    }
    Ok(Some(opened))
}

/// What is still to be read.
pub(super) fn lag(alerts: &Path, source: Option<&Source>, offset: u64) -> Result<Lag, FollowError> {
    let entries = archive::list(root(alerts))?;
    let name = source.and_then(Source::name);
    let mut lag = Lag::default();
    if let Some(source) = source {
        let entry = entries.iter().find(|entry| entry.compressed && Some(entry.name) == name);
        let size_bytes =
            if source.plain().is_some() { source.size_bytes() } else { entry.map_or(0, archive::size_bytes) };
        lag.bytes = size_bytes.saturating_sub(offset);
    }
    let later = entries.iter().filter(|entry| source.is_none() || name.is_some_and(|name| entry.name > name));
    for entry in later {
        lag.files += 1;
        lag.bytes += archive::size_bytes(entry);
    }
    let unnamed = current(alerts)?.filter(|current| current.name().is_none());
    if let Some(current) = unnamed.filter(|current| source.is_none_or(|source| source.id() != current.id())) {
        lag.files += 1;
        lag.bytes += current.size_bytes();
    }
    Ok(lag)
}

/// The folder of `alerts.json`.
pub(super) fn root(alerts: &Path) -> &Path {
    alerts.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// `alerts.json` with its dated name; that is listed later, so it is there.
fn current(alerts: &Path) -> Result<Option<Source>, FollowError> {
    let Some(mut source) = Source::current(alerts)? else { return Ok(None) };
    source.set_name(archive::name_of(&archive::list(root(alerts))?, source.id()));
    Ok(Some(source))
}

fn newest(alerts: &Path) -> Result<Option<Source>, FollowError> {
    let current = current(alerts)?;
    if current.is_some() { Ok(current) } else { dated(alerts, <[Entry]>::last) }
}

/// The chosen one of the dated files. They are listed again when it was compressed since.
fn dated(
    alerts: &Path,
    choose: impl for<'a> Fn(&'a [Entry]) -> Option<&'a Entry>,
) -> Result<Option<Source>, FollowError> {
    loop {
        let entries = archive::list(root(alerts))?;
        let Some(entry) = choose(&entries) else { return Ok(None) };
        let source = Source::dated(entry)?;
        if source.is_some() {
            return Ok(source);
        }
    }
}

fn search(alerts: &Path, entries: &[Entry], place: &Place) -> Result<Option<Opened>, FollowError> {
    let (same, others): (Vec<_>, Vec<_>) = entries.iter().partition(|entry| Some(entry.name) == place.name);
    for entry in same {
        if let Some(found) = find(Source::dated(entry)?, place)? {
            return Ok(Some(found));
        }
    }
    // Without a first byte, only the name tells files apart.
    if place.head.is_empty() && place.name.is_some() {
        return Ok(None);
    }
    if let Some(found) = find(current(alerts)?, place)? {
        return Ok(Some(found));
    }
    for entry in others.into_iter().rev().filter(|_| !place.head.is_empty()) {
        if let Some(found) = find(Source::dated(entry)?, place)? {
            return Ok(Some(found));
        }
    }
    Ok(None)
}

fn find(source: Option<Source>, place: &Place) -> Result<Option<Opened>, FollowError> {
    let Some(mut source) = source else { return Ok(None) };
    let recent = source.resume(place)?;
    Ok(recent.map(|recent| Opened { source, offset: place.offset, recent }))
}

/// A file that was written to last before a time holds nothing younger.
fn may_hold(entry: &Entry, time: Timestamp) -> bool {
    entry.metadata().is_some_and(|metadata| metadata.mtime() >= time.as_second())
}

fn id(alerts: &Path) -> Result<Option<Id>, FollowError> {
    match fs::symlink_metadata(alerts) {
        Ok(metadata) => regular(alerts, &metadata).map(|()| Some(Id::of(&metadata))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(FollowError::Read(alerts.to_owned(), error)),
    }
}
