//! What one address or user has done lately, over all its incidents.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::distinct::hash;
use super::seen::Seen;
use crate::alert::Alert;
use crate::history::History;
use crate::history::Login;
use crate::indicator::scope;

/// Hosts, users, addresses and rules of one principal within a day, and its failed logins within an hour. Every list
/// ends at twenty; seeing an alert twice changes nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Trail {
    hosts: Recent,
    users: Recent,
    addresses: Recent,
    rules: Recent,
    failures: Recent,
}

impl Trail {
    pub const DAY: Duration = Duration::from_hours(24);
    const HOUR: Duration = Duration::from_hours(1);

    /// A value that is there already is written again after this long: one write an hour, not one an alert.
    const REFRESH: Duration = Duration::from_hours(1);

    /// Where full, the list of failures takes one more a minute: a storm must not be a write per alert.
    const PACE: Duration = Duration::from_mins(1);

    /// Adds what the alert shows.
    pub fn see(&mut self, seen: &Seen<'_>, now: Timestamp) {
        self.hosts.add(hash(&seen.host), now);
        for user in &seen.users {
            self.users.add(hash(user), now);
        }
        for address in &seen.addresses {
            self.addresses.add(hash(address), now);
        }
        self.rules.add(hash(&seen.alert.rule().id), now);
        if seen.login == Some(Login::Failed) {
            self.failures.push(seen.mark(), now);
        }
    }

    /// Fills in what the principal has done; the alert itself must have been seen.
    pub fn tell(&self, history: &mut History, seen: &Seen<'_>, now: Timestamp) {
        history.hosts = self.hosts.within(Self::DAY, now);
        history.users = self.users.within(Self::DAY, now);
        history.addresses = self.addresses.within(Self::DAY, now);
        history.rules = self.rules.within(Self::DAY, now);
        let itself = u32::from(self.failures.holds(seen.mark(), Self::HOUR, now));
        history.failures_before = self.failures.within(Self::HOUR, now).saturating_sub(itself);
    }
}

/// Identity of a principal's trail: who the alert is about, within its site. Nothing where it is about nobody.
pub fn trail_id(alert: &Alert) -> Option<String> {
    let (_, principal) = super::about(alert);
    if principal.is_empty() {
        return None;
    }
    let local = principal.parse().is_ok_and(|address| scope(address).differs_by_agent());
    let agent = if local { alert.agent().id.as_str() } else { "" };
    Some(super::short_hash([alert.site().as_str(), agent, &principal]))
}

/// Values with the time they were last seen, the newest twenty at most.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
struct Recent {
    /// Short hash and second.
    seen: Vec<(u32, i64)>,
}

impl Recent {
    const MOST: usize = 20;

    /// A set: a value that is there stays, and is dated anew at most once an hour; a full set takes no more in.
    fn add(&mut self, value: u64, now: Timestamp) {
        let (value, now) = (short(value), now.as_second());
        match self.seen.iter_mut().find(|(known, _)| *known == value) {
            Some((_, at)) if now - *at >= seconds(Trail::REFRESH) => *at = now,
            Some(_) => {}
            None => {
                self.forget(Trail::DAY, now);
                if self.seen.len() < Self::MOST {
                    self.seen.push((value, now));
                }
            }
        }
    }

    /// A list of events: a full one gives up its oldest, but not for every event of a storm.
    fn push(&mut self, event: u64, now: Timestamp) {
        let (event, now) = (short(event), now.as_second());
        if self.seen.iter().any(|(known, _)| *known == event) {
            return;
        }
        self.forget(Trail::HOUR, now);
        if self.seen.len() == Self::MOST {
            let newest = self.seen.iter().map(|(_, at)| *at).max().unwrap_or(now);
            if now - newest < seconds(Trail::PACE) {
                return;
            }
            self.seen.remove(0);
        }
        self.seen.push((event, now));
    }

    fn forget(&mut self, horizon: Duration, now: i64) {
        // Only when a place is needed: what is old is not counted anyway, and taking it out would be a write.
        if self.seen.len() >= Self::MOST {
            self.seen.retain(|(_, at)| now - at <= seconds(horizon));
        }
    }

