//! When an incident tells about itself: at once, then ever more rarely, and out of turn when it gets worse.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::seen::Gravity;
use super::silences::Silences;
use super::summary::Standing;

/// The notices of one incident: what was told, what is on its way, what waits.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Notices {
    /// So many so far, the one on its way included.
    number: u32,
    /// Regular updates so far: how long the next silence is.
    step: usize,
    /// The end of the silence after the last notice.
    quiet_until: Timestamp,
    /// How the incident stood when the last notice was taken.
    last: Option<Standing>,
    on_its_way: Option<OnItsWay>,
    /// The gravest alert that no notice has told of yet.
    waiting: Option<Gravity>,
    /// What has got worse since the last notice, and may break the silence.
    noted: BTreeSet<Escalation>,
    /// What has broken this silence already, and may not again.
    told: BTreeSet<Escalation>,
}

/// A notice that somebody is about to send. When the lease has ended, somebody else sends it: under the same number,
/// so that it is one mail.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct OnItsWay {
    kind: Kind,
    lease_until: Timestamp,
    before: Option<Standing>,
}

/// The right to send one notice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taken {
    pub number: u32,
    pub kind: Kind,
    /// How the incident stood at the notice before this one.
    pub before: Option<Standing>,
}

/// Why there is a notice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    First,
    /// Alerts came since the last one, and the silence is over.
    Update,
    /// It got worse.
    Escalation(BTreeSet<Escalation>),
}

/// How an incident gets worse.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Escalation {
    HigherLevel,
    TurnedMalicious,
    SuccessAfterFailures,
    NewHost,
}

impl Notices {
    /// When something is to be done: a notice is due, or whoever took one should have sent it. Nothing while all is told.
    pub fn due(&self) -> Option<Timestamp> {
        if let Some(on_its_way) = &self.on_its_way {
            return Some(on_its_way.lease_until);
        }
        self.waiting?;
        let Some(last) = &self.last else { return Some(Timestamp::UNIX_EPOCH) };
        if self.noted.is_empty() { Some(self.quiet_until) } else { Some(last.at) }
    }

    /// Whether nobody is sending one: the next may be taken.
    pub fn is_idle(&self) -> bool {
        self.on_its_way.is_none()
    }

    /// How many were taken so far, the one on its way included.
    pub fn taken(&self) -> u32 {
        self.number
    }

    /// The number of the notice that is waited for.
    pub(super) fn next_number(&self) -> u32 {
        self.number + 1
    }

    /// Lets an alert wait for the next notice; answers with the gravest that waited before.
    pub(super) fn wait(&mut self, gravity: Gravity) -> Option<Gravity> {
        let before = self.waiting;
        self.waiting = before.max(Some(gravity));
        before
    }

    /// Notes what got worse. Each kind breaks a silence once: one that changes all the time is told by the updates.
    pub(super) fn note(&mut self, escalation: Escalation) {
        if !self.told.contains(&escalation) {
            self.noted.insert(escalation);
        }
    }

    /// The notice that is due at `now`, if nobody has taken it.
    pub(super) fn take(
        &mut self,
        standing: Standing,
        lease_until: Timestamp,
        silences: &Silences,
    ) -> Option<Taken> {
        if !self.is_idle() || self.due().is_none_or(|due| standing.at < due) {
            return None;
        }
        let kind = if self.last.is_none() {
            Kind::First
        } else if self.noted.is_empty() {
            self.step += 1;
            self.told.clear();
            Kind::Update
        } else {
            self.told.extend(&self.noted);
            Kind::Escalation(std::mem::take(&mut self.noted))
        };
        self.number += 1;
        self.quiet_until = standing.at + silences.after(self.step);
        self.waiting = None;
        let before = self.last.replace(standing);
        self.on_its_way = Some(OnItsWay { kind: kind.clone(), lease_until, before: before.clone() });
        Some(Taken { number: self.number, kind, before })
    }

    /// The notice that somebody took and did not send.
    pub(super) fn take_over(&mut self, now: Timestamp, lease_until: Timestamp) -> Option<Taken> {
        let on_its_way = self.on_its_way.as_mut().filter(|on_its_way| on_its_way.lease_until <= now)?;
        on_its_way.lease_until = lease_until;
        let OnItsWay { kind, before, .. } = on_its_way.clone();
        Some(Taken { number: self.number, kind, before })
    }

    /// The notice of this number was sent; whether that is news.
    pub(super) fn sent(&mut self, number: u32) -> bool {
        number == self.number && self.on_its_way.take().is_some()
    }

    /// The notice of this number was not sent: whoever comes next may try; whether that is news.
    pub(super) fn give_back(&mut self, number: u32, now: Timestamp) -> bool {
        match self.on_its_way.as_mut() {
            Some(on_its_way) if number == self.number => {
                on_its_way.lease_until = now;
                true
            }
            Some(_) | None => false,
        }
    }
}

impl Kind {
    /// Name in logs and metrics.
    pub fn name(&self) -> &'static str {
        match self {
            Self::First => "first",
            Self::Update => "update",
            Self::Escalation(_) => "escalation",
        }
    }
}
