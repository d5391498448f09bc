//! `--trouble`: a provider or the model fails, and three places say so.

use std::collections::BTreeMap;
use std::fmt;

use anyhow::Result;
use clap::ValueEnum;
use domain::verdict::Provider;
use serde::{Deserialize, Serialize};

use crate::mails::{Letter, Mail};
use crate::orders;
use crate::requests::{Asked, read_metric};
use crate::stubs::control::Behaviour;
use crate::stubs::{AbuseIpDbMode, MispMode, ModelMode, Order, OtxMode};

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Trouble {
    /// MISP refuses the key.
    Key,
    /// The day's requests to `AbuseIPDB` are used up.
    Quota,
    /// OTX is not available.
    Outage,
    /// The model is not available.
    Model,
}

impl Trouble {
    /// From now on the stub provider behaves like that.
    pub(crate) async fn begin(self, stub_url: &str) -> Result<()> {
        orders::give(stub_url, &self.order()).await
    }

    fn patient(self) -> Patient {
        match self {
            Self::Key => Patient::Provider(Provider::Misp),
            Self::Quota => Patient::Provider(Provider::AbuseIpDb),
            Self::Outage => Patient::Provider(Provider::Otx),
            Self::Model => Patient::Model,
        }
    }

    fn order(self) -> Order {
        match self {
            Self::Key => Order::Misp(Behaviour { mode: MispMode::Unauthorized, ..Behaviour::default() }),
            Self::Quota => {
                Order::AbuseIpDb(Behaviour { mode: AbuseIpDbMode::RateLimit, ..Behaviour::default() })
            }
            Self::Outage => Order::Otx(Behaviour { mode: OtxMode::Unavailable, ..Behaviour::default() }),
            Self::Model => Order::Model(Behaviour { mode: ModelMode::Overloaded, ..Behaviour::default() }),
        }
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Key => "MISP refuses the key",
            Self::Quota => "AbuseIPDB's requests of the day are used up",
            Self::Outage => "OTX is not available",
            Self::Model => "the model is not available",
        })
    }
}

/// Who is in trouble.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Patient {
    Provider(Provider),
    Model,
}

/// Lines of the functions' logs.
#[derive(Debug, Default)]
pub(crate) struct Logs {
    pub enrich: Vec<String>,
    pub analyze: Vec<String>,
}

/// One thing that a place said, and how often.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Sign {
    pub place: &'static str,
    pub text: String,
    pub times: u64,
}

/// Where the trouble shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Signs {
    pub trouble: String,
    pub signs: Vec<Sign>,
}

const MAILS: &str = "mails";
const LOG: &str = "log";
const METRIC: &str = "metric";

impl Signs {
    pub(crate) fn of(trouble: Trouble, mails: &[Mail], logs: &Logs, requests: &[Asked]) -> Self {
        let texts: Vec<String> = mails.iter().filter_map(|mail| Letter::read(&mail.raw).text).collect();
        let (mut signs, said, counted) = match trouble.patient() {
            Patient::Provider(provider) => (
                in_mails(&format!("! {provider}: "), &texts),
                of_provider(provider, &logs.enrich),
                in_metrics(provider, requests),
            ),
            Patient::Model => (
                in_mails("No model analysis: ", &texts),
                of_model(&logs.analyze),
                analyses_unavailable(&logs.analyze),
            ),
        };
        signs.extend(said);
        signs.extend(counted);
        Self { trouble: trouble.to_string(), signs }
    }

    /// The places that say nothing.
    pub(crate) fn problems(&self) -> Vec<String> {
        let silent = [MAILS, LOG, METRIC]
            .into_iter()
            .filter(|place| !self.signs.iter().any(|sign| sign.place == *place));
        silent.map(|place| format!("{}, but no {place} shows it", self.trouble)).collect()
    }
}

/// The lines of mails that name who gave no answer, and the number of mails with each.
fn in_mails(start: &str, texts: &[String]) -> Vec<Sign> {
    let lines = texts.iter().flat_map(|text| text.lines().filter(|line| line.starts_with(start)));
    counted(MAILS, lines.map(|line| (line.trim().to_owned(), 1)))
}

/// One line of a log about somebody who gave no answer.
#[derive(Deserialize)]
struct Line {
    message: String,
    reason: String,
    provider: Option<String>,
}

fn read(line: &str) -> Option<Line> {
    serde_json::from_str(line.get(line.find('{')?..)?).ok()
}

fn of_provider(provider: Provider, log: &[String]) -> Vec<Sign> {
    const MESSAGE: &str = "a provider gave no answer";
    let lines = log.iter().filter_map(|line| read(line));
    let ours =
        lines.filter(|line| line.message == MESSAGE && line.provider.as_deref() == Some(provider.name()));
    let text = |line: Line| format!("{MESSAGE} provider={} reason={}", provider.name(), line.reason);
    counted(LOG, ours.map(|line| (text(line), 1)))
}

