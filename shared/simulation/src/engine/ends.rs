//! How batches end, stage by stage.

use super::{Job, World};
use crate::mail::Passage;
use crate::parcel::Parcel;
use crate::plan::Stage;

impl World<'_> {
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
