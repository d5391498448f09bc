//! Following `alerts.json`: a backlog as fast as it goes, and new alerts as soon as they come.

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use jiff::Timestamp;
use serde_json::{Value, json};
use tests::project;

use crate::alert::alert;
use crate::release::Release;
use crate::summary::Summary;
use crate::table::{Aim, Quantity, Row};
use crate::tell;

const BACKLOG_BYTES: u32 = 200_000_000;
const RUNS: usize = 5;

/// At 130,000 alerts/s, or 0.25 GB/s with alerts of the usual size.
const AIM_FOR_10_000: Duration = Duration::from_micros(76_923);
const AIM_MEMORY_BYTES: u64 = 30_000_000;

const PER_SECOND: u32 = 1_000;
const SECONDS: u32 = 5;
const AIM_LAG: Duration = Duration::from_millis(100);

pub(crate) fn measure(release: &Release) -> Result<Vec<Row>> {
    tell("following a backlog, then alerts as they come");
    let follower = Follower::build(release)?;
    let mut rows = backlog(&follower)?;
    rows.push(lag(&follower)?);
    Ok(rows)
}

/// The example of the publisher's crate, in the release profile.
struct Follower<'a> {
    release: &'a Release,
    program: std::path::PathBuf,
}

/// A line of the follower: when, how many alerts until then, and its peak of memory.
struct Mark {
    at_ns: i64,
    alerts: usize,
    peak_bytes: u64,
}

impl<'a> Follower<'a> {
    fn build(release: &'a Release) -> Result<Self> {
        let mut command = Command::new("cargo");
        command.args(["build", "--release", "-p", "publisher", "--example", "follow"]);
        let status = command.current_dir(project::folder()).status().context("could not start cargo")?;
        ensure!(status.success(), "cargo build ended with {status}");
        let target = release.folder.parent().context("the bench has no folder")?;
        Ok(Self { release, program: target.join("release/examples/follow") })
    }

    /// Until it has read so many alerts, while something else goes on.
    fn follow<T>(
        &self,
        alerts: &Path,
        count: usize,
        beside: impl FnOnce() -> Result<T>,
    ) -> Result<(Vec<Mark>, T)> {
        let checkpoint = self.release.folder.join("follow.json");
        if checkpoint.exists() {
            fs::remove_file(&checkpoint)?;
        }
        let mut command = Command::new(&self.program);
        command.arg(alerts).arg(checkpoint).arg(count.to_string());
        let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn()?;
        let done = beside();
        let output = child.wait_with_output()?;
        ensure!(output.status.success(), "the follower ended with {}", output.status);
        let lines = String::from_utf8(output.stdout)?;
        let marks: Result<Vec<Mark>> = lines.lines().map(mark).collect();
        Ok((marks?, done?))
    }
}

fn backlog(follower: &Follower) -> Result<Vec<Row>> {
    let path = follower.release.folder.join("alerts.json");
    let count = write_backlog(&path)?;
    let (mut times, mut peak_bytes) = (Vec::new(), 0);
    for _ in 0..RUNS {
        let (marks, ()) = follower.follow(&path, count, || Ok(()))?;
        let (Some(first), Some(last)) = (marks.first(), marks.last()) else { continue };
        times.push(Duration::from_nanos((last.at_ns - first.at_ns).unsigned_abs()));
        peak_bytes = last.peak_bytes.max(peak_bytes);
    }
    fs::remove_file(path)?;
    let of_10_000 =
        |time: Duration| time.mul_f64(10_000.0 / f64::from(u32::try_from(count).unwrap_or(u32::MAX)));
    let all = Summary::of(times)?;
    let (median, p90) = (of_10_000(all.median), of_10_000(all.p90));
    let gigabytes_per_s = f64::from(BACKLOG_BYTES) / all.median.as_secs_f64() / 1e9;
    let aim = format!("< {} (130,000/s)", Quantity::Time(AIM_FOR_10_000));
    let what = format!("follow: 10,000 alerts of a backlog of 200 MB ({gigabytes_per_s:.2} GB/s)");
    let time = Row::new(what, Quantity::Time(median))
        .with_p90(Quantity::Time(p90))
        .with_aim(Aim::informs(aim, median < AIM_FOR_10_000));
    let aim = format!("< {}", Quantity::Size(AIM_MEMORY_BYTES));
    let memory = Row::new("follow: most memory with that backlog", Quantity::Size(peak_bytes))
        .with_aim(Aim::gates(aim, peak_bytes < AIM_MEMORY_BYTES));
    Ok(vec![time, memory])
}

