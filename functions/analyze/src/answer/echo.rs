//! Words of the log that a model repeats outside of its citations.

use std::collections::HashMap;

use serde_json::Value;

/// A run of the log's words that is this long, in characters, is cut.
const MIN_CHARS: usize = 40;

/// One or two long words are a path or a hash, which an analyst needs; a sentence has more.
const MIN_WORDS: usize = 3;

const CUT: &str = "[words of the log cut]";

/// The words of the log section, for finding them again.
pub(super) struct Echo {
    words: Vec<String>,
    places: HashMap<String, Vec<usize>>,
}

impl Echo {
    pub(super) fn of(document: &Value) -> Self {
        let mut words = Vec::new();
        collect(document.get("untrusted_log_data").unwrap_or(&Value::Null), &mut words);
        let mut places: HashMap<String, Vec<usize>> = HashMap::new();
        for (place, word) in words.iter().enumerate() {
            // A word that stands everywhere begins too many runs; its neighbours find the same ones.
            let known = places.entry(word.clone()).or_default();
            if known.len() < 50 {
                known.push(place);
            }
        }
        Self { words, places }
    }

    /// The text without runs of the log's words.
    pub(super) fn cut(&self, text: &str) -> String {
        let words: Vec<(&str, String)> = text.split_whitespace().map(|word| (word, folded(word))).collect();
        let mut kept: Vec<&str> = Vec::with_capacity(words.len());
        let mut at = 0;
        while let Some((word, _)) = words.get(at) {
            let run = self.longest_run(words.get(at..).unwrap_or_default());
            if run > 0 {
                kept.push(CUT);
                at += run;
            } else {
                kept.push(word);
                at += 1;
            }
        }
        kept.join(" ")
    }

    /// How many of these words, from the first on, stand in the log one after the other; 0 if they are few.
    fn longest_run(&self, words: &[(&str, String)]) -> usize {
        let Some((_, first)) = words.first() else { return 0 };
        let lengths = self.places.get(first).into_iter().flatten().map(|place| {
            let there = self.words.get(*place..).unwrap_or_default();
            words.iter().zip(there).take_while(|((_, word), other)| word == *other).count()
        });
        let run = lengths.max().unwrap_or(0);
        let said = words.get(..run).unwrap_or_default();
        let chars: usize = said.iter().map(|(word, _)| word.chars().count() + 1).sum();
        if run >= MIN_WORDS && chars > MIN_CHARS { run } else { 0 }
    }
}

fn collect(value: &Value, words: &mut Vec<String>) {
    match value {
        Value::String(text) => {
            words.extend(text.split_whitespace().map(folded));
            // Nothing equals it: no run goes on into the next field.
            words.push(String::from("\n"));
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, words)),
        Value::Object(members) => members.values().for_each(|member| collect(member, words)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// The word without the punctuation around it, in lower case.
fn folded(word: &str) -> String {
    word.trim_matches(|character: char| !character.is_alphanumeric()).to_lowercase()
}
