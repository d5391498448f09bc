//! From nothing to a stack that takes alerts.

use std::path::{Path, PathBuf};

use anyhow::Result;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use crate::cli::Settings;
use crate::emulator::{Emulator, Product};
use crate::folders::RunFolder;
use crate::mails::MailSource;
use crate::progress::Progress;
use crate::stack::{REGION, Stack};
use crate::terraform::{MailLimits, Terraform, Variables};
use crate::tools::{self, Tool};
use crate::{artifacts, aws, compose, folders, page, project, stubs};

/// A stack that takes alerts. Its servers go with this value, and so does an emulator that was started for it.
#[derive(Debug)]
pub(crate) struct Running {
    pub stack: Stack,
    pub mails: MailSource,
    pub terraform: Terraform,
    emulator: Emulator,
    _servers: JoinSet<()>,
}

impl Running {
    /// Ends everything and waits until it is gone.
    pub(crate) async fn stop(self) {
        self.emulator.stop().await;
    }
}

/// The folders of a run.
#[derive(Debug)]
pub(crate) struct Places {
    pub target: PathBuf,
    pub run: RunFolder,
}

impl Places {
    /// Copies what the emulator and Terraform said to a folder that stays, for those who look for a cause.
    #[expect(clippy::print_stderr, reason = "a tool says where to look")]
    pub(crate) fn keep_logs(&self, whose: &str) {
        let kept = self.target.join(whose).join("logs");
        let _none = std::fs::remove_dir_all(&kept);
        match folders::copy(&self.run.logs(), &kept, |_| true) {
            Ok(()) => eprintln!("logs of the stack: {}", kept.display()),
            Err(error) => eprintln!("the logs of the stack are lost: {error:#}"),
        }
    }
}

/// How often an incident tells about itself, and how many mails there may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pace {
    /// Silences as in a deployment that says nothing; every mail is sent.
    Usual,
    /// The same, and mails are held back as in one.
    Deployed,
    /// Updates come soon enough for somebody who watches.
    Demo,
    /// The same, and mails are held back as in a deployment that says nothing, but for a minute instead of twenty.
    OwnAlerts,
}

impl Pace {
    fn update_after(self) -> Option<&'static [&'static str]> {
        match self {
            Self::Usual | Self::Deployed => None,
            Self::Demo | Self::OwnAlerts => Some(&["10s", "5m", "30m", "4h", "24h"]),
        }
    }

    fn mail_limits(self) -> Option<MailLimits> {
        match self {
            Self::Usual | Self::Demo => None,
            Self::Deployed => {
                Some(MailLimits { per_hour: 20, burst: 10, severe_per_hour: 60, severe_burst: 30 })
            }
            Self::OwnAlerts => {
                Some(MailLimits { per_hour: 360, burst: 10, severe_per_hour: 360, severe_burst: 30 })
            }
        }
    }
}

/// Checks the tools and makes the run's folder.
pub(crate) async fn places(settings: &Settings) -> Result<Places> {
    let starts = |product| settings.endpoint.is_none() && settings.emulator == product;
    if starts(Product::LocalStack) {
        compose::require_engine().await?;
    }
    let python = starts(Product::MiniStack).then_some(Tool::Python);
    let tools: Vec<Tool> = [Some(Tool::Cargo), Some(Tool::Terraform), python].into_iter().flatten().collect();
    tools::require(&tools).await?;
    let target = project::target()?;
    let run = RunFolder::create(&local(&target))?;
    Ok(Places { target, run })
}

/// Builds, starts and deploys.
pub(crate) async fn start(
    settings: &Settings,
    places: &Places,
    pace: Pace,
    progress: Progress,
) -> Result<Running> {
    if !settings.built {
        // Plain, because cargo draws its own progress.
        let step = Progress::Lines.step("building the functions and the publisher");
        artifacts::build(&settings.profile).await?;
        step.done();
    }
    let emulator = Emulator::start(settings, &places.run, &local(&places.target), progress).await?;
    let deployed_at = emulator.endpoint.clone();
    deploy(settings, places, emulator, &Deploy { at: &deployed_at, pace, watched: false }, progress).await
}

/// What is deployed.
pub(crate) struct Deploy<'a> {
    /// The address that Terraform, and whoever reads the stack, has of AWS.
    pub at: &'a str,
    pub pace: Pace,
    /// Whether there are alarms, and what an account needs for them.
    pub watched: bool,
}

/// Deploys what was built last on an emulator.
pub(crate) async fn deploy(
    settings: &Settings,
    places: &Places,
    emulator: Emulator,
    deploy: &Deploy<'_>,
    progress: Progress,
) -> Result<Running> {
    let binaries = artifacts::binaries(&places.target, &settings.profile);
    let zips = places.run.path().join("zips");
    artifacts::pack(&binaries, &zips)?;

    let mut servers = JoinSet::new();
    let listener = TcpListener::bind((emulator.listen_on, 0)).await?;
    let stub_port = listener.local_addr()?.port();
    let stub_url = format!("http://127.0.0.1:{stub_port}");
    servers.spawn(stubs::serve(listener));
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let page_url = format!("http://{}", listener.local_addr()?);
    servers.spawn(page::serve(listener, emulator.mails.clone()));

    let step = progress.step("terraform init");
    let log = places.run.logs().join("terraform.log");
    let cache = local(&places.target).join("terraform-plugins");
    let terraform = Terraform::copy_into(places.run.path(), log, &cache, settings)?;
    terraform.init(&step).await?;
    step.done();

    let step = progress.step("terraform apply");
    let inside = format!("http://{}:{stub_port}", emulator.host);
    let variables = Variables {
        endpoint: deploy.at,
        artifacts_dir: &zips,
        providers_url: &inside,
        model_url: &format!("{inside}/v1"),
        documentation_addresses: "public",
        architecture: if cfg!(target_arch = "aarch64") { "arm64" } else { "x86_64" },
        name: "wazuh-triage",
        update_after: deploy.pace.update_after(),
        mail_limits: deploy.pace.mail_limits(),
        watched: deploy.watched,
    };
    terraform.apply(&variables, &step).await?;
    let outputs = terraform.outputs().await?;
    aws::put_keys(&aws::configuration(deploy.at).await, &outputs.parameters).await?;
    step.done();

    let publisher_folder = places.run.path().join("publisher");
    std::fs::create_dir(&publisher_folder)?;
    // Empty: no configuration of a manager on this machine is read.
    std::fs::write(publisher_folder.join("publisher.toml"), "")?;
    let stack = Stack {
        endpoint: deploy.at.to_owned(),
        region: REGION.to_owned(),
        stub_url,
        page_url,
        outputs,
        publisher: artifacts::publisher(&binaries),
        publisher_folder,
        logs: places.run.logs(),
    };
    Ok(Running { stack, mails: emulator.mails.clone(), terraform, emulator, _servers: servers })
}

/// Where environments, caches and runs live.
pub(crate) fn local(target: &Path) -> PathBuf {
    target.join("local")
}
