//! `make bench`: what a call, a start and a deployment cost, measured on the release builds in one run.

mod alert;
mod analysis;
mod calls;
mod conformance;
mod extraction;
mod fake_aws;
mod follow;
mod hunting;
mod instructions;
mod integratord;
mod limits;
mod lookups;
mod mail;
mod page;
mod plot;
mod python;
mod redis;
mod release;
mod shipping;
mod sizes;
mod snapshot;
mod starts;
mod summary;
mod table;
mod tools;
mod wazuh;

use std::env;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Result, bail, ensure};

use crate::fake_aws::FakeAws;
use crate::release::Release;
use crate::table::{Measured, Table};

/// `bench [--docs] [PART…]`: all parts unless some are named.
fn main() -> Result<ExitCode> {
    let (options, parts): (Vec<String>, Vec<String>) =
        env::args().skip(1).partition(|word| word.starts_with('-'));
    let documents = match options.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        [] => false,
        ["--docs"] => true,
        other => bail!("{} is no option; there is --docs", other.join(" ")),
    };
    if let Some(unknown) = parts.iter().find(|part| !PARTS.contains(&part.as_str())) {
        bail!("{unknown} is no part of the bench; there are {}", PARTS.join(", "));
    }
    ensure!(!documents || parts.is_empty(), "the documentation is written from a run of all parts");
    tools::require()?;
    let stand = Stand { release: Release::build()?, aws: FakeAws::start()? };
    let mut table = Table::default();
    for part in PARTS.iter().filter(|part| parts.is_empty() || parts.iter().any(|wanted| wanted == *part)) {
        table.extend(stand.measure(part)?);
    }
    table.publish(&stand.release, documents)
}

/// In the order of the table.
const PARTS: [&str; 13] = [
    "calls",
    "starts",
    "follow",
    "shipping",
    "sizes",
    "mail",
    "extraction",
    "lookups",
    "analysis",
    "hunting",
    "snapshot",
    "instructions",
    "limits",
];

struct Stand {
    release: Release,
    aws: FakeAws,
}

impl Stand {
    fn measure(&self, part: &str) -> Result<Measured> {
        let Self { release, aws } = self;
        let given = |variable| env::var_os(variable).map(PathBuf::from);
        Ok(match part {
            "calls" => calls::measure(release, aws)?,
            "starts" => starts::measure(release, aws)?,
            "follow" => follow::measure(release)?.into(),
            "shipping" => shipping::measure(release, aws)?.into(),
            "sizes" => sizes::measure(release)?.into(),
            "mail" => mail::measure(release)?.into(),
            "extraction" => {
                let mut rows = extraction::measure(release, given("TRIAGE_CORPUS").as_deref())?;
                if let Some(folder) = given("TRIAGE_IOC_CORPUS") {
                    rows.extend(conformance::measure(&folder)?);
                }
                rows.into()
            }
            "lookups" => lookups::measure()?.into(),
            "analysis" => analysis::measure(release, given("TRIAGE_STORM").as_deref())?.into(),
            "hunting" => hunting::measure(release)?.into(),
            "snapshot" => snapshot::measure(release, aws)?,
            "instructions" => instructions::measure(release)?.into(),
            "limits" => limits::measure(aws)?.into(),
            other => bail!("{other} is no part of the bench"),
        })
    }
}

/// Tells whoever waits what is going on.
#[expect(clippy::print_stderr, reason = "progress is for the person at the terminal")]
fn tell(what: &str) {
    eprintln!("... {what}");
}
