//! Deliveries under crashes, repetitions and storms, over a store in memory: every alert ends once, no group is forgotten,
//! and a mail comes twice only where nobody can exclude it.

mod chats;
mod crashes;
mod storms;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use domain::Notice;
use domain::incident::IncidentId;
use domain::message::{self, NoticeId};
use jiff::Timestamp;
use lambda::Settled;
use lambda::batch::Deadline;
use lambda::claims::{Claimed, Claims, MemoryClaims};
use lambda::ledger::{End, Outcome};
use lambda::metrics::Metrics;

use super::letter::Letter;
use super::store::{DeliveryStore, MemoryDeliveries};
use super::*;
use crate::goldens;
use crate::mail::tests::mime::Part;
use crate::mail::{Mail, MailSettings, Note, Recipients};
use crate::routing::tests::routes;
use crate::webhook::{Message, UrlParameter, WebhookError};

const LEASE: Duration = Duration::from_secs(30);
const AFTER_LEASE: Duration = Duration::from_secs(33);

/// A SES, a chat and a queue that remember, may be told to fail, and die like a network: before and after.
#[derive(Clone, Debug, Default)]
struct Outbox(Arc<Mutex<Sent>>);

#[derive(Debug, Default)]
struct Sent {
    /// Recipients, id and subject of each mail; the id is `X-Triage-Notice`, or `X-Triage-Digest`. Of each message the
    /// parameter and all of it, twice: the same letter is the same message.
    mails: Vec<(String, String, String)>,
    queue: Vec<String>,
    /// What SES answers to the next mails.
    answers: Vec<Trouble>,
    /// Recipients that SES rejects.
    rejected: Option<&'static str>,
    /// What the chat answers to the next messages.
    refusals: Vec<fn() -> WebhookError>,
}

impl Outbox {
    async fn step<T>(&self, act: impl FnOnce(&mut Sent) -> T) -> T {
        tokio::task::yield_now().await;
        let answer = act(&mut self.0.lock().unwrap());
        tokio::task::yield_now().await;
        answer
    }

    fn look<T>(&self, at: impl FnOnce(&mut Sent) -> T) -> T {
        at(&mut self.0.lock().unwrap())
    }
}

impl Outside for Outbox {
    async fn send(
        &self,
        _: &Claimed,
        settings: &MailSettings,
        _: &Letter<'_>,
        mail: Mail,
    ) -> Result<String, Trouble> {
        let to: Vec<&str> = settings.to.iter().map(crate::mail::MailAddress::as_str).collect();
        let to = to.join(",");
        self.step(|sent| {
            if let Some(trouble) = sent.answers.pop() {
                return Err(trouble);
            }
            if sent.rejected.is_some_and(|rejected| to.contains(rejected)) {
                return Err(Trouble::Rejected("MessageRejected"));
            }
            let message = Part::read(&mail.raw);
            let header = |name| message.header(name).map(str::to_owned);
            let id = header("X-Triage-Notice").or_else(|| header("X-Triage-Digest")).unwrap();
            sent.mails.push((to, id, mail.subject));
            Ok(format!("0100-{}", sent.mails.len()))
        })
        .await
    }

    async fn post(&self, _: &Claimed, webhook: &UrlParameter, message: &Message) -> Result<(), WebhookError> {
        let text = serde_json::to_string(message).unwrap();
        self.step(|sent| {
            if let Some(refusal) = sent.refusals.pop() {
                return Err(refusal());
            }
            sent.mails.push((webhook.as_str().to_owned(), text.clone(), text));
            Ok(())
        })
        .await
    }

    async fn notes(&self, _: &Recipients, _: Timestamp) -> Vec<Note> {
        Vec::new()
    }

    async fn requeue(&self, body: &str) -> Result<(), NotifyError> {
        self.step(|sent| sent.queue.push(body.to_owned())).await;
        Ok(())
    }
}

struct World {
    dispatch: Dispatch<MemoryDeliveries, Outbox>,
    outbox: Outbox,
}

