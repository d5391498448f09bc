//! An event about a mail, read and checked.

use jiff::Timestamp;

use super::trouble::{AddressHash, Trouble, Troubled};
use super::wire;
use crate::mail::{Bounce, BounceReason};

/// What SES says of one mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MailEvent {
    /// The same whenever the event is delivered.
    pub id: String,
    /// SES's id of the mail, as the log has it.
    pub mail_id: String,
    /// The notice that it was about; absent for a mail without that tag.
    pub notice: Option<String>,
    pub what: What,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    Bounced {
        kind: &'static str,
        recipients: Vec<(AddressHash, Trouble)>,
        at: Option<Timestamp>,
    },
    /// One of these has called the mail spam: a provider does not say which of those it serves.
    Complained {
        recipients: Vec<(AddressHash, Trouble)>,
        at: Option<Timestamp>,
    },
    /// SES has not got rid of it yet, and goes on trying.
    Delayed,
    /// SES found a virus in it, and sent it to nobody.
    Rejected,
}

/// What a body on the queue is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Reading {
    Event(MailEvent),
    /// SES trying out the topic, or an event of a kind that nobody here waits for.
    Nothing,
    /// Not from SES at all.
    Foreign,
}

/// It comes again, and ends in the dead-letter queue of the events. Carries nothing of it: its addresses are people's.
#[derive(Debug, thiserror::Error)]
pub enum EventError {
    #[error("it holds no event of SES as they are documented (line {line}, column {column})")]
    Unreadable { line: usize, column: usize },
    #[error("the event {kind} of SES has no {field}")]
    Missing { kind: &'static str, field: &'static str },
}

impl From<serde_json::Error> for EventError {
    /// serde quotes what it did not expect, so its own words stay behind.
    fn from(error: serde_json::Error) -> Self {
        Self::Unreadable { line: error.line(), column: error.column() }
    }
}

/// What SES publishes to a topic that it has just been told of.
const TRIAL: &str = "Successfully validated SNS topic for Amazon SES";

pub(crate) fn read(body: &str) -> Result<Reading, EventError> {
    if body.starts_with(TRIAL) {
        return Ok(Reading::Nothing);
    }
    if !body.trim_start().starts_with('{') {
        return Ok(Reading::Foreign);
    }
    if let Ok(envelope) = serde_json::from_str::<wire::Envelope>(body) {
        return match envelope.message {
            Some(message) if message.starts_with(TRIAL) => Ok(Reading::Nothing),
            Some(message) if envelope.kind == "Notification" => event(serde_json::from_str(&message)?),
            Some(_) | None => Ok(Reading::Nothing),
        };
    }
    match serde_json::from_str::<wire::Event>(body) {
        Ok(read) => event(read),
        Err(error) => match serde_json::from_str::<Kind>(body) {
            Ok(_) => Err(error.into()),
            Err(_) => Ok(Reading::Foreign),
        },
    }
}

/// What tells an event of SES, however broken, from anything else.
#[derive(serde::Deserialize)]
struct Kind {
    #[serde(rename = "eventType", alias = "notificationType")]
    _kind: String,
}

fn event(event: wire::Event) -> Result<Reading, EventError> {
    let mail_id = plain(&event.mail.message_id);
    let notice = event.mail.tags.get("notice").and_then(|values| values.first()).map(|value| plain(value));
    let (id, what) = match event.kind.as_str() {
        "Bounce" => {
            let bounce = event.bounce.ok_or(EventError::Missing { kind: "Bounce", field: "bounce" })?;
            let id = id("bounce", bounce.feedback_id.as_deref(), &mail_id, bounce.timestamp.as_deref())?;
            (id, bounced(&bounce)?)
        }
        "Complaint" => {
            let complaint =
                event.complaint.ok_or(EventError::Missing { kind: "Complaint", field: "complaint" })?;
            let id =
                id("complaint", complaint.feedback_id.as_deref(), &mail_id, complaint.timestamp.as_deref())?;
            (id, complained(&complaint)?)
        }
        "DeliveryDelay" => {
            let at = event.delivery_delay.and_then(|delay| delay.timestamp);
            (id("delay", None, &mail_id, at.as_deref())?, What::Delayed)
        }
        "Reject" => (id("reject", None, &mail_id, None)?, What::Rejected),
        _ => return Ok(Reading::Nothing),
    };
    Ok(Reading::Event(MailEvent { id, mail_id, notice, what }))
}

