//! What every store must do, as a test that each store goes through: the one in memory here, `DynamoDB` in the
//! emulator suite.

#![expect(clippy::unwrap_used, reason = "a test")]

use std::time::Duration;

use jiff::Timestamp;

use super::{Amount, Analyses, Ceiling};

/// Rows that nobody has touched before.
pub async fn swaps_documents(analyses: &Analyses) {
    let now: Timestamp = "2026-10-03T12:00:00Z".parse().unwrap();
    let later = |seconds: u64| now + Duration::from_secs(seconds);
    let id = "reuse#contract";

    // One of all who saw nothing writes; one of all who saw the same writes.
    assert_eq!(analyses.read(id, now).await.unwrap(), None);
    let first = analyses.swap(id, None, "{\"a\":1}", now, later(60)).await.unwrap().unwrap();
    assert_eq!(analyses.swap(id, None, "lost", now, later(60)).await.unwrap(), None);
    let second = analyses.swap(id, Some(&first), "second", later(1), later(60)).await.unwrap().unwrap();
    assert_eq!(analyses.swap(id, Some(&first), "lost", later(1), later(60)).await.unwrap(), None);
    let row = analyses.read(id, later(59)).await.unwrap().unwrap();
    assert_eq!((row.document.as_str(), &row.version), ("second", &second));

    // What has expired is not there, deleted or not.
    assert_eq!(analyses.read(id, later(60)).await.unwrap(), None);
    assert_eq!(analyses.swap(id, None, "early", later(59), later(120)).await.unwrap(), None);
    assert!(analyses.swap(id, None, "third", later(60), later(120)).await.unwrap().is_some());
    assert_eq!(analyses.read(id, later(61)).await.unwrap().unwrap().document, "third");

    analyses.put(id, "whatever was there", later(120)).await.unwrap();
    assert_eq!(analyses.read(id, later(61)).await.unwrap().unwrap().document, "whatever was there");
}

/// Sums of a row that nobody has touched before.
pub async fn adds_up_to_a_ceiling(analyses: &Analyses) {
    let expires_at: Timestamp = "2026-10-10T12:00:00Z".parse().unwrap();
    let ceiling = Ceiling { tokens: Some(100), micro_usd: Some(1_000) };
    let add = async |tokens, micro_usd, ceiling| {
        analyses.add("budget#contract", Amount { tokens, micro_usd }, ceiling, expires_at).await.unwrap()
    };
    assert!(!add(101, 0, ceiling).await, "more than there ever is");
    assert!(add(60, 500, ceiling).await);
    assert!(!add(41, 0, ceiling).await, "too many tokens");
    assert!(!add(0, 501, ceiling).await, "too much money");
    assert!(add(40, 500, ceiling).await, "exactly");
    assert!(add(-10, -100, Ceiling::default()).await, "given back");
    assert!(!add(11, 0, ceiling).await);
    assert!(add(10, 100, ceiling).await);
    assert!(add(1_000, 0, Ceiling { tokens: None, micro_usd: Some(1_000) }).await, "no ceiling for tokens");
}
