//! How batches begin.

use std::time::Duration;

use super::work::Work;
use super::{Event, Job, World, chunks};
use crate::lambda::Start;
use crate::parcel::Parcels;
use crate::plan::{Stage, StagePlan};
use crate::service::{Load, batch_time};

/// What an invocation may carry, and what JSON makes of a body.
const PAYLOAD_BYTES: f64 = 6e6;
const ESCAPED: f64 = 1.2;

/// What is to be run, and what is known of it before.
struct Batches {
    stage: Stage,
    count: u64,
    parcels: Parcels,
    cold: bool,
}

impl World<'_> {
    /// Begins as many batches as may run.
    pub(super) fn feed(&mut self, stage: Stage) {
        while let Some(batches) = self.next_batches(stage) {
            self.begin(batches);
        }
    }

    fn next_batches(&mut self, stage: Stage) -> Option<Batches> {
        let (plan, now) = (self.plan, self.now);
        let running: u64 = Stage::ALL.iter().map(|stage| self.stages.get(*stage).running).sum();
        let account = plan.limits.account_concurrency.saturating_sub(running);
        let size = self.messages_in_batch(stage);
        let StagePlan { window, .. } = *plan.stages.get(stage);
        let most_together = self.most_together(stage, size);
        let message_bytes = self.message_bytes(stage);
        let station = self.stages.get_mut(stage);
        let waiting = station.queue.messages();
        let free = station.scaler.allowed().saturating_sub(station.running).min(account).min(most_together);
        let room = plan.limits.in_flight.saturating_sub(station.in_flight);
        let wanted = (free * size).min(room).min(waiting);
        if wanted == 0 {
            return None;
        }
        // A window waits for a full batch, but no longer than it is.
        let full = wanted / size;
        let head_waits_until = station.queue.oldest().unwrap_or(now) + window;
        if full == 0 && head_waits_until > now {
            self.wake_at(stage, head_waits_until);
            return None;
        }
        let is_over = head_waits_until <= now;
        let messages = if is_over { wanted } else { full * size };
        let pause = station.scaler.poll(messages as f64 * message_bytes, now);
        if pause > Duration::ZERO {
            station.scaler.poll(-(messages as f64) * message_bytes, now);
            self.wake_at(stage, now + pause);
            return None;
        }
        let start = station.fleet.start(messages.div_ceil(size), self.starts_left, now);
        let (batches, cold) = match start {
            Start::Warm(batches) => (batches, false),
            Start::Cold(batches) => {
                self.starts_left -= batches;
                (batches, true)
            }
        };
        if batches == 0 {
            return None;
        }
        station.note_waiting(now);
        let parcels = station.queue.take(messages.min(batches * size));
        Some(Batches { stage, count: batches, parcels, cold })
    }

    fn messages_in_batch(&self, stage: Stage) -> u64 {
        let fitting = (PAYLOAD_BYTES / (self.message_bytes(stage) * ESCAPED)).floor().max(1.0);
        self.plan.stages.get(stage).batch_size.clamp(1, fitting as u64)
    }

    fn message_bytes(&self, stage: Stage) -> f64 {
        match stage {
            Stage::Enrich => self.plan.edge.alert_bytes * self.plan.edge.alerts_per_message as f64,
            Stage::Analyze => self.plan.content.enriched_bytes,
            Stage::Notify => self.plan.content.notice_bytes,
        }
    }

    /// Batches that are one event: where there are too many, and few enough for the concurrency to be seen.
    fn most_together(&self, stage: Stage, size: u64) -> u64 {
        /// Batches are taken together up to this part of what may run.
        const PART: u64 = 4;
        let by_concurrency = self.plan.stages.get(stage).scaling.most().div_ceil(PART);
        (self.grain.div_ceil(size)).min(by_concurrency).max(1)
    }

    fn begin(&mut self, batches: Batches) {
        let (plan, now) = (self.plan, self.now);
        let Batches { stage, count, parcels, cold } = batches;
        let messages = parcels.messages();
        let work = match stage {
            Stage::Enrich => self.enrich(&parcels),
            Stage::Analyze => self.analyze(&parcels, count),
            Stage::Notify => self.notify(&parcels),
        };
        let each = 1.0 / count as f64;
        let load = Load {
            messages: (messages as f64 * each).max(1.0),
            alerts: (parcels.alerts().max(messages)) as f64 * each,
            asking: work.asking * each,
            sending: work.sending * each,
        };
        let bytes = messages as f64 * self.message_bytes(stage);
        self.requests.sqs +=
            chunks(bytes, count as f64) + messages as f64 / (messages as f64 * each).clamp(1.0, 10.0);
        let station = self.stages.get_mut(stage);
        let own = batch_time(plan, stage, load, &mut station.service);
        let init = if cold { plan.latency.cold_start.draw(&mut station.service) } else { Duration::ZERO };
        let took = (init + own + work.extra).min(plan.stages.get(stage).timeout);
        for parcel in parcels.iter() {
            station.ages.add(now.saturating_sub(parcel.sent), parcel.messages);
        }
        station.in_flight += messages;
        station.running += count;
        station.count.most_in_flight = station.count.most_in_flight.max(station.in_flight);
        station.count.most_running = station.count.most_running.max(station.running);
        station.count.received += messages;
        station.count.batches += count;
        station.count.busy_seconds += took.as_secs_f64() * count as f64;
        station.count.cold_starts += if cold { count } else { 0 };
        let running = Stage::ALL.iter().map(|stage| self.stages.get(*stage).running).sum();
        self.most_running = self.most_running.max(running);
        let failing = if work.is_refused { 1.0 } else { plan.limits.failure_rate };
        let Work { openings, opens_storm, .. } = work;
        let job = Job { stage, batches: count, parcels, began: now, failing, openings, opens_storm };
        let job = self.keep(job);
        self.schedule(now + took, Event::Done { job });
    }

    fn keep(&mut self, job: Job) -> usize {
        let Some(place) = self.free_jobs.pop() else {
            self.jobs.push(Some(job));
            return self.jobs.len() - 1;
        };
        if let Some(free) = self.jobs.get_mut(place) {
            *free = Some(job);
        }
        place
    }
}
