//! Mails and messages of any text, for whoever tries to break out of them: tests here, and the fuzz targets.

use domain::{Alert, Notice};

use crate::events::{self, EventError, MailEvent, Reading};
use crate::goldens;
use crate::mail::{self, Mail, MailError, MailSettings, Privacy};
use crate::webhook::{self, Message};

/// How the mails look here; the operator's names in them are those that [`crate::lint`] lets pass.
pub fn settings() -> MailSettings {
    goldens::settings()
}

/// A notice about this alert, of which everything else is as in a quiet test.
pub fn notice_about(alert: Alert) -> Notice {
    let mut notice = goldens::sshd();
    let rule = alert.rule();
    (notice.opener.description, notice.opener.rule_id) = (rule.description.clone(), rule.id.clone());
    notice.opener.agent.clone_from(&alert.agent().name);
    notice.alert = alert;
    notice
}

/// The mail for the notice.
pub fn mail_of(notice: &Notice) -> Result<Mail, MailError> {
    mail::mail(notice, &settings(), &[], goldens::now())
}

/// Every mail that can be made with this text in every place.
pub fn mails_with(attack: &str) -> Result<[Mail; 6], MailError> {
    let (settings, now) = (settings(), goldens::now());
    let private = MailSettings { privacy: Privacy::Link, ..settings.clone() };
    let (notice, held) = (goldens::hostile(attack), goldens::held::hostile(attack));
    let update = goldens::later::hostile(attack);
    Ok([
        mail::mail(&update, &settings, &[], now)?,
        mail::mail(&update, &private, &[], now)?,
        mail::mail(&notice, &settings, &[], now)?,
        mail::mail(&notice, &private, &[], now)?,
        mail::digest(&held, &settings, &[], now)?,
        mail::digest(&held, &private, &[], now)?,
    ])
}

/// Every message that can be made with this text in every place.
pub fn messages_with(attack: &str) -> [Message; 5] {
    let settings = settings();
    let private = MailSettings { privacy: Privacy::Link, ..settings.clone() };
    let (notice, held) = (goldens::hostile(attack), goldens::held::hostile(attack));
    [
        webhook::message(&notice, &settings, &[]),
        webhook::message(&notice, &private, &[]),
        webhook::message(&goldens::later::hostile(attack), &settings, &[]),
        webhook::digest(&held, &settings, &[]),
        webhook::digest(&held, &private, &[]),
    ]
}

/// The message for the notice.
pub fn message_of(notice: &Notice) -> Message {
    webhook::message(notice, &settings(), &[])
}

/// What is taken from an event of SES; nothing when it is none, or of no interest.
pub fn event_of(body: &str) -> Result<Option<MailEvent>, EventError> {
    Ok(match events::read(body)? {
        Reading::Event(event) => Some(event),
        Reading::Nothing | Reading::Foreign => None,
    })
}
