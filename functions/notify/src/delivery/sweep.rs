//! What no message brings: storm notices, digests whose time has come, and notices that waited for the account.

use jiff::Timestamp;
use lambda::batch::Deadline;
use lambda::claims::{Claim, Claimed};
use lambda::{Settled, Worker, logs};

use super::dispatch::{ATTEMPTS, Dispatch, Round, result};
use super::letter::Letter;
use super::outside::Outside;
use super::sending::by_incident;
use super::store::{DeliveryStore, Stored, Written};
use super::trouble::Trouble;
use super::way::Way;
use super::{Channel, Gate, Heap, NotifyError, Post};
use crate::held;
use crate::mail::{Digest, Storm};
use crate::routing::Mode;

/// What a sweep has done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Swept {
    pub digests: u32,
    pub storms: u32,
    pub failed: u32,
    /// Notices that went back into their queue.
    pub returned: u32,
    /// The account may not send: no mail was tried.
    pub paused: bool,
}

impl<S: DeliveryStore, O: Outside> Dispatch<S, O> {
    /// As many as a sweep of one minute returns; the queue and SES's rate set the pace from there.
    const RETURNED: u32 = 100;

    /// Sends what is due. What fails, or is left undone, is due at the next sweep; two sweeps at once send it once.
    pub async fn sweep(&self, deadline: Deadline, now: Timestamp) -> Result<Swept, NotifyError> {
        let mut swept = Swept::default();
        let account = self.store.account().await?;
        if let Some(account) = account.filter(|account| account.rests(now)) {
            self.metrics.count("MailAccountPaused", &[("reason", account.trouble.name())], now);
            swept.paused = true;
        } else {
            // An account that has refused before is tried with one.
            let most = if account.is_some() { 1 } else { Self::RETURNED };
            swept.returned = self.bring_back(most).await?;
        }
        let mut round = Round { account, deadline, now };
        for (post, gate) in self.store.gates().await? {
            let way = Way::of(post, &self.routes);
            if swept.paused && way.channel() == Channel::Mail {
                continue;
            }
            match self.attend(&way, gate, &mut swept, &mut round).await {
                Ok(()) => {}
                Err(NotifyError::Send(Trouble::Account(_))) => swept.paused = true,
                Err(error) => {
                    let (group, channel) = (&way.post.group, way.channel().name());
                    tracing::error!(group, channel, error = logs::chain(&error), "a digest was not sent");
                    swept.failed += 1;
                }
            }
        }
        Ok(swept)
    }

    /// When a sweep has a digest or a storm notice to send next, if no notice comes until then.
    pub async fn next_due(&self, now: Timestamp) -> Result<Option<Timestamp>, NotifyError> {
        let gates = self.store.gates().await?;
        let due = |(post, gate): &(Post, Stored<Gate>)| {
            gate.value.next_due(&self.routes.group(&post.group).policy, now)
        };
        Ok(gates.iter().filter_map(due).min())
    }

    /// Puts parked notices back into their queue. One that comes twice finds its claim done.
    async fn bring_back(&self, most: u32) -> Result<u32, NotifyError> {
        let mut returned = 0;
        for parked in self.store.parked(most).await? {
            self.outside.requeue(&parked.body).await?;
            self.store.unpark(&parked.notice).await?;
            returned += 1;
        }
        Ok(returned)
    }

    /// Closes what is due behind one gate, and sends its storm notice and its digests.
    async fn attend(
        &self,
        way: &Way<'_>,
        mut gate: Stored<Gate>,
        swept: &mut Swept,
        round: &mut Round,
    ) -> Result<(), NotifyError> {
        let (Way { post, group, .. }, now) = (way, round.now);
        if gate.value.close(&group.policy, now) {
            match self.store.change(post, &gate).await? {
                Written::Done => {}
                // A notice has just been added: the next sweep closes it.
                Written::Changed | Written::Busy => return Ok(()),
            }
        }
        for heap in gate.value.closed() {
            let claimed = match self.turn("digest", post, heap, now).await? {
                Turn::Ours(claimed) => Some(claimed),
                Turn::Done => None,
                Turn::Others => continue,
            };
            if let Some(claimed) = claimed {
                let sent = self.send_digest(way, heap, &claimed, round).await;
                self.finish(claimed, sent, now).await?;
                swept.digests += 1;
            }
            self.update(post, |gate| gate.sent(&heap.digest)).await?;
        }
        if let Some(heap) = gate.value.unannounced(&group.policy, now) {
            let claimed = match self.turn("storm", post, heap, now).await? {
                Turn::Ours(claimed) => Some(claimed),
                Turn::Done => None,
                Turn::Others => return Ok(()),
            };
            if let Some(claimed) = claimed {
                let sent = self.send_storm(way, heap, &claimed, round).await;
                self.finish(claimed, sent, now).await?;
                swept.storms += 1;
            }
            self.update(post, |gate| gate.announced(&heap.digest)).await?;
        }
        Ok(())
    }

