//! What every store must do, as a test that each store goes through: the one in memory here, `DynamoDB` in the
//! emulator suite.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test")]

use domain::analysis::{Confidence, Explanation, ModelVerdict, Severity};
use domain::assessment::{Assessment, Priority};
use domain::history::History;
use domain::incident::{Incident, IncidentId, Meeting, Seen, Silences, Trail};
use domain::message::Schema;
use domain::verdict::{Formula, Verdict};
use domain::{Alert, EnrichedAlert};
use jiff::Timestamp;
use lambda::claims::{Claim, Claimed, Claims};
use std::time::Duration;

use super::{Count, IncidentStore, KeptAnalysis, Parcel, Stored, Written};

const LEASE: Duration = Duration::from_mins(1);

fn start() -> Timestamp {
    "2026-10-03T12:00:00Z".parse().unwrap()
}

/// An explanation that says this and nothing else.
pub(crate) fn explanation(what_happened: String) -> Explanation {
    Explanation {
        what_happened,
        evidence: Vec::new(),
        cited: 0,
        verdict: ModelVerdict::TruePositive,
        confidence: Confidence::High,
        recommended_actions: Vec::new(),
        missing_information: Vec::new(),
        model: "m".into(),
        headline: String::new(),
        techniques: Vec::new(),
        benign_explanation: String::new(),
        malicious_explanation: String::new(),
        embedded_instructions: Vec::new(),
        severity: Severity::Medium,
        severity_reason: String::new(),
        tuning_hint: None,
        raised_to: None,
        overrides: Vec::new(),
        prompt_version: 1,
        usage: None,
        reused: false,
    }
}

fn parcel(id: u32) -> Parcel {
    let text = format!(
        r#"{{"id":"1.{id}","rule":{{"id":"5763","level":10}},"manager":{{"name":"m"}},"agent":{{"id":"007","name":"web-01"}},
            "data":{{"srcip":"203.0.113.9","dstuser":"root"}}}}"#
    );
    let enriched = EnrichedAlert {
        schema: Schema,
        alert: Alert::parse(&text).unwrap(),
        reports: Vec::new(),
        verdict: Verdict::over(&[], &Formula::default(), start()),
        repeat_of: None,
    };
    let assessment = Assessment {
        priority: Priority::High,
        reasons: Vec::new(),
        next_steps: Vec::new(),
        open_questions: Vec::new(),
        ..Assessment::default()
    };
    Parcel { enriched, history: History::default(), assessment }
}

fn meet(before: Option<&Stored<Incident>>, parcel: &Parcel, now: Timestamp) -> Meeting {
    let standing = before.map(|before| before.value.clone());
    let seen = Seen::of(&parcel.enriched);
    Incident::meet(standing, &seen, Priority::High, &parcel.history, now, now + LEASE, &Silences::default())
}

async fn claimed<S: IncidentStore>(claims: &Claims<S::Claims>, key: &str, now: Timestamp) -> Claimed {
    match claims.claim(key, now).await.unwrap() {
        Claim::Won(claimed) => claimed,
        other => panic!("{key}: {other:?}"),
    }
}

/// Counts one alert on what is stored.
async fn count<S: IncidentStore>(
    store: &S,
    claims: &Claims<S::Claims>,
    id: &IncidentId,
    alert: u32,
    now: Timestamp,
) -> Meeting {
    let parcel = parcel(alert);
    let before = store.incident(id).await.unwrap();
    let meeting = meet(before.as_ref(), &parcel, now);
    let claimed = claimed::<S>(claims, &format!("m/1.{alert}"), now).await;
    let text = serde_json::to_string(&parcel).unwrap();
    let count = Count {
        id,
        before: before.as_ref(),
        after: &meeting.incident,
        trail: None,
        parcel: meeting.keep_for.map(|number| (number, text.as_str())),
        result: "counted",
        now,
    };
    assert_eq!(store.count(&claimed, &count).await.unwrap(), Written::Done);
    meeting
}

/// Counting, in an incident that nobody has touched before.
pub async fn counts_once_and_refuses_what_has_changed<S: IncidentStore>(
    store: &S,
    claims: &Claims<S::Claims>,
    id: &IncidentId,
) {
    assert_eq!(store.incident(id).await.unwrap(), None);
    let opened = count(store, claims, id, 1, start()).await;
    let first = store.incident(id).await.unwrap().unwrap();
    assert_eq!(first.value, opened.incident, "what was written is what is read");

    // Two decide on the same state: one of them decides again, and neither is lost.
    let parcel = parcel(2);
    let meeting = meet(Some(&first), &parcel, start() + LEASE);
    let text = serde_json::to_string(&parcel).unwrap();
    let written = Count {
        id,
        before: Some(&first),
        after: &meeting.incident,
        trail: None,
        parcel: Some((2, &text)),
        result: "counted",
        now: start() + LEASE,
    };
    let (one, other) =
        (claimed::<S>(claims, "m/1.2", start()).await, claimed::<S>(claims, "m/1.3", start()).await);
    assert_eq!(store.count(&one, &written).await.unwrap(), Written::Done);
    assert_eq!(store.count(&other, &written).await.unwrap(), Written::Changed);
    // Nothing of a refused write is there: the claim is still to be completed.
    let second = store.incident(id).await.unwrap().unwrap();
    assert_eq!(second.value.alerts, 2);

    // Writes that change count and time only do not get in each other's way.
    let plain = meet(Some(&second), &parcel, start() + LEASE);
    assert_eq!(plain.incident.facts, second.value.facts, "the test is about nothing");
    let plain_count = Count { before: Some(&second), after: &plain.incident, parcel: None, ..written };
    assert_eq!(store.count(&other, &plain_count).await.unwrap(), Written::Done);
    let third = claimed::<S>(claims, "m/1.4", start()).await;
    assert_eq!(store.count(&third, &plain_count).await.unwrap(), Written::Done);
    assert_eq!(store.incident(id).await.unwrap().unwrap().value.alerts, 4);

    // A claim that is done counts no second time.
    assert!(matches!(store.count(&third, &plain_count).await.unwrap(), Written::Refused(_)));
    assert_eq!(store.incident(id).await.unwrap().unwrap().value.alerts, 4);
}

