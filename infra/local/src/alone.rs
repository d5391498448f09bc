//! `MiniStack` without a stack in it, for the bench.

use anyhow::Result;

use crate::emulator::{self, Emulator};
use crate::folders::RunFolder;
use crate::ministack::Account;
use crate::progress::Progress;
use crate::project;

/// A running emulator; gone with this value, whatever ends us.
#[derive(Debug)]
pub struct EmulatorAlone {
    emulator: Emulator,
    _run: RunFolder,
}

impl EmulatorAlone {
    /// Answers requests when this returns.
    pub async fn start() -> Result<Self> {
        let local = project::target()?.join("local");
        let run = RunFolder::create(&local)?;
        let emulator = emulator::start_ministack(&run, &local, &Account::Open, Progress::detect()).await?;
        Ok(Self { emulator, _run: run })
    }

    pub fn endpoint(&self) -> &str {
        &self.emulator.endpoint
    }

    pub async fn stop(self) {
        self.emulator.stop().await;
    }
}
