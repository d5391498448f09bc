//! What an incident of the goldens comes to.

use domain::Notice;
use domain::alert::RuleLevel;
use domain::assessment::Priority;
use domain::history::History;
use domain::incident::{Distinct, Escalation, Kind, Standing, Summary, Totals};
use domain::message::NoticeId;
use domain::verdict::Judgement;

fn names(names: &[&str]) -> Distinct {
    names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>().into()
}

/// The brute force goes on, on a second host.
pub(crate) fn update() -> Notice {
    let first = super::sshd();
    let mut other = first.alert.document().clone();
    (other["data"]["dstuser"], other["data"]["srcport"]) = ("admin".into(), "50990".into());
    let mut varying = first.summary.totals.varying.clone();
    varying.add(&domain::Alert::parse(&other.to_string()).unwrap());
    let summary = Summary {
        alerts: 412,
        first_seen: "2026-10-03T12:22:07Z".parse().unwrap(),
        last_seen: "2026-10-03T12:57:44Z".parse().unwrap(),
        totals: Totals {
            hosts: names(&["web-01", "web-02"]),
            users: (1..42).map(|user| format!("user{user:02}")).collect::<Vec<_>>().into(),
            varying,
            ..first.summary.totals.clone()
        },
        before: Some(Standing {
            at: "2026-10-03T12:27:10Z".parse().unwrap(),
            alerts: 38,
            level: RuleLevel::new(10).unwrap(),
            priority: Priority::High,
            judgement: Judgement::Malicious,
            hosts: 1,
            users: 8,
            addresses: 1,
        }),
    };
    let history = History {
        alerts_before: 411,
        recent_alerts: 96,
        known_before: true,
        hosts: 2,
        users: 20,
        addresses: 1,
        rules: 3,
        ..History::default()
    };
    let id = NoticeId::of(&first.incident, first.opened_at, 3);
    Notice { id, number: 3, kind: Kind::Update, summary, history, ..first }
}

/// And then one password was right.
pub(crate) fn escalation() -> Notice {
    let (update, success) = (update(), super::success());
    let Summary { totals, before, .. } = update.summary;
    let summary = Summary {
        alerts: 431,
        last_seen: "2026-10-03T13:04:31Z".parse().unwrap(),
        before: Some(Standing {
            at: "2026-10-03T12:57:45Z".parse().unwrap(),
            alerts: 412,
            hosts: 2,
            users: totals.users.amount().get(),
            ..before.unwrap()
        }),
        totals: Totals {
            rules: names(&["5763", "40112"]),
            highest_level: RuleLevel::new(12).unwrap(),
            highest_priority: Priority::Critical,
            ..totals
        },
        first_seen: update.summary.first_seen,
    };
    let reasons = [Escalation::HigherLevel, Escalation::SuccessAfterFailures];
    Notice {
        id: NoticeId::of(&update.incident, update.opened_at, 4),
        incident: update.incident,
        opened_at: update.opened_at,
        opener: update.opener,
        number: 4,
        kind: Kind::Escalation(reasons.into()),
        history: History { failures_before: 118, recent_alerts: 19, ..update.history },
        summary,
        ..success
    }
}

/// A notice as an update whose every name is a text of others.
#[cfg(any(test, feature = "fuzz"))]
pub(crate) fn hostile(attack: &str) -> Notice {
    let update = update();
    let many = || (0..30).map(|index| format!("{index}{attack}")).collect::<Vec<_>>().into();
    let totals =
        Totals { hosts: many(), users: many(), addresses: many(), rules: many(), ..update.summary.totals };
    Notice {
        number: update.number,
        kind: update.kind,
        summary: Summary { alerts: u64::MAX, totals, ..update.summary },
        history: update.history,
        ..super::hostile(attack)
    }
}
