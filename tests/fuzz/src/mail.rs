//! Mail: whatever stands in an alert, the mail is one that every reader takes apart in the same way.

use domain::Alert;
use mail_parser::MessageParser;
use notify::mail::Mail;
use notify::{lint, probing};

use crate::Kept;

/// Every header that a mail of ours has.
const HEADERS: [&str; 27] = [
    "From",
    "To",
    "Reply-To",
    "Subject",
    "Date",
    "Message-ID",
    "In-Reply-To",
    "References",
    "Thread-Topic",
    "List-Id",
    "Auto-Submitted",
    "X-Auto-Response-Suppress",
    "X-Triage-Kind",
    "X-Triage-Priority",
    "X-Wazuh-Rule-Id",
    "X-Wazuh-Level",
    "X-Wazuh-Agent",
    "X-Triage-Incident",
    "X-Triage-Notice",
    "X-Triage-Alert-Key",
    "X-Triage-Digest",
    "Importance",
    "X-Priority",
    "MIME-Version",
    "Content-Type",
    "Content-Transfer-Encoding",
    "Content-Disposition",
];

/// Gmail hides what lies behind 102 KB.
const MAX_HTML_BYTES: usize = 100 * 1024;

/// The bytes are an alert, which becomes a mail.
pub fn check_alert(bytes: &[u8]) -> Kept {
    let Ok(alert) = Alert::parse(&super::text(bytes)) else { return Kept::Refused };
    check(&probing::mail_of(&probing::notice_about(alert)).expect("a mail"));
    Kept::Read
}

/// The bytes stand in every place of an alert, of what providers said and of what a model wrote.
pub fn check_probe(bytes: &[u8]) -> Kept {
    for mail in &probing::mails_with(&super::text(bytes)).expect("mails") {
        check(mail);
    }
    Kept::Read
}

fn check(mail: &Mail) {
    lint::check("mail", &mail.html);
    assert!(mail.html.len() < MAX_HTML_BYTES && mail.text.len() < MAX_HTML_BYTES);
    assert!(mail.raw.is_ascii() && mail.raw.len() < 256 * 1024);
    assert!(!mail.subject.chars().any(char::is_control) && mail.subject.chars().count() <= 160);
    let message = MessageParser::default().parse(&mail.raw).expect("a mail that can be read");
    let mut seen = Vec::new();
    for header in message.headers() {
        let name = header.name();
        assert!(HEADERS.iter().any(|ours| ours.eq_ignore_ascii_case(name)), "a header {name}");
        assert!(!seen.contains(&name), "{name} twice");
        seen.push(name);
    }
    assert_eq!(message.subject(), Some(&*mail.subject));
    assert_eq!((message.text_body_count(), message.html_body_count()), (1, 1));
    let html = message.body_html(0).expect("a page");
    assert_eq!(html.replace("\r\n", "\n").trim_end(), mail.html.trim_end());
}
