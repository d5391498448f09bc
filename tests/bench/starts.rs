//! From the start of a function's process to its first poll, when Lambda calls it ready; and its memory then.

use std::fs;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use tests::measured::bytes;

use crate::fake_aws::FakeAws;
use crate::plot::Plot;
use crate::release::{FUNCTIONS, Release};
use crate::summary::Summary;
use crate::table::{Aim, Measured, Quantity, Row};
use crate::tell;

const WARM_UP: usize = 3;
const RUNS: usize = 30;

const FIRST_POLL: Duration = Duration::from_millis(10);
const MAX_RESIDENT_BYTES: u64 = 20_000_000;

#[derive(Clone, Copy)]
struct Start {
    took: Duration,
    resident_bytes: u64,
    peak_bytes: u64,
}

pub(crate) fn measure(release: &Release, aws: &FakeAws) -> Result<Measured> {
    tell(&format!("{RUNS} starts of each function"));
    let mut starts = FUNCTIONS.map(|function| (function, Vec::with_capacity(RUNS)));
    for run in 0..WARM_UP + RUNS {
        for (function, starts) in &mut starts {
            let start = start(release, aws, function)?;
            if run >= WARM_UP {
                starts.push(start);
            }
        }
    }
    let mut rows = Vec::new();
    for (function, starts) in &starts {
        rows.push(first_poll(function, starts)?);
    }
    for (function, starts) in &starts {
        rows.push(memory(&format!("resident at first poll: {function}"), starts, |start| {
            start.resident_bytes
        })?);
        rows.push(memory(&format!("peak until first poll: {function}"), starts, |start| start.peak_bytes)?);
    }
    let took = |starts: &[Start]| starts.iter().map(|start| start.took).collect();
    let measured = starts.iter().map(|(function, starts)| ((*function).to_owned(), took(starts))).collect();
    let plot = Plot::distributions("starts", "From the start of a function to its first poll", measured);
    Ok(Measured { rows, plots: vec![plot] })
}

fn first_poll(function: &str, starts: &[Start]) -> Result<Row> {
    let took = Summary::of(starts.iter().map(|start| start.took).collect())?;
    let aim = Aim::informs(format!("≤ {} ms", FIRST_POLL.as_millis()), took.median <= FIRST_POLL);
    let row = Row::new(format!("start to first poll: {function}"), Quantity::Time(took.median));
    Ok(row.with_p90(Quantity::Time(took.p90)).with_aim(aim))
}

fn memory(what: &str, starts: &[Start], measured: impl Fn(&Start) -> u64) -> Result<Row> {
    let bytes = Summary::of(starts.iter().map(measured).collect())?;
    let aim = Aim::gates(format!("< {}", Quantity::Size(MAX_RESIDENT_BYTES)), bytes.max < MAX_RESIDENT_BYTES);
    Ok(Row::new(what, Quantity::Size(bytes.median)).with_p90(Quantity::Size(bytes.p90)).with_aim(aim))
}

fn start(release: &Release, aws: &FakeAws, function: &str) -> Result<Start> {
    let mut command = Command::new(release.function(function));
    command.env_clear().envs(aws.environment()).envs(variables(aws));
    command.env("AWS_LAMBDA_FUNCTION_NAME", function);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let began = Instant::now();
    let mut child = command.spawn().with_context(|| format!("could not start {function}"))?;
    let start = observe(&child, began, aws);
    child.kill()?;
    let output = child.wait_with_output()?;
    start.with_context(|| {
        let said = [output.stdout, output.stderr].concat();
        format!("{function} did not get ready\n{}", String::from_utf8_lossy(&said))
    })
}

fn observe(child: &Child, began: Instant, aws: &FakeAws) -> Result<Start> {
    let polled = aws.next_poll(Duration::from_secs(10))?;
    let status = fs::read_to_string(format!("/proc/{}/status", child.id()))?;
    Ok(Start {
        took: polled.duration_since(began),
        resident_bytes: bytes(&status, "VmRSS:")?,
        peak_bytes: bytes(&status, "VmHWM:")?,
    })
}

/// What Lambda and Terraform set, for all functions together.
fn variables(aws: &FakeAws) -> Vec<(&'static str, String)> {
    let mut variables = vec![("AWS_LAMBDA_RUNTIME_API", aws.address.to_string())];
    for (name, value) in [
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256"),
        ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
        ("LEASE_SECONDS", "30"),
        ("CLAIMS_TABLE", "claims"),
        ("INTEL_TABLE", "intel"),
        ("SIGHTINGS_TABLE", "sightings"),
        ("INCIDENTS_TABLE", "incidents"),
        ("ANALYSES_TABLE", "analyses"),
        ("ABUSEIPDB_KEY_PARAMETER", "/bench/abuseipdb-key"),
        ("MISP_KEY_PARAMETER", "/bench/misp-key"),
        ("OTX_KEY_PARAMETER", "/bench/otx-key"),
        ("MODEL_KEY_PARAMETER", "/bench/model-key"),
        ("MAIL_FROM", "triage@example.com"),
        ("MAIL_TO", "soc@example.com"),
        ("DELIVERIES_TABLE", "deliveries"),
        ("FEEDS_BUCKET", "feeds"),
        ("NOTICES_QUEUE_URL", "http://127.0.0.1/notices"),
    ] {
        variables.push((name, value.to_owned()));
    }
    for name in ["ENRICHED_QUEUE_URL", "FEEDBACK_QUEUE_URL", "NOTICES_QUEUE_URL", "DEAD_LETTER_QUEUE_URL"] {
        variables.push((name, aws.queue_url(name)));
    }
    variables
}
