//! The CDB list of confirmed indicators, `etc/lists/wazuh-triage-ioc`: Wazuh matches later events against it.
//!
//! One line an indicator, `key:day of the last confirmation`. The file is the state: it is read again before each
//! rewrite, so what a person adds or removes counts. A line whose value is no day never expires.

use std::collections::BTreeMap;
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use domain::indicator::Indicator;
use jiff::ToSpan;
use jiff::civil::Date;

use crate::list_file::{replace, split};

/// Most lines of the list; Wazuh maps it into memory.
const MAX_LINES: usize = 50_000;

/// analysisd may have to be reloaded for each rewrite.
const SHORTEST_INTERVAL: Duration = Duration::from_mins(1);

/// How often a list that nothing is added to is looked at for what has expired.
const LONGEST_INTERVAL: Duration = Duration::from_hours(6);

/// What a verdict says about the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    Confirmed(Indicator),
    /// It was accused and is benign.
    Cleared(Indicator),
}

/// The list and what is to be changed in it.
#[derive(Debug)]
pub struct List {
    path: PathBuf,
    days: u16,
    /// Changes that are not in the list yet, on disk as well: the queue forgets them before the list is written.
    pending: Pending,
    updated_at: Option<Instant>,
}

/// What an update did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Updated {
    NotDue,
    Unchanged,
    /// Wazuh does not know the new list until it is reloaded.
    Rewritten {
        lines: usize,
    },
}

impl List {
    pub fn open(path: PathBuf, days: u16, pending: PathBuf) -> io::Result<Self> {
        Ok(Self { path, days, pending: Pending::open(pending)?, updated_at: None })
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Remembered, also over a crash, until the next update.
    pub fn note(&mut self, change: &Change, today: Date) -> io::Result<()> {
        self.pending.note(change, today)
    }

    /// Rewrites the list if something changed, at most once a minute.
    pub fn update(&mut self, now: Instant, today: Date) -> io::Result<Updated> {
        let interval = if self.pending.lines.is_empty() { LONGEST_INTERVAL } else { SHORTEST_INTERVAL };
        if self.updated_at.is_some_and(|last| now.saturating_duration_since(last) < interval) {
            return Ok(Updated::NotDue);
        }
        // Also after a failure: a full disk is not asked again with each event.
        self.updated_at = Some(now);
        self.update_now(today)
    }

    /// For the end of the program, which may come before the next update is due.
    pub fn update_now(&mut self, today: Date) -> io::Result<Updated> {
        let before = match fs::read_to_string(&self.path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
            Err(error) => return Err(error),
        };
        let after = updated(&before, &self.pending.lines, today, self.days);
        if after == before {
            self.pending.clear()?;
            return Ok(Updated::Unchanged);
        }
        replace(&self.path, &after)?;
        self.pending.clear()?;
        Ok(Updated::Rewritten { lines: after.lines().count() })
    }
}

/// The list as it should be: changes applied in their order, expired lines gone, the latest kept if there are too many.
fn updated(before: &str, changes: &[String], today: Date, days: u16) -> String {
    let mut lines: BTreeMap<String, String> = before
        .lines()
        .filter_map(|line| split(line))
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .collect();
    for change in changes {
        match (change.strip_prefix('+').and_then(split), change.strip_prefix('-')) {
            (Some((key, day)), _) => {
                // A line without a day was written by a person, who wants it to stay.
                let by_hand = lines.get(key).is_some_and(|value| day_of(value).is_none());
                if !by_hand {
                    lines.insert(key.to_owned(), day.to_owned());
                }
            }
            (None, Some(key)) => drop(lines.remove(key)),
            (None, None) => {}
        }
    }
    let oldest = today.checked_sub(i32::from(days).days()).unwrap_or(Date::MIN);
    lines.retain(|_, value| day_of(value).is_none_or(|day| day >= oldest));
    if lines.len() > MAX_LINES {
        let mut by_age: Vec<(Date, String)> =
            lines.iter().filter_map(|(key, value)| Some((day_of(value)?, key.clone()))).collect();
        by_age.sort();
        for (_, key) in by_age.into_iter().take(lines.len() - MAX_LINES) {
            lines.remove(&key);
        }
    }
    lines.into_iter().map(|(key, value)| format!("{key}:{value}\n")).collect::<Vec<_>>().concat()
}

fn day_of(value: &str) -> Option<Date> {
    value.parse().ok()
}

/// The key of an indicator as the list has it; nothing for what a list cannot hold.
fn key(indicator: &Indicator) -> Option<String> {
    let text = indicator.to_string();
    let fits = text.len() <= MAX_KEY_BYTES && !text.contains('"') && !text.contains(char::is_control);
    fits.then(|| if text.contains(':') { format!("\"{text}\"") } else { text })
}

const MAX_KEY_BYTES: usize = 1024;

/// Changes since the last update, `+key:day` or `-key`, one a line.
#[derive(Debug)]
struct Pending {
    path: PathBuf,
    lines: Vec<String>,
}

impl Pending {
    fn open(path: PathBuf) -> io::Result<Self> {
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
            Err(error) => return Err(error),
        };
        // A last line without its end was cut by a crash; its event was not forgotten and comes again.
        let whole = text.rfind('\n').and_then(|end| text.get(..end)).unwrap_or_default();
        let lines: Vec<String> = whole.lines().map(str::to_owned).collect();
        let pending = Self { path, lines };
        pending.write_all()?;
        Ok(pending)
    }

