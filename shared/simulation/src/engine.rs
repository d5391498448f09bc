//! The events of a day, one after another.

mod stages;

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::time::Duration;

use crate::arrivals::{Arrival, Source};
use crate::bucket::Table;
use crate::chance::Chance;
use crate::lambda::{Fleet, Scaler};
use crate::ledger::Ledger;
use crate::mail::Mail;
use crate::measure::{Sample, Times};
use crate::model::Model;
use crate::parcel::{Parcel, Parcels};
use crate::plan::{PerStage, Plan, Stage};

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

/// A queue and its function.
#[derive(Debug)]
pub(crate) struct Station {
    pub queue: Parcels,
    /// Received and not deleted.
    pub in_flight: u64,
    /// Failed messages, by the time at which they come again.
    hidden: BTreeMap<(Duration, u64), Parcel>,
    scaler: Scaler,
    fleet: Fleet,
    pub running: u64,
    service: Chance,
    /// An event that will wake it is set for then.
    wakes_at: Option<Duration>,
    pub count: Counts,
    pub ages: Times,
    pub samples: Vec<Sample>,
    /// Messages that came in this minute, and in the busiest one.
    pub in_minute: u64,
    pub busiest_minute: u64,
}

/// What a stage has done.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Counts {
    pub came: u64,
    pub received: u64,
    pub done: u64,
    pub failed: u64,
    pub dead: u64,
    pub expired: u64,
    pub batches: u64,
    pub busy_seconds: f64,
    pub cold_starts: u64,
    pub most_running: u64,
    pub most_waiting: u64,
    pub most_waiting_at: Duration,
    pub most_in_flight: u64,
    pub oldest: Duration,
    pub oldest_at: Duration,
    /// Sum over time, for Little's law.
    pub waiting_seconds: f64,
    waiting_since: Duration,
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

#[derive(Clone, Copy, Debug, Default)]
struct Due {
    updates: u64,
    escalations: u64,
}

