//! What one alert costs beside the model, and what is left of a storm.
//!
//! `TRIAGE_STORM` may name a file of alerts, as `triage check` reads them, to be replayed as well.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use ::tests::corpus;
use anyhow::{Context, Result, ensure};
use serde::Deserialize;
use serde_json::json;
use tempfile::TempDir;

use crate::release::Release;
use crate::summary::Summary;
use crate::table::{Aim, Quantity, Row};
use crate::tell;

const ALERTS: usize = 5_000;
const MAX_STEP: Duration = Duration::from_millis(1);

/// As many as a scan of a few hosts made in six minutes.
const STORM: u32 = 2_293;
const STORM_SECONDS: u32 = 360;
const REPLAYS: usize = 5;
/// A handful at once, a storm notice, a digest, and what single incidents have to add later.
const MAX_MAILS: u64 = 50;

pub(crate) fn measure(release: &Release, storm: Option<&Path>) -> Result<Vec<Row>> {
    let mut rows = prompts(release)?;
    let folder = TempDir::new()?;
    let file = folder.path().join("storm.jsonl");
    fs::write(&file, scan().join("\n"))?;
    rows.extend(replay(release, "storm", &file)?);
    if let Some(file) = storm {
        rows.extend(replay(release, "storm of TRIAGE_STORM", file)?);
    }
    Ok(rows)
}

/// What the program prints: median, 90th percentile and the most.
#[derive(Deserialize)]
struct Figures {
    redaction: String,
    built_s: [f64; 3],
    verified_s: [f64; 3],
}

/// Both steps around a question to a model, on one core.
fn prompts(release: &Release) -> Result<Vec<Row>> {
    tell(&format!("prompts for {ALERTS} alerts and the verification of their answers"));
    let folder = TempDir::new()?;
    let file = folder.path().join("alerts.jsonl");
    fs::write(&file, corpus::varied(ALERTS).join("\n"))?;
    let output = Command::new(release.prompts()).arg(&file).output()?;
    ensure!(output.status.success(), "the example prompt ended with {}", output.status);
    let mut rows = Vec::new();
    for line in String::from_utf8(output.stdout)?.lines() {
        let figures: Figures = serde_json::from_str(line)?;
        let row = |what: &str, [median, p90, _]: [f64; 3]| {
            let (median, p90) = (Duration::from_secs_f64(median), Duration::from_secs_f64(p90));
            let aim = Aim::informs(format!("< {}", Quantity::Time(MAX_STEP)), median < MAX_STEP);
            let row = Row::new(format!("{what}, REDACTION={}", figures.redaction), Quantity::Time(median));
            row.with_p90(Quantity::Time(p90)).with_aim(aim)
        };
        rows.push(row("prompt built", figures.built_s));
        rows.push(row("answer verified", figures.verified_s));
    }
    ensure!(!rows.is_empty(), "the example prompt said nothing");
    Ok(rows)
}

/// A storm through all stages in one process: the program's start and its files are part of the time.
fn replay(release: &Release, name: &str, file: &Path) -> Result<Vec<Row>> {
    tell(&format!("{name}, {REPLAYS} times"));
    let mut took = Vec::new();
    let mut tally = Tally::default();
    for _ in 0..REPLAYS {
        let folder = TempDir::new()?;
        let begin = Instant::now();
        let mut command = Command::new(release.triage());
        command.arg("check").arg(file).args(["--offline", "--json", "--mail"]).arg(mails(&folder));
        let output = command.env_clear().output()?;
        took.push(begin.elapsed());
        ensure!(output.status.success(), "triage ended with {}", output.status);
        tally = Tally::read(&String::from_utf8(output.stdout)?)?;
    }
    let Summary { median, p90, .. } = Summary::of(took)?;
    let row = |what: &str, median, aim| Row::new(format!("{name}: {what}"), median).with_aim(aim);
    let all_told = Aim::gates("each in one".to_owned(), tally.told == tally.counted);
    let few = Aim::gates(format!("≤ {MAX_MAILS}"), tally.mails <= MAX_MAILS);
    Ok(vec![
        row("all stages and mails", Quantity::Time(median), None).with_p90(Quantity::Time(p90)),
        row("alerts in", Quantity::Count(tally.alerts), None),
        row("mails out", Quantity::Count(tally.mails), Some(few)),
        row("alerts that only a digest tells of", Quantity::Count(tally.held_back), None),
        row(
            "alerts told in a mail or a digest",
            Quantity::Share { met: tally.told, of: tally.counted },
            Some(all_told),
        ),
    ])
}

