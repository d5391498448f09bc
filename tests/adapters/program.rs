//! Our programs as an operator or a manager runs them, led to the endpoint.

use std::ffi::OsStr;
use std::process::Stdio;

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use tokio::io::AsyncWriteExt;
use tokio::process::Command;

use crate::endpoint::Endpoint;

/// What a program said, and how it ended.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) out: String,
    pub(crate) err: String,
    pub(crate) code: i32,
}

impl Said {
    /// The document that `--json` prints; without it the error is what was said instead.
    pub(crate) fn json(&self) -> Result<Value> {
        serde_json::from_str(&self.out)
            .with_context(|| format!("no JSON, exit code {}: {}", self.code, self.err.trim()))
    }
}

impl Endpoint {
    /// `triage` about this run's deployment; with the words of a line as arguments.
    pub(crate) async fn triage(&self, line: &str, input: &str) -> Result<Said> {
        let arguments = line.split(' ').chain(["--name", &self.name]);
        self.program("triage", arguments, input).await
    }

    /// A program that was built beside this one.
    pub(crate) async fn program(
        &self,
        name: &str,
        arguments: impl IntoIterator<Item = impl AsRef<OsStr>>,
        input: &str,
    ) -> Result<Said> {
        let program = std::env::current_exe()?.with_file_name(name);
        ensure!(program.exists(), "{} is missing; call `make adapters`", program.display());
        let mut command = Command::new(program);
        command.args(arguments).current_dir(self.folder.path()).env_clear().envs(self.environment());
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn().with_context(|| format!("could not start {name}"))?;
        if let Some(mut stdin) = child.stdin.take() {
            stdin.write_all(input.as_bytes()).await?;
        }
        let output = child.wait_with_output().await?;
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        let code = output.status.code().unwrap_or(-1);
        Ok(Said { out: text(output.stdout), err: text(output.stderr), code })
    }
}
