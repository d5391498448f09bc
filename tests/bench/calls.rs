//! The publisher's call beside its peers', in turn, and whether every alert arrived.

use std::collections::BTreeSet;
use std::fs;
use std::ops::Range;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::Command;
use std::thread;
use std::time::Duration;

use anyhow::{Result, bail, ensure};
use tempfile::TempDir;
use tests::project;

use crate::alert::alert;
use crate::fake_aws::FakeAws;
use crate::plot::Plot;
use crate::redis::Redis;
use crate::release::Release;
use crate::summary::Summary;
use crate::table::{Aim, Measured, Quantity, Row};
use crate::wazuh::{Service, Wazuh};
use crate::{integratord, python, tell};

/// As long as the wait for an alert to arrive is at least.
const PAUSE: Duration = Duration::from_millis(2);

const WARM_UP: usize = 3;
const ROUNDS: usize = 500;

/// The aims of the publisher: so many calls in the time of one of the script's and of boto3's, and in so many times the
/// time of a program that does nothing.
const TIMES_BASH: f64 = 10.0;
const TIMES_BOTO3: f64 = 300.0;
const TIMES_NOTHING: f64 = 1.5;

/// A program that integratord could call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Peer {
    /// The service runs, as it is installed.
    Publisher,
    /// No service runs: each call here starts a shipper, the worst case.
    Classic,
    Bash,
    /// A script that does all that the first system's did.
    Parity,
    Python,
    /// A static program that does nothing: what the call itself costs.
    Nothing,
    /// One that links the alert's file and rings the doorbell: what no call can do without.
    Unavoidable,
}

impl Peer {
    const ALL: [Self; 6] =
        [Self::Publisher, Self::Classic, Self::Bash, Self::Parity, Self::Python, Self::Nothing];

    fn name(self) -> &'static str {
        match self {
            Self::Publisher => "one call: custom-wazuh-triage",
            Self::Classic => "one call: the same, no service",
            Self::Bash => "one call: bash, redis-cli LPUSH",
            Self::Parity => "one call: bash as in parity A3",
            Self::Python => "one call: python, boto3 send_message",
            Self::Nothing => "one call: an empty static program",
            Self::Unavoidable => "one call: link and doorbell, and nothing else",
        }
    }
}

/// Calls each peer with an alert of its own in each round, in turn; then the quickest once more without the others.
pub(crate) fn measure(release: &Release, aws: &FakeAws) -> Result<Measured> {
    let stand = Stand::set_up(release, aws)?;
    tell(&format!("{ROUNDS} calls of the publisher and of each of its peers, in turn"));
    stand.take_turns(Peer::ALL, 0..WARM_UP)?;
    let crowd = stand.take_turns(Peer::ALL, WARM_UP..WARM_UP + ROUNDS)?;
    tell(&format!("{ROUNDS} calls of the publisher and of programs that do next to nothing, alone"));
    let few = [Peer::Publisher, Peer::Unavoidable, Peer::Nothing];
    let alone = stand.take_turns(few, WARM_UP + ROUNDS..END)?;
    stand.check_arrivals()?;
    let mut table = rows(&crowd, "")?;
    table.extend(rows(&alone, ", without the others")?);
    let named = |(peer, took): (Peer, Vec<Duration>)| (peer.name().replace("one call: ", ""), took);
    let measured = crowd.into_iter().map(named).collect();
    let plot = Plot::distributions("calls", "How long integratord waits for one call", measured);
    Ok(Measured { rows: table, plots: vec![plot] })
}

/// Those who come after Python find cold caches; a manager has no Python between two alerts.
const END: usize = WARM_UP + ROUNDS + ROUNDS;

fn rows(took: &[(Peer, Vec<Duration>)], note: &str) -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    let mut publisher = Duration::ZERO;
    for (peer, took) in took {
        let (peer, took) = (*peer, took.clone());
        let summary = Summary::of(took)?;
        if peer == Peer::Publisher {
            publisher = summary.median;
        }
        let ratio = summary.median.div_duration_f64(publisher);
        let aim = match peer {
            Peer::Parity => Some((format!("≥ {TIMES_BASH} ×"), ratio >= TIMES_BASH)),
            Peer::Python => Some((format!("≥ {TIMES_BOTO3} ×"), ratio >= TIMES_BOTO3)),
            Peer::Nothing if !note.is_empty() => {
                Some((format!("≥ 1 / {TIMES_NOTHING} ×"), ratio * TIMES_NOTHING >= 1.0))
            }
            Peer::Publisher | Peer::Classic | Peer::Bash | Peer::Nothing | Peer::Unavoidable => None,
        };
        let aim = aim.map(|(text, met)| Aim::informs(text, met));
        let row = Row::new(peer.name().to_owned() + note, Quantity::Time(summary.median));
        rows.push(row.with_p90(Quantity::Time(summary.p90)).with_ratio(ratio).with_aim(aim));
    }
    Ok(rows)
}

/// Everything that a call needs.
struct Stand<'a> {
    aws: &'a FakeAws,
    wazuh: Wazuh,
    classic: Wazuh,
    _service: Service,
    nothing: PathBuf,
    unavoidable: PathBuf,
    redis: Redis,
    python: PathBuf,
    folder: TempDir,
}

