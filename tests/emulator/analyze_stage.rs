//! The analyze stage in this process, against the emulator and stubs of its own.

use std::time::Duration;

use analyze::{Analyze, Config};
use anyhow::{Context, Result};
use aws_sdk_dynamodb::types::AttributeValue;
use domain::analysis::{Analysis, ModelVerdict, NoAnalysis};
use domain::assessment::Priority;
use domain::incident::IncidentId;
use domain::message::{self, Schema};
use domain::verdict::{Formula, Verdict};
use domain::{Alert, EnrichedAlert, Notice};
use jiff::Timestamp;
use lambda::batch::Deadline;
use lambda::{Stage as _, Sweep as _};
use serde_json::Value;
use tests::Site;
use tests::alerts::{brute_force, with};
use tests::site::{attributes, requests, run, run_with, switch};

struct Run {
    site: Site,
    stub_url: String,
    incidents: String,
    notices: String,
    dead_letters: String,
    stage: Analyze,
}

impl Run {
    async fn new() -> Result<Self> {
        let site = Site::connect()?;
        let stub_url = Site::private_stubs().await?;
        let incidents = site.private_incidents_table().await?;
        // Answers, budgets and breakers of other tests would decide here.
        let analyses = site.private_table("id", None).await?;
        let notices = site.private_queue().await?;
        let dead_letters = site.private_queue().await?;
        let outputs = &site.stack.outputs;
        let environment = site.environment(&[
            ("LEASE_SECONDS", "30"),
            ("CLAIMS_TABLE", &outputs.tables.claims),
            ("INCIDENTS_TABLE", &incidents),
            ("SIGHTINGS_TABLE", &outputs.tables.sightings),
            ("ANALYSES_TABLE", &analyses),
            ("NOTICES_QUEUE_URL", &notices),
            ("DEAD_LETTER_QUEUE_URL", &dead_letters),
            ("MODEL_URL", &format!("{stub_url}/v1")),
            ("MODEL_KEY_PARAMETER", &outputs.parameters.model_key),
            ("MODEL_TIMEOUT_SECONDS", "3"),
        ]);
        let stage = Analyze::new(Config::read(&environment)?, &site.aws)?;
        Ok(Self { site, stub_url, incidents, notices, dead_letters, stage })
    }

    async fn notices(&self) -> Result<Vec<Notice>> {
        let messages = self.site.drain(&self.notices).await?;
        let read = messages.iter().map(|message| Ok(message::decode(message.body().unwrap_or_default())?));
        read.collect()
    }

    async fn alert_count(&self, alert: &Value) -> Result<u32> {
        let id = id_of(alert)?;
        let key = AttributeValue::S(id.as_str().to_owned());
        let item =
            self.site.dynamodb.get_item().table_name(&self.incidents).key("id", key).send().await?.item;
        let count =
            item.context("no incident")?.get("alert_count").and_then(|count| count.as_n().ok()?.parse().ok());
        count.context("an incident without a count")
    }
}

fn id_of(alert: &Value) -> Result<IncidentId> {
    Ok(IncidentId::of(&Alert::parse(&alert.to_string())?))
}

fn enriched(alert: &Value) -> Result<String> {
    let alert = Alert::parse(&alert.to_string())?;
    let verdict = Verdict::over(&[], &Formula::default(), Timestamp::UNIX_EPOCH);
    let enriched = EnrichedAlert { schema: Schema, alert, reports: Vec::new(), verdict, repeat_of: None };
    Ok(message::encode(&enriched)?)
}

/// Alerts of one incident: same node, rule, agent and address.
fn incident(alerts: usize) -> Vec<Value> {
    let first = brute_force("203.0.113.24");
    (0..alerts).map(|index| with(first.clone(), "/id", format!("1791030127.{index}"))).collect()
}

#[tokio::test]
async fn an_alert_becomes_a_notice_with_assessment_and_verified_analysis() -> Result<()> {
    let run_ = Run::new().await?;
    assert!(run(&run_.stage, &[enriched(&brute_force("203.0.113.24"))?]).await??.failures.is_empty());
    let notices = run_.notices().await?;
    let [notice] = notices.as_slice() else { panic!("one notice, not {}", notices.len()) };
    assert_eq!(notice.assessment.priority, Priority::High);
    let Analysis::Written(explanation) = &notice.analysis else { panic!("{:?}", notice.analysis) };
    assert!(!explanation.evidence.is_empty());
    Ok(())
}

