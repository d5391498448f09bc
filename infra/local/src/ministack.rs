//! `MiniStack`, the emulator: started on a free port, and gone with its functions whatever ends us.

use std::fs::File;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use tokio::process::{ChildStdin, Command};

use crate::process::{self, Group};

/// How long `MiniStack` may take until it answers; 2 s here, more on a busy machine.
const READY_WITHIN: Duration = Duration::from_mins(1);

/// A running `MiniStack`.
#[derive(Debug)]
pub(crate) struct MiniStack {
    group: Group,
    /// `MiniStack` kills its group when this closes, so it does not outlive us even if we are killed.
    _lifeline: Option<ChildStdin>,
    endpoint: String,
}

/// What a `MiniStack` is started with.
pub(crate) struct Start<'a> {
    /// The folder of programs of the Python environment.
    pub programs: &'a Path,
    pub launcher: &'a Path,
    /// For its caches and its own log.
    pub temporary: &'a Path,
    pub log: &'a Path,
    /// Where it delivers mail.
    pub mail: SocketAddr,
    pub account: &'a Account,
}

/// What a function may do in the account that is played, and how it gets there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Account {
    /// Everybody may do everything.
    Open,
    /// A function may do what its role allows, and calls AWS at this address.
    Guarded { functions_call: String },
}

impl MiniStack {
    /// Answers requests when this returns. Another program may take the port first: then another port is tried.
    pub(crate) async fn start(start: &Start<'_>) -> Result<Self> {
        const TRIES: usize = 3;
        for _ in 1..TRIES {
            if let Some(running) = Self::try_start(start).await? {
                return Ok(running);
            }
        }
        match Self::try_start(start).await? {
            Some(running) => Ok(running),
            None => bail!("MiniStack does not start\n{}", process::tail(start.log)),
        }
    }

    pub(crate) fn endpoint(&self) -> &str {
        &self.endpoint
    }

    pub(crate) async fn stop(self) {
        self.group.stop().await;
    }

    /// Nothing when `MiniStack` ended by itself.
    async fn try_start(start: &Start<'_>) -> Result<Option<Self>> {
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
        let endpoint = format!("http://127.0.0.1:{port}");
        let log = File::options().create(true).append(true).open(start.log)?;
        let mut command = Command::new(start.programs.join("python"));
        command.arg(start.launcher).env_clear().envs(environment(start, port, &endpoint));
        command.stdin(Stdio::piped()).stdout(log.try_clone()?).stderr(log);
        let mut group = Group::spawn(&mut command)?;
        let lifeline = group.take_stdin();
        if !is_ready(&mut group, &endpoint, start.log).await? {
            return Ok(None);
        }
        Ok(Some(Self { group, _lifeline: lifeline, endpoint }))
    }
}

/// Everything that `MiniStack` and the functions see: the functions inherit it, so nothing of the user's may be in it.
fn environment(start: &Start<'_>, port: u16, endpoint: &str) -> Vec<(&'static str, PathBuf)> {
    let text = |text: &str| PathBuf::from(text);
    let (functions_call, roles_hold) = match start.account {
        Account::Open => (endpoint, "false"),
        Account::Guarded { functions_call } => (functions_call.as_str(), "true"),
    };
    vec![
        ("PATH", text("/usr/local/bin:/usr/bin:/bin")),
        ("HOME", start.temporary.to_owned()),
        ("TMPDIR", start.temporary.to_owned()),
        ("STATE_DIR", start.temporary.join("state")),
        ("PYTHONUNBUFFERED", text("1")),
        ("PYTHONDONTWRITEBYTECODE", text("1")),
        ("BIND_HOST", text("127.0.0.1")),
        ("GATEWAY_PORT", text(&port.to_string())),
        ("IOT_MTLS_ENABLED", text("0")), // it has a fixed port, which two runs side by side would fight for
        ("SMTP_HOST", text(&start.mail.to_string())),
        ("AWS_ENDPOINT_URL", text(functions_call)),
        ("AUTH", text(roles_hold)),
        ("AWS_ACCESS_KEY_ID", text("test")),
        ("AWS_SECRET_ACCESS_KEY", text("test")),
        ("AWS_EC2_METADATA_DISABLED", text("true")),
    ]
}

/// True once it answers, false if it ended instead.
async fn is_ready(group: &mut Group, endpoint: &str, log: &Path) -> Result<bool> {
    let client = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(2)).build()?;
    let url = format!("{endpoint}/_ministack/ready");
    let began = Instant::now();
    while began.elapsed() < READY_WITHIN {
        if group.ended().is_some() {
            return Ok(false);
        }
        if client.get(&url).send().await.is_ok_and(|answer| answer.status().is_success()) {
            return Ok(true);
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    bail!("MiniStack did not answer within {} s\n{}", READY_WITHIN.as_secs(), process::tail(log))
}
