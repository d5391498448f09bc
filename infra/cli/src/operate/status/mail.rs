//! Whether mails go out: the account, what waits for it, and what groups get in digests.

use jiff::Timestamp;
use notify::delivery::store::{DeliveryStore, DynamoDeliveries};

use super::{Account, Finding, TableError, wait};
use crate::operate::second;

pub(super) async fn look(account: &Account, now: Timestamp) -> Result<Vec<Finding>, TableError> {
    let store = DynamoDeliveries::new(account.dynamodb(), account.full("deliveries"));
    let mut findings = Vec::new();
    if let Some(refusal) = store.account().await.map_err(TableError::new)? {
        findings.push(Finding::problem(
            "mail account",
            format!("SES refused at {}: {}", second(refusal.heard_at), refusal.trouble.name()),
            "docs/mail-delivery.md; it is tried again every five minutes",
        ));
    }
    let parked = store.count_parked().await.map_err(TableError::new)?;
    let found = match parked {
        0 => Finding::ok("parked notices", "none"),
        number => Finding::warning(
            "parked notices",
            format!("{} for the account", wait(number)),
            "they come back by themselves, 100 a minute, once SES takes mails again",
        ),
    };
    findings.push(found.figure("notices", parked));
    for (post, gate) in store.gates().await.map_err(TableError::new)? {
        for heap in gate.value.open() {
            let what = format!(
                "{} notices held back since {}, until about {}",
                heap.notices,
                second(heap.since),
                second(heap.due)
            );
            findings.push(Finding::ok(format!("digest for {post}"), what));
        }
        for heap in gate.value.closed() {
            let late = heap.due + std::time::Duration::from_mins(15) < now;
            let what = format!("{} notices, was due at {}", heap.notices, second(heap.due));
            findings.push(if late {
                Finding::problem(
                    format!("digest for {post}"),
                    what,
                    "does the schedule sweep-notify run? look at notify's log",
                )
            } else {
                Finding::ok(format!("digest for {post}"), what)
            });
        }
    }
    Ok(findings)
}
