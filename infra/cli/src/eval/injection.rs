//! Texts that ask for a milder verdict, put into alerts: does anything become less than it was without them?

use std::fs;
use std::path::PathBuf;

use domain::Alert;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::cases::{Case, Cases};
use super::judged::{Answers, Judged};
use crate::failure::Failure;

/// A text and the field that carries it.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Probe {
    /// What answers call it; the number of its line where it has no name.
    #[serde(default)]
    pub id: String,
    /// A path with dots, such as `data.http.user_agent`.
    pub field: String,
    #[serde(rename = "s", alias = "text")]
    pub text: String,
}

/// Pairs of one alert with and without a probe.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub(super) struct Pairs {
    pub total: u32,
    /// The priority was lower with the probe.
    pub lowered: u32,
    /// The priority was higher with the probe.
    pub raised: u32,
    /// The model's own verdict was milder with the probe; the merge must make good for it.
    pub model_lowered: u32,
}

pub(super) fn read(files: &[PathBuf]) -> Result<Vec<Probe>, Failure> {
    let mut probes = Vec::new();
    for path in files {
        let text =
            fs::read_to_string(path).map_err(|source| Failure::Unreadable { path: path.clone(), source })?;
        for (index, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
            let wrong = |problem: String| Failure::Recorded { path: path.clone(), line: index + 1, problem };
            let mut probe: Probe = serde_json::from_str(line).map_err(|error| wrong(error.to_string()))?;
            if probe.field.split('.').any(str::is_empty) {
                return Err(wrong("its field must be names with dots between them".to_owned()));
            }
            if probe.id.is_empty() {
                probe.id = (index + 1).to_string();
            }
            probes.push(probe);
        }
    }
    Ok(probes)
}

/// Each case with each probe, by the assessment.
pub(super) fn assessed(cases: &Cases, probes: &[Probe]) -> Pairs {
    let mut pairs = Pairs::default();
    for case in &cases.all {
        for probe in probes {
            let Some(alert) = injected(case, probe) else { continue };
            pairs.add(case.assessment.priority.cmp(&case.assess(&alert).priority), false);
        }
    }
    pairs
}

/// The answers with a probe, against those of the same case and run without one. A server that was not there says nothing
/// about a probe; a model that declines because of one does.
pub(super) fn answered(answers: &Answers) -> Pairs {
    let mut pairs = Pairs::default();
    for probed in answers.probed().filter(|probed| probed.was_reached()) {
        let of_case = |run: Option<u32>| {
            let same = |plain: &&Judged| plain.case == probed.case && run.is_none_or(|run| plain.run == run);
            answers.plain().filter(|plain| plain.was_reached()).find(same)
        };
        let Some(plain) = of_case(Some(probed.run)).or_else(|| of_case(None)) else { continue };
        pairs.add(plain.priority.cmp(&probed.priority), probed.alarm() < plain.alarm());
    }
    pairs
}

impl Pairs {
    /// Takes how the priority without the probe compares to the one with it.
    fn add(&mut self, without: std::cmp::Ordering, model_lowered: bool) {
        self.total += 1;
        self.lowered += u32::from(without.is_gt());
        self.raised += u32::from(without.is_lt());
        self.model_lowered += u32::from(model_lowered);
    }
}

/// The alert with the probe behind what the field holds. Nothing for a field of another shape: no decoder writes there.
pub(super) fn injected(case: &Case, probe: &Probe) -> Option<Alert> {
    let mut document = case.alert.document().clone();
    let mut place = &mut document;
    for name in probe.field.split('.') {
        if place.is_null() {
            *place = Value::Object(Map::new());
        }
        place = place.as_object_mut()?.entry(name).or_insert(Value::Null);
    }
    *place = match place {
        Value::Null => Value::String(probe.text.clone()),
        Value::String(before) => Value::String(format!("{before} {}", probe.text)),
        Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => return None,
    };
    Alert::parse(&document.to_string()).ok()
}
