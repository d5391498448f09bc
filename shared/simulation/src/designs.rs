//! What each choice of design costs at a load: the table of a sketch, and the levers of this product, built or not.

use std::time::Duration;

use crate::arrivals::Shape;
use crate::plan::{Gates, Plan, Scaling, Stage};
use crate::spread::Spread;

/// A way to build it.
#[derive(Clone, Debug)]
pub struct Design {
    pub key: &'static str,
    pub what: &'static str,
    pub stands: Stands,
    pub plan: Plan,
}

/// Whether the product can do it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stands {
    /// A sketch, for comparison.
    Sketch,
    Built,
    NotBuilt,
}

impl Stands {
    pub fn words(self) -> &'static str {
        match self {
            Self::Sketch => "sketch",
            Self::Built => "built",
            Self::NotBuilt => "not built",
        }
    }
}

/// A to D: from one call for each alert to packed messages of which few are stored.
pub fn sketches(alerts: u64) -> Vec<Design> {
    let design = |key, what, plan| Design { key, what, stands: Stands::Sketch, plan };
    let naive = sketch(alerts, 1, 400, 1.0);
    let batched = sketch(alerts, 10, 48, 0.01);
    let mut snapshot = sketch(alerts, 10, 48, 0.000_1);
    snapshot.usage.enrich_reads = 0.0;
    snapshot.usage.stored_share = 0.1;
    snapshot.usage.log_bytes = 20.0;
    let mut packed = sketch(alerts, 10, 60, 0.000_01);
    packed.usage.enrich_reads = 0.0;
    packed.usage.stored_share = 0.01;
    packed.usage.log_bytes = 5.0;
    packed.edge.alerts_per_message = 25;
    vec![
        design("A", "one call, one question and one mail for each alert", naive),
        design("B", "batches of ten; one question in a hundred", batched),
        design(
            "C",
            "and a snapshot in memory, one alert in ten stored, 20 B of log, one question in 10,000",
            snapshot,
        ),
        design(
            "D",
            "and 25 alerts a message, one in a hundred stored, 5 B of log, one question in 100,000",
            packed,
        ),
    ]
}

/// Everything that is not the design is without limit; prices of the model as in the sketch.
fn sketch(alerts: u64, batch_size: u64, batch_ms: u64, question_share: f64) -> Plan {
    let mut plan = Plan::as_shipped(alerts);
    plan.arrivals.shape = Shape::Steady;
    plan.content.forward_share = question_share;
    plan.content.ask_share = 0.0;
    plan.content.opening_share = 1.0;
    plan.incidents.escalations = 0.0;
    plan.incidents.lasting = Duration::ZERO;
    plan.usage.enrich_claim_writes = 1.0;
    plan.usage.enrich_intel_writes = 0.0;
    plan.usage.enrich_reads = 2.0;
    plan.usage.analyze_writes = 0.0;
    plan.usage.notify_writes = 0.0;
    plan.mail.gates = Gates::Open;
    plan.mail.per_day = f64::INFINITY;
    plan.mail.per_second = 1e9;
    plan.model.daily_usd = f64::INFINITY;
    plan.model.daily_tokens = f64::INFINITY;
    plan.model.requests_per_minute = 1e9;
    plan.model.tokens_per_minute = 1e12;
    (plan.model.tokens_in, plan.model.tokens_out) = (2_000.0, 400.0);
    (plan.model.usd_per_million_in, plan.model.usd_per_million_out) = (1.0, 5.0);
    plan.limits.account_concurrency = 1_000_000;
    plan.limits.starts_per_10s = 1_000_000;
    plan.limits.table_writes = 1e9;
    plan.limits.table_writes_quota = 1e9;
    for stage in Stage::ALL {
        let settings = plan.stages.get_mut(stage);
        settings.batch_size = batch_size;
        settings.scaling = Scaling::Fixed(100_000);
        settings.window = if batch_size > 1 { Duration::from_secs(1) } else { Duration::ZERO };
    }
    plan.stages.enrich.batch_time = Some(Spread::Constant(Duration::from_millis(batch_ms)));
    plan
}

