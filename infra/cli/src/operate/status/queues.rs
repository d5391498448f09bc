//! What waits in queues and among their dead letters.

use super::{Account, AccountError, Finding, Queue};

pub(super) async fn look(account: &Account) -> Result<Vec<Finding>, AccountError> {
    let mut findings = Vec::new();
    for queue in Queue::ALL {
        let name = queue.name();
        let standing = if queue.is_optional() {
            let Some(standing) = account.queue(name).await? else { continue };
            standing
        } else {
            account.existing(name).await?
        };
        let what = format!("{} waiting, {} in flight", standing.waiting, standing.in_flight);
        let found = Finding::ok(format!("queue {name}"), what);
        findings.push(found.figure("waiting", standing.waiting).figure("in_flight", standing.in_flight));
        let dead = account.dead_letters(queue).await?;
        let about = format!("dead letters of {name}");
        let found = match dead.waiting + dead.in_flight {
            0 => Finding::ok(about, "none"),
            number => Finding::problem(
                about,
                format!("{number} wait"),
                format!("triage dlq show {name}; once the cause has gone, triage dlq replay {name}"),
            ),
        };
        findings.push(found.figure("waiting", dead.waiting).figure("in_flight", dead.in_flight));
    }
    Ok(findings)
}
