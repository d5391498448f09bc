//! What one group of recipients gets now, and what waits: the deciding part of storms and quiet hours.

use std::num::NonZeroU32;
use std::time::Duration;

use domain::Notice;
use domain::assessment::Priority;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::bucket::{Bucket, Limit};
use crate::mail::Held;
use crate::routing::QuietHours;

/// How many mails a group wants, and when it wants none.
#[derive(Clone, Debug, PartialEq)]
pub struct Policy {
    pub regular: Limit,
    /// For alerts of [`Weight::SEVERE_LEVEL`] and above.
    pub severe: Limit,
    pub quiet: Option<QuietHours>,
}

/// What the gate wants to know of a notice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Weight {
    pub priority: Priority,
    pub severe: bool,
}

impl Weight {
    pub const SEVERE_LEVEL: u8 = 12;

    pub fn of(notice: &Notice) -> Self {
        let severe = notice.alert.rule().level.get() >= Self::SEVERE_LEVEL;
        Self { priority: notice.priority(), severe }
    }
}

/// What stands between a group and its mails: one value, changed as a whole.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Gate {
    regular: Bucket,
    severe: Bucket,
    storm: Option<Heap>,
    quiet: Option<Heap>,
    /// Heaps that nothing is added to any more: their digests are to be sent.
    closed: Vec<Heap>,
}

/// Notices that are held back for one digest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Heap {
    /// Id of the digest: unique, and part of the key of every notice that is held for it.
    pub digest: String,
    pub why: Held,
    pub since: Timestamp,
    pub due: Timestamp,
    /// So many: the digest must tell of exactly these.
    pub notices: u64,
    /// The highest priority among them.
    pub worst: Priority,
    /// Whether the storm notice was sent.
    pub announced: bool,
}

/// What becomes of a notice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Passage {
    Send,
    /// It waits for this digest.
    Hold {
        digest: String,
        why: Held,
    },
}

impl Gate {
    /// A storm ends after so long at the latest, however small the limit.
    const LONGEST_STORM: Duration = Duration::from_hours(1);

    /// Lets a notice through and takes its token, or adds it to a heap.
    pub fn meet(&mut self, name: &str, weight: Weight, policy: &Policy, now: Timestamp) -> Passage {
        if let Some(until) = policy.quiet_until(weight.priority, now) {
            let heap = self.quiet.get_or_insert_with(|| Heap::new(name, Held::QuietHours, now, until));
            return heap.add(weight);
        }
        let passes = if weight.severe {
            self.severe.take(policy.severe, now)
        } else {
            self.storm.is_none() && self.regular.take(policy.regular, now)
        };
        if passes {
            return Passage::Send;
        }
        let heap = match &mut self.storm {
            Some(heap) => heap,
            closed @ None => {
                // Storm notice and digest are mails, too.
                self.regular.charge(policy.regular, now);
                self.regular.charge(policy.regular, now);
                let due = self.regular.has_at(policy.regular, half(policy.regular.burst));
                let due = due.clamp(now, now + Self::LONGEST_STORM);
                closed.insert(Heap::new(name, Held::Storm, now, due))
            }
        };
        heap.add(weight)
    }

    /// Closes the heaps whose time has come; whether there were any.
    pub fn close(&mut self, policy: &Policy, now: Timestamp) -> bool {
        let before = self.closed.len();
        for heap in [&mut self.storm, &mut self.quiet] {
            if heap.as_ref().is_some_and(|heap| heap.due <= now && policy.is_awake(heap, now)) {
                self.closed.extend(heap.take());
            }
        }
        self.closed.len() > before
    }

    /// Heaps whose digests are to be sent, in the order of their closing.
    pub fn closed(&self) -> &[Heap] {
        &self.closed
    }

    /// Heaps that still grow.
    pub fn open(&self) -> impl Iterator<Item = &Heap> {
        self.storm.iter().chain(&self.quiet)
    }

    /// The storm whose beginning nobody has told the group of yet.
    pub fn unannounced(&self, policy: &Policy, now: Timestamp) -> Option<&Heap> {
        self.storm.as_ref().filter(|heap| !heap.announced && policy.is_awake(heap, now))
    }

    /// When a sweep has something to do next, if no notice comes until then.
    pub fn next_due(&self, policy: &Policy, now: Timestamp) -> Option<Timestamp> {
        let closed = self.closed.iter().map(|_| now);
        let storm = self.storm.iter().filter(|heap| !heap.announced).map(|heap| policy.awake_at(heap, now));
        let open = self.open().map(|heap| policy.awake_at(heap, heap.due.max(now)));
        closed.chain(storm).chain(open).min()
    }

    /// Notes that the storm notice was sent; false if that changes nothing.
    pub fn announced(&mut self, digest: &str) -> bool {
        let heap = self.storm.as_mut().filter(|heap| heap.digest == digest && !heap.announced);
        heap.map(|heap| heap.announced = true).is_some()
    }

