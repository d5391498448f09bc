//! `doctor`: everything that can be wrong on a manager, each with its cure. Changes nothing and prints no secret.

mod aws;
mod clock;
pub mod findings;
mod intake;
mod lists;
mod manager;
mod part;
mod rights;
mod spool;

use jiff::Timestamp;

pub use findings::{Finding, Level};

use crate::config::{Config, Problems};
use crate::install::layout::Layout;
use crate::install::owners::Owners;

/// What is looked at.
pub struct Checkup<'a> {
    pub layout: &'a Layout,
    pub config: Result<&'a Config, &'a Problems>,
    pub now: Timestamp,
}

impl Checkup<'_> {
    /// Looks at everything; what a wrong configuration leaves open is not looked at.
    pub async fn examine(&self) -> Vec<Finding> {
        let Self { layout, config, now } = *self;
        let owners = Owners::of(layout.root());
        let mut findings = Vec::new();
        if owners.is_none() {
            let what = format!("there is no user and group wazuh in {}", layout.root().join("etc").display());
            findings.push(Finding::fail(what, "run this on a Wazuh 4 manager"));
        }
        match config {
            Ok(config) => findings.extend(manager::config(layout, config, owners)),
            Err(problems) => findings.extend(problems.each().map(|problem| {
                Finding::fail(format!("the configuration is wrong: {problem}"), "correct that setting")
            })),
        }
        findings.extend(manager::program(layout, owners));
        findings.extend(manager::ossec_conf(layout));
        findings.extend(manager::rules(layout));
        let Ok(config) = config else { return findings };
        findings.extend(intake::intake(layout, config, owners));
        findings.extend(manager::target(&config.relay.to));
        findings.extend(lists::lists(layout, config, now).await);
        findings.extend(spool::spool(&config.spool, owners, now));
        findings.extend(aws::no_certificates(&config.access));
        findings.extend(aws::queues(config, manager::hook(layout), now).await);
        findings
    }
}
