//! Exactly-once effects on at-least-once queues: whoever wins the claim on a key may act, nobody else.
//!
//! ```text
//!            CLAIM: absent, expired, or in progress with a dead lease
//!   (none) ───────────────────────────────► in progress (owner, lease)
//!                                            │  ▲            │
//!                        RELEASE: owner = me │  │ CLAIM      │ COMPLETE: owner = me and in progress
//!                                            ▼  │            ▼
//!                                          lease = 0        done (result, until expiry)
//! ```
//!
//! Expiry is compared in every condition, because `DynamoDB` deletes expired items late. A refused COMPLETE means
//! that the lease ran out and somebody else took over: the effect may have happened twice, and a metric says so.
//! Pattern: Powertools' idempotency, with an owner token on completion and release, which it lacks.

mod dynamo;
mod memory;
#[cfg(test)]
mod tests;

use std::fmt;
use std::future::Future;
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;

pub use dynamo::DynamoClaims;
pub use memory::MemoryClaims;

/// Claims of one stage.
#[derive(Clone, Debug)]
pub struct Claims<S> {
    store: S,
    stage: &'static str,
    lease: Duration,
}

impl<S: ClaimStore> Claims<S> {
    /// Longer than a message can wait in a queue (4 d) and its dead-letter queue (14 d): a redrive finds its claim.
    pub const RETENTION: Duration = Duration::from_hours(30 * 24);

    /// Added to every lease: the clocks of two functions may differ by this much.
    pub const CLOCK_SKEW: Duration = Duration::from_secs(2);

    /// `lease` is how long a worker may hold a claim: the function's timeout, never more.
    pub fn new(store: S, stage: &'static str, lease: Duration) -> Self {
        Self { store, stage, lease }
    }

    pub fn store(&self) -> &S {
        &self.store
    }

    /// CLAIM: asks for the right to act on the key.
    pub async fn claim(&self, key: &str, now: Timestamp) -> Result<Claim, StoreError> {
        let claimed = Claimed { id: claim_id(self.stage, key), owner: Owner::new() };
        let lease_until = now + self.lease + Self::CLOCK_SKEW;
        let taken = self.store.take(&claimed, now, lease_until, now + Self::RETENTION).await?;
        Ok(match taken {
            Taken::Ours => Claim::Won(claimed),
            Taken::Theirs(Standing::Done { result }) => Claim::Done { result },
            Taken::Theirs(Standing::InProgress { lease_until }) => Claim::Busy { lease_until },
        })
    }

    /// CLAIM, waiting a little for a worker that is about to finish: a duplicate in the same batch is the usual
    /// case, and failing it would bring it back only after the queue's visibility timeout.
    pub async fn claim_or_wait(&self, key: &str, now: Timestamp) -> Result<Claim, StoreError> {
        let started = Instant::now();
        for pause_ms in [50, 100, 200, 400, 800, 1600] {
            match self.claim(key, now + started.elapsed()).await? {
                Claim::Busy { .. } => tokio::time::sleep(Duration::from_millis(pause_ms)).await,
                settled @ (Claim::Won(_) | Claim::Done { .. }) => return Ok(settled),
            }
        }
        self.claim(key, now + started.elapsed()).await
    }

    /// COMPLETE: the effect happened; nobody will act on the key again.
    pub async fn complete(
        &self,
        claimed: &Claimed,
        result: &str,
        now: Timestamp,
    ) -> Result<Completion, StoreError> {
        self.store.complete(claimed, result, now + Self::RETENTION).await
    }

    /// RELEASE: the effect did not happen; the next delivery may try at once.
    ///
    /// Where the store does not answer, the lease ends by itself.
    pub async fn release(&self, claimed: &Claimed) {
        if let Err(error) = self.store.release(claimed).await {
            tracing::warn!(error = crate::logs::chain(&error), "a claim could not be released");
        }
    }
}

