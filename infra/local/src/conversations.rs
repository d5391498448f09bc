//! The delivered mails by conversation, as an inbox shows them.

use crate::mails::{Letter, Mail};
use crate::told::Told;

/// One mail, read.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub mail: Mail,
    pub letter: Letter,
    pub told: Told,
}

/// Mails that answer the same root, in the order of arrival; at least one.
#[derive(Clone, Debug)]
pub(crate) struct Conversation {
    pub first: Entry,
    pub later: Vec<Entry>,
}

impl Conversation {
    pub(crate) fn entries(&self) -> impl Iterator<Item = &Entry> {
        std::iter::once(&self.first).chain(&self.later)
    }

    /// What its latest mail counts: `4 alerts`, `8 alerts in 8 incidents held back`.
    pub(crate) fn count(&self) -> String {
        let counts = self.entries().filter_map(|entry| match (&entry.told.held, &entry.told.alerts) {
            (Some(_), _) => Some(entry.told.content()),
            (None, Some(alerts)) => Some(format!("{alerts} alerts")),
            (None, None) => None,
        });
        counts.last().unwrap_or_else(|| "1 alert".to_owned())
    }

    /// When its latest mail came, for the order of a list.
    pub(crate) fn latest(&self) -> usize {
        self.later.last().unwrap_or(&self.first).mail.id
    }

    fn holds(&self, letter: &Letter) -> bool {
        !letter.conversation.is_empty() && self.first.letter.conversation == letter.conversation
    }
}

/// In the order of their first mails. A mail that answers nothing is a conversation of its own.
pub(crate) fn group(mails: &[Mail]) -> Vec<Conversation> {
    let mut conversations: Vec<Conversation> = Vec::new();
    for mail in mails {
        let letter = Letter::read(&mail.raw);
        let known = conversations.iter_mut().find(|conversation| conversation.holds(&letter));
        let entry = Entry { mail: mail.clone(), told: Told::by(&letter), letter };
        match known {
            Some(conversation) => conversation.later.push(entry),
            None => conversations.push(Conversation { first: entry, later: Vec::new() }),
        }
    }
    conversations
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    #[test]
    fn mails_that_answer_the_same_root_are_one_conversation() {
        let mail = |id: usize, root: &str, text: &str| Mail {
            id,
            received_at: Timestamp::UNIX_EPOCH,
            raw: format!("References: {root}\r\nSubject: s\r\n\r\n{text}\r\n").into_bytes(),
        };
        let mails = [
            mail(1, "<a@x>", "HIGH · New incident"),
            mail(2, "<b@x>", "LOW · New incident"),
            mail(3, "<a@x>", "HIGH · Update 1\r\nAlerts 7 since noon, the last at one"),
            mail(4, "", "x"),
            mail(5, "", "y"),
            mail(6, "<storm@x>", crate::digests::tests::STORM),
            mail(7, "<storm@x>", crate::digests::tests::DIGEST),
        ];
        let told: Vec<(Vec<usize>, String)> = group(&mails)
            .iter()
            .map(|it| (it.entries().map(|entry| entry.mail.id).collect(), it.count()))
            .collect();
        let expected = [
            (vec![1, 3], "7 alerts"),
            (vec![2], "1 alert"),
            (vec![4], "1 alert"),
            (vec![5], "1 alert"),
            (vec![6, 7], "4 alerts in 2 incidents held back"),
        ];
        assert_eq!(told, expected.map(|(ids, count)| (ids, count.to_owned())));
    }
}
