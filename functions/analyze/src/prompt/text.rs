//! One text on its way into the document: secrets and names taken out, unseen characters shown, the middle cut.

use std::fmt::Write as _;

use domain::Alert;
use domain::trim::cut_middle;
use domain::unseen::is_unseen;
use serde_json::{Map, Value};

use super::Detail;
use crate::redaction::{self, Guesses, Pseudonyms, Redaction, Secret};

/// Writes texts of one alert. Nothing reaches a document but through it.
pub(super) struct Writer<'prompt> {
    redaction: Redaction,
    guesses: Guesses,
    pseudonyms: &'prompt Pseudonyms,
    detail: Detail,
}

/// How much room a member of the document has.
#[derive(Clone, Copy, Debug)]
pub(super) struct Room {
    /// Longest text of one field.
    pub text: usize,
    /// Characters of all fields together.
    pub all: usize,
}

const MAX_KEY_BYTES: usize = 80;
const MAX_ITEMS: usize = 10;
const MAX_MEMBERS: usize = 60;

impl<'prompt> Writer<'prompt> {
    pub(super) fn new(
        redaction: Redaction,
        alert: &Alert,
        pseudonyms: &'prompt Pseudonyms,
        detail: Detail,
    ) -> Self {
        let guesses = match redaction {
            Redaction::Off => Guesses::default(),
            Redaction::Secrets | Redaction::Strict => Guesses::of(alert),
        };
        Self { redaction, guesses, pseudonyms, detail }
    }

    /// A sentence of ours or of the operator's.
    pub(super) fn note(&self, text: &str, max_bytes: usize) -> String {
        cut_middle(&visible(&self.redacted(text.trim())), max_bytes)
    }

    /// A member of the alert, with at most this much room.
    pub(super) fn member(&self, key: &str, value: &Value, room: Room) -> Value {
        let mut left = room.all;
        self.value(key, value, room.text, &mut left)
    }

    fn value(&self, key: &str, value: &Value, max_text: usize, left: &mut usize) -> Value {
        match value {
            Value::String(text) => {
                let written = self.text(key, text, max_text.min(*left));
                *left = left.saturating_sub(written.len());
                Value::String(written)
            }
            Value::Array(items) => {
                let mut written: Vec<Value> = Vec::new();
                for item in items.iter().take(MAX_ITEMS) {
                    if *left == 0 {
                        break;
                    }
                    written.push(self.value(key, item, max_text, left));
                }
                let more = items.len() - written.len();
                if more > 0 {
                    written.push(Value::String(format!("[{more} more items]")));
                }
                Value::Array(written)
            }
            Value::Object(members) => Value::Object(self.members(members, max_text, left)),
            Value::Null | Value::Bool(_) | Value::Number(_) => {
                *left = left.saturating_sub(8);
                value.clone()
            }
        }
    }

    fn members(&self, members: &Map<String, Value>, max_text: usize, left: &mut usize) -> Map<String, Value> {
        let secrets = secret_arguments(members);
        let mut written = Map::new();
        for (name, member) in members.iter().take(MAX_MEMBERS) {
            if *left == 0 {
                break;
            }
            let key = cut_middle(&visible(&self.redacted(name)), MAX_KEY_BYTES);
            *left = left.saturating_sub(key.len() + 6);
            let hidden = secrets.iter().find(|(argument, _)| argument == name);
            let value = match hidden {
                Some((_, text)) if self.redaction != Redaction::Off => Value::String(text.clone()),
                _ => self.value(name, member, max_text, left),
            };
            written.insert(key, value);
        }
        let more = members.len() - written.len();
        if more > 0 {
            written.insert("[cut]".to_owned(), Value::String(format!("{more} more members")));
        }
        written
    }

    fn text(&self, key: &str, text: &str, max_bytes: usize) -> String {
        let secret = redaction::credential(key).filter(|_| self.redaction != Redaction::Off);
        if let Some(secret) = secret
            && !is_harmless(secret, text)
        {
            return secret.to_string();
        }
        match self.detail {
            Detail::Reduced if is_prose(text) => shape(text),
            Detail::Full | Detail::Reduced => cut_middle(&visible(&self.redacted(text)), max_bytes),
        }
    }

    fn redacted(&self, text: &str) -> String {
        match self.redaction {
            Redaction::Off => text.to_owned(),
            Redaction::Secrets => self.guesses.hide(&redaction::secrets(text)),
            Redaction::Strict => self.pseudonyms.hide(&self.guesses.hide(&redaction::secrets(text))),
        }
    }
}

/// `sudo` has a member `pwd`, which is a folder.
fn is_harmless(secret: Secret, text: &str) -> bool {
    text.is_empty() || (secret == Secret::Password && text.starts_with('/'))
}

/// auditd gives each argument a member of its own, `a0` and on: the secret ones among them, taken out.
fn secret_arguments(members: &Map<String, Value>) -> Vec<(String, String)> {
    let names: Vec<String> =
        (0..40).map(|index| format!("a{index}")).take_while(|name| members.contains_key(name)).collect();
    let words: Vec<&str> =
        names.iter().map(|name| members.get(name).and_then(Value::as_str).unwrap_or_default()).collect();
    let hidden = redaction::arguments(&words).into_iter().filter_map(|(index, range)| {
        let mut text = (*words.get(index)?).to_owned();
        text.replace_range(range, &Secret::Password.to_string());
        Some((names.get(index)?.clone(), text))
    });
    hidden.collect()
}

/// Every unseen character but tabs and line feeds as `<U+200B>`.
pub(crate) fn visible(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        if is_unseen(character) && !matches!(character, '\n' | '\t') {
            // Writing to a string cannot fail.
            let _ = write!(shown, "<U+{:04X}>", u32::from(character));
        } else {
            shown.push(character);
        }
    }
    shown
}

/// Whatever is no name, number, address or hash.
fn is_prose(text: &str) -> bool {
    text.len() > 80 || text.contains([' ', '\n', '\t', '<', '{', '\'', '"', '%', '+', '?'])
}

/// A text by its size and kinds of characters.
fn shape(text: &str) -> String {
    let has = |test: fn(char) -> bool, word: &'static str| text.chars().any(test).then_some(word);
    let kinds = [
        has(char::is_alphabetic, "letters"),
        has(|character| character.is_ascii_digit(), "digits"),
        has(|character| character.is_ascii_punctuation(), "punctuation"),
        has(|character| !character.is_ascii(), "characters beyond ASCII"),
    ];
    let kinds: Vec<&str> = kinds.into_iter().flatten().collect();
    let words = text.split_whitespace().count();
    format!("[text of {} characters in {words} words: {}]", text.chars().count(), kinds.join(", "))
}
