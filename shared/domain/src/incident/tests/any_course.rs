//! What holds for every course that an incident can take.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;

fn event() -> impl Strategy<Value = Event> {
    let judgement =
        prop_oneof![Just(Judgement::NoEvidence), Just(Judgement::Suspicious), Just(Judgement::Malicious)];
    (0_u8..4, 0_u8..40, 3_u8..15, judgement).prop_map(|(host, user, level, judgement)| Event {
        host,
        user,
        level,
        judgement,
    })
}

proptest! {
    /// Alerts come in any order: what the incident has come to is the same.
    #[test]
    fn the_order_of_alerts_does_not_matter(events in prop::collection::vec(event(), 1..60).prop_shuffle(), turn in 0_usize..60) {
        let run = |order: &[usize]| {
            let mut incident = None;
            for id in order {
                incident = Some(meet(incident, *id, events[*id], start() + Duration::from_secs(*id as u64)).incident);
            }
            incident.unwrap()
        };
        let straight: Vec<usize> = (0..events.len()).collect();
        let mut turned = straight.clone();
        turned.rotate_left(turn % events.len());
        turned.reverse();
        let (one, other) = (run(&straight), run(&turned));
        prop_assert_eq!(one.alerts, events.len() as u64);
        prop_assert_eq!(other.alerts, one.alerts);
        let totals = |incident: &Incident| serde_json::to_value(&incident.facts).unwrap()["totals"].clone();
        prop_assert_eq!(totals(&one), totals(&other));
    }

    /// Alerts, sweeps and dying senders at any time: numbers without gap, silences kept, everything told in the end.
    #[test]
    fn silences_hold_and_nothing_stays_untold(
        steps in prop::collection::vec((event(), 0_u64..2_000, 0_u8..4), 1..80),
    ) {
        let (mut incident, mut now) = (None::<Incident>, start());
        let mut sent: Vec<(u32, Kind, Timestamp)> = Vec::new();
        for (id, (event, pause, chance)) in steps.iter().enumerate() {
            now += Duration::from_secs(*pause);
            let taken = match (chance, incident.take()) {
                (0, Some(mut swept)) => {
                    let taken = swept.take_over(now, now + LEASE).or_else(|| swept.take(now, now + LEASE, &Silences::default()));
                    incident = Some(swept);
                    taken
                }
                (_, standing) => {
                    let meeting = meet(standing, id, *event, now);
                    incident = Some(meeting.incident);
                    meeting.taken
                }
            };
            if let (Some(taken), Some(incident)) = (taken, &mut incident) {
                // Every fourth sender dies after the mail went, every other one before.
                if *chance != 1 {
                    sent.push((taken.number, taken.kind, now));
                }
                if *chance > 1 {
                    incident.sent(taken.number);
                }
            }
        }
        let mut incident = incident.unwrap();
        for _ in 0..4 {
            now += Duration::from_hours(25);
            if let Some(taken) = incident.take_over(now, now + LEASE).or_else(|| incident.take(now, now + LEASE, &Silences::default())) {
                sent.push((taken.number, taken.kind, now));
                incident.sent(taken.number);
            }
        }
        prop_assert_eq!(incident.due(), None, "something stayed untold");
        let numbers: BTreeSet<u32> = sent.iter().map(|(number, ..)| *number).collect();
        prop_assert_eq!(numbers.len(), usize::try_from(*numbers.last().unwrap()).unwrap());
        // A repetition is the same notice.
        let kinds: BTreeSet<String> = sent.iter().map(|(number, kind, _)| format!("{number} {kind:?}")).collect();
        prop_assert_eq!(kinds.len(), numbers.len());
        // Between two updates each way to get worse is told at most once.
        sent.dedup_by_key(|(number, ..)| *number);
        for between in sent.split(|(_, kind, _)| *kind == Kind::Update) {
            let mut told = BTreeSet::new();
            for (_, kind, _) in between {
                if let Kind::Escalation(reasons) = kind {
                    prop_assert!(reasons.iter().all(|reason| told.insert(*reason)), "{:?} twice", reasons);
                }
            }
        }
    }
}
