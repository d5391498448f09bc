//! The incident around the alert: why there is a mail now, what is new, how far it reaches, and what came before.

use domain::Notice;
use domain::history::History;
use domain::incident::{Amount, Distinct, Escalation, Kind, Standing, Summary, principal};

use super::{Fact, Shown};
use crate::clock::Clock;
use crate::count::{counted, grouped};
use crate::opening::untold;

#[derive(Clone, Debug)]
pub struct IncidentView {
    /// `New incident`, `Update (mail 3)`, `Escalation: higher level`.
    pub label: Shown,
    /// What has changed since the notice before.
    pub changes: Option<Shown>,
    /// Alerts, hosts, users and addresses in all; nothing while one alert is all.
    pub extent: Vec<Fact>,
    pub timeline: Vec<Event>,
    /// What the same address, user or rule did before.
    pub past: Vec<Shown>,
}

#[derive(Clone, Debug)]
pub struct Event {
    pub time: Shown,
    pub what: Shown,
}

/// More names of one kind are counted.
const MAX_NAMES: usize = 5;

pub(super) fn incident(notice: &Notice, clock: &Clock) -> IncidentView {
    let Summary { alerts, before, .. } = &notice.summary;
    IncidentView {
        label: label(notice),
        changes: before.as_ref().map(|before| Shown::line(&changes(notice, before, clock), 300)),
        extent: if *alerts > 1 { extent(notice, clock) } else { Vec::new() },
        timeline: if *alerts > 1 { timeline(notice, clock) } else { Vec::new() },
        past: past(&notice.history).into_iter().map(|sentence| Shown::line(&sentence, 200)).collect(),
    }
}

pub(super) fn label(notice: &Notice) -> Shown {
    let words = match &notice.kind {
        Kind::First => "New incident".to_owned(),
        // Escalations are mails, too: what is counted is what the reader has in the conversation.
        Kind::Update => format!("Update (mail {})", notice.number),
        Kind::Escalation(reasons) => {
            let words: Vec<&str> = reasons.iter().copied().map(words).collect();
            format!("Escalation: {}", words.join(", "))
        }
    };
    Shown::line(&words, 120)
}

fn words(escalation: Escalation) -> &'static str {
    match escalation {
        Escalation::HigherLevel => "higher level",
        Escalation::TurnedMalicious => "now malicious",
        Escalation::SuccessAfterFailures => "success after failures",
        Escalation::NewHost => "another host",
    }
}

/// `37 new alerts since the last mail at 14:22:09 CEST: 1 more host (web-02), level 10 → 12`.
fn changes(notice: &Notice, before: &Standing, clock: &Clock) -> String {
    let Summary { totals, last_seen, .. } = &notice.summary;
    let since =
        if clock.same_day(before.at, *last_seen) { clock.hour(before.at) } else { clock.time(before.at) };
    let mut changes = Vec::new();
    let principal = principal(&notice.alert);
    for (names, had, noun, first) in [
        (&totals.hosts, before.hosts, "host", &notice.opener.agent),
        (&totals.users, before.users, "user", &principal),
        (&totals.addresses, before.addresses, "address", &principal),
    ] {
        let more = names.amount().get().saturating_sub(had);
        if more > 0 {
            let about = match names.amount() {
                Amount::Exactly(_) => "",
                Amount::About(_) => "about ",
            };
            let plural = match (more, noun) {
                (1, _) => noun.to_owned(),
                (_, "address") => "addresses".to_owned(),
                _ => format!("{noun}s"),
            };
            let new = new_names(names, had, first).map(|names| format!(" ({names})")).unwrap_or_default();
            changes.push(format!("{about}{} more {plural}{new}", grouped(more)));
        }
    }
    if totals.highest_level > before.level {
        changes.push(format!("level {} → {}", before.level, totals.highest_level));
    }
    if totals.highest_priority > before.priority {
        changes.push(format!("priority {} → {}", before.priority, totals.highest_priority));
    }
    if totals.worst_judgement > before.judgement {
        changes.push(format!("intelligence {} → {}", before.judgement, totals.worst_judgement));
    }
    let told = format!("{} since the last mail at {since}", counted(untold(notice), "new alert"));
    if changes.is_empty() {
        format!("{told}, nothing else changed")
    } else {
        format!("{told}: {}", changes.join(", "))
    }
}

/// Who is new, where that is certain and few: all of them where nobody was there, all but the first where only the first
/// was. Of the others only their number was kept.
fn new_names(names: &Distinct, had: u64, first: &str) -> Option<String> {
    let is_new = |name: &&str| match had {
        0 => true,
        _ => *name != first,
    };
    let shown = names.shown();
    let certain = had == 0 || (had == 1 && shown.contains(&first));
    let new: Vec<&str> = shown.into_iter().filter(is_new).collect();
    let all = new.len() as u64 == names.amount().get().saturating_sub(had);
    (certain && all && new.len() <= MAX_NAMES).then(|| new.join(", "))
}

fn extent(notice: &Notice, clock: &Clock) -> Vec<Fact> {
    let Summary { alerts, first_seen, last_seen, totals, .. } = &notice.summary;
    let fact = |label, value: &str| Fact { label, value: Shown::line(value, 320) };
    let (first, last) = (*first_seen, *last_seen);
    let last = if clock.same_day(first, last) { clock.hour(last) } else { clock.time(last) };
    let alerts = format!("{} since {}, the last at {last}", grouped(*alerts), clock.time(first));
    let mut facts = vec![fact("Alerts", &alerts)];
    let names = [
        ("Host", "Hosts", &totals.hosts),
        ("User", "Users", &totals.users),
        ("Address", "Addresses", &totals.addresses),
        ("Rule", "Rules", &totals.rules),
    ];
    // Of a single name the other mails tell among the facts of the alert.
    let from = match notice.kind {
        Kind::Update => 1,
        Kind::First | Kind::Escalation(_) => 2,
    };
    for (one, many, names) in names {
        let amount = names.amount().get();
        if amount >= from {
            facts.push(Fact { label: if amount == 1 { one } else { many }, value: listed(names) });
        }
    }
    let varying = totals.varying.names();
    if !varying.is_empty() {
        facts.push(fact("Differs in", &varying.iter().take(8).cloned().collect::<Vec<_>>().join(", ")));
    }
    facts
}

