//! What this test knows of the deployment beyond the outputs: by the state, as Terraform has made it.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use jiff::Timestamp;
use serde_json::Value;
use sha2::{Digest, Sha256};
use tests::Site;

use crate::calls::Call;
use crate::policy::Permission;
use crate::state::State;

/// Addresses, names and numbers of one deployment.
#[derive(Debug)]
pub struct Deployed {
    /// URL and ARN, by the name without the deployment's.
    queues: BTreeMap<String, (String, String)>,
    /// The role and the key id of each function, by its name.
    functions: BTreeMap<String, (String, String)>,
    canary: Canary,
    pub mail_events_topic: String,
    /// How often a message comes before it is a dead letter.
    pub max_receive_count: u64,
}

/// What Scheduler sends, and as whom.
#[derive(Debug)]
struct Canary {
    queue_arn: String,
    role: String,
    input: String,
}

impl Deployed {
    pub fn read(state: &State, deployment: &str) -> Result<Self> {
        let prefix = format!("{deployment}-");
        let mut queues = BTreeMap::new();
        for queue in state.all("aws_sqs_queue") {
            let name = queue.text("name")?.trim_start_matches(&prefix).to_owned();
            queues.insert(name, (queue.text("url")?.to_owned(), queue.text("arn")?.to_owned()));
        }
        let mut functions = BTreeMap::new();
        for function in state.all("aws_lambda_function") {
            let (arn, role) = (function.text("arn")?, function.text("role")?);
            let role_name = role.rsplit('/').next().unwrap_or_default().to_owned();
            functions.insert(function.text("function_name")?.to_owned(), (role_name, key_id(arn, role)));
        }
        let canary = format!("{prefix}canary");
        let schedule = state.all("aws_scheduler_schedule").find(|one| one.text("name").ok() == Some(&canary));
        let target = &schedule.context("no schedule of a canary")?.value("target")[0];
        let text = |name: &str| Some(target[name].as_str()?.to_owned());
        let canary = Canary {
            queue_arn: text("arn").context("a canary without a target")?,
            role: text("role_arn")
                .and_then(|arn| Some(arn.rsplit_once('/')?.1.to_owned()))
                .context("no role")?,
            input: text("input").context("a canary without an alert")?,
        };
        let events = format!("{prefix}mail-events");
        let topic = state.all("aws_sns_topic").find(|one| one.text("name").ok() == Some(&events));
        let redrive = state.all("aws_sqs_queue_redrive_policy").next().context("no redrive policy")?;
        let redrive: Value = serde_json::from_str(redrive.text("redrive_policy")?)?;
        Ok(Self {
            queues,
            functions,
            canary,
            mail_events_topic: topic.context("no topic of mail events")?.text("arn")?.to_owned(),
            max_receive_count: redrive["maxReceiveCount"].as_u64().context("no maxReceiveCount")?,
        })
    }

    pub fn queue_url(&self, queue: &str) -> Result<&str> {
        self.queues.get(queue).map(|(url, _)| url.as_str()).with_context(|| format!("no queue {queue}"))
    }

    pub fn queue_arn(&self, queue: &str) -> Result<&str> {
        self.queues.get(queue).map(|(_, arn)| arn.as_str()).with_context(|| format!("no queue {queue}"))
    }

    pub fn key_of(&self, function: &str) -> Result<&str> {
        self.functions
            .get(function)
            .map(|(_, key)| key.as_str())
            .with_context(|| format!("no function {function}"))
    }

    /// Every function with its role and its key.
    pub fn functions(&self) -> impl Iterator<Item = (&str, &str)> {
        self.functions.values().map(|(role, key)| (role.as_str(), key.as_str()))
    }

    /// What Scheduler does every hour: it puts an id and a time into the alert, and sends it to its target. The emulator's
    /// leaves them out.
    pub async fn send_canary(&self, site: &Site) -> Result<()> {
        let id = uuid::Uuid::new_v4().to_string();
        let now = Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
        let alert = self.canary.input.replace("<aws.scheduler.execution-id>", &id);
        let alert = alert.replace("<aws.scheduler.scheduled-time>", &now);
        let (url, _) =
            self.queues.values().find(|(_, arn)| *arn == self.canary.queue_arn).context("no such queue")?;
        site.sqs.send_message().queue_url(url).message_body(alert).send().await?;
        Ok(())
    }

    /// Whether the role of the schedule lets it do that.
    pub fn canary_may_fly(&self, permissions: &[Permission]) -> bool {
        let call = Call { action: "sqs:SendMessage".to_owned(), resource: self.canary.queue_arn.clone() };
        permissions.iter().any(|permission| permission.role == self.canary.role && permission.allows(&call))
    }
}

/// The id of the key that the emulator gives to the workers of a function.
fn key_id(function_arn: &str, role_arn: &str) -> String {
    let digest = Sha256::digest(format!("{function_arn}:{role_arn}"));
    let digits = digest.iter().take(8).map(|byte| format!("{byte:02X}"));
    format!("ASIA{}", digits.collect::<String>())
}
