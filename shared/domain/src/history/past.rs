//! The history of each alert of a stream, kept in memory: what the record of an incident means, in one place.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use jiff::Timestamp;

use super::{History, Login};
use crate::alert::Alert;
use crate::incident::{self, IncidentId, USER_FIELDS};
use crate::indicator::Direction;

/// Folds alerts in the order of time. Its memory is bounded: what is oldest is forgotten first.
#[derive(Debug, Default)]
pub struct Past {
    now: Timestamp,
    incidents: HashMap<IncidentId, Incident>,
    principals: HashMap<String, Principal>,
}

#[derive(Debug)]
struct Incident {
    first_seen: Timestamp,
    last_seen: Timestamp,
    alerts: u64,
    recent: VecDeque<Timestamp>,
    known_before: bool,
}

#[derive(Debug, Default)]
struct Principal {
    last_seen: Timestamp,
    hosts: Distinct,
    users: Distinct,
    addresses: Distinct,
    rules: Distinct,
    failures: VecDeque<Timestamp>,
}

/// Values and when each was last seen.
#[derive(Debug, Default)]
struct Distinct(HashMap<String, Timestamp>);

impl Past {
    /// An incident without alerts for this long is closed.
    pub const QUIET: Duration = Duration::from_hours(24);
    /// How far `recent_alerts` looks back.
    pub const RECENT: Duration = Duration::from_mins(10);
    /// How far the distinct values look back.
    pub const DAY: Duration = Duration::from_hours(24);
    /// How far `failures_before` looks back.
    pub const HOUR: Duration = Duration::from_hours(1);

    /// Counts end here: more decides nothing.
    const MOST_TIMES: usize = 1_000;
    const MOST_VALUES: usize = 256;
    /// Incidents, and principals, that are remembered.
    const MOST_ENTRIES: usize = 50_000;

    /// The history of the alert, which then belongs to the past of the ones to come. An alert that comes late counts
    /// as of the latest before it.
    pub fn observe(&mut self, alert: &Alert, at: Timestamp) -> History {
        self.now = self.now.max(at);
        self.make_room();
        let mut history = self.of_incident(alert);
        self.of_principal(alert, &mut history);
        history
    }

    fn of_incident(&mut self, alert: &Alert) -> History {
        let now = self.now;
        let opened = |known_before| Incident {
            first_seen: now,
            last_seen: now,
            alerts: 0,
            recent: VecDeque::new(),
            known_before,
        };
        let incident = self.incidents.entry(IncidentId::of(alert)).or_insert_with(|| opened(false));
        if incident.last_seen < now - Self::QUIET {
            *incident = opened(true);
        }
        forget(&mut incident.recent, now - Self::RECENT);
        let was_open = incident.alerts > 0;
        let history = History {
            alerts_before: incident.alerts,
            recent_alerts: u64::try_from(incident.recent.len()).unwrap_or(u64::MAX),
            first_seen: was_open.then_some(incident.first_seen),
            last_seen: was_open.then_some(incident.last_seen),
            known_before: incident.known_before,
            ..History::default()
        };
        incident.alerts += 1;
        incident.last_seen = now;
        remember(&mut incident.recent, now);
        history
    }

    fn of_principal(&mut self, alert: &Alert, history: &mut History) {
        let now = self.now;
        let name = incident::principal(alert);
        if name.is_empty() {
            // Nobody is nobody's past: alerts about no one are not alerts about the same one.
            history.hosts = 1;
            history.rules = 1;
            return;
        }
        let principal = self.principals.entry(name).or_default();
        principal.last_seen = now;
        principal.hosts.add(format!("{}/{}", alert.site(), alert.agent().id), now);
        principal.rules.add(alert.rule().id.clone(), now);
        for user in USER_FIELDS.iter().filter_map(|path| alert.text_at(path)) {
            principal.users.add(user, now);
        }
        let found = alert.indicators();
        let sources = found.iter().filter(|found| found.direction == Direction::Source);
        for source in sources.filter(|found| found.address().is_some()) {
            principal.addresses.add(source.indicator.to_string(), now);
        }
        history.hosts = principal.hosts.count(now);
        history.rules = principal.rules.count(now);
        history.users = principal.users.count(now);
        history.addresses = principal.addresses.count(now);
        forget(&mut principal.failures, now - Self::HOUR);
        history.failures_before = u32::try_from(principal.failures.len()).unwrap_or(u32::MAX);
        if Login::of(alert.rule()) == Some(Login::Failed) {
            remember(&mut principal.failures, now);
        }
    }

    /// Forgets the half that was silent longest when there are too many.
    fn make_room(&mut self) {
        if self.incidents.len() >= Self::MOST_ENTRIES {
            let middle = middle(self.incidents.values().map(|incident| incident.last_seen));
            self.incidents.retain(|_, incident| incident.last_seen > middle);
        }
        if self.principals.len() >= Self::MOST_ENTRIES {
            let middle = middle(self.principals.values().map(|principal| principal.last_seen));
            self.principals.retain(|_, principal| principal.last_seen > middle);
        }
    }
}

impl Distinct {
    fn add(&mut self, value: String, now: Timestamp) {
        if self.0.len() < Past::MOST_VALUES || self.0.contains_key(&value) {
            self.0.insert(value, now);
        }
    }

    fn count(&mut self, now: Timestamp) -> u32 {
        self.0.retain(|_, seen| *seen >= now - Past::DAY);
        u32::try_from(self.0.len()).unwrap_or(u32::MAX)
    }
}

