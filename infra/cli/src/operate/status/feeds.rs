//! How the feeds stand, and what enrich has of them.

use ingest::health::{Health, Published, Status, Working};
use intel::snapshot::Current;
use jiff::Timestamp;

use super::{Account, Finding};
use crate::failure::Failure;
use crate::operate::{ago, feeds};

/// After so many runs in vain the next one may not help, as the alarm has it.
const TRIES: u32 = 3;
const RUNBOOK: &str = "docs/runbooks/feed-stale.md";

pub(super) async fn look(account: &Account, now: Timestamp) -> Result<Vec<Finding>, Failure> {
    let bucket = account.feeds_bucket().await?;
    Ok(match feeds::read(account, bucket).await? {
        Some(status) => of_status(&status, now),
        None => vec![Finding::warning(
            "feeds",
            "nothing is known: ingest has not run yet",
            "nothing, if it is new or no feed is on; else triage doctor",
        )],
    })
}

fn of_status(status: &Status, now: Timestamp) -> Vec<Finding> {
    let mut findings: Vec<Finding> = status.feeds.iter().map(|health| of_feed(health, now)).collect();
    findings.push(of_snapshot(status.snapshot.as_ref(), now));
    findings
}

fn of_feed(health: &Health, now: Timestamp) -> Finding {
    let about = format!("feed {}", health.feed);
    let fetched = match health.last_success {
        Some(at) => format!("fetched {}", ago(at, now)),
        None => "never fetched".to_owned(),
    };
    let remark = feeds::remark(health).map_or_else(String::new, |remark| format!("; {remark}"));
    let what = format!("{} rows, {fetched}{remark}", health.rows);
    let found = match &health.state {
        Working::Fine => Finding::ok(about, what),
        Working::Off { .. } => {
            Finding::warning(about, what, "give it a key (triage secrets set), or switch it off in Terraform")
        }
        Working::Failing { attempts, .. } if *attempts < TRIES => {
            Finding::warning(about, what, "nothing, unless it lasts: the next run tries again")
        }
        Working::Failing { .. } => Finding::problem(about, what, RUNBOOK),
    };
    let found = found.figure("rows", health.rows);
    match health.age_seconds(now) {
        Some(seconds) => found.figure("age_seconds", seconds),
        None => found,
    }
}

fn of_snapshot(published: Option<&Published>, now: Timestamp) -> Finding {
    let about = "snapshot of the feeds";
    let Some(published) = published else {
        return Finding::warning(
            about,
            "none yet",
            "nothing, unless it lasts: ingest makes one when it runs",
        );
    };
    let what = format!("{} indicators, built {}", published.indicators, ago(published.built_at, now));
    let found = if published.built_at + Current::MOST_AGE < now {
        Finding::problem(about, format!("{what}: too old for enrich to believe it"), RUNBOOK)
    } else {
        Finding::ok(about, what)
    };
    found.figure("indicators", published.indicators)
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::*;

    fn check(now: &str) -> String {
        let status = feeds::tests::status();
        let line = |found: Finding| {
            format!(
                "{:?} | {} | {} | {}",
                found.level,
                found.about,
                found.what,
                found.cure.unwrap_or_default()
            )
        };
        of_status(&status, now.parse().unwrap()).into_iter().map(line).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn what_fails_once_is_left_to_the_next_run_and_what_fails_for_long_to_a_person() {
        assert_snapshot!(check("2026-10-03T14:00:00Z"));
    }

    #[test]
    fn a_snapshot_that_enrich_does_not_believe_needs_a_person() {
        assert!(check("2026-10-05T14:00:00Z").contains("Problem | snapshot of the feeds"));
    }
}
