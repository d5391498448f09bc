//! One provider behind a stub that counts; the store is in memory.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use axum::Router;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use domain::indicator::Direction;
use domain::verdict::{Formula, Judgement, Listing, Verdict};
use lambda::secrets::Secret;
use serde_json::json;

use super::*;
use crate::feed::{Entry, Row};
use crate::providers::AbuseIpDb;
use crate::snapshot::Builder;
use crate::store::MemoryStore;

/// A stub that says what it is told to, and how often it was asked.
#[derive(Clone, Default)]
struct Stub {
    asked: Arc<AtomicU32>,
    /// HTTP status; 0 means 200 with an answer.
    status: Arc<AtomicU32>,
}

impl Stub {
    async fn serve(&self) -> String {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let stub = self.clone();
        let app = Router::new().fallback(move || async move {
            stub.asked.fetch_add(1, Ordering::SeqCst);
            tokio::time::sleep(Duration::from_millis(30)).await;
            match stub.status.load(Ordering::SeqCst) {
                0 => axum::Json(json!({"data": {"abuseConfidenceScore": 100}})).into_response(),
                status => StatusCode::from_u16(u16::try_from(status).unwrap()).unwrap().into_response(),
            }
        });
        tokio::spawn(async move { axum::serve(listener, app).await });
        url
    }

    fn asked(&self) -> u32 {
        self.asked.load(Ordering::SeqCst)
    }

    fn answers_with(&self, status: u32) {
        self.status.store(status, Ordering::SeqCst);
    }
}

fn now() -> Timestamp {
    "2026-10-03T12:00:00Z".parse().unwrap()
}

fn later(seconds: u64) -> Timestamp {
    now() + Duration::from_secs(seconds)
}

async fn intelligence(stub: &Stub, daily_limit: Option<u64>) -> Intelligence<MemoryStore> {
    let policy = Policy {
        never_report: vec!["198.51.100.0/24".parse().unwrap()],
        documentation_is_public: true,
        ..Policy::default()
    };
    let clients = vec![Client::AbuseIpDb(AbuseIpDb::new(&stub.serve().await).unwrap())];
    let keys = Keys::Given(BTreeMap::from([(Provider::AbuseIpDb, Secret::new("key"))]));
    let daily_limits = daily_limit.map(|limit| (Provider::AbuseIpDb, limit)).into_iter().collect();
    Intelligence::new(policy, clients, keys, Door { daily_limits }, MemoryStore::default())
}

fn found(indicator: &str) -> Found {
    Found { indicator: indicator.parse().unwrap(), path: "data.srcip".into(), direction: Direction::Source }
}

fn level(level: u8) -> RuleLevel {
    serde_json::from_value(level.into()).unwrap()
}

/// The status of each indicator's reports, and what it cost.
async fn examine(
    intelligence: &Intelligence<MemoryStore>,
    indicators: &[&str],
    rule_level: u8,
    now: Timestamp,
) -> (Vec<String>, Usage) {
    let found: Vec<Found> = indicators.iter().map(|indicator| found(indicator)).collect();
    let inquiry = Inquiry { found: &found, repeated: &[], level: level(rule_level) };
    let Examination { examined, mut usage, .. } = intelligence.examine(&inquiry, now).await;
    let statuses = examined.iter().map(|examined| {
        let statuses: Vec<&str> = examined.reports.iter().map(|report| report.answer.status()).collect();
        statuses.join(" ")
    });
    (statuses.collect(), usage.remove(0))
}

#[tokio::test]
async fn a_hundred_alerts_at_once_cost_one_request() {
    let stub = Stub::default();
    let intelligence = intelligence(&stub, None).await;
    let all = join_all((0..100).map(|_| examine(&intelligence, &["203.0.113.9"], 10, now()))).await;
    assert!(all.iter().all(|(statuses, _)| statuses == &["hit"]), "{all:?}");
    assert_eq!(stub.asked(), 1);
    let (requests, saved) =
        all.iter().fold((0, 0), |sum, (_, used)| (sum.0 + used.requests, sum.1 + used.saved));
    assert_eq!((requests, saved), (1, 99));
}

