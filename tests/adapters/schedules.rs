//! Schedules as Terraform makes them: found by `triage doctor`, and what comes of one.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use aws_sdk_sqs::types::QueueAttributeName;
use reqwest::Method;
use serde_json::{Value, json};

use crate::deployment::{doctor, finding};
use crate::endpoint::{Endpoint, Made};
use crate::run::{Run, Seen};
use crate::service::Service;

/// A minute, and what the scheduler may be late.
const FIRES_WITHIN: Duration = Duration::from_secs(80);

pub(crate) async fn all(run: &mut Run) {
    let scheduler = Service::Scheduler;
    run.test(scheduler, "schedules are told to be on, off and missing", told).await;
    run.test(scheduler, "the canary's schedule sends what it is told to", fires).await;
}

/// The fields that Terraform sets.
async fn create(endpoint: &Endpoint, name: &str, state: &str, target: &str, input: &Value) -> Result<()> {
    let name = endpoint.full(name);
    let body = json!({
        "ClientToken": name,
        "State": state,
        "ScheduleExpression": "rate(1 minute)",
        "FlexibleTimeWindow": {"Mode": "OFF"},
        "Target": {
            "Arn": target,
            "RoleArn": "arn:aws:iam::000000000000:role/adapters",
            "Input": input.to_string(),
            "RetryPolicy": {"MaximumRetryAttempts": 0, "MaximumEventAgeInSeconds": 60},
        },
    });
    let headers = [("content-type", "application/json")];
    let path = format!("/schedules/{name}");
    let answer = endpoint.signed(Service::Scheduler, Method::POST, &path, &headers, body.to_string()).await?;
    ensure!(answer.status.is_success(), "could not make a schedule: {}", answer.refusal());
    endpoint.made(Made::Schedule(name));
    Ok(())
}

async fn told(endpoint: &Endpoint, seen: &Seen) -> Result<()> {
    let function = "arn:aws:lambda:us-east-1:000000000000:function:adapters";
    create(endpoint, "sweep-analyze", "ENABLED", function, &json!({})).await?;
    create(endpoint, "sweep-notify", "DISABLED", function, &json!({})).await?;
    let findings = doctor(endpoint).await?;
    for (name, level, what) in [
        ("sweep-analyze", "ok", "is on, rate(1 minute)"),
        ("sweep-notify", "problem", "is switched off (DISABLED)"),
        ("hunt", "problem", "is not there"),
        ("canary", "ok", "is not there, and need not be"),
    ] {
        let found = finding(&findings, &format!("schedule {name}"))?;
        ensure!(found["level"] == level && found["what"] == what, "{found}");
    }
    seen.note("scheduler.state", "`ENABLED` and `DISABLED` are kept, and told");
    Ok(())
}

async fn fires(endpoint: &Endpoint, seen: &Seen) -> Result<()> {
    let url = endpoint.queue("canary", &[]).await?;
    let arn = QueueAttributeName::QueueArn;
    let attributes = endpoint.sqs.get_queue_attributes().queue_url(&url).attribute_names(arn.clone());
    let attributes = attributes.send().await?.attributes.unwrap_or_default();
    let target = attributes.get(&arn).context("a queue without an ARN")?;
    let input = json!({"id": "<aws.scheduler.execution-id>", "timestamp": "<aws.scheduler.scheduled-time>"});
    create(endpoint, "canary", "ENABLED", target, &input).await?;
    let began = Instant::now();
    while began.elapsed() < FIRES_WITHIN {
        let Some(message) = endpoint.receive(&url).await?.pop() else { continue };
        seen.note("scheduler.fires", format!("within {} s", FIRES_WITHIN.as_secs()));
        let body: Value = serde_json::from_str(message.body.as_deref().unwrap_or_default())?;
        let filled = |name: &str| {
            let text = body[name].as_str().unwrap_or_default();
            if text.starts_with('<') { "left as it stands" } else { "filled in" }
        };
        seen.note(
            "scheduler.placeholders",
            format!("execution id {}, scheduled time {}", filled("id"), filled("timestamp")),
        );
        return Ok(());
    }
    seen.note("scheduler.fires", format!("not within {} s", FIRES_WITHIN.as_secs()));
    seen.note("scheduler.placeholders", "not seen");
    Ok(())
}
