//! Runs against a bucket, a table and a source in memory: undisturbed, failing, and dying at every await.

mod world;

use intel::Policy;
use intel::sources::Trouble as FetchTrouble;
use jiff::Timestamp;
use lambda::claims::MemoryClaims;
use lambda::crash::run_until_crash;
use lambda::secrets::{Secret, Secrets};

use self::world::{Turn, World};
use super::*;
use crate::health::{Published, Status};
use crate::publish::{Edition, PublishError};

const LEASE: Duration = Duration::from_mins(15);

fn start() -> Timestamp {
    "2026-10-03T12:00:00Z".parse().unwrap()
}

fn drop_v4() -> Feed {
    Feed { source: Source::SpamhausDropV4, every: Duration::from_hours(1) }
}

fn feeds() -> Feeds {
    Feeds::from([("spamhaus-drop-v4".to_owned(), drop_v4())])
}

fn importer(world: &World, keys: &[(&str, &str)]) -> Importer<World, World, World, MemoryClaims> {
    let given = keys.iter().map(|(name, key)| ((*name).to_owned(), Secret::new(*key)));
    Importer {
        fetch: world.clone(),
        rows: world.clone(),
        objects: world.clone(),
        claims: Claims::new(world.claims.clone(), "ingest", LEASE),
        keys: Keys {
            secrets: Secrets::given(given),
            otx_parameter: "/otx".to_owned(),
            misp_parameter: "/misp".to_owned(),
            abuseipdb_parameter: "/abuseipdb".to_owned(),
        },
        site: Site {
            policy: Policy { documentation_is_public: true, ..Policy::default() },
            ..Site::default()
        },
        metrics: Metrics::unwritten("ingest"),
    }
}

fn pace(now: Timestamp) -> Pace {
    Pace::new(now, LEASE)
}

async fn run(world: &World, now: Timestamp) -> Ran {
    importer(world, &[]).run(&drop_v4(), &pace(now)).await.unwrap()
}

async fn health(world: &World) -> Health {
    importer(world, &[]).health("spamhaus-drop-v4").await.unwrap().unwrap()
}

async fn publish(world: &World, edition: Edition, now: Timestamp) -> Result<Published, PublishError> {
    importer(world, &[]).publish(&feeds(), edition, &pace(now)).await?;
    let status: Status = serde_json::from_slice(&world.object(Status::KEY).unwrap()).unwrap();
    Ok(status.snapshot.unwrap())
}

#[tokio::test]
async fn a_feed_is_fetched_page_by_page_and_its_rows_stand_in_the_table() {
    let world = World::new([Turn::page(&["ip#203.0.113.1"], 1), Turn::last(&["network#198.51.100.0/24"], 2)]);
    assert_eq!(run(&world, start()).await, Ran::Done);
    assert_eq!(world.table(), ["ip#203.0.113.1", "network#198.51.100.0/24"]);
    let health = health(&world).await;
    assert_eq!((health.rows, health.pending, health.unfinished), (2, 0, false));
    assert_eq!(health.state, Working::Fine);
    assert!(health.last_success >= Some(start()));
}

#[tokio::test]
async fn a_failure_keeps_the_last_good_copy_and_says_since_when() {
    let world = World::new([Turn::last(&["ip#203.0.113.1"], 1)]);
    run(&world, start()).await;
    let good = world.object("feeds/spamhaus-drop-v4.jsonl.gz");
    world.script([Turn::fails(|| FetchTrouble::Page)]);
    let (first, second) = (start() + Duration::from_hours(1), start() + Duration::from_hours(2));
    assert_eq!((run(&world, first).await, run(&world, second).await), (Ran::Failed, Ran::Failed));
    assert_eq!((world.object("feeds/spamhaus-drop-v4.jsonl.gz"), world.table().len()), (good, 1));
    let health = health(&world).await;
    let Working::Failing { since, attempts, reason, error, .. } = &health.state else { panic!("{health:?}") };
    assert_eq!((attempts, reason.as_str()), (&2, "web_page"));
    assert!(*since < second && error.contains("a proxy or a login stands before the feed"), "{error}");
    assert!(health.last_success < Some(first));

    world.script([Turn::last(&["ip#203.0.113.2"], 2)]);
    assert_eq!(run(&world, start() + Duration::from_hours(3)).await, Ran::Done);
    assert_eq!(world.table(), ["ip#203.0.113.1", "ip#203.0.113.2"]);
}

