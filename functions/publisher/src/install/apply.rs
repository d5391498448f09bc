//! Writing: whole files, with a copy of what was there before.

use std::fs::{self, DirBuilder, File, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt, chown, fchown};
use std::path::{Path, PathBuf};

use super::layout::Layout;
use super::owners::{Owner, Owners};
use super::plan::{Content, Step};
use super::record::{Record, Written, sha256};

/// Brings one installation about, or undoes it.
pub struct Hand<'a> {
    pub layout: &'a Layout,
    pub owners: Owners,
    pub record: Record,
    /// Names the copies of this call.
    pub stamp: String,
    /// Only root can give files away; elsewhere they stay the caller's.
    pub may_chown: bool,
}

/// What a step comes to.
#[derive(Debug, PartialEq, Eq)]
pub enum Outcome {
    Unchanged,
    Make,
    Write {
        before: Option<Vec<u8>>,
    },
    /// Somebody changed the file that an earlier install wrote.
    LeftAsChanged,
    /// It is the site's own.
    LeftAsTheirs,
}

impl Hand<'_> {
    /// Looks only.
    pub fn outcome(&self, step: &Step) -> io::Result<Outcome> {
        let current = match &step.content {
            Content::Folder if step.path.is_dir() => return Ok(Outcome::Unchanged),
            Content::Folder => return Ok(Outcome::Make),
            Content::File(_) | Content::FirstFile(_) => read(&step.path)?,
        };
        let recorded = self.record.files.get(&self.relative(&step.path));
        Ok(match (&step.content, current) {
            (Content::Folder, _) | (_, None) => Outcome::Write { before: None },
            (Content::FirstFile(_), Some(_)) => Outcome::LeftAsTheirs,
            (Content::File(bytes), Some(current)) => {
                if current == *bytes && self.is_owned(step)? {
                    Outcome::Unchanged
                } else if recorded.is_some_and(|recorded| recorded.sha256 != sha256(&current)) {
                    Outcome::LeftAsChanged
                } else {
                    Outcome::Write { before: Some(current) }
                }
            }
        })
    }

    pub fn apply(&mut self, step: &Step, outcome: &Outcome) -> io::Result<()> {
        let relative = self.relative(&step.path);
        match (&step.content, outcome) {
            (Content::Folder, Outcome::Make) => {
                DirBuilder::new().recursive(true).mode(step.mode).create(&step.path)?;
                fs::set_permissions(&step.path, Permissions::from_mode(step.mode))?;
                self.give(&step.path, step.owner)?;
                self.record.add_folder(&relative);
            }
            (Content::File(bytes) | Content::FirstFile(bytes), Outcome::Write { before }) => {
                let earlier = self.record.files.get(&relative).cloned();
                let before = match (earlier, before) {
                    (Some(earlier), _) => earlier.before,
                    (None, Some(_)) => Some(self.back_up(&step.path)?),
                    (None, None) => None,
                };
                // The record comes first: a kill in between leaves a file that is not yet there, not one without owner.
                self.record.files.insert(relative, Written { sha256: sha256(bytes), before });
                self.save()?;
                self.write(&step.path, bytes, self.owners.ids(step.owner), step.mode)?;
            }
            _ => return Ok(()),
        }
        self.save()
    }

    /// Replaces a file that stays its owner's, after a copy of it was made.
    pub fn change(&self, path: &Path, text: &str) -> io::Result<PathBuf> {
        let metadata = fs::metadata(path)?;
        let copy = self.back_up(path)?;
        self.write(path, text.as_bytes(), (metadata.uid(), metadata.gid()), metadata.mode() & 0o7777)?;
        Ok(copy)
    }

    /// Removes what was written, or puts back what was there before. False when somebody changed it since.
    pub fn undo(&self, relative: &Path, written: &Written) -> io::Result<bool> {
        let path = self.layout.root().join(relative);
        let Some(current) = read(&path)? else { return Ok(true) };
        if sha256(&current) != written.sha256 {
            return Ok(false);
        }
        match &written.before {
            Some(copy) => fs::rename(self.layout.root().join(copy), &path)?,
            None => fs::remove_file(&path)?,
        }
        Ok(true)
    }

    pub fn save(&self) -> io::Result<()> {
        self.make_backups()?;
        self.write(&self.layout.record(), &self.record.to_json()?, self.owners.ids(Owner::Root), 0o640)
    }

    pub fn relative(&self, path: &Path) -> PathBuf {
        path.strip_prefix(self.layout.root()).unwrap_or(path).to_owned()
    }

    fn is_owned(&self, step: &Step) -> io::Result<bool> {
        let metadata = fs::metadata(&step.path)?;
        let owner_fits = !self.may_chown || (metadata.uid(), metadata.gid()) == self.owners.ids(step.owner);
        Ok(owner_fits && metadata.mode() & 0o7777 == step.mode)
    }

    /// A copy with owner and mode, in Wazuh's folder of backups; relative to the root folder.
    fn back_up(&self, path: &Path) -> io::Result<PathBuf> {
        self.make_backups()?;
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let copy = self.layout.backups().join(format!("{name}.{}", self.stamp));
        fs::copy(path, &copy)?;
        if self.may_chown {
            let metadata = fs::metadata(path)?;
            chown(&copy, Some(metadata.uid()), Some(metadata.gid()))?;
        }
        File::open(&copy)?.sync_all()?;
        Ok(self.relative(&copy))
    }

    fn make_backups(&self) -> io::Result<()> {
        DirBuilder::new().recursive(true).mode(0o750).create(self.layout.backups())
    }

    fn give(&self, path: &Path, owner: Owner) -> io::Result<()> {
        let (user, group) = self.owners.ids(owner);
        if self.may_chown { chown(path, Some(user), Some(group)) } else { Ok(()) }
    }

    /// Within its folder: what runs or reads the old file goes on with it.
    fn write(&self, path: &Path, bytes: &[u8], (user, group): (u32, u32), mode: u32) -> io::Result<()> {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        let temporary = path.with_added_extension("wazuh-triage-new");
        let mut file = File::create(&temporary)?;
        let written = file.write_all(bytes).and_then(|()| {
            if self.may_chown {
                fchown(&file, Some(user), Some(group))?;
            }
            // After the owner: a change of owner clears bits of the mode.
            file.set_permissions(Permissions::from_mode(mode))?;
            file.sync_all()?;
            fs::rename(&temporary, path)
        });
        written.inspect_err(|_| {
            let _ = fs::remove_file(&temporary);
        })
    }
}

fn read(path: &Path) -> io::Result<Option<Vec<u8>>> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}