/// This product, and what each lever adds to those before it. All have the settings and quotas that they need.
pub fn levers(alerts: u64) -> Vec<Design> {
    use Stands::{Built, NotBuilt};
    let mut plan = Plan::as_shipped(alerts);
    let mut designs = Vec::new();
    let mut add = |key, what, stands, plan: &Plan| {
        designs.push(Design { key, what, stands, plan: plan.clone().sized() });
    };
    add(
        "today",
        "everything is sent; enrich stores each alert; what feeds list is known in memory",
        Built,
        &plan,
    );
    for stage in [Stage::Enrich, Stage::Analyze] {
        let settings = plan.stages.get_mut(stage);
        settings.batch_size = 100;
        settings.window = Duration::from_secs(1);
        settings.memory_mb = 256;
    }
    add(
        "+ batches",
        "functions.*.batch_size = 100 with a window of 1 s, and 256 MB for the work in them",
        Built,
        &plan,
    );
    plan.edge.sent_share = 0.1;
    add("+ filter", "the publisher sends one alert in ten: follow_level, follow_groups", Built, &plan);
    plan.edge.kept_share = 0.1;
    add("+ edge", "the publisher counts repeats: one message for ten alerts", NotBuilt, &plan);
    plan.edge.alerts_per_message = 25;
    plan.content.forwarded_per_request = 10.0;
    add("+ packing", "25 alerts a message, and enriched alerts sent in tens", NotBuilt, &plan);
    plan.usage.log_bytes = 100.0;
    add("+ short log", "one line of the ledger for ten alerts", NotBuilt, &plan);

    let mut plan = Plan::as_shipped(alerts);
    plan.edge.alerts_per_message = 25;
    plan.content.forwarded_per_request = 10.0;
    plan.content.forward_share = 0.01;
    plan.content.ask_share = 0.000_1;
    plan.usage.stored_share = 0.01;
    plan.usage.log_bytes = 5.0;
    add(
        "all sent",
        "nothing is filtered; 25 alerts a message; enrich decides in memory and stores or forwards one in a hundred; a line of log a batch",
        NotBuilt,
        &plan,
    );
    plan.edge.alert_bytes /= 5.0;
    add("all sent, small", "and messages compressed to a fifth", NotBuilt, &plan);
    designs
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arrivals::Arrivals;
    use crate::run;

    /// Arithmetic of the sketch for 10^6 alerts, and what a question and its mail add here: five writes, nine reads, two
    /// lines of log.
    #[test]
    fn the_sketch_comes_out_as_its_arithmetic() {
        const ALERTS: u64 = 1_000_000;
        let arithmetic = [
            (1.0, 0.875, 1_000.0),
            (0.01, 0.875, 1_000.0),
            (0.000_1, 0.062_5, 20.0),
            (0.000_01, 0.006_25, 5.0),
        ];
        for (design, (questions, tables, log_bytes)) in sketches(ALERTS).iter().zip(arithmetic) {
            let cost = run(&design.plan).cost;
            let sweeps = run(&Plan {
                arrivals: Arrivals { per_day: 0, ..design.plan.arrivals.clone() },
                ..design.plan.clone()
            })
            .cost;
            let chance = 0.03 + 4.0 / f64::sqrt(questions * ALERTS as f64);
            for (name, found, expected) in [
                (
                    "tables",
                    cost.dynamodb_writes + cost.dynamodb_reads - sweeps.dynamodb_reads,
                    tables + questions * (5.0 * 0.625 + 9.0 * 0.125),
                ),
                ("logs", cost.logs - sweeps.logs, log_bytes * 0.000_5 * (1.0 + 2.0 * questions)),
                ("model", cost.model, questions * 4_000.0),
            ] {
                assert!(
                    (found / expected - 1.0).abs() < chance,
                    "{} {name}: {found}, {expected}",
                    design.key
                );
            }
        }
    }

    #[test]
    fn every_lever_costs_less_than_what_it_is_added_to_and_the_aim_is_reached() {
        let costs: Vec<(f64, Stands)> = levers(50_000_000)
            .into_iter()
            .map(|design| (run(&design.plan).cost.pipeline(), design.stands))
            .collect();
        for (before, after) in costs.iter().zip(costs.iter().skip(1)).take(5) {
            assert!(after.0 < before.0, "{costs:?}");
        }
        // 60 dollars a day for 10^9 alerts.
        assert!(costs.iter().any(|(dollars, _)| *dollars < 60.0 * 0.05 + 0.6), "{costs:?}");
    }

    #[test]
    fn what_is_sized_does_not_queue() {
        for alerts in [1_000_000, 30_000_000] {
            let outcome = run(&Plan::as_shipped(alerts).sized());
            for stage in &outcome.stages {
                assert!(stage.oldest_seconds < 120.0, "{alerts} {}: {}", stage.stage, stage.oldest_seconds);
            }
            assert_eq!(outcome.throttled.tables, 0, "{alerts}");
        }
    }
}
