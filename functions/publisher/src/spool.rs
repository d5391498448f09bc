//! The spool: accepted alerts as files, until SQS has them.
//!
//! ```text
//! SPOOL/lock                      held by the one shipper (flock)
//! SPOOL/tmp/                      half-written files
//! SPOOL/rejected/NAME             what can never be sent
//! SPOOL/<destination>/destination.json, reported, new/NAME
//! ```
//! A name in `new/` is a whole alert: it came by `link(2)` or `rename(2)`. It goes when SQS has acknowledged it.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use jiff::Timestamp;

use crate::destination::Destination;
use crate::item::Form;

/// The folder that holds accepted alerts.
#[derive(Clone, Debug)]
pub struct Spool {
    root: PathBuf,
}

/// Why the spool did not do what it was asked to: what, where, and what to do about it.
#[derive(Debug, thiserror::Error)]
#[error("the spool is not usable: cannot {action} {} ({cause}); {}", path.display(), advice(cause))]
pub struct SpoolError {
    action: &'static str,
    path: PathBuf,
    cause: io::Error,
}

/// Who holds it is the one shipper of the spool.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

/// The alerts for one destination.
#[derive(Clone, Debug)]
pub struct Folder {
    path: PathBuf,
}

/// One accepted alert.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Entry {
    path: PathBuf,
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
    pub fn open(root: PathBuf) -> Result<Self, SpoolError> {
        let owner = fs::metadata(&root).map_or(0, |metadata| metadata.uid());
        if owner != 0 && rustix::process::geteuid().is_root() {
            return Err(SpoolError::at("use as root", &root)(io::ErrorKind::PermissionDenied.into()));
        }
        Ok(Self { root })
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
        let file = OpenOptions::new().write(true).create(true).truncate(false).mode(0o640).open(&path);
        let file = file.map_err(SpoolError::at("open", &path))?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Lock { _file: file })),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(SpoolError::at("lock", &path)(error)),
        }
    }

    /// All folders with a destination; one without is about to get it, and holds no alert yet.
    pub fn folders(&self) -> Result<Vec<Folder>, SpoolError> {
        let mut folders: Vec<_> =
            list(&self.root)?.into_iter().map(|path| Folder { path }).filter(Folder::is_ready).collect();
        folders.sort_by(|one, other| one.path.cmp(&other.path));
        Ok(folders)
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
        let text = serde_json::to_vec(destination).map_err(io::Error::from);
        let text = text.map_err(SpoolError::at("describe", &folder.path))?;
        self.write(&folder.path.join(DESTINATION), &text)
    }

    fn write(&self, path: &Path, bytes: &[u8]) -> Result<(), SpoolError> {
        let temporary = self.root.join("tmp").join(name(Form::AsIs));
        make_folder(&self.root.join("tmp"))?;
        let file = OpenOptions::new().write(true).create_new(true).mode(0o640).open(&temporary);
        let written =
            file.and_then(|mut file| file.write_all(bytes)).and_then(|()| fs::rename(&temporary, path));
        written.map_err(|error| {
            let _ = fs::remove_file(&temporary);
            SpoolError::at("write", path)(error)
        })
    }
}

impl SpoolError {
    fn at(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |cause| Self { action, path: path.to_owned(), cause }
    }
}

impl Folder {
    pub fn destination(&self) -> io::Result<Destination> {
        Ok(serde_json::from_slice(&fs::read(self.path.join(DESTINATION))?)?)
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

    /// Up to which name the log already says that alerts are kept.
    pub fn reported(&self) -> String {
        fs::read_to_string(self.path.join("reported")).unwrap_or_default()
    }

    /// Losing this costs a repeated line, so an error is nothing to stop for.
    pub fn set_reported(&self, name: &str) {
        let _ = fs::write(self.path.join("reported"), name);
    }

    fn is_ready(&self) -> bool {
        self.path.join(DESTINATION).exists()
    }
}

impl Entry {
    pub fn name(&self) -> String {
        self.path.file_name().unwrap_or_default().to_string_lossy().into_owned()
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

const DESTINATION: &str = "destination.json";

/// Longer than any write takes.
const ABANDONED: Duration = Duration::from_hours(1);

fn advice(cause: &io::Error) -> &'static str {
    match cause.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => "free some space there",
        io::ErrorKind::PermissionDenied => {
            "run this as the user who owns the spool (sudo -u wazuh), or give it to that user"
        }
        _ => "it must be a folder of the user wazuh: install -d -o wazuh -g wazuh -m 0750 SPOOL",
    }
}

/// A name that no other call makes, and that sorts by time.
fn name(form: Form) -> String {
    static COUNTER: AtomicU32 = AtomicU32::new(0);
    let extension = match form {
        Form::Json => "json",
        Form::AsIs => "raw",
    };
    let count = COUNTER.fetch_add(1, Ordering::Relaxed);
    format!("{:020}-{:07}-{count:06}.{extension}", Timestamp::now().as_nanosecond(), std::process::id())
}

/// Fails across file systems, and for a file of another user where the kernel protects hard links.
fn link(file: &Path, path: &Path) -> io::Result<()> {
    if !fs::symlink_metadata(file)?.is_file() {
        return Err(io::Error::other("only a regular file can be linked"));
    }
    fs::hard_link(file, path)
}

fn make_folder(path: &Path) -> Result<(), SpoolError> {
    if path.is_dir() {
        return Ok(());
    }
    let made = DirBuilder::new().recursive(true).mode(0o750).create(path);
    made.map_err(SpoolError::at("make the folder", path))
}

/// The paths in a folder; none when there is no folder.
fn list(folder: &Path) -> Result<Vec<PathBuf>, SpoolError> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(SpoolError::at("list", folder)(error)),
    };
    let paths: io::Result<Vec<_>> = entries.map(|entry| Ok(entry?.path())).collect();
    paths.map_err(SpoolError::at("list", folder))
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
        let spool = Spool::open(folder.path().join("spool")).unwrap();
        let bodies: Vec<String> = (0..50).map(|number| number.to_string()).collect();
        for body in &bodies {
            spool.accept(&destination(), body.as_bytes(), Form::Json).unwrap();
        }
        let folders = spool.folders().unwrap();
        assert_eq!(folders[0].destination().unwrap(), destination());
        let waiting = folders[0].waiting().unwrap();
        let read: Vec<_> =
            waiting.iter().map(|entry| String::from_utf8(entry.read().unwrap()).unwrap()).collect();
        assert_eq!(read, bodies);
    }

    #[test]
    fn an_entry_waits_is_rejected_or_is_sent() {
        let folder = tempfile::tempdir().unwrap();
        let spool = Spool::open(folder.path().to_owned()).unwrap();
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
        let spool = Spool::open(folder.path().join("new/spool")).unwrap();
        let lock = spool.try_lock().unwrap();
        assert!(lock.is_some());
        assert!(spool.try_lock().unwrap().is_none());
        drop(lock);
        assert!(spool.try_lock().unwrap().is_some());
    }

    #[test]
    fn root_stays_out_of_the_spool_of_another_user() {
        if !rustix::process::geteuid().is_root() {
            return;
        }
        let folder = tempfile::tempdir().unwrap();
        std::os::unix::fs::chown(folder.path(), Some(65_534), None).unwrap();
        let error = Spool::open(folder.path().to_owned()).unwrap_err().to_string();
        assert!(error.contains("cannot use as root") && error.contains("sudo -u wazuh"), "{error}");
    }
}
