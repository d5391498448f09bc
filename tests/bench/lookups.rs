//! What enriching costs: requests to providers in a storm, and CPU per alert when providers answer at once.

use std::collections::BTreeMap;
use std::net::TcpListener;
use std::thread;
use std::time::Duration;

use ::tests::corpus;
use anyhow::{Context, Result};
use domain::Alert;
use domain::indicator::Indicator;
use domain::verdict::{Formula, Provider, Verdict};
use futures_util::future::join_all;
use intel::providers::{AbuseIpDb, Client, Misp, MispOptions, Otx};
use intel::{Door, Inquiry, Intelligence, Keys, MemoryStore, Policy};
use jiff::Timestamp;
use lambda::secrets::Secret;
use rustix::time::{ClockId, clock_gettime};

use crate::summary::Summary;
use crate::table::{Quantity, Row};
use crate::tell;

const STORM: usize = 2_000;
const MEASURED: usize = 500;
/// Records that a function handles at once.
const CROWD: usize = 10;

pub(crate) fn measure() -> Result<Vec<Row>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut rows = storm().await?;
        rows.extend(cpu().await?);
        Ok(rows)
    })
}

/// A storm through one function's intelligence: what is asked, beside what a script without memory would ask.
async fn storm() -> Result<Vec<Row>> {
    tell(&format!("requests to providers in a storm of {STORM} alerts"));
    let intelligence = intelligence(&stubs()?)?;
    let alerts =
        corpus::storm(STORM).iter().map(|line| Ok(Alert::parse(line)?)).collect::<Result<Vec<_>>>()?;
    let (mut sent, mut naive) = (0, 0);
    for batch in alerts.chunks(CROWD) {
        for (usage, asked) in join_all(batch.iter().map(|alert| examine(&intelligence, alert))).await {
            sent += usage;
            naive += asked;
        }
    }
    let row =
        |what: &str, count| Row::new(format!("storm of {STORM} alerts: {what}"), Quantity::Count(count));
    Ok(vec![
        row("provider requests sent", sent),
        row(&format!("without cache and turns ({} × as many)", naive.checked_div(sent).unwrap_or(0)), naive),
    ])
}

/// Requests that were sent for an alert, and that a script without memory would send.
async fn examine(intelligence: &Intelligence<MemoryStore>, alert: &Alert) -> (u64, u64) {
    let found = alert.indicators();
    let inquiry = Inquiry { found: &found, repeated: &[], level: alert.rule().level };
    let examination = intelligence.examine(&inquiry, Timestamp::now()).await;
    let sent = examination.usage.iter().map(|used| u64::from(used.requests)).sum();
    let addresses = found.iter().filter(|found| matches!(found.indicator, Indicator::Ip(_))).count();
    // AbuseIPDB and OTX are asked about one at a time, MISP about all at once.
    (sent, u64::try_from(addresses + found.len() + usize::from(!found.is_empty())).unwrap_or(u64::MAX))
}

/// CPU of this thread alone: the stubs answer on another one.
async fn cpu() -> Result<Vec<Row>> {
    tell("CPU of enriching one alert");
    let stubs = stubs()?;
    let mut rows = Vec::new();
    for (what, lines) in [
        ("three requests to instant providers", corpus::strangers(MEASURED)),
        ("answers in the cache", corpus::storm(MEASURED)),
    ] {
        let intelligence = intelligence(&stubs)?;
        let mut took = Vec::new();
        for line in &lines {
            let begin = thread_cpu()?;
            enrich(&intelligence, line).await?;
            took.push(thread_cpu()?.saturating_sub(begin));
        }
        let took = Summary::of(took)?;
        let row = Row::new(format!("CPU to enrich one alert: {what}"), Quantity::Time(took.median));
        rows.push(row.with_p90(Quantity::Time(took.p90)));
    }
    Ok(rows)
}

/// What the stage does with an alert, without AWS.
async fn enrich(intelligence: &Intelligence<MemoryStore>, line: &str) -> Result<()> {
    let now = Timestamp::now();
    let alert = Alert::parse(line)?;
    let found = alert.indicators();
    let inquiry = Inquiry { found: &found, repeated: &[], level: alert.rule().level };
    let examined = intelligence.examine(&inquiry, now).await.examined;
    let verdict = Verdict::over(&examined, &Formula::default(), now);
    let reports: Vec<_> = examined.into_iter().flat_map(|examined| examined.reports).collect();
    for event in enrich::feedback::events(&alert, &reports, &verdict) {
        std::hint::black_box(domain::message::encode(&event)?);
    }
    std::hint::black_box(verdict);
    Ok(())
}

fn intelligence(url: &str) -> Result<Intelligence<MemoryStore>> {
    let clients = vec![
        Client::AbuseIpDb(AbuseIpDb::new(url)?),
        Client::Misp(Misp::new(url, None, MispOptions::default())?),
        Client::Otx(Otx::new(url)?),
    ];
    let keys = Provider::ALL.into_iter().map(|provider| (provider, Secret::new("bench"))).collect();
    let policy = Policy { documentation_is_public: true, ..Policy::default() };
    let door = Door { daily_limits: BTreeMap::new() };
    Ok(Intelligence::new(policy, clients, Keys::Given(keys), door, MemoryStore::default()))
}

/// The stub providers, on a thread of their own until the process ends.
fn stubs() -> Result<String> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    listener.set_nonblocking(true)?;
    let url = format!("http://{}", listener.local_addr()?);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    thread::spawn(move || {
        runtime.block_on(async {
            if let Ok(listener) = tokio::net::TcpListener::from_std(listener) {
                local::stubs::serve(listener).await;
            }
        });
    });
    Ok(url)
}

fn thread_cpu() -> Result<Duration> {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    let seconds = u64::try_from(time.tv_sec).context("a clock before its beginning")?;
    Ok(Duration::new(seconds, u32::try_from(time.tv_nsec)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_storm_costs_a_request_for_each_address_and_provider() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let rows = runtime.block_on(storm()).unwrap();
        let counts: Vec<String> = rows.iter().map(|row| row.median.to_string()).collect();
        // 41 addresses and three providers; MISP is asked for all addresses of an alert at once.
        assert_eq!(counts, ["123", "6,000"]);
    }

    #[test]
    fn cpu_is_measured() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        assert_eq!(runtime.block_on(cpu()).unwrap().len(), 2);
    }
}
