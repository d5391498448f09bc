//! The scene of a storm: what it lets through, what it holds back, and whether the digest tells of exactly that.

use std::collections::BTreeSet;

use super::Scene;
use crate::conversations::{Conversation, Entry};
use crate::digests::HeldIncident;

const NAME: &str =
    "a storm: a few mails, one storm notice, the gravest alert all the same, one digest of the rest";

/// `held` are the incidents whose alerts ended in a digest.
pub(super) fn scene(conversations: &[Conversation], held: &BTreeSet<&str>) -> Scene {
    let shown = conversations.iter().find_map(|storm| Storm::find(storm, conversations, held));
    let (said, mails) = match shown {
        Some(storm) => (Some(storm.said()), storm.mails()),
        None => (None, Vec::new()),
    };
    Scene { name: NAME, said, mails }
}

/// The mails of a storm to one group of recipients.
struct Storm<'a> {
    before: Vec<&'a Entry>,
    notice: &'a Entry,
    amid: Vec<&'a Entry>,
    digest: &'a Entry,
}

impl<'a> Storm<'a> {
    /// One notice, then one digest, which names exactly what was held back, the most severe first.
    fn find(
        storm: &'a Conversation,
        conversations: &'a [Conversation],
        held: &BTreeSet<&str>,
    ) -> Option<Self> {
        let [notice, digest] = storm.entries().collect::<Vec<_>>().try_into().ok()?;
        let kinds = (notice.letter.kind.as_str(), digest.letter.kind.as_str());
        let incidents = &digest.told.held.as_ref()?.incidents;
        let named: BTreeSet<&str> = incidents.iter().map(|held| held.incident.as_str()).collect();
        let exact = named == *held && named.len() == incidents.len() && !named.is_empty();
        if kinds != ("storm", "digest") || !exact || !incidents.is_sorted_by_key(rank) {
            return None;
        }
        let firsts = conversations.iter().map(|conversation| &conversation.first);
        let (amid, before): (Vec<&Entry>, Vec<&Entry>) = firsts
            .filter(|entry| entry.letter.kind == "first" && entry.letter.to == digest.letter.to)
            .partition(|entry| tells_of_others(entry));
        (!before.is_empty() && !amid.is_empty()).then_some(Self { before, notice, amid, digest })
    }

    fn said(&self) -> String {
        let count =
            |entry: &Entry| entry.told.held.as_ref().map_or_else(String::new, |held| held.count.clone());
        let amid: Vec<&str> = self.amid.iter().map(|entry| entry.letter.subject.as_str()).collect();
        format!(
            "{} mails; {} held back so far; {}; a digest of {}",
            self.before.len(),
            count(self.notice),
            amid.join("; "),
            count(self.digest)
        )
    }

    fn mails(&self) -> Vec<usize> {
        let story = self.before.iter().chain([&self.notice]).chain(&self.amid).chain([&self.digest]);
        story.map(|entry| entry.mail.id).collect()
    }
}

/// A mail that passes in the middle of a storm says at its end what is held back.
fn tells_of_others(entry: &Entry) -> bool {
    entry.letter.text.as_ref().is_some_and(|text| text.contains(" held back since "))
}

/// The most severe first.
fn rank(held: &HeldIncident) -> usize {
    const ORDER: [&str; 4] = ["CRITICAL", "HIGH", "MEDIUM", "LOW"];
    ORDER.iter().position(|priority| *priority == held.priority).unwrap_or(ORDER.len())
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::conversations::group;
    use crate::digests;
    use crate::mails::Mail;

    fn mail(id: usize, root: &str, kind: &str, text: &str) -> Mail {
        let raw = format!(
            "To: <store@x>\r\nReferences: <{root}@x>\r\nX-Triage-Kind: {kind}\r\nSubject: about {root}\r\n\
             Content-Type: text/plain; charset=utf-8\r\n\r\n{text}"
        );
        Mail { id, received_at: Timestamp::UNIX_EPOCH, raw: raw.into_bytes() }
    }

    fn told(mails: &[Mail], held: &[&str]) -> Scene {
        scene(&group(mails), &held.iter().copied().collect())
    }

    #[test]
    fn a_storm_is_shown_if_its_digest_names_exactly_what_was_held_back() {
        const HELD: [&str; 2] = ["aade658377b29abc", "0e5f8822e0160fd9"];
        let first = |id, root| mail(id, root, "first", "HIGH · New incident\r\n");
        let mails = [
            first(1, "a"),
            first(2, "b"),
            mail(3, "storm", "storm", digests::tests::STORM),
            mail(
                4,
                "grave",
                "first",
                "CRITICAL · New incident\r\n- 2 alerts in 2 incidents held back since noon\r\n",
            ),
            mail(5, "storm", "digest", digests::tests::DIGEST),
        ];
        let shown = told(&mails, &HELD);
        assert_eq!(
            shown.said.as_deref(),
            Some(
                "2 mails; 2 alerts in 2 incidents held back so far; about grave; a digest of 4 alerts in 2 incidents"
            )
        );
        assert_eq!(shown.mails, [1, 2, 3, 4, 5]);

        for (held, why) in [(&HELD[..1], "one too many"), (&[][..], "none was held back")] {
            assert_eq!(told(&mails, held).said, None, "{why}");
        }
        assert_eq!(told(&mails, &["aade658377b29abc", "another"]).said, None);
        for missing in [2, 3, 4] {
            let left = mails.iter().enumerate().filter(|(place, _)| *place != missing);
            let left: Vec<Mail> = left.map(|(_, mail)| mail.clone()).collect();
            assert_eq!(told(&left, &HELD).said, None, "without mail {}", missing + 1);
        }
        let upside_down = digests::tests::DIGEST.replace("LOW · Incident", "CRITICAL · Incident");
        let mut wrong = mails.clone();
        wrong[4] = mail(5, "storm", "digest", &upside_down);
        assert_eq!(told(&wrong, &HELD).said, None, "the most severe is not first");
    }
}
