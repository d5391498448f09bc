//! What every store must do, as a test that each store goes through: the one in memory here, `DynamoDB` in the
//! emulator suite.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test")]

use std::time::Duration;

use domain::indicator::Indicator;
use domain::verdict::{Answer, Evidence, Listing, Provider, Reputation, Unanswered};
use ipnet::IpNet;
use jiff::Timestamp;

use super::{Gate, IntelStore, KeptAnswer, Turn};
use crate::feed::{Entry, Row};

fn answer(score: u8) -> Answer {
    Evidence::AbuseIpDb(Reputation { score, ..Reputation::default() }).into()
}

/// Turns, answers and notes about an indicator that nobody has touched before.
pub async fn keeps_answers<S: IntelStore>(store: &S, indicator: &Indicator) {
    let now: Timestamp = "2026-10-03T12:00:00Z".parse().unwrap();
    let later = |seconds: u64| now + Duration::from_secs(seconds);
    let provider = Provider::AbuseIpDb;

    // One turn at a time; it ends by itself.
    assert_eq!(store.take_turn(indicator, provider, now, later(3)).await.unwrap(), Turn::Free);
    let taken = Turn::Taken { until: later(3) };
    assert_eq!(store.take_turn(indicator, provider, later(1), later(4)).await.unwrap(), taken);
    assert_eq!(store.look(indicator, provider, later(1)).await.unwrap(), taken);
    assert_eq!(store.take_turn(indicator, Provider::Otx, now, later(3)).await.unwrap(), Turn::Free);
    assert_eq!(store.take_turn(indicator, provider, later(4), later(7)).await.unwrap(), Turn::Free);
    store.end_turn(indicator, provider).await.unwrap();
    assert_eq!(store.look(indicator, provider, later(5)).await.unwrap(), Turn::Free);

    // An answer ends the turn and holds until it is stale.
    let kept = KeptAnswer { answer: answer(87), asked_at: now };
    store.keep(indicator, provider, &kept, later(60)).await.unwrap();
    let answered = Turn::Answered(kept.clone());
    assert_eq!(store.take_turn(indicator, provider, later(59), later(62)).await.unwrap(), answered);
    assert_eq!(store.about(indicator, &[], later(59)).await.unwrap().answer(provider), Some(&kept));
    assert_eq!(store.about(indicator, &[], later(61)).await.unwrap().answer(provider), None);
    assert_eq!(store.take_turn(indicator, provider, later(61), later(64)).await.unwrap(), Turn::Free);

    // A note is written once, and again when its time is over.
    let day = Duration::from_hours(24);
    for (at, expected) in [(0, true), (1, false), (86_399, false), (86_401, true)] {
        assert_eq!(store.note(indicator, "sighted", later(at), day).await.unwrap(), expected, "{at}");
    }
}

/// Gate, breaker and ledger of a provider that nobody has touched before.
pub async fn guards_providers<S: IntelStore>(store: &S, provider: Provider) {
    let now: Timestamp = "2026-10-03T12:00:00Z".parse().unwrap();
    let later = |seconds: u64| now + Duration::from_secs(seconds);
    let window = Duration::from_mins(1);

    assert_eq!(store.gate(provider).await.unwrap(), Gate::default());
    assert_eq!(store.count_failure(provider, now, window).await.unwrap(), 1);
    assert_eq!(store.count_failure(provider, later(30), window).await.unwrap(), 2);
    assert_eq!(store.count_failure(provider, later(200), window).await.unwrap(), 1, "the row was broken");
    store.close_gate(provider, later(260), Unanswered::CircuitOpen).await.unwrap();
    let closed = Some((later(260), Unanswered::CircuitOpen));
    assert_eq!(store.gate(provider).await.unwrap().closed, closed);
    assert!(store.probe(provider, later(260), later(265)).await.unwrap());
    assert!(!store.probe(provider, later(260), later(265)).await.unwrap(), "only one goes through");
    store.open_gate(provider).await.unwrap();
    assert_eq!(store.gate(provider).await.unwrap(), Gate::default());

    // Requests are counted by UTC day.
    assert!(store.spend(provider, 2, Some(3), now).await.unwrap());
    assert!(store.spend(provider, 1, Some(3), now).await.unwrap());
    assert!(!store.spend(provider, 1, Some(3), now).await.unwrap(), "used up");
    assert!(store.spend(provider, 1, Some(3), later(86_400)).await.unwrap(), "a new day");
    assert!(store.spend(provider, 1, None, now).await.unwrap(), "without limit");
}

/// What feeds list as networks, once `load` has put it where the store looks.
pub async fn finds_networks<S: IntelStore>(store: &S, load: impl AsyncFn(Row)) {
    let now: Timestamp = "2026-10-03T12:00:00Z".parse().unwrap();
    let networks: Vec<IpNet> =
        ["198.51.100.64/26", "198.51.100.0/24"].iter().map(|text| text.parse().unwrap()).collect();
    for (network, source) in networks.iter().zip(["narrow", "wide"]) {
        let listing = Listing { confidence: Some(90), ..Listing::default() };
        load(Row { entry: Entry::Network(*network), source: source.to_owned(), listing, expires: None })
            .await;
    }
    for (address, told, expected) in [
        ("198.51.100.77", &networks[..], vec!["narrow", "wide"]),
        ("198.51.100.1", &networks[1..], vec!["wide"]),
        ("198.51.101.1", &[], vec![]),
    ] {
        let kept = store.about(&address.parse().unwrap(), told, now).await.unwrap();
        let sources: Vec<&str> = kept.listings.iter().map(|(source, _)| source.as_str()).collect();
        assert_eq!(sources, expected, "{address}");
        assert!(kept.listings.iter().all(|(_, listing)| listing.confidence == Some(90)));
    }
}
