//! What happens by the clock: Lambda scales, and every minute the sweep runs and is written down.

use std::time::Duration;

use super::{Event, World};
use crate::lambda::Scaler;
use crate::measure::Sample;
use crate::plan::Stage;

impl World<'_> {
    pub(super) fn scale(&mut self) {
        self.starts_left = self.plan.limits.starts_per_10s;
        for stage in Stage::ALL {
            let station = self.stages.get_mut(stage);
            station.scaler.decide(station.running, station.queue.messages() > 0);
            self.feed(stage);
        }
        self.schedule(self.now + Scaler::EVERY, Event::Scale);
    }

    /// The sweep, and what is written down each minute.
    pub(super) fn minute(&mut self) {
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
}
