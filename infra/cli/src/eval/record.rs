//! A file of answers, each on a line as soon as it is there: what was paid for is not lost.

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::judged::Judged;
use crate::failure::Failure;

pub(super) struct Record {
    path: PathBuf,
    file: File,
}

impl Record {
    /// A new file: answers that stand in an old one have cost money.
    pub fn create(path: &Path) -> Result<Self, Failure> {
        let failed = |source| Failure::Record { path: path.to_owned(), source };
        let file = File::create_new(path).map_err(failed)?;
        Ok(Self { path: path.to_owned(), file })
    }

    pub fn add(&mut self, judged: &Judged) -> Result<(), Failure> {
        let failed = |source| Failure::RecordCut { path: self.path.clone(), source };
        let mut line = serde_json::to_string(judged).map_err(io::Error::from).map_err(failed)?;
        line.push('\n');
        self.file.write_all(line.as_bytes()).map_err(failed)
    }
}