#[tokio::test]
async fn an_answer_holds_until_it_is_stale() {
    let stub = Stub::default();
    let intelligence = intelligence(&stub, None).await;
    for (at, asked) in [(now(), 1), (later(60), 1), (later(23 * 3600), 1), (later(25 * 3600), 2)] {
        assert_eq!(examine(&intelligence, &["203.0.113.9"], 10, at).await.0, ["hit"]);
        assert_eq!(stub.asked(), asked, "{at}");
    }
}

#[tokio::test]
async fn what_is_private_or_excepted_stays_here() {
    let stub = Stub::default();
    let intelligence = intelligence(&stub, None).await;
    let indicators = ["10.0.0.1", "1.1.1.1", "198.51.100.7", "d41d8cd98f00b204e9800998ecf8427e"];
    let (statuses, _) = examine(&intelligence, &indicators, 10, now()).await;
    // The excepted network is not even mentioned, and hashes are nothing for this provider.
    assert_eq!(statuses, ["skipped_private", "skipped_allowlist", ""]);
    assert_eq!(stub.asked(), 0);
}

#[tokio::test]
async fn a_feed_matches_private_addresses_without_asking_anybody() {
    let stub = Stub::default();
    let intelligence = intelligence(&stub, None).await;
    let listed: domain::indicator::Indicator = "192.168.1.100".parse().unwrap();
    intelligence.store.list(&listed, "OTX", Listing::default());
    let found = [found("192.168.1.100")];
    let inquiry = Inquiry { found: &found, repeated: &[], level: level(3) };
    let examined = intelligence.examine(&inquiry, now()).await.examined;
    let verdict = Verdict::over(&examined, &Formula::default(), now());
    assert_eq!(verdict.judgement, Judgement::Malicious);
    let accusers: Vec<String> = verdict.indicators[0].accusers().map(ToString::to_string).collect();
    assert_eq!(accusers, ["OTX"]);
    assert_eq!(stub.asked(), 0);
}

#[tokio::test]
async fn a_provider_that_fails_again_and_again_is_left_alone_until_one_has_tried() {
    let stub = Stub::default();
    let intelligence = intelligence(&stub, None).await;
    stub.answers_with(404);
    let address = |index: u64| format!("203.0.113.{index}");
    for index in 0..5 {
        let (statuses, _) = examine(&intelligence, &[&address(index)], 10, later(index)).await;
        assert_eq!(statuses, ["invalid_response"]);
    }
    let asked = stub.asked();
    let (statuses, used) = examine(&intelligence, &[&address(10)], 10, later(6)).await;
    assert_eq!((statuses, stub.asked()), (vec!["circuit_open".to_owned()], asked));
    assert_eq!(used.failures, BTreeMap::from([("circuit_open", 1)]));

    // A minute later many want to ask, and one may.
    let all = join_all((20..30).map(|index| {
        let intelligence = &intelligence;
        async move { examine(intelligence, &[&address(index)], 10, later(70)).await.0.remove(0) }
    }))
    .await;
    assert_eq!(stub.asked(), asked + 1, "{all:?}");
    assert_eq!(all.iter().filter(|status| *status == "invalid_response").count(), 1);

    // It is well again: the next one who tries opens the door for all.
    stub.answers_with(0);
    assert_eq!(examine(&intelligence, &[&address(40)], 10, later(140)).await.0, ["hit"]);
    assert_eq!(examine(&intelligence, &[&address(41)], 10, later(140)).await.0, ["hit"]);
}

