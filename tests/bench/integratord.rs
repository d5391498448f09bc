//! A call as `wazuh-integratord` makes it for each alert; its next alert waits until the call has ended.

use std::fs;
use std::io::{self, Read};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

/// What follows the alert's file: `<api_key>`, `<hook_url>`, debug, options file, timeout, retries, and a redirection
/// that no shell will see.
pub(crate) fn arguments(hook_url: &str) -> [&str; 7] {
    ["", hook_url, "", "", "10", "3", "> /dev/null 2>&1"]
}

/// Writes the alert's file, runs the program, reads what it says to the end, waits for it, removes the file.
///
/// The end of the output comes when everyone who holds it is gone, children of the program too.
pub(crate) fn call(mut command: Command, file: &Path, alert: &str) -> Result<Duration> {
    let began = Instant::now();
    fs::write(file, alert)?;
    let (mut output, writer) = io::pipe()?;
    command.stdin(Stdio::null()).stdout(writer.try_clone()?).stderr(writer);
    let program = command.get_program().to_owned();
    let spawned = command.spawn();
    // It holds an end of the pipe.
    drop(command);
    let mut child = spawned.with_context(|| format!("could not start {}", program.display()))?;
    let mut said = Vec::new();
    output.read_to_end(&mut said)?;
    let status = child.wait()?;
    fs::remove_file(file)?;
    let took = began.elapsed();
    if !status.success() {
        bail!("{} ended with {status}\n{}", program.display(), String::from_utf8_lossy(&said));
    }
    Ok(took)
}
