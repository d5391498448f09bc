//! The events of a day, one after another.

mod batches;
mod clock;
mod due;
mod edge;
mod ends;
mod queues;
mod station;
mod work;

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::time::Duration;

use crate::arrivals::{Arrival, Source};
use crate::bucket::Table;
use crate::chance::Chance;
use crate::lambda::Scaler;
use crate::ledger::Ledger;
use crate::mail::Mail;
use crate::measure::Times;
use crate::model::Model;
use crate::parcel::Parcels;
use crate::plan::{PerStage, Plan, Stage};

use self::due::Due;
pub(crate) use self::station::Station;

/// What can happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    Arrive {
        source: usize,
    },
    Done {
        job: usize,
    },
    /// Hidden messages are visible again, or a window or a poller's pause is over.
    Wake {
        stage: u8,
    },
    Scale,
    Minute,
}

/// A simulation on its way.
#[derive(Debug)]
pub(crate) struct World<'a> {
    pub plan: &'a Plan,
    now: Duration,
    events: BinaryHeap<Reverse<(Duration, u64, Event)>>,
    sequence: u64,
    /// Alerts that are one event, where there are too many for each to be one.
    grain: u64,
    sources: Vec<(Source, Option<Arrival>)>,
    edge: Chance,
    content: Chance,
    pub stages: PerStage<Station>,
    jobs: Vec<Option<Job>>,
    free_jobs: Vec<usize>,
    pub model: Model,
    pub mail: Mail,
    pub tables: Tables,
    /// Updates and escalations, by the minute in which they are due.
    due: BTreeMap<u64, Due>,
    storm_is_open: bool,
    provider_day: u64,
    pub provider_asked: u64,
    provider_today: u64,
    pub provider_refused: u64,
    /// Environments that may still be made in these ten seconds.
    starts_left: u64,
    pub ledger: Ledger,
    pub requests: Requests,
    pub to_mail: Times,
    pub to_end: Times,
    pub most_running: u64,
    pub incidents: u64,
    pub processed: u64,
}

/// What is written, by table.
#[derive(Debug)]
pub(crate) struct Tables {
    pub claims: Table,
    pub intel: Table,
    pub incidents: Table,
    pub deliveries: Table,
    /// The one item that a storm writes to: its dedup window, and its incident.
    pub window_item: Table,
    pub incident_item: Table,
    pub reads: f64,
}

/// Calls that are paid for each.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Requests {
    pub sqs: f64,
    pub log_bytes: f64,
}

/// Batches that run together and end together.
#[derive(Debug)]
struct Job {
    stage: Stage,
    batches: u64,
    parcels: Parcels,
    began: Duration,
    /// The part of its messages that will fail.
    failing: f64,
    openings: u64,
    opens_storm: bool,
}

impl<'a> World<'a> {
    pub fn new(plan: &'a Plan) -> Self {
        let grain = edge::grain(plan);
        let together = edge::together(plan, grain);
        let table = || Table::new(plan.limits.table_writes, plan.limits.table_writes_quota);
        let item = || Table::new(plan.limits.item_writes, plan.limits.item_writes);
        let mut world = Self {
            plan,
            now: Duration::ZERO,
            events: BinaryHeap::new(),
            sequence: 0,
            grain,
            sources: plan
                .arrivals
                .sources(plan.length, together, plan.seed)
                .into_iter()
                .map(|source| (source, None))
                .collect(),
            edge: Chance::new(plan.seed, "edge"),
            content: Chance::new(plan.seed, "content"),
            stages: PerStage {
                enrich: Station::new(plan, Stage::Enrich),
                analyze: Station::new(plan, Stage::Analyze),
                notify: Station::new(plan, Stage::Notify),
            },
            jobs: Vec::new(),
            free_jobs: Vec::new(),
            model: Model::new(plan.model),
            mail: Mail::new(plan.mail),
            tables: Tables {
                claims: table(),
                intel: table(),
                incidents: table(),
                deliveries: table(),
                window_item: item(),
                incident_item: item(),
                reads: 0.0,
            },
            due: BTreeMap::new(),
            storm_is_open: false,
            provider_day: 0,
            provider_asked: 0,
            provider_today: 0,
            provider_refused: 0,
            starts_left: plan.limits.starts_per_10s,
            ledger: Ledger::default(),
            requests: Requests::default(),
            to_mail: Times::default(),
            to_end: Times::default(),
            most_running: 0,
            incidents: 0,
            processed: 0,
        };
        world.schedule(Scaler::EVERY, Event::Scale);
        world.schedule(Duration::from_mins(1), Event::Minute);
        for source in 0..world.sources.len() {
            world.next_arrival(source);
        }
        world
    }

    /// The next event; false when the time is over.
    pub fn step(&mut self) -> bool {
        let Some(Reverse((at, _, event))) =
            self.events.pop().filter(|Reverse((at, ..))| *at <= self.plan.length)
        else {
            self.now = self.plan.length;
            return false;
        };
        self.now = at;
        self.processed += 1;
        match event {
            Event::Arrive { source } => self.arrive(source),
            Event::Done { job } => self.end(job),
            Event::Wake { stage } => self.wake(stage),
            Event::Scale => self.scale(),
            Event::Minute => self.minute(),
        }
        true
    }

    /// Where every alert is just now.
    pub fn ledger(&self) -> Ledger {
        let over = |count: &dyn Fn(&Station) -> u64| {
            Stage::ALL.iter().map(|stage| count(self.stages.get(*stage))).sum()
        };
        Ledger {
            queued: over(&|station| station.queue.alerts()),
            retrying: over(&|station| station.hidden.values().map(|parcel| parcel.alerts).sum()),
            running: self.jobs.iter().flatten().map(|job| job.parcels.alerts()).sum(),
            held: self.mail.held_alerts(),
            ..self.ledger
        }
    }

    /// Counts what still waits as what it is: old, and not served.
    pub fn close(&mut self) {
        let end = self.plan.length;
        for stage in Stage::ALL {
            let station = self.stages.get_mut(stage);
            station.note_waiting(end);
            for parcel in station.queue.iter() {
                station.ages.add(end.saturating_sub(parcel.sent), parcel.messages);
            }
        }
    }

    fn schedule(&mut self, at: Duration, event: Event) {
        self.sequence += 1;
        self.events.push(Reverse((at, self.sequence, event)));
    }
}

/// Requests that so many calls with so many bytes are billed as: each 64 KB is one.
fn chunks(bytes: f64, calls: f64) -> f64 {
    const CHUNK: f64 = 65_536.0;
    if calls <= 0.0 { 0.0 } else { calls * (bytes / calls / CHUNK).ceil().max(1.0) }
}