    /// Forgets a heap whose digest was sent; false if that changes nothing.
    pub fn sent(&mut self, digest: &str) -> bool {
        let before = self.closed.len();
        self.closed.retain(|heap| heap.digest != digest);
        self.closed.len() < before
    }
}

impl Heap {
    fn new(name: &str, why: Held, now: Timestamp, due: Timestamp) -> Self {
        let kind = match why {
            Held::Storm => "storm",
            Held::QuietHours => "quiet",
        };
        Self {
            digest: format!("{kind}-{name}-{}", now.as_millisecond()),
            why,
            since: now,
            due,
            notices: 0,
            worst: Priority::Low,
            announced: false,
        }
    }

    fn add(&mut self, weight: Weight) -> Passage {
        self.notices += 1;
        self.worst = self.worst.max(weight.priority);
        Passage::Hold { digest: self.digest.clone(), why: self.why }
    }
}

impl Policy {
    fn quiet_until(&self, priority: Priority, now: Timestamp) -> Option<Timestamp> {
        self.quiet.as_ref().filter(|quiet| priority < quiet.except).and_then(|quiet| quiet.until(now))
    }

    /// Whether the group may be told of a heap now.
    fn is_awake(&self, heap: &Heap, now: Timestamp) -> bool {
        self.awake_at(heap, now) <= now
    }

    /// From when on the group may be told of a heap: a storm that runs into quiet hours waits for their end.
    fn awake_at(&self, heap: &Heap, now: Timestamp) -> Timestamp {
        match heap.why {
            Held::QuietHours => now,
            Held::Storm => self.quiet_until(heap.worst, now).unwrap_or(now),
        }
    }
}

