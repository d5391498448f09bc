//! What every store must do, as a test that each store goes through: the one in memory here, `DynamoDB` in the
//! emulator suite.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test")]

use std::num::NonZeroU32;
use std::time::Duration;

use domain::alert::RuleLevel;
use domain::assessment::Priority;
use domain::incident::IncidentId;
use domain::message::NoticeId;
use jiff::Timestamp;
use lambda::claims::{Claim, Claimed, Claims};

use super::{DeliveryStore, Parked, Passing, Stored, Written};
use crate::delivery::{
    Account, AccountTrouble, Gate, Limit, Passage, Policy, Post, State, Suppression, Weight,
};
use crate::mail::{HeldIncident, Opening, Target};

fn start() -> Timestamp {
    "2026-10-03T12:00:00Z".parse().unwrap()
}

fn notice(number: u32) -> NoticeId {
    NoticeId::of(&"0123456789abcdef".to_owned().try_into().unwrap(), start(), number)
}

fn policy() -> Policy {
    let one = Limit { per_hour: NonZeroU32::MIN, burst: NonZeroU32::MIN };
    Policy { regular: one, severe: one, quiet: None }
}

fn held(alerts: u64) -> HeldIncident {
    let incident: IncidentId = "0123456789abcdef".to_owned().try_into().unwrap();
    let opening = Opening {
        priority: Priority::Medium,
        level: RuleLevel::HIGHEST,
        rule_id: "5763".into(),
        title: "x".repeat(2_000),
        agent: "web-01".into(),
        source: None,
    };
    let target = Target { alert_id: "1.1".into(), agent_id: "007".into(), at: start() };
    HeldIncident {
        incident,
        opening,
        priority: Priority::Medium,
        alerts,
        notices: 1,
        first_at: start(),
        last_at: start(),
        target,
    }
}

async fn claimed<S: DeliveryStore>(claims: &Claims<S::Claims>, now: Timestamp) -> Claimed {
    match claims.claim("n", now).await.unwrap() {
        Claim::Won(claimed) => claimed,
        other => panic!("{other:?}"),
    }
}

/// Lets one notice meet the gate as it is stored.
async fn meet<S: DeliveryStore>(
    store: &S,
    post: &Post,
    number: u32,
    gate: &Stored<Gate>,
    claimed: &Claimed,
) -> (Written, State) {
    let mut gate = gate.clone();
    let weight = Weight { priority: Priority::Medium, severe: false };
    let (state, digest) = match gate.value.meet(&post.group, weight, &policy(), start()) {
        Passage::Send => (State::Sending, None),
        Passage::Hold { digest, why } => {
            (State::Suppressed(Suppression::held(why, digest.clone())), Some(digest))
        }
    };
    let held = held(u64::from(number));
    let passing = Passing {
        notice: &notice(number),
        post,
        proof: claimed,
        gate: &gate,
        state: &state,
        held: digest.as_deref().map(|digest| (digest, &held)),
        now: start(),
    };
    (store.pass(&passing).await.unwrap(), state)
}

