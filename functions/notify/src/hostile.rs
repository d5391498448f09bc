//! Nothing in a notice breaks out of the mail.

use domain::Notice;
use proptest::prelude::*;

use crate::{goldens, mail, render, view};

/// Gmail hides what lies behind 102 KB.
const MAX_HTML_BYTES: usize = 100 * 1024;

fn html(notice: &Notice) -> String {
    render::html(&view::view(notice, &goldens::settings())).unwrap()
}

fn text(notice: &Notice) -> String {
    render::text(&view::view(notice, &goldens::settings())).unwrap()
}

#[test]
fn hostile_text_is_escaped_wherever_it_stands() {
    let html = html(&goldens::hostile("<b>x</b>"));
    for live in ["<script", "</script", "<b>", "</td></td>", "x</b>"] {
        assert!(!html.contains(live), "{live}");
    }
    assert!(html.contains("&#60;script&#62;"));
    // Each tag of the page is one of the template's own.
    let own = include_str!("../templates/notice.html");
    for tag in html.split('<').skip(1) {
        let name: String =
            tag.chars().take_while(|c| c.is_ascii_alphanumeric() || "/!".contains(*c)).collect();
        assert!(!name.is_empty() && own.contains(&format!("<{name}")), "<{tag:.40}");
    }
}

#[test]
fn nothing_unseen_and_no_forged_line_reaches_the_reader() {
    let notice = goldens::hostile("\u{2066}\u{85}\u{feff}");
    for page in [html(&notice), text(&notice)] {
        let unseen = |c: &char| {
            (c.is_control() && *c != '\n') || "\u{202e}\u{200b}\u{2066}\u{feff}\u{2028}".contains(*c)
        };
        assert_eq!(page.chars().find(unseen), None);
        assert!(page.contains("\\u{202e}gpj.exe\\u{200b}"));
    }
    // The first column of the text mail belongs to the template, so no heading or list can be forged.
    let text = text(&notice);
    let (shown, raw) = text.split_once("RAW ALERT").unwrap();
    for line in shown.lines().chain(raw.lines().take_while(|line| *line != "-- ")) {
        assert!(
            !["x@evil", "Bcc:", "<", "攻撃", "hxxp", "\\u"].iter().any(|start| line.starts_with(start)),
            "{line}"
        );
    }
}

#[test]
fn the_only_link_leads_to_the_dashboard() {
    for (name, notice) in goldens::all() {
        let page = html(&notice);
        for (page, links) in [(&page, 1), (&text(&notice), 1)] {
            let found: Vec<&str> = page.split("http").skip(1).filter(|rest| is_link(rest)).collect();
            assert_eq!(found.len(), links, "{name}");
            assert!(found.iter().all(|rest| rest.starts_with("s://wazuh.example.com/app/")), "{name}");
        }
        assert_eq!(page.matches("href=").count(), 1, "{name}");
        assert!(!page.contains("src=") && !page.contains("url("), "{name}");
    }
}

fn is_link(rest: &str) -> bool {
    rest.starts_with("://") || rest.starts_with("s://")
}

#[test]
fn without_a_dashboard_there_is_no_link() {
    let settings = mail::MailSettings { dashboard_url: None, ..goldens::settings() };
    let page = render::html(&view::view(&goldens::sshd(), &settings)).unwrap();
    assert!(!page.contains("href=") && !page.contains("://wazuh"));
}

#[test]
fn no_probe_makes_the_mail_too_long_to_be_shown() {
    for probe in ["<", "\"", "&", "\u{202e}", "東", "\0", "x", " "] {
        let notice = goldens::hostile(&probe.repeat(400));
        let (html, text) = (html(&notice), text(&notice));
        assert!(html.len() < MAX_HTML_BYTES, "{probe:?}: {} bytes of HTML", html.len());
        assert!(text.len() < MAX_HTML_BYTES, "{probe:?}: {} bytes of text", text.len());
    }
}

#[test]
fn a_name_cannot_start_a_header() {
    let mail = mail::mail(&goldens::hostile("\r\nX-Evil: 1"), &goldens::settings(), goldens::now()).unwrap();
    let raw = String::from_utf8(mail.raw).unwrap();
    let headers = raw.split_once("\r\n\r\n").unwrap().0;
    for line in headers.lines() {
        assert!(!line.starts_with("Bcc") && !line.starts_with("X-Evil") && !line.starts_with('<'), "{line}");
    }
    let message = mail_parser::MessageParser::default().parse(raw.as_bytes()).unwrap();
    assert_eq!(message.bcc(), None);
    let agent = message.header_as("X-Wazuh-Agent", mail_parser::HeaderForm::Text);
    let agent = agent.first().and_then(mail_parser::HeaderValue::as_text).unwrap();
    assert!(agent.starts_with("web Bcc: x@evil.example <script>"), "{agent}");
}

#[test]
fn silence_is_never_shown_as_innocence() {
    for notice in [goldens::web(), goldens::windows()] {
        for page in [html(&notice), text(&notice)] {
            let page = page.to_lowercase();
            assert!(page.contains("unknown") && !page.contains("clean") && !page.contains("0 of 100"));
        }
    }
    assert!(text(&goldens::web()).contains("gave no answer: daily quota used up"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn no_text_breaks_the_mail(probe in "(\\PC|\\pC|[<>&\"'{}=?\r\n ]|http://|203.0.113.9){0,60}") {
        let notice = goldens::hostile(&probe);
        let mail = mail::mail(&notice, &goldens::settings(), goldens::now()).unwrap();
        prop_assert!(mail.raw.is_ascii());
        prop_assert!(!mail.subject.chars().any(char::is_control) && mail.subject.chars().count() <= 160);
        let html = html(&notice);
        prop_assert!(!html.contains("<script") && html.len() < MAX_HTML_BYTES);
        prop_assert_eq!(html.matches("href=\"").count(), 1);
    }
}
