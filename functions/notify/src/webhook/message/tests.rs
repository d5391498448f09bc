use proptest::prelude::*;
use serde_json::Value;

use super::*;
use crate::goldens;
use crate::mail::{MailSettings, Privacy};
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

/// Every text of a message, with what the limit of its place is.
fn texts(message: &Value) -> Vec<(&str, usize)> {
    let mut texts = vec![(message["text"].as_str().unwrap(), 40_000)];
    for block in message["blocks"].as_array().unwrap() {
        let text = |value: &'_ Value| value["text"].as_str().unwrap().len();
        match block["type"].as_str().unwrap() {
            "header" => texts.push((block["text"]["text"].as_str().unwrap(), 150)),
            "section" if block.get("fields").is_some() => {
                let fields = block["fields"].as_array().unwrap();
                assert!((1..=10).contains(&fields.len()));
                texts.extend(fields.iter().map(|field| (field["text"].as_str().unwrap(), 2_000)));
            }
            "section" => texts.push((block["text"]["text"].as_str().unwrap(), 3_000)),
            "context" => {
                let elements = block["elements"].as_array().unwrap();
                assert!(text(&elements[0]) > 0 && elements.len() <= 10);
                texts.push((elements[0]["text"].as_str().unwrap(), 3_000));
            }
            other => panic!("{other}"),
        }
    }
    texts
}

/// What every message must keep to, whatever it tells of.
fn check(message: &Message) {
    let message = serde_json::to_value(message).unwrap();
    let blocks = message["blocks"].as_array().unwrap();
    assert!((2..=50).contains(&blocks.len()));
    let together: usize = blocks.iter().map(|block| block.to_string().chars().count()).sum();
    assert!(together < 13_000, "{together}");
    for (text, most) in texts(&message) {
        let length = text.chars().count();
        assert!((1..=most).contains(&length), "{length}: {text}");
        let mut rest = text;
        while let Some((_, after)) = rest.split_once('<') {
            let (link, behind) = after.split_once('>').expect(text);
            assert!(link.starts_with("https://wazuh.example.com/"), "{text}");
            assert!(link.ends_with("|Open in Wazuh") || link.ends_with("|Open"), "{text}");
            rest = behind;
        }
        assert!(!text.replace("[@]", "").contains('@'), "{text}");
    }
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

fn filled_with(attack: &str) -> [Message; 4] {
    let settings = goldens::settings();
    let private = MailSettings { privacy: Privacy::Link, ..settings.clone() };
    [
        message(&goldens::hostile(attack), &settings, &[]),
        message(&goldens::hostile(attack), &private, &[]),
        message(&goldens::later::hostile(attack), &settings, &[]),
        digest(&goldens::held::hostile(attack), &settings, &[]),
    ]
}

#[test]
fn nobody_is_called_and_no_limit_is_passed_by_what_an_alert_says() {
    for attack in [
        "<!channel> <!here> <@U1> @here @channel @all",
        "<https://evil.example|All clear>",
        "[All clear](https://evil.example) ![x](https://evil.example/p.png)",
        "\",\"blocks\":[],\"x\":\"",
        "\r\n\r\n*All clear*\u{202e}",
        &"<&>@".repeat(300),
        &"東".repeat(1_500),
    ] {
        filled_with(attack).iter().for_each(check);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 6, ..ProptestConfig::default() })]

    #[test]
    fn no_text_breaks_a_message(attack in "[\\PC<>&@!|\\n]{0,120}") {
        filled_with(&attack).iter().for_each(check);
    }
}
