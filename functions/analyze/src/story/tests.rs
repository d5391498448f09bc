//! The story under crashes, repetitions and interleavings, over a store in memory: counts are exact, no notice is lost,
//! none has two ids.

use std::collections::{BTreeMap, BTreeSet};
use std::pin::Pin;
use std::sync::{Arc, Mutex};

use domain::incident::Escalation;
use domain::message::Schema;
use domain::verdict::{Formula, Judgement, Verdict};
use lambda::claims::MemoryClaims;
use lambda::crash::{poll_once, run_until_crash};
use proptest::prelude::*;

use super::*;
use crate::incidents::MemoryIncidents;
use crate::incidents::contract::explanation;

const LEASE: Duration = Duration::from_mins(1);
const AFTER_LEASE: Duration = Duration::from_secs(63);

/// A way out that remembers, may be told to fail, and dies like a network: before and after.
#[derive(Clone, Debug, Default)]
struct Outbox(Arc<Mutex<Sent>>);

#[derive(Debug, Default)]
struct Sent {
    notices: Vec<Notice>,
    explained: u32,
    observed_failures: u32,
    broken: bool,
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
    async fn observed_failures(&self, _: &Alert, _: Timestamp) -> u32 {
        self.step(|sent| sent.observed_failures).await
    }

    async fn explain(&self, subject: &Subject<'_>, _: &NoticeId, _: Duration) -> Analysis {
        let written = explanation(format!("About {}.", subject.enriched.alert.key()));
        self.step(|sent| sent.explained += 1).await;
        Analysis::Written(Box::new(written))
    }

    async fn send(&self, notice: &Notice) -> Result<(), AnalyzeError> {
        self.step(|sent| {
            if sent.broken {
                return Err(AnalyzeError::Send("the queue is away".into()));
            }
            sent.notices.push(notice.clone());
            Ok(())
        })
        .await
    }
}

struct World {
    story: Story<MemoryIncidents, Outbox>,
    outbox: Outbox,
}

impl World {
    fn new() -> Self {
        let (claims, outbox) = (MemoryClaims::default(), Outbox::default());
        let incidents = MemoryIncidents::new(claims.clone());
        let claims = Claims::new(claims, "analyze", LEASE);
        let story =
            Story::new(claims, incidents, outbox.clone(), SiteNotes::default(), Silences::default(), LEASE);
        Self { story, outbox }
    }

    async fn tell(&self, alert: &EnrichedAlert, now: Timestamp) -> Result<Settled, AnalyzeError> {
        Box::pin(self.story.tell(alert, deadline(), now)).await
    }

    async fn sweep(&self, now: Timestamp) -> Swept {
        self.story.sweep(deadline(), now).await.unwrap()
    }

    async fn alerts(&self) -> u64 {
        let id = IncidentId::of(&alert(0, 7).alert);
        self.story.incidents.incident(&id).await.unwrap().map_or(0, |stored| stored.value.alerts)
    }

    /// Number, kind and alerts told of each notice, the repeated ones left out.
    fn told(&self) -> Vec<(u32, &'static str, u64)> {
        let notices = self.outbox.look(|sent| sent.notices.clone());
        let by_id: BTreeMap<String, (u32, &'static str, u64)> = notices
            .iter()
            .map(|notice| (notice.id.to_string(), (notice.number, notice.kind.name(), notice.summary.alerts)))
            .collect();
        let mut told: Vec<_> = by_id.into_values().collect();
        told.sort_unstable();
        told
    }

    fn last(&self) -> Notice {
        self.outbox.look(|sent| sent.notices.last().cloned()).unwrap()
    }
}

fn deadline() -> Deadline {
    Deadline::within(Duration::from_mins(1), Duration::ZERO)
}

fn start() -> Timestamp {
    "2026-10-03T12:00:00Z".parse().unwrap()
}

fn at(seconds: u64) -> Timestamp {
    start() + Duration::from_secs(seconds)
}

fn alert(id: u32, level: u8) -> EnrichedAlert {
    in_groups(id, level, "sshd")
}

fn in_groups(id: u32, level: u8, groups: &str) -> EnrichedAlert {
    let text = format!(
        r#"{{"id":"1.{id}","rule":{{"id":"5763","level":{level},"groups":["{groups}"]}},"manager":{{"name":"m"}},
            "agent":{{"id":"007","name":"web-01"}},"data":{{"srcip":"203.0.113.9","dstuser":"root"}}}}"#
    );
    let nothing = Verdict::over(&[], &Formula::default(), start());
    EnrichedAlert {
        schema: Schema,
        alert: Alert::parse(&text).unwrap(),
        reports: Vec::new(),
        verdict: Verdict { judgement: Judgement::NoEvidence, ..nothing },
        repeat_of: None,
    }
}

