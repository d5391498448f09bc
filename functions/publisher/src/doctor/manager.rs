//! Files of the manager: configuration, program, `ossec.conf`, rules, and where events go.

use std::fs;
use std::os::unix::net::UnixDatagram;
use std::path::Path;

use super::findings::Finding;
use super::rights::{READ, RUN, Rights, WRITE};
use crate::config::Config;
use crate::destination::{Profile, QueueUrl};
use crate::home::INTEGRATION;
use crate::install::layout::Layout;
use crate::install::ossec_conf::{OssecConf, Section};
use crate::install::owners::Owners;
use crate::install::plan::LIST;
use crate::relay::settings::Target;

/// Files with secrets or settings, which the service must read and nobody else should.
pub fn config(layout: &Layout, config: &Config, owners: Option<Owners>) -> Vec<Finding> {
    let mut findings = vec![Finding::ok("the configuration is right")];
    let api = config.relay.api.as_ref().map(|api| api.password_file.clone());
    let secret = [config.access.credentials_file.clone(), api];
    for path in secret.into_iter().flatten() {
        findings.push(readable(&path, owners, true));
    }
    if layout.config().exists() {
        findings.push(readable(&layout.config(), owners, false));
    }
    findings
}

fn readable(path: &Path, owners: Option<Owners>, is_secret: bool) -> Finding {
    let shown = path.display();
    let rights = match Rights::of(path) {
        Ok(rights) => rights,
        Err(error) => {
            return Finding::fail(format!("{shown} cannot be read ({error})"), "name the right file");
        }
    };
    if owners.is_some_and(|owners| !rights.allow_wazuh(owners, READ)) {
        let cure = format!("chown root:wazuh {shown} && chmod 0640 {shown}");
        return Finding::fail(format!("the user wazuh cannot read {shown}"), cure);
    }
    if is_secret && rights.allow_others(READ | WRITE) {
        return Finding::fail(format!("everybody may read or write {shown}"), format!("chmod o= {shown}"));
    }
    Finding::ok(format!("{shown} can be read by the user wazuh"))
}

/// integratord refuses a program that its own user could write.
pub fn program(layout: &Layout, owners: Option<Owners>) -> Vec<Finding> {
    let path = layout.integration();
    let shown = path.display();
    let Ok(metadata) = fs::symlink_metadata(&path) else {
        return vec![if has_block(layout) {
            Finding::fail(format!("{shown} is not there"), "wazuh-publisher install")
        } else {
            Finding::ok(format!("{shown} is not there, and nothing calls it"))
        }];
    };
    if metadata.is_symlink() {
        // The program knows its role by its own file name.
        let cure = "put a copy there: wazuh-publisher install";
        return vec![Finding::fail(format!("{shown} is a symbolic link"), cure)];
    }
    let rights = Rights::from(&metadata);
    let cure = format!("chown root:wazuh {shown} && chmod 0750 {shown}");
    let Some(owners) = owners else { return Vec::new() };
    vec![if rights.allow_wazuh(owners, WRITE) {
        Finding::fail(format!("{shown} can be written by the user wazuh: integratord refuses it"), cure)
    } else if !rights.allow_wazuh(owners, READ | RUN) {
        Finding::fail(format!("{shown} cannot be run by the user wazuh"), cure)
    } else if rights.user != 0 || rights.mode != 0o750 {
        Finding::warn(format!("{shown} is not of root with mode 0750 (it has {:04o})", rights.mode), cure)
    } else {
        Finding::ok(format!("{shown} is in its place, root:wazuh 0750"))
    }]
}

/// Whether integratord is told to call the program.
pub fn has_block(layout: &Layout) -> bool {
    let text = fs::read_to_string(layout.ossec_conf()).unwrap_or_default();
    OssecConf::parse(&text).is_ok_and(|conf| conf.integrations(INTEGRATION).next().is_some())
}

/// What Wazuh's own configuration says of the integration, of `alerts.json` and of the list.
pub fn ossec_conf(layout: &Layout) -> Vec<Finding> {
    let path = layout.ossec_conf();
    let shown = path.display();
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) => {
            return vec![Finding::fail(format!("{shown} cannot be read ({error})"), "run this as root")];
        }
    };
    let conf = match OssecConf::parse(&text) {
        Ok(conf) => conf,
        Err(unreadable) => {
            return vec![Finding::fail(
                format!("{shown}, {unreadable}"),
                "/var/ossec/bin/wazuh-control configtest",
            )];
        }
    };
    let mut findings = Vec::new();
    let blocks: Vec<&Section> = conf.integrations(INTEGRATION).collect();
    for block in &blocks {
        let problems = problems(block);
        if problems.is_empty() {
            let level = block.get("level").unwrap_or("0");
            findings.push(Finding::ok(format!(
                "{shown} hands alerts of level {level} and above to {INTEGRATION}"
            )));
        }
        let named =
            |problem| Finding::fail(format!("<integration> of {INTEGRATION} in {shown}: {problem}"), CORRECT);
        findings.extend(problems.into_iter().map(named));
    }
    let mut globals = conf.sections.iter().filter(|section| section.name == "global");
    if globals.next_back().and_then(|global| global.get("jsonout_output")) == Some("no") {
        findings.push(Finding::fail(
            format!("{shown} turns alerts.json off"),
            "<jsonout_output>yes</jsonout_output>",
        ));
    }
    findings.push(if conf.has_list(LIST) {
        Finding::ok(format!("{shown} declares {LIST}"))
    } else {
        Finding::warn(
            format!("{shown} does not declare the list of confirmed indicators"),
            format!("wazuh-publisher install, or <list>{LIST}</list> in <ruleset>"),
        )
    });
    findings
}

