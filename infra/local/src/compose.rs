//! `LocalStack` in a container: brought up by docker-compose.yml, and taken down again.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use tokio::process::Command;

use crate::process;
use crate::progress::{Progress, Step};
use crate::project;

/// Where docker-compose.yml has it answer.
pub(crate) const ENDPOINT: &str = "http://127.0.0.1:4566";

/// A first start fetches the image.
const READY_WITHIN: Duration = Duration::from_mins(10);
const GONE_WITHIN: Duration = Duration::from_mins(1);

/// A `LocalStack` that answers.
#[derive(Debug)]
pub(crate) struct LocalStack {
    log: PathBuf,
}

impl LocalStack {
    /// Answers requests when this returns.
    pub(crate) async fn start(log: &Path, step: &Step) -> Result<Self> {
        process::run(compose().args(["up", "--wait"]), log, READY_WITHIN, step).await?;
        Ok(Self { log: log.to_owned() })
    }

    /// What cannot be taken down is left to the person, with what docker said in the log.
    pub(crate) async fn stop(self) {
        let step = Progress::detect().step("stopping LocalStack");
        if process::run(compose().arg("down"), &self.log, GONE_WITHIN, &step).await.is_ok() {
            step.done();
        }
    }
}

fn compose() -> Command {
    let mut command = Command::new("docker");
    command.arg("compose").current_dir(project::folder());
    command
}

/// An error says what is missing, how to get it, and how to do without.
pub(crate) async fn require_engine() -> Result<()> {
    if let Some(missing) = missing().await {
        bail!("{}", complaint(&missing));
    }
    Ok(())
}

/// What stands between us and a container; nothing when all is well.
async fn missing() -> Option<String> {
    for (arguments, what) in [
        (["info", "--format", "{{.ServerVersion}}"].as_slice(), "docker reaches no engine"),
        (&["compose", "version"], "docker has no compose"),
    ] {
        let mut command = Command::new("docker");
        command.args(arguments).stdin(Stdio::null()).kill_on_drop(true);
        let output = tokio::time::timeout(Duration::from_secs(20), command.output()).await;
        let output = match output.context("no answer").and_then(|output| Ok(output?)) {
            Ok(output) if output.status.success() => continue,
            Ok(output) => String::from_utf8_lossy(&output.stderr).into_owned(),
            Err(error) => format!("docker cannot be started: {error:#}"),
        };
        let said = output.lines().rfind(|line| !line.trim().is_empty()).unwrap_or("it does not say why");
        return Some(format!("{what} ({})", said.trim()));
    }
    None
}

fn complaint(missing: &str) -> String {
    format!(
        "LocalStack runs in a container, and {missing}\n  \
         install an engine with its compose plugin: https://docs.docker.com/engine/install/\n  \
         or name an emulator that is running already: make test ENDPOINT={ENDPOINT}\n  \
         or take MiniStack, which needs no engine: make test"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_told_with_what_helps() {
        let text = complaint("docker reaches no engine (is it running?)");
        for words in
            ["no engine (is it running?)", "https://docs.docker.com", "ENDPOINT=http://127.0.0.1:4566"]
        {
            assert!(text.contains(words), "{text}");
        }
    }
}
