//! What waits in queues and among their dead letters, and for how long.

use std::time::Duration;

use jiff::Timestamp;

use super::figures::{self, Point, Series};
use super::{Account, Finding, Queue, wait};
use crate::failure::Failure;
use crate::operate::account::Standing;
use crate::operate::long;

pub(super) async fn look(account: &Account, now: Timestamp) -> Result<Vec<Finding>, Failure> {
    let names = Queue::ALL.into_iter().flat_map(|queue| [queue.name().to_owned(), queue.dead_letters()]);
    let series: Vec<Series> = names.map(|name| Series::age(account.full(&name))).collect();
    let (points, unknown) = match figures::or_unknown(account, &series, now).await? {
        Ok(points) => (points, None),
        Err(unknown) => (Vec::new(), Some(unknown)),
    };
    let mut ages = points.iter().map(|points| age(points, now));
    let mut findings = Vec::new();
    for queue in Queue::ALL {
        let (age, dead_age) = (ages.next().flatten(), ages.next().flatten());
        let name = queue.name();
        let standing = if queue.is_optional() {
            let Some(standing) = account.queue(name).await? else { continue };
            standing
        } else {
            account.existing(name).await?
        };
        findings.push(waiting(queue, &standing, age));
        findings.push(dead(queue, &account.dead_letters(queue).await?, dead_age));
    }
    findings.extend(unknown);
    Ok(findings)
}

/// How long the oldest message has waited, as far as CloudWatch has heard.
fn age(points: &[Point], now: Timestamp) -> Option<Duration> {
    const BELIEVED: Duration = Duration::from_mins(10);
    let newest = points.first().filter(|point| point.at + BELIEVED >= now)?;
    Duration::try_from_secs_f64(newest.value).ok()
}

fn waiting(queue: Queue, standing: &Standing, age: Option<Duration>) -> Finding {
    let about = format!("queue {}", queue.name());
    let age = age.filter(|_| standing.waiting + standing.in_flight > 0);
    let what = format!("{} waiting, {} in flight{}", standing.waiting, standing.in_flight, oldest(age));
    let found = if age.is_some_and(|age| age > queue.longest_wait()) {
        Finding::problem(about, what, "docs/runbooks/queue-age.md")
    } else {
        Finding::ok(about, what)
    };
    with_figures(found, standing, age)
}

fn dead(queue: Queue, standing: &Standing, age: Option<Duration>) -> Finding {
    let name = queue.name();
    let about = format!("dead letters of {name}");
    let number = standing.waiting + standing.in_flight;
    if number == 0 {
        return with_figures(Finding::ok(about, "none"), standing, None);
    }
    let cure = format!("triage dlq show {name}; once the cause has gone, triage dlq replay {name}");
    with_figures(Finding::problem(about, format!("{}{}", wait(number), oldest(age)), cure), standing, age)
}

fn oldest(age: Option<Duration>) -> String {
    age.map_or_else(String::new, |age| format!(", the oldest for {}", long(age)))
}

fn with_figures(finding: Finding, standing: &Standing, age: Option<Duration>) -> Finding {
    let finding = finding.figure("waiting", standing.waiting).figure("in_flight", standing.in_flight);
    match age {
        Some(age) => finding.figure("oldest_seconds", age.as_secs()),
        None => finding,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operate::finding::Level;

    fn standing(waiting: u64) -> Standing {
        Standing { url: String::new(), arn: String::new(), waiting, in_flight: 0 }
    }

    #[test]
    fn what_waits_too_long_needs_a_person_and_the_manager_may_be_away_for_a_day() {
        let mins = |mins| Some(Duration::from_mins(mins));
        for (queue, number, age, level, what) in [
            (Queue::Alerts, 3, mins(14), Level::Ok, "3 waiting, 0 in flight, the oldest for 14 min"),
            (Queue::Alerts, 3, mins(16), Level::Problem, "3 waiting, 0 in flight, the oldest for 16 min"),
            (Queue::Feedback, 3, mins(200), Level::Ok, "3 waiting, 0 in flight, the oldest for 3 h"),
            (Queue::Alerts, 3, None, Level::Ok, "3 waiting, 0 in flight"),
            (Queue::Alerts, 0, mins(16), Level::Ok, "0 waiting, 0 in flight"),
        ] {
            let found = waiting(queue, &standing(number), age);
            assert_eq!((found.level, found.what.as_str()), (level, what));
        }
        let found = dead(Queue::Alerts, &standing(2), mins(60 * 24 * 3));
        assert_eq!((found.level, found.what.as_str()), (Level::Problem, "2 wait, the oldest for 3 days"));
    }

    #[test]
    fn an_age_that_is_old_itself_says_nothing() {
        let at: Timestamp = "2026-10-03T12:00:00Z".parse().unwrap();
        let points = [Point { at, value: 90.0 }];
        assert_eq!(age(&points, at + Duration::from_mins(10)), Some(Duration::from_secs(90)));
        assert_eq!(age(&points, at + Duration::from_mins(11)), None);
        assert_eq!(age(&[], at), None);
    }
}
