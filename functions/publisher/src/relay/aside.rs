//! What can never be handed to the manager: kept for a person to look at, with its reason beside it.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

/// More than a person looks at, less than fills a disk: with the reasons at most 256 MiB.
const MOST: usize = 1000;

/// `SPOOL/rejected/feedback-<hash>.json` and `.reason`.
#[derive(Debug)]
pub struct Aside {
    folder: PathBuf,
}

/// Whether the queue may forget the message.
#[derive(Debug, PartialEq, Eq)]
pub enum Kept {
    Here(PathBuf),
    /// There are too many already: it stays in the queue, which moves it to its dead-letter queue.
    TooMany,
}

impl Aside {
    pub fn new(spool: &Path) -> Self {
        Self { folder: spool.join("rejected") }
    }

    /// On the disk when it returns. A message that is delivered again is kept once.
    pub fn keep(&self, body: &str, reason: &str) -> io::Result<Kept> {
        DirBuilder::new().recursive(true).mode(0o750).create(&self.folder)?;
        let path = self.folder.join(name(body));
        if path.exists() {
            return Ok(Kept::Here(path));
        }
        if self.count()? >= MOST {
            return Ok(Kept::TooMany);
        }
        write(&path.with_extension("reason"), &format!("{reason}\n"))?;
        write(&path, body)?;
        File::open(&self.folder)?.sync_all()?;
        Ok(Kept::Here(path))
    }

    fn count(&self) -> io::Result<usize> {
        let ours = |entry: &io::Result<fs::DirEntry>| {
            entry.as_ref().is_ok_and(|entry| {
                let name = entry.file_name();
                let name = name.to_string_lossy();
                name.starts_with(PREFIX) && !name.ends_with(".reason")
            })
        };
        Ok(fs::read_dir(&self.folder)?.filter(ours).count())
    }
}

const PREFIX: &str = "feedback-";

fn name(body: &str) -> String {
    let digest = Sha256::digest(body);
    let number = digest.iter().take(8).fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
    format!("{PREFIX}{number:016x}.json")
}

/// Whole or not at all.
fn write(path: &Path, text: &str) -> io::Result<()> {
    let temporary = path.with_added_extension("new");
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o640).open(&temporary)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    fs::rename(temporary, path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_kept_once_with_its_reason() {
        let folder = tempfile::tempdir().unwrap();
        let aside = Aside::new(folder.path());
        let Kept::Here(path) = aside.keep("not JSON", "it is not JSON").unwrap() else { panic!() };
        assert_eq!(aside.keep("not JSON", "it is not JSON").unwrap(), Kept::Here(path.clone()));
        assert_eq!(fs::read_to_string(&path).unwrap(), "not JSON");
        assert_eq!(fs::read_to_string(path.with_extension("reason")).unwrap(), "it is not JSON\n");
        assert_eq!(fs::read_dir(folder.path().join("rejected")).unwrap().count(), 2);
    }

    #[test]
    fn a_flood_of_them_stays_in_the_queue() {
        let folder = tempfile::tempdir().unwrap();
        let aside = Aside::new(folder.path());
        fs::create_dir(folder.path().join("rejected")).unwrap();
        for number in 0..MOST {
            fs::write(folder.path().join(format!("rejected/feedback-{number}.json")), "").unwrap();
        }
        assert_eq!(aside.keep("one more", "").unwrap(), Kept::TooMany);
    }
}
