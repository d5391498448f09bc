//! How alerts come: the service that reads `alerts.json`, a block for integratord, or by mistake neither or both.

use std::fs;
use std::path::Path;

use super::findings::Finding;
use super::manager::has_block;
use super::rights::{READ, RUN, Rights};
use crate::config::{Config, Intake};
use crate::failure::chain;
use crate::follow::{FollowOptions, has_checkpoint};
use crate::install::layout::Layout;
use crate::install::owners::Owners;
use crate::status::{self, Status};

/// The resident service, as it is now.
enum Service {
    Answers(Box<Status>),
    /// By systemd, and it does not answer.
    Enabled,
    Absent,
}

pub fn intake(layout: &Layout, config: &Config, owners: Option<Owners>) -> Vec<Finding> {
    let service = Service::of(layout, config);
    let mut findings: Vec<Finding> = service.finding().into_iter().collect();
    let is_there = !matches!(service, Service::Absent);
    let conf = layout.ossec_conf();
    let conf = conf.display();
    findings.extend(match (has_block(layout), config.intake(), is_there) {
        (true, Intake::Follow, true) => Some(Finding::warn(
            "alerts come twice: from integratord and from the service that follows alerts.json",
            "take the <integration> block away (wazuh-publisher install; by hand what a hand wrote), \
             or set intake = \"integration\" in wazuh-triage.toml and restart the service",
        )),
        (true, Intake::Follow, false) => Some(Finding::warn(
            "integratord hands alerts over, and a service, if one is started, sends them a second time",
            "systemctl enable --now wazuh-publisher and wazuh-publisher install, \
             or set intake = \"integration\" in wazuh-triage.toml",
        )),
        (false, Intake::Follow, false) => Some(Finding::fail(
            "no alert reaches the publisher: the service that follows alerts.json is not enabled",
            "systemctl enable --now wazuh-publisher",
        )),
        (false, Intake::Integration, _) => Some(Finding::fail(
            format!(
                "no alert reaches the publisher: intake is integration, and {conf} has no <integration> block"
            ),
            "wazuh-publisher install --intake integration, or set intake = \"follow\" in wazuh-triage.toml",
        )),
        (false, Intake::Follow, true) | (true, Intake::Integration, _) => None,
    });
    if let Some(options) = &config.follow {
        findings.push(alerts(&options.alerts, owners));
        findings.push(checkpoint(options));
    }
    findings
}

impl Service {
    fn of(layout: &Layout, config: &Config) -> Self {
        let enabled = "etc/systemd/system/multi-user.target.wants/wazuh-publisher.service";
        match status::ask(&config.spool) {
            Ok(status) => Self::Answers(Box::new(status)),
            Err(_) if fs::symlink_metadata(layout.root().join(enabled)).is_ok() => Self::Enabled,
            Err(_) => Self::Absent,
        }
    }

    fn finding(&self) -> Option<Finding> {
        match self {
            Self::Answers(status) => {
                let follow = status.follow.as_ref();
                let problem = follow.and_then(|follow| Some((&follow.path, follow.last_error.as_ref()?)));
                Some(match problem {
                    Some((path, problem)) => Finding::fail(
                        format!("the service runs, and {} waits: {problem}", path.display()),
                        "it tries again by itself when that is cured",
                    ),
                    None => Finding::ok(format!(
                        "the service runs: {} sent, {} waiting",
                        status.sent, status.waiting
                    )),
                })
            }
            Self::Enabled => Some(Finding::fail(
                "the service is enabled, and does not answer",
                "systemctl status wazuh-publisher; then systemctl restart wazuh-publisher",
            )),
            Self::Absent => None,
        }
    }
}

fn alerts(path: &Path, owners: Option<Owners>) -> Finding {
    let shown = path.display();
    let Ok(metadata) = fs::symlink_metadata(path) else {
        let what = format!("{shown} is not there yet; the service waits for it");
        return Finding::warn(what, "start wazuh-manager, with <jsonout_output>yes</jsonout_output>");
    };
    if !metadata.is_file() {
        let cure = "let Wazuh make it, with <jsonout_output>yes</jsonout_output> in ossec.conf";
        return Finding::fail(format!("{shown} is not a file"), cure);
    }
    let folder = path.parent().and_then(|folder| Rights::of(folder).ok());
    let may_read = |owners: Owners| {
        let may_enter = folder.is_none_or(|folder| folder.allow_wazuh(owners, READ | RUN));
        may_enter && Rights::from(&metadata).allow_wazuh(owners, READ)
    };
    if owners.is_some_and(|owners| !may_read(owners)) {
        let folder = path.parent().unwrap_or(path).display();
        let cure = format!("chown wazuh:wazuh {folder} {shown} && chmod 0750 {folder} && chmod 0640 {shown}");
        return Finding::fail(format!("the user wazuh cannot read {shown}"), cure);
    }
    Finding::ok(format!("{shown} can be read by the user wazuh"))
}

fn checkpoint(options: &FollowOptions) -> Finding {
    let shown = options.checkpoint.display();
    match has_checkpoint(options) {
        Ok(true) => Finding::ok(format!("the checkpoint {shown} can be gone on from")),
        Ok(false) => Finding::ok(format!("there is no checkpoint {shown} yet: the first start makes it")),
        Err(error) => {
            let text = chain(&error);
            let (what, cure) = text.split_once("; ").unwrap_or((&text, "see docs/publisher.md"));
            Finding::fail(what, cure)
        }
    }
}