fn forget(times: &mut VecDeque<Timestamp>, before: Timestamp) {
    while times.front().is_some_and(|time| *time < before) {
        times.pop_front();
    }
}

fn remember(times: &mut VecDeque<Timestamp>, now: Timestamp) {
    if times.len() == Past::MOST_TIMES {
        times.pop_front();
    }
    times.push_back(now);
}

fn middle(times: impl Iterator<Item = Timestamp>) -> Timestamp {
    let mut times: Vec<Timestamp> = times.collect();
    let half = times.len() / 2;
    if times.is_empty() { Timestamp::UNIX_EPOCH } else { *times.select_nth_unstable(half).1 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::SignedDuration;

    fn alert(rule: &str, group: &str, agent: &str, data: &str) -> Alert {
        let text = format!(
            r#"{{"id":"1.1","rule":{{"id":"{rule}","level":5,"groups":["{group}"]}},"agent":{{"id":"{agent}"}},"data":{{{data}}}}}"#
        );
        Alert::parse(&text).unwrap()
    }

    fn at(seconds: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + SignedDuration::from_secs(1_800_000_000 + seconds)
    }

    const SOURCE: &str = r#""srcip":"203.0.113.9","dstuser":"root""#;

    #[test]
    fn the_first_alert_has_a_record_and_no_past() {
        let history = Past::default().observe(&alert("1", "web", "001", SOURCE), at(0));
        let expected = History { hosts: 1, users: 1, addresses: 1, rules: 1, ..History::default() };
        assert_eq!(history, expected);
        assert!(history.is_recorded());
        assert!(!History::default().is_recorded());
    }

    #[test]
    fn an_incident_counts_its_alerts_and_the_recent_ones_until_it_closes() {
        let mut past = Past::default();
        let web = alert("1", "web", "001", SOURCE);
        for (seconds, before, recent, first, known) in [
            (0, 0, 0, None, false),
            (60, 1, 1, Some(0), false),
            (600, 2, 2, Some(0), false),
            (661, 3, 1, Some(0), false),
            (661 + 86_400, 4, 0, Some(0), false),
            (662 + 2 * 86_400, 0, 0, None, true),
        ] {
            let history = past.observe(&web, at(seconds));
            assert_eq!(history.alerts_before, before, "{seconds}");
            assert_eq!(history.recent_alerts, recent, "{seconds}");
            assert_eq!(history.first_seen, first.map(at), "{seconds}");
            assert_eq!(history.known_before, known, "{seconds}");
        }
    }

    #[test]
    fn failures_are_those_of_the_same_principal_within_an_hour() {
        let mut past = Past::default();
        let failure = alert("5760", "authentication_failed", "001", SOURCE);
        let elsewhere = alert("5760", "authentication_failed", "001", r#""srcip":"198.51.100.7""#);
        for (alert, seconds, before) in [
            (&failure, 0, 0),
            (&elsewhere, 1, 0),
            (&failure, 2, 1),
            (&failure, 3_600, 2),
            (&failure, 3_601, 2),
        ] {
            assert_eq!(past.observe(alert, at(seconds)).failures_before, before, "{seconds}");
        }
        let success = alert("5715", "authentication_success", "001", SOURCE);
        assert_eq!(past.observe(&success, at(3_610)).failures_before, 2);
        assert_eq!(past.observe(&success, at(3_611)).failures_before, 2, "a success is no failure");
    }

    #[test]
    fn spread_is_counted_within_a_day() {
        let mut past = Past::default();
        for (agent, rule, seconds, hosts, rules) in [
            ("001", "1", 0, 1, 1),
            ("002", "1", 10, 2, 1),
            ("002", "2", 20, 2, 2),
            ("003", "2", 86_400, 3, 2),
            ("003", "2", 86_411, 2, 1),
        ] {
            let history = past.observe(&alert(rule, "web", agent, SOURCE), at(seconds));
            assert_eq!((history.hosts, history.rules), (hosts, rules), "{seconds}");
        }
    }

    #[test]
    fn alerts_about_nobody_have_no_common_past() {
        let mut past = Past::default();
        past.observe(&alert("1", "sca", "001", ""), at(0));
        let history = past.observe(&alert("2", "sca", "002", ""), at(1));
        assert_eq!((history.hosts, history.rules), (1, 1));
    }

    #[test]
    fn a_late_alert_counts_as_of_the_latest() {
        let mut past = Past::default();
        past.observe(&alert("1", "web", "001", SOURCE), at(100));
        let late = past.observe(&alert("1", "web", "001", SOURCE), at(0));
        assert_eq!((late.alerts_before, late.last_seen), (1, Some(at(100))));
    }

    #[test]
    fn memory_is_bounded() {
        let mut past = Past::default();
        for index in 0..Past::MOST_VALUES + 10 {
            let user = format!(r#""srcip":"203.0.113.9","dstuser":"u{index}""#);
            past.observe(&alert("1", "web", "001", &user), at(0));
        }
        let history = past.observe(&alert("1", "web", "001", SOURCE), at(0));
        assert_eq!(usize::try_from(history.users), Ok(Past::MOST_VALUES));
        for _ in 0..Past::MOST_TIMES + 10 {
            past.observe(&alert("1", "web", "001", SOURCE), at(1));
        }
        let history = past.observe(&alert("1", "web", "001", SOURCE), at(1));
        assert_eq!(usize::try_from(history.recent_alerts), Ok(Past::MOST_TIMES));
        let times = [5, 1, 4, 2, 3].map(at);
        assert_eq!(middle(times.into_iter()), at(3));
    }
}
