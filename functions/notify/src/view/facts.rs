//! Who, where, when: the facts of the alert, as far as it has them.

use domain::incident::USER_FIELDS;
use domain::indicator::{Direction, Found, Indicator};
use domain::{Alert, Notice};
use jiff::fmt::strtime::BrokenDownTime;
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};

use super::Shown;
use crate::defang;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fact {
    pub label: &'static str,
    pub value: Shown,
}

/// What the alert does not say is left out, not filled in.
pub(super) fn facts(notice: &Notice) -> Vec<Fact> {
    let alert = &notice.alert;
    let indicators = alert.indicators();
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
        ("Location", alert.location()),
        ("Time", Some(time(alert).unwrap_or_else(|| "not given by the alert".to_owned()))),
        ("Alerts", Some(format!("1, incident opened {}", utc(notice.opened_at)))),
        ("Incident", Some(notice.incident.to_string())),
        ("Alert key", Some(alert.key().to_string())),
    ];
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

/// The manager's local time as it wrote it, and the same in UTC.
fn time(alert: &Alert) -> Option<String> {
    let instant = alert.timestamp()?;
    let local = alert.text_at(&["timestamp"]).and_then(|text| local_time(&text));
    let Some(local) = local.filter(|local| !local.offset().is_zero()) else {
        return Some(utc(instant));
    };
    let same_day = local.date() == instant.to_zoned(TimeZone::UTC).date();
    let utc = if same_day { instant.strftime("%H:%M:%S UTC").to_string() } else { utc(instant) };
    Some(format!("{} ({utc})", local.strftime("%Y-%m-%d %H:%M:%S %:z")))
}

fn local_time(text: &str) -> Option<Zoned> {
    let formats = ["%Y-%m-%dT%H:%M:%S%.f%z", "%Y-%m-%dT%H:%M:%S%.f%:z"];
    let time = formats.iter().find_map(|format| BrokenDownTime::parse(format, text.trim()).ok())?;
    let offset = time.offset()?;
    Some(time.to_timestamp().ok()?.to_zoned(TimeZone::fixed(offset)))
}

pub(super) fn utc(instant: Timestamp) -> String {
    instant.strftime("%Y-%m-%d %H:%M:%S UTC").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn alert(rest: &str) -> Alert {
        Alert::parse(&format!(r#"{{"id":"1.1","rule":{{"id":"5","level":3}}{rest}}}"#)).unwrap()
    }

    #[test]
    fn the_time_is_shown_as_written_and_in_utc() {
        for (timestamp, expected) in [
            ("2026-10-03T14:22:07.512+0200", Some("2026-10-03 14:22:07 +02:00 (12:22:07 UTC)")),
            ("2026-10-04T06:22:07.512+0900", Some("2026-10-04 06:22:07 +09:00 (2026-10-03 21:22:07 UTC)")),
            ("2026-10-03T12:22:07.512-03:30", Some("2026-10-03 12:22:07 -03:30 (15:52:07 UTC)")),
            ("2026-10-03T12:22:07.512+0000", Some("2026-10-03 12:22:07 UTC")),
            ("2026-10-03T12:22:07Z", Some("2026-10-03 12:22:07 UTC")),
            ("yesterday", None),
        ] {
            let alert = alert(&format!(r#","timestamp":"{timestamp}""#));
            assert_eq!(time(&alert).as_deref(), expected, "{timestamp}");
        }
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
