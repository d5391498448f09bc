//! What the limits of a group have held back, and what its digests tell of that, by notify's log.

use serde::{Deserialize, Serialize};

use crate::notices::Notices;
use crate::requests::counted;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct HeldBack {
    /// Notices that wait for a digest, or did.
    pub notices: usize,
    /// Those among them that a digest has told of.
    pub told: usize,
    /// Mails about them that SES has taken.
    pub storms: usize,
    pub digests: usize,
}

impl HeldBack {
    pub(crate) fn over(log: &[String]) -> Self {
        let of = |metric, dimension, value: &str| {
            counted(metric, dimension, log).filter(|(found, _)| found == value).map(|(_, count)| count).sum()
        };
        let suppressed = |reason| -> usize { of("MailsSuppressed", "reason", reason) };
        Self {
            notices: suppressed("storm") + suppressed("quiet_hours"),
            told: log.iter().filter_map(|line| told(line)).sum(),
            storms: of("MailsSent", "kind", "storm"),
            digests: of("MailsSent", "kind", "digest"),
        }
    }

    /// Whether a digest is still to come.
    pub(crate) fn waits(self) -> bool {
        self.told < self.notices
    }

    /// How many mails become of so many notices of incidents.
    pub(crate) fn mails(self, notices: Notices) -> usize {
        notices.of_incidents().saturating_sub(self.notices) + self.storms + self.digests
    }

    pub(crate) fn problems(self, delivered: Notices) -> Vec<String> {
        let Self { notices, told, storms, digests } = self;
        let pairs = [
            (notices, told, format!("{notices} notices were held back, but the digests tell of {told}")),
            (
                storms,
                delivered.storm,
                format!("{storms} storm notices were sent, but {} arrived", delivered.storm),
            ),
            (
                digests,
                delivered.digest,
                format!("{digests} digests were sent, but {} arrived", delivered.digest),
            ),
        ];
        pairs.into_iter().filter(|(one, other, _)| one != other).map(|(.., problem)| problem).collect()
    }
}

/// How many notices a digest tells of, if the line is about one.
fn told(line: &str) -> Option<usize> {
    const MESSAGE: &str = "a digest tells what was held back";
    #[derive(Deserialize)]
    struct Line {
        message: String,
        notices: usize,
    }
    let line: Line = serde_json::from_str(line.get(line.find('{')?..)?).ok()?;
    (line.message == MESSAGE).then_some(line.notices)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_held_back_is_told_of_or_is_a_problem() {
        let mut log: Vec<String> = [
            r#"{"_aws":{},"stage":"notify","reason":"storm","MailsSuppressed":7}"#,
            r#"{"_aws":{},"stage":"notify","reason":"quiet_hours","MailsSuppressed":1}"#,
            r#"{"_aws":{},"stage":"notify","reason":"record","MailsSuppressed":1}"#,
            r#"{"_aws":{},"stage":"notify","kind":"notice","MailsSent":4}"#,
            r#"{"_aws":{},"stage":"notify","kind":"storm","MailsSent":1}"#,
            r#"{"level":"INFO","message":"a digest is late","notices":9}"#,
        ]
        .map(str::to_owned)
        .into();
        let waiting = HeldBack::over(&log);
        assert_eq!(waiting, HeldBack { notices: 8, told: 0, storms: 1, digests: 0 });
        assert!(waiting.waits());
        assert_eq!(waiting.mails(Notices { first: 11, escalation: 1, ..Notices::default() }), 5);
        assert_eq!(
            waiting.problems(Notices::default()),
            [
                "8 notices were held back, but the digests tell of 0",
                "1 storm notices were sent, but 0 arrived"
            ]
        );

        for line in [
            r#"{"level":"INFO","message":"a digest tells what was held back","group":"store","notices":8,"incidents":8,"alerts":9}"#,
            r#"{"_aws":{},"stage":"notify","kind":"digest","MailsSent":1}"#,
        ] {
            log.push(line.to_owned());
        }
        let told = HeldBack::over(&log);
        assert!(!told.waits());
        assert!(told.problems(Notices { storm: 1, digest: 1, ..Notices::default() }).is_empty());
        assert_eq!(
            told.problems(Notices { storm: 1, ..Notices::default() }),
            ["1 digests were sent, but 0 arrived"]
        );
    }
}
