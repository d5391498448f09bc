//! Alerts with labels, in the order of time, each with its assessment.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use analyze::assessment::{SiteNotes, assess};
use domain::assessment::Assessment;
use domain::history::{History, Past};
use domain::message::Schema;
use domain::verdict::{Formula, Verdict};
use domain::{Alert, EnrichedAlert, lenient};
use jiff::Timestamp;
use serde_json::Value;

use crate::cli::EvalOptions;
use crate::failure::{Count, Failure};
use crate::framer::Piece;
use crate::input::{Arrival, Arrivals};
use crate::subject;
use crate::terminal::tell;

/// What an alert really was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Label {
    Attack,
    Benign,
}

/// One alert whose truth is known.
pub(super) struct Case {
    pub alert: Alert,
    pub label: Label,
    pub history: History,
    pub assessment: Assessment,
}

pub(super) struct Cases {
    pub all: Vec<Case>,
    /// Alerts of rules that were left out.
    pub excluded: usize,
}

impl Case {
    /// What recorded answers call it.
    pub fn name(&self) -> &str {
        self.alert.key().as_str()
    }

    /// The assessment of an alert in this one's place.
    pub fn assess(&self, alert: &Alert) -> Assessment {
        judge(alert, &self.history)
    }

    /// An alert in this one's place, as it comes to the analyze stage when nobody knows anything about it.
    pub fn enriched(alert: Alert) -> EnrichedAlert {
        let verdict = nothing_known();
        EnrichedAlert { schema: Schema, alert, reports: Vec::new(), verdict, repeat_of: None }
    }
}

impl Cases {
    /// Reads all files; what is no case is named by file and line, and ends the call.
    pub fn read(options: &EvalOptions) -> Result<Self, Failure> {
        let mut reading = Reading { excluded: &options.exclude_rules, ..Reading::default() };
        let labelled = |label| move |_: &Value| Ok(label);
        reading.files(&options.cases, |document| {
            Label::read(document.get(&options.label_field), &options.label_field)
        });
        reading.files(&options.attack, labelled(Label::Attack));
        reading.files(&options.benign, labelled(Label::Benign));
        reading.conclude()
    }

    pub fn find(&self, name: &str) -> Option<&Case> {
        self.all.iter().find(|case| case.name() == name)
    }

    /// Fails when two cases share a name: answers could not be told apart.
    pub fn check_names(&self) -> Result<(), Failure> {
        let mut names = HashSet::new();
        let twice = self.all.iter().map(Case::name).find(|name| !names.insert(*name));
        twice.map_or(Ok(()), |name| Err(Failure::SameCase(name.to_owned())))
    }
}

impl Label {
    fn read(value: Option<&Value>, field: &str) -> Result<Self, String> {
        let text = value.and_then(lenient::text).unwrap_or_default().to_lowercase();
        match text.as_str() {
            "attack" | "malicious" | "true_positive" | "escalate" | "1" | "true" => Ok(Self::Attack),
            "benign" | "false_positive" | "benign_true_positive" | "close" | "0" | "false" => {
                Ok(Self::Benign)
            }
            _ => Err(format!(
                "its {field} must be attack or benign (or malicious, true_positive, escalate; false_positive, \
                 benign_true_positive, close)"
            )),
        }
    }
}

#[derive(Default)]
struct Reading<'a> {
    excluded: &'a [String],
    left_out: usize,
    found: Vec<(Alert, Label)>,
    bad: usize,
    unreadable: usize,
}

impl Reading<'_> {
    fn files(&mut self, files: &[PathBuf], label: impl Fn(&Value) -> Result<Label, String>) {
        for arrival in Arrivals::of(files.to_vec()) {
            match arrival {
                Arrival::Piece { file, piece: Piece::Object { line, text } } => match case(&text, &label) {
                    Ok((alert, _)) if self.excluded.contains(&alert.rule().id) => self.left_out += 1,
                    Ok(case) => self.found.push(case),
                    Err(problem) => self.bad(&file, line, &problem),
                },
                Arrival::Piece { file, piece: Piece::Broken { line, problem } } => {
                    self.bad(&file, line, problem);
                }
                Arrival::Empty { file } => self.bad(&file, 1, "there is no alert in it"),
                Arrival::Unreadable { file, error } => {
                    self.unreadable += 1;
                    tell(&format!(
                        "{} cannot be read ({error}); it must be a file of alerts",
                        file.display()
                    ));
                }
            }
        }
    }

    fn bad(&mut self, file: &Path, line: usize, problem: &str) {
        self.bad += 1;
        tell(&format!("{}, line {line}: {problem}", file.display()));
    }

    fn conclude(self) -> Result<Cases, Failure> {
        match self {
            Self { unreadable: 1.., .. } => Err(Failure::UnreadableAlerts(Count(self.unreadable, "file"))),
            Self { bad: 1.., .. } => Err(Failure::BadAlerts(Count(self.bad, "part"))),
            Self { found, left_out, .. } => Ok(Cases { all: in_order(found), excluded: left_out }),
        }
    }
}

/// An alert with its label in it, or an object with both.
fn case(text: &str, label: impl Fn(&Value) -> Result<Label, String>) -> Result<(Alert, Label), String> {
    let document: Value = serde_json::from_str(text).map_err(|_| "it is not JSON".to_owned())?;
    let alert = match document.get("alert").filter(|alert| alert.get("rule").is_some()) {
        Some(alert) => Alert::parse(&alert.to_string()),
        None => Alert::parse(text),
    };
    Ok((alert.map_err(|error| error.to_string())?, label(&document)?))
}

fn in_order(found: Vec<(Alert, Label)>) -> Vec<Case> {
    let mut found: Vec<_> =
        found.into_iter().map(|(alert, label)| (subject::time(&alert), alert, label)).collect();
    found.sort_by_key(|(at, ..)| *at);
    let mut past = Past::default();
    let case = |(at, alert, label): (Option<Timestamp>, Alert, Label)| {
        let history = past.observe(&alert, at.unwrap_or(Timestamp::MIN));
        let assessment = judge(&alert, &history);
        Case { alert, label, history, assessment }
    };
    found.into_iter().map(case).collect()
}

fn judge(alert: &Alert, history: &History) -> Assessment {
    assess(alert, &nothing_known(), history, &SiteNotes::default())
}

fn nothing_known() -> Verdict {
    Verdict::over(&[], &Formula::default(), Timestamp::UNIX_EPOCH)
}