fn mails(folder: &TempDir) -> PathBuf {
    folder.path().join("mails")
}

/// What a replay says, added up.
#[derive(Default)]
struct Tally {
    alerts: u64,
    /// Those that an incident counted.
    counted: usize,
    told: usize,
    held_back: u64,
    mails: u64,
}

/// A line about an alert's end, or about a mail.
#[derive(Deserialize)]
struct Line {
    #[serde(default)]
    reason: String,
    mail: Option<Mail>,
    alerts: Option<u64>,
}

#[derive(Deserialize)]
struct Mail {
    kind: String,
}

impl Tally {
    fn read(lines: &str) -> Result<Self> {
        let mut all = Self::default();
        for line in lines.lines() {
            let Line { reason, mail, alerts } = serde_json::from_str(line)?;
            let Some(mail) = mail else {
                all.alerts += 1;
                all.counted += usize::from(reason.starts_with("incident "));
                continue;
            };
            let alerts = alerts.context("a mail does not say how many alerts it tells of")?;
            all.mails += 1;
            all.told += usize::try_from(alerts)?;
            if mail.kind == "digest" {
                all.held_back += alerts;
            }
        }
        Ok(all)
    }
}

/// A scanner on four hosts: most of it one rule, a long tail of others, one of them severe.
fn scan() -> Vec<String> {
    (0..STORM)
        .map(|number| {
            // A cheap shuffle.
            let dice = number.wrapping_mul(2_654_435_761) >> 12;
            let rule = match dice % 100 {
                0..70 => 0,
                70..90 => 1 + dice % 7,
                _ => 8 + dice % 40,
            };
            let level = if rule == 47 { 13 } else { 7 + rule % 4 };
            let second = number * STORM_SECONDS / STORM;
            let host = dice % 4;
            let alert = json!({
                "timestamp": format!("2026-10-03T12:{:02}:{:02}.000+0000", second / 60, second % 60),
                "rule": {
                    "level": level, "description": format!("Web attack {rule}."), "id": (31_100 + rule).to_string(),
                    "firedtimes": number, "mail": false, "groups": ["web", "accesslog", "attack"],
                },
                "agent": {"id": format!("{host:03}"), "name": format!("web-{host}"), "ip": format!("10.20.0.{host}")},
                "manager": {"name": "wazuh-1"}, "id": format!("1791030127.{number}"),
                "full_log": format!("203.0.113.24 - - \"GET /scan/{number}?id=%27 HTTP/1.1\" 404 162 \"-\" \"scanner/1.0\""),
                "decoder": {"name": "web-accesslog"}, "location": "/var/log/nginx/access.log",
                "data": {"protocol": "GET", "srcip": "203.0.113.24", "id": "404", "url": format!("/scan/{number}?id=%27")},
            });
            alert.to_string()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    #[test]
    fn what_is_told_is_added_up_by_alerts_and_by_mails() {
        let lines = [
            r#"{"outcome":"notified","reason":"incident 1"}"#,
            r#"{"mail":{"kind":"first"},"alerts":1}"#,
            r#"{"outcome":"counted","reason":"incident 1"}"#,
            r#"{"outcome":"counted","reason":"duplicate"}"#,
            r#"{"outcome":"ignored","reason":"below_level"}"#,
            r#"{"mail":{"kind":"digest"},"alerts":1}"#,
        ];
        let tally = Tally::read(&lines.join("\n")).unwrap();
        assert_eq!((tally.alerts, tally.counted, tally.told, tally.held_back, tally.mails), (4, 2, 2, 1, 2));
        assert!(Tally::read(r#"{"mail":{"kind":"first"}}"#).is_err());
    }

    #[test]
    fn the_storm_is_of_the_shape_of_a_scan() {
        let alerts: Vec<Value> = scan().iter().map(|line| serde_json::from_str(line).unwrap()).collect();
        let of_rule = |id: &str| alerts.iter().filter(|alert| alert["rule"]["id"] == id).count();
        assert_eq!(alerts.len(), 2_293);
        assert!((1_500..1_700).contains(&of_rule("31100")), "{}", of_rule("31100"));
        assert!(alerts.iter().any(|alert| alert["rule"]["level"] == 13));
        assert!(alerts.last().unwrap()["timestamp"].as_str().unwrap().starts_with("2026-10-03T12:05:5"));
    }
}