impl World {
    fn new(text: &str) -> Self {
        let outbox = Outbox::default();
        let claims = Claims::new(MemoryClaims::default(), "notify", LEASE);
        let metrics = Metrics::new("Test", "notify");
        let dispatch =
            Dispatch::new(claims, MemoryDeliveries::default(), outbox.clone(), routes(text), metrics);
        Self { dispatch, outbox }
    }

    async fn tell(&self, notice: &Notice, now: Timestamp) -> Result<Told, NotifyError> {
        self.dispatch.tell(notice, &message::encode(notice).unwrap(), deadline(), now).await
    }

    async fn sweep(&self, now: Timestamp) -> Swept {
        self.dispatch.sweep(deadline(), now).await.unwrap()
    }

    /// Mails by recipients and id.
    fn mails(&self) -> BTreeMap<(String, String), usize> {
        let mut mails = BTreeMap::new();
        for (to, id, _) in self.outbox.look(|sent| sent.mails.clone()) {
            *mails.entry((to, id)).or_default() += 1;
        }
        mails
    }

    async fn state(&self, notice: &Notice, group: &str) -> Option<State> {
        self.state_of(notice, Post::mail(group)).await
    }

    async fn state_of(&self, notice: &Notice, post: Post) -> Option<State> {
        self.dispatch.store.states(&notice.id).await.unwrap().remove(&post)
    }
}

const TWO_GROUPS: &str = r#"{"groups":[
    {"name":"soc","to":["soc@example.com"],"match":{}},
    {"name":"duty","to":["duty@example.com"],"match":{"min_priority":"low"}}]}"#;

/// The first has a chat beside its mail, the last nothing but a chat.
const FOUR_WAYS: &str = r#"{"groups":[
    {"name":"soc","to":["soc@example.com"],"webhook_parameter":"/t/webhook-soc","match":{}},
    {"name":"duty","to":["duty@example.com"],"match":{"min_priority":"low"}},
    {"name":"chat","webhook_parameter":"/t/webhook-chat","match":{}}]}"#;

fn deadline() -> Deadline {
    Deadline::within(Duration::from_mins(1), Duration::ZERO)
}

fn start() -> Timestamp {
    "2026-10-03T12:00:00Z".parse().unwrap()
}

/// The first notice of another incident for every number.
fn notice(number: u64) -> Notice {
    let mut notice = goldens::sshd();
    notice.incident = IncidentId::try_from(format!("{number:016x}")).unwrap();
    notice.id = NoticeId::of(&notice.incident, notice.opened_at, 1);
    notice
}

fn ended(told: &Told) -> Option<(Outcome, &str)> {
    match told {
        Told::Settled(Settled::Ended(End { outcome, reason, .. })) => Some((*outcome, reason)),
        Told::Settled(Settled::Passed) | Told::Rejected(_) => None,
    }
}

#[tokio::test]
async fn each_group_has_its_mail_and_the_alert_ends_once() {
    let world = World::new(TWO_GROUPS);
    let told = world.tell(&notice(1), start()).await.unwrap();
    assert_eq!(ended(&told), Some((Outcome::Notified, "incident 0000000000000001")));
    assert_eq!(world.tell(&notice(1), start()).await.unwrap(), Told::Settled(Settled::Passed));
    assert_eq!(world.mails().into_values().collect::<Vec<_>>(), [1, 1]);
    assert_eq!(world.state(&notice(1), "soc").await, Some(State::Sent { message_id: "0100-1".into() }));
}

#[tokio::test]
async fn a_group_that_was_told_is_not_told_again_because_of_another() {
    let world = World::new(TWO_GROUPS);
    world.outbox.look(|sent| sent.rejected = Some("soc@"));
    let told = world.tell(&notice(1), start()).await.unwrap();
    assert_eq!(told, Told::Rejected("SES rejected the mail: MessageRejected".into()));
    assert!(matches!(world.state(&notice(1), "soc").await, Some(State::Failed { .. })));
    world.outbox.look(|sent| sent.rejected = None);
    // A person has sent it back from the dead-letter queue.
    let told = world.tell(&notice(1), start() + AFTER_LEASE).await.unwrap();
    assert_eq!(ended(&told).unwrap().0, Outcome::Notified);
    assert_eq!(world.mails().into_values().collect::<Vec<_>>(), [1, 1]);
}

