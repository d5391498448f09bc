//! The claim protocol against the emulator's `DynamoDB`: the same promises as against the fake store.

use std::pin::pin;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use anyhow::Result;
use jiff::Timestamp;
use lambda::claims::{Claim, Claimed, Claims, Completion, DynamoClaims};
use tests::Site;

const LEASE: Duration = Duration::from_secs(30);
const AFTER_LEASE: Duration = Duration::from_secs(33);

struct Protocol {
    claims: Claims<DynamoClaims>,
    key: String,
}

impl Protocol {
    fn new() -> Result<Self> {
        let site = Site::connect()?;
        let store = DynamoClaims::new(site.dynamodb, site.stack.outputs.tables.claims);
        Ok(Self { claims: Claims::new(store, "test", LEASE), key: uuid::Uuid::new_v4().to_string() })
    }

    async fn claim(&self, now: Timestamp) -> Result<Claim> {
        Ok(self.claims.claim(&self.key, now).await?)
    }

    async fn won(&self, now: Timestamp) -> Result<Claimed> {
        match self.claim(now).await? {
            Claim::Won(claimed) => Ok(claimed),
            other => panic!("expected to win, got {other:?}"),
        }
    }
}

fn start() -> Timestamp {
    Timestamp::now()
}

#[tokio::test]
async fn a_claim_is_won_once_and_its_result_is_remembered() -> Result<()> {
    let (protocol, now) = (Protocol::new()?, start());
    let claimed = protocol.won(now).await?;
    assert!(matches!(protocol.claim(now).await?, Claim::Busy { .. }));
    assert_eq!(protocol.claims.complete(&claimed, "sent", now).await?, Completion::Recorded);
    assert_eq!(protocol.claim(now + AFTER_LEASE).await?, Claim::Done { result: "sent".into() });
    Ok(())
}

#[tokio::test]
async fn a_released_claim_can_be_taken_at_once_and_only_by_its_owner_released() -> Result<()> {
    let (protocol, now) = (Protocol::new()?, start());
    let first = protocol.won(now).await?;
    protocol.claims.release(&first).await;
    let _second = protocol.won(now).await?;
    protocol.claims.release(&first).await;
    assert!(matches!(protocol.claim(now).await?, Claim::Busy { .. }));
    Ok(())
}

#[tokio::test]
async fn a_zombie_can_neither_complete_nor_undo() -> Result<()> {
    let (protocol, now) = (Protocol::new()?, start());
    let zombie = protocol.won(now).await?;
    let heir = protocol.won(now + AFTER_LEASE).await?;
    assert_eq!(protocol.claims.complete(&zombie, "late", now).await?, Completion::Lost);
    assert_eq!(protocol.claims.complete(&heir, "sent", now).await?, Completion::Recorded);
    assert_eq!(protocol.claims.complete(&zombie, "late", now).await?, Completion::DoneByAnother);
    assert_eq!(protocol.claim(now).await?, Claim::Done { result: "sent".into() });
    Ok(())
}

#[tokio::test]
async fn an_expired_claim_that_is_still_there_is_free() -> Result<()> {
    let (protocol, now) = (Protocol::new()?, start());
    let claimed = protocol.won(now).await?;
    protocol.claims.complete(&claimed, "sent", now).await?;
    let retention = Claims::<DynamoClaims>::RETENTION;
    assert!(matches!(protocol.claim(now + retention).await?, Claim::Done { .. }));
    assert!(matches!(protocol.claim(now + retention + Duration::from_secs(2)).await?, Claim::Won(_)));
    Ok(())
}

#[tokio::test]
async fn of_many_at_once_one_wins() -> Result<()> {
    let (protocol, now) = (Protocol::new()?, start());
    let mut won = 0;
    let rivals: Vec<_> = (0..16)
        .map(|_| {
            let (claims, key) = (protocol.claims.clone(), protocol.key.clone());
            tokio::spawn(async move { claims.claim(&key, now).await })
        })
        .collect();
    for rival in rivals {
        match rival.await?? {
            Claim::Won(_) => won += 1,
            Claim::Busy { .. } => {}
            Claim::Done { .. } => panic!("nobody has completed it"),
        }
    }
    assert_eq!(won, 1);
    Ok(())
}

/// A worker as every stage has one; `sent` counts the effects that really happened.
async fn deliver(protocol: &Protocol, sent: &AtomicU32, now: Timestamp) -> Result<bool> {
    let claimed = match protocol.claim(now).await? {
        Claim::Won(claimed) => claimed,
        Claim::Done { .. } => return Ok(true),
        Claim::Busy { .. } => return Ok(false),
    };
    tokio::task::yield_now().await;
    sent.fetch_add(1, Ordering::SeqCst);
    tokio::task::yield_now().await;
    let completion = protocol.claims.complete(&claimed, "sent", now).await?;
    Ok(completion != Completion::Lost)
}

#[tokio::test]
async fn a_crash_at_any_moment_loses_nothing_and_repeats_at_most_the_effect_in_flight() -> Result<()> {
    for crash_at in 0..24 {
        let (protocol, sent, now) = (Protocol::new()?, AtomicU32::new(0), start());
        let finished = polled(crash_at, deliver(&protocol, &sent, now)).await;
        let sent_before = sent.load(Ordering::SeqCst);
        let mut later = now + AFTER_LEASE;
        let mut acknowledged = finished.transpose()?.unwrap_or(false);
        for _ in 0..3 {
            acknowledged |= deliver(&protocol, &sent, later).await?;
            later += AFTER_LEASE;
        }
        let total = sent.load(Ordering::SeqCst);
        assert!(acknowledged, "never acknowledged after a crash at poll {crash_at}");
        assert!(
            (1..=1 + sent_before).contains(&total),
            "sent {total} times after a crash at poll {crash_at}"
        );
    }
    Ok(())
}

/// Polls a future that many times, as the runtime wakes it, then drops it: the process died there.
async fn polled<F: Future>(polls: usize, future: F) -> Option<F::Output> {
    let mut future = pin!(future);
    for _ in 0..polls {
        // Give the network a moment between polls, so that the future gets further each time.
        tokio::time::sleep(Duration::from_millis(3)).await;
        if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            return Some(output);
        }
    }
    None
}
