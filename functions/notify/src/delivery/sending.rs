//! One letter, one way: what it says about its delivery, how long is waited, and what became of it.

use std::collections::BTreeMap;
use std::time::Duration;

use lambda::claims::Claimed;
use lambda::logs;

use super::dispatch::{ATTEMPTS, Dispatch, Round};
use super::letter::Letter;
use super::outside::{Outside, Services};
use super::store::DeliveryStore;
use super::trouble::Trouble;
use super::way::Way;
use super::{Account, NotifyError, Post, State};
use crate::held;
use crate::mail::{HeldIncident, Note};
use crate::routing::Means;
use crate::webhook::{UrlParameter, Webhooks};

/// What stands for an id: a chat gives none.
const POSTED: &str = "posted";

const LEAST_WAIT: Duration = Duration::from_secs(1);

impl<S: DeliveryStore, O: Outside> Dispatch<S, O> {
    /// Sends one letter one way: sent, or failed where the same people have it by mail.
    pub(super) async fn deliver(
        &self,
        way: &Way<'_>,
        letter: &Letter<'_>,
        claimed: &Claimed,
        round: &mut Round,
    ) -> Result<State, NotifyError> {
        let sent = match way.means {
            Means::Mail => self.send(way, letter, claimed, round).await,
            Means::Webhook(webhook) => self.post(way, webhook, letter, claimed, round).await,
        };
        match sent {
            Ok(message_id) => {
                self.metrics.count(way.channel().sent(), &[("kind", letter.kind())], round.now);
                Ok(State::Sent { message_id })
            }
            Err(NotifyError::Post(refused)) if way.is_beside_mail() && !refused.is_transient() => {
                tracing::warn!(
                    group = way.group.name,
                    error = logs::chain(&refused),
                    "a chat refuses what the group has by mail"
                );
                Ok(State::Failed { reason: refused.to_string() })
            }
            Err(error) => Err(error),
        }
    }

    /// Writes one mail and sends it, waits while SES takes no more a second, and remembers an account that may not send.
    async fn send(
        &self,
        way: &Way<'_>,
        letter: &Letter<'_>,
        claimed: &Claimed,
        round: &mut Round,
    ) -> Result<String, NotifyError> {
        let (now, settings) = (round.now, &way.group.mail);
        let mut notes = self.outside.notes(&settings.to, now).await;
        notes.extend(self.held_back(&way.post, letter).await?);
        let mail = letter.mail(settings, &notes, now)?;
        if let Some(account) = round.account.filter(|account| account.rests(now)) {
            return Err(Trouble::Account(account.trouble).into());
        }
        for attempt in 0.. {
            if round.deadline.remaining() < Services::SEND_TIMEOUT {
                return Err(if attempt == 0 { NotifyError::NoTime } else { Trouble::Throttled.into() });
            }
            match self.outside.send(claimed, settings, letter, mail.clone()).await {
                Ok(message_id) => {
                    if round.account.take().is_some() {
                        self.store.set_account(None).await?;
                        tracing::info!("the account sends again");
                    }
                    return Ok(message_id);
                }
                Err(Trouble::Throttled) => claimed.pause(ATTEMPTS.min(6 + attempt)).await,
                Err(Trouble::Account(trouble)) => {
                    let refused = Account { trouble, heard_at: now };
                    self.metrics.count("MailAccountPaused", &[("reason", trouble.name())], now);
                    self.store.set_account(Some(&refused)).await?;
                    round.account = Some(refused);
                    return Err(Trouble::Account(trouble).into());
                }
                Err(trouble) => return Err(trouble.into()),
            }
        }
        Err(Trouble::Throttled.into())
    }

    /// Writes one message and posts it, and waits while the chat takes no more and says for how long.
    async fn post(
        &self,
        way: &Way<'_>,
        webhook: &UrlParameter,
        letter: &Letter<'_>,
        claimed: &Claimed,
        round: &Round,
    ) -> Result<String, NotifyError> {
        let message = letter.message(&way.group.mail, &self.held_back(&way.post, letter).await?);
        loop {
            if round.deadline.remaining() < Webhooks::TOTAL {
                return Err(NotifyError::NoTime);
            }
            let Err(error) = self.outside.post(claimed, webhook, &message).await else {
                return Ok(POSTED.to_owned());
            };
            self.metrics.count("MessagesNotPosted", &[("reason", error.kind())], round.now);
            match error.wait() {
                Some(wait) if wait + Webhooks::TOTAL < round.deadline.remaining() => {
                    // A chat that says "now" is not asked in a circle.
                    tokio::time::sleep(wait.max(LEAST_WAIT)).await;
                }
                Some(_) | None => return Err(error.into()),
            }
        }
    }

    /// How much waits for a digest behind the same gate.
    pub(super) async fn held_back(&self, post: &Post, letter: &Letter<'_>) -> Result<Vec<Note>, NotifyError> {
        let mut notes = Vec::new();
        if let Letter::Storm(_) = letter {
            return Ok(notes); // it says itself what is held back
        }
        let gate = self.store.gate(post).await?;
        for heap in gate.value.open() {
            let incidents = by_incident(self.store.held(post, &heap.digest).await?);
            if !incidents.is_empty() {
                notes.push(Note::HeldBack {
                    alerts: held::alerts(&incidents),
                    incidents: incidents.len() as u64,
                    since: heap.since,
                    why: heap.why,
                });
            }
        }
        Ok(notes)
    }
}

/// Each incident once, with everything that was held of it.
pub(super) fn by_incident(held: Vec<HeldIncident>) -> Vec<HeldIncident> {
    let mut incidents: BTreeMap<String, HeldIncident> = BTreeMap::new();
    for one in held {
        let key = one.incident.as_str().to_owned();
        let joined = match incidents.remove(&key) {
            Some(other) => other.join(one),
            None => one,
        };
        incidents.insert(key, joined);
    }
    incidents.into_values().collect()
}
