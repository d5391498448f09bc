//! What the built-in samples are there to show, found in the mails that came of them.

mod storm;

use serde::Serialize;

use crate::conversations::{Conversation, Entry};
use crate::ends::End;
use crate::told::Analysis;

/// One thing that the demo promises.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Scene {
    pub name: &'static str,
    /// As the mails tell it; nothing where none does.
    pub said: Option<String>,
    /// The mails that show it.
    pub mails: Vec<usize>,
}

impl Scene {
    pub(crate) fn problem(&self) -> Option<String> {
        let Self { name, said, .. } = self;
        said.is_none().then(|| format!("no mail shows {name}"))
    }
}

/// All that is promised, shown or not.
pub(crate) fn of(conversations: &[Conversation], ends: &[End]) -> Vec<Scene> {
    let one = |name, tells: fn(&Entry) -> Option<String>| {
        let mut entries = conversations.iter().flat_map(Conversation::entries);
        let shown = entries.find_map(|entry| Some((tells(entry)?, entry.mail.id)));
        let (said, mail) = shown.unzip();
        Scene { name, said, mails: mail.into_iter().collect() }
    };
    vec![
        one("an analysis whose evidence was verified", verified),
        one("a claim in a log that fools the model, and a verdict that is kept", kept),
        one("a mail without the model, with the reason", without_model),
        conversation(conversations),
        storm::scene(conversations, &ends.iter().filter_map(End::held_incident).collect()),
    ]
}

fn verified(entry: &Entry) -> Option<String> {
    match &entry.told.analysis {
        Analysis::Written { verdict, verified, cited, overrides, claim: false }
            if *verified > 0 && verified == cited && overrides.is_empty() =>
        {
            Some(format!("{verdict}; {verified} of {cited} citations verified"))
        }
        Analysis::Written { .. }
        | Analysis::Repeated { .. }
        | Analysis::Unavailable { .. }
        | Analysis::None => None,
    }
}

fn kept(entry: &Entry) -> Option<String> {
    match &entry.told.analysis {
        Analysis::Written { overrides, claim: true, .. } => overrides.first().cloned(),
        Analysis::Written { .. }
        | Analysis::Repeated { .. }
        | Analysis::Unavailable { .. }
        | Analysis::None => None,
    }
}

fn without_model(entry: &Entry) -> Option<String> {
    match &entry.told.analysis {
        Analysis::Unavailable { reason } => Some(reason.clone()),
        Analysis::Written { .. } | Analysis::Repeated { .. } | Analysis::None => None,
    }
}

/// A first mail, an escalation and an update in one conversation with one subject.
fn conversation(conversations: &[Conversation]) -> Scene {
    let complete = conversations.iter().find(|conversation| {
        let has = |kind: &str| conversation.entries().any(|entry| entry.letter.kind == kind);
        let subject = &conversation.first.letter.subject;
        let same = conversation.later.iter().all(|entry| entry.letter.subject == *subject);
        same && ["first", "escalation", "update"].into_iter().all(has)
    });
    let said = complete.map(|conversation| {
        let mails: Vec<&str> = conversation.entries().map(|entry| entry.told.why.as_str()).collect();
        format!("{}; {}", mails.join(", "), conversation.count())
    });
    let entries = complete.into_iter().flat_map(Conversation::entries);
    Scene {
        name: "an incident with its first mail, an escalation and an update in one conversation",
        said,
        mails: entries.map(|entry| entry.mail.id).collect(),
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::conversations::group;
    use crate::mails::Mail;

    fn mail(id: usize, root: &str, kind: &str, text: &str) -> Mail {
        let raw =
            format!("References: <{root}@x>\r\nX-Triage-Kind: {kind}\r\nSubject: s\r\n\r\nHIGH · {text}\r\n");
        Mail { id, received_at: Timestamp::UNIX_EPOCH, raw: raw.into_bytes() }
    }

    const GOOD: &str =
        "New incident\r\nVerdict: true positive, high confidence.\r\nVerified 4 of 4 citations.";
    const FOOLED: &str = "New incident\r\n! The alert holds text that speaks to its reader.\r\n\
        Verdict: undetermined, low confidence.\r\nVerified 2 of 2 citations.\r\n\
        ! The model said false positive; kept undetermined because x.";

    #[test]
    fn each_promise_is_found_in_the_mails_that_keep_it() {
        let mails = [
            mail(1, "a", "first", GOOD),
            mail(2, "b", "first", FOOLED),
            mail(3, "c", "first", "New incident\r\nNo model analysis: it was away."),
            mail(4, "a", "escalation", "Escalation: another host"),
            mail(5, "a", "update", "Update 2\r\nAlerts 4 since noon, the last at one"),
        ];
        let scenes = of(&group(&mails), &[]);
        let told: Vec<(&str, &[usize])> = scenes
            .iter()
            .map(|scene| (scene.said.as_deref().unwrap_or_default(), scene.mails.as_slice()))
            .collect();
        assert_eq!(
            told,
            [
                ("true positive, high confidence; 4 of 4 citations verified", &[1][..]),
                ("The model said false positive; kept undetermined because x.", &[2]),
                ("it was away", &[3]),
                ("New incident, Escalation: another host, Update 2; 4 alerts", &[1, 4, 5]),
                ("", &[]),
            ]
        );
    }

    #[test]
    fn a_promise_that_no_mail_keeps_is_a_problem() {
        let split =
            [mail(1, "a", "first", GOOD), mail(2, "b", "escalation", "x"), mail(3, "a", "update", "x")];
        let problems: Vec<String> = of(&group(&split), &[]).iter().filter_map(Scene::problem).collect();
        assert_eq!(
            problems,
            [
                "no mail shows a claim in a log that fools the model, and a verdict that is kept",
                "no mail shows a mail without the model, with the reason",
                "no mail shows an incident with its first mail, an escalation and an update in one conversation",
                "no mail shows a storm: a few mails, one storm notice, the gravest alert all the same, one digest of the rest",
            ]
        );
    }
}
