//! Which emulator plays AWS: our own `MiniStack`, or one that is running already.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use clap::ValueEnum;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use crate::cli::Settings;
use crate::compose::{self, LocalStack};
use crate::folders::RunFolder;
use crate::mails::{MailSource, Mailbox};
use crate::ministack::{self, Account, MiniStack};
use crate::progress::Progress;
use crate::{project, smtp, venv};

/// What plays AWS where it is not running already.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Product {
    /// From `PyPI`; needs no container engine.
    #[value(name = "ministack")]
    MiniStack,
    /// In a container, by docker-compose.yml.
    #[value(name = "localstack")]
    LocalStack,
}

/// Who started the emulator, and so ends it.
#[derive(Debug)]
enum Origin {
    MiniStack(Box<MiniStack>),
    LocalStack(LocalStack),
    /// Somebody else.
    Found,
}

/// A running emulator and the way its mails take.
#[derive(Debug)]
pub(crate) struct Emulator {
    pub endpoint: String,
    pub mails: MailSource,
    /// Where servers for the emulator's functions have to listen.
    pub listen_on: IpAddr,
    /// The name of this machine inside a function.
    pub host: String,
    origin: Origin,
    /// The mail server, gone with this value.
    _servers: JoinSet<()>,
}

impl Emulator {
    pub(crate) async fn start(
        settings: &Settings,
        run: &RunFolder,
        local: &std::path::Path,
        progress: Progress,
    ) -> Result<Self> {
        if let Some(endpoint) = &settings.endpoint {
            let running = use_running(endpoint, &settings.host, Origin::Found).await?;
            let elsewhere = settings.mails.clone().map(|url| MailSource::Elsewhere { url });
            return Ok(Self { mails: elsewhere.unwrap_or_else(|| running.mails.clone()), ..running });
        }
        match settings.emulator {
            Product::MiniStack => start_ministack(run, local, &Account::Open, progress).await,
            Product::LocalStack => start_localstack(run, &settings.host, progress).await,
        }
    }

    /// Ends what was started, functions included; an emulator that was found running stays.
    pub(crate) async fn stop(self) {
        match self.origin {
            Origin::MiniStack(ministack) => ministack.stop().await,
            Origin::LocalStack(localstack) => localstack.stop().await,
            Origin::Found => {}
        }
    }
}

pub(crate) async fn start_ministack(
    run: &RunFolder,
    local: &std::path::Path,
    account: &Account,
    progress: Progress,
) -> Result<Emulator> {
    let step = progress.step("preparing MiniStack");
    let here = project::folder().join("infra/local");
    let log = run.logs().join("pip.log");
    let programs = venv::prepare(&local.join("venv"), &here.join("requirements.txt"), &log, &step).await?;
    step.done();

    let step = progress.step("starting MiniStack");
    let mut servers = JoinSet::new();
    let mailbox = Arc::new(Mailbox::default());
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let mail: SocketAddr = listener.local_addr()?;
    servers.spawn(smtp::serve(listener, Arc::clone(&mailbox)));
    let temporary = run.path().join("tmp");
    std::fs::create_dir(&temporary)?;
    let start = ministack::Start {
        programs: &programs,
        launcher: &here.join("launch_ministack.py"),
        temporary: &temporary,
        log: &run.logs().join("ministack.log"),
        mail,
        account,
    };
    let ministack = MiniStack::start(&start).await?;
    let endpoint = ministack.endpoint().to_owned();
    step.done_with(&endpoint);
    Ok(Emulator {
        endpoint,
        mails: MailSource::Delivered(mailbox),
        listen_on: Ipv4Addr::LOCALHOST.into(),
        host: Ipv4Addr::LOCALHOST.to_string(),
        origin: Origin::MiniStack(Box::new(ministack)),
        _servers: servers,
    })
}

async fn start_localstack(run: &RunFolder, host: &str, progress: Progress) -> Result<Emulator> {
    let step = progress.step("starting LocalStack");
    let localstack = LocalStack::start(&run.logs().join("localstack.log"), &step).await?;
    step.done_with(compose::ENDPOINT);
    use_running(compose::ENDPOINT, host, Origin::LocalStack(localstack)).await
}

/// `LocalStack` runs functions in containers, so they reach this machine by another name than "localhost".
async fn use_running(endpoint: &str, host: &str, origin: Origin) -> Result<Emulator> {
    let endpoint = endpoint.trim_end_matches('/').to_owned();
    let client = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(5)).build()?;
    let health = format!("{endpoint}/_localstack/health");
    let answer =
        client.get(&health).send().await.with_context(|| format!("nothing answers at {endpoint}"))?;
    if !answer.status().is_success() {
        bail!("{health} says {}", answer.status());
    }
    Ok(Emulator {
        mails: MailSource::Listed { endpoint: endpoint.clone() },
        endpoint,
        listen_on: Ipv4Addr::UNSPECIFIED.into(),
        host: host.to_owned(),
        origin,
        _servers: JoinSet::new(),
    })
}