/// A notice meets the gate once; the gate, its state and what is held are written together or not at all.
pub async fn lets_a_notice_pass_once<S: DeliveryStore>(store: &S, claims: &Claims<S::Claims>) {
    let (post, claimed) = (Post::mail("soc"), claimed::<S>(claims, start()).await);
    let unwritten = store.gate(&post).await.unwrap();
    assert_eq!(unwritten, Stored::default());
    assert_eq!(meet(store, &post, 1, &unwritten, &claimed).await, (Written::Done, State::Sending));
    assert_eq!(meet(store, &post, 2, &unwritten, &claimed).await.0, Written::Changed, "of an old gate");
    assert!(store.states(&notice(2)).await.unwrap().is_empty(), "all or nothing");
    let gate = store.gate(&post).await.unwrap();
    assert_eq!(meet(store, &post, 1, &gate, &claimed).await.0, Written::Changed, "only once");
    assert_eq!(store.gate(&post).await.unwrap(), gate);

    // More than one page of what is held.
    for number in 2..602 {
        let gate = store.gate(&post).await.unwrap();
        let (written, state) = meet(store, &post, number, &gate, &claimed).await;
        assert!(written == Written::Done && state.is_settled(), "{number}: {written:?} {state:?}");
    }
    let gates = store.gates().await.unwrap();
    let [(of, gate)] = gates.as_slice() else { panic!("{gates:?}") };
    let heap = gate.value.open().next().unwrap();
    let held = store.held(of, &heap.digest).await.unwrap();
    assert_eq!((heap.notices, held.len()), (600, 600));
    assert_eq!(held.iter().map(|held| held.alerts).sum::<u64>(), (2..602).sum::<u64>());

    let mut changed = gate.clone();
    assert!(changed.value.close(&policy(), heap.due));
    assert_eq!(store.change(of, &changed).await.unwrap(), Written::Done);
    assert_eq!(store.change(of, &changed).await.unwrap(), Written::Changed);
    assert_eq!(store.gate(of).await.unwrap().value, changed.value);
}

/// A state changes only in the hands of whoever has taken it, and not at all once it is settled.
pub async fn a_state_belongs_to_whoever_is_at_work<S: DeliveryStore>(store: &S, claims: &Claims<S::Claims>) {
    let post = Post::mail("soc");
    let zombie = claimed::<S>(claims, start()).await;
    let later = start() + Duration::from_mins(5);
    let heir = claimed::<S>(claims, later).await;
    let note = async |proof: &Claimed, state: State| {
        store.note(&notice(1), &post, proof, &state, later).await.unwrap()
    };
    let sent = State::Sent { message_id: "0100-1".into() };
    assert!(note(&zombie, State::Sending).await);
    assert!(note(&zombie, State::Failed { reason: "MessageRejected".into() }).await);
    assert!(note(&heir, State::Sending).await);
    assert!(!note(&zombie, sent.clone()).await);
    assert!(note(&heir, State::Pending).await);
    assert!(note(&heir, sent.clone()).await);
    assert!(!note(&heir, State::Sending).await && !note(&zombie, State::Sending).await);
    let states = store.states(&notice(1)).await.unwrap();
    assert_eq!(states.into_iter().collect::<Vec<_>>(), [(post, sent)]);
}

/// What is parked comes back until it is taken out; the account's state is there until it is taken away.
pub async fn keeps_what_waits_for_the_account<S: DeliveryStore>(store: &S) {
    assert_eq!(store.account().await.unwrap(), None);
    let account = Account { trouble: AccountTrouble::DailyQuota, heard_at: start() };
    store.set_account(Some(&account)).await.unwrap();
    assert_eq!(store.account().await.unwrap(), Some(account));
    store.set_account(None).await.unwrap();
    assert_eq!(store.account().await.unwrap(), None);

    let parked = |number: u32| Parked { notice: notice(number).to_string(), body: format!("{{{number}}}") };
    for number in [1, 2, 1] {
        store.park(&parked(number), start()).await.unwrap();
    }
    assert_eq!(store.parked(1).await.unwrap().len(), 1);
    assert_eq!(store.parked(9).await.unwrap(), [parked(1), parked(2)]);
    store.unpark(&parked(1).notice).await.unwrap();
    assert_eq!(store.parked(9).await.unwrap(), [parked(2)]);
}

#[cfg(test)]
mod tests {
    use lambda::claims::MemoryClaims;

    use super::*;
    use crate::delivery::store::MemoryDeliveries;

    fn claims() -> Claims<MemoryClaims> {
        Claims::new(MemoryClaims::default(), "notify", Duration::from_secs(30))
    }

    #[tokio::test]
    async fn the_one_in_memory_does() {
        lets_a_notice_pass_once(&MemoryDeliveries::default(), &claims()).await;
        a_state_belongs_to_whoever_is_at_work(&MemoryDeliveries::default(), &claims()).await;
        keeps_what_waits_for_the_account(&MemoryDeliveries::default()).await;
    }
}
