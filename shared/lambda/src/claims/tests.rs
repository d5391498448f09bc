//! The protocol under crashes, zombies, late expiry and concurrency, against the fake store. The same promises
//! are checked against the emulator's `DynamoDB` by `tests/`.

use std::cell::Cell;

use proptest::prelude::*;

use super::*;
use crate::crash::{poll_once, run_until_crash};

const LEASE: Duration = Duration::from_secs(30);
const AFTER_LEASE: Duration = Duration::from_secs(33);

fn claims() -> Claims<MemoryClaims> {
    Claims::new(MemoryClaims::default(), "notify", LEASE)
}

fn start() -> Timestamp {
    "2026-10-03T12:00:00Z".parse().unwrap()
}

async fn won(claims: &Claims<MemoryClaims>, now: Timestamp) -> Claimed {
    match claims.claim("k", now).await.unwrap() {
        Claim::Won(claimed) => claimed,
        other => panic!("expected to win, got {other:?}"),
    }
}

#[tokio::test]
async fn a_claim_is_won_once_and_its_result_is_remembered() {
    let claims = claims();
    let claimed = won(&claims, start()).await;
    let busy = Claim::Busy { lease_until: start() + LEASE + Claims::<MemoryClaims>::CLOCK_SKEW };
    assert_eq!(claims.claim("k", start()).await.unwrap(), busy);
    assert_eq!(claims.complete(&claimed, "sent", start()).await.unwrap(), Completion::Recorded);
    assert_eq!(claims.claim("k", start()).await.unwrap(), Claim::Done { result: "sent".into() });
    assert!(matches!(claims.claim("other", start()).await.unwrap(), Claim::Won(_)));
}

#[tokio::test]
async fn a_released_claim_can_be_taken_at_once() {
    let claims = claims();
    let first = won(&claims, start()).await;
    claims.release(&first).await;
    let second = won(&claims, start()).await;
    assert_ne!(first.owner(), second.owner());
    claims.release(&first).await;
    assert!(
        matches!(claims.claim("k", start()).await.unwrap(), Claim::Busy { .. }),
        "not the zombie's to release"
    );
}

#[tokio::test]
async fn a_zombie_can_neither_complete_nor_undo() {
    let claims = claims();
    let zombie = won(&claims, start()).await;
    let heir = won(&claims, start() + AFTER_LEASE).await;
    assert_eq!(claims.complete(&zombie, "late", start()).await.unwrap(), Completion::Lost);
    assert_eq!(claims.complete(&heir, "sent", start()).await.unwrap(), Completion::Recorded);
    assert_eq!(claims.complete(&zombie, "late", start()).await.unwrap(), Completion::DoneByAnother);
    assert_eq!(claims.claim("k", start()).await.unwrap(), Claim::Done { result: "sent".into() });
}

#[tokio::test(start_paused = true)]
async fn who_waits_learns_the_result_of_a_worker_that_finishes_soon() {
    let claims = claims();
    let claimed = won(&claims, start()).await;
    let finish = async {
        tokio::time::sleep(Duration::from_millis(500)).await;
        claims.complete(&claimed, "sent", start()).await.unwrap();
    };
    let (waited, ()) = tokio::join!(claims.claim_or_wait("k", start()), finish);
    assert_eq!(waited.unwrap(), Claim::Done { result: "sent".into() });
}

#[tokio::test(start_paused = true)]
async fn nobody_waits_for_ever() {
    let claims = claims();
    let _held = won(&claims, start()).await;
    assert!(matches!(claims.claim_or_wait("k", start()).await.unwrap(), Claim::Busy { .. }));
}

#[tokio::test]
async fn an_expired_claim_that_is_still_there_is_free() {
    let claims = claims();
    let claimed = won(&claims, start()).await;
    claims.complete(&claimed, "sent", start()).await.unwrap();
    let retention = Claims::<MemoryClaims>::RETENTION;
    let just_before = start() + retention;
    assert!(matches!(claims.claim("k", just_before).await.unwrap(), Claim::Done { .. }));
    let just_after = just_before + Duration::from_secs(1);
    assert!(matches!(claims.claim("k", just_after).await.unwrap(), Claim::Won(_)));
}

#[test]
fn claims_outlive_every_queue() {
    assert!(Claims::<MemoryClaims>::RETENTION >= Duration::from_hours((4 + 14) * 24));
}

/// A worker as every stage has one: claim, act, complete. `sent` counts the effects that really happened.
async fn deliver(claims: &Claims<MemoryClaims>, sent: &Cell<u32>, now: Timestamp) -> bool {
    let claimed = match claims.claim("k", now).await.unwrap() {
        Claim::Won(claimed) => claimed,
        Claim::Done { .. } => return true,
        Claim::Busy { .. } => return false,
    };
    tokio::task::yield_now().await;
    sent.set(sent.get() + 1);
    tokio::task::yield_now().await;
    matches!(
        claims.complete(&claimed, "sent", now).await.unwrap(),
        Completion::Recorded | Completion::DoneByAnother
    )
}

#[tokio::test]
async fn a_crash_at_any_await_loses_nothing_and_repeats_at_most_the_effect_in_flight() {
    let mut repeats = Vec::new();
    for crash_at in 0.. {
        let (claims, sent) = (claims(), Cell::new(0));
        let died = run_until_crash(deliver(&claims, &sent, start()), crash_at).await.is_none();
        let sent_before = sent.get();
        let early = run_until_crash(deliver(&claims, &sent, start()), 100).await.unwrap();
        let mut now = start() + AFTER_LEASE;
        let mut acknowledged = early;
        for _ in 0..3 {
            acknowledged |= run_until_crash(deliver(&claims, &sent, now), 100).await.unwrap();
            now += AFTER_LEASE;
        }
        assert!(acknowledged, "never acknowledged after a crash at {crash_at}");
        assert!(sent.get() >= 1, "lost after a crash at {crash_at}");
        assert!(sent.get() <= 1 + sent_before, "sent {} times after a crash at {crash_at}", sent.get());
        repeats.push(sent.get());
        if !died {
            break;
        }
    }
    assert_eq!(repeats, [1, 1, 1, 1, 2, 2, 1, 1], "twice only between the effect and its record");
}

proptest! {
    /// Workers are polled in any order; some die on the way; the clock moves on between rounds.
    #[test]
    fn concurrent_duplicates_act_once_while_leases_hold(order in prop::collection::vec(0_usize..5, 0..120)) {
        let (claims, sent) = (claims(), Cell::new(0));
        let mut workers: Vec<_> = (0..5).map(|_| Some(Box::pin(deliver(&claims, &sent, start())))).collect();
        for index in order {
            if let Some(worker) = workers[index].as_mut()
                && poll_once(worker.as_mut()).is_some()
            {
                workers[index] = None;
            }
        }
        drop(workers);
        prop_assert!(sent.get() <= 1, "acted {} times", sent.get());
        let dead_with_effect = sent.get();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(deliver(&claims, &sent, start() + AFTER_LEASE));
        prop_assert!(sent.get() >= 1);
        prop_assert!(sent.get() <= dead_with_effect + 1);
    }
}
