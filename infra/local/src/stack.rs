//! What a running stack tells those who use it: the file that `TRIAGE_STACK` names.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

pub use crate::page::DeliveredMail;
use crate::terraform::Outputs;

/// The region that the emulator plays.
pub const REGION: &str = "us-east-1";
/// Name of the variable with the path of the file.
pub const VARIABLE: &str = "TRIAGE_STACK";
/// Name of the variable with the address of the list of delivered mails, around an emulator with nothing on it.
pub const MAILS_VARIABLE: &str = "TRIAGE_MAILS";

/// Everything that a test or a person needs to reach the running stack.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Stack {
    /// Address of the emulator.
    pub endpoint: String,
    pub region: String,
    /// Address of the stub providers; `POST {stub_url}/control` switches them.
    pub stub_url: String,
    /// Address of the mail page; `GET {page_url}/api/mails` lists what was delivered as [`DeliveredMail`]s.
    pub page_url: String,
    /// What Terraform made.
    pub outputs: Outputs,
    /// The `wazuh-publisher` that was built, and a folder of its own.
    pub publisher: PathBuf,
    pub publisher_folder: PathBuf,
    /// Folder with the output of the emulator and of Terraform.
    pub logs: PathBuf,
}

impl Stack {
    pub fn read(path: &Path) -> Result<Self> {
        let text = fs::read(path).with_context(|| format!("could not read {}", path.display()))?;
        serde_json::from_slice(&text).with_context(|| format!("{} does not describe a stack", path.display()))
    }

    pub(crate) fn write(&self, path: &Path) -> Result<()> {
        fs::write(path, serde_json::to_vec_pretty(self)?)
            .with_context(|| format!("could not write {}", path.display()))
    }

    /// What keeps the publisher to the run's own folder and emulator. In the usual spool lies what other runs could not
    /// send and, on a manager, what waits for the real queue: it would go into this one.
    pub(crate) fn publisher_arguments(&self) -> [OsString; 8] {
        let place = |name: &str| self.publisher_folder.join(name).into_os_string();
        let [spool, log, configuration] = [place("spool"), place("publisher.log"), place("publisher.toml")];
        let endpoint = OsString::from(&self.endpoint);
        [
            "--spool".into(),
            spool,
            "--log".into(),
            log,
            "--config".into(),
            configuration,
            "--endpoint-url".into(),
            endpoint,
        ]
    }
}

/// What a program needs to talk to the emulator, whichever AWS SDK it uses.
pub(crate) fn environment(endpoint: &str) -> [(&'static str, &str); 6] {
    [
        ("AWS_ENDPOINT_URL", endpoint),
        ("AWS_REGION", REGION),
        ("AWS_DEFAULT_REGION", REGION),
        ("AWS_ACCESS_KEY_ID", "test"),
        ("AWS_SECRET_ACCESS_KEY", "test"),
        ("AWS_EC2_METADATA_DISABLED", "true"),
    ]
}
