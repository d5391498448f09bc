//! Alerts as a site sees them in a day, packed into minutes: the same seed makes the same bytes.

use std::time::Duration;

use ::tests::corpus;
use clap::Args;
use fastrand::Rng;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Value, json};

/// What comes, and how quickly.
#[derive(Clone, Debug, Args, Serialize)]
pub(crate) struct Mix {
    /// Alerts a second, evenly.
    #[arg(long, default_value = "20")]
    pub rate: u32,
    /// How long they come.
    #[arg(long, default_value = "60")]
    pub seconds: u32,
    /// Alerts of one rule about one address on top, in the middle.
    #[arg(long, default_value = "0")]
    pub storm: u32,
    /// Alerts on top of which each is an incident of its own, in the middle.
    #[arg(long, default_value = "0")]
    pub distinct: u32,
    /// Over how many seconds those of the middle are spread; 0: all at once.
    #[arg(long, default_value = "0")]
    pub spread: u32,
    /// Percent that repeat rule, host and address of one before.
    #[arg(long, default_value = "20", value_parser = clap::value_parser!(u8).range(..=100))]
    pub repeats: u8,
    /// Percent that are logins.
    #[arg(long, default_value = "30", value_parser = clap::value_parser!(u8).range(..=100))]
    pub logins: u8,
    #[arg(long, default_value = "200", value_parser = clap::value_parser!(u16).range(1..))]
    pub hosts: u16,
    #[arg(long, default_value = "500", value_parser = clap::value_parser!(u16).range(1..))]
    pub users: u16,
    #[arg(long, default_value = "4711")]
    pub seed: u64,
}

/// One line of `alerts.json`.
pub(crate) struct Line {
    /// Since the beginning.
    pub due: Duration,
    /// As the ledger knows it.
    pub key: String,
    pub text: String,
}

/// A rule with what it is about.
#[derive(Clone)]
struct Event {
    level: u8,
    rule: u32,
    description: &'static str,
    groups: &'static [&'static str],
    host: u16,
    body: Value,
}

const MANAGER: &str = "load-1";

impl Default for Mix {
    /// As without any option.
    fn default() -> Self {
        Self {
            rate: 20,
            seconds: 60,
            storm: 0,
            distinct: 0,
            spread: 0,
            repeats: 20,
            logins: 30,
            hosts: 200,
            users: 500,
            seed: 4_711,
        }
    }
}

impl Mix {
    pub(crate) fn count(&self) -> usize {
        (self.rate * self.seconds + self.storm + self.distinct) as usize
    }

    /// What makes the same run again, as `make load` takes it.
    pub(crate) fn arguments(&self) -> String {
        let Self { rate, seconds, storm, distinct, spread, seed, .. } = self;
        format!("RATE={rate} SECONDS={seconds} STORM={storm} DISTINCT={distinct} SPREAD={spread} SEED={seed}")
    }

    /// All of them, by time.
    pub(crate) fn lines(&self, begin: Timestamp) -> impl Iterator<Item = Line> {
        let (mut rng, mut before) = (Rng::with_seed(self.seed), Vec::new());
        let (even, burst) = (self.rate * self.seconds, self.storm + self.distinct);
        let spread = Duration::from_secs(self.spread.into());
        let start = self.due(even / 2).saturating_sub(spread / 2);
        let (mix, mut of_even, mut of_burst) = (self.clone(), 0, 0);
        (0..even + burst).map(move |number| {
            let (due_even, due_burst) = (mix.due(of_even), start + spread * of_burst / burst.max(1));
            if of_burst < burst && (of_even == even || due_burst <= due_even) {
                of_burst += 1;
                let is_storm = of_burst <= mix.storm;
                let event = if is_storm { storm(&mut rng) } else { distinct(of_burst - mix.storm - 1) };
                line(number, due_burst, begin, event)
            } else {
                of_even += 1;
                line(number, due_even, begin, mix.event(&mut rng, &mut before))
            }
        })
    }

    /// When the alert of that number comes, of those that come evenly.
    fn due(&self, number: u32) -> Duration {
        Duration::from_secs(1) * number / self.rate.max(1)
    }

