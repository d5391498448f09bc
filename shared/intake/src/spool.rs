//! The spool: accepted alerts as files, until SQS has them.
//!
//! ```text
//! SPOOL/lock                      held by the one shipper (flock)
//! SPOOL/doorbell                  a datagram socket, where the resident service listens
//! SPOOL/full                      there while the spool holds all it may; says how much
//! SPOOL/tmp/                      half-written files
//! SPOOL/rejected/NAME             what can never be sent, or was not sent in time
//! SPOOL/rejected/feedback-*       what the relay set aside, with a .reason each
//! SPOOL/status, follow.json, relay/  the service's, the follower's and the relay's own
//! SPOOL/<destination>/destination.json, reported, new/NAME
//! ```
//! A name in `new/` is a whole alert: it came by `link(2)` or `rename(2)`. It goes when SQS has acknowledged it.
//! A name begins with the time of its acceptance.

mod entry;
mod error;

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rustix::process::geteuid;

use crate::destination::Destination;

pub use entry::{Entry, Folder, Form};
pub use error::SpoolError;

use entry::{DESTINATION, list};

/// The folder that holds accepted alerts.
#[derive(Clone, Debug)]
pub struct Spool {
    root: PathBuf,
    durability: Durability,
}

/// What an accepted alert survives.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Durability {
    /// A kill at any instant; a power failure may cost what the kernel had not written yet.
    #[default]
    Os,
    /// A power failure too: file and folder are on the disk before the call ends.
    Disk,
}

impl TryFrom<String> for Durability {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        match text.as_str() {
            "os" => Ok(Self::Os),
            "disk" => Ok(Self::Disk),
            _ => Err("it is neither os nor disk"),
        }
    }
}

/// Who holds it is the one shipper of the spool.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

/// What became of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    Waiting,
    Rejected,
    Sent,
}

impl Spool {
    /// Refuses root in a spool of another user: it would leave files that the integration cannot read.
    pub fn open(root: PathBuf, durability: Durability) -> Result<Self, SpoolError> {
        // Asked of the kernel: to look at /proc/self takes 27 µs, a tenth of a whole call.
        if geteuid().is_root() && fs::metadata(&root).is_ok_and(|metadata| metadata.uid() != 0) {
            return Err(SpoolError::at("use as root", &root)(io::ErrorKind::PermissionDenied.into()));
        }
        Ok(Self { root, durability })
    }

    pub fn path(&self) -> &Path {
        &self.root
    }

    /// Accepts an alert by a second name for its file, or by a copy where there cannot be one.
    ///
    /// Never moves the file: it is integratord's, who removes it after the call.
    pub fn accept_file(&self, to: &Destination, file: &Path, bytes: &[u8]) -> Result<Entry, SpoolError> {
        self.prepare(to)?;
        let path = self.folder_of(to).path.join("new").join(name(Form::Json));
        if link(file, &path).is_err() {
            self.write(&path, bytes)?;
        } else if self.durability == Durability::Disk {
            let synced =
                File::open(&path).and_then(|file| file.sync_data()).and_then(|()| sync_folder(&path));
            synced.map_err(SpoolError::at("write to the disk", &path))?;
        }
        Ok(Entry { path })
    }

    /// Accepts an alert that has no file of its own.
    pub fn accept(&self, to: &Destination, bytes: &[u8], form: Form) -> Result<Entry, SpoolError> {
        self.prepare(to)?;
        let path = self.folder_of(to).path.join("new").join(name(form));
        self.write(&path, bytes)?;
        Ok(Entry { path })
    }

    /// An error while there is no room. Whoever ships measures; whoever accepts only looks.
    pub fn has_room(&self) -> Result<(), SpoolError> {
        match fs::read_to_string(self.root.join(FULL)) {
            Ok(held) => Err(SpoolError::Full { path: self.root.clone(), held }),
            Err(_) => Ok(()),
        }
    }

    pub fn set_full(&self, held: &str) -> Result<(), SpoolError> {
        let path = self.root.join(FULL);
        if fs::read(&path).is_ok_and(|said| said == held.as_bytes()) {
            return Ok(());
        }
        self.write(&path, held.as_bytes())
    }

    pub fn set_room(&self) {
        // It fails when there is none, and then there is room already.
        let _ = fs::remove_file(self.root.join(FULL));
    }

    /// Where the resident service listens.
    pub fn doorbell(&self) -> PathBuf {
        self.root.join("doorbell")
    }