#[tokio::test]
async fn a_feed_without_a_key_is_off_and_names_the_parameter() {
    let world = World::new([Turn::last(&["ip#203.0.113.1"], 1)]);
    let otx = Feed { source: Source::Otx, every: Duration::from_hours(1) };
    let ran = async |keys: &[(&str, &str)]| importer(&world, keys).run(&otx, &pace(start())).await.unwrap();
    assert_eq!(ran(&[]).await, Ran::Off);
    let health = importer(&world, &[]).health("otx").await.unwrap().unwrap();
    assert_eq!(health.state, Working::Off { parameter: "/otx".to_owned() });
    assert_eq!(ran(&[("/otx", "key")]).await, Ran::Done);
}

#[tokio::test]
async fn a_server_that_wants_to_be_left_alone_is_left_alone() {
    let until = start() + Duration::from_hours(10);
    let world = World::new([Turn::fails(move || FetchTrouble::QuotaSpent { until })]);
    assert_eq!(run(&world, start()).await, Ran::Failed);
    world.script([Turn::last(&["ip#203.0.113.1"], 1)]);
    assert_eq!(run(&world, start() + Duration::from_hours(9)).await, Ran::Resting);
    assert_eq!(run(&world, start() + Duration::from_hours(11)).await, Ran::Done);
}

#[tokio::test]
async fn a_table_that_takes_nothing_loses_no_row() {
    let world = World::new([Turn::last(&["ip#203.0.113.1"], 1)]);
    world.throttle(true);
    assert_eq!(run(&world, start()).await, Ran::Failed);
    let failing = health(&world).await;
    assert!(matches!(failing.state, Working::Failing { ref reason, .. } if reason == "table"), "{failing:?}");
    assert_eq!((failing.rows, failing.pending), (1, 1));
    assert_eq!(publish(&world, Edition::Anew, start()).await.unwrap().indicators, 0, "not in the table yet");

    world.throttle(false);
    world.script([]);
    assert_eq!(run(&world, start() + Duration::from_hours(1)).await, Ran::Done);
    assert_eq!(world.table(), ["ip#203.0.113.1"]);
    let published = publish(&world, Edition::IfDue, start() + Duration::from_hours(5)).await.unwrap();
    assert_eq!(published.indicators, 1);
}

#[tokio::test]
async fn a_run_without_time_leaves_the_rest_to_the_next_one() {
    let world = World::new([Turn::page(&["ip#203.0.113.1"], 1), Turn::last(&["ip#203.0.113.2"], 2)]);
    let short = Pace::new(start(), Duration::from_mins(1));
    assert_eq!(importer(&world, &[]).run(&drop_v4(), &short).await.unwrap(), Ran::Done);
    assert!(health(&world).await.unfinished && world.table().is_empty());
    assert_eq!(run(&world, start()).await, Ran::Done);
    assert_eq!(world.table().len(), 2);
}

#[tokio::test]
async fn only_one_run_of_a_feed_is_at_work() {
    let world = World::new([Turn::last(&["ip#203.0.113.1"], 1)]);
    let importer = importer(&world, &[]);
    let Claim::Won(other) = importer.claims.claim("feed#spamhaus-drop-v4", start()).await.unwrap() else {
        panic!()
    };
    assert_eq!(run(&world, start()).await, Ran::Elsewhere);
    importer.claims.release(&other).await;
    assert_eq!(run(&world, start()).await, Ran::Done);
}

#[tokio::test]
async fn a_copy_that_cannot_be_read_is_fetched_anew() {
    let world = World::new([Turn::last(&["ip#203.0.113.1"], 1)]);
    run(&world, start()).await;
    world.damage("feeds/spamhaus-drop-v4.jsonl.gz");
    assert!(publish(&world, Edition::Anew, start()).await.is_err(), "an incomplete snapshot is none");
    world.script([Turn::last(&["ip#203.0.113.2"], 1)]);
    assert_eq!(run(&world, start()).await, Ran::Done);
    assert_eq!(publish(&world, Edition::Anew, start()).await.unwrap().indicators, 1);
}

#[tokio::test]
async fn only_feeds_whose_time_has_come_are_due() {
    let world = World::new([Turn::last(&["ip#203.0.113.1"], 1)]);
    let due = async |minutes: u64| {
        world.script([Turn::last(&[&format!("ip#203.0.113.{minutes}")], minutes + 1)]);
        importer(&world, &[]).run_due(&feeds(), &pace(start() + Duration::from_mins(minutes))).await.unwrap();
        world.table().len()
    };
    assert_eq!((due(0).await, due(59).await, due(61).await), (1, 1, 2));
}

