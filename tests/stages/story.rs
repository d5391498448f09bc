//! The alerts that the tests here let come in, and what must have become of them whatever went wrong.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use tests::alerts::{LISTED, brute_force, login, with};
use tests::{MemoryAws, Pipeline};

/// One alert of an attack; those with other numbers belong to the same incident.
pub(crate) fn attack(number: u32) -> Value {
    let attack = with(with(brute_force(LISTED), "/manager/name", "node-1"), "/rule/id", "5763");
    with(attack, "/id", format!("1791030127.{number}"))
}

/// An attack of two alerts, a login by the attacker that a hunt finds, an alert that nobody wants, and half of one.
pub(crate) fn bodies() -> Vec<String> {
    let alerts = [attack(1), attack(2), login("1791030127.3", LISTED), with(attack(4), "/rule/id", "31530")];
    alerts.iter().map(Value::to_string).chain(["{\"id\": ".to_owned()]).collect()
}

/// Attack and login; the alert of the hunt comes from here.
const CLAIMED: usize = 4;

/// The first mails of two incidents, and the update that tells of the second alert.
const MAILS: usize = 3;

/// A pipeline into which the story has come.
pub(crate) async fn begun() -> Result<Pipeline> {
    let pipeline = Pipeline::new().await?;
    for body in bodies() {
        pipeline.aws.publish("alerts", &body);
    }
    Ok(pipeline)
}

/// What a fault may leave behind that the promise allows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Traces {
    /// Alerts whose line in the log is missing: their claim is done all the same.
    pub silent: usize,
    /// Mails that came a second time, under the same id.
    pub repeated: usize,
}

/// The ledger is closed: every alert has ended once, was counted once, and what it said was mailed.
pub(crate) fn closed(pipeline: &Pipeline) -> Result<Traces> {
    let Pipeline { aws, ledger, failures, .. } = pipeline;
    ensure!(ledger.has_no_second_end(), "an alert has ended twice: {ledger:?}");
    for queue in ["alerts", "enriched", "notices", "enriched-dlq", "notices-dlq"] {
        ensure!(aws.messages(queue).is_empty(), "{queue} is not empty after {failures:?}");
    }
    let letters = aws.messages("alerts-dlq");
    ensure!(
        !letters.is_empty() && letters.iter().all(|letter| letter.attributes.contains_key("reason")),
        "{letters:?}"
    );
    let complete = BTreeMap::from([
        ("notified", 2),
        ("counted", 1),
        ("observed", 1),
        ("ignored", 1),
        ("dead_lettered", 1),
    ]);
    let silent = complete.values().sum::<usize>() - ledger.len();
    for (outcome, times) in ledger.outcomes() {
        ensure!(
            complete.get(outcome).is_some_and(|most| times <= *most),
            "{outcome} {times} times: {ledger:?}"
        );
    }
    ensure!(done(aws)? == CLAIMED, "{} alerts have a claim that is done", done(aws)?);
    ensure!(counted(aws)? == 3, "{} alerts are counted in incidents", counted(aws)?);
    let ids = aws.mails().iter().map(|mail| mail.header("X-Triage-Notice")).collect::<Option<Vec<_>>>();
    let ids = ids.context("a mail without an id")?;
    let distinct = ids.iter().collect::<BTreeSet<_>>().len();
    ensure!(distinct == MAILS, "{distinct} notices were mailed: {ids:?}");
    Ok(Traces { silent, repeated: ids.len() - distinct })
}

/// Alerts that some stage has done: what the ledger's lines are about.
pub(crate) fn done(aws: &MemoryAws) -> Result<usize> {
    let mut alerts = BTreeSet::new();
    for row in aws.rows("claims") {
        let text = |name: &str| row.get(name).and_then(|value| value.get("S")?.as_str());
        let id = text("id").context("a claim without an id")?;
        let is_alert = id.starts_with("enrich#") || id.starts_with("analyze#");
        if let Some((_, key)) = id.split_once('#').filter(|_| is_alert && text("state") == Some("D")) {
            alerts.insert(key.to_owned());
        }
    }
    Ok(alerts.len())
}

/// The sum of the counts of all incidents.
pub(crate) fn counted(aws: &MemoryAws) -> Result<usize> {
    let rows = aws.rows("incidents");
    let counts = rows.iter().filter_map(|row| row.get("alert_count")?.get("N")?.as_str());
    counts.map(|count| Ok(count.parse::<usize>()?)).sum()
}
