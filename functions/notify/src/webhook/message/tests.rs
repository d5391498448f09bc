use proptest::prelude::*;

use super::*;
use crate::goldens;
use crate::lint::chat::check;
use crate::mail::{MailSettings, Privacy};
use crate::probing::messages_with;
use crate::webhook::{digest, message, storm};

fn all() -> Vec<(String, Message)> {
    let settings = goldens::settings();
    let private = MailSettings { privacy: Privacy::Link, ..settings.clone() };
    let mut all: Vec<(String, Message)> = goldens::all()
        .into_iter()
        .map(|(name, notice)| (name.to_owned(), message(&notice, &settings, &[])))
        .collect();
    let mut more = |name: &str, message: Message| all.push((name.to_owned(), message));
    more("update", message(&goldens::later::update(), &settings, &[]));
    more("escalation", message(&goldens::later::escalation(), &settings, &[]));
    more("private", message(&goldens::sshd(), &private, &[]));
    more("private_update", message(&goldens::later::update(), &private, &[]));
    more("storm", storm(&goldens::held::storm(), &settings, &[]));
    more("storm_digest", digest(&goldens::held::of_storm(), &settings, &[]));
    more("night_digest", digest(&goldens::held::quiet_hours(), &settings, &[]));
    more("private_digest", digest(&goldens::held::of_storm(), &private, &[]));
    all
}

#[test]
fn each_notice_has_its_message() {
    for (name, message) in all() {
        check(&message);
        insta::assert_json_snapshot!(name, message);
    }
}

#[test]
fn a_private_message_tells_no_more_than_a_private_mail() {
    let private = MailSettings { privacy: Privacy::Link, ..goldens::settings() };
    for message in [
        message(&goldens::sshd(), &private, &[]),
        message(&goldens::later::update(), &private, &[]),
        digest(&goldens::held::of_storm(), &private, &[]),
    ] {
        let text = serde_json::to_string(&message).unwrap();
        for secret in ["web-01", "shop-frontend", "203.0.113", "198.51.100", "root", "brute"] {
            assert!(!text.contains(secret), "{secret}: {text}");
        }
    }
}

#[test]
fn a_digest_counts_what_it_does_not_show() {
    let mut held = goldens::held::of_storm();
    let one = held.incidents[0].clone();
    held.incidents = (0..400)
        .map(|number| {
            let mut incident = one.clone();
            (incident.alerts, incident.notices) = (1, 1);
            incident.incident = format!("{number:016x}").try_into().unwrap();
            incident
        })
        .collect();
    let message = digest(&held, &goldens::settings(), &[]);
    check(&message);
    let text = message.text();
    let shown = text.as_str().matches("|Open>").count();
    let rest = 400 - shown;
    assert!(shown > 5, "{shown}");
    assert!(
        text.as_str().contains(&format!("… and {rest} more incidents with {rest} alerts.")),
        "{}",
        text.as_str()
    );
}

#[test]
fn nobody_is_called_and_no_limit_is_passed_by_what_an_alert_says() {
    for attack in [
        "<!channel> <!here> <@U1> @here @channel @all",
        "<https://evil.example|All clear>",
        "[All clear](https://evil.example) ![x](https://evil.example/p.png)",
        "@(https://evil.example)",
        "\",\"blocks\":[],\"x\":\"",
        "\r\n\r\n*All clear*\u{202e}",
        &"<&>@".repeat(300),
        &"東".repeat(1_500),
    ] {
        messages_with(attack).iter().for_each(check);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 6, ..ProptestConfig::default() })]

    #[test]
    fn no_text_breaks_a_message(attack in "[\\PC<>&@!|\\n]{0,120}") {
        messages_with(&attack).iter().for_each(check);
    }
}
