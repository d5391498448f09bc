//! How batches begin and end, stage by stage.

use std::time::Duration;

use super::{Event, Job, World, chunks};
use crate::lambda::Start;
use crate::mail::Passage;
use crate::model::Answer;
use crate::parcel::{Parcel, Parcels};
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

/// How the work of a batch stands out from its kind.
#[derive(Default)]
struct Work {
    asking: f64,
    sending: f64,
    openings: u64,
    opens_storm: bool,
    /// Waits that are not the stage's own: tables, the model, SES's rate.
    extra: Duration,
    is_refused: bool,
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

    fn enrich(&mut self, parcels: &Parcels) -> Work {
        let (plan, now) = (self.plan, self.now);
        let alerts = parcels.alerts();
        let stored = self.content.of(alerts, plan.usage.stored_share);
        let asking = self.ask_providers(stored);
        let storm: u64 = parcels.iter().filter(|parcel| parcel.is_storm).map(|parcel| parcel.alerts).sum();
        let waits = [
            self.tables.claims.write(stored as f64 * plan.usage.enrich_claim_writes, now),
            self.tables.intel.write(stored as f64 * plan.usage.enrich_intel_writes, now),
            self.tables.window_item.write(storm as f64, now),
        ];
        self.tables.reads += stored as f64 * plan.usage.enrich_reads;
        self.requests.log_bytes += alerts as f64 * plan.usage.log_bytes;
        let sending = alerts as f64 * plan.content.forward_share;
        Work { asking: asking as f64, sending, ..Work::after(&waits) }
    }

    /// How many alerts a provider is asked about; beyond the day's quota nobody is.
    fn ask_providers(&mut self, alerts: u64) -> u64 {
        let day = self.now.as_secs() / 86_400;
        if day != self.provider_day {
            (self.provider_day, self.provider_today) = (day, 0);
        }
        let wanted = self.content.of(alerts, self.plan.content.ask_share);
        let asked = wanted.min(self.plan.limits.provider_daily.saturating_sub(self.provider_today));
        self.provider_today += asked;
        self.provider_asked += asked;
        self.provider_refused += wanted - asked;
        asked
    }

    fn analyze(&mut self, parcels: &Parcels, batches: u64) -> Work {
        let (plan, now) = (self.plan, self.now);
        let storm: u64 = parcels.iter().filter(|parcel| parcel.is_storm).map(|parcel| parcel.alerts).sum();
        let ordinary = parcels.alerts() - storm;
        let mut openings = self.content.of(ordinary, plan.content.opening_share);
        let opens_storm = storm > 0 && !self.storm_is_open;
        if opens_storm {
            (self.storm_is_open, openings) = (true, openings + 1);
        }
        let alerts = parcels.alerts() as f64;
        let units = plan.usage.analyze_writes;
        let claims = units.min(crate::usage::ANALYZE_CLAIM_WRITES);
        let waits = [
            self.tables.claims.write(alerts * claims, now),
            self.tables.incidents.write(alerts * (units - claims), now),
            // Two counters in one item, of three kilobytes, in a transaction.
            self.tables.incident_item.write(storm as f64 * 6.0, now),
        ];
        self.tables.reads += alerts * crate::usage::ANALYZE_READS;
        self.requests.log_bytes += openings as f64 * plan.usage.log_bytes;
        let mut work = Work { sending: openings as f64, openings, opens_storm, ..Work::after(&waits) };
        let asking = openings - self.content.of(openings, plan.incidents.spared_share);
        let mut longest = Duration::ZERO;
        for _ in 0..asking {
            let answer = self.model.ask(now);
            let time = match answer {
                Answer::Written => plan.latency.model.draw(&mut self.content),
                Answer::Without => Duration::ZERO,
                Answer::TimedOut => plan.model.timeout,
            };
            longest = longest.max(time);
            if answer != Answer::Without {
                work.is_refused |= self.tables.incidents.write(crate::usage::QUESTION_WRITES, now).is_none();
            }
        }
        // Of batches that are taken together only those with a question wait for the answer.
        let held_up = (asking as f64 / batches as f64).min(1.0);
        work.extra += longest.mul_f64(if batches > 1 { held_up } else { 1.0 });
        work
    }

