//! Hunting in files: a day of a large site, beside `jq` doing only the filter for one rule.

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use fastrand::Rng;
use jiff::{SignedDuration, Timestamp};
use tests::measured::bytes;
use tests::project;

use crate::release::Release;
use crate::summary::Summary;
use crate::table::{Aim, Quantity, Row};
use crate::tell;

const ALERTS: u32 = 1_000_000;
const RUNS: usize = 3;
const AIM: f64 = 20.0;
const AIM_MEMORY_BYTES: u64 = 100_000_000;

/// The old workflow's search: alert id, user and source address of one rule's alerts.
const FILTER: &str = r#"select(.rule.id == "5502") | [.id, .data.dstuser, .data.srcip] | @tsv"#;

pub(crate) fn measure(release: &Release) -> Result<Vec<Row>> {
    tell("hunting in a million alerts");
    let mut build = Command::new("cargo");
    build.args(["build", "--release", "-p", "triage"]).current_dir(project::folder());
    ensure!(build.status().context("could not start cargo")?.success(), "cargo build of triage failed");
    let file = release.folder.join("day.json");
    let bytes = write_day(&file, ALERTS)?;
    let triage = release.function("triage");
    let (jq, _) = run(Command::new("jq").args(["-r", FILTER]).arg(&file))?;
    let mut rows = Vec::new();
    let mut row = |what: &str, took: Duration, aim: Option<Aim>| {
        let rate = |amount: f64| amount / took.as_secs_f64();
        #[expect(clippy::cast_precision_loss, reason = "a gigabyte")]
        let median = Quantity::Speed {
            alerts_per_second: rate(f64::from(ALERTS)),
            bytes_per_second: rate(bytes as f64),
        };
        rows.push(Row::new(what, median).with_aim(aim));
    };
    let mut peaks = Vec::new();
    for (what, arguments) in
        [("triage hunt --rule", vec!["hunt", "--rule", "5502"]), ("triage hunt", vec!["hunt"])]
    {
        let (took, peak) = run(Command::new(&triage).args(arguments).arg(&file))?;
        peaks.push((what, peak));
        let faster = jq.as_secs_f64() / took.as_secs_f64();
        row(what, took, Some(Aim::informs(format!("≥ {AIM} × jq: {faster:.1} ×"), faster >= AIM)));
    }
    row("jq, the filter of --rule alone", jq, None);
    for (what, peak) in peaks {
        let aim = Aim::gates(format!("≤ {}", Quantity::Size(AIM_MEMORY_BYTES)), peak <= AIM_MEMORY_BYTES);
        rows.push(Row::new(format!("peak of memory: {what}"), Quantity::Size(peak)).with_aim(aim));
    }
    fs::remove_file(&file)?;
    Ok(rows)
}

/// The median, and the highest peak of memory; the first run only warms the page cache.
fn run(command: &mut Command) -> Result<(Duration, u64)> {
    let (mut took, mut peak) = (Vec::new(), 0);
    for run in 0..=RUNS {
        let began = Instant::now();
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
        let status = format!("/proc/{}/status", child.id());
        let ended = loop {
            peak = peak.max(
                fs::read_to_string(&status).ok().and_then(|text| bytes(&text, "VmHWM:").ok()).unwrap_or(0),
            );
            if let Some(ended) = child.try_wait()? {
                break ended;
            }
            thread::sleep(Duration::from_millis(1));
        };
        ensure!(ended.success(), "{command:?} ended with {ended}");
        if run > 0 {
            took.push(began.elapsed());
        }
    }
    Ok((Summary::of(took)?.median, peak))
}

