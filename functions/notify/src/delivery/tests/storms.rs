//! A scanner's six minutes: thousands of alerts, a handful of mails, and every alert accounted for.

use domain::Alert;
use domain::assessment::Priority;
use domain::incident::Kind;

use super::*;
use crate::mail::{HeldIncident, Note};

/// Of the shape that a vulnerability scan of four hosts leaves: most of it one rule, a long tail of others, a few severe.
fn scan() -> Vec<(Timestamp, u64, u8, u64)> {
    let mut incidents: BTreeMap<u64, u64> = BTreeMap::new();
    (0..2_293_u64)
        .map(|number| {
            // A cheap shuffle: rules by how often they fire, four hosts.
            let dice = number.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40;
            let rule = match dice % 100 {
                0..70 => 0,
                70..90 => 1 + dice % 7,
                _ => 8 + dice % 40,
            };
            let level = if rule == 47 { 13 } else { 5 + u8::try_from(rule % 6).unwrap() };
            let incident = rule * 4 + (dice >> 8) % 4;
            let of_incident = incidents.entry(incident).or_default();
            *of_incident += 1;
            let at = start() + Duration::from_millis(number * 360_000 / 2_293);
            (at, incident, level, *of_incident)
        })
        .collect()
}

/// What notify gets when every alert of an incident has a notice of its own: the worst that can come.
fn notice_of(incident: u64, level: u8, number: u64, at: Timestamp) -> Notice {
    let mut notice = notice(incident);
    let mut document = notice.alert.document().clone();
    document["rule"]["level"] = level.into();
    document["id"] = format!("{incident}.{number}").into();
    notice.alert = Alert::parse(&document.to_string()).unwrap();
    notice.id = NoticeId::of(&notice.incident, notice.opened_at, u32::try_from(number).unwrap());
    notice.number = u32::try_from(number).unwrap();
    notice.assessment.priority = if level >= 12 { Priority::Critical } else { Priority::Medium };
    notice.kind = if number == 1 { Kind::First } else { Kind::Update };
    (notice.summary.alerts, notice.summary.last_seen) = (number, at);
    notice.summary.before = (number > 1).then(|| domain::incident::Standing {
        at,
        alerts: number - 1,
        level: notice.alert.rule().level,
        priority: notice.assessment.priority,
        judgement: notice.verdict.judgement,
        hosts: 1,
        users: 1,
        addresses: 1,
    });
    notice
}

/// Replays notices, with a sweep every minute until everything is told. Answers with the mails' kinds.
async fn replay(world: &World, notices: impl IntoIterator<Item = (Timestamp, Notice)>) -> Account {
    let mut account = Account::default();
    let mut swept_at = start();
    for (at, notice) in notices {
        while swept_at + Duration::from_mins(1) <= at {
            swept_at += Duration::from_mins(1);
            world.sweep(swept_at).await;
        }
        world.tell(&notice, at).await.unwrap();
        match world.state(&notice, "default").await.unwrap() {
            State::Sent { .. } => account.sent += 1,
            State::Suppressed(Suppression::Storm { digest }) => *account.held.entry(digest).or_default() += 1,
            other => panic!("{other:?}"),
        }
    }
    for _ in 0..120 {
        swept_at += Duration::from_mins(1);
        let swept = world.sweep(swept_at).await;
        assert_eq!(swept.failed, 0);
    }
    account.mails = world.outbox.look(|sent| sent.mails.clone());
    account
}

#[derive(Debug, Default)]
struct Account {
    sent: u64,
    /// Notices by digest.
    held: BTreeMap<String, u64>,
    /// Recipients, id, subject.
    mails: Vec<(String, String, String)>,
}

#[tokio::test]
async fn six_minutes_of_a_scanner_are_a_handful_of_mails_that_say_exactly_what_was_held_back() {
    let world = World::new("{}");
    let scan = scan();
    let notices =
        scan.iter().map(|(at, incident, level, number)| (*at, notice_of(*incident, *level, *number, *at)));
    let account = replay(&world, notices).await;
    let severe = scan.iter().filter(|(_, _, level, _)| *level >= 12).count() as u64;
    assert_eq!(account.held.len(), 1, "one storm, one digest: {:?}", account.held);
    let held: u64 = account.held.values().sum();
    assert_eq!(account.sent + held, 2_293);
    assert_eq!(account.sent, 10 + severe, "the burst, and the severe ones within their own limit");
    assert_eq!(account.mails.len() as u64, account.sent + 2, "a storm notice and a digest");

    let digest = account.held.keys().next().unwrap();
    let told = world.dispatch.store.held(&Post::mail("default"), digest).await.unwrap();
    assert_eq!(told.iter().map(|held| held.alerts).sum::<u64>(), held, "each alert once");
    let (.., subject) = account.mails.last().unwrap();
    assert!(subject.replace(',', "").contains(&format!("{held} alerts")), "{subject}");
}

#[tokio::test]
async fn quiet_hours_end_with_one_digest_and_the_critical_is_told_at_night() {
    let world = World::new(
        r#"{"groups":[{"name":"default","quiet_hours":{"from":"20:00","to":"07:00","time_zone":"UTC"}}]}"#,
    );
    let night: Timestamp = "2026-10-03T23:00:00Z".parse().unwrap();
    for number in 0..40 {
        world.tell(&notice_of(number, 7, 1, night), night).await.unwrap();
    }
    let told = world.tell(&notice_of(99, 13, 1, night), night).await.unwrap();
    assert_eq!(ended(&told).unwrap().0, Outcome::Notified);
    assert_eq!(world.mails().len(), 1);
    let morning: Timestamp = "2026-10-04T07:00:00Z".parse().unwrap();
    assert_eq!(world.sweep(morning - Duration::from_secs(1)).await, Swept::default());
    assert_eq!(world.sweep(morning).await, Swept { digests: 1, ..Swept::default() });
    assert_eq!(world.sweep(morning).await, Swept::default());
    assert_eq!(world.mails().len(), 2);
}

#[tokio::test]
async fn a_severe_mail_in_a_storm_says_how_much_is_held_back() {
    let world = World::new(r#"{"groups":[{"name":"default","limits":{"burst":1}}]}"#);
    for number in 0..5 {
        world.tell(&notice_of(number, 7, 1, start()), start()).await.unwrap();
    }
    let (post, severe) = (Post::mail("default"), notice_of(5, 12, 1, start()));
    let notes = world.dispatch.held_back(&post, &Letter::Notice(&severe)).await.unwrap();
    let [Note::HeldBack { alerts: 4, incidents: 4, .. }] = notes.as_slice() else { panic!("{notes:?}") };
}

#[test]
fn a_digest_has_each_incident_once() {
    let held = (0..6).map(|number| HeldIncident::of(&notice_of(number % 2, 7, 1 + number / 2, start())));
    let incidents = sending::by_incident(held.collect());
    assert_eq!(
        incidents.iter().map(|held| (held.notices, held.alerts)).collect::<Vec<_>>(),
        [(3, 3), (3, 3)]
    );
}
