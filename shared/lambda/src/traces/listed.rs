//! Names with values, in order: how OpenTelemetry's variables write them, and how attributes are kept.

use std::str::FromStr;

/// `name=value,name=value`, the values percent-encoded as in W3C Baggage. `Debug` is not for those of a secret.
#[derive(Clone, Default, PartialEq, Eq)]
pub(crate) struct Pairs(pub Vec<(String, String)>);

impl FromStr for Pairs {
    type Err = &'static str;

    /// The error holds nothing of the text.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let items = text.split(',').map(str::trim).filter(|item| !item.is_empty());
        let pair = |item: &str| {
            let (name, value) = item.split_once('=')?;
            let name = name.trim();
            (!name.is_empty()).then_some(())?;
            Some((name.to_owned(), decoded(value.trim())?))
        };
        let pairs: Option<Vec<_>> = items.map(pair).collect();
        pairs.map(Self).ok_or("it does not read NAME=VALUE,NAME=VALUE with values in percent-encoding")
    }
}

/// Text without percent-encoding.
fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let high = char::from(rest.next()?).to_digit(16)?;
            let low = char::from(rest.next()?).to_digit(16)?;
            bytes.push(u8::try_from(high << 4 | low).ok()?);
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).ok()
}

/// Values by name; a later one replaces an earlier one.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Listed<N, V>(Vec<(N, V)>);

impl<N, V> Default for Listed<N, V> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<N: PartialEq, V> Listed<N, V> {
    pub fn set(&mut self, name: N, value: V) {
        match self.0.iter_mut().find(|(known, _)| *known == name) {
            Some((_, known)) => *known = value,
            None => self.0.push((name, value)),
        }
    }

    pub fn get(&self, name: &N) -> Option<&V> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value)
    }

    pub fn iter(&self) -> impl Iterator<Item = &(N, V)> {
        self.0.iter()
    }

    pub fn into_pairs(self) -> Vec<(N, V)> {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_are_read_and_nothing_of_a_bad_one_is_told() {
        let read = |text: &str| text.parse::<Pairs>().map(|pairs| pairs.0);
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(read(""), Ok(vec![]));
        assert_eq!(read(" api-key = a%20b==, x=%C3%BC,"), Ok(vec![pair("api-key", "a b=="), pair("x", "ü")]));
        for text in ["hunter2", "=hunter2", "x=hunter2%", "x=hunter2%zz", "x=hunter2%ff"] {
            assert!(!read(text).unwrap_err().contains("hunter2"), "{text}");
        }
    }
}
