//! An installation of Wazuh in a temporary folder, with the publisher in it.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::release::Release;

pub(crate) struct Wazuh {
    ossec: PathBuf,
}

/// The resident service; it dies with its value.
pub(crate) struct Service(Child);

impl Wazuh {
    /// As the manual says: the small program among the integrations, the whole one in `bin`.
    pub(crate) fn install(folder: &Path, release: &Release) -> Result<Self> {
        let wazuh = Self { ossec: folder.join("ossec") };
        for name in ["bin", "etc", "integrations", "logs", "queue"] {
            fs::create_dir_all(wazuh.ossec.join(name))?;
        }
        fs::copy(release.integration(), wazuh.integration())?;
        fs::copy(release.publisher(), wazuh.publisher())?;
        Ok(wazuh)
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.ossec
    }

    pub(crate) fn integration(&self) -> PathBuf {
        self.ossec.join("integrations/custom-wazuh-triage")
    }

    /// Returns when the service listens.
    pub(crate) fn serve(
        &self,
        environment: impl IntoIterator<Item = (&'static str, String)>,
    ) -> Result<Service> {
        let mut command = Command::new(self.publisher());
        command.args(["run", "--spool"]).arg(self.spool()).env_clear().envs(environment);
        command.arg("--log").arg(self.ossec.join("logs/integrations.log"));
        let service = command.stdin(Stdio::null()).spawn().context("could not start the service")?;
        let service = Service(service);
        self.wait(|| Ok(self.spool().join("doorbell").exists()))?;
        Ok(service)
    }

    /// Until what the last call caused is done: it shall not be charged to the next call.
    pub(crate) fn wait(&self, is_done: impl Fn() -> Result<bool>) -> Result<()> {
        const LIMIT: Duration = Duration::from_secs(10);
        let deadline = Instant::now() + LIMIT;
        while !is_done()? {
            if Instant::now() > deadline {
                let log = fs::read_to_string(self.ossec.join("logs/integrations.log")).unwrap_or_default();
                let last: Vec<&str> = log.lines().rev().take(5).collect();
                bail!("the alert was not sent within {} s\n{}", LIMIT.as_secs(), last.join("\n"));
            }
            thread::sleep(Duration::from_millis(2));
        }
        Ok(())
    }

    pub(crate) fn shipper_is_gone(&self) -> Result<bool> {
        let lock = File::open(self.spool().join("lock"))?;
        Ok(lock.try_lock().is_ok())
    }

    fn publisher(&self) -> PathBuf {
        self.ossec.join("bin/wazuh-publisher")
    }

    fn spool(&self) -> PathBuf {
        self.ossec.join("queue/wazuh-triage")
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        // Both fail only when it is gone already.
        let _gone = self.0.kill();
        let _gone = self.0.wait();
    }
}