#[tokio::test]
async fn every_alert_of_an_incident_is_counted_exactly_once_and_one_is_noticed() -> Result<()> {
    let run_ = Run::new().await?;
    let alerts = incident(9);
    let bodies = alerts.iter().map(enriched).collect::<Result<Vec<_>>>()?;
    // All at once, then all again: as a redelivery would.
    for _ in 0..2 {
        assert!(run(&run_.stage, &bodies).await??.failures.is_empty());
    }
    assert_eq!(run_.notices().await?.len(), 1);
    assert_eq!(run_.alert_count(&alerts[0]).await?, 9);
    assert_eq!(requests(&run_.stub_url, "model").await?, 1);
    Ok(())
}

#[tokio::test]
async fn a_storm_into_one_incident_is_counted_exactly_and_is_one_notice_until_the_sweep() -> Result<()> {
    const ALERTS: usize = 300;
    let run_ = Run::new().await?;
    // Every fourth has a user of its own: it changes more than the count.
    let alerts: Vec<Value> = incident(ALERTS)
        .into_iter()
        .enumerate()
        .map(
            |(index, alert)| {
                if index % 4 == 0 { with(alert, "/data/dstuser", format!("user-{index}")) } else { alert }
            },
        )
        .collect();
    let bodies = alerts.iter().map(enriched).collect::<Result<Vec<_>>>()?;
    let started = std::time::Instant::now();
    for batch in bodies.chunks(25) {
        assert!(run(&run_.stage, batch).await??.failures.is_empty());
    }
    println!("{ALERTS} alerts into one incident: {:?}", started.elapsed());
    assert_eq!(run_.alert_count(&alerts[0]).await?, u32::try_from(ALERTS)?);
    assert_eq!(run_.notices().await?.len(), 1);

    // Five minutes later by the clock that the sweep is told.
    let deadline = Deadline::within(Duration::from_secs(30), Duration::ZERO);
    let later = Timestamp::now() + Duration::from_secs(301);
    run_.stage.sweep(deadline, later).await?;
    run_.stage.sweep(deadline, later).await?;
    let notices = run_.notices().await?;
    let [update] = notices.as_slice() else { panic!("one update, not {}", notices.len()) };
    assert_eq!((update.number, update.kind.name(), update.summary.alerts), (2, "update", ALERTS as u64));
    assert_eq!(requests(&run_.stub_url, "model").await?, 1, "the update repeats the analysis of the first");
    Ok(())
}

#[tokio::test]
async fn a_repeat_adds_to_the_incident_of_the_first_whatever_its_agent() -> Result<()> {
    let run_ = Run::new().await?;
    let first = brute_force("203.0.113.24");
    assert!(run(&run_.stage, &[enriched(&first)?]).await??.failures.is_empty());
    let incident = id_of(&first)?;
    let elsewhere = with(with(first.clone(), "/agent/id", "008"), "/agent/name", "web-02");
    let elsewhere = with(elsewhere, "/id", "1791030127.9");
    let mut repeat: EnrichedAlert = message::decode(&enriched(&elsewhere)?)?;
    repeat.repeat_of = Some(incident);
    // Twice, as a redelivery would.
    for _ in 0..2 {
        assert!(run(&run_.stage, &[message::encode(&repeat)?]).await??.failures.is_empty());
    }
    let kinds: Vec<&str> = run_.notices().await?.iter().map(|notice| notice.kind.name()).collect();
    assert_eq!(kinds, ["first", "escalation"], "it is on another host");
    assert_eq!(run_.alert_count(&first).await?, 2);
    Ok(())
}

#[tokio::test]
async fn a_repeat_of_an_incident_that_never_was_opens_its_own() -> Result<()> {
    let run_ = Run::new().await?;
    let alert = brute_force("203.0.113.24");
    let mut repeat: EnrichedAlert = message::decode(&enriched(&alert)?)?;
    repeat.repeat_of = Some(IncidentId::of(&Alert::parse(&brute_force("203.0.113.24").to_string())?));
    assert!(run(&run_.stage, &[message::encode(&repeat)?]).await??.failures.is_empty());
    assert_eq!(run_.notices().await?.len(), 1);
    assert_eq!(run_.alert_count(&alert).await?, 1);
    Ok(())
}

