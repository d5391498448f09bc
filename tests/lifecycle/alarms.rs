//! The alarms as they were deployed, and what the metrics that they watch say at the moment.

use std::collections::BTreeMap;

use ::tests::{Site, deployed};
use anyhow::{Context, Result};
use aws_sdk_sqs::types::{MessageSystemAttributeName, QueueAttributeName};
use serde_json::Value;

use crate::console::Console;
use crate::state::State;

/// An alarm, by its name without the deployment's.
#[derive(Debug)]
pub struct Alarm {
    pub name: String,
    /// By the id that its expression knows them by.
    pub metrics: BTreeMap<String, Metric>,
}

/// What an alarm asks `CloudWatch` for.
#[derive(Clone, Debug, PartialEq)]
pub struct Metric {
    pub namespace: String,
    pub name: String,
    pub dimensions: BTreeMap<String, String>,
    pub stat: String,
}

pub fn deployed_alarms(state: &State, deployment: &str) -> Result<Vec<Alarm>> {
    state
        .all("aws_cloudwatch_metric_alarm")
        .map(|alarm| {
            let name = alarm.text("alarm_name")?;
            let name = name.strip_prefix(deployment).and_then(|name| name.strip_prefix('-'));
            let queries = alarm.value("metric_query").as_array().into_iter().flatten();
            let metrics = queries.filter_map(|query| {
                let metric = query["metric"].get(0)?;
                Some((query["id"].as_str()?.to_owned(), Metric::read(metric)?))
            });
            Ok(Alarm {
                name: name.context("an alarm without the deployment's name")?.to_owned(),
                metrics: metrics.collect(),
            })
        })
        .collect()
}

impl Metric {
    fn read(metric: &Value) -> Option<Self> {
        let text = |name: &str| Some(metric[name].as_str()?.to_owned());
        let dimensions = metric["dimensions"].as_object()?.iter();
        Some(Self {
            namespace: text("namespace")?,
            name: text("metric_name")?,
            dimensions: dimensions
                .filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned())))
                .collect(),
            stat: text("stat")?,
        })
    }

    /// Its sum or its maximum in these lines of the log.
    pub fn over(&self, lines: &[String]) -> f64 {
        let values = lines.iter().filter_map(|line| self.in_line(line));
        if self.stat == "Maximum" { values.fold(0.0, f64::max) } else { values.sum() }
    }

    /// What a line of the log adds, if it is this metric with these dimensions and no others.
    fn in_line(&self, line: &str) -> Option<f64> {
        let line: Value = serde_json::from_str(line.get(line.find('{')?..)?).ok()?;
        let directives = line["_aws"]["CloudWatchMetrics"].as_array()?.iter();
        let fits = directives.into_iter().any(|directive| {
            let named = |metric: &Value| metric["Name"] == self.name.as_str();
            let sets = directive["Dimensions"].as_array().into_iter().flatten();
            directive["Namespace"] == self.namespace.as_str()
                && directive["Metrics"].as_array().is_some_and(|metrics| metrics.iter().any(named))
                && sets.into_iter().any(|set| self.has_dimensions(set))
        });
        let values = self.dimensions.iter().all(|(name, value)| line[name.as_str()] == value.as_str());
        (fits && values).then(|| line[self.name.as_str()].as_f64())?
    }

    fn has_dimensions(&self, set: &Value) -> bool {
        let set: Vec<&str> = set.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        set.len() == self.dimensions.len() && set.iter().all(|name| self.dimensions.contains_key(*name))
    }
}

/// What all stages have counted under this name, whatever the dimensions.
pub fn counted(name: &str, lines: &[String]) -> f64 {
    let values = lines.iter().filter_map(|line| {
        let line: Value = serde_json::from_str(line.get(line.find('{')?..)?).ok()?;
        line.get("_aws")?;
        line[name].as_f64()
    });
    values.sum()
}

/// Where metrics are read.
#[derive(Debug)]
pub struct Gauges<'a> {
    pub site: &'a Site,
    pub console: &'a Console,
}

impl Gauges<'_> {
    /// Its sum or its maximum since the beginning, as the alarm asks; of a queue what it is now.
    pub async fn read(&self, metric: &Metric) -> Result<f64> {
        match (metric.namespace.as_str(), metric.name.as_str()) {
            ("AWS/SQS", "ApproximateNumberOfMessagesVisible") => self.waiting(metric).await,
            ("AWS/SQS", "ApproximateAgeOfOldestMessage") => self.age(metric).await,
            ("AWS/Lambda", "Errors" | "Throttles") => self.console.sum(metric).await,
            _ => self.logged(metric).await,
        }
    }

    async fn logged(&self, metric: &Metric) -> Result<f64> {
        Ok(metric.over(&deployed::log_lines(self.site).await?))
    }

    async fn waiting(&self, metric: &Metric) -> Result<f64> {
        const VISIBLE: QueueAttributeName = QueueAttributeName::ApproximateNumberOfMessages;
        let request = self.site.sqs.get_queue_attributes().queue_url(self.queue_url(metric).await?);
        let attributes = request.attribute_names(VISIBLE).send().await?.attributes.unwrap_or_default();
        Ok(attributes.get(&VISIBLE).context("a queue without a count")?.parse()?)
    }

    /// Nothing tells the age but a message itself; it is looked at and stays.
    async fn age(&self, metric: &Metric) -> Result<f64> {
        let request =
            self.site.sqs.receive_message().queue_url(self.queue_url(metric).await?).visibility_timeout(0);
        let request = request.message_system_attribute_names(MessageSystemAttributeName::SentTimestamp);
        let Some(message) = request.send().await?.messages.unwrap_or_default().pop() else { return Ok(0.0) };
        let sent = message.attributes.unwrap_or_default().remove(&MessageSystemAttributeName::SentTimestamp);
        let sent = jiff::Timestamp::from_millisecond(sent.context("a message without a time")?.parse()?)?;
        Ok(jiff::Timestamp::now().duration_since(sent).as_secs_f64())
    }

    async fn queue_url(&self, metric: &Metric) -> Result<String> {
        let name = metric.dimensions.get("QueueName").context("a metric of a queue without its name")?;
        let found = self.site.sqs.get_queue_url().queue_name(name).send().await?;
        found.queue_url.context("a queue without a URL")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_counts_only_for_the_metric_with_exactly_its_dimensions() {
        let line = r#"x {"_aws":{"CloudWatchMetrics":[{"Namespace":"N","Dimensions":[["stage","reason"]],"Metrics":[{"Name":"M"}]}]},"stage":"a","reason":"r","M":2}"#;
        let metric = |namespace: &str, name: &str, dimensions: &[(&str, &str)]| Metric {
            namespace: namespace.to_owned(),
            name: name.to_owned(),
            dimensions: dimensions
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect(),
            stat: "Sum".to_owned(),
        };
        for (metric, expected) in [
            (metric("N", "M", &[("stage", "a"), ("reason", "r")]), Some(2.0)),
            (metric("O", "M", &[("stage", "a"), ("reason", "r")]), None),
            (metric("N", "O", &[("stage", "a"), ("reason", "r")]), None),
            (metric("N", "M", &[("stage", "a")]), None),
            (metric("N", "M", &[("stage", "b"), ("reason", "r")]), None),
            (metric("N", "M", &[("stage", "a"), ("type", "r")]), None),
        ] {
            assert_eq!(metric.in_line(line), expected, "{metric:?}");
        }
    }
}