    async fn send_digest(
        &self,
        way: &Way<'_>,
        heap: &Heap,
        claimed: &Claimed,
        round: &mut Round,
    ) -> Result<String, NotifyError> {
        let held = self.store.held(&way.post, &heap.digest).await?;
        // The heap counts what was written with it, in the same write: anything else is a bug, and is not papered over.
        let found = held.len() as u64;
        if found != heap.notices {
            return Err(NotifyError::Incomplete { found, expected: heap.notices });
        }
        let digest = Digest {
            id: heap.digest.clone(),
            why: heap.why,
            since: heap.since,
            until: heap.due.min(round.now),
            incidents: by_incident(held),
        };
        let sent = self.send_letter(way, Letter::Digest(&digest), claimed, round).await?;
        tracing::info!(
            group = way.group.name,
            channel = way.channel().name(),
            digest.id = digest.id,
            notices = found,
            incidents = digest.incidents.len(),
            alerts = held::alerts(&digest.incidents),
            mail.id = sent,
            "a digest tells what was held back"
        );
        Ok(sent)
    }

    async fn send_storm(
        &self,
        way: &Way<'_>,
        heap: &Heap,
        claimed: &Claimed,
        round: &mut Round,
    ) -> Result<String, NotifyError> {
        let incidents = by_incident(self.store.held(&way.post, &heap.digest).await?);
        let storm = Storm {
            id: heap.digest.clone(),
            began_at: heap.since,
            alerts: held::alerts(&incidents),
            incidents: incidents.len() as u64,
            worst: incidents.iter().map(|held| held.priority).max().unwrap_or(heap.worst),
            mails_at_once: way.group.policy.regular.burst.get(),
            mails_per_hour: way.group.policy.regular.per_hour.get(),
            digest_at: heap.due,
        };
        self.send_letter(way, Letter::Storm(&storm), claimed, round).await
    }

    async fn send_letter(
        &self,
        way: &Way<'_>,
        letter: Letter<'_>,
        claimed: &Claimed,
        round: &mut Round,
    ) -> Result<String, NotifyError> {
        match way.group.mode {
            Mode::Record => Ok("recorded".to_owned()),
            Mode::Live => Ok(result(&self.deliver(way, &letter, claimed, round).await?).to_owned()),
        }
    }

    /// Whose turn it is to send a heap's mail of this kind.
    async fn turn(&self, kind: &str, post: &Post, heap: &Heap, now: Timestamp) -> Result<Turn, NotifyError> {
        Ok(match self.claims.claim(&format!("{kind}#{}#{post}", heap.digest), now).await? {
            Claim::Won(claimed) => Turn::Ours(claimed),
            Claim::Done { .. } => Turn::Done,
            Claim::Busy { .. } => Turn::Others,
        })
    }

    /// Records a mail that was sent, or gives the turn back.
    async fn finish(
        &self,
        claimed: Claimed,
        sent: Result<String, NotifyError>,
        now: Timestamp,
    ) -> Result<(), NotifyError> {
        match sent {
            Ok(message_id) => {
                let completion = self.claims.complete(&claimed, &message_id, now).await?;
                Worker::settle(completion, Settled::Passed)?;
                Ok(())
            }
            Err(error) => {
                self.claims.release(&claimed).await;
                Err(error)
            }
        }
    }

    /// Changes a gate on whatever it is by then, unless there is nothing to change.
    async fn update(&self, post: &Post, change: impl Fn(&mut Gate) -> bool) -> Result<(), NotifyError> {
        for _ in 0..ATTEMPTS {
            let mut gate = self.store.gate(post).await?;
            if !change(&mut gate.value) || self.store.change(post, &gate).await? == Written::Done {
                return Ok(());
            }
        }
        Err(NotifyError::Contended)
    }
}

enum Turn {
    Ours(Claimed),
    /// It was sent; the gate does not know yet.
    Done,
    /// Somebody is at it.
    Others,
}
