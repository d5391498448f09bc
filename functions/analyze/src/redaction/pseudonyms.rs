//! Reversible pseudonyms: the same value, the same token, and back again for the tokens of this request only.

use std::collections::HashMap;
use std::fmt;

use serde_json::Value;

use super::people;
use super::runs::{before, from, length};

/// What makes the tokens of one request unlike those of any other: four characters of `0-9a-z`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Nonce([u8; 4]);

impl Nonce {
    /// The same seed gives the same nonce.
    pub fn new(seed: u64) -> Self {
        const DIGITS: &[u8; 36] = b"0123456789abcdefghijklmnopqrstuvwxyz";
        let digit = |place: u32| {
            let index = usize::try_from(seed / 36_u64.pow(place) % 36).unwrap_or(0);
            DIGITS.get(index).copied().unwrap_or(b'0')
        };
        Self([digit(0), digit(1), digit(2), digit(3)])
    }
}

impl fmt::Display for Nonce {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&String::from_utf8_lossy(&self.0))
    }
}

/// What a token stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Kind {
    User,
    Host,
    Domain,
    /// An address that means something inside the site only.
    Address,
    Mail,
    Sid,
    /// Text that looked like a token before there were any.
    Text,
}

impl Kind {
    const ALL: [Self; 7] =
        [Self::User, Self::Host, Self::Domain, Self::Address, Self::Mail, Self::Sid, Self::Text];

    fn name(self) -> &'static str {
        match self {
            Self::User => "USER",
            Self::Host => "HOST",
            Self::Domain => "DOMAIN",
            Self::Address => "IPINT",
            Self::Mail => "MAIL",
            Self::Sid => "SID",
            Self::Text => "TEXT",
        }
    }
}

/// The values of one request and their tokens. Stays in the process; [`fmt::Debug`] shows how many there are.
#[derive(Clone, Default)]
pub struct Pseudonyms {
    nonce: Nonce,
    entries: Vec<Entry>,
    /// Places in `entries` by the first byte of the value, longest value first.
    by_start: HashMap<u8, Vec<usize>>,
}

#[derive(Clone)]
struct Entry {
    value: String,
    token: String,
    kind: Kind,
}

impl fmt::Debug for Pseudonyms {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Pseudonyms({})", self.entries.len())
    }
}

impl Pseudonyms {
    /// More names than this are not in one alert.
    const MAX_ENTRIES: usize = 500;

    /// Tokens for every name in these documents, in the order in which they stand there.
    pub fn of(documents: &[&Value], nonce: Nonce) -> Self {
        let mut pseudonyms = Self { nonce, ..Self::default() };
        for document in documents {
            pseudonyms.collect("", document);
        }
        let entries = &pseudonyms.entries;
        for (index, entry) in entries.iter().enumerate() {
            if let Some(first) = entry.value.bytes().next() {
                pseudonyms.by_start.entry(first).or_default().push(index);
            }
        }
        for places in pseudonyms.by_start.values_mut() {
            places.sort_by_key(|place| {
                std::cmp::Reverse(entries.get(*place).map_or(0, |entry| entry.value.len()))
            });
        }
        pseudonyms
    }