    fn note(&mut self, change: &Change, today: Date) -> io::Result<()> {
        let line = match change {
            Change::Confirmed(indicator) => key(indicator).map(|key| format!("+{key}:{today}")),
            Change::Cleared(indicator) => key(indicator).map(|key| format!("-{key}")),
        };
        let Some(line) = line.filter(|line| !self.lines.contains(line)) else { return Ok(()) };
        let mut file = OpenOptions::new().append(true).create(true).mode(0o640).open(&self.path)?;
        file.write_all(format!("{line}\n").as_bytes())?;
        self.lines.push(line);
        Ok(())
    }

    fn clear(&mut self) -> io::Result<()> {
        if self.lines.is_empty() {
            return Ok(());
        }
        self.lines.clear();
        self.write_all()
    }

    fn write_all(&self) -> io::Result<()> {
        if self.lines.is_empty() {
            return match fs::remove_file(&self.path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
                _ => Ok(()),
            };
        }
        fs::write(&self.path, self.lines.join("\n") + "\n")
    }
}

#[cfg(test)]
mod tests {
    use std::fs::Permissions;
    use std::os::unix::fs::{MetadataExt, PermissionsExt};

    use super::*;

    const TODAY: Date = jiff::civil::date(2026, 10, 3);

    fn confirmed(indicator: &str) -> Change {
        Change::Confirmed(indicator.parse().unwrap())
    }

    fn list_in(folder: &Path) -> List {
        List::open(folder.join("wazuh-triage-ioc"), 30, folder.join("pending")).unwrap()
    }

    #[test]
    fn each_kind_of_indicator_has_its_line() {
        let folder = tempfile::tempdir().unwrap();
        let mut list = list_in(folder.path());
        for indicator in [
            "203.0.113.24",
            "2001:db8::7",
            "evil.example.com",
            "http://evil.example.com/a",
            "6c1e26a76c1e26a76c1e26a76c1e26a7",
        ] {
            list.note(&confirmed(indicator), TODAY).unwrap();
        }
        assert_eq!(list.update_now(TODAY).unwrap(), Updated::Rewritten { lines: 5 });
        assert_eq!(
            fs::read_to_string(list.path()).unwrap(),
            "\"2001:db8::7\":2026-10-03\n\"http://evil.example.com/a\":2026-10-03\n203.0.113.24:2026-10-03\n\
             6c1e26a76c1e26a76c1e26a76c1e26a7:2026-10-03\nevil.example.com:2026-10-03\n"
        );
        assert_eq!(list.update_now(TODAY).unwrap(), Updated::Unchanged);
    }

