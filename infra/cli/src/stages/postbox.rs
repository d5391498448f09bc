//! The way out of the notify stage: mails are taken from it, and sent to nobody.

use std::cell::RefCell;
use std::rc::Rc;

use domain::Notice;
use domain::incident::{Escalation, Kind};
use jiff::Timestamp;
use lambda::claims::Claimed;
use notify::delivery::{Letter, NotifyError, Outside, Trouble};
use notify::mail::{Digest, Mail, MailSettings, Note, Recipients, Storm};
use notify::webhook::{Message, UrlParameter, WebhookError};

use crate::failure::Count;

/// A mail as SES would have got it, and what a list says of it.
#[derive(Debug)]
pub(crate) struct Sent {
    pub mail: Mail,
    /// Addresses with commas between them.
    pub to: String,
    pub kind: MailKind,
    /// What the mail is, in one line.
    pub about: String,
    /// Alerts that no other mail tells these recipients of.
    pub alerts: u64,
}

/// What a mail is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MailKind {
    /// An incident's, by the kind of its notice.
    Notice(&'static str),
    Digest,
    Storm,
}

impl MailKind {
    pub fn name(self) -> &'static str {
        match self {
            Self::Notice(kind) => kind,
            Self::Digest => "digest",
            Self::Storm => "storm",
        }
    }
}

/// Keeps what the stage sends. Clones share it.
#[derive(Clone, Default)]
pub(super) struct Postbox(Rc<RefCell<Vec<Sent>>>);

impl Postbox {
    /// What was sent since it was last asked for.
    pub fn take(&self) -> Vec<Sent> {
        self.0.take()
    }
}

impl Outside for Postbox {
    async fn send(
        &self,
        _: &Claimed,
        settings: &MailSettings,
        letter: &Letter<'_>,
        mail: Mail,
    ) -> Result<String, Trouble> {
        let (kind, about) = match letter {
            Letter::Notice(notice) => (MailKind::Notice(notice.kind.name()), about_notice(notice)),
            Letter::Digest(digest) => (MailKind::Digest, about_digest(digest, letter.alerts())),
            Letter::Storm(storm) => (MailKind::Storm, about_storm(storm)),
        };
        let mut sent = self.0.borrow_mut();
        let message_id = format!("{}", sent.len());
        sent.push(Sent { mail, to: addresses(&settings.to), kind, about, alerts: letter.alerts() });
        Ok(message_id)
    }

    /// Messages to chats are not written.
    async fn post(&self, _: &Claimed, _: &UrlParameter, _: &Message) -> Result<(), WebhookError> {
        Ok(())
    }

    /// Nobody reports what becomes of a mail that is not sent.
    async fn notes(&self, _: &Recipients, _: Timestamp) -> Vec<Note> {
        Vec::new()
    }

    /// Only what has to wait for the account goes back, and here nothing has to.
    async fn requeue(&self, _: &str) -> Result<(), NotifyError> {
        Ok(())
    }
}

pub(super) fn addresses(recipients: &Recipients) -> String {
    let addresses: Vec<&str> = recipients.iter().map(notify::mail::MailAddress::as_str).collect();
    addresses.join(", ")
}

fn about_notice(notice: &Notice) -> String {
    let why = match &notice.kind {
        Kind::First => "opens an incident".to_owned(),
        Kind::Update => "an incident goes on".to_owned(),
        Kind::Escalation(reasons) => {
            let reasons: Vec<&str> = reasons.iter().copied().map(escalation).collect();
            format!("gets worse: {}", reasons.join(", "))
        }
    };
    let (incident, priority) = (&notice.incident, notice.priority());
    format!("incident {incident}, {priority} priority: {why}; {} so far", alerts(notice.summary.alerts))
}

fn escalation(reason: Escalation) -> &'static str {
    match reason {
        Escalation::HigherLevel => "a higher level",
        Escalation::TurnedMalicious => "turned malicious",
        Escalation::SuccessAfterFailures => "a success after failures",
        Escalation::NewHost => "a new host",
    }
}

fn about_digest(digest: &Digest, held: u64) -> String {
    let incidents = Count(digest.incidents.len(), "incident");
    format!(
        "{} of {incidents} held back since {}: {}",
        alerts(held),
        clock(digest.since),
        digest.why.reason()
    )
}

fn about_storm(storm: &Storm) -> String {
    let (so_far, digest) = (alerts(storm.alerts), clock(storm.digest_at));
    format!(
        "a storm since {}: {so_far} held back so far, the digest comes at {digest}",
        clock(storm.began_at)
    )
}

fn alerts(count: u64) -> String {
    Count(usize::try_from(count).unwrap_or(usize::MAX), "alert").to_string()
}

fn clock(time: Timestamp) -> String {
    time.strftime("%H:%M:%S UTC").to_string()
}