/// One alert each 86 ms: 2 of 100 are sessions that ended, 6 are logins of 500 people, the others are anything else.
pub(crate) fn write_day(file: &Path, alerts: u32) -> Result<u64> {
    let mut out = BufWriter::new(File::create(file)?);
    let mut rng = Rng::with_seed(4711);
    let begin: Timestamp = "2026-10-05T00:00:00Z".parse()?;
    for number in 0..alerts {
        let at = begin + SignedDuration::from_millis(86 * i64::from(number));
        let (user, last) = (rng.u16(..500), rng.u8(1..));
        let event = match number % 100 {
            0 | 50 => format!(
                r#""rule":{{"level":3,"description":"PAM: Login session closed.","id":"5502","firedtimes":3,"mail":false,"groups":["pam","syslog"],"pci_dss":["10.2.5"],"gpg13":["7.8","7.9"],"gdpr":["IV_32.2"],"hipaa":["164.312.b"]}},"data":{{"dstuser":"user{user}"}},"full_log":"Oct  5 10:00:00 host sshd[881]: pam_unix(sshd:session): session closed for user user{user}","predecoder":{{"program_name":"sshd","hostname":"host"}},"decoder":{{"parent":"pam","name":"pam"}},"location":"/var/log/auth.log""#
            ),
            1..=5 => format!(
                r#""rule":{{"level":3,"description":"sshd: authentication success.","id":"5715","mitre":{{"id":["T1078","T1021"],"tactic":["Initial Access"],"technique":["Valid Accounts"]}},"firedtimes":3,"mail":false,"groups":["syslog","sshd","authentication_success"],"pci_dss":["10.2.5"],"gdpr":["IV_32.2"]}},"data":{{"srcip":"10.20.{}.{last}","srcport":"50122","dstuser":"user{user}"}},"full_log":"Oct  5 10:00:00 host sshd[881]: Accepted publickey for user{user} from 10.20.3.4 port 50122 ssh2","predecoder":{{"program_name":"sshd","hostname":"host"}},"decoder":{{"parent":"sshd","name":"sshd"}},"location":"/var/log/auth.log""#,
                user % 250
            ),
            6 => format!(
                r#""rule":{{"level":5,"description":"sshd: authentication failed.","id":"5760","firedtimes":3,"mail":false,"groups":["syslog","sshd","authentication_failed"],"pci_dss":["10.2.5"],"gdpr":["IV_32.2"]}},"data":{{"srcip":"198.51.100.{last}","srcport":"50122","dstuser":"user{user}"}},"full_log":"Oct  5 10:00:00 host sshd[881]: Failed password for user{user} from 198.51.100.{last} port 50122 ssh2","predecoder":{{"program_name":"sshd","hostname":"host"}},"decoder":{{"parent":"sshd","name":"sshd"}},"location":"/var/log/auth.log""#
            ),
            _ => format!(
                r#""rule":{{"level":5,"description":"Web server 400 error code.","id":"31101","firedtimes":3,"mail":false,"groups":["web","accesslog","attack"],"pci_dss":["6.5","11.4"],"gdpr":["IV_35.7.d"],"nist_800_53":["SA.11","SI.4"],"tsc":["CC6.6","CC7.1","CC8.1","CC6.1","CC6.8","CC7.2","CC7.3"]}},"data":{{"protocol":"GET","srcip":"203.0.113.{last}","id":"404","url":"/wp-content/plugins/x.php?file=../../etc/passwd&id={user}"}},"full_log":"203.0.113.{last} - - [05/Oct/2026:10:00:00 +0000] \"GET /wp-content/plugins/x.php?file=../../etc/passwd&id={user} HTTP/1.1\" 404 564 \"http://shop.example/cart\" \"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36\"","decoder":{{"name":"web-accesslog"}},"location":"/var/log/nginx/access.log""#
            ),
        };
        let stamp = at.strftime("%Y-%m-%dT%H:%M:%S.%3f+0000");
        writeln!(
            out,
            r#"{{"timestamp":"{stamp}",{event},"agent":{{"id":"{:03}","name":"host-{:03}","ip":"10.20.0.7"}},"manager":{{"name":"wazuh-1"}},"id":"{}.{number}"}}"#,
            number % 300,
            number % 300,
            at.as_second(),
        )?;
    }
    out.flush()?;
    Ok(fs::metadata(file)?.len())
}