fn counted(told: &Result<Settled, AnalyzeError>) -> bool {
    matches!(told, Ok(Settled::Ended(End { outcome: Outcome::Counted, .. })))
}

#[tokio::test]
async fn the_opener_is_told_the_others_are_counted_and_told_by_the_sweep() {
    let world = World::new();
    assert_eq!(world.tell(&alert(0, 7), start()).await.unwrap(), Settled::Passed);
    for id in 1..5 {
        assert!(counted(&world.tell(&alert(id, 7), at(id.into())).await));
    }
    assert_eq!(world.sweep(at(299)).await, Swept::default());
    assert_eq!(world.sweep(at(300)).await, Swept { attended: 1, failed: 0 });
    assert_eq!(world.sweep(at(301)).await, Swept::default());
    assert_eq!(world.told(), [(1, "first", 1), (2, "update", 5)]);
    assert_eq!(world.alerts().await, 5);
}

#[tokio::test]
async fn an_update_tells_of_the_gravest_alert_with_the_analysis_of_the_first() {
    let world = World::new();
    world.tell(&alert(0, 9), start()).await.unwrap();
    for (id, level) in [(1, 5), (2, 8), (3, 6)] {
        assert!(counted(&world.tell(&alert(id, level), at(60)).await));
    }
    // The one that comes when the silence is over is not the gravest.
    assert!(counted(&world.tell(&alert(4, 3), at(301)).await));
    let update = world.last();
    assert_eq!((update.number, update.alert.key().as_str()), (2, "m/1.2"));
    assert_eq!(update.analysed.as_str(), "m/1.0");
    assert_eq!(world.outbox.look(|sent| sent.explained), 1);
    assert_eq!(update.history.alerts_before, 2);
    let before = update.summary.before.as_ref().unwrap();
    assert_eq!((before.alerts, update.summary.alerts), (1, 5));
}

#[tokio::test]
async fn an_escalation_is_told_at_once_about_its_alert_and_explained_anew() {
    let world = World::new();
    world.tell(&alert(0, 7), start()).await.unwrap();
    assert!(counted(&world.tell(&alert(1, 12), at(10)).await));
    let notice = world.last();
    assert_eq!(notice.kind, Kind::Escalation([Escalation::HigherLevel].into()));
    assert_eq!((notice.alert.key().as_str(), notice.analysed.as_str()), ("m/1.1", "m/1.1"));
    assert_eq!(notice.opener.alert.as_str(), "m/1.0", "the subject stays");
    assert_eq!(world.outbox.look(|sent| sent.explained), 2);
}

#[tokio::test]
async fn logins_that_were_only_observed_make_a_success_an_escalation() {
    let world = World::new();
    world.tell(&in_groups(0, 7, "authentication_success"), start()).await.unwrap();
    world.outbox.look(|sent| sent.observed_failures = 40);
    assert!(counted(&world.tell(&in_groups(1, 7, "authentication_success"), at(10)).await));
    let notice = world.last();
    assert_eq!(notice.kind, Kind::Escalation([Escalation::SuccessAfterFailures].into()));
    assert_eq!(notice.history.failures_before, 40);
}

