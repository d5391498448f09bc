//! The mail as it goes to SES: raw MIME, pure ASCII, text first and HTML last.

mod address;
mod subject;

use domain::Notice;
use domain::assessment::Priority;
use jiff::Timestamp;
use mail_builder::MessageBuilder;
use mail_builder::headers::address::Address;
use mail_builder::headers::content_type::ContentType;
use mail_builder::headers::date::Date;
use mail_builder::headers::message_id::MessageId;
use mail_builder::headers::raw::Raw;
use mail_builder::headers::text::Text;
use mail_builder::mime::MimePart;

pub use crate::dashboard::{DashboardUrl, DashboardUrlError};
pub use address::{AddressError, MailAddress, Recipients};
pub use subject::{DEFAULT_SUBJECT, SubjectError, SubjectTemplate};

use crate::view::view;
use crate::{render, visible};

/// What an operator decides about mails.
#[derive(Clone, Debug)]
pub struct MailSettings {
    pub from: MailAddress,
    pub to: Recipients,
    pub subject: SubjectTemplate,
    pub dashboard_url: Option<DashboardUrl>,
}

/// A finished mail. Its bytes are ASCII, so that no relay on the way has to recode them.
#[derive(Clone, Debug)]
pub struct Mail {
    pub raw: Vec<u8>,
    pub subject: String,
}

