//! A run: lines are written when they are due, the publisher follows, and the functions are waited for.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use aws_sdk_sqs::types::QueueAttributeName;
use jiff::Timestamp;
use local::log_group;
use local::stack::DeliveredMail;
use tests::Site;
use tests::deployed::End;

use crate::ledger::{Ledger, Written, latencies};
use crate::machine::Machine;
use crate::mix::Mix;
use crate::report::Report;
use crate::tell;

const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Queues count approximately.
const QUIET_LOOKS: u32 = 5;
/// A record that failed comes again when its message is visible again, and the emulator does not count it meanwhile.
const LAST_ENDS: Duration = Duration::from_mins(8);
/// Without an alert that leaves the queues for so long, the run is stuck.
const PATIENCE: Duration = Duration::from_mins(5);

pub(crate) async fn run(site: &Site, mix: &Mix) -> Result<Report> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("alerts.json");
    let alerts = File::create(&file)?;
    let publisher = Publisher::start(site, folder.path(), &file)?;
    let mut machine = Machine::new(publisher.0.id());
    let before = requests(site).await?;
    tell(&format!("{} alerts, {} a second for {} s, seed {}", mix.count(), mix.rate, mix.seconds, mix.seed));
    let (began, begun_at) = (Instant::now(), Timestamp::now());
    let written = write(alerts, mix, &mut machine).await?;
    let writing = began.elapsed();
    tell(&format!(
        "all of them are written after {} s; waiting until the queues are empty",
        writing.as_secs()
    ));
    settle(site, &mut machine).await?;
    let took = began.elapsed();
    drop(publisher);
    tell("reading the ledger");
    let ends = ends(site, begun_at, &written).await?;
    let mails: Vec<DeliveredMail> =
        reqwest::get(format!("{}/api/mails", site.stack.page_url)).await?.json().await?;
    let asked = requests(site).await?;
    let asked = asked.into_iter().map(|(who, count)| (who.clone(), count - before.get(&who).unwrap_or(&0)));
    let last_end = ends.iter().map(|(_, end)| end.timestamp).max();
    let first_write = written.values().min().copied();
    let busy = last_end
        .zip(first_write)
        .map_or(took, |(last, first)| Duration::try_from(last.duration_since(first)).unwrap_or(took));
    Ok(Report {
        begun_at,
        mix: mix.clone(),
        writing_s: writing.as_secs_f64(),
        busy_s: busy.as_secs_f64(),
        ledger: Ledger::close(&written, &ends),
        latencies: latencies(&written, &ends),
        programs: machine.programs(),
        requests: asked.collect(),
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
async fn write(mut file: File, mix: &Mix, machine: &mut Machine) -> Result<Written> {
    let (begin, at) = (Instant::now(), Timestamp::now());
    let (mut written, mut looked) = (Written::new(), Instant::now());
    for line in mix.lines(at) {
        let wait = line.due.saturating_sub(begin.elapsed());
        if !wait.is_zero() {
            tokio::time::sleep(wait).await;
        }
        writeln!(file, "{}", line.text)?;
        written.insert(line.key, Timestamp::now());
        if looked.elapsed() >= LOOK_EVERY {
            machine.look();
            looked = Instant::now();
        }
    }
    Ok(written)
}

/// Until nothing is in any queue on the way.
async fn settle(site: &Site, machine: &mut Machine) -> Result<()> {
    let (mut quiet, mut least, mut moved) = (0, usize::MAX, Instant::now());
    while quiet < QUIET_LOOKS {
        tokio::time::sleep(LOOK_EVERY).await;
        machine.look();
        let mut waiting = 0;
        let queues = &site.stack.outputs.queues;
        for queue in [&queues.alerts, &queues.enriched, &queues.notices] {
            waiting += depth(site, queue).await?;
        }
        quiet = if waiting == 0 { quiet + 1 } else { 0 };
        if waiting < least {
            (least, moved) = (waiting, Instant::now());
        }
        if moved.elapsed() > PATIENCE {
            bail!(
                "{waiting} messages are in the queues, and none has left them for {} s",
                PATIENCE.as_secs()
            );
        }
    }
    Ok(())
}

async fn depth(site: &Site, queue: &str) -> Result<usize> {
    let names = [
        QueueAttributeName::ApproximateNumberOfMessages,
        QueueAttributeName::ApproximateNumberOfMessagesNotVisible,
        QueueAttributeName::ApproximateNumberOfMessagesDelayed,
    ];
    let request = site.sqs.get_queue_attributes().queue_url(queue).set_attribute_names(Some(names.to_vec()));
    let attributes = request.send().await?.attributes.unwrap_or_default();
    Ok(names.iter().filter_map(|name| attributes.get(name)?.parse::<usize>().ok()).sum())
}

/// Every end of an alert, with the function that says so. Whoever has none is waited for a little longer.
async fn ends(site: &Site, since: Timestamp, written: &Written) -> Result<Vec<(&'static str, End)>> {
    let (mut until, mut known) = (Instant::now() + LAST_ENDS, 0);
    loop {
        let mut ends = Vec::new();
        for (function, group) in site.stack.outputs.log_groups.all() {
            let lines = log_group::lines(since, &site.aws, group).await?;
            ends.extend(lines.iter().filter_map(|line| Some((function, End::read(line)?))));
        }
        let lost = Ledger::close(written, &ends).lost.len();
        if ends.len() > known {
            (known, until) = (ends.len(), Instant::now() + LAST_ENDS);
        }
        if lost == 0 || Instant::now() > until {
            return Ok(ends);
        }
        tokio::time::sleep(LOOK_EVERY * QUIET_LOOKS).await;
    }
}

/// How often each provider, and the model, was asked so far.
async fn requests(site: &Site) -> Result<BTreeMap<String, u64>> {
    let answer = reqwest::get(format!("{}/control/requests", site.stack.stub_url)).await?;
    let counts: BTreeMap<String, BTreeMap<String, u64>> = answer.json().await?;
    Ok(counts.into_iter().map(|(who, paths)| (who, paths.values().sum())).collect())
}