/// `web-01, web-02 and 3 more`.
fn listed(names: &Distinct) -> Shown {
    let amount = names.amount().get();
    let shown: Vec<Shown> =
        names.shown().into_iter().take(MAX_NAMES).map(|name| Shown::line(name, 60)).collect();
    let more = match (amount.saturating_sub(shown.len() as u64), names.amount()) {
        (0, _) => String::new(),
        (more, Amount::Exactly(_)) => format!(" and {} more", grouped(more)),
        (more, Amount::About(_)) => format!(" and about {} more", grouped(more)),
    };
    Shown::joined(&[Shown::joined(&shown, ", "), Shown::line_as_is(more)], "")
}

/// Made of counts and times alone.
fn timeline(notice: &Notice, clock: &Clock) -> Vec<Event> {
    let Summary { alerts, first_seen, last_seen, before, .. } = &notice.summary;
    let mut events = vec![(*first_seen, "first alert, incident opened".to_owned())];
    if let Some(before) = before {
        let number = notice.number.saturating_sub(1);
        events.push((
            before.at,
            format!("mail {number} of this incident: {}", counted(before.alerts, "alert")),
        ));
    }
    let History { recent_alerts, .. } = notice.history;
    let burst = match recent_alerts {
        0 | 1 => String::new(),
        recent => format!(", {} of them within ten minutes", grouped(recent)),
    };
    events.push((*last_seen, format!("latest of {}{burst}", counted(*alerts, "alert"))));
    events.sort_by_key(|(at, _)| *at);
    let first_day = *first_seen;
    let event = |(at, what): (_, String)| {
        let time =
            if at == first_day || !clock.same_day(at, first_day) { clock.time(at) } else { clock.hour(at) };
        Event { time: Shown::line(&time, 80), what: Shown::line(&what, 160) }
    };
    events.into_iter().map(event).collect()
}

fn past(history: &History) -> Vec<String> {
    let mut past = Vec::new();
    if history.failures_before > 0 {
        past.push(format!(
            "{} by the same address or user in the hour before.",
            counted(history.failures_before.into(), "failed login")
        ));
    }
    let reach: Vec<String> = [(history.hosts, "host"), (history.users, "user"), (history.rules, "rule")]
        .into_iter()
        .filter(|(count, _)| *count > 1)
        .map(|(count, noun)| counted(count.into(), noun))
        .collect();
    if !reach.is_empty() {
        past.push(format!("Within a day it was seen with {}.", reach.join(", ")));
    }
    if history.known_before {
        past.push("The same rule has had an incident here before.".to_owned());
    }
    past
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::goldens;

    fn shown(notice: &Notice) -> IncidentView {
        incident(notice, &goldens::settings().clock)
    }

    #[test]
    fn the_bar_says_why_there_is_a_mail() {
        for (notice, expected) in [
            (goldens::sshd(), "New incident"),
            (goldens::later::update(), "Update (mail 3)"),
            (goldens::later::escalation(), "Escalation: higher level, success after failures"),
        ] {
            assert_eq!(shown(&notice).label.as_str(), expected);
        }
    }

    #[test]
    fn what_changed_since_the_last_mail_is_one_sentence() {
        let mut update = goldens::later::update();
        let told = shown(&update).changes.unwrap();
        assert!(
            told.as_str().starts_with(
                "374 new alerts since the last mail at 14:27:10 CEST: 1 more host (web-02), about "
            ),
            "{told}"
        );
        assert!(told.as_str().ends_with(" more users"), "{told}");
        let hosts = update.summary.totals.hosts.amount().get();
        let users = update.summary.totals.users.amount().get();
        let before = update.summary.before.as_mut().unwrap();
        (before.hosts, before.users, before.alerts) = (hosts, users, 411);
        assert_eq!(
            shown(&update).changes.unwrap().as_str(),
            "1 new alert since the last mail at 14:27:10 CEST, nothing else changed"
        );
    }

    #[test]
    fn who_is_new_is_named_where_it_is_certain() {
        let new = |names: &[&str], had| {
            let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
            new_names(&names.into(), had, "b")
        };
        for (names, had, expected) in [
            (&["a"][..], 0, Some("a")),
            (&["a", "b", "c"], 1, Some("a, c")),
            (&["a", "c"], 1, None),
            (&["a", "b", "c"], 2, None),
            (&["1", "2", "3", "4", "5", "6"], 0, None),
        ] {
            assert_eq!(new(names, had).as_deref(), expected, "{names:?} {had}");
        }
    }

    #[test]
    fn names_are_bounded_and_the_rest_is_counted() {
        let text = |count: u64| {
            listed(&Distinct::from((1..=count).map(|host| format!("h{host}")).collect::<Vec<_>>()))
                .to_string()
        };
        assert_eq!((text(1), text(2)), ("h1".into(), "h1, h2".into()));
        assert_eq!(text(7), "h1, h2, h3, h4, h5 and 2 more");
        assert!(text(1_000).contains(" and about "), "{}", text(1_000));
    }

    #[test]
    fn a_single_alert_has_no_story() {
        let view = shown(&goldens::sshd());
        assert!(view.extent.is_empty() && view.timeline.is_empty() && view.changes.is_none());
    }
}
