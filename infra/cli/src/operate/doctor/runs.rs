//! Whether the functions that the clock calls have run, and how that went.

use std::time::Duration;

use hunt::window::Window;
use jiff::Timestamp;

use super::figures::{self, LOOK_BACK, Point, Series};
use super::{Account, Finding, ago, long};
use crate::failure::Failure;

/// Each with how long it may be silent. How often ingest runs is up to its feeds, whose schedules are looked at.
const CALLED: [(&str, Option<Duration>); 4] = [
    ("analyze", Some(Duration::from_mins(15))),
    ("notify", Some(Duration::from_mins(15))),
    ("hunt", Some(Window::LOOK_BACK)),
    ("ingest", None),
];

pub(super) async fn look(account: &Account, now: Timestamp) -> Result<Vec<Finding>, Failure> {
    let functions = CALLED.map(|(function, _)| account.full(function));
    let series =
        functions.iter().flat_map(|name| [Series::calls(name.clone()), Series::errors(name.clone())]);
    let points = match figures::or_unknown(account, &series.collect::<Vec<_>>(), now).await? {
        Ok(points) => points,
        Err(unknown) => return Ok(vec![unknown]),
    };
    if points.iter().all(Vec::is_empty) {
        let what = format!("CloudWatch has heard of none for {}", long(LOOK_BACK));
        let cure = "are the schedules on? A new deployment takes minutes, and an emulator may not count them";
        return Ok(vec![Finding::warning("runs of functions", what, cure)]);
    }
    let pairs = points.chunks(2).zip(CALLED);
    Ok(pairs
        .filter_map(|(pair, (name, longest))| match pair {
            [calls, errors] => Some(of_function(name, longest, calls, errors, now)),
            _ => None,
        })
        .collect())
}

fn of_function(
    name: &str,
    longest: Option<Duration>,
    calls: &[Point],
    errors: &[Point],
    now: Timestamp,
) -> Finding {
    let about = format!("runs of {name}");
    let log = "look at its log, and whether its schedule is on";
    let sum = |points: &[Point]| points.iter().fold(0.0, |sum, point| sum + point.value);
    let (called, failed) = (sum(calls), sum(errors));
    let Some(last) = calls.iter().find(|point| point.value > 0.0) else {
        let what = format!("none for {}", long(LOOK_BACK));
        return match longest {
            Some(_) => Finding::warning(about, what, format!("nothing, if it is new; else {log}")),
            None => Finding::ok(about, what),
        };
    };
    let what = format!(
        "{called:.0} in {}, {failed:.0} of them failed, the last {}",
        long(LOOK_BACK),
        ago(last.at, now)
    );
    let found = if longest.is_some_and(|longest| last.at + longest < now) || failed >= called {
        Finding::problem(about, what, log)
    } else if failed > 0.0 {
        Finding::warning(about, what, "what failed is done by the next run; if it lasts, look at its log")
    } else {
        Finding::ok(about, what)
    };
    found.figure("calls", called).figure("errors", failed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operate::finding::Level;

    #[test]
    fn silence_and_failures_are_told_apart() {
        let now: Timestamp = "2026-10-03T12:00:00Z".parse().unwrap();
        let point = |minutes, value| Point { at: now - Duration::from_mins(minutes), value };
        let hunt = Some(Window::LOOK_BACK);
        for (calls, errors, longest, level, what) in [
            (
                vec![point(4, 1.0), point(19, 1.0)],
                vec![point(4, 0.0)],
                hunt,
                Level::Ok,
                "2 in 3 h, 0 of them failed, the last 4 min ago",
            ),
            (
                vec![point(4, 1.0), point(19, 1.0)],
                vec![point(4, 1.0)],
                hunt,
                Level::Warning,
                "2 in 3 h, 1 of them failed, the last 4 min ago",
            ),
            (
                vec![point(4, 1.0)],
                vec![point(4, 1.0)],
                hunt,
                Level::Problem,
                "1 in 3 h, 1 of them failed, the last 4 min ago",
            ),
            (
                vec![point(46, 1.0)],
                vec![],
                hunt,
                Level::Problem,
                "1 in 3 h, 0 of them failed, the last 46 min ago",
            ),
            (
                vec![point(46, 1.0)],
                vec![],
                None,
                Level::Ok,
                "1 in 3 h, 0 of them failed, the last 46 min ago",
            ),
            (vec![], vec![], hunt, Level::Warning, "none for 3 h"),
            (vec![], vec![], None, Level::Ok, "none for 3 h"),
        ] {
            let found = of_function("hunt", longest, &calls, &errors, now);
            assert_eq!((found.level, found.what.as_str()), (level, what));
        }
    }
}
