//! A chat beside the mail, or instead of it: what it refuses, what it puts off, and that neither holds a mail up.

use reqwest::StatusCode;

use super::*;

const BOTH: &str =
    r#"{"groups":[{"name":"soc","to":["soc@example.com"],"webhook_parameter":"/t/webhook-soc","match":{}}]}"#;
const CHAT_ONLY: &str = r#"{"groups":[{"name":"soc","webhook_parameter":"/t/webhook-soc","match":{}}]}"#;

fn gone() -> WebhookError {
    WebhookError::Rejected { status: StatusCode::NOT_FOUND, word: Some("no_service".into()) }
}

fn later(status: StatusCode, seconds: u64) -> WebhookError {
    WebhookError::Later { status, wait: Duration::from_secs(seconds) }
}

fn in_three_seconds() -> WebhookError {
    later(StatusCode::TOO_MANY_REQUESTS, 3)
}

fn at_once() -> WebhookError {
    later(StatusCode::TOO_MANY_REQUESTS, 0)
}

fn in_an_hour() -> WebhookError {
    later(StatusCode::SERVICE_UNAVAILABLE, 3_600)
}

/// How many mails and how many messages there were.
fn told(world: &World) -> (usize, usize) {
    let mails = world.mails();
    let count = |webhook| {
        let ways = mails.iter().filter(|((to, _), _)| to.starts_with('/') == webhook);
        ways.map(|(_, copies)| copies).sum()
    };
    (count(false), count(true))
}

async fn chat_state(world: &World, number: u64) -> Option<State> {
    world.state_of(&notice(number), Post::new("soc", Channel::Webhook)).await
}

