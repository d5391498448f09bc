//! How many notices were sent and how many mails arrived, by the reason why there is one.

use serde::Serialize;

use crate::conversations::Conversation;
use crate::requests::read_metric;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Notices {
    pub first: usize,
    pub update: usize,
    pub escalation: usize,
    /// Digests and storm notices: of many incidents, and not from analyze.
    pub other: usize,
}

impl Notices {
    /// What analyze has handed on, by its metrics.
    pub(crate) fn sent(log: &[String]) -> Self {
        let mut notices = Self::default();
        for metric in log.iter().filter_map(|line| read_metric(line)) {
            let count = metric.get("NoticesSent").and_then(serde_json::Value::as_u64).unwrap_or(0);
            let kind = metric.get("kind").and_then(serde_json::Value::as_str).unwrap_or_default();
            *notices.of(kind) += usize::try_from(count).unwrap_or(usize::MAX);
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

    /// What was sent and is no mail, or the other way round.
    pub(crate) fn problems(self, delivered: Self) -> Vec<String> {
        let kinds = [
            ("first mails", self.first, delivered.first),
            ("updates", self.update, delivered.update),
            ("escalations", self.escalation, delivered.escalation),
        ];
        let differ = kinds.into_iter().filter(|(_, sent, arrived)| sent != arrived);
        differ
            .map(|(kind, sent, arrived)| format!("{sent} {kind} were sent, but {arrived} arrived"))
            .collect()
    }

    fn of(&mut self, kind: &str) -> &mut usize {
        match kind {
            "first" => &mut self.first,
            "update" => &mut self.update,
            "escalation" => &mut self.escalation,
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
    fn a_notice_that_is_no_mail_is_a_problem() {
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
        let delivered = Notices::delivered(&group(&[mail(1, "first"), mail(2, "digest")]));
        assert_eq!(delivered, Notices { first: 1, update: 0, escalation: 0, other: 1 });
        let sent = Notices::sent(&log);
        assert_eq!(sent.of_incidents(), 2);
        assert_eq!(sent.problems(delivered), ["1 updates were sent, but 0 arrived"]);
        assert!(sent.problems(sent).is_empty());
    }
}