#[tokio::test(start_paused = true)]
async fn a_busy_ses_is_waited_for_as_long_as_there_is_time() {
    let world = World::new("{}");
    world.outbox.look(|sent| sent.answers = (0..5).map(|_| Trouble::Throttled).collect());
    assert!(ended(&world.tell(&notice(1), start()).await.unwrap()).is_some());
    world.outbox.look(|sent| sent.answers = (0..9_000).map(|_| Trouble::Throttled).collect());
    let error = world.tell(&notice(2), start()).await.unwrap_err();
    assert!(matches!(error, NotifyError::Send(Trouble::Throttled)), "{error}");
    assert_eq!(world.state(&notice(2), "default").await, Some(State::Pending));
    world.outbox.look(|sent| sent.answers.clear());
    assert!(ended(&world.tell(&notice(2), start()).await.unwrap()).is_some(), "its claim is free at once");
}

#[tokio::test]
async fn an_account_that_may_not_send_burns_no_tries_and_everything_comes_later() {
    let world = World::new(r#"{"groups":[{"name":"default","limits":{"burst":30}}]}"#);
    world.outbox.look(|sent| sent.answers = vec![Trouble::Account(AccountTrouble::DailyQuota)]);
    for number in 0..30 {
        assert_eq!(world.tell(&notice(number), start()).await.unwrap(), Told::Settled(Settled::Passed));
    }
    assert!(world.mails().is_empty(), "one has asked, nobody else");
    let swept = world.sweep(start() + Duration::from_mins(1)).await;
    assert_eq!(swept, Swept { paused: true, ..Swept::default() });
    assert!(world.sweep(start() + Duration::from_mins(2)).await.paused);
    // The first to come back finds it refused still.
    let mut now = start() + Duration::from_mins(6);
    assert_eq!(world.sweep(now).await.returned, 1);
    world.outbox.look(|sent| sent.answers = vec![Trouble::Account(AccountTrouble::DailyQuota)]);
    work_off(&world, now).await;
    assert!(world.sweep(now + Duration::from_mins(1)).await.paused);
    now += Duration::from_mins(6);
    assert_eq!(world.sweep(now).await.returned, 1);
    assert_eq!(work_off(&world, now).await, 1);
    assert_eq!(world.sweep(now + Duration::from_mins(1)).await.returned, 29);
    let told = work_off(&world, now + Duration::from_mins(1)).await;
    assert_eq!(
        told, 29,
        "each ends once: some with a mail, the others in the digest of the storm that they are"
    );
    assert_eq!(world.sweep(now + Duration::from_mins(2)).await.returned, 0);
}

/// What the queue holds; how many alerts ended with it.
async fn work_off(world: &World, now: Timestamp) -> usize {
    let mut ends = 0;
    for body in world.outbox.look(|sent| std::mem::take(&mut sent.queue)) {
        let notice: Notice = message::decode(&body).unwrap();
        ends += usize::from(ended(&world.tell(&notice, now).await.unwrap()).is_some());
    }
    ends
}

#[tokio::test]
async fn a_group_that_is_recorded_only_gets_nothing_and_the_record_says_so() {
    let world = World::new(r#"{"mode":"record"}"#);
    let told = world.tell(&notice(1), start()).await.unwrap();
    assert_eq!(ended(&told), Some((Outcome::Ignored, "recorded_only")));
    assert_eq!(world.state(&notice(1), "default").await, Some(State::Suppressed(Suppression::Record)));
    assert!(world.mails().is_empty());
}

#[test]
fn a_post_is_read_as_it_is_written() {
    for (channel, text) in [(Channel::Mail, "on-call#mail"), (Channel::Webhook, "on-call#webhook")] {
        let post = Post::new("on-call", channel);
        assert_eq!(post.to_string(), text);
        assert_eq!(text.parse(), Ok(post));
    }
    assert_eq!("on-call#pigeon".parse::<Post>(), Err(PostError));
}
