//! What every store must do, as a test that each store goes through: the one in memory here, `DynamoDB` in the
//! emulator suite.

#![expect(clippy::unwrap_used, reason = "a test")]

use std::time::Duration;

use jiff::Timestamp;

use super::{AddressHash, Trouble, Troubled, Troubles};
use crate::mail::{Bounce, BounceReason};

const DAY: Duration = Duration::from_hours(24);

/// Rows that nobody has touched before.
pub async fn keeps_what_tells_most(troubles: &Troubles) {
    let start: Timestamp = "2026-10-03T12:00:00Z".parse().unwrap();
    let bounced = |bounce| Trouble::Bounced { bounce, reason: BounceReason::NoMailbox };
    let (soft, hard) = (bounced(Bounce::Transient), bounced(Bounce::Permanent));
    let (one, other) = (AddressHash::of("one@contract.example"), AddressHash::of("other@contract.example"));
    let keep = async |trouble, at| {
        troubles.keep(&one, Troubled { trouble, at }, at).await.unwrap();
    };
    let known = async |now| troubles.of(&[other.clone(), one.clone(), one.clone()], now).await.unwrap();

    assert_eq!(troubles.of(&[], start).await.unwrap(), []);
    assert_eq!(known(start).await, [None, None, None]);

    // The same again changes nothing, more replaces less, and less does not replace more.
    let (later, last) = (start + DAY, start + 2 * DAY);
    keep(soft, start).await;
    keep(soft, later).await;
    let first = Some(Troubled { trouble: soft, at: start });
    assert_eq!(known(later).await, [None, first, first]);
    keep(hard, later).await;
    keep(Trouble::Complained, last).await;
    let worst = Some(Troubled { trouble: hard, at: later });
    assert_eq!(known(last).await, [None, worst, worst]);

    // What has expired is not there, deleted or not, and gives way to anything.
    let expired = later + 30 * DAY;
    assert_eq!(known(expired - Duration::from_secs(1)).await, [None, worst, worst]);
    assert_eq!(known(expired).await, [None, None, None]);
    keep(soft, expired).await;
    let again = Some(Troubled { trouble: soft, at: expired });
    assert_eq!(known(expired).await, [None, again, again]);
}
