//! The mail as it goes to SES: raw MIME, pure ASCII, text first and HTML last.

mod address;
mod attachment;
mod headers;
mod notes;
mod settings;
mod subject;
#[cfg(test)]
pub(crate) mod tests;

use domain::Notice;
use domain::incident::Kind;
use jiff::Timestamp;
use mail_builder::headers::content_type::ContentType;
use mail_builder::mime::MimePart;

pub use crate::clock::{Clock, ClockError};
pub use crate::held::{Digest, Held, HeldIncident, Storm};
pub use crate::links::{AlertLink, Dashboard, HostLink, LinkError, MispUrl, SiteUrl, SiteUrlError, Target};
pub use crate::opening::Opening;
pub use crate::template::TemplateError;
pub use address::{AddressError, MailAddress, Recipients};
pub use notes::{Bounce, BounceReason, Note};
pub use settings::{Attachment, MailSettings, NoChoice, Privacy};
pub use subject::{DEFAULT_SUBJECT, SubjectTemplate};

pub(crate) use attachment::AlertFile;

use crate::opening::highest_priority;
use crate::render;
use crate::view::{digest as view_digest, private, storm as view_storm, view};
use headers::{Envelope, about, headers};

/// A finished mail. Its bytes are ASCII, so that no relay on the way has to recode them.
#[derive(Clone, Debug)]
pub struct Mail {
    pub raw: Vec<u8>,
    pub subject: String,
    /// The pages in it, before they are encoded for the way.
    pub text: String,
    pub html: String,
}

#[derive(Debug, thiserror::Error)]
pub enum MailError {
    #[error("could not render the mail")]
    Render(#[from] askama::Error),
    #[error("could not write the subject")]
    Subject(#[from] TemplateError),
}

/// The mail for a notice: the same bytes for the same arguments, under 256 KB. Notes stand at its end.
pub fn mail(
    notice: &Notice,
    settings: &MailSettings,
    notes: &[Note],
    now: Timestamp,
) -> Result<Mail, MailError> {
    let opening = Opening::of(notice);
    let (subject, body) = match settings.privacy {
        Privacy::Full => {
            let subject = settings.subject.fill(&opening, &notice.incident);
            (subject, full(notice, &opening, settings, notes)?)
        }
        Privacy::Link => {
            let view = private(notice, settings, notes);
            let subject = SubjectTemplate::private()?.fill(&opening, &notice.incident);
            let (text, html) = (render::private_text(&view)?, render::private_html(&view)?);
            (subject, Body { text, html, file: None })
        }
    };
    let envelope = Envelope {
        id: format!("notice.{}", notice.id),
        conversation: format!("incident.{}.{}", notice.incident, notice.opened_at.as_millisecond()),
        kind: notice.kind.name(),
        subject: &subject,
        topic: &subject,
        priority: highest_priority(notice),
        about: about(notice, settings.privacy),
    };
    Ok(assemble(envelope, body, settings, now))
}

/// One mail for everything that was held back: a line for each incident, most severe first.
pub fn digest(
    digest: &Digest,
    settings: &MailSettings,
    notes: &[Note],
    now: Timestamp,
) -> Result<Mail, MailError> {
    let view = view_digest(digest, settings, notes);
    let subject = subject::line(&view.subject);
    let body = Body { text: render::digest_text(&view)?, html: render::digest_html(&view)?, file: None };
    let envelope = Envelope {
        id: format!("digest.{}", digest.id),
        conversation: format!("held.{}", atom(&digest.id)),
        kind: "digest",
        subject: &subject,
        topic: HELD_TOPIC,
        priority: digest.worst(),
        about: vec![("X-Triage-Digest", digest.id.clone())],
    };
    Ok(assemble(envelope, body, settings, now))
}

/// One mail when a storm begins: what is held back so far, and when it will be told.
pub fn storm(
    storm: &Storm,
    settings: &MailSettings,
    notes: &[Note],
    now: Timestamp,
) -> Result<Mail, MailError> {
    let view = view_storm(storm, settings, notes);
    let subject = subject::line(&view.subject);
    let body = Body { text: render::storm_text(&view)?, html: render::storm_html(&view)?, file: None };
    let envelope = Envelope {
        id: format!("storm.{}", storm.id),
        conversation: format!("held.{}", atom(&storm.id)),
        kind: "storm",
        subject: &subject,
        topic: HELD_TOPIC,
        priority: storm.worst,
        about: vec![("X-Triage-Digest", storm.id.clone())],
    };
    Ok(assemble(envelope, body, settings, now))
}

const HELD_TOPIC: &str = "Wazuh alerts held back";

struct Body {
    text: String,
    html: String,
    file: Option<AlertFile>,
}

/// Everything there is to tell. The file gives way where the pages are long.
fn full(
    notice: &Notice,
    opening: &Opening,
    settings: &MailSettings,
    notes: &[Note],
) -> Result<Body, MailError> {
    let file = |max_bytes| match settings.attachment {
        Attachment::Json => attachment::alert_file(&notice.alert, max_bytes),
        Attachment::None => None,
    };
    let body = |file: Option<AlertFile>| -> Result<Body, MailError> {
        let view = view(notice, opening, settings, file.as_ref(), notes);
        let (text, html) = match notice.kind {
            Kind::First | Kind::Escalation(_) => (render::text(&view)?, render::html(&view)?),
            Kind::Update => (render::update_text(&view)?, render::update_html(&view)?),
        };
        Ok(Body { text, html, file })
    };
    let first = body(file(AlertFile::MAX_BYTES))?;
    let length = |file: &AlertFile| file.json.len();
    let room = MAX_PAGES_AND_FILE.saturating_sub(first.text.len() + first.html.len());
    if first.file.as_ref().map_or(0, length) <= room { Ok(first) } else { body(file(room)) }
}

/// Encoded for the way, they take up to two fifths more: 256 KB at most.
const MAX_PAGES_AND_FILE: usize = 176 * 1024;

fn assemble(envelope: Envelope<'_>, body: Body, settings: &MailSettings, now: Timestamp) -> Mail {
    // Neither quoted-printable nor base64 can hold "=_", so no log line can forge a boundary. RFC 2046 ends it at 70.
    let id: String = atom(&envelope.id).chars().take(48).collect();
    let multipart = |kind: &'static str, parts: Vec<MimePart<'static>>| {
        let content =
            ContentType::new(format!("multipart/{kind}")).attribute("boundary", format!("=_{kind}.{id}"));
        MimePart::new(content, parts)
    };
    let Body { text, html, file } = body;
    // A text ends with its last line's end, also for whoever reads it in a terminal.
    let text = text + "\n";
    let pages = vec![MimePart::new("text/plain", text.clone()), MimePart::new("text/html", html.clone())];
    let alternative = multipart("alternative", pages);
    let content = match file {
        Some(AlertFile { name, json, .. }) => {
            let file = MimePart::new("application/json", json.into_bytes()).attachment(name);
            multipart("mixed", vec![alternative, file])
        }
        None => alternative,
    };
    let subject = envelope.subject.to_owned();
    let mut raw = Vec::new();
    headers(envelope, settings, now).body(content).serialize(&mut raw);
    Mail { raw, subject, text, html }
}

/// What may stand in an id without quotes.
fn atom(text: &str) -> String {
    let plain = |character: char| character.is_ascii_alphanumeric() || matches!(character, '.' | '-');
    text.chars().take(100).map(|character| if plain(character) { character } else { '-' }).collect()
}
