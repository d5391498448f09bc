//! What the built-in samples are there to show, found in the mails that came of them.

mod account;
mod storm;

use serde::Serialize;

use crate::conversations::{Conversation, Entry};
use crate::ends::End;
use crate::imports::Imports;
use crate::listed::Met;
use crate::told::Analysis;

/// One thing that the demo promises.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Scene {
    pub name: &'static str,
    /// As the mails tell it; nothing where it is not shown.
    pub said: Option<String>,
    /// The mails that show it; none for what is seen elsewhere.
    pub mails: Vec<usize>,
}

impl Scene {
    pub(crate) fn problem(&self) -> Option<String> {
        let Self { name, said, .. } = self;
        said.is_none().then(|| format!("nothing shows {name}"))
    }
}

/// Where it is looked for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shown<'a> {
    pub conversations: &'a [Conversation],
    pub ends: &'a [End],
    pub imports: &'a Imports,
    pub met: Option<&'a Met>,
}

/// All that is promised, shown or not.
pub(crate) fn of(shown: &Shown<'_>) -> Vec<Scene> {
    let Shown { conversations, ends, imports, met } = *shown;
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
        matched(imports, met),
        account::scene(conversations),
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

/// Feeds that were imported, and alerts that they match although no provider is asked.
fn matched(imports: &Imports, met: Option<&Met>) -> Scene {
    let said = met.filter(|_| imports.are_complete()).and_then(|met| {
        let rows: Vec<String> =
            imports.feeds.iter().map(|feed| format!("{} rows of {}", feed.rows, feed.name)).collect();
        let Met { address, judgements, .. } = met;
        Some(format!(
            "{} in a snapshot of {} indicators; {address} is {} in {} alerts, and no provider was asked about it",
            rows.join(" and "),
            imports.snapshot,
            met.without_a_call()?,
            judgements.len(),
        ))
    });
    Scene {
        name: "imported feeds, and alerts that match them without a call to a provider",
        said,
        mails: Vec::new(),
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
    use crate::imports::Imported;
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

    fn imports() -> Imports {
        let feed = |name: &str, rows| Imported { name: name.to_owned(), rows };
        Imports { feeds: vec![feed("otx", 55), feed("misp", 7)], snapshot: 58 }
    }

    fn met(requests: usize) -> Met {
        Met { address: "2001:db8::bad", judgements: vec![Some("malicious".to_owned()); 2], requests }
    }

    #[test]
    fn each_promise_is_found_in_the_mails_that_keep_it() {
        let mails = [
            mail(1, "a", "first", GOOD),
            mail(2, "b", "first", FOOLED),
            mail(3, "c", "first", "New incident\r\nNo model analysis: it was away."),
            mail(4, "a", "escalation", "Escalation: another host"),
            mail(5, "a", "update", "Update 2\r\nAlerts 4 since noon, the last at one"),
        ];
        let scenes =
            of(&Shown { conversations: &group(&mails), ends: &[], imports: &imports(), met: Some(&met(0)) });
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
                (
                    "55 rows of otx and 7 rows of misp in a snapshot of 58 indicators; 2001:db8::bad is malicious in 2 alerts, and no provider was asked about it",
                    &[]
                ),
                ("", &[]),
            ]
        );
    }

    #[test]
    fn a_promise_that_no_mail_keeps_is_a_problem() {
        let split =
            [mail(1, "a", "first", GOOD), mail(2, "b", "escalation", "x"), mail(3, "a", "update", "x")];
        let shown =
            Shown { conversations: &group(&split), ends: &[], imports: &imports(), met: Some(&met(1)) };
        let problems: Vec<String> = of(&shown).iter().filter_map(Scene::problem).collect();
        assert_eq!(
            problems,
            [
                "nothing shows a claim in a log that fools the model, and a verdict that is kept",
                "nothing shows a mail without the model, with the reason",
                "nothing shows an incident with its first mail, an escalation and an update in one conversation",
                "nothing shows a storm: a few mails, one storm notice, the gravest alert all the same, one digest of the rest",
                "nothing shows imported feeds, and alerts that match them without a call to a provider",
                "nothing shows failures, a success from a listed address, another country: one finding about one account",
            ]
        );
    }
}
