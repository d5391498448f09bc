//! What Wazuh writes, through the publisher into the first queue.

use super::{Event, World, chunks};
use crate::parcel::Parcel;
use crate::plan::{Plan, Stage};

impl World<'_> {
    pub(super) fn next_arrival(&mut self, source: usize) {
        let Some((stream, next)) = self.sources.get_mut(source) else { return };
        *next = stream.next();
        if let Some(arrival) = *next {
            self.schedule(arrival.at, Event::Arrive { source });
        }
    }

    /// What Wazuh wrote goes through the publisher into the first queue.
    pub(super) fn arrive(&mut self, source: usize) {
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
}

/// Alerts that are one event, where there are too many for each to be one.
pub(super) fn grain(plan: &Plan) -> u64 {
    /// Above so many a day alerts are taken together.
    const SINGLE: u64 = 2_000_000;
    let all = plan.arrivals.per_day + plan.arrivals.storm.map_or(0, |storm| storm.alerts);
    (all as f64 * plan.edge.sent_share * plan.edge.kept_share / SINGLE as f64).ceil().max(1.0) as u64
}

/// Alerts that arrive together: what one event, one request, or one message that waits to be filled carries.
pub(super) fn together(plan: &Plan, grain: u64) -> u64 {
    let peak = plan.arrivals.peak_per_second();
    let edge = &plan.edge;
    let in_request = (peak * edge.request.as_secs_f64()).clamp(1.0, 10.0) as u64;
    let left = (edge.sent_share * edge.kept_share).max(1e-6);
    let filling = if edge.alerts_per_message > 1 {
        (peak * edge.linger.as_secs_f64()).min(10.0 * edge.alerts_per_message as f64 / left)
    } else {
        0.0
    };
    let together = (grain as f64 / left).ceil().max(filling) as u64;
    together.max(in_request.min(grain))
}