impl<'a> World<'a> {
    pub fn new(plan: &'a Plan) -> Self {
        /// Above so many a day alerts are taken together.
        const SINGLE: u64 = 2_000_000;
        let all = plan.arrivals.per_day + plan.arrivals.storm.map_or(0, |storm| storm.alerts);
        let grain =
            (all as f64 * plan.edge.sent_share * plan.edge.kept_share / SINGLE as f64).ceil().max(1.0) as u64;
        let peak = plan.arrivals.peak_per_second();
        let edge = &plan.edge;
        let in_request = (peak * edge.request.as_secs_f64()).clamp(1.0, 10.0) as u64;
        // A group is what one event, one request, or one message that waits to be filled carries.
        let left = (edge.sent_share * edge.kept_share).max(1e-6);
        let filling = if edge.alerts_per_message > 1 {
            (peak * edge.linger.as_secs_f64()).min(10.0 * edge.alerts_per_message as f64 / left)
        } else {
            0.0
        };
        let together = (grain as f64 / left).ceil().max(filling) as u64;
        let together = together.max(in_request.min(grain));
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

    fn next_arrival(&mut self, source: usize) {
        let Some((stream, next)) = self.sources.get_mut(source) else { return };
        *next = stream.next();
        if let Some(arrival) = *next {
            self.schedule(arrival.at, Event::Arrive { source });
        }
    }

    /// What Wazuh wrote goes through the publisher into the first queue.
    fn arrive(&mut self, source: usize) {
        let plan = self.plan;
        let edge = &plan.edge;
        let Some((stream, Some(arrival))) = self.sources.get(source).map(|(stream, next)| (stream, *next))
        else {
            return;
        };
        let is_storm = stream.is_storm;
        let sent = self.edge.of(arrival.alerts, edge.sent_share);
        let kept = self.edge.of(sent, edge.kept_share);
        self.ledger.came += arrival.alerts;
        self.ledger.filtered += arrival.alerts - sent;
        self.ledger.counted_at_the_edge += sent - kept;
        let messages = kept.div_ceil(edge.alerts_per_message);
        let origin =
            if edge.alerts_per_message > 1 { self.now.saturating_sub(edge.linger) } else { self.now };
        if messages > 0 {
            let rate = plan.arrivals.peak_per_second() * edge.sent_share * edge.kept_share
                / edge.alerts_per_message as f64;
            let in_request = (rate * edge.request.as_secs_f64()).clamp(1.0, 10.0);
            let bytes = kept as f64 * edge.alert_bytes;
            self.requests.sqs += chunks(bytes, messages as f64 / in_request);
            let parcel = Parcel {
                origin,
                sent: self.now,
                messages,
                alerts: kept,
                is_storm,
                is_severe: false,
                receives: 0,
            };
            self.put(Stage::Enrich, parcel);
        }
        self.next_arrival(source);
    }

    fn put(&mut self, stage: Stage, parcel: Parcel) {
        let now = self.now;
        let station = self.stages.get_mut(stage);
        station.note_waiting(now);
        station.count.came += parcel.messages;
        station.in_minute += parcel.messages;
        station.queue.push(parcel);
        if station.queue.messages() > station.count.most_waiting {
            station.count.most_waiting = station.queue.messages();
            station.count.most_waiting_at = now;
        }
        self.feed(stage);
    }

    fn wake(&mut self, stage: u8) {
        let Some(stage) = Stage::ALL.get(usize::from(stage)).copied() else { return };
        let now = self.now;
        let station = self.stages.get_mut(stage);
        station.wakes_at = None;
        station.note_waiting(now);
        while let Some(entry) = station.hidden.first_entry().filter(|entry| entry.key().0 <= now) {
            let parcel = entry.remove();
            station.in_flight -= parcel.messages;
            station.queue.push(parcel);
        }
        self.feed(stage);
    }

    /// Wakes the stage then, unless something wakes it before.
    fn wake_at(&mut self, stage: Stage, at: Duration) {
        let station = self.stages.get_mut(stage);
        if station.wakes_at.is_some_and(|before| before <= at && before > self.now) {
            return;
        }
        station.wakes_at = Some(at);
        self.schedule(at, Event::Wake { stage: stage as u8 });
    }

    fn scale(&mut self) {
        self.starts_left = self.plan.limits.starts_per_10s;
        for stage in Stage::ALL {
            let station = self.stages.get_mut(stage);
            station.scaler.decide(station.running, station.queue.messages() > 0);
            self.feed(stage);
        }
        self.schedule(self.now + Scaler::EVERY, Event::Scale);
    }

    /// The sweep, and what is written down each minute.
    fn minute(&mut self) {
        let (now, retention) = (self.now, self.plan.limits.retention);
        let digested = self.mail.sweep(now);
        self.ledger.notified += digested.alerts;
        self.tell_what_is_due();
        for stage in Stage::ALL {
            let station = self.stages.get_mut(stage);
            let expired = station.queue.take_older(now.saturating_sub(retention));
            station.count.expired += expired.messages();
            self.ledger.expired += expired.alerts();
            let station = self.stages.get_mut(stage);
            station.busiest_minute = station.busiest_minute.max(std::mem::take(&mut station.in_minute));
            station.count.most_running = station.count.most_running.max(station.running);
            let oldest = station.queue.oldest().map_or(Duration::ZERO, |sent| now.saturating_sub(sent));
            if oldest > station.count.oldest {
                (station.count.oldest, station.count.oldest_at) = (oldest, now);
            }
            station.samples.push(Sample {
                minute: (now.as_secs() / 60) as u32,
                waiting: station.queue.messages(),
                oldest_seconds: oldest.as_secs_f64(),
                running: station.running,
            });
        }
        self.schedule(now + Duration::from_mins(1), Event::Minute);
    }

    /// Updates and escalations of incidents, as notices of their own.
    fn tell_what_is_due(&mut self) {
        let minute = self.now.as_secs() / 60;
        let later = self.due.split_off(&(minute + 1));
        let due = std::mem::replace(&mut self.due, later);
        let (updates, escalations) =
            due.values().fold((0, 0), |sum, due| (sum.0 + due.updates, sum.1 + due.escalations));
        let spared = self.content.of(escalations, self.plan.incidents.spared_share);
        for _ in 0..escalations - spared {
            self.model.ask(self.now);
        }
        let all = updates + escalations;
        let severe = self.content.of(all, self.plan.content.severe_share);
        for (messages, is_severe) in [(all - severe, false), (severe, true)] {
            if messages == 0 {
                continue;
            }
            self.requests.sqs += messages as f64;
            let (origin, sent) = (self.now, self.now);
            let parcel =
                Parcel { origin, sent, messages, alerts: 0, is_storm: false, is_severe, receives: 0 };
            self.put(Stage::Notify, parcel);
        }
    }
}

impl Station {
    fn new(plan: &Plan, stage: Stage) -> Self {
        Self {
            queue: Parcels::default(),
            in_flight: 0,
            hidden: BTreeMap::new(),
            scaler: Scaler::new(plan.stages.get(stage).scaling),
            fleet: Fleet::default(),
            running: 0,
            service: Chance::new(plan.seed, stage.name()),
            wakes_at: None,
            count: Counts::default(),
            ages: Times::default(),
            samples: Vec::new(),
            in_minute: 0,
            busiest_minute: 0,
        }
    }

    /// To be called before the number of messages that wait changes.
    fn note_waiting(&mut self, now: Duration) {
        let since = now.saturating_sub(self.count.waiting_since).as_secs_f64();
        self.count.waiting_seconds += since * self.queue.messages() as f64;
        self.count.waiting_since = now;
    }
}

/// Requests that so many calls with so many bytes are billed as: each 64 KB is one.
fn chunks(bytes: f64, calls: f64) -> f64 {
    const CHUNK: f64 = 65_536.0;
    if calls <= 0.0 { 0.0 } else { calls * (bytes / calls / CHUNK).ceil().max(1.0) }
}
