//! Recorded answers of a model, after verification and the raise-only merge.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;

use domain::analysis::ModelVerdict;
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
    #[serde(default)]
    pub micro_usd: u64,
}

/// The answers, all of them on known cases.
#[derive(Debug, Default)]
pub(super) struct Recorded(Vec<Judged>);

/// What is measured of a model beside right and wrong.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct ModelFigures {
    pub answers: usize,
    pub verdicts: Confusion,
    /// The same cases by the final priority.
    pub merged: Confusion,
    pub valid_rate: Option<f64>,
    /// Verified of all cited evidence.
    pub grounding: Option<f64>,
    pub invalid_ids: u32,
    /// Cases with several runs, and those of them whose verdict was not the same in all.
    pub repeated: u32,
    pub flipped: u32,
    pub tokens: u64,
    pub micro_usd: u64,
}

impl Recorded {
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
                all.push(judged);
            }
        }
        match cases.twice().filter(|_| !all.is_empty()) {
            Some(name) => Err(Failure::SameCase(name.to_owned())),
            None => Ok(Self(all)),
        }
    }

    /// Answers on alerts as they were.
    pub fn plain(&self) -> impl Iterator<Item = &Judged> {
        self.0.iter().filter(|judged| judged.probe.is_none())
    }

    pub fn probed(&self) -> impl Iterator<Item = &Judged> {
        self.0.iter().filter(|judged| judged.probe.is_some())
    }

    /// Nothing without a recorded answer.
    pub fn figures(&self, cases: &Cases) -> Option<ModelFigures> {
        let answers: Vec<&Judged> = self.plain().collect();
        let count = u32::try_from(answers.len()).unwrap_or(u32::MAX);
        let sum = |field: fn(&Judged) -> u32| answers.iter().map(|judged| field(judged)).sum::<u32>();
        let by = |said: fn(&Judged) -> Said| {
            let label = |judged: &Judged| cases.find(&judged.case).map_or(Label::Benign, |case| case.label);
            Confusion::of(answers.iter().map(|judged| (label(judged), said(judged))))
        };
        let mut verdicts: BTreeMap<&str, (u32, BTreeSet<u8>)> = BTreeMap::new();
        for judged in &answers {
            let (runs, different) = verdicts.entry(&judged.case).or_default();
            *runs += 1;
            different.insert(judged.verdict as u8);
        }
        let repeated = verdicts.values().filter(|(runs, _)| *runs > 1);
        let flipped = repeated.clone().filter(|(_, different)| different.len() > 1);
        (!answers.is_empty()).then(|| ModelFigures {
            answers: answers.len(),
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
