//! From files to what is known before anybody is asked.

use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use intel::feed::{self, Naming, Tally};
use intel::{MemoryStore, Warninglist};
use jiff::Timestamp;

use crate::cli::FeedFile;
use crate::failure::{Count, Failure};
use crate::terminal::tell;

/// Loads a feed; says what of it was left out.
pub(crate) fn load(feed: &FeedFile, store: &MemoryStore, now: Timestamp) -> Result<(), Failure> {
    let path = &feed.path;
    let file = File::open(path).map_err(|source| Failure::Unreadable { path: path.clone(), source })?;
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let naming = feed.name.as_deref().map_or(Naming::Otherwise(&stem), Naming::Always);
    let tally = feed::read(BufReader::new(file), naming, now, &mut |row| store.load(row))
        .map_err(|source| Failure::Feed { path: path.clone(), source })?;
    report(&tally, path);
    if tally.rows == 0 { Err(Failure::EmptyFeed(path.clone())) } else { Ok(()) }
}

fn report(tally: &Tally, path: &Path) {
    let path = path.display();
    for problem in &tally.problems {
        tell(&format!("{path}, {problem}"));
    }
    let left_out: Vec<String> = [
        (tally.bad, "unreadable"),
        (tally.expired, "expired or deleted"),
        (tally.other_types, "of a type that alerts are not searched for"),
    ]
    .into_iter()
    .filter(|(count, _)| *count > 0)
    .map(|(count, what)| format!("{count} {what}"))
    .collect();
    if !left_out.is_empty() {
        tell(&format!("{path}: {} loaded; left out: {}", Count(tally.rows, "row"), left_out.join(", ")));
    }
}

/// Reads a warninglist; says if it has no say.
pub(crate) fn read_warninglist(path: &Path) -> Result<Warninglist, Failure> {
    let json = std::fs::read(path).map_err(|source| Failure::Unreadable { path: path.to_owned(), source })?;
    let list =
        Warninglist::read(&json).map_err(|source| Failure::Warninglist { path: path.to_owned(), source })?;
    let path = path.display();
    if list.standing().is_none() {
        tell(&format!("{path}: \"{}\" says nothing that bounds a score, so it is not used", list.name));
    } else if list.unusable > 0 {
        tell(&format!(
            "{path}: left out: {} that alerts are not searched for",
            Count(list.unusable, "value")
        ));
    }
    Ok(list)
}