fn half(burst: NonZeroU32) -> NonZeroU32 {
    NonZeroU32::new(burst.get() / 2).unwrap_or(NonZeroU32::MIN)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;
    use crate::routing::tests::night;

    fn policy() -> Policy {
        let limit = |per_hour, burst| Limit {
            per_hour: NonZeroU32::new(per_hour).unwrap(),
            burst: NonZeroU32::new(burst).unwrap(),
        };
        Policy { regular: limit(20, 10), severe: limit(60, 20), quiet: None }
    }

    fn weight(severe: bool) -> Weight {
        let priority = if severe { Priority::Critical } else { Priority::Medium };
        Weight { priority, severe }
    }

    fn at(seconds: i64) -> Timestamp {
        "2026-10-03T12:00:00Z".parse::<Timestamp>().unwrap() + jiff::SignedDuration::from_secs(seconds)
    }

    fn held(passage: &Passage) -> bool {
        matches!(passage, Passage::Hold { .. })
    }

    #[test]
    fn the_eleventh_at_once_begins_a_storm_that_holds_all_but_the_severe() {
        let (mut gate, policy) = (Gate::default(), policy());
        for _ in 0..10 {
            assert_eq!(gate.meet("soc", weight(false), &policy, at(0)), Passage::Send);
        }
        assert!(held(&gate.meet("soc", weight(false), &policy, at(1))));
        assert_eq!(gate.meet("soc", weight(true), &policy, at(2)), Passage::Send);
        // A token is back, but what goes on now would tear the storm's story apart.
        assert!(held(&gate.meet("soc", weight(false), &policy, at(600))));
        let heap = gate.unannounced(&policy, at(600)).unwrap().clone();
        assert_eq!((heap.notices, heap.since), (2, at(1)));
        // Ten mails were sent, two are to come; half of the burst is back seven tokens later.
        assert_eq!(heap.due, at(7 * 180));
        assert!(gate.announced(&heap.digest) && !gate.announced(&heap.digest));
        assert!(!gate.close(&policy, at(7 * 180 - 1)));
        assert!(gate.close(&policy, at(7 * 180)));
        assert_eq!(gate.closed()[0].notices, 2);
        assert_eq!(gate.meet("soc", weight(false), &policy, at(7 * 180)), Passage::Send, "the storm is over");
        assert!(gate.sent(&heap.digest) && !gate.sent(&heap.digest));
        assert!(gate.closed().is_empty());
    }

    #[test]
    fn severe_alerts_have_a_limit_too() {
        let (mut gate, policy) = (Gate::default(), policy());
        for _ in 0..20 {
            assert_eq!(gate.meet("soc", weight(true), &policy, at(0)), Passage::Send);
        }
        assert!(held(&gate.meet("soc", weight(true), &policy, at(0))));
        assert_eq!(gate.meet("soc", weight(true), &policy, at(60)), Passage::Send, "one a minute");
        assert!(held(&gate.meet("soc", weight(false), &policy, at(60))), "into the same digest");
        assert_eq!(
            gate.open().map(|heap| (heap.notices, heap.worst)).collect::<Vec<_>>(),
            [(2, Priority::Critical)]
        );
    }

    #[test]
    fn quiet_hours_hold_what_is_not_excepted_until_they_end() {
        let policy = Policy { quiet: Some(night()), ..policy() };
        let mut gate = Gate::default();
        let midnight = at(10 * 3_600);
        assert!(held(&gate.meet("soc", weight(false), &policy, midnight)));
        assert_eq!(gate.meet("soc", weight(true), &policy, midnight), Passage::Send);
        assert_eq!(gate.unannounced(&policy, midnight), None, "silence is expected and not announced");
        let due = gate.open().next().unwrap().due;
        assert_eq!(due.to_string(), "2026-10-04T05:00:00Z");
        assert!(!gate.close(&policy, due - Duration::from_secs(1)));
        assert!(gate.close(&policy, due));
        assert_eq!(gate.closed()[0].why, Held::QuietHours);
    }

    #[test]
    fn a_storm_that_runs_into_quiet_hours_is_told_at_their_end() {
        let policy = Policy { quiet: Some(night()), ..policy() };
        let mut gate = Gate::default();
        let evening: Timestamp = "2026-10-03T17:59:00Z".parse().unwrap();
        for _ in 0..11 {
            gate.meet("soc", weight(false), &policy, evening);
        }
        let due = gate.open().next().unwrap().due;
        assert!(gate.unannounced(&policy, due).is_none() && !gate.close(&policy, due));
        assert!(gate.close(&policy, "2026-10-04T05:00:00Z".parse().unwrap()));
    }

    proptest! {
        /// Nobody needs to sweep before it, and then there is something to do: with quiet hours and without.
        #[test]
        fn a_gate_is_due_when_a_sweep_would_do_something(
            arrivals in prop::collection::vec((0_i64..1_200, prop::bool::weighted(0.2)), 1..80),
            quiet in any::<bool>(),
            begins in 0_i64..86_400,
        ) {
            let policy = Policy { quiet: quiet.then(night), ..policy() };
            let (mut gate, mut now) = (Gate::default(), begins);
            prop_assert_eq!(gate.next_due(&policy, at(now)), None);
            let would_act =
                |gate: &Gate, when| gate.clone().close(&policy, when) || gate.unannounced(&policy, when).is_some();
            for (pause, severe) in arrivals {
                now += pause;
                gate.meet("soc", weight(severe), &policy, at(now));
                match gate.next_due(&policy, at(now)) {
                    None => prop_assert!(gate.open().next().is_none()),
                    Some(due) => {
                        prop_assert!(due >= at(now) && would_act(&gate, due));
                        let mut before = at(now);
                        while before < due {
                            prop_assert!(!would_act(&gate, before));
                            before += Duration::from_mins(10);
                        }
                    }
                }
            }
        }

        /// Whatever comes when, and whenever somebody sweeps: each notice is sent or in one heap, each heap holds what it
        /// says, and no hour has more mails than both limits and one burst each allow, digests and storm notices included.
        #[test]
        fn nothing_is_lost_and_no_hour_has_too_many(
            arrivals in prop::collection::vec((0_i64..200, prop::bool::weighted(0.2), prop::bool::weighted(0.3)), 1..600),
        ) {
            let (mut gate, policy) = (Gate::default(), policy());
            let mut now = 0;
            let mut heaps: BTreeMap<String, u64> = BTreeMap::new();
            let mut regular = Vec::new();
            let mut digests = 0;
            let mut held_back = 0;
            let mut sent = 0;
            let total = arrivals.len() as u64;
            for (pause, severe, sweep) in arrivals {
                now += pause;
                if sweep {
                    gate.close(&policy, at(now));
                    for heap in gate.closed().to_vec() {
                        prop_assert_eq!(heaps.remove(&heap.digest), Some(heap.notices));
                        held_back += heap.notices;
                        regular.push(now);
                        digests += 1;
                        gate.sent(&heap.digest);
                    }
                    if let Some(heap) = gate.unannounced(&policy, at(now)).cloned() {
                        regular.push(now);
                        gate.announced(&heap.digest);
                    }
                }
                match gate.meet("soc", weight(severe), &policy, at(now)) {
                    Passage::Send => {
                        sent += 1;
                        if !severe {
                            regular.push(now);
                        }
                    }
                    Passage::Hold { digest, .. } => *heaps.entry(digest).or_default() += 1,
                }
            }
            prop_assert_eq!(sent + held_back + heaps.values().sum::<u64>(), total);
            for from in &regular {
                let within = regular.iter().filter(|at| (*from..from + 3_600).contains(*at)).count();
                prop_assert!(within <= 10 + 20 + 3, "{within} in an hour, {digests} digests");
            }
        }
    }
}
