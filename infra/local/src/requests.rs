//! What the alerts cost the providers: as the metrics tell it, and as the stub providers counted it.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Context, Result};
use domain::verdict::Provider;
use serde::Serialize;
use serde_json::Value;

use crate::stubs::{MISP_HARVEST, Requests};

/// One provider's requests.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Asked {
    pub provider: Provider,
    pub sent: u64,
    /// Questions that needed no request.
    pub saved: u64,
    /// Questions without an answer, by reason.
    pub failures: BTreeMap<String, u64>,
    /// Requests that the stub provider has had.
    pub received: u64,
}

impl Asked {
    /// What does not add up.
    pub(crate) fn problem(&self) -> Option<String> {
        let Self { provider, sent, received, .. } = self;
        let differ = sent != received;
        differ.then(|| {
            format!("{provider}: the metrics tell of {sent} requests, the stub provider has had {received}")
        })
    }
}

/// One for each provider, asked or not.
pub(crate) fn over(log: &[String], received: &Requests) -> Vec<Asked> {
    let metrics: Vec<Value> = log.iter().filter_map(|line| read_metric(line)).collect();
    let of_provider = |provider: Provider| {
        let mut asked = Asked {
            provider,
            sent: 0,
            saved: 0,
            failures: BTreeMap::new(),
            received: received_by(provider, received),
        };
        for metric in metrics.iter().filter(|metric| text(metric, "provider") == Some(provider.name())) {
            let value = |name: &str| metric.get(name).and_then(Value::as_u64).unwrap_or(0);
            asked.sent += value("ProviderRequests");
            asked.saved += value("ProviderRequestsSaved");
            if let Some(reason) = text(metric, "reason") {
                *asked.failures.entry(reason.to_owned()).or_default() += value("ProviderFailures");
            }
        }
        asked
    };
    Provider::ALL.map(of_provider).into()
}

/// What the stub providers have counted.
pub(crate) async fn received(stub_url: &str) -> Result<Requests> {
    let client = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(5)).build()?;
    let answer = client.get(format!("{stub_url}/control/requests")).send().await;
    let answer = answer.and_then(reqwest::Response::error_for_status);
    answer.context("the stub providers do not answer")?.json().await.context("the counts are not readable")
}

/// Without sightings, which tell MISP something and are no metric, and without what feeds are made of.
fn received_by(provider: Provider, received: &Requests) -> u64 {
    const OTHERS: [&str; 2] = ["/sightings/add", MISP_HARVEST];
    let paths = received.get(provider.name()).into_iter().flatten();
    paths.filter(|(path, _)| !OTHERS.contains(&path.as_str())).map(|(_, count)| count).sum()
}

/// A line in `CloudWatch`'s embedded format, wherever in the line it begins.
pub(crate) fn read_metric(line: &str) -> Option<Value> {
    let line = line.get(line.find('{')?..)?;
    let metric: Value = serde_json::from_str(line).ok()?;
    metric.get("_aws").is_some().then_some(metric)
}

/// The counts of a metric, each with the value that one of its dimensions has.
pub(crate) fn counted<'a>(
    name: &'a str,
    dimension: &'a str,
    log: &'a [String],
) -> impl Iterator<Item = (String, usize)> + 'a {
    log.iter().filter_map(move |line| {
        let metric = read_metric(line)?;
        let count = metric.get(name)?.as_u64()?;
        Some((text(&metric, dimension)?.to_owned(), usize::try_from(count).unwrap_or(usize::MAX)))
    })
}

fn text<'a>(metric: &'a Value, name: &str) -> Option<&'a str> {
    metric.get(name)?.as_str()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines() -> Vec<String> {
        [
            r#"{"_aws":{"Timestamp":0},"stage":"enrich","provider":"otx","ProviderRequests":2}"#,
            r#"2026-11-22T04:00:00Z x {"_aws":{},"stage":"enrich","provider":"otx","ProviderRequests":1}"#,
            r#"{"_aws":{},"stage":"enrich","provider":"otx","ProviderRequestsSaved":4}"#,
            r#"{"_aws":{},"provider":"misp","reason":"unauthorized","ProviderFailures":2}"#,
            r#"{"_aws":{},"provider":"misp","reason":"unauthorized","ProviderFailures":1}"#,
            r#"{"_aws":{},"stage":"enrich","outcome":"ignored","AlertsEnded":1}"#,
            r#"{"level":"WARN","message":"a provider gave no answer","provider":"misp","ProviderRequests":9}"#,
            "START RequestId: x",
            "",
        ]
        .map(str::to_owned)
        .into()
    }

    #[test]
    fn requests_are_summed_by_provider() {
        let asked = over(&lines(), &Requests::default());
        let told: Vec<(&str, u64, u64)> =
            asked.iter().map(|it| (it.provider.name(), it.sent, it.saved)).collect();
        assert_eq!(told, [("abuseipdb", 0, 0), ("misp", 0, 0), ("otx", 3, 4)]);
        assert_eq!(asked[1].failures, BTreeMap::from([("unauthorized".to_owned(), 3)]));
    }

    #[test]
    fn a_request_that_the_metrics_do_not_know_is_a_problem() {
        let path = |path: &str, count| BTreeMap::from([(path.to_owned(), count)]);
        let received = Requests::from([
            ("otx".to_owned(), path("/api/v1/indicators/IPv4/general", 3)),
            ("misp".to_owned(), path("/sightings/add", 1)),
            ("abuseipdb".to_owned(), path("/api/v2/check", 1)),
        ]);
        let problems: Vec<String> = over(&lines(), &received).iter().filter_map(Asked::problem).collect();
        assert_eq!(problems, ["AbuseIPDB: the metrics tell of 0 requests, the stub provider has had 1"]);
    }
}
