//! One incident: what its alerts have in common, and what is told about it when. Decides everything, does nothing.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::notices::{Escalation, Kind, Notices, Taken};
use super::pace::Pace;
use super::seen::Seen;
use super::silences::Silences;
use super::summary::{Opener, Summary, Totals};
use crate::assessment::Priority;
use crate::history::History;
use crate::history::Login;

/// An incident as it stands. Every alert changes the count and the time; few change the facts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Incident {
    /// Alerts counted so far.
    pub alerts: u64,
    /// When the last one was counted.
    pub last_seen: Timestamp,
    pub facts: Facts,
}

/// What is stored as one document. Bounded: under 10 KB, whatever comes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts {
    opened_at: Timestamp,
    opener: Opener,
    known_before: bool,
    totals: Totals,
    notices: Notices,
    pace: Pace,
}

/// What an alert makes of its incident.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Meeting {
    pub incident: Incident,
    /// The notice that is due now: its sender is whoever writes this meeting down.
    pub taken: Option<Taken>,
    /// The alert must be kept for the notice of this number: it is the gravest to tell of.
    pub keep_for: Option<u32>,
}

impl Incident {
    /// An incident without alerts for this long is closed; the next alert opens a new one.
    pub const QUIET: Duration = Duration::from_hours(24);

    /// So many failed logins within an hour before a success are not a slip of the fingers.
    const FAILURES: u32 = 5;

    /// Whether an alert at `now` belongs to it. What has not been told keeps it open: it must not be overwritten.
    pub fn is_open(&self, now: Timestamp) -> bool {
        self.last_seen + Self::QUIET >= now || self.facts.notices.due().is_some()
    }

    pub fn opened_at(&self) -> Timestamp {
        self.facts.opened_at
    }

    pub fn opener(&self) -> &Opener {
        &self.facts.opener
    }

    /// When something is to be done although no alert comes.
    pub fn due(&self) -> Option<Timestamp> {
        self.facts.notices.due()
    }

    /// How many notices were taken so far, the one on its way included.
    pub fn notices(&self) -> u32 {
        self.facts.notices.taken()
    }

    /// What all its alerts have shown.
    pub fn totals(&self) -> &Totals {
        &self.facts.totals
    }

    /// Whether somebody holds the notice of this number and may still send it.
    pub fn is_on_its_way(&self, now: Timestamp) -> bool {
        !self.facts.notices.is_idle() && self.due().is_some_and(|until| now < until)
    }

    /// What came before an alert that is about to be counted at `now`. `standing` is what is stored, open or not.
    pub fn history(standing: Option<&Self>, now: Timestamp) -> History {
        let Some(incident) = standing else { return History::default() };
        if !incident.is_open(now) {
            return History { known_before: true, ..History::default() };
        }
        History {
            alerts_before: incident.alerts,
            recent_alerts: incident.facts.pace.recent(incident.alerts, now),
            first_seen: Some(incident.facts.opened_at),
            last_seen: Some(incident.last_seen),
            known_before: incident.facts.known_before,
            ..History::default()
        }
    }

    /// Counts an alert: in the standing incident while that is open, else in a new one.
    pub fn meet(
        standing: Option<Self>,
        seen: &Seen<'_>,
        priority: Priority,
        history: &History,
        now: Timestamp,
        lease_until: Timestamp,
        silences: &Silences,
    ) -> Meeting {
        let gravity = seen.gravity(priority);
        let mut incident = match standing {
            Some(mut incident) if incident.is_open(now) => {
                incident.join(seen, priority, history, now);
                incident
            }
            known => Self::open(seen, priority, known.is_some(), now),
        };
        let next = incident.facts.notices.next_number();
        let waited = incident.facts.notices.wait(gravity);
        let taken = incident.take(now, lease_until, silences);
        let keep = match &taken {
            None => waited < Some(gravity),
            Some(Taken { kind: Kind::Escalation(_), .. }) => true, // this alert is what got worse
            Some(Taken { kind: Kind::First | Kind::Update, .. }) => waited <= Some(gravity),
        };
        Meeting { incident, taken, keep_for: keep.then_some(next) }
    }

    fn open(seen: &Seen<'_>, priority: Priority, known_before: bool, now: Timestamp) -> Self {
        let gravity = seen.gravity(priority);
        let mut pace = Pace::default();
        pace.mark(0, now);
        let facts = Facts {
            opened_at: now,
            opener: Opener::of(seen, gravity),
            known_before,
            totals: Totals::of(seen, gravity),
            notices: Notices::default(),
            pace,
        };
        Self { alerts: 1, last_seen: now, facts }
    }

    fn join(&mut self, seen: &Seen<'_>, priority: Priority, history: &History, now: Timestamp) {
        for escalation in self.escalations(seen, history) {
            self.facts.notices.note(escalation);
        }
        self.facts.totals.add(seen, seen.gravity(priority));
        self.facts.pace.mark(self.alerts, now);
        self.alerts += 1;
        self.last_seen = self.last_seen.max(now);
    }

    /// How the alert makes it worse.
    fn escalations(&self, seen: &Seen<'_>, history: &History) -> Vec<Escalation> {
        let totals = &self.facts.totals;
        let succeeded = seen.login == Some(Login::Succeeded);
        // Where the list is a sample, a host that is not on it may be an old one.
        let listed = matches!(totals.hosts.amount(), super::Amount::Exactly(_));
        let malicious = crate::verdict::Judgement::Malicious;
        [
            (Escalation::HigherLevel, seen.alert.rule().level > totals.highest_level),
            (Escalation::TurnedMalicious, seen.judgement == malicious && totals.worst_judgement < malicious),
            (Escalation::SuccessAfterFailures, succeeded && history.failures_before >= Self::FAILURES),
            (Escalation::NewHost, listed && !totals.hosts.contains(&seen.host)),
        ]
        .into_iter()
        .filter_map(|(escalation, happened)| happened.then_some(escalation))
        .collect()
    }

    /// The notice that is due at `now`; whoever writes the incident down may send it.
    pub fn take(&mut self, now: Timestamp, lease_until: Timestamp, silences: &Silences) -> Option<Taken> {
        let standing = self.facts.totals.standing(self.alerts, now);
        self.facts.notices.take(standing, lease_until, silences)
    }

    /// The notice that somebody took and did not send while he could.
    pub fn take_over(&mut self, now: Timestamp, lease_until: Timestamp) -> Option<Taken> {
        self.facts.notices.take_over(now, lease_until)
    }

    /// The notice of this number was sent. False where that was known.
    pub fn sent(&mut self, number: u32) -> bool {
        self.facts.notices.sent(number)
    }

    /// The notice of this number was not sent, and the next to come may try. False where it is nobody's any more.
    pub fn give_back(&mut self, number: u32, now: Timestamp) -> bool {
        self.facts.notices.give_back(number, now)
    }

    pub fn summary(&self, taken: &Taken) -> Summary {
        Summary {
            alerts: self.alerts,
            first_seen: self.facts.opened_at,
            last_seen: self.last_seen,
            totals: self.facts.totals.clone(),
            before: taken.before.clone(),
        }
    }
}
