//! The grammar of a `restSearch` body.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;

/// MISP's grammar for a parameter: a text with `&&`, a list, or `{"OR":[..],"NOT":[..]}`. A leading `!` excludes.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Terms {
    wanted: Vec<String>,
    unwanted: Vec<String>,
}

impl Terms {
    pub(super) fn of(parameter: Option<&Value>) -> Self {
        let mut terms = Self::default();
        match parameter {
            Some(Value::Object(groups)) => {
                for (group, list) in groups {
                    let sign = if group == "NOT" { "!" } else { "" };
                    for text in texts(list) {
                        terms.add(&format!("{sign}{text}"));
                    }
                }
            }
            Some(list) => {
                for text in texts(list) {
                    terms.add(&text);
                }
            }
            None => {}
        }
        terms
    }

    fn add(&mut self, text: &str) {
        match text.strip_prefix('!') {
            Some(text) => self.unwanted.push(text.to_owned()),
            None => self.wanted.push(text.to_owned()),
        }
    }

    /// True for what is asked for; without a wish that is everything.
    pub(super) fn accept(&self, is: impl Fn(&str) -> bool) -> bool {
        let is_wanted = self.wanted.is_empty() || self.want(&is);
        is_wanted && !self.unwanted.iter().any(|term| is(term))
    }

    /// True for what is named.
    pub(super) fn want(&self, is: impl Fn(&str) -> bool) -> bool {
        self.wanted.iter().any(|term| is(term))
    }
}

fn texts(list: &Value) -> Vec<String> {
    match list {
        Value::String(text) => text.split("&&").map(str::to_owned).collect(),
        Value::Array(items) => items.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => Vec::new(),
    }
}

/// True if the parameter is not sent, or is this truth, or is a list with it.
pub(super) fn allows(request: &Value, name: &str, truth: bool) -> bool {
    match request.get(name) {
        Some(Value::Array(flags)) => flags.iter().any(|wanted| flag(wanted) == Some(truth)),
        Some(wanted) => flag(wanted).is_none_or(|wanted| wanted == truth),
        None => true,
    }
}

pub(super) fn asks(request: &Value, name: &str) -> bool {
    request.get(name).and_then(flag) == Some(true)
}

/// PHP's truths, as clients send them.
fn flag(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(flag) => Some(*flag),
        Value::Number(number) => number.as_u64().map(|number| number != 0),
        Value::String(text) => text.parse::<u64>().ok().map(|number| number != 0),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// A number above zero.
/// From when on something must have changed: seconds since 1970, or an age such as `5d`, `12h` or `30m`.
pub(super) fn since(request: &Value, now: Timestamp) -> Option<Timestamp> {
    let text = match request.get("timestamp")? {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => return None,
    };
    if let Ok(second) = text.parse() {
        return Timestamp::from_second(second).ok();
    }
    let seconds = [('d', 86_400), ('h', 3_600), ('m', 60)].into_iter().find_map(|(unit, seconds)| {
        let number: u64 = text.strip_suffix(unit)?.parse().ok()?;
        Some(number.saturating_mul(seconds))
    });
    now.checked_sub(Duration::from_secs(seconds?)).ok()
}

pub(super) fn number(request: &Value, name: &str) -> Option<usize> {
    let value = request.get(name)?;
    let number = value.as_u64().or_else(|| value.as_str()?.parse().ok())?;
    usize::try_from(number).ok().filter(|number| *number > 0)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_parameter_reads_the_same_in_every_form() {
        for (parameter, wanted, unwanted) in [
            (json!("a"), vec!["a"], vec![]),
            (json!("a&&!b"), vec!["a"], vec!["b"]),
            (json!(["a", "b", "!c"]), vec!["a", "b"], vec!["c"]),
            (json!({"OR": ["a"], "NOT": ["b", "c"]}), vec!["a"], vec!["b", "c"]),
            (json!({"NOT": "a"}), vec![], vec!["a"]),
            (json!([]), vec![], vec![]),
            (json!(null), vec![], vec![]),
        ] {
            let terms = Terms::of(Some(&parameter));
            assert_eq!((terms.wanted, terms.unwanted), (owned(&wanted), owned(&unwanted)), "{parameter}");
        }
    }

    fn owned(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|text| (*text).to_owned()).collect()
    }

    #[test]
    fn a_truth_may_be_a_number_or_a_text() {
        let request = json!({"yes": 1, "also": "1", "no": false, "both": [0, 1], "odd": "maybe"});
        for (name, allows_true, allows_false, is_asked) in [
            ("yes", true, false, true),
            ("also", true, false, true),
            ("no", false, true, false),
            ("both", true, true, false),
            ("odd", true, true, false),
            ("absent", true, true, false),
        ] {
            let found = (allows(&request, name, true), allows(&request, name, false), asks(&request, name));
            assert_eq!(found, (allows_true, allows_false, is_asked), "{name}");
        }
    }
}