#[tokio::test]
async fn a_group_has_its_mail_and_its_message_and_the_message_its_privacy() {
    let world = World::new(&BOTH.replace(r#""match""#, r#""privacy":"link","match""#));
    assert_eq!(ended(&world.tell(&notice(1), start()).await.unwrap()).unwrap().0, Outcome::Notified);
    assert_eq!(told(&world), (1, 1));
    assert_eq!(chat_state(&world, 1).await, Some(State::Sent { message_id: "posted".into() }));
    let message = world.outbox.look(|sent| sent.mails.last().unwrap().clone());
    assert_eq!(message.0, "/t/webhook-soc");
    assert!(message.1.contains("0000000000000001") && !message.1.contains("203.0.113"), "{message:?}");
}

#[tokio::test]
async fn a_gone_webhook_beside_a_mail_is_recorded_and_ends_nothing_in_the_dead_letter_queue() {
    let world = World::new(BOTH);
    world.outbox.look(|sent| sent.refusals = vec![gone]);
    let told_as = world.tell(&notice(1), start()).await.unwrap();
    assert_eq!(ended(&told_as), Some((Outcome::Notified, "incident 0000000000000001")));
    let reason = "the webhook refused the message with 404 Not Found: no_service".to_owned();
    assert_eq!(chat_state(&world, 1).await, Some(State::Failed { reason }));
    assert_eq!(told(&world), (1, 0));
}

#[tokio::test]
async fn a_gone_webhook_that_is_the_only_way_dead_letters_the_notice_with_the_reason() {
    let world = World::new(CHAT_ONLY);
    world.outbox.look(|sent| sent.refusals = vec![gone]);
    let reason = "the webhook refused the message with 404 Not Found: no_service".to_owned();
    assert_eq!(world.tell(&notice(1), start()).await.unwrap(), Told::Rejected(reason.clone()));
    assert_eq!(chat_state(&world, 1).await, Some(State::Failed { reason }));
    // A person has put the address right, and sent the notice back.
    assert!(ended(&world.tell(&notice(1), start()).await.unwrap()).is_some());
    assert_eq!(told(&world), (0, 1));
}

#[tokio::test(start_paused = true)]
async fn a_chat_that_says_when_is_waited_for_and_one_that_says_too_late_comes_again_without_the_mail() {
    let world = World::new(BOTH);
    world.outbox.look(|sent| sent.refusals = vec![at_once, in_three_seconds]);
    let begun = tokio::time::Instant::now();
    assert!(ended(&world.tell(&notice(1), start()).await.unwrap()).is_some());
    assert_eq!(begun.elapsed(), Duration::from_secs(3 + 1));
    assert_eq!(told(&world), (1, 1));

    world.outbox.look(|sent| sent.refusals = vec![in_an_hour]);
    let error = world.tell(&notice(2), start()).await.unwrap_err();
    assert!(matches!(error, NotifyError::Post(WebhookError::Later { .. })), "{error}");
    assert_eq!(chat_state(&world, 2).await, Some(State::Pending));
    assert_eq!(told(&world), (2, 1), "the mail did not wait");
    assert!(ended(&world.tell(&notice(2), start()).await.unwrap()).is_some());
    assert_eq!(told(&world), (2, 2), "only what was missing is repeated");
}

#[tokio::test]
async fn an_account_that_may_not_send_does_not_hold_the_chat_up() {
    let world = World::new(BOTH);
    world.outbox.look(|sent| sent.answers = vec![Trouble::Account(AccountTrouble::Paused)]);
    assert_eq!(world.tell(&notice(1), start()).await.unwrap(), Told::Settled(Settled::Passed));
    assert_eq!(told(&world), (0, 1));
    let now = start() + Duration::from_mins(6);
    assert_eq!(world.sweep(now).await.returned, 1);
    assert_eq!(work_off(&world, now).await, 1);
    assert_eq!(told(&world), (1, 1));

    let storm = (100..120).map(notice);
    for notice in storm {
        world.tell(&notice, now).await.unwrap();
    }
    let paused = Account { trouble: AccountTrouble::Paused, heard_at: now };
    world.dispatch.store.set_account(Some(&paused)).await.unwrap();
    let swept = world.sweep(now).await;
    assert_eq!(swept, Swept { storms: 1, paused: true, ..Swept::default() }, "the chat's, not the mail's");
}

#[tokio::test]
async fn a_digest_goes_every_way_and_one_that_a_chat_refuses_is_not_tried_for_ever() {
    let limits = r#""limits":{"burst":1},"match""#;
    for (routes, swept, expected) in [
        (BOTH, Swept { digests: 2, ..Swept::default() }, (2, 1)),
        (CHAT_ONLY, Swept { failed: 1, ..Swept::default() }, (0, 1)),
    ] {
        let world = World::new(&routes.replace(r#""match""#, limits));
        for number in 1..4 {
            world.tell(&notice(number), start()).await.unwrap();
        }
        world.outbox.look(|sent| sent.refusals = vec![gone]);
        // Late enough for the digest, so that there is no storm notice.
        let due = start() + Duration::from_hours(1);
        assert_eq!(world.sweep(due).await, swept, "{routes}");
        assert_eq!(told(&world), expected, "{routes}");
        let again = world.sweep(due + AFTER_LEASE).await;
        assert_eq!((again.digests, again.failed), (u32::from(swept.failed > 0), 0), "{routes}");
    }
}

#[tokio::test]
async fn what_was_held_for_a_chat_is_told_when_the_chat_is_taken_away() {
    let mut world = World::new(&BOTH.replace(r#""match""#, r#""limits":{"burst":1},"match""#));
    for number in 1..4 {
        world.tell(&notice(number), start()).await.unwrap();
    }
    world.dispatch.routes =
        routes(r#"{"groups":[{"name":"soc","webhook_parameter":"/t/webhook-new","match":{}}]}"#);
    assert_eq!(world.sweep(start() + Duration::from_hours(1)).await.digests, 2);
    assert_eq!(told(&world), (1, 1 + 2), "what the mail's gate held is in the chat, too");
}
