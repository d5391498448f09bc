//! All that an evaluation finds.

use std::collections::BTreeMap;

use domain::assessment::SignalName;
use serde::Serialize;

use super::cases::{Case, Cases, Label};
use super::injection::{self, Pairs, Probe};
use super::judged::{Answers, ModelFigures};
use super::score::{Confusion, Said};

/// Names stay; new ones may come.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Figures {
    pub schema: u8,
    pub cases: usize,
    pub excluded: usize,
    pub assessment: Rates,
    pub level_5: Rates,
    pub level_7: Rates,
    /// How many attacks and how many benign alerts each signal spoke for.
    pub signals: BTreeMap<SignalName, Spoke>,
    pub injection: Option<Pairs>,
    pub model: Option<ModelFigures>,
    pub model_injection: Option<Pairs>,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub(super) struct Rates {
    pub recall: Option<f64>,
    pub false_positive_rate: Option<f64>,
    pub macro_f1: Option<f64>,
    pub confusion: Confusion,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub(super) struct Spoke {
    pub attack: u32,
    pub benign: u32,
}

impl Figures {
    pub fn of(cases: &Cases, answers: &Answers, probes: &[Probe]) -> Self {
        let rates = |said: &dyn Fn(&Case) -> bool| {
            let said = cases.all.iter().map(|case| (case.label, Said::suspicious(said(case))));
            Rates::of(Confusion::of(said))
        };
        let model = answers.figures(cases);
        Self {
            schema: 1,
            cases: cases.all.len(),
            excluded: cases.excluded,
            assessment: rates(&|case| case.assessment.is_suspicious()),
            level_5: rates(&|case| case.alert.rule().level.get() >= 5),
            level_7: rates(&|case| case.alert.rule().level.get() >= 7),
            signals: signals(cases),
            injection: (!probes.is_empty()).then(|| injection::assessed(cases, probes)),
            model_injection: model
                .as_ref()
                .map(|_| injection::answered(answers))
                .filter(|pairs| pairs.total > 0),
            model,
        }
    }

    /// What thresholds are held against: the final priorities where a model had a say, else the assessment.
    pub fn decided(&self) -> Rates {
        self.model.as_ref().map_or(self.assessment, |model| Rates::of(model.merged))
    }
}

impl Rates {
    pub fn of(confusion: Confusion) -> Self {
        Self {
            recall: confusion.recall(),
            false_positive_rate: confusion.false_positive_rate(),
            macro_f1: confusion.macro_f1(),
            confusion,
        }
    }
}

fn signals(cases: &Cases) -> BTreeMap<SignalName, Spoke> {
    let mut spoke: BTreeMap<SignalName, Spoke> = BTreeMap::new();
    for case in &cases.all {
        for signal in &case.assessment.signals {
            let spoke = spoke.entry(signal.name).or_default();
            match case.label {
                Label::Attack => spoke.attack += 1,
                Label::Benign => spoke.benign += 1,
            }
        }
    }
    spoke
}
