//! A run: lines are written when they are due, the publisher follows, and the functions are waited for.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use jiff::Timestamp;
use local::stack::DeliveredMail;
use tests::Site;

use crate::ledger::{Ledger, Written, latencies};
use crate::logs::Logs;
use crate::mix::Mix;
use crate::model::{self, Seen};
use crate::report::Report;
use crate::tell;
use crate::watch::Watch;

const READ_AGAIN_AFTER: Duration = Duration::from_secs(5);
/// A record that failed comes again when its message is visible again, and the emulator does not count it meanwhile.
const LAST_ENDS: Duration = Duration::from_mins(8);

pub(crate) async fn run(site: &Site, mix: &Mix) -> Result<Report> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("alerts.json");
    let alerts = File::create(&file)?;
    let publisher = Publisher::start(site, folder.path(), &file)?;
    let mut watch = Watch::new(publisher.0.id());
    let before = requests(site).await?;
    tell(&format!("{} alerts, {} a second for {} s, seed {}", mix.count(), mix.rate, mix.seconds, mix.seed));
    let (began, begun_at, all_written) = (Instant::now(), Timestamp::now(), Cell::new(false));
    let writing = async {
        let written = write(alerts, mix).await?;
        all_written.set(true);
        let took = began.elapsed();
        tell(&format!(
            "all of them are written after {} s; waiting until the queues are empty",
            took.as_secs()
        ));
        Ok((written, took))
    };
    let ((written, writing), ()) = tokio::try_join!(writing, watch.until_quiet(site, &all_written))?;
    drop(publisher);
    tell("reading the ledger");
    let (logs, ledger) = books(site, begun_at, &written).await?;
    let mails: Vec<DeliveredMail> =
        reqwest::get(format!("{}/api/mails", site.stack.page_url)).await?.json().await?;
    let asked = requests(site).await?;
    let requests: BTreeMap<_, _> =
        asked.into_iter().map(|(who, count)| (who.clone(), count - before.get(&who).unwrap_or(&0))).collect();
    let latencies = latencies(&written, &logs.ends);
    let last_end = logs.ends.iter().map(|(_, end)| end.timestamp).max();
    let busy =
        last_end.map_or(writing, |last| Duration::try_from(last.duration_since(begun_at)).unwrap_or(writing));
    let seen = Seen {
        mix,
        begun_at,
        busy,
        written: &written,
        logs: &logs,
        latencies: &latencies,
        requests: &requests,
        mails: mails.len(),
        most_waiting: watch.most_waiting,
    };
    Ok(Report {
        begun_at,
        mix: mix.clone(),
        writing_s: writing.as_secs_f64(),
        busy_s: busy.as_secs_f64(),
        run: model::run(&seen),
        ledger,
        latencies,
        programs: watch.machine.programs(),
        requests,
        mails: mails.len(),
    })
}

/// `wazuh-publisher run`, following the file; gone with this value.
struct Publisher(Child);

impl Publisher {
    fn start(site: &Site, folder: &Path, file: &Path) -> Result<Self> {
        let configuration = folder.join("publisher.toml");
        std::fs::write(&configuration, "")?;
        let mut command = Command::new(&site.stack.publisher);
        command
            .arg("run")
            .arg("--spool")
            .arg(folder.join("spool"))
            .arg("--log")
            .arg(folder.join("publisher.log"));
        command.arg("--config").arg(configuration).env_clear().env("HOME", folder);
        command.envs([
            ("AWS_ENDPOINT_URL", site.stack.endpoint.as_str()),
            ("AWS_REGION", &site.stack.region),
            ("AWS_ACCESS_KEY_ID", "test"),
            ("AWS_SECRET_ACCESS_KEY", "test"),
            ("AWS_EC2_METADATA_DISABLED", "true"),
            ("WAZUH_TRIAGE_INTAKE", "follow"),
            ("WAZUH_TRIAGE_FOLLOW_FROM", "beginning"),
            // The publisher leaves out less than a site would: what is left out has no end to wait for.
            ("WAZUH_TRIAGE_FOLLOW_LEVEL", "1"),
            ("WAZUH_TRIAGE_QUEUE_URL", &site.stack.outputs.queues.alerts),
        ]);
        command.env("WAZUH_TRIAGE_FOLLOW_FILE", file).stdin(Stdio::null()).stdout(Stdio::null());
        let child = command.spawn().context("could not start the publisher")?;
        Ok(Self(child))
    }
}

impl Drop for Publisher {
    fn drop(&mut self) {
        let _ended = self.0.kill();
        let _status = self.0.wait();
    }
}

/// As `analysisd` would: one line after the other, each at its time.
async fn write(mut file: File, mix: &Mix) -> Result<Written> {
    let (begin, at, mut written) = (Instant::now(), Timestamp::now(), Written::new());
    for line in mix.lines(at) {
        let wait = line.due.saturating_sub(begin.elapsed());
        if !wait.is_zero() {
            tokio::time::sleep(wait).await;
        }
        writeln!(file, "{}", line.text)?;
        written.insert(line.key, Timestamp::now());
    }
    Ok(written)
}

/// What the functions said, and where that leaves the alerts. Alerts without an end are waited for a little longer.
async fn books(site: &Site, since: Timestamp, written: &Written) -> Result<(Logs, Ledger)> {
    let (mut until, mut known) = (Instant::now() + LAST_ENDS, 0);
    loop {
        let logs = Logs::read(site, since).await?;
        if logs.ends.len() > known {
            (known, until) = (logs.ends.len(), Instant::now() + LAST_ENDS);
        }
        let ledger = Ledger::close(written, &logs.ends);
        if ledger.lost.is_empty() || Instant::now() > until {
            return Ok((logs, ledger));
        }
        tokio::time::sleep(READ_AGAIN_AFTER).await;
    }
}

/// How often each provider, and the model, was asked so far.
async fn requests(site: &Site) -> Result<BTreeMap<String, u64>> {
    let answer = reqwest::get(format!("{}/control/requests", site.stack.stub_url)).await?;
    let counts: BTreeMap<String, BTreeMap<String, u64>> = answer.json().await?;
    Ok(counts.into_iter().map(|(who, paths)| (who, paths.values().sum())).collect())
}
