//! The gates of the groups, and what SES takes.

use std::time::Duration;

use serde::Serialize;

use crate::bucket::Bucket;
use crate::plan::{self, Gates};

/// How the notices of one run end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Passage {
    Sent,
    /// A digest will tell of it.
    Held,
    /// SES's quota of the day is used up: it waits in the table.
    Parked,
}

#[derive(Debug)]
pub(crate) struct Mail {
    plan: plan::Mail,
    usual: Gate,
    severe: Gate,
    rate: Bucket,
    day: u64,
    day_mails: f64,
    pub counts: Mails,
    /// Most mails in one second.
    pub busiest_second: f64,
    second: u64,
    in_second: f64,
}

/// Mails, for all groups together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Mails {
    pub of_one_incident: u64,
    pub digests: u64,
    pub storm_notices: u64,
    /// Notices that a digest told of.
    pub in_digests: u64,
}

impl Mails {
    pub fn sent(&self) -> u64 {
        self.of_one_incident + self.digests + self.storm_notices
    }
}

/// The gate of a group; all groups are told of the same and have the same limits, so one stands for all.
#[derive(Debug)]
struct Gate {
    bucket: Option<Bucket>,
    burst: f64,
    held: u64,
    held_alerts: u64,
    since: Duration,
}

/// What the minute's sweep has told of in digests.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Digested {
    pub alerts: u64,
}

impl Mail {
    pub fn new(plan: plan::Mail) -> Self {
        let (usual, severe) = match plan.gates {
            Gates::Limited { per_hour, burst, severe_per_hour, severe_burst } => {
                (Gate::limited(per_hour, burst), Gate::limited(severe_per_hour, severe_burst))
            }
            Gates::Open => (Gate::open(), Gate::open()),
        };
        let rate = Bucket::new(plan.per_second, plan.per_second.max(1.0));
        Self {
            plan,
            usual,
            severe,
            rate,
            day: 0,
            day_mails: 0.0,
            counts: Mails::default(),
            busiest_second: 0.0,
            second: 0,
            in_second: 0.0,
        }
    }

    /// One notice, of one alert or of none.
    pub fn tell(&mut self, is_severe: bool, alerts: u64, now: Duration) -> Passage {
        let gate = if is_severe { &mut self.severe } else { &mut self.usual };
        if !gate.passes(now) {
            gate.hold(alerts, now);
            return Passage::Held;
        }
        if !self.send(now) {
            return Passage::Parked;
        }
        self.counts.of_one_incident += self.plan.groups;
        Passage::Sent
    }

    /// Whether the next notice would be a mail of its own.
    pub fn sends(&mut self, now: Duration) -> bool {
        self.usual.is_open(now)
    }

    /// How long so many notices wait for SES's rate; nothing if that is longer than the function has.
    pub fn wait(&mut self, notices: u64, now: Duration) -> Option<Duration> {
        const PATIENCE: Duration = Duration::from_secs(20);
        let mails = (notices * self.plan.groups) as f64;
        let wait = self.rate.borrow(mails, now);
        if wait > PATIENCE {
            self.rate.give_back(mails);
            return None;
        }
        Some(wait)
    }

    /// Storm notices and digests that are due.
    pub fn sweep(&mut self, now: Duration) -> Digested {
        let mut digested = Digested::default();
        for is_severe in [false, true] {
            let gate = if is_severe { &mut self.severe } else { &mut self.usual };
            let Some(due) = gate.due(now) else { continue };
            let (notices, alerts) = match due {
                Due::StormNotice => (0, 0),
                Due::Digest => (std::mem::take(&mut gate.held), std::mem::take(&mut gate.held_alerts)),
            };
            // A quota that is used up holds digests, too.
            if !self.send(now) {
                let gate = if is_severe { &mut self.severe } else { &mut self.usual };
                gate.held += notices;
                gate.held_alerts += alerts;
                continue;
            }
            match due {
                Due::StormNotice => self.counts.storm_notices += self.plan.groups,
                Due::Digest => {
                    self.counts.digests += self.plan.groups;
                    self.counts.in_digests += notices;
                    digested.alerts += alerts;
                }
            }
        }
        digested
    }