#[tokio::test]
async fn a_refused_key_is_not_tried_again_and_again() {
    let stub = Stub::default();
    let intelligence = intelligence(&stub, None).await;
    stub.answers_with(401);
    for index in 0..5 {
        let address = format!("203.0.113.{index}");
        assert_eq!(examine(&intelligence, &[&address], 10, later(index)).await.0, ["unauthorized"]);
    }
    assert_eq!(stub.asked(), 1);
}

#[tokio::test]
async fn the_request_with_the_old_key_is_counted_too() {
    let stub = Stub::default();
    stub.answers_with(401);
    let intelligence = intelligence(&stub, None).await;
    let found = found("203.0.113.9");
    let old = Secret::new("rotated away");
    let asked = intelligence.request(&intelligence.clients[0], &[&found], &old, level(10), now()).await;
    assert_eq!((asked.requests, stub.asked()), (2, 2));
}

#[tokio::test]
async fn the_last_tenth_of_a_day_is_for_important_alerts() {
    let stub = Stub::default();
    let intelligence = intelligence(&stub, Some(10)).await;
    let mut next = 0..;
    let mut ask = async |rule_level| {
        let address = format!("203.0.113.{}", next.next().unwrap());
        examine(&intelligence, &[&address], rule_level, now()).await.0.remove(0)
    };
    for _ in 0..9 {
        assert_eq!(ask(7).await, "hit");
    }
    assert_eq!(ask(7).await, "quota_exhausted");
    assert_eq!(ask(10).await, "hit");
    assert_eq!(ask(10).await, "quota_exhausted");
    assert_eq!(stub.asked(), 10);
}

#[tokio::test]
async fn a_repeat_is_looked_at_but_never_looked_up() {
    let stub = Stub::default();
    let intelligence = intelligence(&stub, None).await;
    let found = [found("203.0.113.9"), found("203.0.113.10")];
    let statuses = async |repeated: &[bool]| {
        let inquiry = Inquiry { found: &found, repeated, level: level(10) };
        let examined = intelligence.examine(&inquiry, now()).await.examined;
        examined.iter().map(|examined| examined.reports[0].answer.status()).collect::<Vec<_>>()
    };
    assert_eq!(statuses(&[true, true]).await, ["skipped_repeat", "skipped_repeat"]);
    assert_eq!(statuses(&[false, true]).await, ["hit", "skipped_repeat"]);
    assert_eq!(statuses(&[true, true]).await, ["hit", "skipped_repeat"]);
    assert_eq!(stub.asked(), 1);
}

#[tokio::test]
async fn an_alert_full_of_addresses_costs_a_few_requests() {
    let stub = Stub::default();
    let intelligence = intelligence(&stub, None).await;
    let addresses: Vec<String> = (1..=40).map(|last| format!("203.0.113.{last}")).collect();
    let addresses: Vec<&str> = addresses.iter().map(String::as_str).collect();
    let (statuses, _) = examine(&intelligence, &addresses, 10, now()).await;
    assert_eq!(statuses.len(), 24);
    assert_eq!(statuses.iter().filter(|status| *status == "hit").count(), 8);
    assert_eq!(stub.asked(), 8);
}

