//! What the reader should know about the delivery itself.

use jiff::Timestamp;

use super::{MailAddress, MailSettings, Privacy};
use crate::count::counted;
use crate::held::Held;
use crate::shown::Shown;

/// One thing that went otherwise than it should, told at the end of the next mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Note {
    /// A mail to this recipient came back.
    Bounced { recipient: MailAddress, at: Timestamp, bounce: Bounce },
    /// This recipient has called a mail spam.
    Complained { recipient: MailAddress, at: Timestamp },
    /// Mails to this recipient are not sent.
    Suppressed { recipient: MailAddress, since: Timestamp },
    /// So many alerts wait for a digest.
    HeldBack { alerts: u64, incidents: u64, since: Timestamp, why: Held },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bounce {
    Permanent,
    Transient,
}

impl Note {
    pub(crate) fn shown(&self, settings: &MailSettings) -> Shown {
        let who = |recipient: &MailAddress| match settings.privacy {
            Privacy::Full => recipient.to_string(),
            Privacy::Link => "one of the recipients".to_owned(),
        };
        let time = |at: Timestamp| settings.clock.time(at);
        let text = match self {
            Self::Bounced { recipient, at, bounce: Bounce::Permanent } => {
                format!("A mail to {} bounced on {}, for good: check the address.", who(recipient), time(*at))
            }
            Self::Bounced { recipient, at, bounce: Bounce::Transient } => {
                format!("A mail to {} bounced on {}; the next is tried again.", who(recipient), time(*at))
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
        for (note, expected) in [
            (
                Note::Bounced { recipient: recipient.clone(), at, bounce: Bounce::Permanent },
                "A mail to x@example.com bounced on 2026-10-03 14:22:07 CEST (12:22:07 UTC), for good: check the address.",
            ),
            (
                Note::Bounced { recipient: recipient.clone(), at, bounce: Bounce::Transient },
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