    fn event(&self, rng: &mut Rng, before: &mut Vec<Event>) -> Event {
        const REMEMBERED: usize = 1_000;
        if rng.u8(..100) < self.repeats
            && let Some(event) = rng.choice(before.iter())
        {
            return event.clone();
        }
        let host = rng.u16(..self.hosts);
        let event = if rng.u8(..100) < self.logins { self.login(host, rng) } else { other(host, rng) };
        if before.len() == REMEMBERED {
            before.swap_remove(rng.usize(..REMEMBERED));
        }
        before.push(event.clone());
        event
    }

    fn login(&self, host: u16, rng: &mut Rng) -> Event {
        let user = format!("user{}", rng.u16(..self.users));
        let failed = rng.u8(..100) < 15;
        let address =
            if failed { corpus::address(rng) } else { format!("10.20.{}.{}", rng.u8(..), rng.u8(1..)) };
        let said = if failed { "Failed password" } else { "Accepted publickey" };
        let body = json!({
            "full_log": format!("Oct  3 14:22:06 host sshd[881]: {said} for {user} from {address} port 50122 ssh2"),
            "predecoder": {"program_name": "sshd", "hostname": "host"},
            "decoder": {"parent": "sshd", "name": "sshd"}, "location": "/var/log/auth.log",
            "data": {"srcip": address, "srcport": "50122", "dstuser": user},
        });
        let (level, rule, description): (u8, u32, &str) = if failed {
            (5, 5_760, "sshd: authentication failed.")
        } else {
            (3, 5_715, "sshd: authentication success.")
        };
        let groups: &[&str] = if failed {
            &["syslog", "sshd", "authentication_failed"]
        } else {
            &["syslog", "sshd", "authentication_success"]
        };
        Event { level, rule, description, groups, host, body }
    }
}

/// Most of it noise, some of it worth a look, little of it grave.
fn other(host: u16, rng: &mut Rng) -> Event {
    let address = corpus::address(rng);
    let (level, rule, description, groups, body): (u8, u32, &str, &[&str], Value) = match rng.u8(..100) {
        0..60 => (5, 31_101, "Web server 400 error code.", &["web", "accesslog"], corpus::web(&address, rng)),
        60..80 => (5, 554, "File added to the system.", &["ossec", "syscheck"], corpus::fim(rng)),
        80..92 => {
            (7, 31_106, "A web attack returned code 200.", &["web", "attack"], corpus::web(&address, rng))
        }
        92..98 => (
            10,
            5_763,
            "sshd: brute force trying to get access.",
            &["syslog", "sshd"],
            corpus::failed_login(&address, rng),
        ),
        _ => {
            (12, 92_213, "Executable file dropped in a folder of malware.", &["sysmon"], corpus::sysmon(rng))
        }
    };
    Event { level, rule, description, groups, host, body }
}

/// A brute force that does not end.
fn storm(rng: &mut Rng) -> Event {
    let body = corpus::failed_login("203.0.113.24", rng);
    let description = "sshd: brute force trying to get access.";
    Event { level: 10, rule: 5_763, description, groups: &["syslog", "sshd"], host: 7, body }
}

/// Nothing in common with any other: a rule, a host and an address of its own.
fn distinct(number: u32) -> Event {
    let address = format!("2001:db8:d157:{:x}::{:x}", number >> 16, number & 0xffff);
    let body = json!({
        "full_log": format!("attack {number} from {address}"), "decoder": {"name": "distinct"},
        "location": "/var/log/distinct.log", "data": {"srcip": address},
    });
    let (rule, host) = (200_000 + number, u16::try_from(number % 60_000).unwrap_or_default());
    Event { level: 8, rule, description: "An attack like no other.", groups: &["attack"], host, body }
}