#[derive(Debug, thiserror::Error)]
pub enum MailError {
    #[error("could not render the mail")]
    Render(#[from] askama::Error),
}

/// The mail for a notice: the same bytes for the same arguments.
pub fn mail(notice: &Notice, settings: &MailSettings, now: Timestamp) -> Result<Mail, MailError> {
    let view = view(notice, settings);
    let subject = settings.subject.fill(notice);
    let parts = vec![
        MimePart::new("text/plain", render::text(&view)?),
        MimePart::new("text/html", render::html(&view)?),
    ];
    // Neither quoted-printable nor base64 can hold "=_", so no log line can forge the boundary.
    let boundary = format!("=_{}", atom(notice.id.as_str()));
    let alternative = ContentType::new("multipart/alternative").attribute("boundary", boundary);
    let message = headers(notice, settings, &subject, now).body(MimePart::new(alternative, parts));
    let mut raw = Vec::new();
    message.serialize(&mut raw);
    Ok(Mail { raw, subject })
}

fn headers(
    notice: &Notice,
    settings: &MailSettings,
    subject: &str,
    now: Timestamp,
) -> MessageBuilder<'static> {
    let domain = settings.from.domain();
    let rule = notice.alert.rule();
    let to = settings.to.iter().map(|address| Address::from(address.as_str().to_owned())).collect();
    // No mail has this id: SES gives its own to each, so they all answer a root that exists only by name.
    let thread = format!("incident.{}.{}@{domain}", notice.incident, notice.opened_at.as_millisecond());
    let message = MessageBuilder::new()
        .from(Address::new_address(Some(SENDER_NAME), settings.from.as_str().to_owned()))
        .to(Address::new_list(to))
        .subject(Text::new(subject.to_owned()))
        .date(Date::new(now.as_second()))
        .message_id(MessageId::new(format!("notice.{}@{domain}", atom(notice.id.as_str()))))
        .in_reply_to(MessageId::new(thread.clone()))
        .references(MessageId::new(thread))
        .header("Thread-Topic", Text::new(subject.to_owned()))
        .header("List-Id", Raw::new(format!("{SENDER_NAME} <wazuh-triage.{domain}>")))
        .header("Auto-Submitted", Raw::new("auto-generated"))
        .header("X-Auto-Response-Suppress", Raw::new("All"))
        .header("X-Wazuh-Rule-Id", value(&rule.id))
        .header("X-Wazuh-Level", value(&rule.level.to_string()))
        .header("X-Wazuh-Agent", value(&notice.alert.agent().name))
        .header("X-Triage-Incident", value(notice.incident.as_str()))
        .header("X-Triage-Notice", value(notice.id.as_str()))
        .header("X-Triage-Priority", value(notice.priority().name()))
        .header("X-Triage-Alert-Key", value(notice.alert.key().as_str()));
    match notice.priority() {
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

/// What may stand in an id without quotes.
fn atom(text: &str) -> String {
    let plain = |character: char| character.is_ascii_alphanumeric() || matches!(character, '.' | '-');
    text.chars().take(100).map(|character| if plain(character) { character } else { '-' }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::goldens;
    use mail_parser::{HeaderValue, MessageParser, MimeHeaders, PartType};

    fn golden(notice: &Notice) -> Mail {
        mail(notice, &goldens::settings(), goldens::now()).unwrap()
    }

    fn header_lines(mail: &Mail) -> String {
        let raw = String::from_utf8(mail.raw.clone()).unwrap();
        raw.split_once("\r\n\r\n").unwrap().0.replace("\r\n", "\n")
    }

    #[test]
    fn the_headers_of_each_kind_of_notice() {
        let all = goldens::all();
        let headers: Vec<String> = all
            .iter()
            .map(|(name, notice)| format!("## {name}\n{}", header_lines(&golden(notice))))
            .collect();
        insta::assert_snapshot!("headers", headers.join("\n\n"));
    }

    #[test]
    fn a_second_parser_reads_text_first_and_html_last() {
        for (name, notice) in goldens::all() {
            let mail = golden(&notice);
            assert!(mail.raw.is_ascii(), "{name}");
            assert!(mail.raw.split(|byte| *byte == b'\n').all(|line| line.len() < 998), "{name}");
            let message = MessageParser::default().parse(&mail.raw).unwrap();
            assert_eq!(message.subject(), Some(mail.subject.as_str()), "{name}");
            let [alternative, text, html] = message.parts.as_slice() else { panic!("{name}") };
            assert!(alternative.is_content_type("multipart", "alternative"), "{name}");
            assert!(text.is_content_type("text", "plain") && html.is_content_type("text", "html"), "{name}");
            let view = view(&notice, &goldens::settings());
            let PartType::Text(read) = &text.body else { panic!("{name}") };
            assert_eq!(read.replace("\r\n", "\n"), render::text(&view).unwrap(), "{name}");
            let PartType::Html(read) = &html.body else { panic!("{name}") };
            assert_eq!(read.replace("\r\n", "\n"), render::html(&view).unwrap(), "{name}");
            for part in [text, html] {
                // What the fixed boundary relies on.
                let encoding = part.content_transfer_encoding().unwrap();
                assert!(["quoted-printable", "base64"].contains(&encoding), "{name}: {encoding}");
            }
        }
    }

    #[test]
    fn the_same_notice_gives_the_same_bytes() {
        assert_eq!(golden(&goldens::sshd()).raw, golden(&goldens::sshd()).raw);
    }

    #[test]
    fn every_mail_of_an_incident_answers_the_same_root() {
        let raw = golden(&goldens::fim()).raw;
        let message = MessageParser::default().parse(&raw).unwrap();
        let root = format!("incident.{}.1791030128250@triage.example.com", goldens::fim().incident);
        assert_eq!(message.references(), &HeaderValue::Text(root.as_str().into()));
        assert_eq!(message.in_reply_to(), &HeaderValue::Text(root.as_str().into()));
        assert_ne!(message.message_id(), Some(root.as_str()));
    }

    #[test]
    fn only_a_critical_mail_claims_importance() {
        for (name, notice) in goldens::all() {
            let critical = notice.priority() == Priority::Critical;
            let headers = header_lines(&golden(&notice));
            assert_eq!(headers.contains("Importance: high"), critical, "{name}");
            assert_eq!(headers.contains("X-Priority: 1"), critical, "{name}");
        }
    }
}
