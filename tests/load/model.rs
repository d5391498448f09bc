//! The run as `triage simulate --calibrate` reads it, and what such a day costs on AWS.

use std::collections::BTreeMap;
use std::time::Duration;

use ::tests::measured::percentile;
use jiff::Timestamp;
use simulation::calibrate::{Measured, Milliseconds, Run, StageRun, StageRuns};
use simulation::cost::Cost;
use simulation::{Plan, plan};

use crate::ledger::{Latency, Written, own};
use crate::logs::Logs;
use crate::mix::Mix;

/// As many messages are a queue.
const QUEUE: usize = 100;

/// What is known of a run when it is over.
pub(crate) struct Seen<'a> {
    pub mix: &'a Mix,
    pub begun_at: Timestamp,
    /// From the first line to the last end.
    pub busy: Duration,
    pub written: &'a Written,
    pub logs: &'a Logs,
    pub latencies: &'a BTreeMap<String, Latency>,
    pub requests: &'a BTreeMap<String, u64>,
    pub mails: usize,
    pub most_waiting: usize,
}

/// From the first alert to the last of an incident.
type Incidents<'a> = BTreeMap<&'a str, (Timestamp, Timestamp)>;

pub(crate) fn run(seen: &Seen<'_>) -> Run {
    let incidents = incidents(seen);
    let forwarded = own(seen.written, &seen.logs.ends).filter(|(function, ..)| *function != "enrich").count();
    let published = seen.written.len();
    let notices = |kind: &str| number(seen.logs.notices.get(kind).copied().unwrap_or(0));
    // One question to a provider for each indicator that is new to it.
    let asked = ["abuseipdb", "misp", "otx"].iter().filter_map(|name| seen.requests.get(*name)).min();
    let mailed = seen.latencies.get("notify: mailed");
    let lasting: f64 = incidents.values().map(|(first, last)| seconds_between(*first, *last)).sum();
    Run {
        schema: 1,
        source: format!(
            "make load {}, {}",
            seen.mix.arguments(),
            seen.begun_at.strftime("%Y-%m-%d %H:%M UTC")
        ),
        seconds: u32::try_from(seen.busy.as_secs()).unwrap_or(u32::MAX) + 1,
        arrivals: arrivals(seen),
        seed: None,
        forward_share: Some(share(forwarded, published)),
        ask_share: asked.map(|asked| share(usize::try_from(*asked).unwrap_or(usize::MAX), published)),
        opening_share: Some(share(incidents.len(), forwarded)),
        escalations: Some(notices("escalation") / number(incidents.len()).max(1.0)),
        incident_seconds: Some((lasting / number(incidents.len()).max(1.0)).max(1.0)),
        silences_seconds: None,
        // The stub answers at once, and that is part of the batches.
        model_ms: Some(Milliseconds { p50: 1.0, p90: 1.0, p99: 1.0 }),
        stages: StageRuns {
            enrich: stage("enrich", seen),
            analyze: stage("analyze", seen),
            notify: stage("notify", seen),
        },
        measured: Measured {
            forwarded: Some(number(forwarded)),
            incidents: Some(number(incidents.len())),
            notices: Some(notices("first") + notices("update") + notices("escalation")),
            mails: Some(number(seen.mails)),
            enrich_batches: batches("enrich", seen),
            analyze_batches: batches("analyze", seen),
            to_mail_p50_seconds: mailed.map(|latency| seconds(latency.p50_ms)),
            to_mail_p99_seconds: mailed.map(|latency| seconds(latency.p99_ms)),
            // Where no queue built, it is a matter of moments.
            enrich_most_waiting: (seen.most_waiting >= QUEUE).then(|| number(seen.most_waiting)),
            alerts_per_second: Some(number(published) / seen.busy.as_secs_f64().max(0.001)),
            enrich_age_p99_seconds: None,
            analyze_age_p99_seconds: None,
        },
    }
}

/// A day on AWS of alerts like these, at the rate of the run's even part, as Terraform deploys it.
pub(crate) fn day(run: &Run, mix: &Mix) -> (u64, Cost) {
    const SECONDS: u64 = 86_400;
    let alerts = u64::from(mix.rate.max(1)) * SECONDS;
    let mut plan = Plan::as_shipped(alerts);
    let plan::Content { forward_share, ask_share, opening_share, .. } = &mut plan.content;
    *forward_share = run.forward_share.unwrap_or(*forward_share);
    *ask_share = run.ask_share.unwrap_or(*ask_share);
    *opening_share = run.opening_share.unwrap_or(*opening_share);
    (alerts, simulation::run(&plan).cost)
}

fn incidents<'a>(seen: &Seen<'a>) -> Incidents<'a> {
    let mut incidents = Incidents::new();
    for (_, end, at) in own(seen.written, &seen.logs.ends) {
        if let Some(id) = end.reason.strip_prefix("incident ").and_then(|rest| rest.split(',').next()) {
            let (first, last) = incidents.entry(id).or_insert((at, at));
            (*first, *last) = ((*first).min(at), (*last).max(at));
        }
    }
    incidents
}

