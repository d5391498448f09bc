//! Child processes that cannot outlive us: each leads a group of its own, and the whole group dies with its value.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail};
use rustix::process::{Pid, Signal, kill_process_group};
use tokio::process::{Child, ChildStdin, Command};

use crate::progress::Step;

/// A running child and everything that it started.
#[derive(Debug)]
pub(crate) struct Group {
    child: Child,
    leader: Option<Pid>,
}

impl Group {
    pub(crate) fn spawn(command: &mut Command) -> Result<Self> {
        let program = command.as_std().get_program().to_owned();
        let child = command
            .process_group(0)
            .spawn()
            .with_context(|| format!("could not start {}", program.display()))?;
        let leader = child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
        Ok(Self { child, leader })
    }

    pub(crate) fn take_stdin(&mut self) -> Option<ChildStdin> {
        self.child.stdin.take()
    }

    pub(crate) async fn wait(&mut self) -> Result<ExitStatus> {
        self.child.wait().await.context("could not wait for a child")
    }

    /// The status of a child that has ended.
    pub(crate) fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().ok().flatten()
    }

    /// Kills the group and waits until its leader is gone.
    pub(crate) async fn stop(mut self) {
        self.kill();
        // A killed process is gone at once, unless it hangs in the kernel; then waiting would not help.
        let _gone = tokio::time::timeout(Duration::from_secs(5), self.child.wait()).await;
    }

    fn kill(&self) {
        if let Some(leader) = self.leader {
            // The only error is that nobody is left to kill.
            let _gone = kill_process_group(leader, Signal::KILL);
        }
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Runs a command to its end with its output in a log file; an error shows the end of that file.
pub(crate) async fn run(command: &mut Command, log: &Path, limit: Duration, step: &Step) -> Result<()> {
    let name = name_of(command);
    let file = File::options().create(true).append(true).open(log)?;
    command.stdin(Stdio::null()).stdout(file.try_clone()?).stderr(file);
    let mut group = Group::spawn(command)?;
    let mut tick = tokio::time::interval(Duration::from_millis(300));
    let deadline = tokio::time::sleep(limit);
    tokio::pin!(deadline);
    let status = loop {
        tokio::select! {
            status = group.wait() => break status?,
            () = &mut deadline => bail!("{name} took longer than {} s\n{}", limit.as_secs(), tail(log)),
            _ = tick.tick() => step.detail(&last_line(log)),
        }
    };
    if status.success() {
        return Ok(());
    }
    Err(anyhow!("{name} ended with {status}\n{}", tail(log)))
}

/// Runs a command to its end and gives back what it wrote to standard output.
pub(crate) async fn output(command: &mut Command, limit: Duration) -> Result<Vec<u8>> {
    let name = name_of(command);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    let output = tokio::time::timeout(limit, command.output())
        .await
        .with_context(|| format!("{name} took longer than {} s", limit.as_secs()))?
        .with_context(|| format!("could not start {name}"))?;
    if output.status.success() {
        return Ok(output.stdout);
    }
    let said = [output.stderr, output.stdout].concat();
    bail!("{name} ended with {}\n{}", output.status, String::from_utf8_lossy(&said).trim_end())
}

/// The last lines of a log file, with its name, indented for the terminal.
pub(crate) fn tail(log: &Path) -> String {
    const LINES: usize = 25;
    let text = end_of(log, 16 * 1024);
    let lines: Vec<&str> = text.lines().collect();
    let shown = lines.get(lines.len().saturating_sub(LINES)..).unwrap_or_default();
    let shown: Vec<String> = shown.iter().map(|line| format!("  | {line}")).collect();
    let name = log.file_name().unwrap_or_default();
    if shown.is_empty() {
        return format!("{} is empty", name.display());
    }
    format!("the end of {}:\n{}", name.display(), shown.join("\n"))
}

fn last_line(log: &Path) -> String {
    end_of(log, 1024).lines().rfind(|line| !line.trim().is_empty()).unwrap_or_default().trim().to_owned()
}

fn end_of(log: &Path, bytes: u64) -> String {
    let read = || -> std::io::Result<Vec<u8>> {
        let mut file = File::open(log)?;
        let length = file.metadata()?.len();
        file.seek(SeekFrom::Start(length.saturating_sub(bytes)))?;
        let mut end = Vec::new();
        file.read_to_end(&mut end)?;
        Ok(end)
    };
    read().map(|end| String::from_utf8_lossy(&end).into_owned()).unwrap_or_default()
}

fn name_of(command: &Command) -> String {
    let command = command.as_std();
    let program = Path::new(command.get_program()).file_name().unwrap_or(command.get_program());
    let argument = command.get_args().find(|argument| !argument.to_string_lossy().starts_with('-'));
    match argument {
        Some(argument) => format!("{} {}", program.display(), argument.display()),
        None => program.display().to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::progress::Progress;

    fn shell(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    #[tokio::test]
    async fn a_failure_shows_the_end_of_the_log() {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("log");
        let step = Progress::silent().step("test");
        let error = run(&mut shell("echo one; echo two >&2; exit 3"), &log, Duration::from_secs(10), &step)
            .await
            .unwrap_err()
            .to_string();
        assert!(error.contains("exit status: 3"), "{error}");
        assert!(error.ends_with("  | one\n  | two"), "{error}");
    }

    #[tokio::test]
    async fn a_limit_ends_a_child_and_its_children() {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("log");
        let step = Progress::silent().step("test");
        let script = "sleep 60 & echo $!; wait";
        let error = run(&mut shell(script), &log, Duration::from_millis(300), &step).await.unwrap_err();
        assert!(error.to_string().contains("took longer"), "{error}");
        let grandchild = std::fs::read_to_string(&log).unwrap().trim().parse().unwrap();
        let grandchild = Pid::from_raw(grandchild).unwrap();
        for _ in 0..100 {
            if !is_running(grandchild) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("the grandchild lives");
    }

    /// A killed orphan stays visible as a zombie until whoever adopted it has looked at it.
    fn is_running(process: Pid) -> bool {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", process.as_raw_nonzero()));
        stat.is_ok_and(|stat| !stat.contains(") Z "))
    }
}