/// From Wazuh's write to our read.
fn lag(follower: &Follower) -> Result<Row> {
    let path = follower.release.folder.join("alerts.json");
    let file = File::create(&path)?;
    let count = (PER_SECOND * SECONDS) as usize;
    let (marks, written) = follower.follow(&path, count, || write_slowly(file, count))?;
    fs::remove_file(path)?;
    let mut lags = Vec::new();
    let mut marks = marks.iter();
    let mut mark = marks.next().context("the follower said nothing")?;
    for (index, at_ns) in written.iter().enumerate() {
        while mark.alerts <= index {
            mark = marks.next().context("the follower did not read everything")?;
        }
        lags.push(Duration::from_nanos((mark.at_ns - at_ns).try_into().unwrap_or_default()));
    }
    let Summary { median, p90, .. } = Summary::of(lags)?;
    let aim = Aim::informs(format!("< {}", Quantity::Time(AIM_LAG)), p90 < AIM_LAG);
    let row = Row::new("follow: from write to read, 1,000 alerts/s", Quantity::Time(median));
    Ok(row.with_p90(Quantity::Time(p90)).with_aim(aim))
}

/// When each alert was written.
fn write_slowly(mut file: File, count: usize) -> Result<Vec<i64>> {
    let line = alert("1791030127.1").to_string() + "\n";
    let begin = Instant::now();
    let mut written = Vec::new();
    for index in 0..u32::try_from(count)? {
        let due = begin + Duration::from_secs(1) * index / PER_SECOND;
        thread::sleep(due.saturating_duration_since(Instant::now()));
        written.push(now_ns());
        file.write_all(line.as_bytes())?;
    }
    Ok(written)
}

/// Of several kinds, all different; how many there are.
fn write_backlog(path: &Path) -> Result<usize> {
    let mut block = Vec::new();
    let mut lines = 0;
    for number in 0..500_u32 {
        let id = format!("1791030127.{number}");
        for line in [alert(&id), logon(&id, number), web(&id, number), file_change(&id, number)] {
            serde_json::to_writer(&mut block, &line)?;
            block.push(b'\n');
            lines += 1;
        }
    }
    let mut file = File::create(path)?;
    let blocks = usize::try_from(BACKLOG_BYTES)?.div_ceil(block.len());
    for _ in 0..blocks {
        file.write_all(&block)?;
    }
    Ok(blocks * lines)
}

fn logon(id: &str, number: u32) -> Value {
    let message = "\"An account was successfully logged on.\r\n\r\nSubject:\r\n\tSecurity ID:\t\tS-1-5-18\r\n\t\
        Account Name:\t\tDC$\r\n\tLogon ID:\t\t0x3E7\r\n\r\nLogon Type:\t\t3\r\n\r\nNew Logon:\r\n\tAccount Name:\t\tsvc-backup\"";
    json!({
        "timestamp": "2026-10-03T14:22:07.612+0200",
        "rule": {
            "level": 3, "description": "Windows Logon Success", "id": "60106", "firedtimes": number, "mail": false,
            "mitre": {"id": ["T1078"], "tactic": ["Initial Access"], "technique": ["Valid Accounts"]},
            "groups": ["windows", "windows_security", "\n      authentication_success", "\n    "],
        },
        "agent": {"id": "031", "name": "dc-01", "ip": "10.30.0.1"}, "manager": {"name": "wazuh-1"}, "id": id,
        "decoder": {"name": "windows_eventchannel"},
        "data": {"win": {
            "system": {
                "providerName": "Microsoft-Windows-Security-Auditing", "eventID": "4624", "keywords": "0x8020000000000000",
                "eventRecordID": number.to_string(), "channel": "Security", "computer": "dc-01.example.org", "message": message,
            },
            "eventdata": {
                "subjectUserSid": "S-1-5-18", "targetUserName": "svc-backup", "logonType": "3", "ipAddress": "10.30.4.7",
                "processName": "C:\\\\Windows\\\\System32\\\\svchost.exe",
            },
        }},
        "location": "EventChannel",
    })
}

