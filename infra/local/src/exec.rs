//! `local exec`: a command with a stack around it, or with an emulator alone.

use std::ffi::{OsStr, OsString};
use std::os::unix::process::ExitStatusExt;
use std::process::{ExitCode, ExitStatus};
use std::time::Duration;

use anyhow::{Context, Result};
use rustix::process::{Pid, Signal, kill_process};
use tokio::net::TcpListener;
use tokio::process::{Child, Command};
use tokio::task::JoinSet;

use crate::cli::Settings;
use crate::emulator::Emulator;
use crate::page;
use crate::progress::Progress;
use crate::signals::{self, Interrupted, unless_interrupted};
use crate::stack::{self, MAILS_VARIABLE, VARIABLE};
use crate::start::{self, Pace, Places};

/// How long a command may take to end after it was told to.
const GRACE: Duration = Duration::from_secs(15);

/// What the command finds on the emulator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Around {
    Pipeline(Pace),
    Nothing,
}

/// Passes the command's exit code on. When it is not zero, the stack's logs are kept under `target/exec/logs`.
pub(crate) async fn run(settings: &Settings, around: Around, command: &[OsString]) -> Result<ExitCode> {
    let places = start::places(settings).await?;
    let ended = match around {
        Around::Pipeline(pace) => with_stack(settings, pace, command, &places).await,
        Around::Nothing => with_emulator(settings, command, &places).await,
    };
    if !ended.as_ref().is_ok_and(ExitStatus::success) {
        places.keep_logs("exec");
    }
    Ok(exit_code(ended?))
}

async fn with_stack(
    settings: &Settings,
    pace: Pace,
    command: &[OsString],
    places: &Places,
) -> Result<ExitStatus> {
    let running =
        unless_interrupted(Box::pin(start::start(settings, places, pace, Progress::detect()))).await?;
    let file = places.run.path().join("stack.json");
    running.stack.write(&file)?;
    let ended = run_command(command, &running.stack.endpoint, (VARIABLE, file.as_os_str())).await;
    running.stop().await;
    ended
}

async fn with_emulator(settings: &Settings, command: &[OsString], places: &Places) -> Result<ExitStatus> {
    let local = start::local(&places.target);
    let starting = Emulator::start(settings, &places.run, &local, Progress::detect());
    let emulator = unless_interrupted(Box::pin(starting)).await?;
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let mails = OsString::from(format!("http://{}/api/mails", listener.local_addr()?));
    let mut servers = JoinSet::new();
    servers.spawn(page::serve(listener, emulator.mails.clone()));
    let ended = run_command(command, &emulator.endpoint, (MAILS_VARIABLE, &mails)).await;
    emulator.stop().await;
    ended
}

/// The command shares our terminal and our process group, so Ctrl-C reaches it by itself; it may put its own
/// things away before the stack is taken from under it.
async fn run_command(
    command: &[OsString],
    endpoint: &str,
    (variable, value): (&str, &OsStr),
) -> Result<ExitStatus> {
    let (program, arguments) = command.split_first().context("no command")?;
    let mut child = Command::new(program)
        .args(arguments)
        .envs(stack::environment(endpoint))
        .env(variable, value)
        .kill_on_drop(true)
        .spawn()
        .with_context(|| format!("could not start {}", program.display()))?;
    let interrupted = tokio::select! {
        biased;
        status = child.wait() => return Ok(status?),
        interrupted = signals::next() => interrupted?,
    };
    if interrupted != Interrupted::Interrupt {
        tell(&child, Signal::TERM);
    }
    if tokio::time::timeout(GRACE, child.wait()).await.is_err() {
        child.kill().await?;
    }
    Err(interrupted.into())
}

fn tell(child: &Child, signal: Signal) {
    if let Some(id) = child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw) {
        // The only error is that it has ended already.
        let _ended = kill_process(id, signal);
    }
}

fn exit_code(status: ExitStatus) -> ExitCode {
    let code = status.code().or_else(|| status.signal().map(|signal| 128 + signal));
    ExitCode::from(code.and_then(|code| u8::try_from(code).ok()).unwrap_or(1))
}
