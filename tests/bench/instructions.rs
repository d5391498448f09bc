//! Instructions of the paths that every alert takes, counted by callgrind: a busy machine changes nothing about them.
//!
//! Each program runs twice, the second time with more of the same work: what it takes to start is not counted.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use ::tests::{corpus, project};
use anyhow::{Context, Result, ensure};
use tempfile::TempDir;

use crate::release::Release;
use crate::table::{Aim, Quantity, Row};
use crate::{hunting, tell};

const LITTLE: u32 = 50;
const MORE: u32 = 250;

/// Above what was recorded, this much is another compiler's or another library's doing.
const TOLERANCE: f64 = 1.05;

/// What a path took when it was last recorded, by name.
pub(crate) type Recorded = BTreeMap<String, u64>;

pub(crate) fn measure(release: &Release) -> Result<Vec<Row>> {
    tell("instructions of hot paths, under callgrind");
    let recorded = read()?;
    let folder = TempDir::new()?;
    let mut rows = Vec::new();
    for (name, count) in counts(release, folder.path())? {
        let row = Row::new(format!("instructions: {name}"), Quantity::Count(count));
        rows.push(match recorded.get(name) {
            Some(before) => row.with_aim(aim(count, *before)),
            None => row,
        });
    }
    Ok(rows)
}

/// Keeps what these rows say for the runs to come.
pub(crate) fn record(rows: &[Row]) -> Result<()> {
    let counted =
        rows.iter().filter_map(|row| match (row.what.strip_prefix("instructions: "), &row.median) {
            (Some(name), Quantity::Count(count)) => Some((name.to_owned(), *count)),
            _ => None,
        });
    let recorded: Recorded = counted.collect();
    Ok(fs::write(file(), serde_json::to_string_pretty(&recorded)? + "\n")?)
}

fn counts(release: &Release, folder: &Path) -> Result<Vec<(&'static str, u64)>> {
    let alerts = |count: u32| -> Result<PathBuf> {
        let file = folder.join(format!("{count}.jsonl"));
        fs::write(&file, corpus::varied(usize::try_from(count)?).join("\n"))?;
        Ok(file)
    };
    let logins = |count: u32| -> Result<PathBuf> {
        let file = folder.join(format!("day-{count}.json"));
        hunting::write_day(&file, count)?;
        Ok(file)
    };
    Ok(vec![
        (
            "indicators of an alert",
            each(|count| Ok(program(release.extraction(), [alerts(count)?.into(), "1".into()])))?,
        ),
        (
            "prompts with three redactions, and their answers' verification",
            each(|count| Ok(program(release.prompts(), [alerts(count)?.into()])))?,
        ),
        (
            "a usual mail and one with a log of 64 KB, each twice, and notify's work for them",
            each(|count| Ok(program(release.mails(), [count.to_string().into()])))?,
        ),
        (
            "an alert looked at by a hunt in files",
            each(|count| Ok(program(release.triage(), ["hunt".into(), logins(count * 20)?.into()])))? / 20,
        ),
        ("a call of custom-wazuh-triage, whole", called(release, folder)?),
    ])
}

/// Of one piece of work.
fn each(program: impl Fn(u32) -> Result<Command>) -> Result<u64> {
    let (little, more) = (count(&program(LITTLE)?)?, count(&program(MORE)?)?);
    let difference = more.checked_sub(little).context("more work took fewer instructions")?;
    Ok(difference / u64::from(MORE - LITTLE))
}

/// As integratord calls it, with a spool to link the alert into, and a service that listens there.
fn called(release: &Release, folder: &Path) -> Result<u64> {
    for name in ["integrations", "logs", "queue/wazuh-triage"] {
        fs::create_dir_all(folder.join("ossec").join(name))?;
    }
    let _doorbell = UnixDatagram::bind(folder.join("ossec/queue/wazuh-triage/doorbell"))?;
    let program = folder.join("ossec/integrations/custom-wazuh-triage");
    fs::copy(release.integration(), &program)?;
    let alert = folder.join("custom-wazuh-triage-1791030127-4711.alert");
    fs::write(&alert, corpus::varied(1).join("\n") + "\n")?;
    let mut command = Command::new(program);
    command.arg(&alert).args(crate::integratord::arguments("https://sqs.example.com/000000000000/alerts"));
    command.current_dir(folder.join("ossec"));
    count(&command)
}

fn count(program: &Command) -> Result<u64> {
    let mut command = Command::new("valgrind");
    command.args(["--tool=callgrind", "--callgrind-out-file=/dev/null", "--"]).arg(program.get_program());
    command.args(program.get_args()).env_clear().env("PATH", "/usr/local/bin:/usr/bin:/bin");
    if let Some(folder) = program.get_current_dir() {
        command.current_dir(folder);
    }
    let output = command.stdin(Stdio::null()).stdout(Stdio::null()).output()?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{program:?} ended with {} under valgrind:\n{said}", output.status);
    collected(&said).with_context(|| format!("callgrind counted nothing of {program:?}:\n{said}"))
}

/// The line `==123== Collected : 456`.
fn collected(said: &str) -> Option<u64> {
    said.lines().find_map(|line| line.split_once("Collected : ")?.1.trim().parse().ok())
}

fn aim(count: u64, before: u64) -> Aim {
    #[expect(clippy::cast_precision_loss, reason = "a ratio is shown with three digits")]
    let ratio = count as f64 / before as f64;
    Aim::gates(format!("≤ {TOLERANCE} × recorded: {ratio:.3} ×"), ratio <= TOLERANCE)
}

fn read() -> Result<Recorded> {
    let file = file();
    let text = fs::read_to_string(&file).with_context(|| format!("could not read {}", file.display()))?;
    Ok(serde_json::from_str(&text)?)
}

fn file() -> PathBuf {
    project::folder().join("tests/bench/instructions.json")
}

fn program<const N: usize>(path: PathBuf, arguments: [OsString; N]) -> Command {
    let mut command = Command::new(path);
    command.args(arguments);
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_callgrind_says_is_read() {
        let said = "==7== Events    : Ir\n==7== Collected : 1234567\n==7== \n";
        assert_eq!(collected(said), Some(1_234_567));
        assert_eq!(collected("valgrind: not found"), None);
    }

    #[test]
    fn one_in_twenty_more_than_recorded_is_a_regression() {
        let said = |count| Row::new("x", Quantity::Count(count)).with_aim(aim(count, 1_000)).is_missed();
        assert!(!said(1_050) && !said(900) && said(1_051));
    }
}