fn web(id: &str, number: u32) -> Value {
    let url = format!("/wp-login.php?redirect_to=%2Fwp-admin%2F&reauth={number}");
    let line = format!(
        "203.0.113.9 - - [03/Oct/2026:14:22:07 +0200] \"GET {url} HTTP/1.1\" 404 1234 \"-\" \"curl/8.5.0\""
    );
    json!({
        "timestamp": "2026-10-03T14:22:07.712+0200",
        "rule": {
            "level": 5, "description": "Web server 400 error code.", "id": "31101", "firedtimes": number, "mail": false,
            "groups": ["web", "accesslog", "attack"], "pci_dss": ["6.5", "11.4"], "nist_800_53": ["SA.11", "SI.4"],
        },
        "agent": {"id": "007", "name": "web-01", "ip": "10.20.0.7"}, "manager": {"name": "wazuh-1"}, "id": id,
        "full_log": line, "decoder": {"name": "web-accesslog"},
        "data": {"protocol": "GET", "srcip": "203.0.113.9", "id": "404", "url": url},
        "location": "/var/log/nginx/access.log",
    })
}

fn file_change(id: &str, number: u32) -> Value {
    let path = format!("/etc/httpd/conf.d/site{number}.conf");
    json!({
        "timestamp": "2026-10-03T14:22:07.812+0200",
        "rule": {
            "level": 7, "description": "Integrity checksum changed.", "id": "550", "firedtimes": number, "mail": false,
            "mitre": {"id": ["T1565.001"], "tactic": ["Impact"], "technique": ["Stored Data Manipulation"]},
            "groups": ["ossec", "syscheck", "syscheck_entry_modified", "syscheck_file"], "pci_dss": ["11.5"],
        },
        "agent": {"id": "007", "name": "web-01", "ip": "10.20.0.7"}, "manager": {"name": "wazuh-1"}, "id": id,
        "full_log": format!("File '{path}' modified\nMode: realtime\nChanged attributes: size,mtime,sha256\n"),
        "syscheck": {
            "path": path, "mode": "realtime", "size_before": "2048", "size_after": "2051", "perm_after": "rw-r--r--",
            "md5_after": "7".repeat(32), "sha1_after": "8".repeat(40), "sha256_after": "9".repeat(64),
            "mtime_after": "2026-10-03T12:22:07", "inode_after": number, "event": "modified",
            "diff": "< ServerName old.example.org\n> ServerName new.example.org\n".repeat(12),
            "changed_attributes": ["size", "mtime", "sha256"],
        },
        "decoder": {"name": "syscheck_integrity_changed"}, "location": "syscheck",
    })
}

fn mark(line: &str) -> Result<Mark> {
    let mut words = line.split(' ');
    let mut word = || words.next().context("the follower said too little");
    let (at_ns, alerts) = (word()?.parse()?, word()?.parse()?);
    Ok(Mark { at_ns, alerts, peak_bytes: word()?.parse::<u64>()? * 1024 })
}

fn now_ns() -> i64 {
    i64::try_from(Timestamp::now().as_nanosecond()).unwrap_or_default()
}
