//! Counting right and wrong.

use serde::Serialize;

use super::cases::Label;

/// What somebody said of an alert.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Said {
    Suspicious,
    Harmless,
    Undetermined,
}

impl Said {
    pub fn suspicious(suspicious: bool) -> Self {
        if suspicious { Self::Suspicious } else { Self::Harmless }
    }
}

/// What was said, by what was true.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub(super) struct Confusion {
    pub attack: Counts,
    pub benign: Counts,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub(super) struct Counts {
    pub suspicious: u32,
    pub harmless: u32,
    pub undetermined: u32,
}

impl Confusion {
    pub fn of(said: impl IntoIterator<Item = (Label, Said)>) -> Self {
        let mut confusion = Self::default();
        for (label, said) in said {
            let counts = match label {
                Label::Attack => &mut confusion.attack,
                Label::Benign => &mut confusion.benign,
            };
            match said {
                Said::Suspicious => counts.suspicious += 1,
                Said::Harmless => counts.harmless += 1,
                Said::Undetermined => counts.undetermined += 1,
            }
        }
        confusion
    }

    /// Attacks that were called suspicious, of all attacks: an undetermined one was missed.
    pub fn recall(&self) -> Option<f64> {
        share(self.attack.suspicious, self.attack.total())
    }

    /// Benign alerts that were called suspicious, of all benign ones.
    pub fn false_positive_rate(&self) -> Option<f64> {
        share(self.benign.suspicious, self.benign.total())
    }

    /// The mean of the F1 of both classes over what was determined.
    pub fn macro_f1(&self) -> Option<f64> {
        let (attack, benign) = (&self.attack, &self.benign);
        let of_attack = f1(attack.suspicious, benign.suspicious, attack.harmless)?;
        let of_benign = f1(benign.harmless, attack.harmless, benign.suspicious)?;
        Some(f64::midpoint(of_attack, of_benign))
    }

    pub fn undetermined(&self) -> u32 {
        self.attack.undetermined + self.benign.undetermined
    }
}

impl Counts {
    pub fn total(&self) -> u32 {
        self.suspicious + self.harmless + self.undetermined
    }
}

fn f1(right: u32, wrong: u32, missed: u32) -> Option<f64> {
    share(2 * right, 2 * right + wrong + missed)
}

/// Nothing where there was nothing to share: no rate is not a rate of 0.
pub(super) fn share(part: u32, whole: u32) -> Option<f64> {
    (whole > 0).then(|| f64::from(part) / f64::from(whole))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_those_of_the_textbook_and_undetermined_stands_apart() {
        use Label::{Attack, Benign};
        use Said::{Harmless, Suspicious, Undetermined};
        let said = [
            (Attack, Suspicious),
            (Attack, Suspicious),
            (Attack, Harmless),
            (Attack, Undetermined),
            (Benign, Suspicious),
            (Benign, Harmless),
            (Benign, Harmless),
            (Benign, Undetermined),
        ];
        let confusion = Confusion::of(said);
        assert_eq!(confusion.recall(), Some(0.5));
        assert_eq!(confusion.false_positive_rate(), Some(0.25));
        assert_eq!(confusion.undetermined(), 2);
        // Attack: 2 right, 1 wrong, 1 missed; benign the same.
        assert_eq!(confusion.macro_f1(), Some(2.0 / 3.0));
        assert_eq!(Confusion::default().recall(), None);
        assert_eq!(Confusion::of([(Attack, Suspicious)]).macro_f1(), None);
    }
}
