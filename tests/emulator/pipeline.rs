//! The deployed functions, from the alerts queue to the mail.

use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use serde_json::{Value, json};
use tests::Site;
use tests::alerts::{brute_force, key, with};
use tests::deployed::{self, ends, log_lines, mails, publish};
use tests::site::attributes;

fn bodies(alerts: &[Value]) -> Vec<String> {
    alerts.iter().map(Value::to_string).collect()
}

fn outcomes(ends: &[deployed::End]) -> Vec<&str> {
    let mut outcomes: Vec<&str> = ends.iter().map(|end| end.outcome.as_str()).collect();
    outcomes.sort_unstable();
    outcomes
}

#[tokio::test]
async fn an_alert_becomes_one_mail_that_says_what_decided_it() -> Result<()> {
    let site = Site::connect()?;
    let alert = brute_force("203.0.113.24");
    let key = key(&alert)?;
    publish(&site, &bodies(std::slice::from_ref(&alert))).await?;
    assert_eq!(outcomes(&ends(&site, &[key.as_str()], 1).await?), ["notified"]);
    let mails = mails(&site, &key).await?;
    assert_eq!(mails.len(), 1);
    let text = deployed::text(&mails[0])?;
    let rule = alert["rule"]["id"].as_str().unwrap_or_default();
    for expected in [
        "web-01",
        "203.0.113.24",
        rule,
        "100% confidence of abuse",
        "Example brute-force botnet",
        "3 pulses",
        "T1110",
    ] {
        assert!(text.contains(expected), "{expected} is not in:\n{text}");
    }
    Ok(())
}

#[tokio::test]
async fn duplicates_and_companions_are_counted_and_mailed_once() -> Result<()> {
    let site = Site::connect()?;
    let first = brute_force("203.0.113.24");
    let second = with(first.clone(), "/id", "1791030128.5000");
    let (first_key, second_key) = (key(&first)?, key(&second)?);
    publish(&site, &bodies(&[first.clone(), first.clone(), first, second])).await?;
    let ends = ends(&site, &[first_key.as_str(), second_key.as_str()], 4).await?;
    assert_eq!(outcomes(&ends), ["counted", "counted", "counted", "notified"]);
    let reasons: Vec<&str> = ends.iter().map(|end| end.reason.as_str()).collect();
    assert_eq!(reasons.iter().filter(|reason| **reason == "duplicate").count(), 2, "{reasons:?}");
    Ok(())
}

#[tokio::test]
async fn every_kind_of_alert_ends_where_it_should() -> Result<()> {
    let site = Site::connect()?;
    let unlisted = brute_force("198.51.100.200");
    let cases = [
        (with(unlisted.clone(), "/rule/id", "31530"), "ignored", "excluded_rule"),
        (with(unlisted.clone(), "/rule/level", 3), "observed", "authentication"),
        (
            with(with(unlisted.clone(), "/rule/level", 3), "/rule/groups", json!(["web"])),
            "ignored",
            "below_level",
        ),
        (with(unlisted, "/rule/level", 6), "ignored", "below_forward_level"),
    ];
    for (index, (alert, outcome, reason)) in cases.into_iter().enumerate() {
        let alert = with(alert, "/id", format!("1791030130.{index}"));
        let key = key(&alert)?;
        publish(&site, &bodies(&[alert])).await?;
        let ends = ends(&site, &[key.as_str()], 1).await?;
        assert_eq!((ends[0].outcome.as_str(), ends[0].reason.as_str()), (outcome, reason));
    }
    Ok(())
}

#[tokio::test]
async fn bad_bodies_are_dead_lettered_with_a_reason_and_harm_no_neighbour() -> Result<()> {
    let site = Site::connect()?;
    let good = brute_force("198.51.100.201");
    let key = key(&good)?;
    let mut messages = vec![
        "not JSON".to_owned(),
        "\"a string\"".to_owned(),
        "[".repeat(250_000),
        r#"{"id":"1.1","rule":"5763"}"#.to_owned(),
        r#"{"rule":{"id":"5763","level":10}}"#.to_owned(),
    ];
    messages.insert(2, good.to_string());
    let mut ids = publish(&site, &messages).await?;
    ids.remove(2);
    let about: Vec<&str> = ids.iter().map(String::as_str).collect();
    let ends = ends(&site, &about, 5).await?;
    assert_eq!(outcomes(&ends), ["dead_lettered"; 5]);
    assert_eq!(mails(&site, &key).await?.len(), 1);
    let letters = site.drain(&site.stack.outputs.dead_letter_queues.alerts).await?;
    let ours =
        letters.iter().map(attributes).filter(|attributes| ids.contains(&attributes["source_message_id"]));
    let mut reasons: Vec<String> = ours.map(|attributes| attributes["reason"].clone()).collect();
    reasons.sort();
    assert_eq!(
        reasons,
        [
            "the alert has no id",
            "the alert has no rule object",
            "the body is a string, not a JSON object",
            "the body is not JSON (line 1, column 250000: it ends too early)",
            "the body is not JSON (line 1, column 2: unexpected text)",
        ]
    );
    Ok(())
}

#[tokio::test]
async fn the_publisher_feeds_the_pipeline_as_integratord_calls_it() -> Result<()> {
    let site = Site::connect()?;
    let alert = brute_force("203.0.113.24");
    let key = key(&alert)?;
    let folder = std::env::temp_dir().join(format!("publisher-{}", uuid::Uuid::new_v4().simple()));
    let integrations = folder.join("integrations");
    for name in ["integrations", "logs", "queue", "etc"] {
        std::fs::create_dir_all(folder.join(name))?;
    }
    let program = integrations.join("custom-wazuh-triage");
    std::fs::copy(&site.stack.publisher, &program)?;
    let file = folder.join("custom-wazuh-triage-1791030127--4711.alert");
    std::fs::write(&file, format!("{alert}\n"))?;
    let status = Command::new(&program)
        .arg(&file)
        .args(["", site.stack.outputs.queues.alerts.as_str(), "", "", "10", "3", "> /dev/null 2>&1"])
        .env_remove("RUST_LOG")
        .status()
        .context("could not run the publisher")?;
    assert!(status.success(), "{status}");
    assert!(file.exists(), "integratord's file is left alone");
    assert_eq!(outcomes(&ends(&site, &[key.as_str()], 1).await?), ["notified"]);
    std::fs::remove_dir_all(folder)?;
    Ok(())
}

#[tokio::test]
async fn the_schedule_sweeps_every_minute() -> Result<()> {
    let site = Site::connect()?;
    let until = Instant::now() + Duration::from_secs(90);
    while !log_lines(&site).await?.iter().any(|line| line.contains("\"Sweeps\":1")) {
        assert!(Instant::now() < until, "no sweep in 90 s");
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    Ok(())
}

#[tokio::test]
async fn no_log_holds_a_key_or_an_alert() -> Result<()> {
    let site = Site::connect()?;
    let alert = with(brute_force("203.0.113.24"), "/data/dstuser", "a-password-typed-as-a-user-name");
    let key = key(&alert)?;
    publish(&site, &bodies(&[alert])).await?;
    ends(&site, &[key.as_str()], 1).await?;
    for line in log_lines(&site).await? {
        assert!(!line.contains("a-password-typed-as-a-user-name"), "{line}");
        assert!(!line.contains("demo-key"), "{line}");
    }
    Ok(())
}
