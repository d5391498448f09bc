//! How many notices were sent and how many mails arrived, by the reason why there is one.

use serde::Serialize;

use crate::conversations::Conversation;
use crate::held_back::HeldBack;
use crate::requests::counted;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Notices {
    pub first: usize,
    pub update: usize,
    pub escalation: usize,
    /// Of many incidents, and not from analyze.
    pub storm: usize,
    pub digest: usize,
    /// Of a kind that nobody knows here.
    pub other: usize,
}

impl Notices {
    /// What analyze has handed on, by its metrics.
    pub(crate) fn sent(log: &[String]) -> Self {
        let mut notices = Self::default();
        for (kind, count) in counted("NoticesSent", "kind", log) {
            *notices.of(&kind) += count;
        }
        notices
    }

    /// What arrived, by the mails' headers.
    pub(crate) fn delivered(conversations: &[Conversation]) -> Self {
        let mut notices = Self::default();
        for entry in conversations.iter().flat_map(Conversation::entries) {
            *notices.of(&entry.letter.kind) += 1;
        }
        notices
    }

    /// Those that are of one incident.
    pub(crate) fn of_incidents(self) -> usize {
        self.first + self.update + self.escalation
    }

    /// Every kind that there is, as a report calls it.
    pub(crate) fn kinds(self) -> impl Iterator<Item = (usize, &'static str)> {
        let Self { first, update, escalation, storm, digest, other } = self;
        let kinds = [
            (first, "first"),
            (escalation, "escalation"),
            (update, "update"),
            (storm, "storm notice"),
            (digest, "digest"),
            (other, "of an unknown kind"),
        ];
        kinds.into_iter().filter(|(count, _)| *count > 0)
    }

    pub(crate) fn all(self) -> usize {
        self.kinds().map(|(count, _)| count).sum()
    }

    /// What was sent and is neither a mail nor in a digest, or the other way round.
    pub(crate) fn problems(self, delivered: Self, held_back: HeldBack) -> Vec<String> {
        let (sent, arrived, held) = (self.of_incidents(), delivered.of_incidents(), held_back.notices);
        let mut problems = Vec::new();
        if sent != arrived + held {
            problems
                .push(format!("{sent} notices were sent, but {arrived} arrived and {held} were held back"));
        }
        let kinds = [
            ("first mails", self.first, delivered.first),
            ("updates", self.update, delivered.update),
            ("escalations", self.escalation, delivered.escalation),
            ("mails of an unknown kind", 0, delivered.other),
        ];
        let too_many = kinds.into_iter().filter(|(_, sent, arrived)| arrived > sent);
        problems.extend(
            too_many.map(|(kind, sent, arrived)| format!("{arrived} {kind} arrived, but {sent} were sent")),
        );
        problems
    }

    fn of(&mut self, kind: &str) -> &mut usize {
        match kind {
            "first" => &mut self.first,
            "update" => &mut self.update,
            "escalation" => &mut self.escalation,
            "storm" => &mut self.storm,
            "digest" => &mut self.digest,
            _ => &mut self.other,
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::conversations::group;
    use crate::mails::Mail;

    #[test]
    fn a_notice_that_is_no_mail_and_in_no_digest_is_a_problem() {
        let log = [
            r#"{"_aws":{},"stage":"analyze","kind":"first","NoticesSent":1}"#,
            r#"{"_aws":{},"stage":"analyze","kind":"update","NoticesSent":1}"#,
            r#"{"_aws":{},"stage":"analyze","Sweeps":1}"#,
        ]
        .map(str::to_owned);
        let mail = |id, kind: &str| Mail {
            id,
            received_at: Timestamp::UNIX_EPOCH,
            raw: format!("X-Triage-Kind: {kind}\r\n\r\n").into_bytes(),
        };
        let delivered = Notices::delivered(&group(&[mail(1, "first"), mail(2, "digest"), mail(3, "storm")]));
        assert_eq!(delivered, Notices { first: 1, storm: 1, digest: 1, ..Notices::default() });
        assert_eq!(delivered.all(), 3);
        let sent = Notices::sent(&log);
        assert_eq!(sent.of_incidents(), 2);
        let held = |notices| HeldBack { notices, ..HeldBack::default() };
        assert_eq!(
            sent.problems(delivered, held(0)),
            ["2 notices were sent, but 1 arrived and 0 were held back"]
        );
        assert!(sent.problems(delivered, held(1)).is_empty());
        assert!(sent.problems(sent, held(0)).is_empty());
        assert_eq!(
            sent.problems(Notices { first: 2, ..Notices::default() }, held(0)),
            ["2 first mails arrived, but 1 were sent"]
        );
        let strange = Notices::delivered(&group(&[mail(1, "carnival")]));
        assert_eq!(
            Notices::default().problems(strange, held(0)),
            ["1 mails of an unknown kind arrived, but 0 were sent"]
        );
    }
}