impl<'a> Stand<'a> {
    fn set_up(release: &Release, aws: &'a FakeAws) -> Result<Self> {
        let requirements = project::folder().join("tests/peers/requirements.txt");
        let python = python::prepare(&release.folder.join("venv"), &requirements)?;
        let folder = tempfile::tempdir()?;
        let install = |name| Wazuh::install(&folder.path().join(name), release);
        let (wazuh, classic) = (install("resident")?, install("classic")?);
        let service = wazuh.serve(aws.environment())?;
        let redis = Redis::start(folder.path())?;
        fs::create_dir(wazuh.folder().join("queue/unavoidable"))?;
        let (nothing, unavoidable) = (release.nothing(), release.unavoidable());
        Ok(Self { aws, wazuh, classic, _service: service, nothing, unavoidable, redis, python, folder })
    }

    /// Calls each peer once in each round, in an order that chance decides.
    fn take_turns<const N: usize>(
        &self,
        peers: [Peer; N],
        rounds: Range<usize>,
    ) -> Result<[(Peer, Vec<Duration>); N]> {
        let mut took = peers.map(|peer| (peer, Vec::with_capacity(rounds.len())));
        for round in rounds {
            fastrand::shuffle(&mut took);
            for (peer, took) in &mut took {
                took.push(self.call(*peer, round)?);
            }
        }
        took.sort_by_key(|(peer, _)| peers.iter().position(|one| one == peer));
        Ok(took)
    }

    /// One alert, and how long integratord waits for it.
    fn call(&self, peer: Peer, round: usize) -> Result<Duration> {
        let id = id(round);
        let file = self.folder.path().join(format!("custom-wazuh-triage-1791030127-{id}.alert"));
        let mut command = self.command(peer);
        command.arg(&file).args(integratord::arguments(&self.hook_url(peer)?));
        let took = integratord::call(command, &file, &format!("{}\n", alert(&id)))?;
        let queue_url = self.hook_url(peer)?;
        match peer {
            Peer::Publisher => self.wazuh.wait(|| Ok(self.aws.arrived(&queue_url).len() > round))?,
            Peer::Classic => {
                let arrived = || self.aws.arrived(&queue_url).len() > round;
                self.classic.wait(|| Ok(arrived() && self.classic.shipper_is_gone()?))?;
            }
            // Who is called after a sleep finds a slower processor: all shall.
            Peer::Bash | Peer::Parity | Peer::Python | Peer::Nothing | Peer::Unavoidable => {
                thread::sleep(PAUSE);
            }
        }
        Ok(took)
    }

    fn command(&self, peer: Peer) -> Command {
        let peers = project::folder().join("tests/peers");
        let mut command = match peer {
            Peer::Publisher => Command::new(self.wazuh.integration()),
            Peer::Classic => Command::new(self.classic.integration()),
            Peer::Bash | Peer::Parity => Command::new("bash"),
            Peer::Python => Command::new(&self.python),
            Peer::Nothing => Command::new(&self.nothing),
            Peer::Unavoidable => Command::new(&self.unavoidable),
        };
        command.env_clear().env("PATH", "/usr/local/bin:/usr/bin:/bin").env("HOME", self.folder.path());
        command.envs(self.aws.environment());
        match peer {
            // integratord's working folder is Wazuh's.
            Peer::Publisher | Peer::Unavoidable => {
                command.arg0("integrations").current_dir(self.wazuh.folder())
            }
            Peer::Classic => command.arg0("integrations").current_dir(self.classic.folder()),
            Peer::Parity => command.arg(peers.join("parity_publisher.sh")),
            Peer::Bash => command.arg(peers.join("redis_publisher.sh")),
            Peer::Python => command.arg(peers.join("sqs_publisher.py")),
            Peer::Nothing => &mut command,
        };
        command
    }

    fn hook_url(&self, peer: Peer) -> Result<String> {
        Ok(match peer {
            Peer::Publisher => self.aws.queue_url("publisher"),
            Peer::Classic => self.aws.queue_url("classic"),
            Peer::Python => self.aws.queue_url("python"),
            Peer::Bash | Peer::Parity => self.redis.socket()?.to_owned(),
            Peer::Nothing | Peer::Unavoidable => String::new(),
        })
    }

    /// Who is quick because it loses alerts is not quick.
    fn check_arrivals(&self) -> Result<()> {
        let sent: BTreeSet<String> = (0..WARM_UP + ROUNDS).map(id).collect();
        let all = (0..END).map(id).collect();
        for (peer, sent) in [(Peer::Publisher, &all), (Peer::Classic, &sent), (Peer::Python, &sent)] {
            let arrived = self.aws.arrived(&self.hook_url(peer)?);
            let count = arrived.len();
            if count != sent.len() || arrived.into_iter().collect::<BTreeSet<_>>() != *sent {
                bail!("{}: {count} alerts arrived, which are not the {} sent", peer.name(), sent.len());
            }
        }
        for (peer, list) in [(Peer::Bash, "wazuh-alerts"), (Peer::Parity, "wazuh-parity")] {
            let (name, pushed) = (peer.name(), self.redis.arrived(list)?);
            ensure!(pushed == sent.len(), "{name}: {pushed} alerts arrived of {} sent", sent.len());
        }
        Ok(())
    }
}

fn id(round: usize) -> String {
    format!("1791030127.{}", 4711 + round)
}
