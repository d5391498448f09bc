//! The publisher's call beside its peers', in turn, and whether every alert arrived.

use std::collections::BTreeSet;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use anyhow::{Result, bail, ensure};
use tempfile::TempDir;

use crate::alert::alert;
use crate::fake_aws::FakeAws;
use crate::redis::Redis;
use crate::release::{Release, project};
use crate::summary::Summary;
use crate::table::{Aim, Quantity, Row};
use crate::wazuh::Wazuh;
use crate::{integratord, python, tell};

const WARM_UP: usize = 3;
const ROUNDS: usize = 200;

/// An aim of the publisher: this many calls in the time of one of boto3's.
const TIMES_FASTER: f64 = 20.0;

/// A program that integratord could call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Peer {
    Publisher,
    Bash,
    Python,
    /// A program that does nothing: what the call itself costs.
    Nothing,
}

impl Peer {
    const ALL: [Self; 4] = [Self::Publisher, Self::Bash, Self::Python, Self::Nothing];

    fn name(self) -> &'static str {
        match self {
            Self::Publisher => "one call: custom-wazuh-triage",
            Self::Bash => "one call: bash, redis-cli LPUSH",
            Self::Python => "one call: python, boto3 send_message",
            Self::Nothing => "one call: /bin/true",
        }
    }
}

/// Calls each peer with an alert of its own in each round, in an order that chance decides: who comes after Python
/// finds cold caches.
pub(crate) fn measure(release: &Release, aws: &FakeAws) -> Result<Vec<Row>> {
    let stand = Stand::set_up(release, aws)?;
    tell(&format!("{ROUNDS} calls of the publisher and of each of its peers, in turn"));
    for round in 0..WARM_UP {
        for peer in Peer::ALL {
            stand.call(peer, round)?;
        }
    }
    let mut took = Peer::ALL.map(|peer| (peer, Vec::with_capacity(ROUNDS)));
    for round in WARM_UP..WARM_UP + ROUNDS {
        fastrand::shuffle(&mut took);
        for (peer, took) in &mut took {
            took.push(stand.call(*peer, round)?);
        }
    }
    stand.check_arrivals()?;
    took.sort_by_key(|(peer, _)| Peer::ALL.iter().position(|one| one == peer));
    rows(took)
}

fn rows(took: [(Peer, Vec<Duration>); 4]) -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    let mut publisher = Duration::ZERO;
    for (peer, took) in took {
        let summary = Summary::of(took)?;
        if peer == Peer::Publisher {
            publisher = summary.median;
        }
        let ratio = summary.median.div_duration_f64(publisher);
        let aim = (peer == Peer::Python)
            .then(|| Aim::informs(format!("≥ {TIMES_FASTER} ×"), ratio >= TIMES_FASTER));
        rows.push(Row {
            what: peer.name().to_owned(),
            median: Quantity::Time(summary.median),
            p90: Some(Quantity::Time(summary.p90)),
            ratio: Some(ratio),
            aim,
        });
    }
    Ok(rows)
}

/// Everything that a call needs.
struct Stand<'a> {
    aws: &'a FakeAws,
    wazuh: Wazuh,
    redis: Redis,
    python: PathBuf,
    folder: TempDir,
}

impl<'a> Stand<'a> {
    fn set_up(release: &Release, aws: &'a FakeAws) -> Result<Self> {
        let requirements = project().join("tests/peers/requirements.txt");
        let python = python::prepare(&release.folder.join("venv"), &requirements)?;
        let folder = tempfile::tempdir()?;
        let wazuh = Wazuh::install(folder.path(), &release.publisher())?;
        let redis = Redis::start(folder.path())?;
        Ok(Self { aws, wazuh, redis, python, folder })
    }

    /// One alert, and how long integratord waits for it.
    fn call(&self, peer: Peer, round: usize) -> Result<Duration> {
        let id = id(round);
        let file = self.folder.path().join(format!("custom-wazuh-triage-1791030127-{id}.alert"));
        let mut command = self.command(peer);
        command.arg(&file).args(integratord::arguments(&self.hook_url(peer)?));
        let took = integratord::call(command, &file, &format!("{}\n", alert(&id)))?;
        if peer == Peer::Publisher {
            let queue_url = self.hook_url(peer)?;
            self.wazuh.wait_for_shipper(|| self.aws.arrived(&queue_url).len() > round)?;
        }
        Ok(took)
    }

    fn command(&self, peer: Peer) -> Command {
        let peers = project().join("tests/peers");
        let mut command = match peer {
            Peer::Publisher => Command::new(self.wazuh.integration()),
            Peer::Bash => Command::new("bash"),
            Peer::Python => Command::new(&self.python),
            Peer::Nothing => Command::new("/bin/true"),
        };
        command.env_clear().env("PATH", "/usr/local/bin:/usr/bin:/bin").env("HOME", self.folder.path());
        command.envs(self.aws.environment());
        match peer {
            Peer::Publisher => command.arg0("integrations"),
            Peer::Bash => command.arg(peers.join("redis_publisher.sh")),
            Peer::Python => command.arg(peers.join("sqs_publisher.py")),
            Peer::Nothing => &mut command,
        };
        command
    }

    fn hook_url(&self, peer: Peer) -> Result<String> {
        Ok(match peer {
            Peer::Publisher => self.aws.queue_url("publisher"),
            Peer::Python => self.aws.queue_url("python"),
            Peer::Bash => self.redis.socket()?.to_owned(),
            Peer::Nothing => String::new(),
        })
    }

    /// Who is quick because it loses alerts is not quick.
    fn check_arrivals(&self) -> Result<()> {
        let sent: BTreeSet<String> = (0..WARM_UP + ROUNDS).map(id).collect();
        for peer in [Peer::Publisher, Peer::Python] {
            let arrived = self.aws.arrived(&self.hook_url(peer)?);
            let count = arrived.len();
            if count != sent.len() || arrived.into_iter().collect::<BTreeSet<_>>() != sent {
                bail!("{}: {count} alerts arrived, which are not the {} sent", peer.name(), sent.len());
            }
        }
        let pushed = self.redis.arrived()?;
        ensure!(
            pushed == sent.len(),
            "{}: {pushed} alerts arrived of {} sent",
            Peer::Bash.name(),
            sent.len()
        );
        Ok(())
    }
}

fn id(round: usize) -> String {
    format!("1791030127.{}", 4711 + round)
}
