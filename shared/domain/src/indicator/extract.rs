//! Indicators in an alert: one pass over its JSON, without building a tree.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::fields::{is_beside_the_point, meaning};
use super::places::Places;
use super::{Found, typed};

/// Every indicator of a raw alert, each once, in canonical form, with the place that says most about it: fields that
/// name an end of a connection come first, then other fields with a known meaning, then text.
///
/// The manager's own words about itself (`agent`, `manager`, `rule`, …) are not searched, nor are keys and numbers.
/// What is not JSON has none.
pub fn extract(alert: &str) -> Vec<Found> {
    let mut search = Search::default();
    let mut json = serde_json::Deserializer::from_str(alert);
    let read = Member(&mut search).deserialize(&mut json).and_then(|()| json.end());
    read.map_or_else(|_| Vec::new(), |()| search.places.best())
}

#[derive(Default)]
struct Search {
    /// Dotted path of the member that is being read.
    path: String,
    places: Places,
}

impl Search {
    /// Nothing that is shorter is an indicator.
    const SHORTEST: usize = "::1".len();

    fn text(&mut self, text: &str) {
        if text.len() >= Self::SHORTEST {
            typed::indicators_in(text, meaning(&self.path), &mut |indicator, direction, rank| {
                self.places.add(indicator, direction, rank, &self.path);
            });
        }
    }
}

/// A value somewhere in the alert.
struct Member<'a>(&'a mut Search);

impl<'de> DeserializeSeed<'de> for Member<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Member<'_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("JSON")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<(), E> {
        self.0.text(text);
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        while items.next_element_seed(Member(self.0))?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        let length = self.0.path.len();
        while members.next_key_seed(Key(&mut self.0.path))?.is_some() {
            if is_beside_the_point(&self.0.path) {
                members.next_value::<IgnoredAny>()?;
            } else {
                members.next_value_seed(Member(self.0))?;
            }
            self.0.path.truncate(length);
        }
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }
}

/// Appends a key to the path.
struct Key<'a>(&'a mut String);

impl<'de> DeserializeSeed<'de> for Key<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Key<'_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a key")
    }

    fn visit_str<E: Error>(self, key: &str) -> Result<(), E> {
        if !self.0.is_empty() {
            self.0.push('.');
        }
        self.0.push_str(key);
        Ok(())
    }
}

#[cfg(test)]
mod tests;
