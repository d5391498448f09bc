//! Which lines are alerts, and which of them are wanted.

use std::fmt;

use domain::RuleLevel;
use jiff::Timestamp;
use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Number;

use crate::item;

/// A site's choice of alerts. As with integratord, all conditions must hold; empty lists are none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filter {
    pub min_level: u8,
    /// Any of them.
    pub groups: Vec<String>,
    pub rule_ids: Vec<String>,
    /// Never sent, whatever else is said.
    pub excluded_rule_ids: Vec<String>,
    /// Sent whatever `min_level`, `groups` and `rule_ids` say: what hunting needs.
    pub observed_groups: Vec<String>,
}

impl Default for Filter {
    /// Everything.
    fn default() -> Self {
        Self {
            min_level: 0,
            groups: Vec::new(),
            rule_ids: Vec::new(),
            excluded_rule_ids: Vec::new(),
            observed_groups: AUTHENTICATION_GROUPS.map(str::to_owned).to_vec(),
        }
    }
}

/// The groups that enrich observes at any level.
pub const AUTHENTICATION_GROUPS: [&str; 4] =
    ["authentication_success", "authentication_failed", "authentication_failures", "invalid_login"];

/// What a line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Judgement {
    /// Valid, which means: one well-formed JSON object with a readable `rule.id` and `rule.level`, by the rules that
    /// `domain` reads them with. Only a missing alert id is left for the pipeline to complain about.
    Wanted,
    Filtered,
    /// Valid, but from before the start.
    TooOld,
    Empty,
    NotJson,
    /// JSON, but no alert.
    NotAnAlert,
}

/// Judges one line, which is valid UTF-8 or nearly so: bytes that are not are judged as what they will be sent as.
pub(super) fn judge(line: &[u8], filter: &Filter, since: Option<Timestamp>) -> Judgement {
    if line.is_empty() {
        return Judgement::Empty;
    }
    let again = || read(item::decode(line).as_bytes(), filter, since);
    read(line, filter, since).or_else(again).unwrap_or_else(|| {
        match serde_json::from_slice::<IgnoredAny>(line) {
            Ok(_) => Judgement::NotAnAlert,
            Err(_) => Judgement::NotJson,
        }
    })
}

/// Nothing when it is no object, or not well-formed.
fn read(line: &[u8], filter: &Filter, since: Option<Timestamp>) -> Option<Judgement> {
    let mut deserializer = serde_json::Deserializer::from_slice(line);
    let seen = deserializer.deserialize_map(LineVisitor { filter, since }).ok()?;
    deserializer.end().ok()?;
    let Some(Rule { id: Some(id), level: Some(level), in_group, observed }) = seen.rule else {
        return Some(Judgement::NotAnAlert);
    };
    if seen.is_old {
        return Some(Judgement::TooOld);
    }
    let chosen =
        level.get() >= filter.min_level && id != RuleId::Other && (in_group || filter.groups.is_empty());
    let is_wanted = id != RuleId::Excluded && (chosen || observed);
    Some(if is_wanted { Judgement::Wanted } else { Judgement::Filtered })
}

/// What was seen of one alert; nothing is kept of its text.
#[derive(Default)]
struct Line {
    rule: Option<Rule>,
    is_old: bool,
}

#[derive(Default)]
struct Rule {
    id: Option<RuleId>,
    level: Option<RuleLevel>,
    in_group: bool,
    observed: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum RuleId {
    Chosen,
    Other,
    Excluded,
}

impl Filter {
    fn rule_id(&self, id: &str) -> Option<RuleId> {
        let has = |ids: &[String]| ids.iter().any(|known| known == id);
        if id.is_empty() {
            None
        } else if has(&self.excluded_rule_ids) {
            Some(RuleId::Excluded)
        } else if self.rule_ids.is_empty() || has(&self.rule_ids) {
            Some(RuleId::Chosen)
        } else {
            Some(RuleId::Other)
        }
    }
}

impl Rule {
    fn add_group(&mut self, group: &str, filter: &Filter) {
        self.in_group |= filter.groups.iter().any(|known| known == group);
        self.observed |= filter.observed_groups.iter().any(|known| known == group);
    }
}

#[derive(Deserialize)]
#[serde(field_identifier, rename_all = "lowercase")]
enum LineKey {
    Rule,
    Timestamp,
    #[serde(other)]
    Other,
}

#[derive(Deserialize)]
#[serde(field_identifier, rename_all = "lowercase")]
enum RuleKey {
    Id,
    Level,
    Groups,
    #[serde(other)]
    Other,
}

/// Walks over the whole line without building anything: five times as fast as a tree.
struct LineVisitor<'a> {
    filter: &'a Filter,
    since: Option<Timestamp>,
}

