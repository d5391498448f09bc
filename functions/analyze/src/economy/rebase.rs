//! A text about one alert, said about its twin.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::mask::tokens;

/// The values of an alert that a text about it mentions, each with its place in the alert's list; nothing when the
/// text is no JSON. The text was made from redacted data, so what it mentions is no secret; the whole list may be.
pub fn mentioned(answer: &str, values: &[String]) -> Option<Vec<(usize, String)>> {
    let answer: Value = serde_json::from_str(answer).ok()?;
    let mut named = BTreeSet::new();
    collect(&answer, &mut named);
    let mentioned = values.iter().enumerate().filter(|(_, value)| named.contains(value.as_str()));
    Some(mentioned.map(|(index, value)| (index, value.clone())).collect())
}

/// The answer with the values of the alert it was about replaced by those of its twin; nothing when that cannot be
/// done without doubt.
///
/// `before` is what [`mentioned`] said of the first alert, `after` the values of one with the same fingerprint.
pub fn rebase(answer: &str, before: &[(usize, String)], after: &[String]) -> Option<String> {
    let mut exchange = Exchange::default();
    for (index, old) in before {
        exchange.add(old, after.get(*index)?);
    }
    let mut answer: Value = serde_json::from_str(answer).ok()?;
    exchange.apply(&mut answer)?;
    Some(answer.to_string())
}

fn collect<'a>(value: &'a Value, named: &mut BTreeSet<&'a str>) {
    match value {
        Value::String(text) => named.extend(tokens(text).into_iter().map(|token| token.text)),
        Value::Array(items) => items.iter().for_each(|item| collect(item, named)),
        Value::Object(members) => members.values().for_each(|member| collect(member, named)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// What stands for what; nothing for a value that would become two different ones.
#[derive(Default)]
struct Exchange<'a>(BTreeMap<&'a str, Option<&'a str>>);

impl<'a> Exchange<'a> {
    fn add(&mut self, old: &'a str, new: &'a str) {
        let standing = self.0.entry(old).or_insert(Some(new));
        if *standing != Some(new) {
            *standing = None;
        }
    }

    fn apply(&self, value: &mut Value) -> Option<()> {
        match value {
            Value::String(text) => *text = self.exchanged(text)?,
            Value::Array(items) => {
                for item in items {
                    self.apply(item)?;
                }
            }
            // A path names a place, which twins have in common.
            Value::Object(members) => {
                for (_, member) in members.iter_mut().filter(|(name, _)| *name != "path") {
                    self.apply(member)?;
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
        Some(())
    }

    fn exchanged(&self, text: &str) -> Option<String> {
        let mut exchanged = String::with_capacity(text.len());
        let mut copied = 0;
        for token in tokens(text) {
            let Some(new) = self.0.get(token.text) else { continue };
            let new = (*new)?;
            if !token.changes && new != token.text {
                // "3 logins" on the third of the month: the same number, perhaps not the same thing.
                return None;
            }
            exchanged.push_str(text.get(copied..token.start)?);
            exchanged.push_str(new);
            copied = token.start + token.text.len();
        }
        exchanged.push_str(text.get(copied..)?);
        Some(exchanged)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::economy::mask::mask;

    const FIRST: &str =
        "Oct  3 14:22:06 web-01 sshd[881]: Failed password for root from 203.0.113.24 port 50122 ssh2";
    const TWIN: &str =
        "Oct  4 09:01:44 web-01 sshd[7003]: Failed password for root from 198.51.100.7 port 40001 ssh2";

    fn said_about_the_twin(text: &str) -> Option<String> {
        let answer =
            serde_json::json!({"what_happened": text, "evidence": [{"path": "/data/3", "value": text}]});
        let mentioned = mentioned(&answer.to_string(), &mask(FIRST).values).unwrap();
        let rebased = rebase(&answer.to_string(), &mentioned, &mask(TWIN).values)?;
        let rebased: Value = serde_json::from_str(&rebased).unwrap();
        assert_eq!(rebased["evidence"][0]["path"], "/data/3");
        assert_eq!(rebased["evidence"][0]["value"], rebased["what_happened"]);
        Some(rebased["what_happened"].as_str().unwrap().to_owned())
    }

    #[test]
    fn a_text_names_the_values_of_the_alert_it_is_shown_with() {
        for (text, expected) in [
            (FIRST, Some(TWIN)),
            (
                "root, from 203.0.113.24 (port 50122), at 14:22:06.",
                Some("root, from 198.51.100.7 (port 40001), at 09:01:44."),
            ),
            ("12 logins failed.", Some("12 logins failed.")),
            ("3 logins failed.", None),
            ("Process 881 did it.", None),
            ("", Some("")),
        ] {
            assert_eq!(said_about_the_twin(text).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn a_value_that_became_two_is_not_guessed() {
        let values = |texts: [&str; 2]| texts.map(str::to_owned);
        let (first, twin) =
            (values(["203.0.113.1", "203.0.113.1"]), values(["198.51.100.1", "198.51.100.2"]));
        let rebased = |answer: &str| rebase(answer, &mentioned(answer, &first).unwrap(), &twin);
        assert_eq!(rebased(r#"{"a":"203.0.113.1"}"#), None);
        assert_eq!(rebased(r#"{"a":"nothing"}"#).as_deref(), Some(r#"{"a":"nothing"}"#));
    }

    #[test]
    fn only_what_the_text_mentions_is_kept_of_an_alert() {
        let values = ["203.0.113.24", "4929123412341234", "50122"].map(str::to_owned);
        let mentioned = |answer: &str| mentioned(answer, &values);
        assert_eq!(
            mentioned(r#"{"a":["from 203.0.113.24, port 50122"]}"#),
            Some(vec![(0, "203.0.113.24".to_owned()), (2, "50122".to_owned())])
        );
        assert_eq!(mentioned(r#"{"a":1}"#), Some(vec![]));
        assert_eq!(mentioned("It looks bad."), None);
    }

    #[test]
    fn what_is_no_json_or_no_twin_is_not_used() {
        assert_eq!(rebase("It looks bad.", &[], &[]), None);
        assert_eq!(rebase("{}", &[(1, "50122".to_owned())], &["40001".to_owned()]), None);
    }
}
