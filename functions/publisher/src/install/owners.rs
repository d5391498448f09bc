//! Who owns what install writes: root, and Wazuh's user.

use std::fmt;
use std::fs;
use std::path::Path;

/// Numbers of the user and group `wazuh` of a root folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Owners {
    wazuh_user: u32,
    wazuh_group: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owner {
    Root,
    /// Wazuh's daemons may read it and not change it.
    RootForWazuh,
    Wazuh,
}

impl fmt::Display for Owner {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Root => "root:root",
            Self::RootForWazuh => "root:wazuh",
            Self::Wazuh => "wazuh:wazuh",
        })
    }
}

impl Owners {
    /// Nothing where there is no Wazuh. Read from the files: with `--root` they are not this system's own.
    pub fn of(root: &Path) -> Option<Self> {
        let id = |file: &str| {
            let text = fs::read_to_string(root.join(file)).ok()?;
            let line = text.lines().find_map(|line| line.strip_prefix("wazuh:"))?;
            line.split(':').nth(1)?.parse().ok()
        };
        Some(Self { wazuh_user: id("etc/passwd")?, wazuh_group: id("etc/group")? })
    }

    /// User and group.
    pub fn ids(self, owner: Owner) -> (u32, u32) {
        match owner {
            Owner::Root => (0, 0),
            Owner::RootForWazuh => (0, self.wazuh_group),
            Owner::Wazuh => (self.wazuh_user, self.wazuh_group),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_numbers_are_those_of_the_root_folder() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(Owners::of(folder.path()), None);
        fs::create_dir(folder.path().join("etc")).unwrap();
        fs::write(folder.path().join("etc/passwd"), "root:x:0:0::/:\nwazuh:x:998:997::/var/ossec:\n")
            .unwrap();
        fs::write(folder.path().join("etc/group"), "wazuhs:x:1:\nwazuh:x:997:root\n").unwrap();
        let owners = Owners::of(folder.path()).unwrap();
        assert_eq!((owners.ids(Owner::RootForWazuh), owners.ids(Owner::Wazuh)), ((0, 997), (998, 997)));
    }
}
