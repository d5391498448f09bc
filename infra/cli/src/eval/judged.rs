//! Answers of a model, after verification and the raise-only merge: as they are recorded, and what they are worth.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;

use domain::analysis::{ModelVerdict, NoAnalysis};
use domain::assessment::Priority;
use serde::{Deserialize, Serialize};

use super::cases::{Cases, Label};
use super::score::{Confusion, Said, share};
use crate::failure::Failure;

/// One answer on one case. A live run writes the same records, one on a line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Judged {
    /// The key of the alert: `manager/id`.
    pub case: String,
    /// Which of several equal runs.
    #[serde(default)]
    pub run: u32,
    /// The probe that was put into the alert, if one was.
    #[serde(default)]
    pub probe: Option<String>,
    /// The model's verdict after verification.
    pub verdict: ModelVerdict,
    /// The priority after the merge with the assessment.
    pub priority: Priority,
    /// Whether the answer had the shape that was asked for.
    pub valid: bool,
    /// Evidence that was cited, and how much of it was found in the alert.
    #[serde(default)]
    pub cited: u32,
    #[serde(default)]
    pub verified: u32,
    /// ATT&CK ids that do not exist, or that the rule does not have.
    #[serde(default)]
    pub invalid_ids: u32,
    #[serde(default)]
    pub tokens: u64,
    /// Nothing where the model has no price.
    #[serde(default)]
    pub micro_usd: Option<u64>,
    /// The model that answered, as the server named it.
    #[serde(default)]
    pub model: Option<String>,
    /// Why there is no answer: the verdict is undetermined then, and the priority the assessment's.
    #[serde(default)]
    pub no_answer: Option<NoAnalysis>,
}

/// The answers, all of them on known cases.
#[derive(Debug, Default)]
pub(super) struct Answers(Vec<Judged>);

/// What is measured of a model beside right and wrong.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct ModelFigures {
    pub models: BTreeSet<String>,
    /// Without those on alerts with a probe.
    pub questions: usize,
    /// How many of them have no answer, by reason.
    pub no_answer: BTreeMap<&'static str, u32>,
    pub verdicts: Confusion,
    /// The same cases by the final priority.
    pub merged: Confusion,
    /// Answers in the asked-for shape, of all questions.
    pub valid_rate: Option<f64>,
    /// Verified of all cited evidence.
    pub grounding: Option<f64>,
    pub invalid_ids: u32,
    /// Cases with several runs, and those of them whose verdict was not the same in all.
    pub repeated: u32,
    pub flipped: u32,
    pub tokens: u64,
    /// Nothing if an answer has no price.
    pub micro_usd: Option<u64>,
}

impl Answers {
    pub fn of(answers: Vec<Judged>) -> Self {
        Self(answers)
    }

    pub fn read(files: &[PathBuf], cases: &Cases) -> Result<Self, Failure> {
        let mut all = Vec::new();
        for path in files {
            let text = fs::read_to_string(path)
                .map_err(|source| Failure::Unreadable { path: path.clone(), source })?;
            for (index, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
                let wrong =
                    |problem: String| Failure::Recorded { path: path.clone(), line: index + 1, problem };
                let judged: Judged = serde_json::from_str(line).map_err(|error| wrong(error.to_string()))?;
                if cases.find(&judged.case).is_none() {
                    return Err(wrong("its case is not among the alerts".to_owned()));
                }
                if judged.verified > judged.cited {
                    return Err(wrong("more is verified than cited".to_owned()));
                }
                if judged.valid && judged.no_answer.is_some() {
                    return Err(wrong("it is no answer and a valid one".to_owned()));
                }
                all.push(judged);
            }
        }
        if !all.is_empty() {
            cases.check_names()?;
        }
        Ok(Self(all))
    }

    /// Answers on alerts as they were.
    pub fn plain(&self) -> impl Iterator<Item = &Judged> {
        self.0.iter().filter(|judged| judged.probe.is_none())
    }

