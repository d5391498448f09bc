//! What install did, so that uninstall undoes that and nothing else.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::{fmt::Write as _, fs};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// Paths are relative to the root folder.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    pub files: BTreeMap<PathBuf, Written>,
    pub folders: Vec<PathBuf>,
}

/// A file that install wrote.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Written {
    /// Of what was written: a file that was changed since is not ours to remove.
    pub sha256: String,
    /// What was there before the first install.
    pub before: Option<PathBuf>,
}

impl Record {
    /// Empty where nothing was installed.
    pub fn read(path: &Path) -> io::Result<Self> {
        match fs::read(path) {
            Ok(bytes) => Ok(serde_json::from_slice(&bytes)?),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(error),
        }
    }

    pub fn to_json(&self) -> io::Result<Vec<u8>> {
        Ok(serde_json::to_vec_pretty(self)?)
    }

    pub fn add_folder(&mut self, path: &Path) {
        if !self.folders.iter().any(|known| known == path) {
            self.folders.push(path.to_owned());
        }
    }
}

pub fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
