//! The notify stage in this process, against the emulator.

use std::time::Duration;

use anyhow::{Context, Result};
use domain::analysis::{Analysis, NoAnalysis};
use domain::assessment::{Assessment, Priority};
use domain::history::History;
use domain::incident::{Incident, IncidentId, Seen, Silences};
use domain::message::{self, NoticeId, Schema};
use domain::verdict::{Formula, Verdict};
use domain::{Alert, EnrichedAlert, Notice};
use jiff::Timestamp;
use notify::{Config, Notify};
use tests::Site;
use tests::alerts::brute_force;
use tests::deployed;
use tests::site::{attributes, run};

fn notice() -> Result<Notice> {
    let enriched = EnrichedAlert {
        schema: Schema,
        alert: Alert::parse(&brute_force("203.0.113.24").to_string())?,
        reports: Vec::new(),
        verdict: Verdict::over(&[], &Formula::default(), Timestamp::UNIX_EPOCH),
        repeat_of: None,
    };
    let (incident, opened_at, history) =
        (IncidentId::of(&enriched.alert), Timestamp::now(), History::default());
    let seen = Seen::of(&enriched);
    let lease_until = opened_at + Duration::from_mins(1);
    let opened =
        Incident::meet(None, &seen, Priority::High, &history, opened_at, lease_until, &Silences::default());
    let taken = opened.taken.context("an incident without a first notice")?;
    Ok(Notice {
        schema: Schema,
        id: NoticeId::of(&incident, opened_at, taken.number),
        incident,
        opened_at,
        number: taken.number,
        opener: opened.incident.opener().clone(),
        summary: opened.incident.summary(&taken),
        kind: taken.kind,
        analysed: enriched.alert.key().clone(),
        alert: enriched.alert,
        reports: enriched.reports,
        verdict: enriched.verdict,
        history,
        assessment: Assessment {
            priority: Priority::High,
            reasons: Vec::new(),
            next_steps: Vec::new(),
            open_questions: Vec::new(),
            techniques: Vec::new(),
            ..Assessment::default()
        },
        analysis: Analysis::Unavailable { reason: NoAnalysis::Disabled },
    })
}

async fn stage(site: &Site, from: &str) -> Result<(Notify, String)> {
    let (dead_letters, notices) = (site.private_queue().await?, site.private_queue().await?);
    let deliveries = site.private_table("id", Some("part")).await?;
    let environment = site.environment(&[
        ("LEASE_SECONDS", "30"),
        ("CLAIMS_TABLE", &site.stack.outputs.tables.claims),
        ("DEAD_LETTER_QUEUE_URL", &dead_letters),
        ("MAIL_FROM", from),
        ("MAIL_TO", "soc@example.com"),
        ("DELIVERIES_TABLE", &deliveries),
        ("NOTICES_QUEUE_URL", &notices),
    ]);
    Ok((Notify::new(Config::read(&environment)?, &site.aws), dead_letters))
}

#[tokio::test]
async fn a_notice_that_is_delivered_many_times_is_one_mail() -> Result<()> {
    let site = Site::connect()?;
    let (stage, _) = stage(&site, &site.stack.outputs.mail.from).await?;
    let notice = notice()?;
    let body = message::encode(&notice)?;
    // At once, where one wins and the others wait for it, and again later.
    assert!(run(&stage, &vec![body.clone(); 4]).await??.failures.is_empty());
    assert!(run(&stage, &vec![body; 4]).await??.failures.is_empty());
    let mails = deployed::mails(&site, notice.alert.key()).await?;
    assert_eq!(mails.len(), 1);
    assert!(deployed::text(&mails[0])?.contains("no model is configured"));
    Ok(())
}

#[tokio::test]
async fn a_mail_that_ses_rejects_is_dead_lettered_with_the_reason_and_can_be_sent_later() -> Result<()> {
    let site = Site::connect()?;
    let (unverified, dead_letters) = stage(&site, "nobody@unverified.example").await?;
    let notice = notice()?;
    let body = message::encode(&notice)?;
    assert!(run(&unverified, std::slice::from_ref(&body)).await??.failures.is_empty());
    let letters = site.drain(&dead_letters).await?;
    assert_eq!(attributes(&letters[0])["reason"], "SES rejected the mail: MessageRejected");
    let (repaired, _) = stage(&site, &site.stack.outputs.mail.from).await?;
    assert!(run(&repaired, &[letters[0].body().unwrap_or_default().to_owned()]).await??.failures.is_empty());
    assert_eq!(deployed::mails(&site, notice.alert.key()).await?.len(), 1);
    Ok(())
}
