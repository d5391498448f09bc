//! What an incident is, what it counts, and when it tells: over permutations, repetitions and the passing of time.

mod any_course;
mod size;

use std::time::Duration;

use jiff::Timestamp;

use super::*;
use crate::assessment::Priority;
use crate::history::History;
use crate::message::{EnrichedAlert, Schema};
use crate::verdict::{Formula, Judgement, Verdict};

fn id(rule: &str, agent: &str, rest: &str) -> IncidentId {
    let text =
        format!(r#"{{"id":"1.1","rule":{{"id":"{rule}","level":10}},"agent":{{"id":"{agent}"}},{rest}}}"#);
    IncidentId::of(&Alert::parse(&text).unwrap())
}

#[test]
fn the_same_rule_agent_and_address_are_one_incident() {
    let first = id("5763", "001", r#""data":{"srcip":"203.0.113.9","dstuser":"root"}"#);
    assert_eq!(first, id("5763", "001", r#""data":{"srcip":"203.0.113.9","dstuser":"admin"}"#));
    assert_ne!(first, id("5712", "001", r#""data":{"srcip":"203.0.113.9"}"#));
    assert_ne!(first, id("5763", "002", r#""data":{"srcip":"203.0.113.9"}"#));
    assert_ne!(first, id("5763", "001", r#""data":{"srcip":"203.0.113.10"}"#));
    assert_eq!(first.as_str().len(), 16);
}

#[test]
fn without_an_address_the_user_or_the_file_decides() {
    assert_ne!(
        id("550", "001", r#""syscheck":{"path":"/etc/passwd"}"#),
        id("550", "001", r#""syscheck":{"path":"/etc/shadow"}"#)
    );
    assert_ne!(
        id("5402", "001", r#""data":{"srcuser":"a"}"#),
        id("5402", "001", r#""data":{"srcuser":"b"}"#)
    );
}

#[test]
fn a_returned_intelligence_event_joins_the_alert_that_caused_it() {
    let returned = r#""data":{"integration":"custom-abuseipdb","abuseipdb":{"source":{"rule":"5763","srcip":"203.0.113.9"}}}"#;
    assert_eq!(id("100015", "001", returned), id("5763", "001", r#""data":{"srcip":"203.0.113.9"}"#));
}

const LEASE: Duration = Duration::from_mins(1);

pub(super) fn start() -> Timestamp {
    "2026-10-03T12:00:00Z".parse().unwrap()
}

fn minutes(minutes: u64) -> Duration {
    Duration::from_mins(minutes)
}

/// One alert of a test: what may differ within an incident.
#[derive(Clone, Copy, Debug)]
pub(super) struct Event {
    pub host: u8,
    pub user: u8,
    pub level: u8,
    pub judgement: Judgement,
}

pub(super) const PLAIN: Event = Event { host: 1, user: 1, level: 7, judgement: Judgement::NoEvidence };

pub(super) fn enriched(id: usize, event: Event, groups: &str) -> EnrichedAlert {
    let Event { host, user, level, judgement } = event;
    let alert = format!(
        r#"{{"id":"1.{id}","rule":{{"id":"5763","level":{level},"groups":["{groups}"]}},"manager":{{"name":"m"}},
            "agent":{{"id":"00{host}","name":"web-{host}"}},"data":{{"srcip":"203.0.113.9","dstuser":"user-{user}"}}}}"#
    );
    let nothing = Verdict::over(&[], &Formula::default(), start());
    EnrichedAlert {
        schema: Schema,
        alert: Alert::parse(&alert).unwrap(),
        reports: Vec::new(),
        verdict: Verdict { judgement, ..nothing },
        repeat_of: None,
    }
}

fn meet(standing: Option<Incident>, id: usize, event: Event, now: Timestamp) -> Meeting {
    let enriched = enriched(id, event, "sshd");
    let history = Incident::history(standing.as_ref(), now);
    Incident::meet(
        standing,
        &Seen::of(&enriched),
        Priority::Medium,
        &history,
        now,
        now + LEASE,
        &Silences::default(),
    )
}

fn opened() -> Incident {
    let mut incident = meet(None, 0, PLAIN, start()).incident;
    assert!(incident.sent(1));
    incident
}

fn escalations(kinds: &[Escalation]) -> Kind {
    Kind::Escalation(kinds.iter().copied().collect())
}

#[test]
fn the_first_alert_is_told_at_once_and_the_next_ones_ever_more_rarely() {
    let mut incident = opened();
    let mut told = Vec::new();
    for minute in 1..=(60 * 24 * 3) {
        let meeting =
            meet(Some(incident), usize::try_from(minute).unwrap(), PLAIN, start() + minutes(minute));
        incident = meeting.incident;
        if let Some(taken) = meeting.taken {
            assert_eq!(taken.kind, Kind::Update);
            assert!(incident.sent(taken.number));
            told.push(minute);
        }
    }
    let four_hours = 35 + 240;
    assert_eq!(told, [5, 35, four_hours, four_hours + 1440, four_hours + 2880]);
}

#[test]
fn a_site_may_be_told_at_another_pace() {
    let silences: Silences = "20s,1h".parse().unwrap();
    let enriched = enriched(0, PLAIN, "sshd");
    let (mut incident, mut told) = (None, Vec::new());
    for step in 0..1_000_u64 {
        let now = start() + Duration::from_secs(10 * step);
        let (seen, history) = (Seen::of(&enriched), Incident::history(incident.as_ref(), now));
        let meeting =
            Incident::meet(incident, &seen, Priority::Medium, &history, now, now + LEASE, &silences);
        let mut met = meeting.incident;
        if let Some(taken) = meeting.taken {
            assert!(met.sent(taken.number));
            told.push(10 * step);
        }
        incident = Some(met);
    }
    assert_eq!(told, [0, 20, 3_620, 7_220]);
}

#[test]
fn what_no_alert_comes_for_is_due_all_the_same() {
    let incident = opened();
    assert_eq!(incident.due(), None, "all is told");
    let mut incident = meet(Some(incident), 1, PLAIN, start() + minutes(1)).incident;
    assert_eq!(incident.due(), Some(start() + minutes(5)));
    assert_eq!(incident.take(start() + minutes(4), start() + minutes(6), &Silences::default()), None);
    let taken = incident.take(start() + minutes(5), start() + minutes(6), &Silences::default()).unwrap();
    assert_eq!((taken.number, &taken.kind), (2, &Kind::Update));
    assert_eq!(
        incident.take(start() + minutes(6), start() + minutes(7), &Silences::default()),
        None,
        "somebody has it"
    );
    assert_eq!(incident.due(), Some(start() + minutes(6)), "unless he dies");
    assert!(incident.sent(2) && !incident.sent(2));
    assert_eq!(incident.due(), None);
}

#[test]
fn a_notice_whose_sender_died_is_taken_over_under_its_number() {
    let mut incident = meet(None, 0, PLAIN, start()).incident;
    assert_eq!(incident.take_over(start() + Duration::from_secs(59), start() + minutes(9)), None);
    let taken = incident.take_over(start() + LEASE, start() + minutes(2)).unwrap();
    assert_eq!((taken.number, taken.kind), (1, Kind::First));
    assert_eq!(incident.take_over(start() + LEASE, start() + minutes(2)), None, "one heir");
    assert!(incident.give_back(1, start() + LEASE));
    assert!(incident.take_over(start() + LEASE, start() + minutes(2)).is_some());
    assert!(!incident.give_back(7, start()));
}

#[test]
fn each_way_to_get_worse_breaks_the_silence_once_until_the_next_update() {
    let now = start() + minutes(1);
    for (event, expected) in [
        (Event { level: 12, ..PLAIN }, Escalation::HigherLevel),
        (Event { judgement: Judgement::Malicious, ..PLAIN }, Escalation::TurnedMalicious),
        (Event { host: 2, ..PLAIN }, Escalation::NewHost),
    ] {
        let meeting = meet(Some(opened()), 1, event, now);
        let taken = meeting.taken.unwrap();
        assert_eq!((taken.number, taken.kind), (2, escalations(&[expected])));
        assert_eq!(meeting.keep_for, Some(2), "the notice is about this alert");
        let mut incident = meeting.incident;
        incident.sent(2);
        // The same kind again, and even more of it.
        let more = Event { host: event.host + 1, level: event.level + 1, ..event };
        let other = escalations(if expected == Escalation::HigherLevel {
            &[Escalation::NewHost]
        } else if expected == Escalation::NewHost {
            &[Escalation::HigherLevel]
        } else {
            &[Escalation::HigherLevel, Escalation::NewHost]
        });
        let meeting = meet(Some(incident), 2, more, now + minutes(1));
        assert_eq!(meeting.taken.map(|taken| taken.kind), Some(other));
    }
}

#[test]
fn a_success_after_failures_breaks_the_silence() {
    let enriched = enriched(1, PLAIN, "authentication_success");
    for (failures_before, expected) in
        [(4, None), (5, Some(escalations(&[Escalation::SuccessAfterFailures])))]
    {
        let history = History { failures_before, ..History::default() };
        let now = start() + minutes(1);
        let seen = Seen::of(&enriched);
        let meeting = Incident::meet(
            Some(opened()),
            &seen,
            Priority::Medium,
            &history,
            now,
            now + LEASE,
            &Silences::default(),
        );
        assert_eq!(meeting.taken.map(|taken| taken.kind), expected);
    }
}

#[test]
fn an_escalation_while_a_notice_is_on_its_way_comes_right_after_it() {
    let incident = meet(None, 0, PLAIN, start()).incident;
    let meeting = meet(Some(incident), 1, Event { level: 12, ..PLAIN }, start() + Duration::from_secs(5));
    assert_eq!(meeting.taken, None);
    let mut incident = meeting.incident;
    incident.sent(1);
    assert!(incident.due().is_some_and(|due| due <= start() + Duration::from_secs(5)));
    let taken =
        incident.take(start() + Duration::from_secs(20), start() + minutes(2), &Silences::default()).unwrap();
    assert_eq!(taken.kind, escalations(&[Escalation::HigherLevel]));
}

#[test]
fn a_day_of_quiet_closes_it_and_the_next_one_knows() {
    let quiet = start() + Incident::QUIET;
    assert!(opened().is_open(quiet) && !opened().is_open(quiet + minutes(1)));
    let meeting = meet(Some(opened()), 1, PLAIN, quiet + minutes(1));
    assert_eq!(meeting.taken.map(|taken| (taken.number, taken.kind)), Some((1, Kind::First)));
    assert_eq!((meeting.incident.alerts, meeting.incident.opened_at()), (1, quiet + minutes(1)));
    let history = Incident::history(Some(&meeting.incident), quiet + minutes(2));
    assert!(history.known_before && history.alerts_before == 1);
    assert!(!Incident::history(Some(&opened()), start() + minutes(1)).known_before);
}

#[test]
fn what_was_not_told_keeps_it_open() {
    let incident = meet(Some(opened()), 1, PLAIN, start() + minutes(1)).incident;
    let meeting = meet(Some(incident), 2, PLAIN, start() + Duration::from_hours(48));
    assert_eq!(meeting.incident.alerts, 3);
    assert_eq!(meeting.taken.unwrap().kind, Kind::Update);
}

#[test]
fn the_gravest_alert_is_the_one_that_is_kept() {
    let mut incident = opened();
    // The level is an escalation of its own the first time; the silence that follows is what this is about.
    incident = meet(Some(incident), 1, Event { level: 9, ..PLAIN }, start() + minutes(1)).incident;
    incident.sent(2);
    let mut kept = Vec::new();
    for (id, level) in [(2, 7), (3, 6), (4, 8), (5, 8), (6, 3)] {
        let meeting = meet(Some(incident), id, Event { level, ..PLAIN }, start() + minutes(2));
        incident = meeting.incident;
        if let Some(number) = meeting.keep_for {
            kept.push((id, number));
        }
    }
    assert_eq!(kept, [(2, 3), (4, 3)]);
    let meeting = meet(Some(incident), 7, Event { level: 8, ..PLAIN }, start() + minutes(7));
    assert_eq!((meeting.taken.unwrap().number, meeting.keep_for), (3, Some(3)), "as grave, and the latest");
}

#[test]
fn recent_alerts_are_those_of_ten_minutes() {
    let mut incident = opened();
    for second in 1..=1200_u64 {
        let now = start() + Duration::from_secs(second);
        incident = meet(Some(incident), usize::try_from(second).unwrap(), PLAIN, now).incident;
    }
    let now = start() + minutes(20);
    let history = Incident::history(Some(&incident), now);
    assert_eq!(history.alerts_before, 1201);
    assert!((480..=601).contains(&history.recent_alerts), "{}", history.recent_alerts);
    assert_eq!(Incident::history(Some(&incident), now + minutes(11)).recent_alerts, 0);
}
