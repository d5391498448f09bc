//! Terraform: applied to the emulator from a copy of the project's folder, so that nothing is left in the source tree.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::process::Command;

use crate::cli::Settings;
use crate::progress::Step;
use crate::tools::Tool;
use crate::{folders, mirror, process, project};

/// What `terraform/examples/local` says about the stack.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Outputs {
    pub queues: Queues,
    pub dead_letter_queues: Queues,
    pub tables: Tables,
    pub functions: Functions,
    pub log_groups: Functions,
    pub parameters: Parameters,
    pub mail: MailAddresses,
}

/// URLs.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Queues {
    pub alerts: String,
    pub enriched: String,
    pub notices: String,
    pub feedback: String,
}

impl Queues {
    pub fn all(&self) -> [(&'static str, &str); 4] {
        [
            ("alerts", &self.alerts),
            ("enriched", &self.enriched),
            ("notices", &self.notices),
            ("feedback", &self.feedback),
        ]
    }
}

/// Names.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Tables {
    pub claims: String,
    pub intel: String,
    pub incidents: String,
    pub analyses: String,
    pub sightings: String,
    pub deliveries: String,
}

/// Names of functions, or of their log groups.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Functions {
    pub enrich: String,
    pub analyze: String,
    pub notify: String,
    pub ingest: String,
    pub hunt: String,
}

impl Functions {
    pub fn all(&self) -> [(&'static str, &str); 5] {
        [
            ("enrich", &self.enrich),
            ("analyze", &self.analyze),
            ("notify", &self.notify),
            ("ingest", &self.ingest),
            ("hunt", &self.hunt),
        ]
    }
}

/// Names in the parameter store.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Parameters {
    pub abuseipdb_key: String,
    pub misp_key: String,
    pub otx_key: String,
    pub model_key: String,
}

impl Parameters {
    pub fn all(&self) -> [&str; 4] {
        [&self.abuseipdb_key, &self.misp_key, &self.otx_key, &self.model_key]
    }
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct MailAddresses {
    pub from: String,
    pub to: Vec<String>,
}

/// What the configuration is told.
#[derive(Debug, Serialize)]
pub(crate) struct Variables<'a> {
    pub endpoint: &'a str,
    pub artifacts_dir: &'a Path,
    pub providers_url: &'a str,
    pub model_url: &'a str,
    pub documentation_addresses: &'static str,
    pub architecture: &'static str,
    pub name: &'static str,
    /// How long an incident is silent; Terraform's default where it is not said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub update_after: Option<&'static [&'static str]>,
    /// How many mails the group `default` gets; as many as there are where it is not said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mail_limits: Option<MailLimits>,
    /// Whether there are alarms, the canary, and a way back for what becomes of mails.
    pub watched: bool,
}

/// Mails at once and an hour, and the same for the gravest alerts.
#[derive(Debug, Serialize)]
pub(crate) struct MailLimits {
    pub per_hour: u32,
    pub burst: u32,
    pub severe_per_hour: u32,
    pub severe_burst: u32,
}

/// A copy of the configuration with a state of its own.
#[derive(Debug)]
pub(crate) struct Terraform {
    folder: PathBuf,
    log: PathBuf,
    plugin_cache: PathBuf,
    mirror: Option<PathBuf>,
    unset_configuration: bool,
}

impl Terraform {
    pub(crate) fn copy_into(run: &Path, log: PathBuf, cache: &Path, settings: &Settings) -> Result<Self> {
        let copy = run.join("terraform");
        let mirror = settings.terraform_mirror.clone().or_else(|| {
            let implied = mirror::implied(settings.home.as_deref(), settings.xdg_data_home.as_deref());
            mirror::find(&implied, &mirror::usual(), &mirror::platform())
        });
        // A lock file may ask for another version than the mirror holds; for a throwaway stack any allowed one will do.
        let wanted = if mirror.is_some() { is_source } else { is_source_or_lock };
        folders::copy(&project::folder().join("terraform"), &copy, wanted)?;
        let unset_configuration =
            settings.terraform_configuration.as_deref().is_some_and(|configuration| !configuration.exists());
        let plugin_cache = cache.to_owned();
        Ok(Self { folder: copy.join("examples/local"), log, plugin_cache, mirror, unset_configuration })
    }

    /// Fetches the provider, once for all runs.
    pub(crate) async fn init(&self, step: &Step) -> Result<()> {
        fs::create_dir_all(&self.plugin_cache)?;
        // Terraform's plugin cache is not safe for two at a time.
        let _lock = folders::lock(&self.plugin_cache.with_extension("lock")).await?;
        let mut command = self.command();
        command.args(["init", "-input=false", "-no-color"]);
        if let Some(mirror) = &self.mirror {
            command.arg(format!("-plugin-dir={}", mirror.display()));
        }
        process::run(&mut command, &self.log, Duration::from_mins(10), step).await
    }

