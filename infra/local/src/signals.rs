//! Ctrl-C and its relatives: work is dropped, and what it held is put away on the way out.

use std::fmt;
use std::process::ExitCode;

use anyhow::Result;
use tokio::signal::unix::{SignalKind, signal};

/// The user, or whoever runs us, asked to stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Interrupted {
    Interrupt,
    Terminate,
    HangUp,
}

impl Interrupted {
    /// 128 and the signal's number, as shells report it.
    pub(crate) fn exit_code(self) -> ExitCode {
        ExitCode::from(match self {
            Self::HangUp => 129,
            Self::Interrupt => 130,
            Self::Terminate => 143,
        })
    }
}

impl fmt::Display for Interrupted {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Interrupt => "interrupted",
            Self::Terminate => "terminated",
            Self::HangUp => "the terminal is gone",
        })
    }
}

impl std::error::Error for Interrupted {}

/// Does the work unless a signal comes first; then the work is dropped where it stands.
pub(crate) async fn unless_interrupted<T>(work: impl Future<Output = Result<T>>) -> Result<T> {
    tokio::select! {
        biased;
        interrupted = next() => Err(interrupted?.into()),
        ended = work => ended,
    }
}

/// Waits for the next signal that asks us to stop.
pub(crate) async fn next() -> Result<Interrupted> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut hang_up = signal(SignalKind::hangup())?;
    Ok(tokio::select! {
        _ = interrupt.recv() => Interrupted::Interrupt,
        _ = terminate.recv() => Interrupted::Terminate,
        _ = hang_up.recv() => Interrupted::HangUp,
    })
}
