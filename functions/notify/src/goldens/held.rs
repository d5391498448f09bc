//! What is held back in the goldens.

use domain::alert::RuleLevel;
use domain::assessment::Priority;
use domain::incident::IncidentId;
use jiff::{SignedDuration, Timestamp};

use crate::mail::{Digest, Held, HeldIncident, Opening, Storm, Target};

fn began_at() -> Timestamp {
    "2026-10-03T12:14:10Z".parse().unwrap()
}

/// Rule, title, host, address, alerts, minutes from the first to the last.
type Line = (Priority, i64, &'static str, &'static str, &'static str, &'static str, u64, i64);

fn incident((priority, level, rule_id, title, agent, source, alerts, minutes): &Line) -> HeldIncident {
    let hash = rule_id
        .bytes()
        .chain(agent.bytes())
        .fold(7_u64, |hash, byte| hash.wrapping_mul(0x0100_0193) ^ u64::from(byte));
    let incident =
        IncidentId::try_from(format!("{:016x}", hash.wrapping_mul(0x9e37_79b9_7f4a_7c15))).unwrap();
    let first_at = began_at() + SignedDuration::from_secs(7 * minutes);
    HeldIncident {
        incident,
        opening: Opening {
            priority: *priority,
            level: RuleLevel::new(*level).unwrap(),
            rule_id: (*rule_id).into(),
            title: (*title).into(),
            agent: (*agent).into(),
            source: source.parse().ok(),
        },
        priority: *priority,
        alerts: *alerts,
        notices: 1 + alerts / 400,
        first_at,
        last_at: first_at + SignedDuration::from_mins(*minutes),
        target: Target { alert_id: format!("1791029650.{alerts}"), agent_id: "012".into(), at: first_at },
    }
}

/// A scanner that touches everything.
pub(crate) fn of_storm() -> Digest {
    use Priority::{Critical, High, Low, Medium};
    let lines: [Line; 8] = [
        (
            Medium,
            6,
            "31151",
            "Multiple web server 400 error codes from same source ip.",
            "shop-frontend-2",
            "198.51.100.77",
            1_204,
            6,
        ),
        (Critical, 12, "31166", "Shellshock attack detected", "shop-frontend-2", "198.51.100.77", 3, 2),
        (
            High,
            10,
            "31153",
            "Multiple common web attacks from same source ip.",
            "shop-frontend-2",
            "198.51.100.77",
            96,
            5,
        ),
        (
            High,
            10,
            "5763",
            "sshd: brute force trying to get access to the system. Authentication failed.",
            "web-01",
            "198.51.100.77",
            412,
            6,
        ),
        (Medium, 7, "31103", "SQL injection attempt.", "shop-frontend-1", "198.51.100.77", 240, 4),
        (
            Medium,
            6,
            "31106",
            "A web attack returned code 200 (success).",
            "shop-frontend-1",
            "198.51.100.77",
            18,
            3,
        ),
        (Low, 5, "31101", "Web server 400 error code.", "経理-web", "198.51.100.77", 318, 6),
        (Low, 5, "5710", "sshd: Attempt to login using a non-existent user", "web-02", "", 2, 0),
    ];
    Digest {
        id: "soc-1791029650".into(),
        why: Held::Storm,
        since: began_at(),
        until: began_at() + SignedDuration::from_mins(15),
        incidents: lines.iter().map(incident).collect(),
    }
}

/// A night: more incidents than a mail lists.
pub(crate) fn quiet_hours() -> Digest {
    let lines = (0..53_u64).map(|index| {
        let hosts = ["db-primary", "hr-laptop-9", "web-01", "mail-gw", "build-3"];
        let host = hosts[usize::try_from(index).unwrap() % hosts.len()];
        let rule =
            ["550", "5503", "60122", "554", "2902", "31101", "5710"][usize::try_from(index).unwrap() % 7];
        let priority = if index == 20 { Priority::Medium } else { Priority::Low };
        incident(&(priority, 5, rule, "Integrity checksum changed.", host, "", 1 + index % 9, 20))
    });
    let incidents = lines.enumerate().map(|(index, held)| HeldIncident {
        incident: IncidentId::try_from(format!("{index:016x}")).unwrap(),
        ..held
    });
    Digest {
        id: "night.1791000000".into(),
        why: Held::QuietHours,
        since: "2026-10-02T20:00:00Z".parse().unwrap(),
        until: "2026-10-03T05:00:00Z".parse().unwrap(),
        incidents: incidents.collect(),
    }
}

pub(crate) fn storm() -> Storm {
    Storm {
        id: of_storm().id,
        began_at: began_at(),
        alerts: 1_487,
        incidents: 6,
        worst: Priority::Critical,
        mails_at_once: 10,
        mails_per_hour: 20,
        digest_at: began_at() + SignedDuration::from_mins(15),
    }
}

/// The same with a text of others wherever one can be.
#[cfg(any(test, feature = "fuzz"))]
pub(crate) fn hostile(attack: &str) -> Digest {
    let mut digest = of_storm();
    attack.clone_into(&mut digest.id);
    for held in &mut digest.incidents {
        let Opening { rule_id, title, agent, .. } = &mut held.opening;
        (*rule_id, *title, *agent) = (attack.into(), attack.into(), attack.into());
        (held.target.alert_id, held.target.agent_id) = (attack.into(), attack.into());
    }
    digest
}
