//! What Wazuh's user may do with a file.

use std::fs::{self, Metadata};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use crate::install::owners::{Owner, Owners};

/// Owner and mode of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rights {
    pub user: u32,
    pub group: u32,
    pub mode: u32,
}

pub const READ: u32 = 4;
pub const WRITE: u32 = 2;
pub const RUN: u32 = 1;

impl Rights {
    pub fn of(path: &Path) -> io::Result<Self> {
        Ok(Self::from(&fs::metadata(path)?))
    }

    /// Whether Wazuh's user has all of these rights.
    pub fn allow_wazuh(self, owners: Owners, rights: u32) -> bool {
        let (user, group) = owners.ids(Owner::Wazuh);
        let granted = if self.user == user {
            self.mode >> 6
        } else if self.group == group {
            self.mode >> 3
        } else {
            self.mode
        };
        granted & rights == rights
    }

    pub fn allow_others(self, rights: u32) -> bool {
        self.mode & rights != 0
    }
}

impl From<&Metadata> for Rights {
    fn from(metadata: &Metadata) -> Self {
        Self { user: metadata.uid(), group: metadata.gid(), mode: metadata.mode() & 0o7777 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_class_that_fits_decides() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("etc")).unwrap();
        fs::write(folder.path().join("etc/passwd"), "wazuh:x:998:997::/:\n").unwrap();
        fs::write(folder.path().join("etc/group"), "wazuh:x:997:\n").unwrap();
        let owners = Owners::of(folder.path()).unwrap();
        for (what, user, group, mode, rights, allowed) in [
            ("as install leaves it", 0, 997, 0o750, READ | RUN, true),
            ("and not to be written", 0, 997, 0o750, WRITE, false),
            ("a group that may write", 0, 997, 0o770, WRITE, true),
            ("its own file", 998, 0, 0o600, READ | WRITE, true),
            ("an owner's bits come first", 998, 997, 0o077, READ, false),
            ("root's alone", 0, 0, 0o700, READ, false),
            ("everybody's", 0, 0, 0o707, WRITE, true),
        ] {
            let rights_of = Rights { user, group, mode };
            assert_eq!(rights_of.allow_wazuh(owners, rights), allowed, "{what}");
        }
    }
}