impl<'de> Visitor<'de> for LineVisitor<'_> {
    type Value = Line;

    fn expecting(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.write_str("an alert")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Line, A::Error> {
        let mut line = Line::default();
        while let Some(key) = map.next_key()? {
            match (key, self.since) {
                (LineKey::Rule, _) => line.rule = Some(map.next_value_seed(RuleVisitor(self.filter))?),
                (LineKey::Timestamp, Some(since)) => {
                    let is_old = |text: &str| time(text).is_some_and(|time| time < since);
                    map.next_value_seed(Scalar(|text: &str| line.is_old = is_old(text)))?;
                }
                (LineKey::Timestamp | LineKey::Other, _) => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(line)
    }
}

struct RuleVisitor<'a>(&'a Filter);

impl<'de> DeserializeSeed<'de> for RuleVisitor<'_> {
    type Value = Rule;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Rule, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for RuleVisitor<'_> {
    type Value = Rule;

    fn expecting(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.write_str("a rule")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Rule, A::Error> {
        let mut rule = Rule::default();
        while let Some(key) = map.next_key()? {
            match key {
                RuleKey::Id => {
                    rule.id = None;
                    map.next_value_seed(Scalar(|text: &str| rule.id = self.0.rule_id(text)))?;
                }
                RuleKey::Level => {
                    rule.level = None;
                    let level = |text: &str| text.parse().ok().and_then(RuleLevel::new);
                    map.next_value_seed(Scalar(|text: &str| rule.level = level(text)))?;
                }
                RuleKey::Groups => {
                    (rule.in_group, rule.observed) = (false, false);
                    map.next_value_seed(Scalars(|text: &str| rule.add_group(text, self.0)))?;
                }
                RuleKey::Other => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(rule)
    }
}

/// Hands on a scalar's text as [`domain::lenient::text`] would; passes over everything else.
struct Scalar<F>(F);

impl<'de, F: FnMut(&str)> DeserializeSeed<'de> for Scalar<F> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de, F: FnMut(&str)> Visitor<'de> for Scalar<F> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.write_str("a value")
    }

    fn visit_str<E: Error>(mut self, text: &str) -> Result<(), E> {
        let text = text.trim();
        if !text.is_empty() {
            (self.0)(text);
        }
        Ok(())
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<(), E> {
        self.visit_str(&number.to_string())
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<(), E> {
        self.visit_str(&number.to_string())
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<(), E> {
        self.visit_str(&Number::from_f64(number).map(|number| number.to_string()).unwrap_or_default())
    }

    fn visit_bool<E: Error>(self, flag: bool) -> Result<(), E> {
        self.visit_str(if flag { "true" } else { "false" })
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, items: A) -> Result<(), A::Error> {
        IgnoredAny.visit_seq(items).map(drop)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<(), A::Error> {
        IgnoredAny.visit_map(map).map(drop)
    }
}

/// Hands on the items of a list, or of one text with commas, as [`domain::lenient::texts`] would.
struct Scalars<F>(F);

impl<'de, F: FnMut(&str)> DeserializeSeed<'de> for Scalars<F> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de, F: FnMut(&str)> Visitor<'de> for Scalars<F> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut items: A) -> Result<(), A::Error> {
        while items.next_element_seed(Scalar(&mut self.0))?.is_some() {}
        Ok(())
    }

    fn visit_str<E: Error>(mut self, text: &str) -> Result<(), E> {
        text.split(',').try_for_each(|item| Scalar(&mut self.0).visit_str(item))
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<(), A::Error> {
        IgnoredAny.visit_map(map).map(drop)
    }
}

/// As Wazuh writes it: `2026-07-31T03:30:59.264+0000`.
fn time(text: &str) -> Option<Timestamp> {
    Timestamp::strptime("%Y-%m-%dT%H:%M:%S%.f%z", text).ok().or_else(|| text.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::{Alert, AlertError};
    use proptest::prelude::*;

    const ALERT: &str = r#"{"timestamp":"2026-11-22T10:00:00.000+0000","rule":{"level":5,"id":"5763","groups":["a\u0062","c"],"x":[1.5e3,{}]},"id":"1.2","data":{"\"rule\"":"\\","y":[true,null,-0]}}"#;

    fn check(text: &str) {
        let judgement = judge(text.as_bytes(), &Filter::default(), None);
        let expected = match Alert::parse(text) {
            Ok(_) | Err(AlertError::NoId | AlertError::Key(_)) => Judgement::Wanted,
            Err(AlertError::Empty) => Judgement::Empty,
            // The pipeline is stricter about numbers, escapes and depth; what is no JSON at all is refused by both.
            Err(AlertError::NotJson { .. }) => return,
            Err(_) => Judgement::NotAnAlert,
        };
        assert_eq!(judgement, expected, "{text}");
    }

    proptest! {
        #[test]
        fn what_the_pipeline_can_read_is_never_refused(
            edits in prop::collection::vec((0..ALERT.len(), "[\\[\\]{}:,\"0-9a-z. \\\\-]{0,2}"), 0..3)
        ) {
            let mut text = ALERT.to_owned();
            for (at, new) in edits {
                if at < text.len() {
                    text.replace_range(at..=at, &new);
                }
            }
            check(text.trim());
        }
    }

    #[test]
    fn odd_alerts_are_read_as_the_pipeline_reads_them() {
        for rule in [
            "5",
            "null",
            "[]",
            r#""x""#,
            "{}",
            r#"{"id":1,"level":"7"}"#,
            r#"{"id":1.0,"level":"+7"}"#,
            r#"{"id":true,"level":7}"#,
            r#"{"id":"1","level":7.0}"#,
            r#"{"id":"1","level":18446744073709551615}"#,
            r#"{"id":"1","level":true}"#,
            r#"{"id":" ","level":1}"#,
            r#"{"id":"1","level":1,"level":[]}"#,
            r#"{"id":"1","level":1,"groups":{"a":[1]}}"#,
            r#"{"id":"1","level":1,"groups":[{},["x"],7]}"#,
        ] {
            check(&format!(r#"{{"rule":{rule},"id":"1"}}"#));
            check(&format!(r#"{{"rule":{{"id":"1","level":1}},"id":"1","rule":{rule}}}"#));
        }
    }
}