/// An incident that was closed makes room for the next, unless an alert comes in between.
pub async fn a_closed_incident_is_replaced<S: IncidentStore>(
    store: &S,
    claims: &Claims<S::Claims>,
    id: &IncidentId,
) {
    let later = start() + Incident::QUIET + LEASE;
    count(store, claims, id, 1, start()).await;
    let mut closed = store.incident(id).await.unwrap().unwrap();
    assert!(closed.value.sent(1) && store.change(id, &closed).await.unwrap());
    assert!(!store.change(id, &closed).await.unwrap(), "it is another version now");
    closed = store.incident(id).await.unwrap().unwrap();
    let parcel = parcel(2);
    let meeting = meet(Some(&closed), &parcel, later);
    assert_eq!(meeting.incident.opened_at(), later);
    let mut early = closed.clone();
    early.value.last_seen = start() - LEASE;
    let claim = claimed::<S>(claims, "m/1.2", later).await;
    let mut count = Count {
        id,
        before: Some(&early),
        after: &meeting.incident,
        trail: None,
        parcel: None,
        result: "counted",
        now: later,
    };
    assert_eq!(store.count(&claim, &count).await.unwrap(), Written::Changed);
    count.before = Some(&closed);
    assert_eq!(store.count(&claim, &count).await.unwrap(), Written::Done);
    let opened = store.incident(id).await.unwrap().unwrap();
    assert_eq!((opened.value.alerts, opened.value.opened_at()), (1, later));
    assert!(opened.version > closed.version, "a write on the old one must not fit the new one");
}

/// What stands beside an incident, and the list of those that are due.
pub async fn keeps_parcels_trails_and_what_is_due<S: IncidentStore>(
    store: &S,
    claims: &Claims<S::Claims>,
    id: &IncidentId,
) {
    assert_eq!(store.trail("203").await.unwrap(), None);
    let now = start();
    count(store, claims, id, 1, now).await;
    let opened = store.incident(id).await.unwrap().unwrap();
    assert_eq!(store.parcel(id, now, 1).await.unwrap().unwrap().enriched.alert.key().as_str(), "m/1.1");
    assert!(store.parcel(id, now, 2).await.unwrap().is_none());

    // On its way until the lease ends, then due; sent and quiet, not due.
    let far = now + Incident::QUIET;
    assert_eq!(store.due(now, 9).await.unwrap(), []);
    assert_eq!(store.due(now + LEASE, 9).await.unwrap(), std::slice::from_ref(id));
    let mut told = opened;
    assert!(told.value.sent(1) && store.change(id, &told).await.unwrap());
    assert_eq!(store.due(far, 9).await.unwrap(), []);
    count(store, claims, id, 2, now + LEASE).await;
    assert_eq!(store.due(now + 4 * LEASE, 9).await.unwrap(), []);
    assert_eq!(store.due(now + 5 * LEASE, 9).await.unwrap(), std::slice::from_ref(id));

    // A trail is written with a count, on the version that was read.
    let before = store.incident(id).await.unwrap().unwrap();
    let parcel = parcel(3);
    let meeting = meet(Some(&before), &parcel, now + LEASE);
    let mut trail = Trail::default();
    trail.see(&Seen::of(&parcel.enriched), now);
    let mut count = Count {
        id,
        before: Some(&before),
        after: &meeting.incident,
        trail: Some(("203", None, &trail)),
        parcel: None,
        result: "counted",
        now: now + LEASE,
    };
    let (one, other) = (claimed::<S>(claims, "m/1.3", now).await, claimed::<S>(claims, "m/1.4", now).await);
    assert_eq!(store.count(&one, &count).await.unwrap(), Written::Done);
    assert_eq!(store.count(&other, &count).await.unwrap(), Written::Changed);
    let stored = store.trail("203").await.unwrap().unwrap();
    assert_eq!(stored.value, trail);
    count.trail = Some(("203", Some(&stored), &trail));
    assert_eq!(store.count(&other, &count).await.unwrap(), Written::Done);

    assert_eq!(store.analysis(id, now).await.unwrap(), None);
    let explanation = explanation("Passwords were tried.".to_owned());
    let kept =
        KeptAnalysis { explanation: Box::new(explanation), about: parcel.enriched.alert.key().clone() };
    store.keep_analysis(id, now, &kept, now).await.unwrap();
    assert_eq!(store.analysis(id, now).await.unwrap(), Some(kept));
}
