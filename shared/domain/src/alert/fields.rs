//! The fields of an alert, read in one pass into two blocks of memory.
//!
//! An alert has about a hundred of which a stage asks for ten: a tree of maps costs three times the reading.

use std::fmt;
use std::ops::Range;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

use crate::lenient::{self, Scalar};

/// What a JSON text holds: all that [`Value`] would, with the same errors. The last of equal keys counts.
#[derive(Clone, Debug, Default)]
pub(super) struct Fields {
    /// Every key and every text, unescaped, one after another.
    texts: String,
    /// Every value in the order of the text; what is inside of one follows it.
    nodes: Vec<Node>,
}

#[derive(Clone, Debug)]
struct Node {
    /// Empty in lists.
    key: Range<usize>,
    kind: Kind,
    /// The first node that is not inside of this one.
    end: usize,
}

#[derive(Clone, Debug)]
enum Kind {
    Null,
    Bool(bool),
    Number(Number),
    Text(Range<usize>),
    List,
    Object,
}

/// One of the values.
#[derive(Clone, Copy, Debug)]
pub(super) struct Field<'a> {
    fields: &'a Fields,
    at: usize,
    node: &'a Node,
}

impl Fields {
    pub fn read(text: &str) -> Result<Self, serde_json::Error> {
        // An alert's values are a dozen bytes each.
        let mut fields =
            Self { texts: String::with_capacity(text.len()), nodes: Vec::with_capacity(text.len() / 12) };
        let mut reader = serde_json::Deserializer::from_str(text);
        ValueSeed { fields: &mut fields, key: 0..0 }.deserialize(&mut reader)?;
        reader.end()?;
        Ok(fields)
    }

    pub fn at(&self, path: &[&str]) -> Option<Field<'_>> {
        path.iter().try_fold(self.field(0)?, |field, key| field.get(key))
    }

    /// The same as a tree.
    pub fn tree(&self) -> Value {
        self.field(0).map_or(Value::Null, Field::tree)
    }

    fn field(&self, at: usize) -> Option<Field<'_>> {
        Some(Field { fields: self, at, node: self.nodes.get(at)? })
    }

    fn text(&self, range: &Range<usize>) -> &str {
        self.texts.get(range.clone()).unwrap_or_default()
    }

    /// All that has been added since is inside of this node.
    fn close(&mut self, at: usize) {
        let end = self.nodes.len();
        if let Some(node) = self.nodes.get_mut(at) {
            node.end = end;
        }
    }

    fn push_text(&mut self, text: &str) -> Range<usize> {
        let begin = self.texts.len();
        self.texts.push_str(text);
        begin..self.texts.len()
    }
}

impl<'a> Field<'a> {
    /// Nothing where this is no object.
    pub fn get(self, key: &str) -> Option<Self> {
        let object = self.is_object().then_some(self)?;
        // Most keys are of another length, which is cheaper to see.
        let named = |field: &Self| field.node.key.len() == key.len() && field.key() == key;
        object.inside().filter(named).last()
    }

    /// As [`lenient::text`] of a [`Value`].
    pub fn text(self) -> Option<String> {
        self.scalar()?.text()
    }

    /// As [`lenient::integer`] of a [`Value`].
    pub fn integer(self) -> Option<i64> {
        self.scalar()?.integer()
    }

    /// As [`lenient::texts`] of a [`Value`].
    pub fn texts(self) -> Vec<String> {
        match &self.node.kind {
            Kind::List => self.inside().filter_map(Self::text).collect(),
            Kind::Text(range) => lenient::listed(self.fields.text(range)),
            Kind::Null | Kind::Bool(_) | Kind::Number(_) | Kind::Object => Vec::new(),
        }
    }

    /// The text of a JSON string, as it stands there.
    pub fn as_str(self) -> Option<&'a str> {
        match self.scalar()? {
            Scalar::Text(text) => Some(text),
            Scalar::Bool(_) | Scalar::Number(_) => None,
        }
    }

    /// In words.
    pub fn kind(self) -> &'static str {
        match self.node.kind {
            Kind::Null => "null",
            Kind::Bool(_) => "a boolean",
            Kind::Number(_) => "a number",
            Kind::Text(_) => "a string",
            Kind::List => "a list",
            Kind::Object => "an object",
        }
    }

    pub fn is_object(self) -> bool {
        matches!(self.node.kind, Kind::Object)
    }

    fn tree(self) -> Value {
        match &self.node.kind {
            Kind::Null => Value::Null,
            Kind::Bool(flag) => Value::Bool(*flag),
            Kind::Number(number) => Value::Number(number.clone()),
            Kind::Text(range) => Value::String(self.fields.text(range).to_owned()),
            Kind::List => Value::Array(self.inside().map(Self::tree).collect()),
            Kind::Object => {
                let members = self.inside().map(|field| (field.key().to_owned(), field.tree()));
                Value::Object(members.collect::<Map<_, _>>())
            }
        }
    }

    fn key(self) -> &'a str {
        self.fields.text(&self.node.key)
    }

    fn scalar(self) -> Option<Scalar<'a>> {
        match &self.node.kind {
            Kind::Bool(flag) => Some(Scalar::Bool(*flag)),
            Kind::Number(number) => Some(Scalar::Number(number)),
            Kind::Text(range) => Some(Scalar::Text(self.fields.text(range))),
            Kind::Null | Kind::List | Kind::Object => None,
        }
    }

    /// The items of a list, the members of an object.
    fn inside(self) -> impl Iterator<Item = Self> {
        let within = move |at: usize| self.fields.field(at).filter(|_| at < self.node.end);
        std::iter::successors(within(self.at + 1), move |field| within(field.node.end))
    }
}

