//! Where everything goes, below a root folder.

use std::path::{Path, PathBuf};

use crate::home::INTEGRATION;

/// The places that install writes to.
#[derive(Clone, Debug)]
pub struct Layout {
    root: PathBuf,
}

impl Layout {
    pub fn new(root: PathBuf) -> Self {
        Self { root }
    }

    pub fn root(&self) -> &Path {
        &self.root
    }

    pub fn ossec(&self) -> PathBuf {
        self.root.join("var/ossec")
    }

    pub fn ossec_conf(&self) -> PathBuf {
        self.ossec().join("etc/ossec.conf")
    }

    pub fn integration(&self) -> PathBuf {
        self.ossec().join("integrations").join(INTEGRATION)
    }

    pub fn rules(&self) -> PathBuf {
        self.ossec().join("etc/rules")
    }

    pub fn config(&self) -> PathBuf {
        self.ossec().join("etc/wazuh-triage.toml")
    }

    pub fn spool(&self) -> PathBuf {
        self.ossec().join("queue/wazuh-triage")
    }

    /// What the package brings; nothing needs to be copied then.
    pub fn packaged_program(&self) -> PathBuf {
        self.root.join("usr/bin/wazuh-publisher")
    }

    pub fn program(&self) -> PathBuf {
        self.root.join("usr/local/bin/wazuh-publisher")
    }

    pub fn packaged_unit(&self) -> PathBuf {
        self.root.join("usr/lib/systemd/system/wazuh-publisher.service")
    }

    pub fn unit(&self) -> PathBuf {
        self.root.join("etc/systemd/system/wazuh-publisher.service")
    }

    /// What install did, and what it replaced.
    pub fn record(&self) -> PathBuf {
        self.ossec().join("backup/wazuh-triage/installed.json")
    }

    pub fn backups(&self) -> PathBuf {
        self.ossec().join("backup/wazuh-triage")
    }
}