fn of_model(log: &[String]) -> Vec<Sign> {
    const MESSAGES: [&str; 3] =
        ["the model gave no answer", "the model did not answer as asked", "no model is asked"];
    let lines =
        log.iter().filter_map(|line| read(line)).filter(|line| MESSAGES.contains(&line.message.as_str()));
    counted(LOG, lines.map(|line| (format!("{} reason={}", line.message, line.reason), 1)))
}

fn analyses_unavailable(log: &[String]) -> Vec<Sign> {
    let metrics = log.iter().filter_map(|line| read_metric(line));
    let ours = metrics.filter_map(|metric| {
        let count = metric.get("AnalysesUnavailable")?.as_u64()?;
        Some((format!("AnalysesUnavailable reason={}", metric.get("reason")?.as_str()?), count))
    });
    counted(METRIC, ours)
}

fn in_metrics(provider: Provider, requests: &[Asked]) -> Vec<Sign> {
    let ours = requests.iter().filter(|asked| asked.provider == provider);
    let text = |reason: &str| format!("ProviderFailures provider={} reason={reason}", provider.name());
    counted(
        METRIC,
        ours.flat_map(|asked| asked.failures.iter().map(|(reason, count)| (text(reason), *count))),
    )
}

fn counted(place: &'static str, found: impl Iterator<Item = (String, u64)>) -> Vec<Sign> {
    let mut times: BTreeMap<String, u64> = BTreeMap::new();
    for (text, count) in found {
        *times.entry(text).or_default() += count;
    }
    times.into_iter().map(|(text, times)| Sign { place, text, times }).collect()
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::requests;
    use crate::stubs::Requests;

    fn signs(trouble: Trouble, mail: &str, log: &str) -> Signs {
        let raw = format!("Subject: x\r\n\r\n{mail}").into_bytes();
        let mail = Mail { id: 1, received_at: Timestamp::UNIX_EPOCH, raw };
        let logs = Logs { enrich: vec![log.to_owned()], analyze: vec![log.to_owned()] };
        let requests = requests::over(&logs.enrich, &Requests::default());
        Signs::of(trouble, &[mail.clone(), mail], &logs, &requests)
    }

    #[test]
    fn a_trouble_shows_in_three_places() {
        let mail = "Score 75 of 100.\r\n! MISP: key refused\r\n! OTX: not reachable\r\n";
        let log = r#"{"message":"a provider gave no answer","provider":"misp","reason":"unauthorized"}"#;
        let metric = r#"{"_aws":{},"provider":"misp","reason":"unauthorized","ProviderFailures":3}"#;
        let told = |signs: Signs| -> Vec<String> {
            signs.signs.iter().map(|sign| format!("{} {} x {}", sign.place, sign.times, sign.text)).collect()
        };
        assert_eq!(
            told(signs(Trouble::Key, mail, log)),
            [
                "mails 2 x ! MISP: key refused",
                "log 1 x a provider gave no answer provider=misp reason=unauthorized",
            ]
        );
        assert_eq!(
            told(signs(Trouble::Key, "", metric)),
            ["metric 3 x ProviderFailures provider=misp reason=unauthorized"]
        );
    }

    #[test]
    fn a_model_in_trouble_shows_in_the_same_places() {
        let mail = "No model analysis: the model was not reachable.\r\n";
        let log =
            r#"{"message":"the model did not answer as asked","model.status":503,"reason":"unreachable"}"#;
        let metric = r#"{"_aws":{},"stage":"analyze","reason":"unreachable","AnalysesUnavailable":2}"#;
        assert_eq!(
            signs(Trouble::Model, mail, log).problems(),
            ["the model is not available, but no metric shows it"]
        );
        let counted = signs(Trouble::Model, "", metric).signs;
        assert_eq!((counted[0].place, counted[0].times), (METRIC, 2));
    }

    #[test]
    fn a_place_that_says_nothing_is_a_problem() {
        let problems = signs(Trouble::Key, "! MISP: key refused\r\n", "").problems();
        assert_eq!(
            problems,
            ["MISP refuses the key, but no log shows it", "MISP refuses the key, but no metric shows it"]
        );
    }

    #[test]
    fn every_trouble_is_an_order_to_its_provider() {
        for trouble in Trouble::value_variants() {
            let order = serde_json::to_value(trouble.order()).unwrap();
            let name = match trouble.patient() {
                Patient::Provider(provider) => provider.name(),
                Patient::Model => "model",
            };
            assert_eq!(order["provider"], name);
            assert_ne!(order["mode"], "ok");
        }
    }
}
