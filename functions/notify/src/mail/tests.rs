//! The finished mails, read again by two parsers.

pub(crate) mod mime;

use mail_parser::{HeaderValue, MessageParser, MimeHeaders, PartType};

use super::*;
use crate::goldens;
use domain::assessment::Priority;
use mime::Part;

fn golden(notice: &Notice) -> Mail {
    mail(notice, &goldens::settings(), &[], goldens::now()).unwrap()
}

fn header_lines(mail: &Mail) -> String {
    let raw = String::from_utf8(mail.raw.clone()).unwrap();
    raw.split_once("\r\n\r\n").unwrap().0.replace("\r\n", "\n")
}

#[test]
fn the_headers_of_each_mail() {
    let headers: Vec<String> = goldens::mails()
        .iter()
        .map(|golden| format!("## {}\n{}", golden.name, header_lines(&golden.mail)))
        .collect();
    insta::assert_snapshot!("headers", headers.join("\n\n"));
}

#[test]
fn text_and_html_of_each_mail() {
    for golden in goldens::mails() {
        insta::assert_snapshot!(format!("{}.txt", golden.name), golden.text);
        insta::assert_snapshot!(format!("{}.html", golden.name), golden.html);
    }
}

#[test]
fn an_update_without_a_model_says_why() {
    let mut update = goldens::later::update();
    let reason = domain::analysis::NoAnalysis::RateLimited;
    update.analysis = domain::analysis::Analysis::Unavailable { reason };
    let mail = golden(&update);
    assert!(mail.text.contains("\nNo model analysis: the model is rate-limited.\nFirst: "), "{}", mail.text);
    assert!(mail.text.ends_with("\nSent by Wazuh Triage.\n"));
    assert!(mail.html.contains("&middot; no model analysis: the model is rate-limited"));
    let message = crate::webhook::message(&update, &goldens::settings(), &[]);
    let message = serde_json::to_string(&message).unwrap();
    assert!(
        message.contains("Intelligence: malicious (94/100) · No model analysis: the model is rate-limited")
    );
}

#[test]
fn two_parsers_read_text_first_html_next_and_the_alert_last() {
    for goldens::Golden { name, mail, text, html } in goldens::mails() {
        let message = MessageParser::default().parse(&mail.raw).unwrap();
        assert_eq!(message.subject(), Some(mail.subject.as_str()), "{name}");
        let leaves: Vec<_> = message.parts.iter().filter(|part| !part.is_multipart()).collect();
        let (PartType::Text(read_text), PartType::Html(read_html)) = (&leaves[0].body, &leaves[1].body)
        else {
            panic!("{name}")
        };
        for (read, own) in [(read_text, &text), (read_html, &html)] {
            assert!(read.replace("\r\n", "\n") == *own, "{name}: the parsers differ");
        }
        let strict = Part::read(&mail.raw);
        let alternative = if leaves.len() == 3 {
            let [alternative, file] = strict.parts() else { panic!("{name}") };
            assert!(strict.header("Content-Type").unwrap().starts_with("multipart/mixed"), "{name}");
            assert_eq!(leaves[2].contents(), file.bytes(), "{name}");
            assert!(leaves[2].attachment_name().unwrap().starts_with("alert-"), "{name}");
            assert!(serde_json::from_slice::<serde_json::Value>(file.bytes()).is_ok(), "{name}");
            alternative
        } else {
            &strict
        };
        assert!(alternative.header("Content-Type").unwrap().starts_with("multipart/alternative"), "{name}");
        let kinds: Vec<&str> =
            alternative.parts().iter().map(|part| part.header("Content-Type").unwrap()).collect();
        assert!(kinds[0].starts_with("text/plain") && kinds[1].starts_with("text/html"), "{name}: {kinds:?}");
    }
}

