//! The books in numbers: every alert that was published has exactly one end, and every notice is a mail or in one.

use std::fmt;

use serde::Serialize;

use crate::ends::{End, Outcome};
use crate::held_back::HeldBack;
use crate::notices::Notices;

/// How many of each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Counts {
    pub published: usize,
    /// Alerts that hunting has made of logins.
    pub findings: usize,
    pub notified: usize,
    pub counted: usize,
    pub observed: usize,
    pub ignored: usize,
    pub dead_lettered: usize,
    /// Mails that analyze has asked for, those that came, and those that wait for a digest or are in one.
    pub notices: Notices,
    pub delivered: Notices,
    pub held_back: HeldBack,
    pub feedback_events: usize,
}

impl Counts {
    /// So many were published, and these have ended; mails and events are for the caller to fill in.
    pub(crate) fn of_ends(published: usize, ends: &[End]) -> Self {
        let of = |outcome| ends.iter().filter(|end| end.outcome == outcome).count();
        Self {
            published,
            notified: of(Outcome::Notified),
            counted: of(Outcome::Counted),
            observed: of(Outcome::Observed),
            ignored: of(Outcome::Ignored),
            dead_lettered: of(Outcome::DeadLettered),
            ..Self::default()
        }
    }

    /// What does not add up, one sentence each.
    pub(crate) fn problems(&self) -> Vec<String> {
        let Self { published, findings, notified, notices, delivered, held_back, .. } = self;
        let ended = notified + self.counted + self.observed + self.ignored + self.dead_lettered;
        let mut problems = Vec::new();
        if ended != published + findings {
            let found =
                if *findings > 0 { format!(" and {findings} found by hunting") } else { String::new() };
            problems.push(format!("{published} alerts were published{found}, but {ended} ended"));
        }
        if notices.first != *notified {
            problems.push(format!(
                "{notified} alerts were notified, but {} first mails were sent",
                notices.first
            ));
        }
        problems.extend(notices.problems(*delivered, *held_back));
        problems.extend(held_back.problems(*delivered));
        problems
    }
}

/// Every alert's end, every mail's reason, and what has no mail of its own.
impl fmt::Display for Counts {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { published, notified, counted, observed, ignored, dead_lettered, .. } = self;
        write!(formatter, "{published} published")?;
        if self.findings > 0 {
            write!(formatter, " + {} found by hunting", self.findings)?;
        }
        writeln!(
            formatter,
            " = {notified} notified + {counted} counted + {observed} observed + {ignored} ignored + {dead_lettered} dead-lettered",
        )?;
        let kinds: Vec<String> =
            self.delivered.kinds().map(|(count, kind)| format!("{count} {kind}")).collect();
        let kinds = if kinds.is_empty() { "none".to_owned() } else { kinds.join(" + ") };
        writeln!(formatter, "{} mails = {kinds}", self.delivered.all())?;
        if self.held_back.notices > 0 {
            let HeldBack { notices, told, .. } = self.held_back;
            writeln!(
                formatter,
                "{} notices = {} mails + {notices} held back, {told} of them told in a digest",
                self.notices.of_incidents(),
                self.delivered.of_incidents(),
            )?;
        }
        write!(formatter, "{} events for Wazuh", self.feedback_events)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn end(outcome: Outcome) -> End {
        End { alert_key: None, outcome, reason: String::new() }
    }

    fn first(first: usize) -> Notices {
        Notices { first, ..Notices::default() }
    }

    #[test]
    fn the_books_balance_only_if_every_alert_has_one_end_and_every_notification_a_mail() {
        let ends = [end(Outcome::Notified), end(Outcome::Counted)];
        for (published, sent, arrived, problems) in
            [(2, 1, 1, 0), (3, 1, 1, 1), (1, 1, 1, 1), (2, 1, 0, 1), (2, 2, 2, 1), (2, 0, 1, 3), (5, 5, 5, 2)]
        {
            let counts = Counts {
                notices: first(sent),
                delivered: first(arrived),
                ..Counts::of_ends(published, &ends)
            };
            assert_eq!(counts.problems().len(), problems, "{counts:?}");
        }
        assert!(Counts::default().problems().is_empty());
    }

    #[test]
    fn what_is_held_back_is_in_the_books_like_a_mail() {
        let ends = [end(Outcome::Notified), end(Outcome::Notified), end(Outcome::Notified)];
        let counts = Counts {
            notices: first(3),
            delivered: Notices { storm: 1, digest: 1, ..first(1) },
            held_back: HeldBack { notices: 2, told: 2, storms: 1, digests: 1 },
            feedback_events: 4,
            ..Counts::of_ends(3, &ends)
        };
        assert!(counts.problems().is_empty());
        assert_eq!(
            counts.to_string(),
            "3 published = 3 notified + 0 counted + 0 observed + 0 ignored + 0 dead-lettered
3 mails = 1 first + 1 storm notice + 1 digest
3 notices = 1 mails + 2 held back, 2 of them told in a digest
4 events for Wazuh"
        );
        let hunted = Counts { findings: 1, notified: 4, ..counts };
        assert!(hunted.to_string().starts_with("3 published + 1 found by hunting = 4 notified + "));
        assert_eq!(
            Counts { findings: 2, ..hunted }.problems()[0],
            "3 alerts were published and 2 found by hunting, but 4 ended"
        );
        let untold = Counts { held_back: HeldBack { told: 1, ..counts.held_back }, ..counts };
        assert_eq!(untold.problems(), ["2 notices were held back, but the digests tell of 1"]);
    }
}
