//! One attempt to log in, whatever kind of log it was in: who, from where, to which host, how, and how it ended.
//!
//! Hunting for the abuse of valid accounts works on these. An alert is one by its fields, groups and outcome, never by
//! its rule id or by ATT&CK: Wazuh's rules give every login T1078.

mod account;
mod address;
mod country;
mod hour;
mod log_line;
mod method;
mod outcome;
#[cfg(test)]
mod tests;

use std::net::IpAddr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use account::Account;
pub use address::of as address_of;
pub use country::Country;
pub use hour::subjects_of_hours;
pub use method::Method;
pub use outcome::Outcome;

use crate::alert::{Alert, AlertKey};
use crate::verdict::{Evidence, Judgement, Report, Verdict};

/// One of these stands in every alert that is a log-in, so that whoever looks through many need not read the others.
pub const MARKS: [&str; 7] = ["authentication_", "ogin", "oggedIn", "SignIn", "sudo", "\"46", "\"4771"];

/// One attempt to log in, as one alert reports it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sighting {
    pub alert_key: AlertKey,
    pub rule_id: String,
    pub at: Timestamp,
    pub outcome: Outcome,
    pub method: Method,
    /// The host that was logged in to, or the manager for what happens in a cloud.
    #[serde(rename = "agent")]
    pub host: String,
    pub agent_id: String,
    /// Attempts that the alert stands for: a rule that counts fires instead of the last of them.
    #[serde(default = "one")]
    pub attempts: u32,
    /// Nobody for machines, services and the anonymous.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<Account>,
    /// Never loopback: that is the host itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<IpAddr>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country: Option<Country>,
    /// Whose network the address is in, as far as somebody said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub network: Option<String>,
    /// What intelligence made of the address when it was seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub judgement: Option<Judgement>,
}

impl Sighting {
    /// Nothing for an alert that is about no log-in, and for one that names neither an account nor an address.
    /// `otherwise` is the time of an alert that has none.
    pub fn of(alert: &Alert, otherwise: Timestamp) -> Option<Self> {
        let outcome = Outcome::of(alert)?;
        let method = Method::of(alert);
        let (account, address) = (Account::of(alert, method), address::of(alert));
        if account.is_none() && address.is_none() {
            return None;
        }
        Some(Self {
            alert_key: alert.key().clone(),
            rule_id: alert.rule().id.clone(),
            at: time(alert).unwrap_or(otherwise),
            outcome,
            method,
            host: alert.agent().name.clone(),
            agent_id: alert.agent().id.clone(),
            attempts: attempts(alert, outcome),
            account,
            address,
            country: country::of(alert),
            network: network(alert),
            judgement: None,
        })
    }

    /// With what intelligence says about the address: whose it is, and how bad.
    pub fn learn(&mut self, reports: &[Report], verdict: &Verdict) {
        let Some(address) = self.address else { return };
        let about = reports.iter().filter(|report| report.found.address() == Some(address));
        for evidence in about.filter_map(|report| report.answer.evidence()) {
            let (country, network) = match evidence {
                Evidence::AbuseIpDb(known) => (&known.country_code, &known.isp),
                Evidence::Otx(known) => (&known.country_code, &known.asn),
                Evidence::Misp(_) | Evidence::Listed(_) => continue,
            };
            let country = country.as_deref().and_then(Country::read);
            self.country = self.country.or(country);
            self.network = self.network.take().or_else(|| network.as_deref().map(network_name));
        }
        let judged = verdict.indicators.iter().find(|judged| judged.found.address() == Some(address));
        self.judgement = judged.map(|judged| judged.judgement).or(self.judgement);
    }

    /// Under which names it is kept: its account and its address. A `DynamoDB` key ends at 2,048 bytes.
    pub fn subjects(&self) -> impl Iterator<Item = String> {
        let account = self.account.as_ref().map(Self::subject_of_account);
        account.into_iter().chain(self.address.map(Self::subject_of_address))
    }

    pub fn subject_of_account(account: &Account) -> String {
        format!("user#{account}")
    }

    pub fn subject_of_address(address: IpAddr) -> String {
        format!("address#{address}")
    }

    /// Whether the account got in.
    pub fn is_success(&self) -> bool {
        self.outcome == Outcome::Success
    }
}

fn one() -> u32 {
    1
}

/// When the event was; a cloud reports it minutes later. A field that names a time after the alert's own is wrong.
fn time(alert: &Alert) -> Option<Timestamp> {
    let read = |path: &[&str]| alert.text_at(path)?.parse::<Timestamp>().ok();
    let written = alert.timestamp().or_else(|| read(&["@timestamp"]));
    let event = read(&["data", "aws", "eventTime"]);
    event.filter(|event| written.is_none_or(|written| *event <= written)).or(written)
}

/// A rule that counts says how many events it needs.
fn attempts(alert: &Alert, outcome: Outcome) -> u32 {
    const MOST: i64 = 100;
    let frequency = || alert.integer_at(&["rule", "frequency"]);
    let counted = (outcome == Outcome::Failure).then(frequency).flatten().unwrap_or(1);
    u32::try_from(counted.clamp(1, MOST)).unwrap_or(1)
}

fn network(alert: &Alert) -> Option<String> {
    let number = alert.text_at(&["data", "azure", "properties", "autonomousSystemNumber"])?;
    Some(network_name(&format!("AS{number}")))
}

/// Texts of others: short, on one line, and the same whatever the case.
fn network_name(text: &str) -> String {
    const CHARS: usize = 60;
    let plain = text.chars().filter(|character| !character.is_control()).take(CHARS);
    plain.collect::<String>().trim().to_lowercase()
}