    fn notify(&mut self, parcels: &Parcels) -> Work {
        let (plan, now) = (self.plan, self.now);
        let notices = parcels.messages();
        let units = plan.usage.notify_writes;
        let claims = units.min(2.0);
        let sending = if self.mail.sends(now) { notices } else { 0 };
        let waits = [
            self.tables.claims.write(notices as f64 * claims, now),
            self.tables.deliveries.write(notices as f64 * (units - claims), now),
            self.mail.wait(sending, now),
        ];
        self.tables.reads += notices as f64 * crate::usage::NOTIFY_READS;
        self.requests.log_bytes += notices as f64 * plan.usage.log_bytes;
        Work { sending: sending as f64, ..Work::after(&waits) }
    }

    pub(super) fn end(&mut self, job: usize) {
        let Some(finished) = self.jobs.get_mut(job).and_then(Option::take) else { return };
        self.free_jobs.push(job);
        let (now, stage) = (self.now, finished.stage);
        let station = self.stages.get_mut(stage);
        station.running -= finished.batches;
        station.fleet.end(finished.batches, now);
        let Job { parcels, began, failing, mut openings, mut opens_storm, .. } = finished;
        let mut forwarded = [None, None];
        for mut parcel in parcels {
            let failed = self.content.of(parcel.messages, failing);
            if failed > 0 {
                let failed = parcel.split(failed);
                self.fail(stage, failed, began);
            }
            if parcel.messages == 0 {
                continue;
            }
            let station = self.stages.get_mut(stage);
            station.in_flight -= parcel.messages;
            station.count.done += parcel.messages;
            match stage {
                Stage::Enrich => self.enriched(&parcel, &mut forwarded),
                Stage::Analyze => self.analyzed(&parcel, &mut openings, &mut opens_storm),
                Stage::Notify => self.notified(&parcel),
            }
        }
        // Whoever was to open it failed: the next one does.
        self.storm_is_open &= !opens_storm;
        for parcel in forwarded.into_iter().flatten() {
            self.requests.sqs += (parcel.messages as f64 / self.plan.content.forwarded_per_request).ceil();
            self.put(Stage::Analyze, parcel);
        }
        self.feed(stage);
    }

    /// Comes again when its visibility ends, or not at all.
    fn fail(&mut self, stage: Stage, failed: Parcel, began: Duration) {
        const VISIBILITY: u32 = 6;
        let settings = self.plan.stages.get(stage);
        let (visible_again, most) =
            (began + settings.timeout * VISIBILITY + settings.window, self.plan.limits.max_receive_count);
        let sequence = self.sequence;
        let station = self.stages.get_mut(stage);
        station.count.failed += failed.messages;
        let failed = Parcel { receives: failed.receives + 1, ..failed };
        if failed.receives >= most {
            station.in_flight -= failed.messages;
            station.count.dead += failed.messages;
            self.ledger.dead_lettered += failed.alerts;
            return;
        }
        let mut key = (visible_again.max(self.now), sequence);
        while station.hidden.contains_key(&key) {
            key.1 += 1;
        }
        station.hidden.insert(key, failed);
        self.schedule(key.0, Event::Wake { stage: stage as u8 });
    }

