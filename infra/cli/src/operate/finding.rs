//! One line about a deployment: what is so, and what to do if it is not well.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use super::{AccountError, Paper, Table, TableError, Tone};
use crate::failure::{Count, Failure};

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Finding {
    pub about: String,
    pub level: Level,
    pub what: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cure: Option<String>,
    /// The numbers in `what`, for programs.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    figures: BTreeMap<&'static str, Value>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Level {
    Ok,
    /// It works, and somebody may want to know.
    Warning,
    /// It needs a person.
    Problem,
}

impl Level {
    fn shown(self) -> (Tone, &'static str) {
        match self {
            Self::Ok => (Tone::Plain, "ok"),
            Self::Warning => (Tone::Warning, "look"),
            Self::Problem => (Tone::Bad, "PROBLEM"),
        }
    }
}

impl Finding {
    pub fn ok(about: impl Into<String>, what: impl Into<String>) -> Self {
        Self::new(about, Level::Ok, what, None)
    }

    pub fn warning(about: impl Into<String>, what: impl Into<String>, cure: impl Into<String>) -> Self {
        Self::new(about, Level::Warning, what, Some(cure.into()))
    }

    pub fn problem(about: impl Into<String>, what: impl Into<String>, cure: impl Into<String>) -> Self {
        Self::new(about, Level::Problem, what, Some(cure.into()))
    }

    fn new(about: impl Into<String>, level: Level, what: impl Into<String>, cure: Option<String>) -> Self {
        Self { about: about.into(), level, what: what.into(), cure, figures: BTreeMap::new() }
    }

    /// The same with a number for programs.
    #[must_use]
    pub fn figure(mut self, name: &'static str, number: impl Into<Value>) -> Self {
        self.figures.insert(name, number.into());
        self
    }

    /// The same, for what a person can do without.
    #[must_use]
    pub fn only_a_warning(self) -> Self {
        Self { level: self.level.min(Level::Warning), ..self }
    }

    /// What AWS does not tell hides nothing else; an error remains where there is nobody to ask.
    pub fn unknown(about: impl Into<String>, error: AccountError) -> Result<Self, AccountError> {
        let text = error.to_string();
        // These errors say what to do after a semicolon.
        let (what, cure) = text.split_once("; ").unwrap_or((&text, "look in the console"));
        let what = format!("not known: {what}");
        match error {
            AccountError::Denied { .. } | AccountError::Rejected { .. } | AccountError::Busy { .. } => {
                Ok(Self::problem(about, what, cure))
            }
            AccountError::Unsupported { .. } => Ok(Self::warning(about, what, cure)),
            AccountError::NoRegion
            | AccountError::Name { .. }
            | AccountError::NoCredentials { .. }
            | AccountError::Expired { .. }
            | AccountError::Missing { .. }
            | AccountError::Unreachable { .. } => Err(error),
        }
    }
}

/// The findings, or that they are not known.
pub(super) fn or_unknown(
    about: &str,
    found: Result<Vec<Finding>, impl Into<Failure>>,
) -> Result<Vec<Finding>, Failure> {
    match found.map_err(Into::into) {
        Err(Failure::Account(error) | Failure::Table(TableError::Aws { because: error, .. })) => {
            Ok(vec![Finding::unknown(about, error)?])
        }
        Err(Failure::Table(TableError::Unreadable(what))) => {
            Ok(vec![Finding::problem(about, what, "was it written by a newer version? update triage")])
        }
        Err(failure @ (Failure::Status(_) | Failure::StatusSchema(_))) => {
            let what = lambda::logs::chain(&failure);
            Ok(vec![Finding::problem(about, what, "was it written by a newer version? update triage")])
        }
        found => found,
    }
}

/// What to do stands below what is so: side by side they are wider than a terminal.
fn for_people(findings: &[Finding]) -> Table {
    let mut table = Table::new(&["", "ABOUT", "STATE, AND WHAT TO DO"]);
    for finding in findings {
        let (tone, level) = finding.level.shown();
        table.row(tone, [level.to_owned(), finding.about.clone(), finding.what.clone()]);
        if let Some(cure) = &finding.cure {
            table.row(tone, [String::new(), String::new(), format!("  -> {cure}")]);
        }
    }
    table
}

fn for_programs(findings: &[Finding]) -> Table {
    let mut table = Table::new(&["", "ABOUT", "STATE", "WHAT TO DO"]);
    for finding in findings {
        let (tone, level) = finding.level.shown();
        let cure = finding.cure.clone().unwrap_or_default();
        table.row(tone, [level.to_owned(), finding.about.clone(), finding.what.clone(), cure]);
    }
    table
}

#[derive(Serialize)]
struct Document<'a> {
    schema: u8,
    well: bool,
    findings: &'a [Finding],
}

/// Prints them all; a failure if one of them needs a person.
pub(super) fn report(findings: &[Finding], json: bool, paper: &mut Paper) -> Result<(), Failure> {
    let problems = findings.iter().filter(|finding| finding.level == Level::Problem).count();
    if json {
        paper.json(&Document { schema: 1, well: problems == 0, findings })?;
    } else {
        let table = if paper.is_terminal() { for_people(findings) } else { for_programs(findings) };
        paper.table(&table)?;
    }
    match problems {
        0 => Ok(()),
        _ => Err(Failure::NeedsPerson(format!("{} for a person", Count(problems, "problem")))),
    }
}
