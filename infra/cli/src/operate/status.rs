//! `triage status`: what waits, what is held back, what is left alone, and what today has cost.

mod feeds;
mod mail;
mod model;
mod providers;
mod queues;

use std::path::PathBuf;

use clap::Args;
use jiff::Timestamp;
use lambda::config::Environment;

use super::finding::{self, Finding};
use super::{Account, Paper, Queue, TableError, Target, figures, quota, variables};
use crate::failure::Failure;

#[derive(Debug, Args)]
pub(crate) struct StatusOptions {
    /// Variables of functions, as for `config check`: then limits and the model's breaker are looked at, too.
    #[arg(long = "variables", value_name = "FILE")]
    variables: Vec<PathBuf>,
    #[command(flatten)]
    target: Target,
    /// One JSON document.
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(options: &StatusOptions, environment: &Environment) -> Result<(), Failure> {
    let known = variables::of_files(&options.variables)?;
    let findings = crate::runtime()?.block_on(async {
        let account = Account::open(&options.target, environment).await?;
        let now = Timestamp::now();
        let mut findings = finding::or_unknown("queues", queues::look(&account, now).await)?;
        findings.extend(finding::or_unknown("providers", providers::look(&account, &known, now).await)?);
        findings.extend(finding::or_unknown("feeds", feeds::look(&account, now).await)?);
        findings.extend(finding::or_unknown("model", model::look(&account, &known, now).await)?);
        findings.extend(finding::or_unknown("mails", mail::look(&account, now).await)?);
        findings.extend(finding::or_unknown("SES", quota::look(&account).await)?);
        Ok::<_, Failure>(findings)
    })?;
    finding::report(&findings, options.json, &mut Paper::new(environment))
}

/// So many wait.
fn wait(number: u64) -> String {
    format!("{number} {}", if number == 1 { "waits" } else { "wait" })
}
