//! Workers and sweeps die at every await point.

use std::pin::Pin;

use lambda::crash::{poll_once, run_until_crash};
use proptest::prelude::*;

use super::*;

#[tokio::test(start_paused = true)]
async fn a_crash_at_any_await_ends_every_alert_once_and_repeats_only_what_is_in_flight() {
    let mut repeated = 0;
    let mut silent = 0;
    for crash_at in 0..1_000 {
        let world = World::new(FOUR_WAYS);
        let died = run_until_crash(world.tell(&notice(1), start()), crash_at).await.is_none();
        let mut ends = 0;
        for delivery in 1..4 {
            let told = world.tell(&notice(1), start() + AFTER_LEASE * delivery).await.unwrap();
            ends += usize::from(ended(&told).is_some());
        }
        // The record of it is the claim, which is done once. Its line in the log is missing only where the process died
        // between that write and the line.
        let claim =
            world.dispatch.claims.claim(notice(1).id.as_str(), start() + AFTER_LEASE * 5).await.unwrap();
        assert!(matches!(claim, lambda::claims::Claim::Done { .. }), "died at {crash_at}");
        assert!(ends <= 1, "died at {crash_at}");
        silent += usize::from(died && ends == 0);
        let mails = world.mails();
        assert_eq!(
            mails.len(),
            4,
            "died at {crash_at}: each way has one, and a repeat is the same once more"
        );
        let copies: usize = mails.values().sum();
        assert!(copies <= 5, "died at {crash_at}");
        repeated += usize::from(copies == 5);
        for post in ["soc#mail", "soc#webhook", "duty#mail", "chat#webhook"] {
            let state = world.state_of(&notice(1), post.parse().unwrap()).await;
            assert!(matches!(state, Some(State::Sent { .. })), "{post}: {state:?}");
        }
        if !died {
            assert!(crash_at > 20, "the test is about nothing");
            // Per way: after it was taken, and before the state is written.
            assert_eq!((repeated, silent), (2 * 4, 1), "crash points with a repeat, and with a missing line");
            return;
        }
    }
    panic!("it never ended");
}

#[tokio::test(start_paused = true)]
async fn a_crash_while_a_storm_is_held_back_loses_nothing_and_holds_nothing_twice() {
    let text = r#"{"groups":[{"name":"default","limits":{"burst":1}}]}"#;
    for crash_at in 0..1_000 {
        let world = World::new(text);
        world.tell(&notice(1), start()).await.unwrap();
        let died = run_until_crash(world.tell(&notice(2), start()), crash_at).await.is_none();
        let mut now = start();
        for _ in 0..2 {
            now += AFTER_LEASE;
            world.tell(&notice(2), now).await.unwrap();
        }
        let held = told_of(&world).await;
        assert_eq!(held, 1, "died at {crash_at}");
        if !died {
            return;
        }
    }
    panic!("it never ended");
}

/// Notices that heaps speak of; the same number must be held.
async fn told_of(world: &World) -> u64 {
    let mut notices = 0;
    for (post, gate) in world.dispatch.store.gates().await.unwrap() {
        for heap in gate.value.open().chain(gate.value.closed()) {
            let held = world.dispatch.store.held(&post, &heap.digest).await.unwrap();
            assert_eq!(held.len() as u64, heap.notices);
            notices += heap.notices;
        }
    }
    notices
}

#[tokio::test(start_paused = true)]
async fn a_sweep_that_dies_anywhere_leaves_the_digest_to_the_next() {
    let text = r#"{"groups":[{"name":"default","webhook_parameter":"/t/webhook","limits":{"burst":1}}]}"#;
    let mut repeated = 0;
    for crash_at in 0..1_000 {
        let world = World::new(text);
        for number in 1..5 {
            world.tell(&notice(number), start()).await.unwrap();
        }
        world.sweep(start() + Duration::from_secs(30)).await;
        let due = start() + Duration::from_hours(1);
        let died = run_until_crash(world.sweep(due), crash_at).await.is_none();
        world.sweep(due + AFTER_LEASE).await;
        world.sweep(due + AFTER_LEASE * 2).await;
        let mails = world.mails();
        // By mail the first notice, and one conversation: storm notice and digest. In the chat three messages.
        assert_eq!(mails.len(), 2 + 3, "died at {crash_at}");
        let copies: usize = mails.values().sum();
        assert!((6..=7).contains(&copies), "died at {crash_at}: {mails:?}");
        repeated += usize::from(copies == 7);
        assert_eq!(told_of(&world).await, 0, "died at {crash_at}");
        if !died {
            assert_eq!(
                repeated, 4,
                "crash points with a repeat, for each way: after it was taken, before the claim is done"
            );
            return;
        }
    }
    panic!("it never ended");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Deliveries and sweeps, each notice several times, are polled in any order; some die on the way. A group with a
    /// small limit is among them.
    #[test]
    fn interleavings_tell_each_group_of_each_notice(
        notices in 1_u64..7,
        order in prop::collection::vec((0_usize..12, 0_u64..40), 0..500),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        runtime.block_on(async {
            let world = &World::new(
                r#"{"groups":[{"name":"soc","to":["soc@example.com"],"match":{}},
                              {"name":"chat","webhook_parameter":"/t/webhook","match":{}},
                              {"name":"small","to":["small@example.com"],"match":{},"limits":{"burst":2}}]}"#,
            );
            let notices: Vec<Notice> = (0..notices).map(notice).collect();
            let mut now = start();
            {
                type Work<'a> = Pin<Box<dyn Future<Output = ()> + 'a>>;
                let mut workers: Vec<Option<Work<'_>>> = (0..12).map(|_| None).collect();
                for (index, pause) in order {
                    now += Duration::from_secs(pause);
                    let begun = now;
                    let worker = workers[index].get_or_insert_with(|| match notices.get(index % 6) {
                        Some(notice) => Box::pin(async move { drop(world.tell(notice, begun).await) }),
                        None => Box::pin(async move { drop(world.dispatch.sweep(deadline(), begun).await) }),
                    });
                    if poll_once(worker.as_mut()).is_some() {
                        workers[index] = None;
                    }
                    tokio::task::yield_now().await;
                }
            }
            for _ in 0..2 {
                now += AFTER_LEASE;
                for notice in &notices {
                    world.tell(notice, now).await.unwrap();
                }
            }
            for _ in 0..3 {
                now += Duration::from_hours(1);
                prop_assert_eq!(world.sweep(now).await.failed, 0);
            }
            prop_assert_eq!(told_of(world).await, 0);
            let mails = world.mails();
            for notice in &notices {
                for group in ["soc", "small"] {
                    let to = format!("{group}@example.com");
                    match world.state(notice, group).await {
                        Some(State::Sent { .. }) => prop_assert!(mails.contains_key(&(to, notice.id.to_string()))),
                        Some(State::Suppressed(Suppression::Storm { digest })) => {
                            prop_assert!(mails.contains_key(&(to, digest)));
                        }
                        other => prop_assert!(false, "{group} {}: {other:?}", notice.id),
                    }
                }
            }
            Ok(())
        })?;
    }
}