    /// Keeps a text that is no alert, for a person to look at.
    pub fn reject(&self, bytes: &[u8]) -> Result<PathBuf, SpoolError> {
        let path = self.root.join("rejected").join(name(Form::AsIs));
        make_folder(&self.root.join("rejected"))?;
        self.write(&path, bytes)?;
        Ok(path)
    }

    /// The lock, unless another process has it.
    pub fn try_lock(&self) -> Result<Option<Lock>, SpoolError> {
        make_folder(&self.root)?;
        let path = self.root.join("lock");
        // Open for reading, it is in nobody's way when the disk turns read-only.
        let file = File::open(&path).or_else(|_| {
            OpenOptions::new().write(true).create(true).truncate(false).mode(0o640).open(&path)?;
            File::open(&path)
        });
        let file = file.map_err(SpoolError::at("open", &path))?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Lock { _file: file })),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(SpoolError::at("lock", &path)(error)),
        }
    }

    /// What lies in `rejected/`, oldest first; without the reasons that lie beside it.
    pub fn rejected(&self) -> Result<Vec<Entry>, SpoolError> {
        let is_whole = |path: &PathBuf| {
            path.extension().is_none_or(|extension| extension != "reason" && extension != "new")
        };
        let paths = list(&self.root.join("rejected"))?.into_iter().filter(is_whole);
        let mut entries: Vec<_> = paths.map(|path| Entry { path }).collect();
        entries.sort();
        Ok(entries)
    }

    /// All folders with a destination; one without is about to get it, and holds no alert yet.
    pub fn folders(&self) -> Result<Vec<Folder>, SpoolError> {
        let mut folders: Vec<_> =
            list(&self.root)?.into_iter().map(|path| Folder { path }).filter(Folder::is_ready).collect();
        folders.sort_by(|one, other| one.path.cmp(&other.path));
        Ok(folders)
    }

    /// The folder of a destination, there to be written to.
    pub fn folder_for(&self, destination: &Destination) -> Result<Folder, SpoolError> {
        self.prepare(destination)?;
        Ok(self.folder_of(destination))
    }

    pub fn folder_of(&self, destination: &Destination) -> Folder {
        Folder { path: self.root.join(destination.id()) }
    }

    /// Moves an alert that SQS will never take out of the way.
    pub fn set_aside(&self, entry: &Entry) -> Result<PathBuf, SpoolError> {
        let to = self.root.join("rejected").join(entry.name());
        make_folder(&self.root.join("rejected"))?;
        fs::rename(&entry.path, &to).map_err(SpoolError::at("write", &to))?;
        Ok(to)
    }

    pub fn state(&self, entry: &Entry) -> State {
        if entry.path.exists() {
            State::Waiting
        } else if self.root.join("rejected").join(entry.name()).exists() {
            State::Rejected
        } else {
            State::Sent
        }
    }

    /// Removes what writers that were killed left half-written.
    pub fn tidy(&self) {
        for path in list(&self.root.join("tmp")).unwrap_or_default() {
            let age = path.metadata().and_then(|metadata| metadata.modified()).ok();
            if age.and_then(|time| time.elapsed().ok()).is_some_and(|age| age > ABANDONED) {
                let _ = fs::remove_file(path);
            }
        }
    }

    /// The first call for a destination makes its folders; the alert comes last, so it is never without one.
    fn prepare(&self, destination: &Destination) -> Result<(), SpoolError> {
        let folder = self.folder_of(destination);
        if folder.is_ready() {
            return Ok(());
        }
        make_folder(&folder.path.join("new"))?;
        self.write(&folder.path.join(DESTINATION), destination.to_json().as_bytes())
    }

    fn write(&self, path: &Path, bytes: &[u8]) -> Result<(), SpoolError> {
        let temporary = self.root.join("tmp").join(name(Form::AsIs));
        make_folder(&self.root.join("tmp"))?;
        let file = OpenOptions::new().write(true).create_new(true).mode(0o640).open(&temporary);
        let written = file.and_then(|mut file| {
            file.write_all(bytes)?;
            if self.durability == Durability::Disk {
                file.sync_data()?;
            }
            fs::rename(&temporary, path)?;
            if self.durability == Durability::Disk { sync_folder(path) } else { Ok(()) }
        });
        written.map_err(|error| {
            let _ = fs::remove_file(&temporary);
            SpoolError::at("write", path)(error)
        })
    }
}

