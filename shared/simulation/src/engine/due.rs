//! When incidents tell of themselves again.

use std::time::Duration;

use super::World;
use crate::parcel::Parcel;
use crate::plan::Stage;

/// Notices of one minute.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Due {
    updates: u64,
    escalations: u64,
}

impl World<'_> {
    /// When the incidents that begin now will tell of themselves again.
    pub(super) fn plan_notices(&mut self, openings: u64, is_storm: bool) {
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

    /// Updates and escalations of incidents, as notices of their own.
    pub(super) fn tell_what_is_due(&mut self) {
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
