//! One notice's story: to each of its groups once, over any store and any way out.

use std::collections::BTreeMap;

use domain::Notice;
use domain::canary::is_canary;
use domain::incident::Kind;
use jiff::Timestamp;
use lambda::batch::Deadline;
use lambda::claims::{Claim, Claimed, Claims, Completion};
use lambda::ledger::{End, Outcome};
use lambda::metrics::Metrics;
use lambda::{Settled, Worker, WorkerError, logs};

use super::letter::Letter;
use super::outside::Outside;
use super::store::{DeliveryStore, Parked, Passing, Written};
use super::trouble::Trouble;
use super::way::Way;
use super::{Account, Channel, NotifyError, Passage, Post, State, Suppression, Weight};
use crate::mail::HeldIncident;
use crate::routing::{Mode, Routes};
use crate::webhook::WebhookError;

/// Delivers notices and digests. Whoever dies in the middle leaves it to the redelivery or to the sweep.
#[derive(Clone, Debug)]
pub struct Dispatch<S: DeliveryStore, O> {
    pub(super) claims: Claims<S::Claims>,
    pub(super) store: S,
    pub(super) outside: O,
    pub(super) routes: Routes,
    pub(super) metrics: Metrics,
}

/// What one notice, or one sweep, shares among all that it sends.
pub(super) struct Round {
    /// What is known of an account that has refused.
    pub account: Option<Account>,
    pub deadline: Deadline,
    pub now: Timestamp,
}

/// What became of a notice.
#[derive(Debug, PartialEq, Eq)]
pub enum Told {
    Settled(Settled),
    /// A group cannot be told as things are; the others have their mail. A person must see to it.
    Rejected(String),
}

impl<S: DeliveryStore, O: Outside> Dispatch<S, O> {
    pub fn new(claims: Claims<S::Claims>, store: S, outside: O, routes: Routes, metrics: Metrics) -> Self {
        Self { claims, store, outside, routes, metrics }
    }

    /// Claims the notice and sends it to each of its groups by each of their ways, as far as their gates let it. `body` is the message that
    /// brought it.
    pub async fn tell(
        &self,
        notice: &Notice,
        body: &str,
        deadline: Deadline,
        now: Timestamp,
    ) -> Result<Told, NotifyError> {
        let claimed = match self.claims.claim_or_wait(notice.id.as_str(), now).await? {
            Claim::Won(claimed) => claimed,
            Claim::Busy { .. } => return Err(WorkerError::Busy.into()),
            Claim::Done { .. } => return Ok(Told::Settled(Settled::Passed)),
        };
        let sent = match self.store.account().await {
            Ok(account) => self.to_all(notice, &claimed, Round { account, deadline, now }).await,
            Err(error) => Err(error.into()),
        };
        let error = match sent {
            Ok(states) => return self.conclude(notice, &claimed, &states, now).await,
            Err(error) => error,
        };
        let told = match &error {
            // Every delivery would burn one of the message's few tries: it waits where it costs nothing.
            NotifyError::Send(Trouble::Account(_)) => {
                self.park(notice, body, now).await.map(|()| Told::Settled(Settled::Passed))
            }
            NotifyError::Send(Trouble::Rejected(_)) => Ok(Told::Rejected(error.to_string())),
            NotifyError::Post(refused) if !refused.is_transient() => Ok(Told::Rejected(error.to_string())),
            _ => Err(error),
        };
        // Sending it again, from this queue or from the dead-letter queue, must find the claim free.
        self.claims.release(&claimed).await;
        told
    }