/// <https://docs.aws.amazon.com/ses/latest/dg/header-fields.html>, as far as we send them; `X-` may be anything.
const ACCEPTED: [&str; 16] = [
    "From",
    "To",
    "Subject",
    "Date",
    "Message-ID",
    "In-Reply-To",
    "References",
    "Thread-Topic",
    "List-Id",
    "Auto-Submitted",
    "Reply-To",
    "Importance",
    "MIME-Version",
    "Content-Type",
    "Content-Transfer-Encoding",
    "Content-Disposition",
];

#[test]
fn ses_accepts_every_header() {
    for golden in goldens::mails() {
        for (name, value) in &Part::read(&golden.mail.raw).headers {
            assert!(name.starts_with("X-") || ACCEPTED.contains(&name.as_str()), "{}: {name}", golden.name);
            assert!(!value.is_empty(), "{}: {name} is empty", golden.name);
        }
    }
}

#[test]
fn a_mail_is_under_256_kb_and_its_html_under_100() {
    for golden in goldens::mails() {
        assert!(golden.mail.raw.len() < 256 * 1024, "{}: {}", golden.name, golden.mail.raw.len());
        assert!(golden.html.len() < 100 * 1024, "{}: {} of HTML", golden.name, golden.html.len());
    }
}

#[test]
fn the_same_notice_gives_the_same_bytes() {
    for (one, other) in goldens::mails().into_iter().zip(goldens::mails()) {
        assert_eq!(one.mail.raw, other.mail.raw, "{}", one.name);
    }
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
fn a_storm_and_its_digest_are_one_conversation() {
    let root = |mail: Mail| Part::read(&mail.raw).header("References").unwrap().to_owned();
    let storm = storm(&goldens::held::storm(), &goldens::settings(), &[], goldens::now()).unwrap();
    let digest = digest(&goldens::held::of_storm(), &goldens::settings(), &[], goldens::now()).unwrap();
    assert_eq!(root(storm), root(digest));
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

#[test]
fn answers_go_where_the_operator_says() {
    let settings =
        MailSettings { reply_to: Some("desk@example.com".parse().unwrap()), ..goldens::settings() };
    let mail = mail(&goldens::fim(), &settings, &[], goldens::now()).unwrap();
    assert_eq!(Part::read(&mail.raw).header("Reply-To"), Some("<desk@example.com>"));
    assert_eq!(Part::read(&golden(&goldens::fim()).raw).header("Reply-To"), None);
}

#[test]
fn the_attachment_can_be_turned_off() {
    let settings = MailSettings { attachment: Attachment::None, ..goldens::settings() };
    let mail = mail(&goldens::fim(), &settings, &[], goldens::now()).unwrap();
    assert!(Part::read(&mail.raw).header("Content-Type").unwrap().starts_with("multipart/alternative"));
    assert!(!goldens::Golden::of("fim", mail).text.contains("attached as"));
}

/// Whatever a private mail must not tell, in a notice that is full of it.
#[test]
fn a_private_mail_tells_nothing_but_where_to_look() {
    let settings = MailSettings { privacy: Privacy::Link, ..goldens::settings() };
    for (name, notice) in goldens::all() {
        let mail = mail(&notice, &settings, &[], goldens::now()).unwrap();
        let golden = goldens::Golden::of(name, mail);
        let headers = header_lines(&golden.mail);
        let agent = notice.alert.agent();
        let mut secrets = vec![agent.name.clone(), notice.alert.rule().description.clone()];
        secrets.extend(notice.alert.indicators().iter().map(|found| found.indicator.to_string()));
        secrets.extend(["data.srcip", "dstuser", "m.kaya", "wazuh-1", "worker-2", "evil"].map(str::to_owned));
        for secret in secrets.into_iter().filter(|secret| !secret.is_empty()) {
            for page in [&headers, &golden.text, &golden.html, &golden.mail.subject] {
                assert!(!page.contains(&secret), "{name}: {secret}");
            }
        }
        assert!(golden.text.contains(notice.incident.as_str()), "{name}");
        assert!(golden.html.contains("href=\"https://wazuh.example.com/app/"), "{name}");
        assert!(
            Part::read(&golden.mail.raw).header("Content-Type").unwrap().contains("alternative"),
            "{name}"
        );
    }
}