    pub(crate) async fn apply(&self, variables: &Variables<'_>, step: &Step) -> Result<()> {
        let file = self.folder.join("local.auto.tfvars.json");
        fs::write(&file, serde_json::to_vec_pretty(variables)?)?;
        let mut command = self.command();
        command.args([
            "apply",
            "-auto-approve",
            "-input=false",
            "-no-color",
            "-parallelism=40",
            "-compact-warnings",
        ]);
        process::run(&mut command, &self.log, Duration::from_mins(7), step).await
    }

    /// What another `apply` would change, and everything that is there: the JSON of a plan.
    pub(crate) async fn plan(&self, step: &Step) -> Result<Value> {
        const FILE: &str = "second.tfplan";
        let mut command = self.command();
        command.args(["plan", "-input=false", "-no-color", "-parallelism=40", "-out", FILE]);
        process::run(&mut command, &self.log, Duration::from_mins(5), step).await?;
        let mut command = self.command();
        command.args(["show", "-json", FILE]);
        let text = process::output(&mut command, Duration::from_mins(1)).await?;
        serde_json::from_slice(&text).context("terraform's plan is not readable")
    }

    pub(crate) async fn destroy(&self, step: &Step) -> Result<()> {
        let mut command = self.command();
        command.args(["destroy", "-auto-approve", "-input=false", "-no-color", "-parallelism=40"]);
        process::run(&mut command, &self.log, Duration::from_mins(7), step).await
    }

    pub(crate) async fn outputs(&self) -> Result<Outputs> {
        let mut command = self.command();
        command.args(["output", "-json", "-no-color"]);
        let text = process::output(&mut command, Duration::from_mins(1)).await?;
        read_outputs(&text)
    }

    fn command(&self) -> Command {
        let mut command = Command::new(Tool::Terraform.program());
        command
            .current_dir(&self.folder)
            .env("TF_IN_AUTOMATION", "1")
            .env("CHECKPOINT_DISABLE", "1")
            .env("AWS_EC2_METADATA_DISABLED", "true");
        for theirs in ["TF_DATA_DIR", "TF_WORKSPACE", "TF_CLI_ARGS", "AWS_PROFILE", "AWS_ENDPOINT_URL"] {
            command.env_remove(theirs);
        }
        if self.mirror.is_none() {
            command
                .env("TF_PLUGIN_CACHE_DIR", &self.plugin_cache)
                .env("TF_PLUGIN_CACHE_MAY_BREAK_DEPENDENCY_LOCK_FILE", "true");
        }
        if self.unset_configuration {
            command.env_remove("TF_CLI_CONFIG_FILE");
        }
        command
    }
}

fn read_outputs(text: &[u8]) -> Result<Outputs> {
    #[derive(Deserialize)]
    struct Output {
        value: Value,
    }
    let outputs: serde_json::Map<String, Value> = serde_json::from_slice(text)?;
    let mut plain = serde_json::Map::new();
    for (name, output) in outputs {
        plain.insert(name, parse::<Output>(output)?.value);
    }
    parse(Value::Object(plain))
        .context("terraform/examples/local does not have the outputs that are expected")
}

fn parse<T: DeserializeOwned>(value: Value) -> serde_json::Result<T> {
    serde_json::from_value(value)
}

fn is_source(name: &str) -> bool {
    is_source_or_lock(name) && name != ".terraform.lock.hcl"
}

/// Leaves out what `terraform` writes, and the tests' own folders.
fn is_source_or_lock(name: &str) -> bool {
    name != ".terraform" && !name.contains(".tfstate") && !name.ends_with(".tfplan") && name != "tests"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outputs_are_read_by_name() {
        let queues = r#"{"sensitive":false,"type":["object",{}],"value":{"alerts":"a","enriched":"e","notices":"n","feedback":"f"}}"#;
        let names = r#"{"value":{"enrich":"1","analyze":"2","notify":"3","ingest":"4","hunt":"5"}}"#;
        let text = format!(
            r#"{{"queues":{queues},"dead_letter_queues":{queues},"functions":{names},"log_groups":{names},
            "tables":{{"value":{{"claims":"c","intel":"i","incidents":"x","analyses":"y","sightings":"s","deliveries":"d"}}}},
            "parameters":{{"value":{{"abuseipdb_key":"/a","misp_key":"/i","otx_key":"/o","model_key":"/m"}}}},
            "mail":{{"value":{{"from":"a@b","to":["c@d"]}}}},"more":{{"value":1}}}}"#
        );
        let outputs = read_outputs(text.as_bytes()).unwrap();
        assert_eq!(outputs.queues.all().map(|(_, url)| url), ["a", "e", "n", "f"]);
        assert_eq!(outputs.functions.notify, "3");
        assert_eq!(outputs.parameters.all(), ["/a", "/i", "/o", "/m"]);
        assert!(read_outputs(b"{}").unwrap_err().to_string().contains("examples/local"));
    }

    #[test]
    fn only_sources_are_copied() {
        for (name, wanted) in [
            ("main.tf", true),
            ("modules", true),
            (".terraform.lock.hcl", false),
            (".terraform", false),
            ("terraform.tfstate.backup", false),
            ("x.tfplan", false),
        ] {
            assert_eq!(is_source(name), wanted, "{name}");
        }
        assert!(is_source_or_lock(".terraform.lock.hcl"));
    }
}
