//! Messages in a queue: new ones, failed ones, and those that are visible again.

use std::time::Duration;

use super::{Event, World};
use crate::parcel::Parcel;
use crate::plan::Stage;

impl World<'_> {
    pub(super) fn put(&mut self, stage: Stage, parcel: Parcel) {
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

    /// Comes again when its visibility ends, or not at all.
    pub(super) fn fail(&mut self, stage: Stage, failed: Parcel, began: Duration) {
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

    pub(super) fn wake(&mut self, stage: u8) {
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
    pub(super) fn wake_at(&mut self, stage: Stage, at: Duration) {
        let station = self.stages.get_mut(stage);
        if station.wakes_at.is_some_and(|before| before <= at && before > self.now) {
            return;
        }
        station.wakes_at = Some(at);
        self.schedule(at, Event::Wake { stage: stage as u8 });
    }
}
