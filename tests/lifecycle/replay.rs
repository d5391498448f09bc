//! A dead-letter queue goes back by `triage dlq replay` once what was broken is whole again.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use tests::alerts::{brute_force, key};
use tests::deployed::{ends, mails, publish};
use tokio::process::Command;

use crate::border::Refusal;
use crate::trial::Trial;

/// SES takes no mail from this sender: the notice goes to the dead-letter queue at once.
const REJECTED: Refusal = Refusal {
    action: "ses:SendRawEmail",
    code: "MessageRejected",
    message: "Email address is not verified.",
};

/// One notice that SES rejected, and one whose mail was sent long ago, lie in the same dead-letter queue.
pub async fn a_replay_repeats_no_mail(trial: &Trial<'_>) -> Result<()> {
    let dead_letters = trial.deployed.queue_url("notices-dlq")?;
    trial.site.drain(dead_letters).await?;
    let (told, poison) = (brute_force("203.0.113.24"), brute_force("203.0.113.24"));
    let (told_key, poison_key) = (key(&told)?, key(&poison)?);

    let notice = notice_of(trial, &told).await?;
    ends(trial.site, &[told_key.as_str()], 1).await?;
    trial.refuse("notify", REJECTED)?;
    publish(trial.site, &[poison.to_string()]).await?;
    let ended = ends(trial.site, &[poison_key.as_str()], 1).await?;
    ensure!(ended.iter().all(|end| end.outcome == "dead_lettered"), "{ended:?}");
    trial.border.let_through();
    // As if the stage had died over it after SES took the mail and before SQS heard of that.
    trial.site.sqs.send_message().queue_url(dead_letters).message_body(notice).send().await?;

    // What comes later than the second in which it is called is left to the next call.
    tokio::time::sleep(Duration::from_secs(2)).await;
    let replayed = triage(trial, &["dlq", "replay", "notices", "--json"]).await?;
    ensure!(replayed["replayed"] == 2, "{replayed}");
    let ended = ends(trial.site, &[poison_key.as_str()], 2).await?;
    ensure!(ended.iter().any(|end| end.outcome == "notified"), "{ended:?}");
    // Long enough for what should not come.
    let until = Instant::now() + Duration::from_secs(5);
    while Instant::now() < until {
        for about in [&told_key, &poison_key] {
            let mails = mails(trial.site, about).await?;
            ensure!(mails.len() == 1, "{} mails about {about}", mails.len());
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    ensure!(trial.site.drain(dead_letters).await?.is_empty(), "something came back");
    Ok(())
}

/// Lets an alert become a notice and a mail; answers with the notice, seen on its way.
async fn notice_of(trial: &Trial<'_>, alert: &Value) -> Result<String> {
    let notices = &trial.site.stack.outputs.queues.notices;
    trial.let_read("notices", false).await?;
    publish(trial.site, &[alert.to_string()]).await?;
    let until = Instant::now() + Duration::from_mins(1);
    let notice = loop {
        let request = trial.site.sqs.receive_message().queue_url(notices).visibility_timeout(0);
        let seen = request.send().await?.messages.unwrap_or_default().pop();
        if let Some(notice) = seen.and_then(|message| message.body) {
            break notice;
        }
        ensure!(Instant::now() < until, "the alert has not become a notice");
        tokio::time::sleep(Duration::from_millis(300)).await;
    };
    trial.let_read("notices", true).await?;
    Ok(notice)
}

/// Runs the program that was built with the stack.
async fn triage(trial: &Trial<'_>, arguments: &[&str]) -> Result<Value> {
    let stack = &trial.site.stack;
    let mut command = Command::new(stack.publisher.with_file_name("triage"));
    command.args(arguments).args(["--name", crate::DEPLOYMENT]).envs([
        ("AWS_ENDPOINT_URL", stack.endpoint.as_str()),
        ("AWS_REGION", &stack.region),
        ("AWS_ACCESS_KEY_ID", "test"),
        ("AWS_SECRET_ACCESS_KEY", "test"),
        ("AWS_EC2_METADATA_DISABLED", "true"),
    ]);
    let done = command.output().await.context("could not run triage")?;
    let said = String::from_utf8_lossy(&done.stderr).into_owned();
    ensure!(done.status.success(), "triage {arguments:?}: {}: {said}", done.status);
    serde_json::from_slice(&done.stdout).with_context(|| format!("triage {arguments:?} says no JSON: {said}"))
}