/// Where integratord's block sends alerts.
#[derive(Clone, Debug)]
pub struct Hook {
    pub queue_url: QueueUrl,
    pub profile: Option<Profile>,
}

pub fn hook(layout: &Layout) -> Option<Hook> {
    let text = fs::read_to_string(layout.ossec_conf()).ok()?;
    let conf = OssecConf::parse(&text).ok()?;
    let block = conf.integrations(INTEGRATION).next()?;
    let queue_url = QueueUrl::try_from(block.get("hook_url")?.to_owned()).ok()?;
    let profile = block.get("api_key").and_then(|name| Profile::try_from(name.to_owned()).ok());
    Some(Hook { queue_url, profile })
}

const CORRECT: &str = "correct it and restart wazuh-manager";

/// Elements that Wazuh knows; any other one stops its configuration.
const KNOWN: [&str; 12] = [
    "name",
    "hook_url",
    "api_key",
    "level",
    "rule_id",
    "group",
    "event_location",
    "alert_format",
    "max_log",
    "timeout",
    "retries",
    "options",
];

fn problems(block: &Section) -> Vec<String> {
    let mut problems = Vec::new();
    for (name, text) in &block.children {
        if !KNOWN.contains(name) {
            problems.push(format!("<{name}> is not known to Wazuh"));
        } else if text.is_empty() {
            problems.push(format!("<{name}> is empty"));
        }
    }
    if block.get("alert_format") != Some("json") {
        problems.push("<alert_format> is not json".to_owned());
    }
    if let Some(Err(problem)) = block.get("hook_url").map(|url| QueueUrl::try_from(url.to_owned())) {
        problems.push(format!("<hook_url>: {problem}"));
    }
    if let Some(Err(problem)) = block.get("api_key").map(|name| Profile::try_from(name.to_owned())) {
        problems.push(format!("<api_key>: {problem}"));
    }
    problems
}

pub fn rules(layout: &Layout) -> Vec<Finding> {
    let path = layout.rules().join("wazuh-triage-rules.xml");
    vec![if path.is_file() {
        Finding::ok(format!("{} is there", path.display()))
    } else {
        let what = format!("{} is not there: events that come back fire no rule", path.display());
        Finding::warn(what, "wazuh-publisher install")
    }]
}

/// Whether the manager takes events.
pub fn target(target: &Target) -> Vec<Finding> {
    vec![match target {
        Target::File(path) => match path.parent().filter(|folder| folder.is_dir()) {
            Some(_) => Finding::ok(format!("events go to {}", path.display())),
            None => Finding::fail(format!("the folder of {} is not there", path.display()), "make it"),
        },
        Target::Socket(path) => {
            let shown = path.display();
            match UnixDatagram::unbound().and_then(|socket| socket.connect(path)) {
                Ok(()) => Finding::ok(format!("analysisd listens at {shown}")),
                Err(error) if error.kind() == std::io::ErrorKind::PermissionDenied => Finding::fail(
                    format!("{shown} cannot be written ({error})"),
                    "run this as the user wazuh or root",
                ),
                Err(error) => Finding::fail(
                    format!("analysisd does not listen at {shown} ({error})"),
                    "start wazuh-manager",
                ),
            }
        }
    }]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_that_wazuh_or_the_publisher_would_refuse_is_named() {
        for (block, expected) in [
            ("<hook_url>https://a/q</hook_url><alert_format>json</alert_format>", ""),
            ("<alert_format>json</alert_format>", ""),
            (
                "<hook_url>queue</hook_url><alert_format>json</alert_format>",
                "<hook_url>: it does not begin with https://",
            ),
            ("<hook_url>https://a/q</hook_url>", "<alert_format> is not json"),
            ("<level/><alert_format>json</alert_format>", "<level> is empty"),
            ("<queue>x</queue><alert_format>json</alert_format>", "<queue> is not known to Wazuh"),
            (
                "<api_key>AKIAIOSFODNN7EXAMPLE</api_key><alert_format>json</alert_format>",
                "<api_key>: it looks like an AWS key",
            ),
        ] {
            let text = format!(
                "<ossec_config><integration><name>custom-wazuh-triage</name>{block}</integration></ossec_config>"
            );
            let conf = OssecConf::parse(&text).unwrap();
            let found = problems(conf.integrations(INTEGRATION).next().unwrap()).join("; ");
            assert_eq!(found.is_empty(), expected.is_empty(), "{block}: {found}");
            assert!(found.contains(expected) && !found.contains("AKIA"), "{block}: {found}");
        }
    }
}