    /// Tries every way to every group, whatever became of the others. Of several errors the one counts that calls for another try.
    async fn to_all(
        &self,
        notice: &Notice,
        claimed: &Claimed,
        mut round: Round,
    ) -> Result<Vec<State>, NotifyError> {
        let standing = self.store.states(&notice.id).await?;
        let mut states = Vec::new();
        let mut gravest: Option<NotifyError> = None;
        for way in self.routes.of(notice).into_iter().flat_map(Way::all) {
            match self.to_one(notice, &way, &standing, claimed, &mut round).await {
                Ok(state) => states.push(state),
                Err(error) => {
                    let graver = gravest.as_ref().is_none_or(|known| urgency(&error) > urgency(known));
                    tracing::warn!(
                        notice.id = notice.id.as_str(),
                        group = way.group.name,
                        channel = way.channel().name(),
                        error = logs::chain(&error),
                        "a group was not told"
                    );
                    if graver {
                        gravest = Some(error);
                    }
                }
            }
        }
        gravest.map_or(Ok(states), Err)
    }

    async fn to_one(
        &self,
        notice: &Notice,
        way: &Way<'_>,
        standing: &BTreeMap<Post, State>,
        claimed: &Claimed,
        round: &mut Round,
    ) -> Result<State, NotifyError> {
        let now = round.now;
        let state = match standing.get(&way.post) {
            Some(state) if state.is_settled() => return Ok(state.clone()),
            Some(_) => State::Sending,
            None => self.pass(notice, way, claimed, now).await?,
        };
        if state.is_settled() {
            return Ok(state);
        }
        if standing.contains_key(&way.post) {
            self.note(notice, &way.post, claimed, &state, now).await?;
        }
        match self.deliver(way, &Letter::Notice(notice), claimed, round).await {
            Ok(state) => {
                if let State::Sent { message_id } = &state {
                    tracing::info!(
                        alert.key = notice.alert.key().as_str(),
                        notice.id = notice.id.as_str(),
                        group = way.group.name,
                        mail.id = message_id,
                        "{}",
                        accepted(way.channel())
                    );
                    if is_canary(&notice.alert) {
                        self.metrics.count("CanariesArrived", &[], now);
                    }
                }
                self.note(notice, &way.post, claimed, &state, now).await?;
                Ok(state)
            }
            Err(error) => {
                if let Some(state) = after(&error) {
                    // Whatever it says, the next delivery tries again.
                    if let Err(error) = self.note(notice, &way.post, claimed, &state, now).await {
                        tracing::warn!(error = logs::chain(&error), "a delivery's state was not noted");
                    }
                }
                Err(error)
            }
        }
    }

    /// Lets the notice meet the group's gate, once: what it answers is written with the token it took.
    async fn pass(
        &self,
        notice: &Notice,
        way: &Way<'_>,
        claimed: &Claimed,
        now: Timestamp,
    ) -> Result<State, NotifyError> {
        let Way { post, group, .. } = way;
        let suppressed = way.channel().suppressed();
        if group.mode == Mode::Record {
            let state = State::Suppressed(Suppression::Record);
            self.note(notice, post, claimed, &state, now).await?;
            self.metrics.count(suppressed, &[("reason", Suppression::Record.name())], now);
            return Ok(state);
        }
        for attempt in 0..ATTEMPTS {
            let mut gate = self.store.gate(post).await?;
            let passage = gate.value.meet(&group.name, Weight::of(notice), &group.policy, now);
            let held = HeldIncident::of(notice);
            let (state, held) = match &passage {
                Passage::Send => (State::Sending, None),
                Passage::Hold { digest, why } => {
                    let suppression = Suppression::held(*why, digest.clone());
                    (State::Suppressed(suppression), Some((digest.as_str(), &held)))
                }
            };
            let passing =
                Passing { notice: &notice.id, post, proof: claimed, gate: &gate, state: &state, held, now };
            match self.store.pass(&passing).await? {
                Written::Done => {
                    if let State::Suppressed(suppression) = &state {
                        self.metrics.count(suppressed, &[("reason", suppression.name())], now);
                    }
                    return Ok(state);
                }
                Written::Changed | Written::Busy => claimed.pause(attempt).await,
            }
        }
        Err(NotifyError::Contended)
    }

    async fn note(
        &self,
        notice: &Notice,
        post: &Post,
        claimed: &Claimed,
        state: &State,
        now: Timestamp,
    ) -> Result<(), NotifyError> {
        let ours = self.store.note(&notice.id, post, claimed, state, now).await?;
        if ours { Ok(()) } else { Err(WorkerError::LeaseLost.into()) }
    }

