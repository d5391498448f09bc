//! What the reader should know about the delivery itself.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{MailAddress, MailSettings, Privacy};
use crate::count::counted;
use crate::held::Held;
use crate::shown::Shown;

/// One thing that went otherwise than it should, told at the end of the next mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Note {
    /// A mail to this recipient came back.
    Bounced { recipient: MailAddress, at: Timestamp, bounce: Bounce, reason: BounceReason },
    /// This recipient has called a mail spam.
    Complained { recipient: MailAddress, at: Timestamp },
    /// Mails to this recipient are not sent.
    Suppressed { recipient: MailAddress, since: Timestamp },
    /// So many alerts wait for a digest.
    HeldBack { alerts: u64, incidents: u64, since: Timestamp, why: Held },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Bounce {
    Permanent,
    Transient,
}

/// What the receiving server had against the mail, as far as it said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BounceReason {
    NoMailbox,
    MailboxFull,
    TooLarge,
    Content,
    Attachment,
    Unstated,
}

impl BounceReason {
    /// What follows a colon or a comma.
    fn words(self) -> Option<&'static str> {
        match self {
            Self::NoMailbox => Some("the mailbox does not exist"),
            Self::MailboxFull => Some("the mailbox is full"),
            Self::TooLarge => Some("the mail was too large"),
            Self::Content => Some("its content was refused"),
            Self::Attachment => Some("its attachment was refused"),
            Self::Unstated => None,
        }
    }
}

impl Note {
    pub(crate) fn shown(&self, settings: &MailSettings) -> Shown {
        let who = |recipient: &MailAddress| match settings.privacy {
            Privacy::Full => recipient.to_string(),
            Privacy::Link => "one of the recipients".to_owned(),
        };
        let time = |at: Timestamp| settings.clock.time(at);
        let text = match self {
            Self::Bounced { recipient, at, bounce, reason } => {
                let bounced = format!("A mail to {} bounced on {}", who(recipient), time(*at));
                match (bounce, reason.words()) {
                    (Bounce::Permanent, None) => format!("{bounced}, for good: check the address."),
                    (Bounce::Permanent, Some(words)) => {
                        format!(
                            "{bounced}, for good: {words}. It stays among the recipients until you take it out."
                        )
                    }
                    (Bounce::Transient, None) => format!("{bounced}; the next is tried again."),
                    (Bounce::Transient, Some(words)) => {
                        format!("{bounced}: {words}; the next is tried again.")
                    }
                }
            }
            Self::Complained { recipient, at } => {
                format!("A mail to {} was marked as spam on {}.", who(recipient), time(*at))
            }
            Self::Suppressed { recipient, since } => {
                format!(
                    "No mail goes to {} since {}, after bounces or complaints.",
                    who(recipient),
                    time(*since)
                )
            }
            Self::HeldBack { alerts, incidents, since, why } => {
                let (alerts, incidents) = (counted(*alerts, "alert"), counted(*incidents, "incident"));
                format!("{alerts} in {incidents} held back since {}: {}.", time(*since), why.reason())
            }
        };
        Shown::line(&text, 240)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::goldens;

    #[test]
    fn a_note_says_who_when_and_what_to_do() {
        let at: Timestamp = "2026-10-03T12:22:07Z".parse().unwrap();
        let recipient: MailAddress = "x@example.com".parse().unwrap();
        let bounced = |bounce, reason| Note::Bounced { recipient: recipient.clone(), at, bounce, reason };
        for (note, expected) in [
            (
                bounced(Bounce::Permanent, BounceReason::NoMailbox),
                "A mail to x@example.com bounced on 2026-10-03 14:22:07 CEST (12:22:07 UTC), for good: the mailbox does \
                 not exist. It stays among the recipients until you take it out.",
            ),
            (
                bounced(Bounce::Transient, BounceReason::MailboxFull),
                "A mail to x@example.com bounced on 2026-10-03 14:22:07 CEST (12:22:07 UTC): the mailbox is full; the \
                 next is tried again.",
            ),
            (
                bounced(Bounce::Permanent, BounceReason::Unstated),
                "A mail to x@example.com bounced on 2026-10-03 14:22:07 CEST (12:22:07 UTC), for good: check the address.",
            ),
            (
                bounced(Bounce::Transient, BounceReason::Unstated),
                "A mail to x@example.com bounced on 2026-10-03 14:22:07 CEST (12:22:07 UTC); the next is tried again.",
            ),
            (
                Note::Complained { recipient: recipient.clone(), at },
                "A mail to x@example.com was marked as spam on 2026-10-03 14:22:07 CEST (12:22:07 UTC).",
            ),
            (
                Note::Suppressed { recipient: recipient.clone(), since: at },
                "No mail goes to x@example.com since 2026-10-03 14:22:07 CEST (12:22:07 UTC), after bounces or complaints.",
            ),
            (
                Note::HeldBack { alerts: 412, incidents: 1, since: at, why: Held::Storm },
                "412 alerts in 1 incident held back since 2026-10-03 14:22:07 CEST (12:22:07 UTC): \
                 more mails than the limit allows.",
            ),
        ] {
            assert_eq!(note.shown(&goldens::settings()).as_str(), expected);
            let private = MailSettings { privacy: Privacy::Link, ..goldens::settings() };
            assert!(!note.shown(&private).as_str().contains("x@example.com"));
        }
    }
}