#[tokio::test]
async fn a_model_in_trouble_costs_the_prose_and_never_the_notice() -> Result<()> {
    for (mode, reason) in [
        ("unauthorized", NoAnalysis::Configuration),
        ("no_model", NoAnalysis::Configuration),
        ("quota", NoAnalysis::QuotaExhausted),
        ("error", NoAnalysis::Unreachable),
        ("overloaded", NoAnalysis::Unreachable),
        ("rate_limit", NoAnalysis::RateLimited),
        ("elsewhere", NoAnalysis::Configuration),
        ("too_long", NoAnalysis::ContextTooLong),
        ("policy", NoAnalysis::Policy),
        ("policy_cyber", NoAnalysis::Policy),
        ("policy_azure", NoAnalysis::Policy),
        ("filtered", NoAnalysis::Policy),
        ("empty", NoAnalysis::Invalid),
        ("huge", NoAnalysis::Invalid),
        ("drip", NoAnalysis::Timeout),
        ("refuse", NoAnalysis::Refused),
        ("cut", NoAnalysis::Incomplete),
        ("broken", NoAnalysis::Invalid),
        ("wrong_shape", NoAnalysis::Invalid),
        ("html", NoAnalysis::Invalid),
        ("slow", NoAnalysis::Timeout),
    ] {
        let run_ = Run::new().await?;
        switch(&run_.stub_url, "model", mode).await?;
        assert!(run(&run_.stage, &[enriched(&brute_force("203.0.113.24"))?]).await??.failures.is_empty());
        let notices = run_.notices().await?;
        assert_eq!(notices[0].analysis, Analysis::Unavailable { reason }, "{mode}");
        assert_eq!(notices[0].assessment.priority, Priority::High, "{mode}");
    }
    Ok(())
}

#[tokio::test]
async fn a_model_that_lies_or_plays_down_changes_no_priority() -> Result<()> {
    let run_ = Run::new().await?;
    switch(&run_.stub_url, "model", "lie").await?;
    run(&run_.stage, &[enriched(&brute_force("203.0.113.24"))?]).await??;
    switch(&run_.stub_url, "model", "downplay").await?;
    run(&run_.stage, &[enriched(&brute_force("203.0.113.25"))?]).await??;
    let notices = run_.notices().await?;
    assert!(notices.iter().all(|notice| notice.assessment.priority == Priority::High));
    let liar =
        notices.iter().find(|notice| notice.alert.raw().contains("203.0.113.24")).context("no notice")?;
    let Analysis::Written(explanation) = &liar.analysis else { panic!("{:?}", liar.analysis) };
    assert_eq!((explanation.verdict, explanation.evidence.len()), (ModelVerdict::Undetermined, 0));
    Ok(())
}

#[tokio::test]
async fn when_time_is_short_the_notice_goes_without_the_model() -> Result<()> {
    let run_ = Run::new().await?;
    let body = enriched(&brute_force("203.0.113.24"))?;
    let deadline = Deadline::within(Duration::from_secs(7), Duration::ZERO);
    assert!(Analyze::ONE_RECORD > Duration::from_secs(7), "such a record is normally not even started");
    assert!(run_with(&run_.stage, &[body], deadline).await??.failures.is_empty());
    assert_eq!(run_.notices().await?[0].analysis, Analysis::Unavailable { reason: NoAnalysis::NoTime });
    Ok(())
}

#[tokio::test]
async fn a_message_of_another_version_is_dead_lettered_with_its_reason() -> Result<()> {
    let run_ = Run::new().await?;
    let body = enriched(&brute_force("203.0.113.24"))?.replace(r#""schema":1"#, r#""schema":9"#);
    assert!(run(&run_.stage, &[body, "{".into()]).await??.failures.is_empty());
    let letters = run_.site.drain(&run_.dead_letters).await?;
    let reasons: Vec<String> = letters.iter().map(|letter| attributes(letter)["reason"].clone()).collect();
    for expected in ["message schema 9 is not known here, only 1", "unexpected shape"] {
        assert!(reasons.iter().any(|reason| reason.ends_with(expected)), "{expected} is not in {reasons:?}");
    }
    Ok(())
}
