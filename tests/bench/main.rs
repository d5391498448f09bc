//! `make bench`: what a call, a start and a deployment cost, measured on the release builds in one run.

mod alert;
mod analysis;
mod calls;
mod conformance;
mod corpus;
mod extraction;
mod fake_aws;
mod follow;
mod hunting;
mod integratord;
mod lookups;
mod mail;
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

use anyhow::Result;

use crate::fake_aws::FakeAws;
use crate::release::Release;
use crate::table::Table;

fn main() -> Result<ExitCode> {
    tools::require()?;
    let release = Release::build()?;
    let aws = FakeAws::start()?;
    let mut table = Table::default();
    table.extend(calls::measure(&release, &aws)?);
    table.extend(starts::measure(&release, &aws)?);
    table.extend(follow::measure(&release)?);
    table.extend(shipping::measure(&release, &aws)?);
    table.extend(sizes::measure(&release)?);
    table.extend(mail::measure(&release)?);
    let folder = |variable| env::var_os(variable).map(PathBuf::from);
    table.extend(extraction::measure(&release, folder("TRIAGE_CORPUS").as_deref())?);
    table.extend(lookups::measure()?);
    table.extend(analysis::measure(&release, env::var_os("TRIAGE_STORM").map(PathBuf::from).as_deref())?);
    table.extend(hunting::measure(&release)?);
    table.extend(snapshot::measure(&release, &aws)?);
    if let Some(folder) = folder("TRIAGE_IOC_CORPUS") {
        table.extend(conformance::measure(&folder)?);
    }
    table.publish(&release)
}

/// Tells whoever waits what is going on.
#[expect(clippy::print_stderr, reason = "progress is for the person at the terminal")]
fn tell(what: &str) {
    eprintln!("... {what}");
}
