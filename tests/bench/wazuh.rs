//! An installation of Wazuh in a temporary folder, with the publisher among its integrations.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};

pub(crate) struct Wazuh {
    ossec: PathBuf,
}

impl Wazuh {
    /// A copy under the integration's name, as the manual says.
    pub(crate) fn install(folder: &Path, publisher: &Path) -> Result<Self> {
        let wazuh = Self { ossec: folder.join("ossec") };
        for name in ["etc", "integrations", "logs", "queue"] {
            fs::create_dir_all(wazuh.ossec.join(name))?;
        }
        fs::copy(publisher, wazuh.integration())?;
        Ok(wazuh)
    }

    pub(crate) fn integration(&self) -> PathBuf {
        self.ossec.join("integrations/custom-wazuh-triage")
    }

    /// Returns when the shipper of the last call has sent everything and is gone: its work shall not be charged to the
    /// next call.
    pub(crate) fn wait_for_shipper(&self, all_arrived: impl Fn() -> bool) -> Result<()> {
        const LIMIT: Duration = Duration::from_secs(10);
        let deadline = Instant::now() + LIMIT;
        while !(all_arrived() && self.shipper_is_gone()?) {
            if Instant::now() > deadline {
                let log = fs::read_to_string(self.ossec.join("logs/integrations.log")).unwrap_or_default();
                let last: Vec<&str> = log.lines().rev().take(5).collect();
                bail!("the alert was not sent within {} s\n{}", LIMIT.as_secs(), last.join("\n"));
            }
            thread::sleep(Duration::from_millis(2));
        }
        Ok(())
    }

    fn shipper_is_gone(&self) -> Result<bool> {
        let lock = File::open(self.ossec.join("queue/wazuh-triage/lock"))?;
        Ok(lock.try_lock().is_ok())
    }
}
