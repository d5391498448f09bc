//! What came out of a simulation, as it is read and printed.

use std::time::Duration;

use serde::Serialize;

use crate::cost::{self, Cost};
use crate::engine::{Station, World};
use crate::ledger::Ledger;
use crate::limits::{self, Limit};
use crate::mail::Mails;
use crate::measure::{Sample, Summary};
use crate::model::Questions;
use crate::plan::{PerStage, Plan, Stage};
use crate::service;

/// One simulated day.
#[derive(Clone, Debug, Serialize)]
pub struct Outcome {
    pub schema: u8,
    pub seed: u64,
    pub alerts: u64,
    pub events: u64,
    pub stages: Vec<StageOutcome>,
    pub ledger: Ledger,
    pub incidents: u64,
    pub questions: Questions,
    pub mails: Mails,
    pub providers: Providers,
    /// From the alert to the mail, of those that are mailed by themselves.
    pub to_mail: Summary,
    /// From the alert to its end, of those that are not mailed.
    pub to_end: Summary,
    pub throttled: Throttled,
    pub cost: Cost,
    /// What is used of each limit, the one that comes first at the top.
    pub limits: Vec<Limit>,
    pub warnings: Vec<String>,
}

#[derive(Clone, Debug, Serialize)]
pub struct StageOutcome {
    pub stage: &'static str,
    pub queue: &'static str,
    pub messages: u64,
    pub done: u64,
    pub failed_tries: u64,
    pub dead_lettered: u64,
    pub batches: u64,
    pub messages_per_batch: f64,
    pub batch_seconds: f64,
    pub cold_starts: u64,
    pub most_running: u64,
    pub mean_running: f64,
    /// In the busiest minute.
    pub arrivals_per_second: f64,
    /// With all that may run at once, and full batches.
    pub capacity_per_second: f64,
    pub most_waiting: u64,
    pub most_waiting_at_seconds: f64,
    pub mean_waiting: f64,
    pub left: u64,
    pub age: Summary,
    pub oldest_seconds: f64,
    pub oldest_at_seconds: f64,
    pub most_in_flight: u64,
    /// How long what is left takes, at the average rate of the day; nothing if it never ends.
    pub drains_in_seconds: Option<f64>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub samples: Vec<Sample>,
}

#[derive(Clone, Copy, Debug, Serialize)]
pub struct Providers {
    pub asked: u64,
    /// Looked up by nobody, since the day's quota is used up; such an alert goes on to analyze.
    pub over_quota: u64,
}

/// Batches that a table, or a single item, refused: they come again.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Throttled {
    pub tables: u64,
    pub items: u64,
}

/// Runs the plan to its end. The same plan always has the same outcome.
pub fn run(plan: &Plan) -> Outcome {
    run_watched(plan, &mut |_| {})
}

/// Runs it, and shows where every alert is after each event: for tests, since it takes time.
pub fn run_watched(plan: &Plan, each: &mut dyn FnMut(&dyn Fn() -> Ledger)) -> Outcome {
    let mut world = World::new(plan);
    while world.step() {
        each(&|| world.ledger());
    }
    world.close();
    Outcome::of(&world)
}

impl Outcome {
    fn of(world: &World<'_>) -> Self {
        let plan = world.plan;
        let stages: Vec<StageOutcome> =
            Stage::ALL.iter().map(|stage| StageOutcome::of(plan, *stage, &world.stages)).collect();
        let limits = limits::of(world, &stages);
        let ledger = world.ledger();
        let warnings = limits::warnings(world, &stages, &ledger);
        Self {
            schema: 1,
            seed: plan.seed,
            alerts: ledger.came,
            events: world.processed,
            ledger,
            incidents: world.incidents,
            questions: world.model.counts,
            mails: world.mail.counts,
            providers: Providers { asked: world.provider_asked, over_quota: world.provider_refused },
            to_mail: world.to_mail.summary(),
            to_end: world.to_end.summary(),
            throttled: Throttled {
                tables: [
                    &world.tables.claims,
                    &world.tables.intel,
                    &world.tables.incidents,
                    &world.tables.deliveries,
                ]
                .iter()
                .map(|table| table.throttled)
                .sum(),
                items: world.tables.window_item.throttled + world.tables.incident_item.throttled,
            },
            cost: cost::of(world),
            stages,
            limits,
            warnings,
        }
    }
}

impl StageOutcome {
    fn of(plan: &Plan, stage: Stage, stations: &PerStage<Station>) -> Self {
        let station = stations.get(stage);
        let count = &station.count;
        let seconds = plan.length.as_secs_f64();
        let capacity = service::capacity_per_second(plan, stage);
        let left = station.queue.messages();
        let spare = capacity - count.came as f64 / seconds;
        let batches = (count.batches as f64).max(1.0);
        Self {
            stage: stage.name(),
            queue: stage.queue(),
            messages: count.came,
            done: count.done,
            failed_tries: count.failed,
            dead_lettered: count.dead,
            batches: count.batches,
            messages_per_batch: count.received as f64 / batches,
            batch_seconds: count.busy_seconds / batches,
            cold_starts: count.cold_starts,
            most_running: count.most_running,
            mean_running: count.busy_seconds / seconds,
            arrivals_per_second: station.busiest_minute as f64 / 60.0,
            capacity_per_second: capacity,
            most_waiting: count.most_waiting,
            most_waiting_at_seconds: whole_seconds(count.most_waiting_at),
            mean_waiting: count.waiting_seconds / seconds,
            left,
            age: station.ages.summary(),
            oldest_seconds: count.oldest.as_secs_f64(),
            oldest_at_seconds: whole_seconds(count.oldest_at),
            most_in_flight: count.most_in_flight,
            drains_in_seconds: (left == 0 || spare > 0.0).then_some(if left == 0 {
                0.0
            } else {
                left as f64 / spare
            }),
            samples: station.samples.clone(),
        }
    }
}

fn whole_seconds(time: Duration) -> f64 {
    time.as_secs_f64().round()
}
