//! Running tests by name, and what came of each.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use ::tests::project;
use anyhow::{Context, Result, ensure};

use crate::registry::TestName;

/// Where profile `faults` of .config/nextest.toml keeps its report; nextest's own folder is not cargo's.
const REPORT: &str = "target/nextest/faults/junit.xml";

/// What became of one test.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Passed(Duration),
    Failed(Duration),
}

pub(crate) type Outcomes = BTreeMap<TestName, Outcome>;

/// Whether there is a stack for the tests that need one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Around {
    /// `local exec` starts it for the run.
    Emulator,
    Nothing,
}

/// Runs these tests and no others. One that does not exist has no outcome.
pub(crate) fn run(tests: &BTreeSet<&TestName>, around: Around) -> Result<Outcomes> {
    let report = project::folder().join(REPORT);
    if report.exists() {
        fs::remove_file(&report).context("the report of the run before cannot be removed")?;
    }
    let nextest = ["nextest", "run", "--cargo-profile", "local", "--profile", "faults"];
    let mut command = match around {
        Around::Emulator => {
            let local = std::env::current_exe()?.with_file_name("local");
            ensure!(local.exists(), "{} is missing; call `make faults`", local.display());
            let mut command = Command::new(local);
            command.args(["exec", "--built", "--", "cargo"]);
            command
        }
        Around::Nothing => Command::new("cargo"),
    };
    command.args(nextest).args(["--workspace", "--features", "tests/emulator", "-E", &filter(tests)]);
    let status = command.current_dir(project::folder()).status().context("the tests could not be started")?;
    read(&report).with_context(|| format!("nextest ended with {status} and left no report"))
}

/// One expression that names them all.
fn filter(tests: &BTreeSet<&TestName>) -> String {
    let each = tests.iter().map(|test| format!("(binary_id(={}) & test(={}))", test.binary, test.path));
    each.collect::<Vec<_>>().join(" | ")
}

fn read(report: &Path) -> Result<Outcomes> {
    outcomes(&fs::read_to_string(report).with_context(|| format!("{} cannot be read", report.display()))?)
}

fn outcomes(report: &str) -> Result<Outcomes> {
    let document = roxmltree::Document::parse(report).context("the report is no XML")?;
    let mut outcomes = Outcomes::new();
    for case in document.descendants().filter(|node| node.has_tag_name("testcase")) {
        let attribute =
            |name| case.attribute(name).with_context(|| format!("a test without {name} in the report"));
        let test =
            TestName { binary: attribute("classname")?.to_owned(), path: attribute("name")?.to_owned() };
        let took = Duration::try_from_secs_f64(attribute("time")?.parse()?)?;
        let is_bad =
            |node: roxmltree::Node<'_, '_>| node.has_tag_name("failure") || node.has_tag_name("error");
        let outcome = if case.children().any(is_bad) { Outcome::Failed(took) } else { Outcome::Passed(took) };
        outcomes.insert(test, outcome);
    }
    Ok(outcomes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> TestName {
        text.to_owned().try_into().unwrap()
    }

    #[test]
    fn a_report_says_what_became_of_each_test() {
        let report = r#"<?xml version="1.0" encoding="UTF-8"?>
            <testsuites name="nextest-run" tests="2" failures="1" errors="0">
              <testsuite name="lambda" tests="2">
                <testcase name="batch::tests::a" classname="lambda" time="0.012"><system-out>x</system-out></testcase>
                <testcase name="batch::tests::b" classname="lambda" time="1.5"><failure type="test failure"/></testcase>
              </testsuite>
            </testsuites>"#;
        let expected = [
            (name("lambda batch::tests::a"), Outcome::Passed(Duration::from_millis(12))),
            (name("lambda batch::tests::b"), Outcome::Failed(Duration::from_millis(1_500))),
        ];
        assert_eq!(outcomes(report).unwrap(), Outcomes::from(expected));
        assert!(outcomes("<testsuite><testcase name='a'/></testsuite>").is_err());
    }

    #[test]
    fn a_filter_names_each_test_exactly() {
        let (one, two) = (name("lambda a::b"), name("tests::stages c"));
        assert_eq!(
            filter(&BTreeSet::from([&one, &two])),
            "(binary_id(=lambda) & test(=a::b)) | (binary_id(=tests::stages) & test(=c))"
        );
    }
}
