//! How quickly indicators are found in alerts, beside Python that does it as integrations do.
//!
//! `TRIAGE_CORPUS` may name a folder of alerts, one per line (`*.jsonl`, `*.ndjson`), to be measured as well.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use tempfile::TempDir;
use tests::{corpus, project};

use crate::release::Release;
use crate::table::{Aim, Quantity, Row};
use crate::tell;

const ALERTS: usize = 5_000;
const PASSES: usize = 15;
const PYTHON_PASSES: usize = 3;

/// An aim of extraction: this many alerts in the time of one of Python's.
const TIMES_FASTER: f64 = 12.0;

/// Measures on one core: both programs in turn on each set of alerts.
pub(crate) fn measure(release: &Release, corpus_folder: Option<&Path>) -> Result<Vec<Row>> {
    let mut sets = vec![("varied", corpus::varied(ALERTS)), ("without indicators", corpus::silent(ALERTS))];
    if let Some(folder) = corpus_folder {
        sets.push(("of TRIAGE_CORPUS", read(folder)?));
    }
    let mut rows = Vec::new();
    for (name, alerts) in sets {
        tell(&format!("indicators in {} alerts {name}", alerts.len()));
        let ours = median(Command::new(release.extraction()), PASSES, &alerts)?;
        let theirs = median(python(), PYTHON_PASSES, &alerts)?;
        let size: usize = alerts.iter().map(String::len).sum();
        let speed = |took: Duration| Quantity::Speed {
            alerts_per_second: per_second(alerts.len(), took),
            bytes_per_second: per_second(size, took),
        };
        let ratio = theirs.div_duration_f64(ours);
        let aim = format!("≥ {TIMES_FASTER} × Python, is {ratio:.0} ×");
        let row = Row::new(format!("extraction: alerts {name}"), speed(ours));
        rows.push(row.with_aim(Aim::informs(aim, ratio >= TIMES_FASTER)));
        rows.push(Row::new(format!("extraction: alerts {name}, python, json + re"), speed(theirs)));
    }
    Ok(rows)
}

#[expect(clippy::cast_precision_loss, reason = "a speed is shown with three digits")]
fn per_second(count: usize, took: Duration) -> f64 {
    count as f64 / took.as_secs_f64()
}

/// The median time of a pass over all alerts, as the program measures itself: what its start costs is not counted.
fn median(mut program: Command, passes: usize, alerts: &[String]) -> Result<Duration> {
    let folder = TempDir::new()?;
    let file = folder.path().join("alerts.jsonl");
    fs::write(&file, alerts.join("\n"))?;
    let output = program.arg(&file).arg(passes.to_string()).output()?;
    ensure!(output.status.success(), "{program:?} ended with {}", output.status);
    let said = String::from_utf8(output.stdout)?;
    let seconds = said.split_whitespace().nth(1).context("the program said nothing")?;
    Ok(Duration::from_secs_f64(seconds.parse()?))
}

fn python() -> Command {
    let mut command = Command::new("python3");
    command.arg(project::folder().join("tests/peers/extract_indicators.py"));
    command
}

fn read(folder: &Path) -> Result<Vec<String>> {
    let mut alerts = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "jsonl" || extension == "ndjson") {
            let text = fs::read_to_string(&path)?;
            alerts.extend(text.lines().filter(|line| !line.trim().is_empty()).map(str::to_owned));
        }
    }
    ensure!(!alerts.is_empty(), "{} has no file of alerts, one per line", folder.display());
    Ok(alerts)
}
