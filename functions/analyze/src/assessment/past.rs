//! What the alert's history adds: a login that works after many that did not, repetition, spread, novelty.

use domain::Rule;
use domain::assessment::{Priority, SignalName};
use domain::history::{History, Login};

use super::scale;
use super::signal::{Collected, Sign, Subject};

pub(super) fn signals(subject: &Subject, rule: &Rule, history: &History, collected: &mut Collected) {
    if !history.is_recorded() {
        return;
    }
    match Login::of(rule) {
        Some(Login::Succeeded) => collected.add(success_after_failures(subject, history)),
        Some(Login::Failed) => {
            collected.add(many_failures(subject, history));
            collected.add(spread_over_users(subject, history));
        }
        None => {}
    }
    collected.add(first_seen(subject, rule, history));
    let hostile = collected.is_hostile();
    collected.add(spread_over_hosts(subject, history, hostile));
    if hostile {
        collected.add(repetition(history));
        collected.add(many_rules(subject, history));
    }
}

fn success_after_failures(subject: &Subject, history: &History) -> Option<Sign> {
    let failures = history.failures_before;
    let (points, at_least) = if failures >= scale::SUCCESS_AFTER_MANY.0 {
        (scale::SUCCESS_AFTER_MANY.1, Priority::High)
    } else if failures >= scale::SUCCESS_AFTER_SOME.0 {
        (scale::SUCCESS_AFTER_SOME.1, Priority::Medium)
    } else {
        return None;
    };
    let sentence =
        format!("{} failed {failures} times in the hour before and now succeeded.", subject.principal());
    Some(Sign { at_least, ..Sign::new(SignalName::SuccessAfterFailures, points, sentence) })
}

fn many_failures(subject: &Subject, history: &History) -> Option<Sign> {
    let (least, points) = scale::MANY_FAILURES;
    (history.failures_before >= least).then(|| {
        let failures = history.failures_before;
        let sentence = format!("{} failed {failures} times in the hour before.", subject.principal());
        Sign::new(SignalName::ManyFailures, points, sentence)
    })
}

fn spread_over_users(subject: &Subject, history: &History) -> Option<Sign> {
    let (least, points) = scale::SPREAD_OVER_USERS;
    (history.users >= least).then(|| {
        let sentence = format!("{} tried {} users within a day.", subject.principal(), history.users);
        Sign::new(SignalName::SpreadOverUsers, points, sentence)
    })
}

/// Holds for the whole first incident, so that its second alert does not weigh less than its first.
fn first_seen(subject: &Subject, rule: &Rule, history: &History) -> Option<Sign> {
    (!history.known_before).then(|| {
        let about = subject.principal.as_ref().map(|name| format!(" about {name}")).unwrap_or_default();
        let sentence = format!("First time rule {} fires on {}{about}.", rule.id, subject.host);
        Sign::new(SignalName::FirstSeen, scale::FIRST_SEEN, sentence)
    })
}

fn spread_over_hosts(subject: &Subject, history: &History, hostile: bool) -> Option<Sign> {
    let hosts = history.hosts;
    let points = if hostile {
        step(&scale::SPREAD_OVER_HOSTS, hosts)?
    } else {
        step(&[scale::ORDINARY_SPREAD], hosts)?
    };
    let sentence = format!("{} on {hosts} hosts within a day.", subject.principal());
    Some(Sign::new(SignalName::SpreadOverHosts, points, sentence))
}

fn repetition(history: &History) -> Option<Sign> {
    let points = step(&scale::REPETITION, history.recent_alerts)?;
    let sentence = format!("{} alerts of the same kind in the ten minutes before.", history.recent_alerts);
    Some(Sign::new(SignalName::Repetition, points, sentence))
}

fn many_rules(subject: &Subject, history: &History) -> Option<Sign> {
    let (least, points) = scale::MANY_RULES;
    (history.rules >= least).then(|| {
        let sentence = format!("{} set off {} rules within a day.", subject.principal(), history.rules);
        Sign::new(SignalName::ManyRules, points, sentence)
    })
}

/// The points of the highest step that the count reaches; the highest stands first.
fn step<N: PartialOrd + Copy>(steps: &[(N, u16)], count: N) -> Option<u16> {
    steps.iter().find(|(least, _)| count >= *least).map(|(_, points)| *points)
}