/// Adds a value, and what is inside of it.
struct ValueSeed<'f> {
    fields: &'f mut Fields,
    key: Range<usize>,
}

impl<'f> ValueSeed<'f> {
    fn add(self, kind: Kind) {
        self.open(kind);
    }

    fn open(self, kind: Kind) -> (&'f mut Fields, usize) {
        let at = self.fields.nodes.len();
        self.fields.nodes.push(Node { key: self.key, kind, end: at + 1 });
        (self.fields, at)
    }
}

impl<'de> DeserializeSeed<'de> for ValueSeed<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for ValueSeed<'_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        self.add(Kind::Null);
        Ok(())
    }

    fn visit_bool<E>(self, flag: bool) -> Result<(), E> {
        self.add(Kind::Bool(flag));
        Ok(())
    }

    fn visit_i64<E>(self, number: i64) -> Result<(), E> {
        self.add(Kind::Number(number.into()));
        Ok(())
    }

    fn visit_u64<E>(self, number: u64) -> Result<(), E> {
        self.add(Kind::Number(number.into()));
        Ok(())
    }

    fn visit_f64<E>(self, number: f64) -> Result<(), E> {
        self.add(Number::from_f64(number).map_or(Kind::Null, Kind::Number));
        Ok(())
    }

    fn visit_str<E>(self, text: &str) -> Result<(), E> {
        let text = self.fields.push_text(text);
        self.add(Kind::Text(text));
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        let (fields, at) = self.open(Kind::List);
        while items.next_element_seed(ValueSeed { fields, key: 0..0 })?.is_some() {}
        fields.close(at);
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        let (fields, at) = self.open(Kind::Object);
        while let Some(key) = members.next_key_seed(KeySeed { fields })? {
            members.next_value_seed(ValueSeed { fields, key })?;
        }
        fields.close(at);
        Ok(())
    }
}

/// Adds the key of a member.
struct KeySeed<'f> {
    fields: &'f mut Fields,
}

impl<'de> DeserializeSeed<'de> for KeySeed<'_> {
    type Value = Range<usize>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Range<usize>, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for KeySeed<'_> {
    type Value = Range<usize>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a key")
    }

    fn visit_str<E>(self, key: &str) -> Result<Range<usize>, E> {
        Ok(self.fields.push_text(key))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::alert::tests::any_json;

    #[test]
    fn the_last_of_equal_keys_counts() {
        let fields = Fields::read(r#"{"a":{"b":1,"b":[2],"b":" 3 "},"c":4,"a":{"b":5}}"#).unwrap();
        assert_eq!(fields.at(&["a", "b"]).and_then(Field::text).as_deref(), Some("5"));
        assert_eq!(fields.tree().to_string(), r#"{"a":{"b":5},"c":4}"#);
    }

    /// With `Value` an event that holds this key could make its alert unreadable.
    #[test]
    fn a_key_that_serde_json_keeps_for_itself_is_a_key() {
        let text = r#"{"data":{"$serde_json::private::RawValue":"no JSON"}}"#;
        assert!(serde_json::from_str::<Value>(text).is_err());
        assert_eq!(Fields::read(text).unwrap().tree().to_string(), text);
    }

    /// What cannot be read tells the same place and the same problem.
    fn check(text: &str) {
        match (Fields::read(text), serde_json::from_str::<Value>(text)) {
            (Ok(fields), Ok(document)) => assert_eq!(fields.tree(), document, "{text}"),
            (Err(one), Err(other)) => assert_eq!(one.to_string(), other.to_string(), "{text}"),
            (one, other) => panic!("{text}: {one:?}, {other:?}"),
        }
    }

    #[test]
    fn every_json_text_is_read_as_a_value_would_be() {
        for text in [
            "null",
            "true",
            "0",
            "-0",
            "-7",
            "1.0",
            "1e3",
            "18446744073709551615",
            "18446744073709551616",
            "1e400",
            r#""""#,
            r#""\u00e4\n\"""#,
            r#""\ud800""#,
            "\"\u{1}\"",
            "[]",
            "{}",
            "[[],{},[{}]]",
            "[1,]",
            "{\"a\":}",
            "{a:1}",
            "{\"a\" 1}",
            "{1:2}",
            "{\"a\":1} x",
            "[1",
            "nul",
            "",
        ] {
            check(text);
        }
        check(&"[".repeat(200));
    }

    proptest! {
        #[test]
        fn any_json_is_read_as_a_value_would_be(document in any_json()) {
            check(&document.to_string());
        }

        #[test]
        fn any_text_is_read_as_a_value_would_be(text in r#"([{}\[\],:"\\u\n]|"a"|1|e|-|null){0,24}"#) {
            check(&text);
        }

        #[test]
        fn a_field_tells_what_its_value_does(document in any_json(), key in "id|rule|level|groups|agent|name|data") {
            let text = document.to_string();
            // Read again: a number may lose its last digit there.
            let (fields, document): (_, Value) = (Fields::read(&text).unwrap(), serde_json::from_str(&text).unwrap());
            let (field, value) = (fields.at(&[&key]), document.get(&key));
            prop_assert_eq!(field.and_then(Field::text), value.and_then(lenient::text));
            prop_assert_eq!(field.and_then(Field::integer), value.and_then(lenient::integer));
            prop_assert_eq!(field.map(Field::texts), value.map(lenient::texts));
            prop_assert_eq!(field.and_then(Field::as_str), value.and_then(Value::as_str));
        }
    }
}