fn line(number: u32, due: Duration, begin: Timestamp, event: Event) -> Line {
    let Event { level, rule, description, groups, host, body } = event;
    let at = begin + due;
    let id = format!("{}.{number}", at.as_second());
    let mut alert = json!({
        "timestamp": at.strftime("%Y-%m-%dT%H:%M:%S.%3f+0000").to_string(),
        "rule": {
            "level": level, "description": description, "id": rule.to_string(), "firedtimes": 1, "mail": false, "groups": groups,
        },
        "agent": {"id": format!("{host:03}"), "name": format!("host-{host:03}"), "ip": "10.20.0.7"},
        "manager": {"name": MANAGER}, "id": id,
    });
    if let (Some(alert), Value::Object(body)) = (alert.as_object_mut(), body) {
        alert.extend(body);
    }
    Line { due, key: format!("{MANAGER}/{id}"), text: alert.to_string() }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use domain::Alert;

    use super::*;

    fn mix() -> Mix {
        Mix {
            rate: 50,
            seconds: 40,
            storm: 30,
            distinct: 20,
            spread: 0,
            repeats: 20,
            logins: 30,
            hosts: 10,
            users: 10,
            seed: 7,
        }
    }

    #[test]
    fn the_same_seed_makes_the_same_bytes_and_another_others() {
        let texts = |seed| -> Vec<String> {
            Mix { seed, ..mix() }.lines(Timestamp::UNIX_EPOCH).map(|line| line.text).collect()
        };
        assert_eq!(texts(7), texts(7));
        assert_ne!(texts(7), texts(8));
    }

    #[test]
    fn every_line_is_an_alert_with_the_key_that_it_says() {
        let mut keys = BTreeSet::new();
        for line in mix().lines(Timestamp::UNIX_EPOCH) {
            assert_eq!(Alert::parse(&line.text).unwrap().key().as_str(), line.key);
            assert!(keys.insert(line.key));
        }
        assert_eq!(keys.len(), mix().count());
    }

    #[test]
    fn alerts_come_evenly_with_the_bursts_in_the_middle() {
        let lines: Vec<Line> = mix().lines(Timestamp::UNIX_EPOCH).collect();
        assert!(lines.is_sorted_by_key(|line| line.due));
        let in_the_middle = lines.iter().filter(|line| line.due == Duration::from_secs(20)).count();
        assert_eq!(in_the_middle, 51);
        assert_eq!(lines.last().unwrap().due, Duration::from_millis(39_980));
    }

    #[test]
    fn a_spread_burst_comes_between_the_others() {
        let spread = Mix { spread: 20, ..mix() };
        let lines: Vec<Line> = spread.lines(Timestamp::UNIX_EPOCH).collect();
        assert_eq!(lines.len(), spread.count());
        assert!(lines.is_sorted_by_key(|line| line.due));
        let keys: BTreeSet<_> = lines.iter().map(|line| &line.key).collect();
        assert_eq!(keys.len(), lines.len());

        let storm: Vec<_> = lines.iter().filter(|line| line.text.contains("203.0.113.24")).collect();
        assert_eq!(storm.len(), 30);
        assert_eq!(storm[0].due, Duration::from_secs(10));
        assert!(storm.windows(2).all(|pair| pair[0].due + Duration::from_millis(400) == pair[1].due));
        let last = lines.iter().rfind(|line| line.text.contains("An attack like no other.")).unwrap();
        assert_eq!(last.due, Duration::from_millis(29_600));
    }

    #[test]
    fn shares_are_about_what_was_asked_for() {
        let of_rule = |mix: Mix, rules: &[&str]| {
            let alerts = mix.lines(Timestamp::UNIX_EPOCH).map(|line| Alert::parse(&line.text).unwrap());
            alerts.filter(|alert| rules.contains(&alert.rule().id.as_str())).count()
        };
        let logins = of_rule(mix(), &["5715", "5760"]);
        assert!((450..750).contains(&logins), "{logins}");
        assert_eq!(of_rule(Mix { logins: 0, ..mix() }, &["5715", "5760"]), 0);
        let distinct: BTreeSet<_> = mix()
            .lines(Timestamp::UNIX_EPOCH)
            .map(|line| Alert::parse(&line.text).unwrap().rule().id.clone())
            .filter(|rule| rule.len() == 6)
            .collect();
        assert_eq!(distinct.len(), 20);
    }
}
