//! `send`: alerts from files or standard input, to SQS before it returns.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use intake::handover;

use crate::config::Config;
use crate::destination::Destination;
use crate::failure::{Failure, chain};
use crate::input;
use crate::item::{self, Form};
use crate::journal::Journal;
use crate::queue::SendError;
use crate::ship::{Report, Shipper};
use crate::spool::{Entry, Spool, State};

/// How long to wait for another shipper, and how often to look.
const OTHER_SHIPPER_LIMIT: Duration = Duration::from_secs(30);
const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// What `send` was asked for.
pub struct Request<'a> {
    pub files: &'a [PathBuf],
    pub look: Look,
}

/// Whether the alerts are looked at before they go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    /// JSON, an array, or lines; what is not JSON is an error.
    Inside,
    /// Each file, or each line of a `.jsonl` or `.ndjson` file, goes as it is.
    No,
}

/// Accepts all alerts into the spool, then ships it. The first failure counts; the others are in the log.
pub async fn send(
    request: &Request<'_>,
    config: &Config,
    journal: &Journal,
    host: String,
) -> Result<(), Failure> {
    let destination = config.destination()?;
    let spool = Spool::open(config.spool.clone(), config.durability)?;
    spool.has_room()?;
    let mut entries = Vec::new();
    let mut failures = Vec::new();
    for file in request.files {
        if let Err(failure) = accept(file, request.look, &spool, &destination, &mut entries, &mut failures) {
            failures.push(failure);
        }
    }
    handover::ring(&spool);
    let shipper = Shipper::new(&spool, journal, config, host);
    if let Err(failure) = ship(&shipper, &destination, &entries).await {
        failures.insert(0, failure);
    }
    if failures.is_empty() {
        return Ok(());
    }
    let first = failures.remove(0);
    for failure in failures {
        journal.failure(&chain(&failure));
    }
    Err(first)
}

/// Ships what earlier calls left in the spool.
pub async fn ship_the_rest(shipper: &Shipper<'_>) -> Result<(), Failure> {
    let Report { kept, problems, .. } = shipper.run("").await?;
    match problems.into_values().next() {
        Some(problem) if !kept.is_empty() => {
            Err(Failure::Kept { count: kept.len(), spool: shipper.spool.path().to_owned(), problem })
        }
        _ => Ok(()),
    }
}

fn accept(
    file: &Path,
    look: Look,
    spool: &Spool,
    destination: &Destination,
    entries: &mut Vec<Entry>,
    failures: &mut Vec<Failure>,
) -> Result<(), Failure> {
    let from_standard_input = file == Path::new("-");
    let bytes = if from_standard_input { input::standard_input()? } else { input::file(file)? };
    let name = if from_standard_input { "standard input".to_owned() } else { file.display().to_string() };
    if look == Look::No {
        let is_lines =
            file.extension().is_some_and(|extension| extension == "jsonl" || extension == "ndjson");
        let items: Vec<&[u8]> = if is_lines { item::lines(&bytes).collect() } else { vec![&bytes] };
        for item in items {
            entries.push(spool.accept(destination, item, Form::AsIs)?);
        }
        return Ok(());
    }
    let text = item::decode(&bytes);
    for item in item::split(&text) {
        match item {
            Ok(item) => entries.push(spool.accept(destination, item.as_bytes(), Form::Json)?),
            Err(bad) => failures.push(Failure::NotJson {
                name: format!("{name}, {},", bad.place),
                kept: String::new(),
                problem: bad.problem,
            }),
        }
    }
    Ok(())
}

/// Ships the spool until these alerts are gone, or waits while another shipper does it.
async fn ship(shipper: &Shipper<'_>, destination: &Destination, entries: &[Entry]) -> Result<(), Failure> {
    let id = destination.id();
    let deadline = Instant::now() + OTHER_SHIPPER_LIMIT;
    loop {
        let report = shipper.run(&id).await?;
        let waiting = entries.iter().filter(|entry| shipper.spool.state(entry) == State::Waiting);
        let waiting: Vec<String> = waiting.map(Entry::name).collect();
        if waiting.is_empty() {
            break;
        }
        let tried = waiting.iter().all(|name| report.kept.contains(name));
        if tried || Instant::now() > deadline {
            return Err(kept(shipper, report, &id, waiting.len()));
        }
        tokio::time::sleep(LOOK_AGAIN).await;
    }
    let rejected = entries.iter().filter(|entry| shipper.spool.state(entry) == State::Rejected).count();
    if rejected == 0 { Ok(()) } else { Err(Failure::Unsendable(rejected)) }
}

fn kept(shipper: &Shipper<'_>, mut report: Report, id: &str, count: usize) -> Failure {
    Failure::Kept {
        count,
        spool: shipper.spool.path().to_owned(),
        problem: report.problems.remove(id).unwrap_or(SendError::OtherShipper),
    }
}
