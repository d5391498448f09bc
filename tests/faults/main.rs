//! `make faults`: lets everything go wrong that is known to, and writes down what happened.

mod nextest;
mod page;
mod registry;

use std::collections::BTreeSet;
use std::fs;
use std::process::ExitCode;

use anyhow::{Result, bail};
use tests::project;

use crate::nextest::{Around, Outcome, Outcomes};
use crate::page::Run;
use crate::registry::{Registry, TestName};

const PAGE: &str = "docs/reliability.md";

fn main() -> Result<ExitCode> {
    let around = match std::env::args().skip(1).collect::<Vec<_>>().as_slice() {
        [] => Around::Emulator,
        [only] if only == "--without-emulator" => Around::Nothing,
        other => bail!("{other:?}: there is one option, --without-emulator"),
    };
    let registry = Registry::read()?;
    let mut tests = registry.tests();
    if around == Around::Nothing {
        tests.retain(|test| !test.needs_emulator());
    }
    let commit = project::commit();
    let outcomes = nextest::run(&tests, around)?;
    let day = jiff::Timestamp::now().strftime("%Y-%m-%d").to_string();
    let page = Run { day, commit, around }.page(&registry, &outcomes)?;
    fs::write(project::folder().join(PAGE), page)?;
    Ok(judged(&tests, &outcomes))
}

/// Names what has not passed.
#[expect(clippy::print_stderr, reason = "the result is for the person at the terminal")]
fn judged(tests: &BTreeSet<&TestName>, outcomes: &Outcomes) -> ExitCode {
    let mut code = ExitCode::SUCCESS;
    for test in tests {
        let problem = match outcomes.get(test) {
            Some(Outcome::Passed(_)) => continue,
            Some(Outcome::Failed(_)) => "failed",
            None => "was not run: it was renamed or removed, and tests/faults/registry.toml still names it",
        };
        eprintln!("{test} {problem}");
        code = ExitCode::FAILURE;
    }
    eprintln!("{} tests of {PAGE}", tests.len());
    code
}