    fn within(&self, horizon: Duration, now: Timestamp) -> u32 {
        let fresh = self.seen.iter().filter(|(_, at)| now.as_second() - at <= seconds(horizon));
        u32::try_from(fresh.count()).unwrap_or(u32::MAX)
    }

    fn holds(&self, event: u64, horizon: Duration, now: Timestamp) -> bool {
        let event = short(event);
        self.seen.iter().any(|(known, at)| *known == event && now.as_second() - at <= seconds(horizon))
    }
}

fn short(hash: u64) -> u32 {
    u32::try_from(hash >> 32).unwrap_or_default()
}

fn seconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_secs()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::super::tests::{Event, PLAIN, enriched, start};
    use super::*;

    fn trail_of(events: &[(usize, Event, &str, u64)]) -> (Trail, History) {
        let (mut trail, mut history) = (Trail::default(), History::default());
        for (id, event, groups, second) in events {
            let enriched = enriched(*id, *event, groups);
            let now = start() + Duration::from_secs(*second);
            trail.see(&Seen::of(&enriched), now);
            trail.tell(&mut history, &Seen::of(&enriched), now);
        }
        (trail, history)
    }

    #[test]
    fn a_trail_tells_what_the_principal_did_within_a_day() {
        let far = Event { host: 2, user: 2, ..PLAIN };
        let (_, history) = trail_of(&[(1, PLAIN, "sshd", 0), (2, far, "sshd", 3600)]);
        assert_eq!((history.hosts, history.users, history.addresses, history.rules), (2, 2, 1, 1));
        let (_, history) = trail_of(&[(1, PLAIN, "sshd", 0), (2, far, "sshd", 86_401)]);
        assert_eq!((history.hosts, history.users), (1, 1));
    }

    #[test]
    fn failed_logins_of_the_hour_before_are_counted_once_each() {
        let failed = "authentication_failed";
        let before = [
            (1, PLAIN, failed, 0),
            (2, PLAIN, failed, 3000),
            (2, PLAIN, failed, 3001),
            (3, PLAIN, failed, 3100),
        ];
        assert_eq!(trail_of(&before).1.failures_before, 2, "not itself");
        let success = [before.as_slice(), &[(4, PLAIN, "authentication_success", 3200)]].concat();
        assert_eq!(trail_of(&success).1.failures_before, 3);
        let later = [before.as_slice(), &[(4, PLAIN, "authentication_success", 6650)]].concat();
        assert_eq!(trail_of(&later).1.failures_before, 1);
    }

    #[test]
    fn a_storm_of_failures_rarely_rewrites_the_trail() {
        let (mut trail, mut writes) = (Trail::default(), 0);
        for second in 0..3600_u64 {
            let before = trail.clone();
            let enriched = enriched(usize::try_from(second).unwrap(), PLAIN, "authentication_failed");
            trail.see(&Seen::of(&enriched), start() + Duration::from_secs(second));
            writes += u32::from(trail != before);
        }
        assert!(writes < 100, "{writes} of 3600");
        assert!(serde_json::to_string(&trail).unwrap().len() < 2_000);
    }

    #[test]
    fn a_trail_belongs_to_an_address_wherever_it_shows_up_and_to_nobody_without_one() {
        let of = |agent: &str, rest: &str| {
            let text =
                format!(r#"{{"id":"1.1","rule":{{"id":"5","level":3}},"agent":{{"id":"{agent}"}},{rest}}}"#);
            trail_id(&Alert::parse(&text).unwrap())
        };
        let address = r#""data":{"srcip":"203.0.113.9"}"#;
        assert_eq!(of("001", address), of("002", address));
        assert_ne!(of("001", address), of("001", r#""data":{"srcip":"203.0.113.10"}"#));
        let local = r#""data":{"srcip":"127.0.0.1"}"#;
        assert_ne!(of("001", local), of("002", local));
        assert_eq!(of("001", r#""location":"journald""#), None);
    }
}