#[tokio::test]
async fn a_repeat_is_counted_where_the_first_is_while_that_is_open() {
    let world = World::new();
    let first = IncidentId::of(&alert(0, 7).alert);
    let mut elsewhere = alert(1, 7);
    elsewhere.alert =
        Alert::parse(&elsewhere.alert.raw().replace("007", "008").replace("web-01", "web-02")).unwrap();
    elsewhere.repeat_of = Some(first);
    // Nothing to repeat yet: it opens its own.
    assert_eq!(world.tell(&elsewhere, start()).await.unwrap(), Settled::Passed);
    world.tell(&alert(0, 7), start()).await.unwrap();
    elsewhere.alert = Alert::parse(&elsewhere.alert.raw().replace("1.1", "1.2")).unwrap();
    assert!(counted(&world.tell(&elsewhere, at(1)).await));
    assert_eq!(world.alerts().await, 2);
    assert_eq!(world.last().kind, Kind::Escalation([Escalation::NewHost].into()));
}

#[tokio::test]
async fn what_a_queue_did_not_take_is_sent_by_whoever_comes_next() {
    let world = World::new();
    world.outbox.look(|sent| sent.broken = true);
    assert!(matches!(world.tell(&alert(0, 7), start()).await, Err(AnalyzeError::Send(_))));
    assert_eq!(world.sweep(at(1)).await, Swept { attended: 0, failed: 1 });
    world.outbox.look(|sent| sent.broken = false);
    // It is counted already; its redelivery sends what is owed.
    assert_eq!(world.tell(&alert(0, 7), at(2)).await.unwrap(), Settled::Passed);
    assert_eq!(world.told(), [(1, "first", 1)]);
    assert_eq!(world.alerts().await, 1);

    world.outbox.look(|sent| sent.broken = true);
    assert!(counted(&world.tell(&alert(1, 12), at(10)).await), "counted, whatever becomes of the notice");
    world.outbox.look(|sent| sent.broken = false);
    assert_eq!(world.sweep(at(11)).await, Swept { attended: 1, failed: 0 });
    assert_eq!(world.told(), [(1, "first", 1), (2, "escalation", 2)]);
    assert_eq!(
        world.outbox.look(|sent| sent.explained),
        2,
        "once about each alert, however often it was tried"
    );
}

/// What must hold once everything was delivered again and swept until nothing is due.
async fn settle(world: &World, alerts: &[EnrichedAlert], mut now: Timestamp) {
    for _ in 0..3 {
        now += AFTER_LEASE;
        for alert in alerts {
            world.tell(alert, now).await.unwrap();
        }
    }
    for _ in 0..3 {
        now += Duration::from_hours(20);
        world.sweep(now).await;
    }
    assert_eq!(world.story.incidents.due(now + Duration::from_hours(48), 9).await.unwrap(), []);
}

