//! Which events the manager has: the last ten thousand, also after a restart.

use std::collections::{HashSet, VecDeque};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use super::checked::EventId;

/// Hours of events in a busy site; 32 bytes each in the file and a few more in memory.
const WINDOW: usize = 10_000;

/// The ids of the last events that were written, oldest first, one a line of a file.
#[derive(Debug)]
pub struct Seen {
    path: PathBuf,
    file: File,
    order: VecDeque<EventId>,
    ids: HashSet<EventId>,
    lines: usize,
}

impl Seen {
    /// Lines that are not ids, such as one that a crash cut, are passed over.
    pub fn open(path: PathBuf) -> io::Result<Self> {
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
            Err(error) => return Err(error),
        };
        let mut file = append(&path)?;
        if !text.is_empty() && !text.ends_with('\n') {
            file.write_all(b"\n")?;
        }
        let mut seen =
            Self { path, file, order: VecDeque::new(), ids: HashSet::new(), lines: text.lines().count() };
        for id in text.lines().filter_map(EventId::parse) {
            seen.remember(id);
        }
        Ok(seen)
    }

    pub fn contains(&self, id: EventId) -> bool {
        self.ids.contains(&id)
    }

    /// One write, before the queue forgets the event: a kill in between costs a repeat that is recognised.
    pub fn note(&mut self, id: EventId) -> io::Result<()> {
        self.remember(id);
        if self.lines >= 2 * WINDOW {
            return self.rewrite();
        }
        self.file.write_all(format!("{id}\n").as_bytes())?;
        self.lines += 1;
        Ok(())
    }

    fn remember(&mut self, id: EventId) {
        if !self.ids.insert(id) {
            return;
        }
        self.order.push_back(id);
        if self.order.len() > WINDOW
            && let Some(oldest) = self.order.pop_front()
        {
            self.ids.remove(&oldest);
        }
    }

    fn rewrite(&mut self) -> io::Result<()> {
        let temporary = self.path.with_extension("new");
        let lines: Vec<String> = self.order.iter().map(ToString::to_string).collect();
        fs::write(&temporary, lines.join("\n") + "\n")?;
        fs::rename(&temporary, &self.path)?;
        self.file = append(&self.path)?;
        self.lines = self.order.len();
        Ok(())
    }
}

fn append(path: &Path) -> io::Result<File> {
    OpenOptions::new().append(true).create(true).mode(0o640).open(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(number: u32) -> EventId {
        EventId::parse(&format!("{number:032x}")).unwrap()
    }

    #[test]
    fn what_was_written_is_known_after_a_restart() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("seen");
        Seen::open(path.clone()).unwrap().note(id(1)).unwrap();
        let seen = Seen::open(path).unwrap();
        assert!(seen.contains(id(1)) && !seen.contains(id(2)));
    }

    #[test]
    fn a_line_that_a_crash_cut_costs_itself_only() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("seen");
        fs::write(&path, format!("{}\n{}", id(1), &id(2).to_string()[..20])).unwrap();
        Seen::open(path.clone()).unwrap().note(id(3)).unwrap();
        let seen = Seen::open(path).unwrap();
        assert!(seen.contains(id(1)) && !seen.contains(id(2)) && seen.contains(id(3)));
    }

    #[test]
    fn the_window_and_its_file_stay_bounded() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("seen");
        let mut seen = Seen::open(path.clone()).unwrap();
        for number in 0..30_005 {
            seen.note(id(number)).unwrap();
        }
        assert!(!seen.contains(id(20_004)) && seen.contains(id(20_005)) && seen.contains(id(30_004)));
        assert!(fs::metadata(&path).unwrap().len() <= 2 * 10_000 * 33);
        let seen = Seen::open(path).unwrap();
        assert!(!seen.contains(id(20_004)) && seen.contains(id(20_005)));
    }
}
