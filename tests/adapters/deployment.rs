//! What `triage doctor` says of a deployment of which only parts are there.

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use crate::endpoint::Endpoint;
use crate::mails;
use crate::run::{Run, Seen};
use crate::service::Service;

pub(crate) async fn all(run: &mut Run) {
    run.test(Service::Sqs, "doctor finds the queues, and what time it is", queues).await;
    run.test(Service::Ssm, "doctor finds the keys, and that they are encrypted", keys).await;
    run.test(Service::Ses, "doctor knows whether SES sends, how much, and for whom", sending).await;
}

/// The findings; what is not there is no reason to say nothing.
pub(crate) async fn doctor(endpoint: &Endpoint) -> Result<Value> {
    let said = endpoint.triage(&format!("doctor --json --sender {}", sender(endpoint)), "").await?;
    Ok(said.json()?["findings"].take())
}

pub(crate) fn finding<'a>(findings: &'a Value, about: &str) -> Result<&'a Value> {
    let findings = findings.as_array().context("no findings")?;
    findings
        .iter()
        .find(|finding| finding["about"] == about)
        .with_context(|| format!("nothing about {about}"))
}

fn sender(endpoint: &Endpoint) -> String {
    format!("doctor@{}.example.com", endpoint.name)
}

async fn queues(endpoint: &Endpoint, _: &Seen) -> Result<()> {
    let findings = doctor(endpoint).await?;
    for name in ["alerts", "alerts-dlq", "enriched", "notices-dlq", "feedback"] {
        let found = finding(&findings, &format!("queue {name}"))?;
        ensure!(found["level"] == "ok" && found["what"] == "is there", "{found}");
    }
    let clock = finding(&findings, "clock")?;
    ensure!(clock["level"] == "ok", "{clock}");
    Ok(())
}

async fn keys(endpoint: &Endpoint, _: &Seen) -> Result<()> {
    let findings = doctor(endpoint).await?;
    for key in ["abuseipdb-key", "model-key"] {
        let found = finding(&findings, &format!("parameter /{}/{key}", endpoint.name))?;
        ensure!(found["what"] == "is there, encrypted", "{found}");
    }
    Ok(())
}

async fn sending(endpoint: &Endpoint, seen: &Seen) -> Result<()> {
    let before = doctor(endpoint).await?;
    mails::verify(endpoint, "doctor").await?;
    let after = doctor(endpoint).await?;
    let status = |findings: &Value| {
        let is_verified = finding(findings, "sender")?["level"] == "ok";
        Ok::<_, anyhow::Error>(if is_verified { "`Success`" } else { "not verified" })
    };
    seen.note("ses.unknown", status(&before)?);
    seen.note("ses.verification", status(&after)?);
    let sending = finding(&after, "SES")?["what"].as_str().context("nothing about SES")?;
    seen.note("ses.enabled", sending);
    let quota = finding(&after, "SES quota")?;
    let figures = &quota["figures"];
    let sent = figures["sent_24_hours"].as_f64().with_context(|| format!("no figures in {quota}"))?;
    let counts = if sent > 0.0 { "counted" } else { "not counted" };
    seen.note("ses.quota", format!("{} in 24 hours; what was sent is {counts}", figures["limit_24_hours"]));
    Ok(())
}
