//! A valid account in the wrong hands: alerts that say nothing each, and one mail for what they say together.

use super::Scene;
use crate::conversations::Conversation;

/// One incident with one mail, which names all three signs.
pub(super) fn scene(conversations: &[Conversation]) -> Scene {
    let found = |conversation: &&Conversation| conversation.first.letter.subject.contains("Hunting: ");
    let told: Vec<&Conversation> = conversations.iter().filter(found).collect();
    let one = match told.as_slice() {
        [one] if one.later.is_empty() && is_complete(one) => Some(&one.first),
        _ => None,
    };
    Scene {
        name: "failures, a success from a listed address, another country: one finding about one account",
        said: one.map(|entry| entry.letter.subject.clone()),
        mails: one.map(|entry| entry.mail.id).into_iter().collect(),
    }
}

fn is_complete(conversation: &Conversation) -> bool {
    const SIGNS: [&str; 3] = ["login from a bad address", "success after failures", "impossible travel"];
    let subject = conversation.first.letter.subject.as_str();
    let text = conversation.first.letter.text.as_deref().unwrap_or_default();
    SIGNS.iter().all(|sign| subject.contains(sign) || text.contains(sign))
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::conversations::group;
    use crate::mails::Mail;

    fn mail(id: usize, root: &str, signs: &str) -> Mail {
        let raw = format!(
            "References: <{root}@x>\r\nX-Triage-Kind: first\r\nSubject: [CRITICAL] Hunting: mara: {signs}\r\n\r\nHIGH\r\n"
        );
        Mail { id, received_at: Timestamp::UNIX_EPOCH, raw: raw.into_bytes() }
    }

    #[test]
    fn the_story_is_told_by_one_mail_that_names_every_sign() {
        const ALL: &str = "login from a bad address, success after failures, impossible travel";
        for (mails, expected) in [
            (vec![mail(7, "a", ALL)], vec![7]),
            (vec![mail(7, "a", "login from a bad address, success after failures")], vec![]),
            (vec![mail(7, "a", ALL), mail(8, "b", ALL)], vec![]),
            (vec![mail(7, "a", ALL), mail(8, "a", ALL)], vec![]),
            (vec![], vec![]),
        ] {
            let scene = scene(&group(&mails));
            assert_eq!((scene.said.is_some(), &scene.mails), (!expected.is_empty(), &expected));
        }
    }
}
