//! The same for messages to a chat: Slack's limits, and nothing that calls, links or hides but what we have written.

use serde_json::Value;

use crate::webhook::Message;

const LINKS: &str = "https://wazuh.example.com/";
const WORDS: [&str; 2] = ["Open in Wazuh", "Open"];

/// Panics with the text that is wrong.
pub fn check(message: &Message) {
    let message = serde_json::to_value(message).expect("a message is JSON");
    let blocks = message["blocks"].as_array().expect("blocks");
    assert!((2..=50).contains(&blocks.len()), "{} blocks", blocks.len());
    let together: usize = blocks.iter().map(|block| block.to_string().chars().count()).sum();
    assert!(together < 13_000, "{together} characters of blocks");
    for (text, most) in texts(&message) {
        let length = text.chars().count();
        assert!((1..=most).contains(&length), "{length} characters: {text}");
        check_markup(text);
    }
}

/// Every text of a message, with what the limit of its place is.
fn texts(message: &Value) -> Vec<(&str, usize)> {
    fn text(value: &Value) -> &str {
        value["text"].as_str().expect("a text")
    }
    let mut texts = vec![(text(message), 40_000)];
    for block in message["blocks"].as_array().expect("blocks") {
        match block["type"].as_str().expect("a type") {
            "header" => texts.push((text(&block["text"]), 150)),
            "section" if block.get("fields").is_some() => {
                let fields = block["fields"].as_array().expect("fields");
                assert!((1..=10).contains(&fields.len()), "{} fields", fields.len());
                texts.extend(fields.iter().map(|field| (text(field), 2_000)));
            }
            "section" => texts.push((text(&block["text"]), 3_000)),
            "context" => {
                let elements = block["elements"].as_array().expect("elements");
                assert!((1..=10).contains(&elements.len()), "{} elements", elements.len());
                texts.extend(elements.iter().map(|element| (text(element), 3_000)));
            }
            other => panic!("a block of the type {other}"),
        }
    }
    texts
}

/// `<` and `>` stand around links of ours only, `&` begins an entity of Slack's, `@` calls nobody, and no bracket makes
/// a link for Mattermost.
fn check_markup(text: &str) {
    let mut plain = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('<') {
        let (link, behind) = after.split_once('>').expect("the end of a link");
        let (address, words) = link.split_once('|').expect("the words of a link");
        assert!(address.starts_with(LINKS) && WORDS.contains(&words), "a link {link}: {text}");
        assert!(!address.contains(char::is_whitespace), "a link {link}: {text}");
        plain.push_str(before);
        rest = behind;
    }
    plain.push_str(rest);
    assert!(!plain.contains('>'), "a bare >: {text}");
    for (at, _) in plain.match_indices('&') {
        let is_entity = ["&amp;", "&lt;", "&gt;"].iter().any(|entity| plain[at..].starts_with(entity));
        assert!(is_entity, "a bare &: {text}");
    }
    assert!(!plain.replace("[@]", "").contains('@'), "somebody is called: {text}");
    assert!(!plain.contains("]("), "a link of Markdown: {text}");
    for scheme in ["http://", "https://", "ftp://"] {
        assert!(!plain.to_ascii_lowercase().contains(scheme), "a bare link: {text}");
    }
    let is_odd = |character: char| character.is_control() && character != '\n';
    assert!(!plain.contains(is_odd), "a control character: {text:?}");
}