    fn collect(&mut self, key: &str, value: &Value) {
        match value {
            Value::String(text) => {
                self.collect_forged(text);
                people::in_field(key, text, &mut |kind, value| self.add(kind, value));
                people::in_text(text, &mut |kind, value| self.add(kind, value));
            }
            Value::Array(items) => items.iter().for_each(|item| self.collect(key, item)),
            Value::Object(members) => {
                for (name, member) in members {
                    self.collect_forged(name);
                    people::in_text(name, &mut |kind, value| self.add(kind, value));
                    let named = matches!(key, "agent" | "manager") && name == "name";
                    self.collect(if named { "hostname" } else { name }, member);
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    /// Text that looks like a token becomes a value itself, so that it comes back as it was.
    fn collect_forged(&mut self, text: &str) {
        let mut rest = text;
        while let Some((start, end)) = token_in(rest) {
            let forged = rest.get(start..end).unwrap_or_default().to_owned();
            self.add(Kind::Text, &forged);
            rest = from(rest, end);
        }
    }

    fn add(&mut self, kind: Kind, value: &str) {
        let value = value.trim();
        let known = self.entries.iter().any(|entry| entry.value == value);
        if known || value.is_empty() || value.len() > 200 || self.entries.len() >= Self::MAX_ENTRIES {
            return;
        }
        let names = matches!(kind, Kind::User | Kind::Host | Kind::Domain);
        if names && (people::is_well_known(value) || !value.chars().any(char::is_alphanumeric)) {
            return;
        }
        let same = |entry: &&Entry| entry.kind == kind;
        let number = self.entries.iter().filter(same).count() + 1;
        let token = format!("{}_{}_{number}", kind.name(), self.nonce);
        self.entries.push(Entry { value: value.to_owned(), token, kind });
    }

    /// The text with its names replaced: the longest that fits, on the borders of words.
    pub fn hide(&self, text: &str) -> String {
        if self.entries.is_empty() {
            return text.to_owned();
        }
        let mut hidden = String::with_capacity(text.len());
        let mut at = 0;
        while let Some(character) = from(text, at).chars().next() {
            if let Some(entry) = self.entry_at(text, at) {
                hidden.push_str(&entry.token);
                at += entry.value.len();
            } else {
                hidden.push(character);
                at += character.len_utf8();
            }
        }
        hidden
    }

    fn entry_at(&self, text: &str, at: usize) -> Option<&Entry> {
        let places = self.by_start.get(text.as_bytes().get(at)?)?;
        let is_inside = before(text, at).ends_with(is_word);
        places.iter().filter_map(|place| self.entries.get(*place)).find(|entry| {
            let Some(after) = from(text, at).strip_prefix(entry.value.as_str()) else { return false };
            match entry.kind {
                // Digits would make another number of it.
                Kind::Text => !after.starts_with(|next: char| next.is_ascii_digit()),
                Kind::User | Kind::Host | Kind::Domain | Kind::Address | Kind::Mail | Kind::Sid => {
                    !is_inside && !after.starts_with(is_word)
                }
            }
        })
    }

    /// The text with this request's tokens turned back; every other token stays as it is.
    pub fn restore(&self, text: &str) -> String {
        let mut restored = String::with_capacity(text.len());
        let mut rest = text;
        while let Some((start, end)) = token_in(rest) {
            let token = rest.get(start..end).unwrap_or_default();
            restored.push_str(before(rest, start));
            let entry = self.entries.iter().find(|entry| entry.token == token);
            restored.push_str(entry.map_or(token, |entry| &entry.value));
            rest = from(rest, end);
        }
        restored.push_str(rest);
        restored
    }
}

fn is_word(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}

/// Where the first thing that looks like a token stands: a kind's name, a nonce, a number.
fn token_in(text: &str) -> Option<(usize, usize)> {
    let mut done = 0;
    while let Some(found) = from(text, done).find('_') {
        let underscore = done + found;
        let ahead = before(text, underscore);
        let kind = Kind::ALL.iter().map(|kind| kind.name()).find(|name| ahead.ends_with(name));
        let tail = from(text, underscore + 1);
        let nonce = length(tail, |byte| byte.is_ascii_digit() || byte.is_ascii_lowercase());
        let number = from(tail, nonce).strip_prefix('_');
        let digits = number.map_or(0, |number| length(number, |byte| byte.is_ascii_digit()));
        if let Some(kind) = kind
            && nonce == 4
            && digits > 0
        {
            return Some((underscore - kind.len(), underscore + 1 + nonce + 1 + digits));
        }
        done = underscore + 1;
    }
    None
}