#[tokio::test]
async fn a_snapshot_is_made_when_rows_have_changed_or_time_has_passed() {
    let world = World::new([Turn::last(&["ip#203.0.113.1", "network#198.51.100.0/24"], 1)]);
    let after = |hours| start() + Duration::from_hours(hours);
    run(&world, start()).await;
    let first = publish(&world, Edition::IfDue, start()).await.unwrap();
    assert_eq!((first.indicators, first.built_at >= start()), (2, true));
    assert_eq!(publish(&world, Edition::IfDue, after(1)).await.unwrap(), first, "nothing has changed");
    assert!(publish(&world, Edition::IfDue, after(4)).await.unwrap().built_at >= after(4));
    world.script([Turn::last(&["ip#203.0.113.2"], 2)]);
    run(&world, after(4)).await;
    let changed = publish(&world, Edition::IfDue, after(5)).await.unwrap();
    assert_eq!(changed.indicators, 3);
    let snapshot = intel::snapshot::Snapshot::read(world.object("snapshot/current").unwrap()).unwrap();
    assert!(snapshot.listed(&"203.0.113.2".parse().unwrap()).itself);
    assert!(snapshot.listed(&"203.0.113.9".parse().unwrap()).is_nowhere());
}

#[tokio::test]
async fn what_people_have_written_is_in_the_snapshot_and_on_no_list() {
    let world = World::new([Turn::last(&["ip#203.0.113.1"], 1)]);
    world.list_by_hand(intel::entry_of("ip#10.9.9.9").unwrap());
    run(&world, start()).await;
    assert_eq!(publish(&world, Edition::IfDue, start()).await.unwrap().indicators, 2);
    let snapshot = intel::snapshot::Snapshot::read(world.object("snapshot/current").unwrap()).unwrap();
    assert!(snapshot.listed(&"10.9.9.9".parse().unwrap()).itself);
    let list = String::from_utf8(world.object("lists/wazuh-triage-feed-ip").unwrap()).unwrap();
    assert!(!list.contains("10.9.9.9"), "{list}");
}

#[tokio::test]
async fn what_stands_on_a_warninglist_goes_to_no_list() {
    let world = World::new([Turn::last(&["ip#203.0.113.1", "ip#198.51.100.1"], 1)]);
    run(&world, start()).await;
    publish(&world, Edition::IfDue, start()).await.unwrap();
    let list = || String::from_utf8(world.object("lists/wazuh-triage-feed-ip").unwrap()).unwrap();
    assert_eq!(list(), "198.51.100.1:spamhaus-drop\n203.0.113.1:spamhaus-drop\n");

    let scanners = r#"{"name":"List of known scanners","type":"cidr","list":["203.0.113.0/24"]}"#;
    world.script([Turn::warninglist(scanners, 2)]);
    let source = Feed { source: Source::Warninglists, every: Duration::from_hours(24) };
    let after = pace(start() + Duration::from_hours(1));
    assert_eq!(importer(&world, &[]).run(&source, &after).await.unwrap(), Ran::Done);
    let both = Feeds::from([("spamhaus-drop-v4".to_owned(), drop_v4()), ("warninglists".to_owned(), source)]);
    importer(&world, &[]).publish(&both, Edition::IfDue, &after).await.unwrap();
    assert_eq!(list(), "198.51.100.1:spamhaus-drop\n");
}

#[tokio::test]
async fn a_crash_at_any_await_is_made_good_by_the_next_run() {
    let pages = || {
        [
            Turn::page(&["ip#203.0.113.1", "ip#203.0.113.2"], 1),
            Turn::page(&["ip#203.0.113.3"], 2),
            Turn::whole(&["ip#203.0.113.2", "ip#203.0.113.4"], 3),
        ]
    };
    let work = async |world: &World, now: Timestamp| {
        let importer = importer(world, &[]);
        importer.run(&drop_v4(), &pace(now)).await.unwrap();
        importer.publish(&feeds(), Edition::IfDue, &pace(now)).await.unwrap();
    };
    for crash_at in 0.. {
        let world = World::new(pages());
        let died = run_until_crash(work(&world, start()), crash_at).await.is_none();
        // What was published claims nothing that the table lacks.
        if let Some(file) = world.object("snapshot/current") {
            let snapshot = intel::snapshot::Snapshot::read(file).unwrap();
            assert!(snapshot.len() <= world.table().len(), "after a crash at {crash_at}");
        }
        let after = start() + LEASE + Duration::from_secs(3);
        work(&world, after).await;
        assert_eq!(world.table(), ["ip#203.0.113.2", "ip#203.0.113.4"], "after a crash at {crash_at}");
        let status: Status = serde_json::from_slice(&world.object(Status::KEY).unwrap()).unwrap();
        assert_eq!(status.snapshot.unwrap().indicators, 2, "after a crash at {crash_at}");
        let [health] = status.feeds.as_slice() else { panic!("{:?}", status.feeds) };
        assert_eq!((health.rows, health.pending, &health.state), (2, 0, &Working::Fine));
        if !died {
            assert!(crash_at > 30, "it never waits");
            break;
        }
    }
}