/// Proof of a won claim; only [`Claims::claim`] makes one, and only its holder may act.
#[derive(Debug, PartialEq, Eq)]
pub struct Claimed {
    id: String,
    owner: Owner,
}

impl Claimed {
    pub fn id(&self) -> &str {
        &self.id
    }

    pub fn owner(&self) -> &Owner {
        &self.owner
    }

    /// Waits before another attempt at a write that others have just changed. The first attempts follow at once:
    /// somebody else's success has made them necessary.
    pub async fn pause(&self, attempt: u32) {
        const AT_ONCE: u32 = 3;
        if attempt < AT_ONCE {
            return;
        }
        // Up to 20, 40 and so on to 320 ms; for every worker another share of it, since its owner token is random.
        let longest_ms = 20_u64 << (attempt - AT_ONCE).min(4);
        let mix = |sum: u64, byte: u8| (sum * 31 + u64::from(byte)) % 1_009;
        let share = self.owner.as_str().bytes().fold(u64::from(attempt), mix);
        tokio::time::sleep(Duration::from_millis(longest_ms * (500 + share / 2) / 1_005)).await;
    }
}

/// A token that nobody else has: what makes a zombie's late write fail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owner(String);

impl Owner {
    fn new() -> Self {
        Self(uuid::Uuid::new_v4().to_string())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Owner {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// The answer to a claim.
#[derive(Debug, PartialEq, Eq)]
pub enum Claim {
    Won(Claimed),
    /// It was done before: acknowledge the message.
    Done {
        result: String,
    },
    /// Somebody works on it now, and may still die: never acknowledge the message.
    Busy {
        lease_until: Timestamp,
    },
}

/// The answer to a completion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Completion {
    Recorded,
    /// The lease ran out, and somebody else has finished the work meanwhile.
    DoneByAnother,
    /// The lease ran out, and somebody else is at work: this delivery must fail.
    Lost,
}

/// What a store says to an attempt to take a claim.
#[derive(Debug, PartialEq, Eq)]
pub enum Taken {
    Ours,
    Theirs(Standing),
}

/// A claim as it stands.
#[derive(Debug, PartialEq, Eq)]
pub enum Standing {
    InProgress { lease_until: Timestamp },
    Done { result: String },
}

/// A claim as a person sees it.
#[derive(Debug, PartialEq, Eq)]
pub struct Look {
    pub standing: Standing,
    /// How often it was taken.
    pub attempts: u32,
    /// When it was taken last or, once done, completed.
    pub changed_at: Timestamp,
}

fn claim_id(stage: &str, key: &str) -> String {
    format!("{stage}#{key}")
}

/// Where claims are kept. Every method is one conditional write; none reads first.
pub trait ClaimStore {
    /// Takes the claim if it is absent, expired at `now`, or in progress with a lease that ended before `now`.
    fn take(
        &self,
        claimed: &Claimed,
        now: Timestamp,
        lease_until: Timestamp,
        expires_at: Timestamp,
    ) -> impl Future<Output = Result<Taken, StoreError>>;

    /// Marks the claim done if it is in progress and its owner is `claimed`'s.
    fn complete(
        &self,
        claimed: &Claimed,
        result: &str,
        expires_at: Timestamp,
    ) -> impl Future<Output = Result<Completion, StoreError>>;

    /// Ends the lease if the claim is in progress and its owner is `claimed`'s; otherwise does nothing.
    fn release(&self, claimed: &Claimed) -> impl Future<Output = Result<(), StoreError>>;
}

/// The store did not answer: without a claim nothing may be done, so the record fails.
#[derive(Debug, thiserror::Error)]
#[error("could not {action} the claim")]
pub struct StoreError {
    action: &'static str,
    #[source]
    source: Box<dyn std::error::Error + Send + Sync>,
}

impl StoreError {
    pub fn new(action: &'static str, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self { action, source: source.into() }
    }
}
