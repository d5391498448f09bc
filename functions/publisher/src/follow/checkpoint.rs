//! Where reading goes on after a restart, as a small file.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::FollowError;
use super::archive::Name;
use super::source::Id;

/// All alerts before it were read. Opaque: what one [`super::Follower`] gave, another one understands.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Position {
    /// Nothing before there was a file.
    pub(super) place: Option<Place>,
    /// The end of the file before; a clock that is set back makes Wazuh write there again.
    pub(super) before: Option<Place>,
    /// Alerts from before this time are not wanted, until the first that is younger.
    pub(super) since: Option<Timestamp>,
}

/// An offset in a file that is known by its first bytes and by those before the offset: numbers and names of files are
/// used again, and after a power failure a file may be shorter than what was read of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Place {
    pub file: Id,
    pub name: Option<Name>,
    pub offset: u64,
    pub head: Print,
    pub tail: Print,
}

/// Some bytes, without keeping them: alerts do not belong into a checkpoint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Print {
    bytes: usize,
    sha256: String,
}

impl Print {
    pub fn of(bytes: &[u8]) -> Self {
        let mut sha256 = String::new();
        for byte in Sha256::digest(bytes) {
            let _ = write!(sha256, "{byte:02x}");
        }
        Self { bytes: bytes.len(), sha256 }
    }

    pub fn is_empty(&self) -> bool {
        self.bytes == 0
    }
}

/// The checkpoint's file.
pub(super) struct Checkpoint {
    path: PathBuf,
    /// Whose position it is.
    alerts: PathBuf,
}

impl Checkpoint {
    pub fn new(path: &Path, alerts: &Path) -> Self {
        Self { path: path.to_owned(), alerts: alerts.to_owned() }
    }

    /// Nothing when there is none yet. One that cannot be understood is an error: only a person knows from when on
    /// alerts should be read again.
    pub fn load(&self) -> Result<Option<Position>, FollowError> {
        let bytes = match fs::read(&self.path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(FollowError::Read(self.path.clone(), error)),
        };
        let unusable = |error| FollowError::Checkpoint(self.path.clone(), error);
        let Versioned { version } = serde_json::from_slice(&bytes).map_err(unusable)?;
        if version != VERSION {
            return Err(FollowError::Version(self.path.clone(), version));
        }
        let content: Content = serde_json::from_slice(&bytes).map_err(unusable)?;
        if content.alerts != self.alerts {
            return Err(FollowError::Foreign(self.path.clone(), content.alerts));
        }
        Ok(Some(content.position))
    }

    /// The position is on the disk when this returns; a crash leaves the old one or the new one.
    pub fn store(&self, position: &Position) -> Result<(), FollowError> {
        let alerts = self.alerts.clone();
        let content = Content { version: VERSION, alerts, position: position.clone() };
        let stored = || -> io::Result<()> {
            let temporary = self.path.with_added_extension("tmp");
            let mut file = File::create(&temporary)?;
            file.write_all(&serde_json::to_vec(&content)?)?;
            file.sync_all()?;
            fs::rename(&temporary, &self.path)?;
            File::open(
                self.path.parent().filter(|folder| *folder != Path::new("")).unwrap_or(Path::new(".")),
            )?
            .sync_all()
        };
        stored().map_err(|error| FollowError::Commit(self.path.clone(), error))
    }
}

const VERSION: u32 = 1;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Content {
    version: u32,
    alerts: PathBuf,
    position: Position,
}

#[derive(Deserialize)]
struct Versioned {
    version: u32,
}
