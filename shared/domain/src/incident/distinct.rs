//! A bounded list of what was seen, the same whatever the order it was seen in.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// Distinct texts: all of them up to [`Distinct::SHOWN`], beyond that a fixed sample and an estimate of their number.
///
/// It keeps the texts with the lowest hashes, so neither the order of arrival nor a repetition changes it, and the highest
/// of the kept hashes tells how many there are (a k-minimum-values sketch; off by a fifth or so).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Vec<String>", into = "Vec<String>")]
pub struct Distinct {
    /// By hash, ascending.
    kept: Vec<(u64, String)>,
}

/// How many there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Amount {
    Exactly(u64),
    About(u64),
}

impl Amount {
    /// The number alone.
    pub fn get(self) -> u64 {
        match self {
            Self::Exactly(amount) | Self::About(amount) => amount,
        }
    }
}

impl Distinct {
    /// As many are listed; one more is kept, to know whether there are more.
    pub const SHOWN: usize = 20;

    const MAX_CHARS: usize = 64;

    /// Adds a text, cut to 64 characters.
    pub fn insert(&mut self, text: &str) {
        let text: String = text.chars().take(Self::MAX_CHARS).collect();
        let hash = hash(&text);
        if let Err(place) = self.kept.binary_search_by_key(&hash, |(hash, _)| *hash) {
            self.kept.insert(place, (hash, text));
            self.kept.truncate(Self::SHOWN + 1);
        }
    }

    /// Whether the text was seen: certain only while the amount is exact.
    pub fn contains(&self, text: &str) -> bool {
        let text: String = text.chars().take(Self::MAX_CHARS).collect();
        self.kept.iter().any(|(_, known)| *known == text)
    }

    /// At most twenty, in alphabetical order.
    pub fn shown(&self) -> Vec<&str> {
        let mut shown: Vec<&str> =
            self.kept.iter().take(Self::SHOWN).map(|(_, text)| text.as_str()).collect();
        shown.sort_unstable();
        shown
    }

    pub fn amount(&self) -> Amount {
        match self.kept.get(Self::SHOWN) {
            None => Amount::Exactly(self.kept.len() as u64),
            Some((highest, _)) => {
                let share = u128::from(*highest) + 1;
                let estimate = (Self::SHOWN as u128 * (1 << 64)) / share;
                Amount::About(u64::try_from(estimate).unwrap_or(u64::MAX))
            }
        }
    }
}

impl From<Vec<String>> for Distinct {
    fn from(texts: Vec<String>) -> Self {
        let mut distinct = Self::default();
        for text in &texts {
            distinct.insert(text);
        }
        distinct
    }
}

impl From<Distinct> for Vec<String> {
    fn from(distinct: Distinct) -> Self {
        distinct.kept.into_iter().map(|(_, text)| text).collect()
    }
}

/// The first eight bytes of a SHA-256: evenly spread, and the same in every release.
pub(super) fn hash(text: &str) -> u64 {
    Sha256::digest(text).iter().take(8).fold(0, |hash, byte| (hash << 8) | u64::from(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of(texts: impl IntoIterator<Item = String>) -> Distinct {
        texts.into_iter().collect::<Vec<_>>().into()
    }

    #[test]
    fn few_are_listed_and_counted_exactly() {
        let hosts = of(["web-02", "web-01", "web-02"].map(str::to_owned));
        assert_eq!(hosts.shown(), ["web-01", "web-02"]);
        assert_eq!(hosts.amount(), Amount::Exactly(2));
        assert_eq!(of((0..20).map(|host| host.to_string())).amount(), Amount::Exactly(20));
    }

    #[test]
    fn many_are_sampled_and_their_number_is_estimated() {
        for number in [21, 100, 1_000, 20_000] {
            let hosts = of((0..number).map(|host| format!("host-{host}")));
            let Amount::About(about) = hosts.amount() else { panic!("{number} are not exact") };
            assert!((number / 2..number * 2).contains(&about), "{about} for {number}");
            assert_eq!(hosts.shown().len(), Distinct::SHOWN);
        }
    }

    proptest! {
        #[test]
        fn order_and_repetition_change_nothing(mut texts in prop::collection::vec("[a-e]{0,4}", 0..80), seed in 0_usize..80) {
            let straight = of(texts.clone());
            let middle = if texts.is_empty() { 0 } else { seed % texts.len() };
            texts.rotate_left(middle);
            texts.extend(texts.clone());
            texts.reverse();
            prop_assert_eq!(&of(texts), &straight);
            let stored = serde_json::to_string(&straight).unwrap();
            prop_assert_eq!(serde_json::from_str::<Distinct>(&stored).unwrap(), straight);
        }
    }
}