const FULL: &str = "full";

/// Longer than any write takes.
const ABANDONED: Duration = Duration::from_hours(1);

/// A name that no other call makes, and that sorts by time.
fn name(form: Form) -> String {
    static COUNTER: AtomicU32 = AtomicU32::new(0);
    let extension = match form {
        Form::Json => "json",
        Form::AsIs => "raw",
    };
    let count = COUNTER.fetch_add(1, Ordering::Relaxed);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_nanos());
    format!("{now:020}-{:07}-{count:06}.{extension}", std::process::id())
}

/// Fails across file systems, and for a file of another user where the kernel protects hard links.
fn link(file: &Path, path: &Path) -> io::Result<()> {
    if !fs::symlink_metadata(file)?.is_file() {
        return Err(io::Error::other("only a regular file can be linked"));
    }
    fs::hard_link(file, path)
}

/// A name is on the disk when its folder is.
fn sync_folder(path: &Path) -> io::Result<()> {
    path.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all())
}

fn make_folder(path: &Path) -> Result<(), SpoolError> {
    if path.is_dir() {
        return Ok(());
    }
    let made = DirBuilder::new().recursive(true).mode(0o750).create(path);
    made.map_err(SpoolError::at("make the folder", path))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::destination::QueueUrl;

    fn destination() -> Destination {
        let queue_url = QueueUrl::try_from(QueueUrl::EXAMPLE.to_owned()).unwrap();
        Destination { queue_url, profile: None, endpoint_url: None }
    }

    #[test]
    fn alerts_come_back_in_the_order_they_were_accepted() {
        let folder = tempfile::tempdir().unwrap();
        let spool = Spool::open(folder.path().join("spool"), Durability::Disk).unwrap();
        let bodies: Vec<String> = (0..50).map(|number| number.to_string()).collect();
        for body in &bodies {
            spool.accept(&destination(), body.as_bytes(), Form::Json).unwrap();
        }
        let folders = spool.folders().unwrap();
        assert_eq!(folders[0].destination_json().unwrap(), destination().to_json().into_bytes());
        let waiting = folders[0].waiting().unwrap();
        let read: Vec<_> =
            waiting.iter().map(|entry| String::from_utf8(entry.read().unwrap()).unwrap()).collect();
        assert_eq!(read, bodies);
        assert_eq!(folders[0].oldest(7, |_| true).unwrap(), waiting[..7]);
        assert_eq!(folders[0].oldest(7, |name| name != waiting[0].name()).unwrap(), waiting[1..8]);
        let age = waiting[0].accepted_at().unwrap().elapsed().unwrap();
        assert!(age < Duration::from_mins(1), "{age:?}");
    }

    #[test]
    fn an_entry_waits_is_rejected_or_is_sent() {
        let folder = tempfile::tempdir().unwrap();
        let spool = Spool::open(folder.path().to_owned(), Durability::Disk).unwrap();
        let first = spool.accept(&destination(), b"{}", Form::Json).unwrap();
        let second = spool.accept(&destination(), b"as is", Form::AsIs).unwrap();
        assert_eq!((first.form(), second.form()), (Form::Json, Form::AsIs));
        assert_eq!(spool.state(&first), State::Waiting);
        spool.set_aside(&first).unwrap();
        second.remove().unwrap();
        second.remove().unwrap();
        assert_eq!((spool.state(&first), spool.state(&second)), (State::Rejected, State::Sent));
    }

    #[test]
    fn one_shipper_holds_the_lock() {
        let folder = tempfile::tempdir().unwrap();
        let spool = Spool::open(folder.path().join("new/spool"), Durability::Disk).unwrap();
        let lock = spool.try_lock().unwrap();
        assert!(lock.is_some());
        assert!(spool.try_lock().unwrap().is_none());
        drop(lock);
        assert!(spool.try_lock().unwrap().is_some());
    }

    #[test]
    fn root_stays_out_of_the_spool_of_another_user() {
        if !geteuid().is_root() {
            return;
        }
        let folder = tempfile::tempdir().unwrap();
        std::os::unix::fs::chown(folder.path(), Some(65_534), None).unwrap();
        let error = Spool::open(folder.path().to_owned(), Durability::Disk).unwrap_err().to_string();
        assert!(error.contains("cannot use as root") && error.contains("sudo -u wazuh"), "{error}");
    }
}
