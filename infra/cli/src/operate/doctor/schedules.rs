//! Whether what is done by the clock is switched on, and whether each feed is tried as often as it should be.

use std::time::Duration;

use ingest::health::{Health, Status};
use jiff::Timestamp;
use serde::Deserialize;

use super::parts::APPLY;
use super::{Account, AccountError, Finding, ago};
use crate::failure::Failure;

const NEEDED: [&str; 3] = ["sweep-analyze", "sweep-notify", "hunt"];
const OPTIONAL: &str = "canary";

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Schedule {
    #[serde(default)]
    state: String,
    #[serde(default)]
    schedule_expression: String,
}

/// `status` names the feeds; without it theirs are not looked at.
pub(super) async fn look(
    account: &Account,
    status: Option<&Status>,
    now: Timestamp,
) -> Result<Vec<Finding>, Failure> {
    let wire = account.wire().await?;
    let named = async |name: &str| {
        let found = wire.schedule(&account.full(name)).await?;
        Ok::<_, AccountError>(found.and_then(|found| Schedule::deserialize(found).ok()))
    };
    let mut findings = Vec::new();
    for name in NEEDED.into_iter().chain([OPTIONAL]) {
        findings.push(match named(name).await {
            Ok(None) if name == OPTIONAL => Finding::ok(about(name), "is not there, and need not be"),
            Ok(found) => standing(name, found.as_ref()),
            Err(error) => Finding::unknown(about(name), error)?,
        });
    }
    for health in status.iter().flat_map(|status| &status.feeds) {
        let name = format!("feed-{}", health.feed);
        findings.push(match named(&name).await {
            Ok(found) => of_feed(&name, found.as_ref(), health, now),
            Err(error) => Finding::unknown(about(&name), error)?,
        });
    }
    Ok(findings)
}

fn about(name: &str) -> String {
    format!("schedule {name}")
}

fn standing(name: &str, found: Option<&Schedule>) -> Finding {
    match found {
        None => Finding::problem(about(name), "is not there", APPLY),
        Some(schedule) if schedule.state == "ENABLED" => {
            Finding::ok(about(name), format!("is on, {}", schedule.schedule_expression))
        }
        Some(schedule) => {
            let what = format!("is switched off ({})", schedule.state);
            Finding::problem(
                about(name),
                what,
                "terraform apply switches it on; who switched it off, and why?",
            )
        }
    }
}

/// A schedule that is on and calls nobody is found by what it should have done.
fn of_feed(name: &str, found: Option<&Schedule>, health: &Health, now: Timestamp) -> Finding {
    let finding = standing(name, found);
    let pause = found
        .filter(|schedule| schedule.state == "ENABLED")
        .and_then(|schedule| pause(&schedule.schedule_expression));
    match pause.map(patience) {
        Some(patience) if health.last_attempt + patience < now => Finding::problem(
            about(name),
            format!("{}, but ingest last tried it {}", finding.what, ago(health.last_attempt, now)),
            "look at the log of ingest: docs/runbooks/feed-stale.md",
        ),
        Some(_) | None => finding,
    }
}

/// Three runs, and at least an hour: as the alarm has it.
fn patience(pause: Duration) -> Duration {
    (pause * 3).max(Duration::from_hours(1))
}

/// Of `rate(15 minutes)`.
fn pause(expression: &str) -> Option<Duration> {
    let (number, unit) = expression.strip_prefix("rate(")?.strip_suffix(')')?.split_once(' ')?;
    let number: u32 = number.parse().ok()?;
    let unit = match unit.trim_end_matches('s') {
        "minute" => Duration::from_mins(1),
        "hour" => Duration::from_hours(1),
        "day" => Duration::from_hours(24),
        _ => return None,
    };
    Some(unit * number)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operate::feeds;
    use crate::operate::finding::Level;

    #[test]
    fn a_rate_is_read_and_nothing_else() {
        for (text, expected) in [
            ("rate(1 minute)", Some(60)),
            ("rate(15 minutes)", Some(900)),
            ("rate(2 hours)", Some(7_200)),
            ("rate(1 day)", Some(86_400)),
            ("cron(0 12 * * ? *)", None),
            ("rate(-1 minutes)", None),
            ("", None),
        ] {
            assert_eq!(pause(text).map(|pause| pause.as_secs()), expected, "{text}");
        }
    }

    #[test]
    fn a_schedule_that_is_off_missing_or_without_effect_needs_a_person() {
        let health = &feeds::tests::status().feeds[1];
        let on = Schedule { state: "ENABLED".to_owned(), schedule_expression: "rate(30 minutes)".to_owned() };
        let off = Schedule { state: "DISABLED".to_owned(), schedule_expression: String::new() };
        let soon = health.last_attempt + Duration::from_mins(90);
        let late = soon + Duration::from_secs(1);
        for (found, now, level, what) in [
            (Some(&on), soon, Level::Ok, "is on, rate(30 minutes)"),
            (Some(&on), late, Level::Problem, "is on, rate(30 minutes), but ingest last tried it 90 min ago"),
            (Some(&off), late, Level::Problem, "is switched off (DISABLED)"),
            (None, soon, Level::Problem, "is not there"),
        ] {
            let finding = of_feed("feed-feodo", found, health, now);
            assert_eq!((finding.level, finding.what.as_str()), (level, what));
        }
    }
}
