//! From a million to a thousand million alerts a day: as shipped, with what it takes, and by design.

use std::fmt::Write as _;

use crate::designs::{self, Design, Stands};
use crate::limits::Effect;
use crate::outcome::{Outcome, run};
use crate::plan::Plan;
use crate::report::{self, Section, count, money, time};
use crate::{prices, sizing::Sizing};

/// A load, as shipped and with the settings and quotas that it needs.
#[derive(Clone, Debug)]
pub struct Step {
    pub alerts: u64,
    pub shipped: Outcome,
    pub sizing: Sizing,
    pub sized: Outcome,
}

pub const LOADS: [u64; 4] = [1_000_000, 10_000_000, 100_000_000, 1_000_000_000];

/// What a deployment as shipped does not keep up with in the busy hours, and catches up with at night.
pub const QUEUEING: u64 = 40_000_000;

/// Every load, one after another; `each` is told of it before.
pub fn steps(seed: u64, each: &mut dyn FnMut(u64)) -> Vec<Step> {
    let mut steps = Vec::new();
    for alerts in LOADS {
        each(alerts);
        let plan = Plan { seed, ..Plan::as_shipped(alerts) };
        let (shipped, sizing) = (run(&plan), plan.sizing());
        steps.push(Step { alerts, shipped, sizing, sized: run(&plan.sized()) });
    }
    steps
}

/// What the designs cost, at a million and at a thousand million alerts.
#[derive(Clone, Debug)]
pub struct Priced {
    pub design: Design,
    pub small: Outcome,
    /// Nothing where every alert is a question: there it costs a thousand times as much.
    pub large: Option<Outcome>,
}

pub fn priced(each: &mut dyn FnMut(&str)) -> Vec<Priced> {
    let [small, .., large] = LOADS;
    let all = |alerts| designs::sketches(alerts).into_iter().chain(designs::levers(alerts));
    all(small)
        .zip(all(large))
        .map(|(design, at_large)| {
            each(design.key);
            let asks_about_all =
                at_large.plan.content.forward_share * at_large.plan.content.opening_share > 0.1;
            let large = (!asks_about_all).then(|| run(&at_large.plan));
            Priced { small: run(&design.plan), large, design }
        })
        .collect()
}

pub fn sections(steps: &[Step], priced: &[Priced]) -> Vec<Section> {
    vec![shipped(steps), first_limits(steps), sized(steps), needed(steps), sketches(priced), levers(priced)]
}

/// The whole page.
pub fn page(steps: &[Step], priced: &[Priced]) -> String {
    let mut text = include_str!("scale.md")
        .trim_start()
        .replace("{prices}", prices::AS_OF)
        .replace("{region}", prices::REGION);
    let mut all = sections(steps, priced);
    all.push(report::assumptions(&Plan::as_shipped(LOADS[0])));
    for section in &all {
        let table = report::markdown(std::slice::from_ref(section));
        let marker = format!("{{{}}}\n", section.title);
        if text.contains(&marker) {
            text = text.replace(
                &marker,
                &format!("{}\n", table.trim_start_matches(&format!("## {}\n\n", section.title)).trim_end()),
            );
        } else {
            // Writing to a string does not fail.
            let _ = write!(text, "\n{table}");
        }
    }
    text.trim_end().to_owned() + "\n"
}

const DAY: &[&str] = &[
    "ALERTS A DAY",
    "PEAK A SECOND",
    "OLDEST IN ALERTS",
    "IN ENRICHED",
    "IN NOTICES",
    "LEFT AFTER THE DAY",
    "LOST",
    "MAILS",
    "ALERT TO MAIL P50 / P99",
    "USD A DAY",
    "WITHOUT MAILS AND MODEL",
];

fn day_row(alerts: u64, outcome: &Outcome) -> Vec<String> {
    let oldest = outcome.stages.iter().map(|stage| time(stage.oldest_seconds));
    let peak = outcome.stages.first().map_or(0.0, |stage| stage.arrivals_per_second);
    let left: u64 = outcome.stages.iter().map(|stage| stage.left).sum();
    [count(alerts as f64), count(peak.round())]
        .into_iter()
        .chain(oldest)
        .chain([
            count(left as f64),
            count(outcome.ledger.lost() as f64),
            count(outcome.mails.sent() as f64),
            format!("{} / {}", time(outcome.to_mail.p50_seconds), time(outcome.to_mail.p99_seconds)),
            money(outcome.cost.total()),
            money(outcome.cost.pipeline()),
        ])
        .collect()
}

