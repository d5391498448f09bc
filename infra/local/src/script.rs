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
}

impl Act {
    pub(crate) fn order(&self) -> Order {
        Order::Model(Behaviour { mode: self.model, ..Behaviour::default() })
    }
}

/// Any alerts: first whatever is new, then what repeats it.
pub(crate) fn plain(samples: &[Sample]) -> Vec<Act> {
    let acts = alerts::waves(samples).map(|samples| Act { samples, model: ModelMode::Ok });
    acts.into_iter().filter(|act| !act.samples.is_empty()).collect()
}

/// The built-in samples: one goes on after its incident has escalated, one fools the model, one finds it away. The
/// model is well at the end, for whoever lets the demo run on.
pub(crate) fn built_in(samples: &[Sample]) -> Vec<Act> {
    const SCENES: [(&str, ModelMode); 3] =
        [("16-", ModelMode::Ok), ("14-", ModelMode::Downplay), ("15-", ModelMode::Overloaded)];
    let begins =
        |index: &usize, start: &str| samples.get(*index).is_some_and(|sample| sample.file.starts_with(start));
    let mut acts = plain(samples);
    for act in &mut acts {
        act.samples.retain(|index| !SCENES.iter().any(|(start, _)| begins(index, start)));
    }
    acts.extend(SCENES.map(|(start, model)| Act {
        samples: (0..samples.len()).filter(|index| begins(index, start)).collect(),
        model,
    }));
    acts.push(Act { samples: Vec::new(), model: ModelMode::Ok });
    acts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_built_in_sample_is_sent_once_and_two_meet_a_model_in_trouble() {
        let samples = alerts::read(&alerts::built_in()).unwrap();
        let acts = built_in(&samples);
        let sizes: Vec<(usize, ModelMode)> = acts.iter().map(|act| (act.samples.len(), act.model)).collect();
        let expected = [
            (10, ModelMode::Ok),
            (3, ModelMode::Ok),
            (1, ModelMode::Ok),
            (1, ModelMode::Downplay),
            (1, ModelMode::Overloaded),
            (0, ModelMode::Ok),
        ];
        assert_eq!(sizes, expected);
        let mut sent: Vec<usize> = acts.into_iter().flat_map(|act| act.samples).collect();
        sent.sort_unstable();
        assert_eq!(sent, (0..samples.len()).collect::<Vec<usize>>());
    }
}
