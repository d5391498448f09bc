//! docs/reliability.md: what was let go wrong, and what happened.

use std::fmt::Write;
use std::time::Duration;

use anyhow::Result;

use crate::nextest::{Around, Outcome, Outcomes};
use crate::registry::{Fault, Registry, TestName};

/// When and on what the run was made.
pub(crate) struct Run {
    pub(crate) day: String,
    pub(crate) commit: String,
    pub(crate) around: Around,
}

const HEAD: &str = "\
# What goes wrong, and what happens then

Every fault that we know of, and the tests that let it happen. This page is written by `make faults`, which runs exactly these
tests; [registry.toml](../tests/faults/registry.toml) says which they are, [CONTRIBUTING.md](../CONTRIBUTING.md) how to add one. What is promised
stands in [delivery.md](delivery.md).

**Ledger**: the tests assert that it closes. Every alert has ended exactly once, is counted once, and what was to be told was
mailed. All stages run over an [AWS in memory](../tests/src/memory_aws.rs) that speaks the wire of the real one: a function dies,
is held up, or loses an answer at each call in turn. What needs a whole DynamoDB, SQS and SES runs against the emulator.
";

impl Run {
    /// The whole page.
    pub(crate) fn page(&self, registry: &Registry, outcomes: &Outcomes) -> Result<String> {
        let mut page = format!("{HEAD}\n{}\n", self.summary(registry, outcomes));
        let mut number = 0;
        for area in &registry.areas {
            write!(page, "\n## {}\n\n| | fault | what follows | ledger | tests | result |\n", area.name)?;
            page.push_str("| --: | --- | --- | --- | --: | --- |\n");
            let first = number + 1;
            for fault in &area.faults {
                number += 1;
                let ledger = if fault.ledger { "closes" } else { "" };
                let (tests, result) = (fault.tests.len(), self.result(fault, outcomes));
                writeln!(
                    page,
                    "| {number} | {} | {} | {ledger} | {tests} | {result} |",
                    fault.what, fault.expected
                )?;
            }
            page.push('\n');
            for (number, fault) in (first..).zip(&area.faults) {
                writeln!(page, "{number}. {}", self.proofs(fault, outcomes)?)?;
            }
        }
        Ok(page)
    }

    fn summary(&self, registry: &Registry, outcomes: &Outcomes) -> String {
        let tests = registry.tests();
        let passed =
            tests.iter().filter(|test| matches!(outcomes.get(test), Some(Outcome::Passed(_)))).count();
        let faults: usize = registry.areas.iter().map(|area| area.faults.len()).sum();
        let command = match self.around {
            Around::Emulator => "make faults",
            Around::Nothing => "make faults WITHOUT_EMULATOR=1",
        };
        let Self { day, commit, .. } = self;
        format!(
            "{day}, commit {commit}, `{command}`: {faults} faults, {} tests, {passed} passed.",
            tests.len()
        )
    }

    fn result(&self, fault: &Fault, outcomes: &Outcomes) -> String {
        let (mut took, mut failed, mut waiting) = (Duration::ZERO, 0, 0);
        for test in &fault.tests {
            match outcomes.get(test) {
                Some(Outcome::Passed(time)) => took += *time,
                Some(Outcome::Failed(time)) => {
                    took += *time;
                    failed += 1;
                }
                None if test.needs_emulator() && self.around == Around::Nothing => waiting += 1,
                None => failed += 1,
            }
        }
        let word = if failed > 0 { format!("**{failed} FAILED**") } else { "passed".to_owned() };
        let waiting = if waiting > 0 { format!(", {waiting} not run") } else { String::new() };
        format!("{word} in {}{waiting}", seconds(took))
    }

    /// The tests of a fault, each with its source.
    fn proofs(&self, fault: &Fault, outcomes: &Outcomes) -> Result<String> {
        let mut proofs = Vec::new();
        for test in &fault.tests {
            let said = match outcomes.get(test) {
                Some(Outcome::Passed(took)) => seconds(*took),
                Some(Outcome::Failed(took)) => format!("**FAILED** after {}", seconds(*took)),
                None if test.needs_emulator() && self.around == Around::Nothing => "not run".to_owned(),
                None => "**MISSING**".to_owned(),
            };
            proofs.push(format!("{} {said}", link(test)?));
        }
        Ok(proofs.join("; "))
    }
}

fn link(test: &TestName) -> Result<String> {
    let name = test.short().replace('_', " ");
    Ok(match test.source()? {
        Some(file) => format!("[{name}](../{})", file.display()),
        None => name,
    })
}

fn seconds(took: Duration) -> String {
    format!("{:.1} s", took.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(around: Around, outcomes: &[(&str, Outcome)]) -> String {
        let registry: Registry = toml::from_str(
            r#"[[area]]
            name = "Batches"
            [[area.fault]]
            what = "A panic"
            expected = "the others survive"
            ledger = true
            tests = ["lambda batch::tests::a_bad_record_does_not_fail_its_neighbours", "tests::emulator pipeline::gone"]"#,
        )
        .unwrap();
        let outcomes =
            outcomes.iter().map(|(name, outcome)| ((*name).to_owned().try_into().unwrap(), *outcome));
        let run = Run { day: "2026-11-22".to_owned(), commit: "abc".to_owned(), around };
        run.page(&registry, &outcomes.collect()).unwrap().split_once("# Batches").unwrap().1.to_owned()
    }

    #[test]
    fn a_page_says_what_passed_and_never_what_was_not_run() {
        let passed = [(
            "lambda batch::tests::a_bad_record_does_not_fail_its_neighbours",
            Outcome::Passed(Duration::from_millis(120)),
        )];
        assert_eq!(
            page(Around::Nothing, &passed),
            "

| | fault | what follows | ledger | tests | result |
| --: | --- | --- | --- | --: | --- |
| 1 | A panic | the others survive | closes | 2 | passed in 0.1 s, 1 not run |

1. [a bad record does not fail its neighbours](../shared/lambda/src/batch.rs) 0.1 s; gone not run
"
        );
        assert!(page(Around::Emulator, &passed).contains("| **1 FAILED** in 0.1 s |"));
        assert!(page(Around::Emulator, &passed).contains("; gone **MISSING**"));
        let failed = [("tests::emulator pipeline::gone", Outcome::Failed(Duration::from_secs(1)))];
        assert!(page(Around::Nothing, &failed).contains("gone **FAILED** after 1.0 s"));
    }
}
