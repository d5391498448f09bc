//! The headers of a mail: each once, each on its line, and none that SES would refuse.

use domain::Notice;
use domain::assessment::Priority;
use jiff::Timestamp;
use mail_builder::MessageBuilder;
use mail_builder::headers::address::Address;
use mail_builder::headers::date::Date;
use mail_builder::headers::message_id::MessageId;
use mail_builder::headers::raw::Raw;
use mail_builder::headers::text::Text;

use super::{MailSettings, Privacy, atom};
use crate::visible;

/// What a mail is, for the headers.
pub(super) struct Envelope<'a> {
    /// Unique; the same mail, made twice, has it twice.
    pub id: String,
    /// Names the conversation: every mail of it answers this id, which no mail has.
    pub conversation: String,
    pub kind: &'static str,
    pub subject: &'a str,
    /// The same for all mails of a conversation.
    pub topic: &'a str,
    pub priority: Priority,
    pub about: Vec<(&'static str, String)>,
}

/// What mail rules of the reader can go by.
pub(super) fn about(notice: &Notice, privacy: Privacy) -> Vec<(&'static str, String)> {
    let rule = notice.alert.rule();
    let mut about = vec![
        ("X-Wazuh-Rule-Id", rule.id.clone()),
        ("X-Wazuh-Level", rule.level.to_string()),
        ("X-Triage-Incident", notice.incident.to_string()),
        ("X-Triage-Notice", notice.id.to_string()),
    ];
    match privacy {
        Privacy::Full => {
            about.push(("X-Wazuh-Agent", notice.alert.agent().name.clone()));
            about.push(("X-Triage-Alert-Key", notice.alert.key().to_string()));
        }
        // A key names the manager that wrote the alert.
        Privacy::Link => {}
    }
    about
}

/// SES replaces `Message-ID` and `Date`, so no mail of a thread can answer another by its id: all answer a root that
/// exists only by name.
pub(super) fn headers(
    envelope: Envelope<'_>,
    settings: &MailSettings,
    now: Timestamp,
) -> MessageBuilder<'static> {
    let domain = settings.from.domain();
    let to = settings.to.iter().map(|address| Address::from(address.as_str().to_owned())).collect();
    let root = format!("{}@{domain}", envelope.conversation);
    let mut message = MessageBuilder::new()
        .from(Address::new_address(Some(SENDER_NAME), settings.from.as_str().to_owned()))
        .to(Address::new_list(to))
        .subject(value(envelope.subject))
        .date(Date::new(now.as_second()))
        .message_id(MessageId::new(format!("{}@{domain}", atom(&envelope.id))))
        .in_reply_to(MessageId::new(root.clone()))
        .references(MessageId::new(root))
        .header("Thread-Topic", value(envelope.topic))
        .header("List-Id", Raw::new(format!("{SENDER_NAME} <wazuh-triage.{domain}>")))
        .header("Auto-Submitted", Raw::new("auto-generated"))
        .header("X-Auto-Response-Suppress", Raw::new("All"))
        .header("X-Triage-Kind", Raw::new(envelope.kind))
        .header("X-Triage-Priority", Raw::new(envelope.priority.name()));
    if let Some(reply_to) = &settings.reply_to {
        message = message.reply_to(Address::from(reply_to.as_str().to_owned()));
    }
    for (name, text) in envelope.about {
        message = message.header(name, value(&text));
    }
    match envelope.priority {
        Priority::Critical => {
            message.header("Importance", Raw::new("high")).header("X-Priority", Raw::new("1"))
        }
        Priority::Low | Priority::Medium | Priority::High => message,
    }
}

const SENDER_NAME: &str = "Wazuh Triage";

/// A header value that cannot start another header; encoded by RFC 2047 where it is not ASCII.
fn value(text: &str) -> Text<'static> {
    let line = visible::header(text);
    Text::new(line.chars().take(200).collect::<String>())
}