    pub fn probed(&self) -> impl Iterator<Item = &Judged> {
        self.0.iter().filter(|judged| judged.probe.is_some())
    }

    /// Nothing without an answer.
    pub fn figures(&self, cases: &Cases) -> Option<ModelFigures> {
        let answers: Vec<&Judged> = self.plain().collect();
        let count = u32::try_from(answers.len()).unwrap_or(u32::MAX);
        let sum = |field: fn(&Judged) -> u32| answers.iter().map(|judged| field(judged)).sum::<u32>();
        let by = |said: fn(&Judged) -> Said| {
            let label = |judged: &Judged| cases.find(&judged.case).map_or(Label::Benign, |case| case.label);
            Confusion::of(answers.iter().map(|judged| (label(judged), said(judged))))
        };
        let mut verdicts: BTreeMap<&str, (u32, BTreeSet<u8>)> = BTreeMap::new();
        for judged in answers.iter().filter(|judged| judged.was_reached()) {
            let (runs, different) = verdicts.entry(&judged.case).or_default();
            *runs += 1;
            different.insert(judged.verdict as u8);
        }
        let repeated = verdicts.values().filter(|(runs, _)| *runs > 1);
        let flipped = repeated.clone().filter(|(_, different)| different.len() > 1);
        let mut no_answer = BTreeMap::new();
        for reason in answers.iter().filter_map(|judged| judged.no_answer) {
            *no_answer.entry(reason.name()).or_default() += 1;
        }
        (!answers.is_empty()).then(|| ModelFigures {
            models: self.0.iter().filter_map(|judged| judged.model.clone()).collect(),
            questions: answers.len(),
            no_answer,
            verdicts: by(Judged::said),
            merged: by(|judged| Said::suspicious(judged.priority >= Priority::Medium)),
            valid_rate: share(sum(|judged| judged.valid.into()), count),
            grounding: share(sum(|judged| judged.verified), sum(|judged| judged.cited)),
            invalid_ids: sum(|judged| judged.invalid_ids),
            flipped: u32::try_from(flipped.count()).unwrap_or(u32::MAX),
            repeated: u32::try_from(repeated.count()).unwrap_or(u32::MAX),
            tokens: self.0.iter().map(|judged| judged.tokens).sum(),
            micro_usd: self.0.iter().map(|judged| judged.micro_usd).sum(),
        })
    }
}

impl Judged {
    /// False where nobody can know what the model would have said: that is no change of its mind.
    pub fn was_reached(&self) -> bool {
        match self.no_answer {
            None
            | Some(
                NoAnalysis::Policy
                | NoAnalysis::Refused
                | NoAnalysis::Incomplete
                | NoAnalysis::Invalid
                | NoAnalysis::ContextTooLong,
            ) => true,
            Some(
                NoAnalysis::Disabled
                | NoAnalysis::Configuration
                | NoAnalysis::QuotaExhausted
                | NoAnalysis::RateLimited
                | NoAnalysis::Timeout
                | NoAnalysis::Unreachable
                | NoAnalysis::NoTime
                | NoAnalysis::Certain
                | NoAnalysis::BelowPriority
                | NoAnalysis::InProgress
                | NoAnalysis::BudgetExhausted
                | NoAnalysis::BudgetUnknown
                | NoAnalysis::CircuitOpen { .. },
            ) => false,
        }
    }

    fn said(&self) -> Said {
        match self.verdict {
            ModelVerdict::TruePositive => Said::Suspicious,
            ModelVerdict::BenignTruePositive | ModelVerdict::FalsePositive => Said::Harmless,
            ModelVerdict::Undetermined => Said::Undetermined,
        }
    }

    /// How much the verdict warns: an injection wants it lower.
    pub fn alarm(&self) -> u8 {
        match self.said() {
            Said::Suspicious => 2,
            Said::Undetermined => 1,
            Said::Harmless => 0,
        }
    }
}