fn bounced(bounce: &wire::Bounce) -> Result<What, EventError> {
    let kind = match bounce.kind.as_str() {
        "Permanent" => "permanent",
        "Transient" => "transient",
        _ => "undetermined",
    };
    let trouble = |status: Option<&str>| {
        let reason = match bounce.reason.as_str() {
            "Suppressed" | "OnAccountSuppressionList" => return Trouble::Suppressed,
            "NoEmail" => BounceReason::NoMailbox,
            "MailboxFull" => BounceReason::MailboxFull,
            "MessageTooLarge" => BounceReason::TooLarge,
            "ContentRejected" => BounceReason::Content,
            "AttachmentRejected" => BounceReason::Attachment,
            _ => of_status(status),
        };
        // Of what it cannot place SES keeps no list: the next mail is tried again.
        let bounce = if kind == "permanent" { Bounce::Permanent } else { Bounce::Transient };
        Trouble::Bounced { bounce, reason }
    };
    let recipients = recipients("Bounce", &bounce.bounced_recipients, trouble)?;
    Ok(What::Bounced { kind, recipients, at: time(bounce.timestamp.as_deref()) })
}

fn complained(complaint: &wire::Complaint) -> Result<What, EventError> {
    let suppressed = complaint.reason.as_deref() == Some("OnAccountSuppressionList");
    let trouble = if suppressed { Trouble::Suppressed } else { Trouble::Complained };
    let recipients = recipients("Complaint", &complaint.complained_recipients, |_| trouble)?;
    Ok(What::Complained { recipients, at: time(complaint.timestamp.as_deref()) })
}

fn recipients(
    kind: &'static str,
    recipients: &[wire::Recipient],
    trouble: impl Fn(Option<&str>) -> Trouble,
) -> Result<Vec<(AddressHash, Trouble)>, EventError> {
    let named: Vec<_> = recipients
        .iter()
        .filter(|recipient| recipient.email_address.contains('@'))
        .map(|recipient| (AddressHash::of(&recipient.email_address), trouble(recipient.status.as_deref())))
        .collect();
    if named.is_empty() { Err(EventError::Missing { kind, field: "recipient" }) } else { Ok(named) }
}

/// Most servers are plainer in their status code (RFC 3463) than SES in its type, which is `General` then.
fn of_status(status: Option<&str>) -> BounceReason {
    match status {
        Some("5.1.1" | "5.1.10") => BounceReason::NoMailbox,
        Some("5.2.2" | "4.2.2") => BounceReason::MailboxFull,
        Some("5.3.4") => BounceReason::TooLarge,
        _ => BounceReason::Unstated,
    }
}

fn id(
    kind: &'static str,
    feedback_id: Option<&str>,
    mail_id: &str,
    at: Option<&str>,
) -> Result<String, EventError> {
    match feedback_id.map(plain) {
        Some(feedback) if !feedback.is_empty() => Ok(format!("event.{kind}.{feedback}")),
        _ if mail_id.is_empty() => Err(EventError::Missing { kind, field: "feedback id and no mail id" }),
        _ => Ok(format!("event.{kind}.{mail_id}.{}", at.map(plain).unwrap_or_default())),
    }
}

fn time(text: Option<&str>) -> Option<Timestamp> {
    text?.parse().ok()
}

/// Ids go into keys and logs.
fn plain(text: &str) -> String {
    let fits =
        |character: &char| character.is_ascii_alphanumeric() || matches!(character, '-' | '_' | '.' | ':');
    text.chars().filter(fits).take(160).collect()
}

impl What {
    /// Each recipient with what is to be remembered of it.
    pub(super) fn troubled(&self, now: Timestamp) -> Vec<(AddressHash, Troubled)> {
        match self {
            Self::Bounced { recipients, at, .. } | Self::Complained { recipients, at } => {
                // A time ahead of ours would keep the row for ever.
                let at = at.map_or(now, |at| at.min(now));
                recipients
                    .iter()
                    .map(|(recipient, trouble)| (recipient.clone(), Troubled { trouble: *trouble, at }))
                    .collect()
            }
            Self::Delayed | Self::Rejected => Vec::new(),
        }
    }

    /// Metric, how many, dimensions.
    pub(super) fn counted(&self) -> (&'static str, u32, Vec<(&'static str, &'static str)>) {
        match self {
            Self::Bounced { kind, recipients, .. } => {
                ("MailBounced", u32::try_from(recipients.len()).unwrap_or(u32::MAX), vec![("type", kind)])
            }
            Self::Complained { .. } => ("MailComplaints", 1, Vec::new()),
            Self::Delayed => ("MailDelayed", 1, Vec::new()),
            Self::Rejected => ("MailRejected", 1, Vec::new()),
        }
    }

    /// The word for the log.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Bounced { .. } => "bounced",
            Self::Complained { .. } => "complained",
            Self::Delayed => "delayed",
            Self::Rejected => "rejected",
        }
    }
}

#[cfg(test)]
mod tests;
