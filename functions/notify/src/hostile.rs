//! Nothing in a notice breaks out of the mail.

use domain::Notice;
use domain::verdict::{
    Class, Evidence, Examined, Formula, Listing, MispAttribute, MispEvent, MispMatches, OtxPulse, OtxPulses,
    Reputation, Standing, Verdict, Witness,
};
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

/// Every place in which a witness quotes somebody, filled with one text.
fn quoting(text: &str) -> Vec<(&'static str, Evidence)> {
    let (some, one) = (|| Some(text.to_owned()), || vec![text.to_owned()]);
    let misp = |attribute| Evidence::Misp(MispMatches { attributes: vec![attribute], total: 1 });
    let attribute = || MispAttribute { to_ids: true, ..MispAttribute::default() };
    let event = |event| misp(MispAttribute { event, ..attribute() });
    let pulses = |pulses| Evidence::Otx(OtxPulses { count: 1, pulses: vec![pulses], ..OtxPulses::default() });
    let otx = |pulses| Evidence::Otx(OtxPulses { count: 1, ..pulses });
    let reputation = |reputation| Evidence::AbuseIpDb(Reputation { score: 9, ..reputation });
    vec![
        ("event info", event(MispEvent { info: text.into(), ..MispEvent::default() })),
        ("event id", event(MispEvent { id: text.into(), ..MispEvent::default() })),
        ("organisation", event(MispEvent { organisation: text.into(), ..MispEvent::default() })),
        ("type", misp(MispAttribute { kind: text.into(), ..attribute() })),
        ("value", misp(MispAttribute { value: format!("203.0.113.24|{text}"), ..attribute() })),
        ("MISP tag", misp(MispAttribute { tags: one(), ..attribute() })),
        ("warninglist", misp(MispAttribute { warninglists: one(), ..attribute() })),
        ("pulse name", pulses(OtxPulse { name: text.into(), ..OtxPulse::default() })),
        ("author", pulses(OtxPulse { author: text.into(), ..OtxPulse::default() })),
        ("TLP", pulses(OtxPulse { tlp: some(), ..OtxPulse::default() })),
        ("adversary", pulses(OtxPulse { adversary: some(), ..OtxPulse::default() })),
        ("malware", pulses(OtxPulse { malware_families: one(), ..OtxPulse::default() })),
        ("technique", pulses(OtxPulse { attack_ids: one(), ..OtxPulse::default() })),
        ("validation", otx(OtxPulses { validations: one(), ..OtxPulses::default() })),
        ("network", otx(OtxPulses { asn: some(), ..OtxPulses::default() })),
        ("country", otx(OtxPulses { country_code: some(), ..OtxPulses::default() })),
        ("feed title", Evidence::Listed(Listing { title: some(), ..Listing::default() })),
        ("feed tag", Evidence::Listed(Listing { tags: one(), ..Listing::default() })),
        ("provider", reputation(Reputation { isp: some(), ..Reputation::default() })),
        ("domain", reputation(Reputation { domain: some(), ..Reputation::default() })),
        ("usage", reputation(Reputation { usage_type: some(), ..Reputation::default() })),
    ]
}

#[test]
fn what_a_witness_quotes_is_shown_escaped_and_dead() {
    for (text, dead) in [
        ("A<i>", "A<i>"),
        ("A ftp://b.ex", "A fxp://b[.]ex"),
        ("A b@c.ex", "A b@c[.]ex"),
        ("A 192.0.2.9", "A 192[.]0[.]2[.]9"),
        ("A\u{202e}B", "A\\u{202e}B"),
        ("A\r\n- B", "A - B"),
        ("A” · B", "A\" - B"),
    ] {
        for (place, evidence) in quoting(text) {
            let mut notice = goldens::sshd();
            notice.reports.truncate(1);
            let report = notice.reports.first_mut().unwrap();
            (report.witness, report.answer) = (Witness::Feed("list".into()), evidence.into());
            let examined = Examined {
                found: report.found.clone(),
                reports: vec![report.clone()],
                standings: Vec::new(),
            };
            notice.verdict = Verdict::over(&[examined], &Formula::default(), goldens::now());
            let (text, html) = (self::text(&notice), html(&notice));
            // Our own marks and upper case are not what this is about.
            let lower = |page: &str| page.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
            let escaped = dead.replace('<', "&#60;").replace('>', "&#62;").replace('"', "&#34;");
            assert!(lower(&text).contains(&dead.to_lowercase()), "{place} in text: {dead}");
            assert!(lower(&html).contains(&escaped.to_lowercase()), "{place} in HTML: {dead}");
            for live in ["<i>", "ftp:", "c.ex", "192.0.2.9", "\u{202e}"] {
                assert!(!html.contains(live), "{place}: {live}");
            }
        }
    }
}

#[test]
fn a_feed_and_an_analyst_are_quoted_with_the_same_care() {
    let mut notice = goldens::sshd();
    let report = notice.reports.first_mut().unwrap();
    (report.witness, report.answer) =
        (Witness::Feed("<i>".into()), Evidence::Listed(Listing::default()).into());
    let standings =
        vec![Standing::new(Class::Denied, "<i> c.ex"), Standing::new(Class::Anonymity, "\u{202e}")];
    let examined = Examined { found: report.found.clone(), reports: vec![report.clone()], standings };
    notice.verdict = Verdict::over(&[examined], &Formula::default(), goldens::now());
    let html = html(&notice);
    assert!(html.contains("&#60;i&#62; feed") && html.contains("deny list (&#60;i&#62; c[.]ex)"));
    assert!(!html.contains("<i>") && !html.contains("c.ex)") && !html.contains('\u{202e}'));
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
    for page in [html(&goldens::web()), text(&goldens::web())] {
        for reason in ["AbuseIPDB: daily quota used up", "MISP: key refused", "OTX: not reachable"] {
            let (_, said) = reason.split_once(": ").unwrap();
            assert!(page.contains(reason) && page.contains(&format!("gave no answer: {said}")), "{reason}");
        }
    }
    for notice in [goldens::web(), goldens::windows(), goldens::fim()] {
        assert!(html(&notice).contains("not an all-clear") && !text(&notice).contains("0 of 100"));
    }
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