    async fn park(&self, notice: &Notice, body: &str, now: Timestamp) -> Result<(), NotifyError> {
        let parked = Parked { notice: notice.id.to_string(), body: body.to_owned() };
        self.store.park(&parked, now).await?;
        self.metrics.count("NoticesParked", &[], now);
        Ok(())
    }

    /// No way has anything left to do: the claim is done, and with it the alert that opened the incident.
    async fn conclude(
        &self,
        notice: &Notice,
        claimed: &Claimed,
        states: &[State],
        now: Timestamp,
    ) -> Result<Told, NotifyError> {
        let settled = match notice.kind {
            Kind::First => Settled::Ended(end(notice, states)),
            // Only the alert that opened the incident ends with its mail; every other one is counted already.
            Kind::Update | Kind::Escalation(_) => Settled::Passed,
        };
        let result: Vec<&str> = states.iter().map(result).collect();
        let completion: Completion = self.claims.complete(claimed, &result.join(" "), now).await?;
        Ok(Told::Settled(Worker::settle(completion, settled)?))
    }
}

pub(super) const ATTEMPTS: u32 = 20;

fn accepted(channel: Channel) -> &'static str {
    match channel {
        Channel::Mail => "mail accepted by SES",
        Channel::Webhook => "message accepted by the chat",
    }
}

/// Another try may help with most; a refusing account holds up all, chats too, since the notice comes back when it sends
/// again; what was refused waits for a person.
fn urgency(error: &NotifyError) -> u8 {
    match error {
        NotifyError::Send(Trouble::Rejected(_)) => 0,
        NotifyError::Post(error) if !error.is_transient() => 0,
        NotifyError::Post(_) => 1,
        NotifyError::Send(Trouble::Account(_)) => 2,
        _ => 3,
    }
}

/// The state that an error leaves behind; nothing where nobody knows whether the mail was taken.
fn after(error: &NotifyError) -> Option<State> {
    match error {
        NotifyError::Send(Trouble::Rejected(reason)) => Some(State::Failed { reason: (*reason).to_owned() }),
        NotifyError::Send(Trouble::Throttled | Trouble::Account(_)) | NotifyError::NoTime => {
            Some(State::Pending)
        }
        NotifyError::Post(error) => after_post(error),
        _ => None,
    }
}

fn after_post(error: &WebhookError) -> Option<State> {
    match error {
        WebhookError::Unset { .. } | WebhookError::Address { .. } | WebhookError::Rejected { .. } => {
            Some(State::Failed { reason: error.to_string() })
        }
        WebhookError::Client(_) | WebhookError::Secret(_) | WebhookError::Later { .. } => {
            Some(State::Pending)
        }
        WebhookError::Unreachable(_) => None,
    }
}

fn end(notice: &Notice, states: &[State]) -> End {
    let (key, incident) = (notice.alert.key(), &notice.incident);
    let held = states.iter().find_map(|state| match state {
        State::Suppressed(held @ (Suppression::Storm { .. } | Suppression::QuietHours { .. })) => {
            Some(held.name())
        }
        State::Suppressed(Suppression::Record)
        | State::Sent { .. }
        | State::Pending
        | State::Sending
        | State::Failed { .. } => None,
    });
    let sent = states.iter().any(|state| matches!(state, State::Sent { .. }));
    match held {
        _ if sent => End::new(key, Outcome::Notified, format!("incident {incident}")),
        Some(why) => End::new(key, Outcome::Notified, format!("incident {incident}, in a digest: {why}")),
        None => End::new(key, Outcome::Ignored, "recorded_only"),
    }
}

/// What the claim remembers of one way.
pub(super) fn result(state: &State) -> &str {
    match state {
        State::Sent { message_id } => message_id,
        State::Suppressed(suppression) => suppression.name(),
        State::Failed { reason } => reason,
        State::Pending => "pending",
        State::Sending => "sending",
    }
}