    #[test]
    fn a_list_changes_by_what_happened_to_it() {
        let plus = |key: &str| format!("+{key}:2026-10-03");
        for (what, before, changes, after) in [
            (
                "a new one comes",
                "a.example:2026-10-01\n",
                vec![plus("b.example")],
                "a.example:2026-10-01\nb.example:2026-10-03\n",
            ),
            (
                "a confirmation renews",
                "a.example:2026-10-01\n",
                vec![plus("a.example")],
                "a.example:2026-10-03\n",
            ),
            ("thirty days are kept", "a.example:2026-09-03\n", vec![], "a.example:2026-09-03\n"),
            ("the next day it expires", "a.example:2026-09-02\n", vec![], ""),
            ("a cleared one goes", "\"2001:db8::7\":2026-10-01\n", vec!["-\"2001:db8::7\"".into()], ""),
            ("the last word counts", "", vec![plus("a.example"), "-a.example".into()], ""),
            (
                "what a person wrote stays",
                "a.example:by hand\nb.example:\n",
                vec![plus("a.example")],
                "a.example:by hand\nb.example:\n",
            ),
            ("what is no line goes", "nonsense\n\"cut\n:x\n", vec![], ""),
        ] {
            assert_eq!(updated(before, &changes, TODAY, 30), after, "{what}");
        }
    }

    #[test]
    fn of_too_many_the_latest_stay() {
        let old: Vec<String> =
            (0..MAX_LINES).map(|number| format!("h{number}.example:2026-09-20\n")).collect();
        let changes: Vec<String> = (0..10).map(|number| format!("+new{number}.example:2026-10-03")).collect();
        let after = updated(&(old.concat() + "kept.example:by hand\n"), &changes, TODAY, 30);
        assert_eq!(after.lines().count(), MAX_LINES);
        assert_eq!(after.matches(":2026-10-03\n").count(), 10);
        assert!(after.contains("kept.example:by hand\n"));
    }

    #[test]
    fn it_is_rewritten_at_most_once_a_minute_and_loses_nothing_over_a_crash() {
        let folder = tempfile::tempdir().unwrap();
        let start = Instant::now();
        let mut list = list_in(folder.path());
        list.note(&confirmed("a.example.com"), TODAY).unwrap();
        assert_eq!(list.update(start, TODAY).unwrap(), Updated::Rewritten { lines: 1 });
        list.note(&confirmed("b.example.com"), TODAY).unwrap();
        assert_eq!(list.update(start + Duration::from_secs(59), TODAY).unwrap(), Updated::NotDue);
        drop(list);
        let mut list = list_in(folder.path());
        assert_eq!(list.update(start, TODAY).unwrap(), Updated::Rewritten { lines: 2 });
        assert!(!folder.path().join("pending").exists());
    }

    #[test]
    fn mode_and_owner_of_the_list_stay() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("wazuh-triage-ioc");
        let mut list = list_in(folder.path());
        list.note(&confirmed("a.example.com"), TODAY).unwrap();
        list.update_now(TODAY).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o660);
        fs::set_permissions(&path, Permissions::from_mode(0o640)).unwrap();
        let is_root = rustix::process::geteuid().is_root();
        if is_root {
            std::os::unix::fs::chown(&path, Some(999), Some(998)).unwrap();
        }
        list.note(&confirmed("b.example.com"), TODAY).unwrap();
        list.update_now(TODAY).unwrap();
        let metadata = fs::metadata(&path).unwrap();
        assert_eq!(metadata.mode() & 0o777, 0o640);
        assert!(!is_root || (metadata.uid(), metadata.gid()) == (999, 998));
    }
}
