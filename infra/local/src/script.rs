//! In which order the samples are sent, and how the model behaves meanwhile.

use crate::alerts::{self, Sample};
use crate::stubs::ModelMode;
use crate::stubs::Order;
use crate::stubs::control::Behaviour;

/// Samples that are sent together, each act after the one before it has ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Act {
    /// Places in the list of samples.
    pub samples: Vec<usize>,
    pub model: ModelMode,
    pub then: Then,
}

/// What happens once an act's alerts have ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Then {
    GoOn,
    /// The schedule's minute is over.
    Sweep,
    /// What feeds say is seen while nobody has been asked.
    LookAtMatches,
    /// Hunting's quarter of an hour is over.
    Hunt,
}

impl Act {
    pub(crate) fn order(&self) -> Order {
        Order::Model(Behaviour { mode: self.model, ..Behaviour::default() })
    }
}

/// Any alerts: first whatever is new, then what repeats it.
pub(crate) fn plain(samples: &[Sample]) -> Vec<Act> {
    let acts = alerts::waves(samples).map(|samples| Act { samples, model: ModelMode::Ok, then: Then::GoOn });
    acts.into_iter().filter(|act| !act.samples.is_empty()).collect()
}

/// Samples that are kept for an act of their own, by a word of their names. A scan of the store is a storm, of which
/// its people are told before the gravest alert comes; somebody guesses a password, gets in, and is elsewhere at once; one alert goes on after its incident has escalated, one fools
/// the model, one finds it away.
const SCENES: [(&str, ModelMode, Then); 7] = [
    ("-store-scan-", ModelMode::Ok, Then::Sweep),
    ("-store-shellshock", ModelMode::Ok, Then::GoOn),
    ("-account-failure", ModelMode::Ok, Then::LookAtMatches),
    ("-account-login-", ModelMode::Ok, Then::Hunt),
    ("-goes-on", ModelMode::Ok, Then::GoOn),
    ("-says-it-is-a-test", ModelMode::Downplay, Then::GoOn),
    ("-while-model-is-away", ModelMode::Overloaded, Then::GoOn),
];

/// The built-in samples: the plain ones, then the scenes. The model is well at the end, for whoever lets the demo run on.
pub(crate) fn built_in(samples: &[Sample]) -> Vec<Act> {
    let is_of =
        |index: &usize, word: &str| samples.get(*index).is_some_and(|sample| sample.file.contains(word));
    let mut acts = plain(samples);
    for act in &mut acts {
        act.samples.retain(|index| !SCENES.iter().any(|(word, ..)| is_of(index, word)));
    }
    acts.extend(SCENES.map(|(word, model, then)| Act {
        samples: (0..samples.len()).filter(|index| is_of(index, word)).collect(),
        model,
        then,
    }));
    acts.push(Act { samples: Vec::new(), model: ModelMode::Ok, then: Then::GoOn });
    acts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_built_in_sample_is_sent_once_a_storm_is_swept_logins_are_hunted_and_two_meet_a_model_in_trouble()
    {
        let samples = alerts::read(&alerts::built_in()).unwrap();
        let acts = built_in(&samples);
        let sizes: Vec<(usize, ModelMode, Then)> =
            acts.iter().map(|act| (act.samples.len(), act.model, act.then)).collect();
        let expected = [
            (10, ModelMode::Ok, Then::GoOn),
            (3, ModelMode::Ok, Then::GoOn),
            (11, ModelMode::Ok, Then::Sweep),
            (1, ModelMode::Ok, Then::GoOn),
            (5, ModelMode::Ok, Then::LookAtMatches),
            (2, ModelMode::Ok, Then::Hunt),
            (1, ModelMode::Ok, Then::GoOn),
            (1, ModelMode::Downplay, Then::GoOn),
            (1, ModelMode::Overloaded, Then::GoOn),
            (0, ModelMode::Ok, Then::GoOn),
        ];
        assert_eq!(sizes, expected);
        let mut sent: Vec<usize> = acts.into_iter().flat_map(|act| act.samples).collect();
        sent.sort_unstable();
        assert_eq!(sent, (0..samples.len()).collect::<Vec<usize>>());
    }
}