/// Alerts written in each second.
fn arrivals(seen: &Seen<'_>) -> Vec<u64> {
    let mut arrivals = Vec::new();
    for at in seen.written.values() {
        let second = usize::try_from(at.duration_since(seen.begun_at).as_secs()).unwrap_or(0);
        if arrivals.len() <= second {
            arrivals.resize(second + 1, 0);
        }
        if let Some(count) = arrivals.get_mut(second) {
            *count += 1;
        }
    }
    arrivals
}

fn stage(function: &str, seen: &Seen<'_>) -> Option<StageRun> {
    let mut took = seen.logs.invocations_ms.get(function)?.clone();
    took.sort_unstable_by(f64::total_cmp);
    let at = |percent| percentile(&took, percent).map(|ms| ms.max(0.01));
    let batch_ms = Milliseconds { p50: at(50)?, p90: at(90)?, p99: at(99)? };
    Some(StageRun { batch_size: None, maximum_concurrency: None, batch_ms })
}

fn batches(function: &str, seen: &Seen<'_>) -> Option<f64> {
    seen.logs.invocations_ms.get(function).map(|took| number(took.len()))
}

fn share(part: usize, whole: usize) -> f64 {
    (number(part) / number(whole).max(1.0)).min(1.0)
}

fn seconds_between(first: Timestamp, last: Timestamp) -> f64 {
    last.duration_since(first).as_secs_f64()
}

#[expect(clippy::cast_precision_loss, reason = "milliseconds of hours at most")]
fn seconds(ms: u128) -> f64 {
    ms as f64 / 1e3
}

#[expect(clippy::cast_precision_loss, reason = "counts of a million at most")]
pub(crate) fn number(count: usize) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use ::tests::deployed::End;

    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn end(function: &'static str, key: &str, outcome: &str, reason: &str) -> (&'static str, End) {
        let (alert_key, outcome, reason) = (Some(key.to_owned()), outcome.to_owned(), reason.to_owned());
        (function, End { timestamp: at(9), alert_key, message_id: "m".to_owned(), outcome, reason })
    }

    #[test]
    fn a_run_is_one_that_the_simulation_reads() {
        let mix = Mix { seconds: 4, ..Mix::default() };
        let written: Written =
            [("a", 0), ("b", 0), ("c", 2), ("d", 3)].map(|(key, second)| (key.to_owned(), at(second))).into();
        let logs = Logs {
            ends: vec![
                end("enrich", "a", "ignored", "level"),
                end("analyze", "b", "counted", "incident 7"),
                end("analyze", "b", "ignored", "duplicate"),
                end("notify", "c", "notified", "incident 7"),
                end("notify", "d", "notified", "incident 8, in a digest: full"),
                end("notify", "canary", "notified", "incident 9"),
            ],
            notices: [("first".to_owned(), 2), ("escalation".to_owned(), 1)].into(),
            invocations_ms: [("enrich", vec![30.0, 10.0, 20.0])].into(),
        };
        let requests = [("abuseipdb".to_owned(), 2), ("misp".to_owned(), 1), ("otx".to_owned(), 3)].into();
        let latency = Latency { alerts: 1, p50_ms: 400, p90_ms: 500, p99_ms: 700, max_ms: 700 };
        let run = run(&Seen {
            mix: &mix,
            begun_at: at(0),
            busy: Duration::from_secs(8),
            written: &written,
            logs: &logs,
            latencies: &[("notify: mailed".to_owned(), latency)].into(),
            requests: &requests,
            mails: 1,
            most_waiting: 100,
        });
        assert_eq!((run.seconds, run.arrivals.as_slice()), (9, &[2, 0, 1, 1][..]));
        let shares =
            [run.forward_share, run.ask_share, run.opening_share, run.escalations, run.incident_seconds];
        assert_eq!(shares, [0.75, 0.25, 2.0 / 3.0, 0.5, 1.0].map(Some));
        let Measured { forwarded, incidents, notices, mails, to_mail_p99_seconds, alerts_per_second, .. } =
            run.measured;
        let measured = [forwarded, incidents, notices, mails, to_mail_p99_seconds, alerts_per_second];
        assert_eq!(measured, [3.0, 2.0, 3.0, 1.0, 0.7, 0.5].map(Some));
        assert_eq!(run.stages.enrich.map(|stage| stage.batch_ms.p90), Some(30.0));
        let (again, compared) = Run::read(&serde_json::to_string(&run).unwrap())
            .map(|run| (run.seconds, run.compare().1))
            .unwrap();
        assert_eq!((again, compared.len()), (9, 9));
    }

    #[test]
    fn a_day_is_at_the_rate_of_the_run() {
        let run = Run::read(
            r#"{"schema":1,"source":"s","seconds":9,"arrivals":[1],"forward_share":1.0,"measured":{}}"#,
        )
        .unwrap();
        let (alerts, dear) = day(&run, &Mix::default());
        let (_, cheap) = day(&Run { forward_share: Some(0.0), ..run }, &Mix::default());
        assert!(alerts == 1_728_000 && dear.pipeline() > 1.5 * cheap.pipeline());
    }
}
