//! `--trouble`: one provider fails, and three places say so.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use anyhow::{Context, Result};
use clap::ValueEnum;
use domain::verdict::Provider;
use serde::{Deserialize, Serialize};

use crate::mails::{Letter, Mail};
use crate::requests::Asked;
use crate::stubs::control::Behaviour;
use crate::stubs::{AbuseIpDbMode, MispMode, Order, OtxMode};

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Trouble {
    /// MISP refuses the key.
    Key,
    /// The day's requests to `AbuseIPDB` are used up.
    Quota,
    /// OTX is not available.
    Outage,
}

impl Trouble {
    /// From now on the stub provider behaves like that.
    pub(crate) async fn begin(self, stub_url: &str) -> Result<()> {
        let client = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(5)).build()?;
        let answer = client.post(format!("{stub_url}/control")).json(&self.order()).send().await;
        answer.and_then(reqwest::Response::error_for_status).context("the stub provider was not switched")?;
        Ok(())
    }

    fn provider(self) -> Provider {
        match self {
            Self::Key => Provider::Misp,
            Self::Quota => Provider::AbuseIpDb,
            Self::Outage => Provider::Otx,
        }
    }

    fn order(self) -> Order {
        match self {
            Self::Key => Order::Misp(Behaviour { mode: MispMode::Unauthorized, ..Behaviour::default() }),
            Self::Quota => {
                Order::AbuseIpDb(Behaviour { mode: AbuseIpDbMode::RateLimit, ..Behaviour::default() })
            }
            Self::Outage => Order::Otx(Behaviour { mode: OtxMode::Unavailable, ..Behaviour::default() }),
        }
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Key => "MISP refuses the key",
            Self::Quota => "AbuseIPDB's requests of the day are used up",
            Self::Outage => "OTX is not available",
        })
    }
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
    pub(crate) fn of(trouble: Trouble, mails: &[Mail], log: &[String], requests: &[Asked]) -> Self {
        let provider = trouble.provider();
        let texts: Vec<String> = mails.iter().filter_map(|mail| Letter::read(&mail.raw).text).collect();
        let mut signs = in_mails(provider, &texts);
        signs.extend(in_log(provider, log));
        signs.extend(in_metrics(provider, requests));
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
fn in_mails(provider: Provider, texts: &[String]) -> Vec<Sign> {
    let start = format!("! {provider}: ");
    let lines = texts.iter().flat_map(|text| text.lines().filter(|line| line.starts_with(&start)));
    counted(MAILS, lines.map(|line| (line.trim().to_owned(), 1)))
}

fn in_log(provider: Provider, log: &[String]) -> Vec<Sign> {
    const MESSAGE: &str = "a provider gave no answer";
    #[derive(Deserialize)]
    struct Line {
        message: String,
        provider: String,
        reason: String,
    }
    let read = |line: &String| serde_json::from_str::<Line>(line.get(line.find('{')?..)?).ok();
    let lines = log.iter().filter_map(read);
    let ours = lines.filter(|line| line.message == MESSAGE && line.provider == provider.name());
    let text = |line: Line| format!("{} provider={} reason={}", line.message, line.provider, line.reason);
    counted(LOG, ours.map(|line| (text(line), 1)))
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

    fn signs(mail: &str, log: &str) -> Signs {
        let raw = format!("Subject: x\r\n\r\n{mail}").into_bytes();
        let mail = Mail { id: 1, received_at: Timestamp::UNIX_EPOCH, raw };
        let log = [log.to_owned()];
        Signs::of(Trouble::Key, &[mail.clone(), mail], &log, &requests::over(&log, &Requests::default()))
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
            told(signs(mail, log)),
            [
                "mails 2 x ! MISP: key refused",
                "log 1 x a provider gave no answer provider=misp reason=unauthorized",
            ]
        );
        assert_eq!(
            told(signs("", metric)),
            ["metric 3 x ProviderFailures provider=misp reason=unauthorized"]
        );
    }

    #[test]
    fn a_place_that_says_nothing_is_a_problem() {
        let problems = signs("! MISP: key refused\r\n", "").problems();
        assert_eq!(
            problems,
            ["MISP refuses the key, but no log shows it", "MISP refuses the key, but no metric shows it"]
        );
    }

    #[test]
    fn every_trouble_is_an_order_to_its_provider() {
        for trouble in Trouble::value_variants() {
            let order = serde_json::to_value(trouble.order()).unwrap();
            assert_eq!(order["provider"], trouble.provider().name());
            assert_ne!(order["mode"], "ok");
        }
    }
}
