//! Deliveries in memory, with `DynamoDB`'s conditions: what tests and single-process runs of all stages use.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use domain::message::NoticeId;
use jiff::Timestamp;
use lambda::claims::{Claimed, MemoryClaims};

use super::{DeliveryError, DeliveryStore, Parked, Passing, Stored, Written};
use crate::delivery::{Account, Gate, Post, State};
use crate::mail::HeldIncident;

/// Clones share their deliveries, as functions share a table.
#[derive(Clone, Debug, Default)]
pub struct MemoryDeliveries {
    rows: Arc<Mutex<Rows>>,
}

#[derive(Debug, Default)]
struct Rows {
    /// By notice and post: the state, and its owner.
    states: BTreeMap<String, BTreeMap<Post, (State, String)>>,
    gates: BTreeMap<Post, Stored<Gate>>,
    /// By post and digest, then by notice.
    held: BTreeMap<(Post, String), BTreeMap<String, HeldIncident>>,
    account: Option<Account>,
    parked: BTreeMap<String, String>,
}

impl MemoryDeliveries {
    /// Runs one request. It is atomic, and a caller may die before it and after it.
    async fn request<T>(&self, apply: impl FnOnce(&mut Rows) -> T) -> Result<T, DeliveryError> {
        tokio::task::yield_now().await;
        let answer = apply(&mut self.rows.lock().unwrap_or_else(PoisonError::into_inner));
        tokio::task::yield_now().await;
        Ok(answer)
    }
}

impl Rows {
    /// Writes the gate if it is what it was.
    fn change(&mut self, post: &Post, gate: &Stored<Gate>) -> bool {
        let as_it_was = self.gates.get(post).map_or(0, |gate| gate.version) == gate.version;
        if as_it_was {
            let next = Stored { value: gate.value.clone(), version: gate.version + 1 };
            self.gates.insert(post.clone(), next);
        }
        as_it_was
    }
}

impl DeliveryStore for MemoryDeliveries {
    type Claims = MemoryClaims;

    async fn states(&self, notice: &NoticeId) -> Result<BTreeMap<Post, State>, DeliveryError> {
        self.request(|rows| {
            let of_notice = rows.states.get(notice.as_str()).into_iter().flatten();
            of_notice.map(|(post, (state, _))| (post.clone(), state.clone())).collect()
        })
        .await
    }

    async fn gate(&self, post: &Post) -> Result<Stored<Gate>, DeliveryError> {
        self.request(|rows| rows.gates.get(post).cloned().unwrap_or_default()).await
    }

    async fn gates(&self) -> Result<Vec<(Post, Stored<Gate>)>, DeliveryError> {
        self.request(|rows| rows.gates.iter().map(|(post, gate)| (post.clone(), gate.clone())).collect())
            .await
    }

    async fn pass(&self, passing: &Passing<'_>) -> Result<Written, DeliveryError> {
        self.request(|rows| {
            let known = rows.states.get(passing.notice.as_str());
            let passed = known.is_some_and(|posts| posts.contains_key(passing.post));
            if passed || !rows.change(passing.post, passing.gate) {
                return Written::Changed;
            }
            let state = (passing.state.clone(), passing.proof.owner().to_string());
            rows.states.entry(passing.notice.to_string()).or_default().insert(passing.post.clone(), state);
            if let Some((digest, held)) = passing.held {
                let digest = rows.held.entry((passing.post.clone(), digest.to_owned())).or_default();
                digest.insert(passing.notice.to_string(), held.clone());
            }
            Written::Done
        })
        .await
    }

    async fn change(&self, post: &Post, gate: &Stored<Gate>) -> Result<Written, DeliveryError> {
        self.request(|rows| if rows.change(post, gate) { Written::Done } else { Written::Changed }).await
    }

    async fn note(
        &self,
        notice: &NoticeId,
        post: &Post,
        proof: &Claimed,
        state: &State,
        _: Timestamp,
    ) -> Result<bool, DeliveryError> {
        self.request(|rows| {
            let posts = rows.states.entry(notice.to_string()).or_default();
            let free = match posts.get(post) {
                None => true,
                Some((standing, _)) if standing.is_settled() => false,
                Some((_, owner)) => *state == State::Sending || owner == proof.owner().as_str(),
            };
            if free {
                posts.insert(post.clone(), (state.clone(), proof.owner().to_string()));
            }
            free
        })
        .await
    }

    async fn held(&self, post: &Post, digest: &str) -> Result<Vec<HeldIncident>, DeliveryError> {
        self.request(|rows| {
            let of_digest = rows.held.get(&(post.clone(), digest.to_owned())).into_iter().flatten();
            of_digest.map(|(_, held)| held.clone()).collect()
        })
        .await
    }

    async fn account(&self) -> Result<Option<Account>, DeliveryError> {
        self.request(|rows| rows.account).await
    }

    async fn set_account(&self, account: Option<&Account>) -> Result<(), DeliveryError> {
        self.request(|rows| rows.account = account.copied()).await
    }

    async fn park(&self, parked: &Parked, _: Timestamp) -> Result<(), DeliveryError> {
        self.request(|rows| {
            rows.parked.insert(parked.notice.clone(), parked.body.clone());
        })
        .await
    }

    async fn parked(&self, most: u32) -> Result<Vec<Parked>, DeliveryError> {
        let parked =
            |(notice, body): (&String, &String)| Parked { notice: notice.clone(), body: body.clone() };
        self.request(|rows| rows.parked.iter().map(parked).take(most as usize).collect()).await
    }

    async fn unpark(&self, notice: &str) -> Result<(), DeliveryError> {
        self.request(|rows| {
            rows.parked.remove(notice);
        })
        .await
    }
}