fn shipped(steps: &[Step]) -> Section {
    Section {
        title: "As shipped".to_owned(),
        lines: Vec::new(),
        headings: DAY,
        rows: steps.iter().map(|step| day_row(step.alerts, &step.shipped)).collect(),
    }
}

fn sized(steps: &[Step]) -> Section {
    Section {
        title: "With what it needs".to_owned(),
        lines: Vec::new(),
        headings: DAY,
        rows: steps.iter().map(|step| day_row(step.alerts, &step.sized)).collect(),
    }
}

/// What makes messages wait in the deployment as shipped; what else is missed shows where nothing waits.
fn first_limits(steps: &[Step]) -> Section {
    let rows = steps.iter().flat_map(|step| {
        let waits = step.shipped.limits.iter().find(|limit| limit.effect == Effect::Waits);
        let degrades = step.sized.limits.iter().find(|limit| limit.effect != Effect::Waits);
        [waits, degrades].into_iter().flatten().map(|limit| {
            vec![
                count(step.alerts as f64),
                limit.name.clone(),
                report::percent(limit.used()),
                count(limit.reached_at_alerts_per_day),
                limit.effect.words().to_owned(),
                limit.remedy.clone(),
            ]
        })
    });
    Section {
        title: "Which limit comes first".to_owned(),
        lines: Vec::new(),
        headings: &[
            "ALERTS A DAY",
            "LIMIT",
            "USED AT THE PEAK",
            "REACHED AT ALERTS A DAY",
            "THEN",
            "CHANGE, OR ASK FOR",
        ],
        rows: rows.collect(),
    }
}

fn needed(steps: &[Step]) -> Section {
    let rows = steps.iter().map(|step| {
        let Sizing {
            enrich_concurrency,
            analyze_concurrency,
            notify_concurrency,
            account_concurrency,
            table_writes,
        } = step.sizing;
        vec![
            count(step.alerts as f64),
            enrich_concurrency.to_string(),
            analyze_concurrency.to_string(),
            notify_concurrency.to_string(),
            account_concurrency.to_string(),
            count(table_writes),
        ]
    });
    Section {
        title: "What to set and to ask for".to_owned(),
        lines: Vec::new(),
        headings: &[
            "ALERTS A DAY",
            "functions.enrich.maximum_concurrency",
            "functions.analyze",
            "functions.notify",
            "Lambda: Concurrent executions (L-B99A9384)",
            "warm throughput of claims, write units/s",
        ],
        rows: rows.collect(),
    }
}

const DESIGN: &[&str] = &[
    "DESIGN",
    "WHAT",
    "STANDS",
    "USD AT 10⁶",
    "USD AT 10⁹",
    "AT 10⁹ WITHOUT MAILS AND MODEL",
    "DYNAMODB",
    "SQS",
    "LAMBDA",
    "LOGS",
];

fn design_row(priced: &Priced) -> Vec<String> {
    let Priced { design, small, large } = priced;
    let times = if large.is_some() { 1.0 } else { 1e3 };
    let outcome = large.as_ref().unwrap_or(small);
    let cost = &outcome.cost;
    // What goes on whatever comes is not a thousand times as much.
    let grown = |dollars: f64| money(dollars * times);
    vec![
        design.key.to_owned(),
        design.what.to_owned(),
        design.stands.words().to_owned(),
        money(small.cost.total()),
        grown(cost.total()),
        grown(cost.pipeline()),
        grown(cost.dynamodb_writes + cost.dynamodb_reads),
        grown(cost.sqs),
        grown(cost.lambda_requests + cost.lambda_time),
        grown(cost.logs),
    ]
}

fn sketches(priced: &[Priced]) -> Section {
    Section {
        title: "Four sketches".to_owned(),
        lines: Vec::new(),
        headings: DESIGN,
        rows: priced.iter().filter(|priced| priced.design.stands == Stands::Sketch).map(design_row).collect(),
    }
}

fn levers(priced: &[Priced]) -> Section {
    Section {
        title: "This product, lever by lever".to_owned(),
        lines: Vec::new(),
        headings: DESIGN,
        rows: priced.iter().filter(|priced| priced.design.stands != Stands::Sketch).map(design_row).collect(),
    }
}