    pub fn held_alerts(&self) -> u64 {
        self.usual.held_alerts + self.severe.held_alerts
    }

    fn send(&mut self, now: Duration) -> bool {
        let (day, second) = (now.as_secs() / 86_400, now.as_secs());
        if day != self.day {
            (self.day, self.day_mails) = (day, 0.0);
        }
        let mails = self.plan.groups as f64;
        if self.day_mails + mails > self.plan.per_day {
            return false;
        }
        self.day_mails += mails;
        if second != self.second {
            (self.second, self.in_second) = (second, 0.0);
        }
        self.in_second += mails;
        self.busiest_second = self.busiest_second.max(self.in_second);
        true
    }
}

/// What a gate owes its group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Due {
    StormNotice,
    Digest,
}

impl Gate {
    const LONGEST: Duration = Duration::from_hours(1);

    fn limited(per_hour: f64, burst: f64) -> Self {
        Self { bucket: Some(Bucket::new(per_hour / 3_600.0, burst)), burst, ..Self::open() }
    }

    fn open() -> Self {
        Self { bucket: None, burst: 0.0, held: 0, held_alerts: 0, since: Duration::MAX }
    }

    fn is_open(&mut self, now: Duration) -> bool {
        self.held == 0 && self.bucket.as_mut().is_none_or(|bucket| bucket.tokens(now) >= 1.0)
    }

    fn passes(&mut self, now: Duration) -> bool {
        self.held == 0 && self.bucket.as_mut().is_none_or(|bucket| bucket.take(1.0, now))
    }

    fn hold(&mut self, alerts: u64, now: Duration) {
        if self.held == 0 {
            self.since = Duration::MAX;
        }
        self.since = self.since.min(now);
        self.held += 1;
        self.held_alerts += alerts;
    }

    /// The storm is told of once; the digest comes when half of the burst is back, after an hour at the latest.
    fn due(&mut self, now: Duration) -> Option<Due> {
        let bucket = self.bucket.as_mut().filter(|_| self.held > 0)?;
        let is_new = now.saturating_sub(self.since) < Duration::from_mins(1);
        let is_back = bucket.tokens(now) >= self.burst / 2.0;
        if is_new {
            bucket.borrow(1.0, now);
            return Some(Due::StormNotice);
        }
        if !is_back && now.saturating_sub(self.since) < Self::LONGEST {
            return None;
        }
        bucket.borrow(1.0, now);
        self.since = Duration::MAX;
        Some(Due::Digest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::Plan;

    #[test]
    fn an_hour_of_storm_is_a_burst_its_due_and_digests() {
        let mut mail = Mail::new(Plan::as_shipped(1).mail);
        let mut told = [0_u64; 3];
        for second in 0..3_600 {
            let now = Duration::from_secs(second);
            match mail.tell(false, 1, now) {
                Passage::Sent => told[0] += 1,
                Passage::Held => told[1] += 1,
                Passage::Parked => told[2] += 1,
            }
            if second % 60 == 59 {
                mail.sweep(now);
            }
        }
        assert!(mail.counts.sent() <= 30, "no hour has more than its due and one burst: {:?}", mail.counts);
        assert!(mail.counts.digests >= 1, "{:?}", mail.counts);
        assert_eq!(told.iter().sum::<u64>(), 3_600);
        assert_eq!(mail.held_alerts() + mail.counts.in_digests, told[1], "what is held is told later");
    }

    #[test]
    fn a_quota_that_is_used_up_parks_and_comes_back_the_next_day() {
        let plan = plan::Mail { gates: Gates::Open, per_day: 100.0, ..Plan::as_shipped(1).mail };
        let mut mail = Mail::new(plan);
        let passages: Vec<Passage> =
            (0..150).map(|second| mail.tell(false, 1, Duration::from_secs(second))).collect();
        assert_eq!(passages.iter().filter(|passage| **passage == Passage::Parked).count(), 50);
        assert_eq!(mail.tell(false, 1, Duration::from_hours(25)), Passage::Sent);
    }
}
