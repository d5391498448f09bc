//! The release builds: what ships is what is measured.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};
use tests::project;

use crate::tell;

/// Every function, by the name of its crate.
pub(crate) const FUNCTIONS: [&str; 5] = ["enrich", "analyze", "notify", "ingest", "hunt"];

/// The built programs.
pub(crate) struct Release {
    binaries: PathBuf,
    static_binaries: PathBuf,
    /// Where the bench keeps what it makes.
    pub(crate) folder: PathBuf,
}

impl Release {
    /// Builds everything; cargo shows its own progress.
    pub(crate) fn build() -> Result<Self> {
        tell("building the release profile: one unit with fat LTO for each program, some minutes at first");
        // The publisher apart: what is built together gets all features that one of them wants, and it wants HTTP/2.
        let functions: Vec<&str> = FUNCTIONS.iter().flat_map(|function| ["-p", function]).collect();
        for wanted in [functions.as_slice(), &["-p", "publisher"]] {
            let status = cargo().args(["build", "--release"]).args(wanted).status();
            if !status.context("could not start cargo")?.success() {
                bail!("cargo build {} failed", wanted.join(" "));
            }
        }
        for wanted in [
            ["domain", "--example", "extract"],
            ["intel", "--example", "snapshot"],
            ["analyze", "--example", "prompt"],
            ["notify", "--example", "render"],
            ["triage", "--bin", "triage"],
        ] {
            let status = cargo().args(["build", "--release", "-p"]).args(wanted).status();
            if !status.context("could not start cargo")?.success() {
                bail!("cargo build of {} failed", wanted.join(" "));
            }
        }
        let mut command = Command::new("make");
        command.args(["--silent", "integration"]).current_dir(project::folder()).stdin(Stdio::null());
        let status = command.status().context("could not start make")?;
        if !status.success() {
            bail!("make integration ended with {status}");
        }
        let target = project::target()?;
        let folder = target.join("bench");
        fs::create_dir_all(&folder)?;
        let static_binaries = target.join(static_target()).join("tiny");
        Ok(Self { binaries: target.join("release"), static_binaries, folder })
    }

    pub(crate) fn function(&self, name: &str) -> PathBuf {
        self.binaries.join(name)
    }

    pub(crate) fn publisher(&self) -> PathBuf {
        self.binaries.join("wazuh-publisher")
    }

    /// Extraction alone, measuring itself.
    pub(crate) fn extraction(&self) -> PathBuf {
        self.binaries.join("examples/extract")
    }

    /// Prompts and the verification of answers alone, measuring themselves.
    pub(crate) fn prompts(&self) -> PathBuf {
        self.binaries.join("examples/prompt")
    }

    /// The command line, which runs all stages in one process.
    pub(crate) fn triage(&self) -> PathBuf {
        self.binaries.join("triage")
    }

    pub(crate) fn snapshot(&self) -> PathBuf {
        self.binaries.join("examples/snapshot")
    }

    pub(crate) fn integration(&self) -> PathBuf {
        self.static_binaries.join("custom-wazuh-triage")
    }

    /// Mails alone, measuring themselves.
    pub(crate) fn mails(&self) -> PathBuf {
        self.binaries.join("examples/render")
    }

    /// An empty program that is built in the same way.
    pub(crate) fn nothing(&self) -> PathBuf {
        self.static_binaries.join("examples/nothing")
    }

    /// One that does only what no call can do without.
    pub(crate) fn unavoidable(&self) -> PathBuf {
        self.static_binaries.join("examples/unavoidable")
    }
}

fn static_target() -> String {
    format!("{}-unknown-linux-musl", std::env::consts::ARCH)
}

fn cargo() -> Command {
    let mut command = Command::new("cargo");
    command.current_dir(project::folder()).stdin(Stdio::null());
    command
}
