//! Who, where, when: the facts of the alert, as far as it has them.

use domain::incident::USER_FIELDS;
use domain::indicator::{Direction, Found, Indicator};
use domain::{Alert, Notice};

use super::Shown;
use crate::defang;
use crate::mail::MailSettings;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fact {
    pub label: &'static str,
    pub value: Shown,
}

/// What the alert does not say is left out, not filled in.
pub(super) fn facts(notice: &Notice, settings: &MailSettings) -> Vec<Fact> {
    let alert = &notice.alert;
    let indicators = alert.indicators();
    let time = alert.timestamp().map(|time| settings.clock.time(time));
    let found = [
        ("Host", Some(host(alert))),
        ("User", users(alert)),
        ("Source", of_direction(&indicators, Direction::Source)),
        ("Destination", of_direction(&indicators, Direction::Destination)),
        ("Addresses", of_direction(&indicators, Direction::Unknown)),
        ("Request", first(alert, &REQUEST_FIELDS)),
        ("Process", first(alert, &PROCESS_FIELDS)),
        ("File", first(alert, &FILE_FIELDS)),
        ("Hash", judged(notice, |indicator| matches!(indicator, Indicator::Hash(_)))),
        ("Domain", judged(notice, |indicator| matches!(indicator, Indicator::Domain(_)))),
        ("Change", alert.text_at(&["syscheck", "event"])),
        ("Time", Some(time.unwrap_or_else(|| "not given by the alert".to_owned()))),
    ];
    shown(found)
}

/// Where the alert comes from.
pub(super) fn origin(notice: &Notice) -> Vec<Fact> {
    let groups = notice.alert.rule().groups.join(", ");
    shown([
        ("Groups", Some(groups).filter(|groups| !groups.is_empty())),
        ("Location", notice.alert.location()),
        ("Alert key", Some(notice.alert.key().to_string())),
    ])
}

fn shown(found: impl IntoIterator<Item = (&'static str, Option<String>)>) -> Vec<Fact> {
    let fact = |(label, value): (&'static str, Option<String>)| {
        value.map(|value| Fact { label, value: Shown::line(&value, 240) })
    };
    found.into_iter().filter_map(fact).collect()
}

const REQUEST_FIELDS: [&[&str]; 2] = [&["data", "url"], &["data", "http", "url"]];

const PROCESS_FIELDS: [&[&str]; 5] = [
    &["data", "win", "eventdata", "commandLine"],
    &["data", "win", "eventdata", "image"],
    &["data", "win", "eventdata", "newProcessName"],
    &["data", "win", "eventdata", "processName"],
    &["data", "command"],
];

const FILE_FIELDS: [&[&str]; 3] =
    [&["syscheck", "path"], &["data", "win", "eventdata", "targetFilename"], &["data", "file"]];

fn host(alert: &Alert) -> String {
    let agent = alert.agent();
    match &agent.ip {
        Some(ip) => format!("{} (agent {}, {ip})", agent.name, agent.id),
        None => format!("{} (agent {})", agent.name, agent.id),
    }
}

/// The different users of the alert, each with the field it stands in; at most three.
fn users(alert: &Alert) -> Option<String> {
    let mut users: Vec<(String, &str)> = Vec::new();
    for path in USER_FIELDS {
        let Some(user) = value(alert, path) else { continue };
        if !users.iter().any(|(known, _)| *known == user) {
            users.push((user, path.last().copied().unwrap_or_default()));
        }
    }
    let texts: Vec<String> = users.iter().take(3).map(|(user, key)| format!("{user} ({key})")).collect();
    (!texts.is_empty()).then(|| texts.join(", "))
}

fn first(alert: &Alert, fields: &[&[&str]]) -> Option<String> {
    fields.iter().find_map(|path| value(alert, path))
}

/// Windows writes "-" where it has nothing to say.
fn value(alert: &Alert, path: &[&str]) -> Option<String> {
    alert.text_at(path).filter(|text| text != "-")
}

fn of_direction(indicators: &[Found], direction: Direction) -> Option<String> {
    let of_direction = indicators.iter().filter(|found| found.direction == direction);
    some(of_direction.filter_map(Found::address).map(|address| address.to_string()))
}

/// Names and files that were looked up, the worst first; a log holds many more. Addresses are not among them.
fn judged(notice: &Notice, which: fn(&Indicator) -> bool) -> Option<String> {
    let indicators = notice.verdict.indicators.iter().map(|judged| &judged.found.indicator);
    some(indicators.filter(|indicator| which(indicator)).map(defang::indicator))
}

/// At most three.
fn some(texts: impl Iterator<Item = String>) -> Option<String> {
    let texts: Vec<String> = texts.take(3).collect();
    (!texts.is_empty()).then(|| texts.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn alert(rest: &str) -> Alert {
        Alert::parse(&format!(r#"{{"id":"1.1","rule":{{"id":"5","level":3}}{rest}}}"#)).unwrap()
    }

    #[test]
    fn different_users_are_named_with_their_fields_and_a_dash_is_nobody() {
        let user = |rest: &str| users(&alert(rest));
        assert_eq!(
            user(r#","data":{"dstuser":"root","srcuser":"alice"}"#).as_deref(),
            Some("root (dstuser), alice (srcuser)")
        );
        assert_eq!(user(r#","data":{"dstuser":"root","srcuser":"root"}"#).as_deref(), Some("root (dstuser)"));
        assert_eq!(user(r#","data":{"win":{"eventdata":{"subjectUserName":"-"}}}"#), None);
    }
}