    fn enriched(&mut self, parcel: &Parcel, forwarded: &mut [Option<Parcel>; 2]) {
        let content = &self.plan.content;
        let asked_in_vain =
            if self.provider_refused > 0 && self.provider_today >= self.plan.limits.provider_daily {
                content.ask_share
            } else {
                0.0
            };
        // Whom nobody could be asked about goes on, too. A storm is of a level that goes on.
        let share = if parcel.is_storm {
            1.0
        } else {
            content.forward_share + (1.0 - content.forward_share) * asked_in_vain
        };
        let going = self.content.of(parcel.alerts, share);
        self.ledger.ignored += parcel.alerts - going;
        self.to_end
            .add(self.now.saturating_sub(parcel.origin) + self.plan.latency.hop, parcel.alerts - going);
        let [usual, storm] = forwarded;
        let place = if parcel.is_storm { storm } else { usual };
        let all =
            place.get_or_insert(Parcel { sent: self.now, messages: 0, alerts: 0, receives: 0, ..*parcel });
        all.messages += going;
        all.alerts += going;
    }

    fn analyzed(&mut self, parcel: &Parcel, openings: &mut u64, opens_storm: &mut bool) {
        let opening = if parcel.is_storm {
            u64::from(std::mem::take(opens_storm))
        } else {
            openings.saturating_sub(u64::from(*opens_storm)).min(parcel.alerts)
        };
        *openings -= opening;
        self.ledger.counted += parcel.alerts - opening;
        self.to_end
            .add(self.now.saturating_sub(parcel.origin) + 2 * self.plan.latency.hop, parcel.alerts - opening);
        if opening == 0 {
            return;
        }
        self.incidents += opening;
        self.plan_notices(opening, parcel.is_storm);
        let severe =
            if parcel.is_storm { 0 } else { self.content.of(opening, self.plan.content.severe_share) };
        for (messages, is_severe) in [(opening - severe, false), (severe, true)] {
            if messages > 0 {
                self.requests.sqs += messages as f64;
                let notice =
                    Parcel { sent: self.now, messages, alerts: messages, is_severe, receives: 0, ..*parcel };
                self.put(Stage::Notify, notice);
            }
        }
    }

    /// When the incidents that begin now will tell of themselves again.
    fn plan_notices(&mut self, openings: u64, is_storm: bool) {
        let plan = self.plan;
        let incidents = &plan.incidents;
        let minute_of = |after: Duration| (self.now + after).as_secs() / 60 + 1;
        let end = plan.length.as_secs() / 60;
        let lasting = plan.arrivals.storm.filter(|_| is_storm).map(|storm| storm.lasting);
        for _ in 0..openings {
            let lasting = lasting.unwrap_or_else(|| incidents.lasting.mul_f64(self.content.exponential(1.0)));
            let mut at = Duration::ZERO;
            let [first, second, third, last] = incidents.silences;
            for silence in [first, second, third].into_iter().chain(std::iter::repeat(last)) {
                at += silence.max(Duration::from_secs(1));
                let minute = minute_of(at);
                if at > lasting || minute > end {
                    break;
                }
                self.due.entry(minute).or_default().updates += 1;
            }
            for _ in 0..self.content.poisson(incidents.escalations) {
                let minute = minute_of(lasting.mul_f64(self.content.unit()));
                if minute <= end {
                    self.due.entry(minute).or_default().escalations += 1;
                }
            }
        }
    }

    fn notified(&mut self, parcel: &Parcel) {
        let mut with_alert = parcel.alerts;
        for _ in 0..parcel.messages {
            let alerts = u64::from(with_alert > 0);
            with_alert -= alerts;
            match self.mail.tell(parcel.is_severe, alerts, self.now) {
                Passage::Sent => {
                    self.ledger.notified += alerts;
                    let age = self.now.saturating_sub(parcel.origin) + 3 * self.plan.latency.hop;
                    self.to_mail.add(age + self.plan.latency.ses.draw(&mut self.content), alerts);
                }
                Passage::Held => {}
                Passage::Parked => self.ledger.parked += alerts,
            }
        }
    }
}

impl Work {
    /// Waits for the tables, or refusal if one of them gives nothing.
    fn after(waits: &[Option<Duration>]) -> Self {
        let is_refused = waits.iter().any(Option::is_none);
        let extra = waits.iter().flatten().copied().max().unwrap_or_default();
        Self { extra, is_refused, ..Self::default() }
    }
}
