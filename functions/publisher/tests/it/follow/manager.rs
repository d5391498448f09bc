//! What Wazuh's manager does to its alert files.

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;
use publisher::follow::{FollowOptions, Follower, Start, Trouble};
use tempfile::TempDir;

pub struct Manager {
    folder: TempDir,
    file: Option<File>,
    day: u32,
    part: u32,
}

impl Manager {
    /// Installed, and never started.
    pub fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), file: None, day: 0, part: 0 }
    }

    /// On its first day.
    pub fn started() -> Self {
        let mut manager = Self::new();
        manager.rotate();
        manager
    }

    pub fn alerts(&self) -> PathBuf {
        self.folder.path().join("alerts/alerts.json")
    }

    pub fn dated(&self, day: u32, part: u32) -> PathBuf {
        let (month, day) = (MONTHS[day as usize / 28], day % 28 + 1);
        let part = if part == 0 { String::new() } else { format!("-{part:03}") };
        self.folder.path().join(format!("alerts/2026/{month}/ossec-alerts-{day:02}{part}.json"))
    }

    pub fn current(&self) -> (u32, u32) {
        (self.day, self.part)
    }

    pub fn today(&self) -> PathBuf {
        self.dated(self.day, self.part)
    }

    /// A new day.
    pub fn rotate(&mut self) {
        self.turn_to(self.day + 1, 0);
    }

    /// A new file on the same day.
    pub fn rotate_part(&mut self) {
        self.turn_to(self.day, self.part + 1);
    }

    /// As `getloglocation.c` does: close, open the dated file, unlink, link.
    pub fn turn_to(&mut self, day: u32, part: u32) {
        drop(self.file.take());
        (self.day, self.part) = (day, part);
        let path = self.today();
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        self.file = Some(OpenOptions::new().append(true).create(true).open(&path).unwrap());
        let _ = fs::remove_file(self.alerts());
        fs::hard_link(path, self.alerts()).unwrap();
    }

    /// As `turn_to`, by a program that puts the new name over the old one at once.
    pub fn rotate_by_rename(&mut self) {
        drop(self.file.take());
        (self.day, self.part) = (self.day + 1, 0);
        let path = self.today();
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        self.file = Some(OpenOptions::new().append(true).create(true).open(&path).unwrap());
        let link = self.alerts().with_extension("new");
        fs::hard_link(path, &link).unwrap();
        fs::rename(link, self.alerts()).unwrap();
    }

    /// As a script does that keeps the file small: copied elsewhere, and emptied while Wazuh has it open.
    pub fn copy_truncate(&mut self) {
        fs::copy(self.alerts(), self.folder.path().join("alerts.json.1")).unwrap();
        self.file.as_ref().unwrap().set_len(0).unwrap();
    }

    /// Of the file that is written now.
    pub fn size_bytes(&self) -> u64 {
        self.file.as_ref().unwrap().metadata().unwrap().len()
    }

    pub fn write(&mut self, bytes: impl AsRef<[u8]>) {
        self.file.as_mut().unwrap().write_all(bytes.as_ref()).unwrap();
    }

    pub fn alert(&mut self, number: u64) {
        self.write(alert(number) + "\n");
    }

    /// As monitord does with the days before.
    pub fn compress(&self, day: u32, part: u32) {
        let path = self.dated(day, part);
        let gz = path.with_added_extension("gz");
        let mut encoder = GzEncoder::new(File::create(&gz).unwrap(), Compression::fast());
        encoder.write_all(&fs::read(&path).unwrap()).unwrap();
        encoder.finish().unwrap();
        fs::remove_file(path).unwrap();
    }

    pub fn options(&self, start: Start) -> FollowOptions {
        let options = FollowOptions::new(&self.checkpoint());
        FollowOptions { alerts: self.alerts(), start, ..options }
    }

    pub fn follower(&self, start: Start) -> Follower {
        Follower::open(self.options(start)).unwrap()
    }

    pub fn checkpoint(&self) -> PathBuf {
        self.folder.path().join("follow.json")
    }

    pub fn root(&self) -> &Path {
        self.folder.path()
    }
}

/// A small alert of its own.
pub fn alert(number: u64) -> String {
    format!(
        r#"{{"timestamp":"2026-11-22T10:00:00.000+0000","rule":{{"level":5,"id":"5763"}},"id":"{number}"}}"#
    )
}

pub fn padded(number: u64, padding: usize) -> String {
    alert(number).replace("\"rule\"", &format!("\"full_log\":\"{}\",\"rule\"", "x".repeat(padding)))
}

/// The numbers of all alerts that can be read now.
pub fn read_all(follower: &mut Follower) -> Vec<u64> {
    let (numbers, _) = read_with_troubles(follower);
    numbers
}

pub fn read_with_troubles(follower: &mut Follower) -> (Vec<u64>, Vec<Trouble>) {
    let (mut numbers, mut troubles) = (Vec::new(), Vec::new());
    loop {
        let batch = follower.read(4096).unwrap();
        numbers.extend(batch.alerts().map(number));
        troubles.extend(batch.notices().iter().map(|notice| notice.trouble));
        if batch.is_idle() {
            return (numbers, troubles);
        }
    }
}

/// Reads everything, and remembers it.
pub fn read_and_commit(follower: &mut Follower) -> Vec<u64> {
    let numbers = read_all(follower);
    let position = follower.read(4096).unwrap().position();
    follower.commit(&position).unwrap();
    numbers
}

pub fn number(line: &[u8]) -> u64 {
    let text = String::from_utf8_lossy(line);
    let value: serde_json::Value = serde_json::from_str(&text).unwrap();
    value["id"].as_str().unwrap().parse().unwrap()
}

/// The months that tests reach, with 28 days each.
const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

pub const NONE: [u64; 0] = [];
