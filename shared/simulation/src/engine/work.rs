//! What batches do to tables, providers, the model and SES, stage by stage.

use std::time::Duration;

use super::World;
use crate::model::Answer;
use crate::parcel::Parcels;
use crate::usage;

/// How the work of a batch stands out from its kind.
#[derive(Default)]
pub(super) struct Work {
    pub asking: f64,
    pub sending: f64,
    pub openings: u64,
    pub opens_storm: bool,
    /// Waits that are not the stage's own: tables, the model, SES's rate.
    pub extra: Duration,
    pub is_refused: bool,
}

impl World<'_> {
    pub(super) fn enrich(&mut self, parcels: &Parcels) -> Work {
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

    pub(super) fn analyze(&mut self, parcels: &Parcels, batches: u64) -> Work {
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
        let claims = units.min(usage::ANALYZE_CLAIM_WRITES);
        let waits = [
            self.tables.claims.write(alerts * claims, now),
            self.tables.incidents.write(alerts * (units - claims), now),
            // Two counters in one item, of three kilobytes, in a transaction.
            self.tables.incident_item.write(storm as f64 * 6.0, now),
        ];
        self.tables.reads += alerts * usage::ANALYZE_READS;
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
                work.is_refused |= self.tables.incidents.write(usage::QUESTION_WRITES, now).is_none();
            }
        }
        // Of batches that are taken together only those with a question wait for the answer.
        let held_up = (asking as f64 / batches as f64).min(1.0);
        work.extra += longest.mul_f64(if batches > 1 { held_up } else { 1.0 });
        work
    }

    pub(super) fn notify(&mut self, parcels: &Parcels) -> Work {
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
        self.tables.reads += notices as f64 * usage::NOTIFY_READS;
        self.requests.log_bytes += notices as f64 * plan.usage.log_bytes;
        Work { sending: sending as f64, ..Work::after(&waits) }
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
