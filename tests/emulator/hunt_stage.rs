//! The hunt in this process, against the emulator: what enrich records is found, told once, and remembered.

use anyhow::{Context, Result};
use domain::incident::principal;
use domain::{Alert, EnrichedAlert, Feedback, Sighting, message};
use enrich::sightings::{Course, Sightings};
use hunt::stage::HuntError;
use hunt::window::{Asked, Call, WindowError};
use hunt::{Config, Hunt, Tally};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use tests::Site;

/// A hunt with tables and queues that no other test has.
struct Run {
    site: Site,
    sightings: Sightings,
    sightings_table: String,
    claims_table: String,
    enriched: String,
    feedback: String,
}

impl Run {
    async fn new() -> Result<Self> {
        let site = Site::connect()?;
        let sightings_table = site.private_table("subject", Some("seen")).await?;
        let claims_table = site.private_table("id", None).await?;
        let (enriched, feedback) = (site.private_queue().await?, site.private_queue().await?);
        let sightings = Sightings::new(site.dynamodb.clone(), &sightings_table);
        Ok(Self { site, sightings, sightings_table, claims_table, enriched, feedback })
    }

    fn hunt(&self, enriched: &str) -> Result<Hunt> {
        let environment = self.site.environment(&[
            ("LEASE_SECONDS", "30"),
            ("CLAIMS_TABLE", &self.claims_table),
            ("SIGHTINGS_TABLE", &self.sightings_table),
            ("ENRICHED_QUEUE_URL", enriched),
            ("FEEDBACK_QUEUE_URL", &self.feedback),
        ]);
        Ok(Hunt::new(Config::read(&environment)?, &self.site.aws))
    }

    /// A login so long before now, recorded at once.
    async fn login(&self, minutes_ago: i64, outcome: &str, address: &str, country: &str) -> Result<()> {
        let at = now() - SignedDuration::from_mins(minutes_ago);
        let alert = json!({
            "id": format!("{}.1", at.as_millisecond()), "timestamp": at, "manager": {"name": "m"},
            "agent": {"id": "007", "name": "web-01"}, "GeoLocation": {"country_name": country},
            "rule": {"id": "1", "level": 3, "groups": [format!("authentication_{outcome}")]},
            "data": {"srcip": address, "dstuser": "alice"},
        });
        let sighting = Sighting::of(&Alert::parse(&alert.to_string())?, at).context("it is a login")?;
        // Recorded twice, as a redelivery does it.
        for _ in 0..2 {
            self.sightings.record(&sighting, Course::Observed, at).await?;
        }
        Ok(())
    }

    async fn story(&self) -> Result<()> {
        for minute in 0..6 {
            self.login(40 - minute, "failed", "203.0.113.9", "Germany").await?;
        }
        self.login(30, "success", "203.0.113.9", "Germany").await?;
        self.login(20, "success", "198.51.100.7", "Singapore").await
    }

    async fn call(&self, hunt: &Hunt, at: Timestamp) -> std::result::Result<Tally, HuntError> {
        hunt.call(Call { hunt: Asked::default() }, at).await
    }
}

/// The same for a whole test: hours have partitions of their own.
fn now() -> Timestamp {
    const SECOND: i64 = 1_791_195_600;
    Timestamp::from_second(SECOND).unwrap_or_default()
}

#[tokio::test]
async fn a_story_is_told_once_and_to_both() -> Result<()> {
    let run = Run::new().await?;
    run.story().await?;
    let hunt = run.hunt(&run.enriched)?;
    let tally = run.call(&hunt, now()).await?;
    assert_eq!((tally.accounts, tally.findings, tally.told, tally.failed), (1, 1, 1, 0));
    let enriched = run.site.drain(&run.enriched).await?;
    assert_eq!(enriched.len(), 1);
    let enriched: EnrichedAlert = message::decode(enriched[0].body().unwrap_or_default())?;
    assert_eq!(principal(&enriched.alert), "alice");
    assert_eq!(
        enriched.alert.rule().description,
        "Hunting: alice: impossible travel, success after failures"
    );
    let told = run.site.drain(&run.feedback).await?;
    let told: Feedback = message::decode(told[0].body().unwrap_or_default())?;
    assert_eq!(told.event["triage"]["kind"], "finding");
    // The windows of the next hunts hold the same logins.
    for minutes in [0, 10, 15] {
        let again = run.call(&hunt, now() + SignedDuration::from_mins(minutes)).await?;
        assert_eq!(again.told, 0, "{minutes} minutes later");
    }
    assert!(run.site.drain(&run.enriched).await?.is_empty());
    assert!(run.site.drain(&run.feedback).await?.is_empty());
    Ok(())
}

#[tokio::test]
async fn what_could_not_be_told_is_told_by_the_next_hunt() -> Result<()> {
    let run = Run::new().await?;
    run.story().await?;
    let broken = run.hunt(&run.enriched.replace("test-", "missing-"))?;
    assert!(matches!(run.call(&broken, now()).await, Err(HuntError::NotTold(1))));
    let hunt = run.hunt(&run.enriched)?;
    assert_eq!(run.call(&hunt, now() + SignedDuration::from_mins(15)).await?.told, 1);
    assert_eq!(run.site.drain(&run.enriched).await?.len(), 1);
    Ok(())
}

#[tokio::test]
async fn habits_outlive_the_window() -> Result<()> {
    let run = Run::new().await?;
    let hunt = run.hunt(&run.enriched)?;
    for day in (1..=20).rev() {
        run.login(day * 1440, "success", "203.0.113.9", "Germany").await?;
        run.call(&hunt, now() - SignedDuration::from_hours(24 * day) + SignedDuration::from_mins(1)).await?;
    }
    assert!(run.site.drain(&run.enriched).await?.is_empty(), "every day like the other");
    run.login(5, "success", "198.51.100.7", "Nigeria").await?;
    assert_eq!(run.call(&hunt, now()).await?.told, 1);
    let told = run.site.drain(&run.enriched).await?;
    let told: EnrichedAlert = message::decode(told[0].body().unwrap_or_default())?;
    assert_eq!(told.alert.rule().description, "Hunting: alice: first login from a country");
    Ok(())
}

#[tokio::test]
async fn a_window_that_is_none_is_refused() -> Result<()> {
    let run = Run::new().await?;
    let call: Call =
        serde_json::from_str(r#"{"hunt":{"from":"2026-10-05T10:00:00Z","to":"2026-10-05T09:00:00Z"}}"#)?;
    let error = run.hunt(&run.enriched)?.call(call, now()).await;
    assert!(matches!(error, Err(HuntError::Window(WindowError::Backwards))), "{error:?}");
    Ok(())
}