#[tokio::test(start_paused = true)]
async fn a_crash_at_any_await_loses_no_notice_and_counts_nothing_twice() {
    // The opener; one that is only counted; one that escalates: each dies at every point of its story.
    let expected = [(1, "first", 1), (2, "escalation", 3)];
    for victim in 0..3 {
        let alerts = [alert(0, 7), alert(1, 7), alert(2, 12)];
        for crash_at in 0..1_000 {
            let world = World::new();
            for before in &alerts[..victim] {
                world.tell(before, start()).await.unwrap();
            }
            let died =
                Box::pin(run_until_crash(world.tell(&alerts[victim], at(1)), crash_at)).await.is_none();
            // Its own redelivery comes first, and the others are not in a hurry.
            let mut now = at(1) + AFTER_LEASE;
            world.tell(&alerts[victim], now).await.unwrap();
            for after in &alerts[victim + 1..] {
                now += Duration::from_secs(1);
                world.tell(after, now).await.unwrap();
            }
            settle(&world, &alerts, now).await;
            assert_eq!(world.alerts().await, 3, "alert {victim} died at {crash_at}");
            assert_eq!(world.told(), expected, "alert {victim} died at {crash_at}");
            assert!(crash_at < 999, "it never ended");
            if !died {
                // Claim, reads and count have an await before and after each; a notice has more.
                assert!(crash_at > 6, "the test is about nothing");
                break;
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_sweep_that_dies_anywhere_leaves_the_notice_to_the_next() {
    for crash_at in 0..1_000 {
        let world = World::new();
        world.tell(&alert(0, 7), start()).await.unwrap();
        world.tell(&alert(1, 7), at(1)).await.unwrap();
        let died = run_until_crash(world.sweep(at(300)), crash_at).await.is_none();
        world.sweep(at(300) + AFTER_LEASE).await;
        assert_eq!(world.told(), [(1, "first", 1), (2, "update", 2)], "died at {crash_at}");
        assert_eq!(world.alerts().await, 2);
        if !died {
            return;
        }
    }
    panic!("it never ended");
}

#[tokio::test]
async fn a_parcel_that_is_gone_is_reported_once_and_holds_nothing_up() {
    let world = World::new();
    world.tell(&alert(0, 7), start()).await.unwrap();
    world.tell(&alert(1, 7), at(1)).await.unwrap();
    world.story.incidents.forget_parcels();
    assert_eq!(world.sweep(at(300)).await, Swept { attended: 0, failed: 1 });
    assert_eq!(world.sweep(at(400)).await, Swept::default());
    world.tell(&alert(2, 7), at(4_000)).await.unwrap();
    assert_eq!(world.told().last(), Some(&(3, "update", 3)));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    /// Deliveries and sweeps, each alert several times, are polled in any order; some die on the way.
    #[test]
    fn interleavings_count_each_alert_once_and_tell_everything_under_one_id(
        levels in prop::collection::vec(5_u8..14, 1..6),
        order in prop::collection::vec((0_usize..16, 0_u64..40), 0..400),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        runtime.block_on(async {
            let world = &World::new();
            let alerts: Vec<_> = (0_u32..).zip(&levels).map(|(id, level)| alert(id, *level)).collect();
            let mut now = start();
            {
                type Work<'a> = Pin<Box<dyn Future<Output = bool> + 'a>>;
                let mut workers: Vec<Option<Work<'_>>> = (0..16).map(|_| None).collect();
                for (index, pause) in order {
                    now += Duration::from_secs(pause);
                    let begun = now;
                    let worker = workers[index].get_or_insert_with(|| match alerts.get(index % 8) {
                        Some(alert) => Box::pin(async move { world.tell(alert, begun).await.is_ok() }),
                        None => Box::pin(async move { world.story.sweep(deadline(), begun).await.is_ok() }),
                    });
                    if poll_once(worker.as_mut()).is_some() {
                        workers[index] = None;
                    }
                    tokio::task::yield_now().await;
                }
            }
            settle(world, &alerts, now).await;
            prop_assert_eq!(world.alerts().await, alerts.len() as u64);
            let told = world.told();
            let numbers: Vec<u32> = told.iter().map(|(number, ..)| *number).collect();
            prop_assert_eq!(&numbers, &(1..=u32::try_from(told.len()).unwrap()).collect::<Vec<_>>());
            prop_assert_eq!(told.last().map(|(.., alerts)| *alerts), Some(alerts.len() as u64));
            // What is sent twice is the same notice: same alert, same kind.
            let sent = world.outbox.look(|sent| sent.notices.clone());
            let ids: BTreeSet<String> = sent.iter().map(|notice| notice.id.to_string()).collect();
            let same = |notice: &Notice| format!("{} {:?} {}", notice.id, notice.kind, notice.alert.key());
            let contents: BTreeSet<String> = sent.iter().map(same).collect();
            prop_assert_eq!(ids.len(), contents.len());
            Ok(())
        })?;
    }
}
