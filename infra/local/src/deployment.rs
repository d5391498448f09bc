//! A deployment in an account of its own, for tests that follow one from its first resource to its last.

use std::net::SocketAddr;

use anyhow::Result;
use serde_json::Value;

use crate::cli::Settings;
use crate::emulator::{self, Emulator};
use crate::ministack::Account;
use crate::progress::Progress;
use crate::stack::Stack;
use crate::start::{self, Deploy, Pace, Places, Running};

/// An account without anything in it, where a function may do what its role allows.
#[derive(Debug)]
pub struct EmptyAccount {
    settings: Settings,
    places: Places,
    emulator: Emulator,
}

impl EmptyAccount {
    /// Answers requests when this returns. The functions will call AWS at `functions_call`, from where somebody has to
    /// take their calls to [`Self::endpoint`].
    pub async fn open(functions_call: SocketAddr) -> Result<Self> {
        let settings = Settings::of_environment()?;
        let places = start::places(&settings).await?;
        let account = Account::Guarded { functions_call: format!("http://{functions_call}") };
        let local = start::local(&places.target);
        let emulator = emulator::start_ministack(&places.run, &local, &account, Progress::detect()).await?;
        Ok(Self { settings, places, emulator })
    }

    pub fn endpoint(&self) -> &str {
        &self.emulator.endpoint
    }

    /// Everything, alarms included. Terraform and the stack's readers take the same way to AWS as the functions.
    pub async fn deploy(self, at: SocketAddr) -> Result<Deployment> {
        let Self { settings, places, emulator } = self;
        let at = format!("http://{at}");
        let deploy = Deploy { at: &at, pace: Pace::Usual, watched: true };
        let running = start::deploy(&settings, &places, emulator, &deploy, Progress::detect()).await?;
        Ok(Deployment { running, places })
    }
}

/// A deployment that runs; gone with this value, whatever ends us.
#[derive(Debug)]
pub struct Deployment {
    running: Running,
    places: Places,
}

impl Deployment {
    pub fn stack(&self) -> &Stack {
        &self.running.stack
    }

    /// What another `terraform apply` would change, and everything that is there, as `terraform show -json` tells it.
    pub async fn plan(&self) -> Result<Value> {
        let step = Progress::detect().step("terraform plan");
        let plan = self.running.terraform.plan(&step).await?;
        step.done();
        Ok(plan)
    }

    /// `terraform destroy`; the emulator stays, for those who look at what is left.
    pub async fn destroy(&self) -> Result<()> {
        let step = Progress::detect().step("terraform destroy");
        self.running.terraform.destroy(&step).await?;
        step.done();
        Ok(())
    }

    /// Keeps what the emulator and Terraform said, in a folder of this name beside what cargo builds.
    pub fn keep_logs(&self, whose: &str) {
        self.places.keep_logs(whose);
    }

    pub async fn stop(self) {
        self.running.stop().await;
    }
}
