//! Metrics in CloudWatch's embedded format: a log line that becomes a metric, without a call.
//!
//! Format: <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html>.
//! Every distinct set of dimension values costs money, so dimensions come from closed sets only.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

/// What a measure is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    Count,
    Seconds,
    Bytes,
}

impl Unit {
    fn name(self) -> &'static str {
        match self {
            Self::Count => "Count",
            Self::Seconds => "Seconds",
            Self::Bytes => "Bytes",
        }
    }
}

/// Writes metrics of one stage.
#[derive(Clone, Debug)]
pub struct Metrics {
    namespace: String,
    stage: &'static str,
    written: bool,
}

impl Metrics {
    /// The namespace that stands for none: nothing is measured.
    pub const OFF: &str = "off";

    pub fn new(namespace: impl Into<String>, stage: &'static str) -> Self {
        let namespace = namespace.into();
        let written = namespace != Self::OFF;
        Self { namespace, stage, written }
    }

    /// Measures nothing: for programs whose standard output is for people.
    pub fn unwritten(stage: &'static str) -> Self {
        Self::new(Self::OFF, stage)
    }

    pub fn stage(&self) -> &'static str {
        self.stage
    }

    /// Counts one event; `dimensions` are added to the stage.
    pub fn count(&self, name: &str, dimensions: &[(&str, &str)], now: Timestamp) {
        self.add(name, 1, dimensions, now);
    }

    /// Counts so many events.
    pub fn add(&self, name: &str, count: u32, dimensions: &[(&str, &str)], now: Timestamp) {
        self.measure(name, count.into(), Unit::Count, dimensions, now);
    }

    /// Says how much of something there is.
    #[expect(clippy::print_stdout, reason = "standard output is where Lambda takes metrics from")]
    pub fn measure(&self, name: &str, value: u64, unit: Unit, dimensions: &[(&str, &str)], now: Timestamp) {
        if self.written {
            println!("{}", self.line(name, value, unit, dimensions, now));
        }
    }

    fn line(&self, name: &str, value: u64, unit: Unit, dimensions: &[(&str, &str)], now: Timestamp) -> Value {
        let names: Vec<&str> =
            std::iter::once("stage").chain(dimensions.iter().map(|(name, _)| *name)).collect();
        let mut line = Map::new();
        line.insert(
            "_aws".to_owned(),
            json!({
                "Timestamp": now.as_millisecond(),
                "CloudWatchMetrics": [{
                    "Namespace": self.namespace,
                    "Dimensions": [names],
                    "Metrics": [{"Name": name, "Unit": unit.name()}],
                }],
            }),
        );
        line.insert("stage".to_owned(), self.stage.into());
        for (dimension, value) in dimensions {
            line.insert((*dimension).to_owned(), (*value).into());
        }
        line.insert(name.to_owned(), value.into());
        Value::Object(line)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_is_one_line_in_the_embedded_format() {
        let line = Metrics::new("WazuhTriage", "enrich").line(
            "AlertsEnded",
            1,
            Unit::Count,
            &[("outcome", "ignored")],
            Timestamp::UNIX_EPOCH,
        );
        assert_eq!(
            line.to_string(),
            r#"{"_aws":{"Timestamp":0,"CloudWatchMetrics":[{"Namespace":"WazuhTriage","Dimensions":[["stage","outcome"]],"Metrics":[{"Name":"AlertsEnded","Unit":"Count"}]}]},"stage":"enrich","outcome":"ignored","AlertsEnded":1}"#
        );
    }
}
