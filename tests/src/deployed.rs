//! The deployed pipeline, seen from outside: what goes in, where every alert ends, which mails come out.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use aws_sdk_sqs::types::SendMessageBatchRequestEntry;
use domain::AlertKey;
use jiff::Timestamp;
use local::log_group;
use local::stack::DeliveredMail;
use serde::Deserialize;

use crate::Site;

/// Long enough for a cold start of three functions on a busy machine.
const PATIENCE: Duration = Duration::from_mins(1);
const LOOK_EVERY: Duration = Duration::from_millis(300);

/// One entry of the ledger.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
pub struct End {
    pub timestamp: Timestamp,
    #[serde(rename = "alert.key")]
    pub alert_key: Option<String>,
    #[serde(rename = "message.id")]
    pub message_id: String,
    pub outcome: String,
    pub reason: String,
}

impl End {
    /// The line "alert ended" of a function's log; nothing for any other line.
    pub fn read(line: &str) -> Option<Self> {
        serde_json::from_value(local::ends::entry(line)?).ok()
    }
}

/// Sends bodies to the alerts queue in one batch; answers with their message ids.
pub async fn publish(site: &Site, bodies: &[String]) -> Result<Vec<String>> {
    let mut ids = Vec::new();
    for chunk in bodies.chunks(10) {
        let entries = chunk.iter().enumerate().map(|(index, body)| {
            SendMessageBatchRequestEntry::builder().id(index.to_string()).message_body(body).build()
        });
        let entries = entries.collect::<Result<Vec<_>, _>>()?;
        let queue = &site.stack.outputs.queues.alerts;
        let sent = site.sqs.send_message_batch().queue_url(queue).set_entries(Some(entries)).send().await?;
        if let Some(failed) = sent.failed.first() {
            bail!("SQS refused a message: {failed:?}");
        }
        let mut successful = sent.successful;
        successful.sort_by_key(|entry| entry.id.parse::<usize>().unwrap_or_default());
        ids.extend(successful.into_iter().map(|entry| entry.message_id));
    }
    Ok(ids)
}

/// Waits until `count` entries of the ledger are about these keys or messages, and answers with them.
pub async fn ends(site: &Site, about: &[&str], count: usize) -> Result<Vec<End>> {
    let until = Instant::now() + PATIENCE;
    loop {
        let ends: Vec<End> = all_ends(site)
            .await?
            .into_iter()
            .filter(|end| {
                about.contains(&end.message_id.as_str())
                    || end.alert_key.as_deref().is_some_and(|key| about.contains(&key))
            })
            .collect();
        if ends.len() >= count {
            return Ok(ends);
        }
        if Instant::now() > until {
            bail!("{} of {count} ends after {PATIENCE:?}: {ends:?}", ends.len());
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// Waits for the mails about an alert; there is at least one.
pub async fn mails(site: &Site, key: &AlertKey) -> Result<Vec<DeliveredMail>> {
    let until = Instant::now() + PATIENCE;
    loop {
        let url = format!("{}/api/mails", site.stack.page_url);
        let mails: Vec<DeliveredMail> = reqwest::get(url).await?.json().await?;
        let header = format!("X-Triage-Alert-Key: {key}");
        let about: Vec<DeliveredMail> = mails.into_iter().filter(|mail| mail.raw.contains(&header)).collect();
        if !about.is_empty() {
            return Ok(about);
        }
        if Instant::now() > until {
            bail!("no mail about {key} after {PATIENCE:?}");
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// The text part of a mail.
pub fn text(mail: &DeliveredMail) -> Result<String> {
    let message = mail_parser::MessageParser::default().parse(mail.raw.as_bytes()).context("not a mail")?;
    Ok(message.body_text(0).context("a mail without text")?.into_owned())
}

/// Every line that the deployed functions have logged.
pub async fn log_lines(site: &Site) -> Result<Vec<String>> {
    let mut lines = Vec::new();
    for (_, group) in site.stack.outputs.log_groups.all() {
        lines.extend(log_group::lines(Timestamp::UNIX_EPOCH, &site.aws, group).await?);
    }
    Ok(lines)
}

async fn all_ends(site: &Site) -> Result<Vec<End>> {
    Ok(log_lines(site).await?.iter().filter_map(|line| End::read(line)).collect())
}
