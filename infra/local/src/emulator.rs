//! Which emulator plays AWS: our own `MiniStack`, or one that is running already.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use crate::cli::Settings;
use crate::folders::{self, RunFolder};
use crate::mails::{MailSource, Mailbox};
use crate::ministack::{self, Account, MiniStack};
use crate::progress::Progress;
use crate::{smtp, venv};

/// A running emulator and the way its mails take.
#[derive(Debug)]
pub(crate) struct Emulator {
    pub endpoint: String,
    pub mails: MailSource,
    /// Where servers for the emulator's functions have to listen.
    pub listen_on: IpAddr,
    /// The name of this machine inside a function.
    pub host: String,
    ministack: Option<MiniStack>,
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
        match &settings.endpoint {
            Some(endpoint) => use_running(endpoint, &settings.host).await,
            None => start_ministack(run, local, &Account::Open, progress).await,
        }
    }

    /// Ends what was started, functions included; a running emulator stays.
    pub(crate) async fn stop(self) {
        if let Some(ministack) = self.ministack {
            ministack.stop().await;
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
    let here = folders::project().join("infra/local");
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
        ministack: Some(ministack),
        _servers: servers,
    })
}

/// `LocalStack` runs functions in containers, so they reach this machine by another name than "localhost".
async fn use_running(endpoint: &str, host: &str) -> Result<Emulator> {
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
        ministack: None,
        _servers: JoinSet::new(),
    })
}