/// Who lists each indicator, how many reads were saved, and how often the provider was asked. The snapshot lists what
/// the store holds as well, and one that expired since.
async fn with_snapshot(built_at: Timestamp, key: bool, indicators: &[&str]) -> (Vec<String>, u32, u32) {
    let stub = Stub::default();
    let mut intelligence = intelligence(&stub, None).await;
    if !key {
        intelligence.keys = Keys::Given(BTreeMap::new());
    }
    let mut builder = Builder::new(built_at);
    let row = |entry: Entry, source: &str| Row {
        entry,
        source: source.to_owned(),
        listing: Listing::default(),
        expires: None,
    };
    for (entry, source) in [
        (Entry::Indicator("10.66.1.1".parse().unwrap()), "deny"),
        (Entry::Indicator("evil.example.com".parse().unwrap()), "ThreatFox"),
        (Entry::Network("10.7.0.0/16".parse().unwrap()), "ours"),
    ] {
        builder.add(&entry);
        intelligence.store.load(row(entry, source));
    }
    // It stands in the store and not in the snapshot: what is found of it was read.
    intelligence.store.load(row(Entry::Indicator("10.99.9.9".parse().unwrap()), "unknown to the snapshot"));
    builder.add(&Entry::Indicator("10.1.1.1".parse().unwrap()));
    let current = Current::default();
    current.swap(Snapshot::read(builder.build()).unwrap());
    let intelligence = intelligence.with_snapshot(current);
    let found: Vec<Found> = indicators.iter().map(|indicator| found(indicator)).collect();
    let inquiry = Inquiry { found: &found, repeated: &[], level: level(10) };
    let Examination { examined, reads_saved, .. } = intelligence.examine(&inquiry, now()).await;
    let told = examined.iter().map(|examined| {
        let feeds = examined.reports.iter().filter(|report| matches!(report.witness, Witness::Feed(_)));
        let feeds = feeds.map(|report| report.witness.to_string());
        feeds.chain(examined.standings.iter().map(|standing| standing.class.to_string())).collect()
    });
    (told.collect(), reads_saved, stub.asked())
}

#[tokio::test]
async fn what_the_snapshot_does_not_hold_and_nobody_would_be_asked_about_is_not_read() {
    let private = ["10.66.1.1", "evil.example.com", "10.7.8.9", "10.1.1.1", "10.99.9.9", "10.2.2.2"];
    for (built_at, told, saved) in [
        (now(), ["deny list", "ThreatFox", "ours", "", "", ""], 2),
        // Too old to be believed: the store is asked about everything.
        (now() - Current::MOST_AGE, ["deny list", "ThreatFox", "ours", "", "unknown to the snapshot", ""], 0),
    ] {
        assert_eq!(
            with_snapshot(built_at, true, &private).await,
            (told.map(str::to_owned).to_vec(), saved, 0),
            "{built_at}"
        );
    }
}

#[tokio::test]
async fn where_a_provider_would_be_asked_its_cache_is_read() {
    for (key, saved, asked) in [(true, 0, 1), (false, 1, 0)] {
        let told = with_snapshot(now(), key, &["203.0.113.9"]).await;
        assert_eq!(told, (vec![String::new()], saved, asked), "{key}");
    }
}

#[tokio::test]
async fn a_warninglist_bounds_what_is_said_and_asks_nobody_less() {
    let stub = Stub::default();
    let lists = r#"{"name":"Known Cloudflare ranges","type":"cidr","list":["203.0.113.0/24"]}"#;
    let lists = Latest::of(Warninglists::of(&[crate::Warninglist::read(lists.as_bytes()).unwrap()]));
    let intelligence = intelligence(&stub, None).await.with_warninglists(lists.clone());
    let judged = async |indicator: &str| {
        let found = [found(indicator)];
        let inquiry = Inquiry { found: &found, repeated: &[], level: level(10) };
        let examined = intelligence.examine(&inquiry, now()).await.examined;
        let mut verdict = Verdict::over(&examined, &Formula::default(), now());
        let judged = verdict.indicators.remove(0);
        let modifiers = judged.modifiers.iter().map(|modifier| modifier.sentence.clone()).collect::<Vec<_>>();
        (judged.judgement, modifiers)
    };
    let bounded =
        "Shared infrastructure (Known Cloudflare ranges) and only community reports: the score is at most 74";
    assert_eq!(judged("203.0.113.9").await, (Judgement::Suspicious, vec![bounded.to_owned()]));
    assert_eq!(judged("192.0.2.9").await, (Judgement::Malicious, vec![]));
    assert_eq!(stub.asked(), 2);
    lists.swap(Warninglists::default());
    assert_eq!(judged("203.0.113.9").await, (Judgement::Malicious, vec![]), "the next lists count at once");
}
