//! What CloudWatch has counted: the only place that knows how long a message has waited, and whether a function ran.

use std::time::Duration;

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use super::Account;
use super::finding::Finding;
use crate::failure::Failure;

/// A metric of AWS's own, minute by minute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Series {
    namespace: &'static str,
    metric: &'static str,
    statistic: &'static str,
    /// What it is about: the dimension and its value.
    subject: (&'static str, String),
}

impl Series {
    /// Seconds that the oldest message of a queue has waited.
    pub fn age(queue: String) -> Self {
        let metric = "ApproximateAgeOfOldestMessage";
        Self { namespace: "AWS/SQS", metric, statistic: "Maximum", subject: ("QueueName", queue) }
    }

    /// Calls of a function.
    pub fn calls(function: String) -> Self {
        let metric = "Invocations";
        Self { namespace: "AWS/Lambda", metric, statistic: "Sum", subject: ("FunctionName", function) }
    }

    /// Calls that failed.
    pub fn errors(function: String) -> Self {
        Self { metric: "Errors", ..Self::calls(function) }
    }
}

/// A value, and the minute that it is of.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Point {
    pub at: Timestamp,
    pub value: f64,
}

/// How far back figures go.
pub(super) const LOOK_BACK: Duration = Duration::from_hours(3);

/// The points of each series, in the order of the series, the newest first.
async fn of(account: &Account, wanted: &[Series], now: Timestamp) -> Result<Vec<Vec<Point>>, Failure> {
    let answer = account.wire().await?.metric_data(&question(wanted, now)).await?;
    Ok(points(&answer, wanted.len()))
}

/// The same; or none, and why. They come on top: whoever may not read them learns everything else.
pub(super) async fn or_unknown(
    account: &Account,
    wanted: &[Series],
    now: Timestamp,
) -> Result<Result<Vec<Vec<Point>>, Finding>, Failure> {
    match of(account, wanted, now).await {
        Ok(points) => Ok(Ok(points)),
        Err(Failure::Account(error)) => {
            Ok(Err(Finding::unknown("figures of CloudWatch", error)?.only_a_warning()))
        }
        Err(failure) => Err(failure),
    }
}

fn question(wanted: &[Series], now: Timestamp) -> Value {
    let queries = wanted.iter().enumerate().map(|(number, series)| {
        let (dimension, value) = &series.subject;
        let metric = json!({
            "Namespace": series.namespace,
            "MetricName": series.metric,
            "Dimensions": [{"Name": dimension, "Value": value}],
        });
        let statistic = json!({"Metric": metric, "Period": 60, "Stat": series.statistic});
        json!({"Id": format!("m{number}"), "MetricStat": statistic, "ReturnData": true})
    });
    json!({
        "StartTime": (now - LOOK_BACK).as_second(),
        "EndTime": now.as_second(),
        "ScanBy": "TimestampDescending",
        "MetricDataQueries": queries.collect::<Vec<_>>(),
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Found {
    id: String,
    #[serde(default)]
    timestamps: Vec<f64>,
    #[serde(default)]
    values: Vec<f64>,
}

/// A series that the answer does not hold, or not as it should, has no points.
fn points(answer: &Value, series: usize) -> Vec<Vec<Point>> {
    let results = answer.get("MetricDataResults").and_then(Value::as_array);
    let found: Vec<Found> =
        results.into_iter().flatten().filter_map(|result| Found::deserialize(result).ok()).collect();
    let of = |number: usize| {
        let id = format!("m{number}");
        let found = found.iter().find(|found| found.id == id).into_iter();
        let pairs = found.flat_map(|found| found.timestamps.iter().zip(&found.values));
        let points = pairs.filter_map(|(&seconds, &value)| {
            let since_1970 = Duration::try_from_secs_f64(seconds).ok()?;
            Some(Point { at: Timestamp::UNIX_EPOCH.checked_add(since_1970).ok()?, value })
        });
        points.collect()
    };
    (0..series).map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_series_finds_its_points_whatever_the_order_of_the_answer() {
        let answer = json!({"MetricDataResults": [
            {"Id": "m1", "Timestamps": [1_791_030_120.0, 1_791_030_060.0], "Values": [7.0, 3.0]},
            {"Id": "m0", "Timestamps": [], "Values": []},
            {"Id": "m2", "Timestamps": ["2026-10-03T12:22:00Z"], "Values": [1.0]},
            {"Id": "m9", "Timestamps": [-1.0], "Values": [1.0]},
        ]});
        let at = |text: &str| text.parse().unwrap();
        let of_second = vec![
            Point { at: at("2026-10-03T12:22:00Z"), value: 7.0 },
            Point { at: at("2026-10-03T12:21:00Z"), value: 3.0 },
        ];
        assert_eq!(points(&answer, 4), [vec![], of_second, vec![], vec![]]);
        assert_eq!(points(&json!({}), 1), [vec![]]);
    }

    #[test]
    fn a_question_names_the_metric_and_whose_it_is() {
        let now = "2026-10-03T12:22:00Z".parse().unwrap();
        let question =
            question(&[Series::age("t-alerts".to_owned()), Series::errors("t-hunt".to_owned())], now);
        let of = |path: &str| question.pointer(path).unwrap().as_str().unwrap().to_owned();
        assert_eq!(of("/MetricDataQueries/0/MetricStat/Metric/MetricName"), "ApproximateAgeOfOldestMessage");
        assert_eq!(of("/MetricDataQueries/0/MetricStat/Metric/Dimensions/0/Value"), "t-alerts");
        assert_eq!(of("/MetricDataQueries/1/MetricStat/Metric/MetricName"), "Errors");
        assert_eq!(of("/MetricDataQueries/1/MetricStat/Metric/Dimensions/0/Name"), "FunctionName");
        assert_eq!(question["EndTime"].as_i64().unwrap() - question["StartTime"].as_i64().unwrap(), 3 * 3600);
    }
}
