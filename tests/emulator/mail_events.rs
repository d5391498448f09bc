//! What becomes of mails: the emulator's table remembers as every store must, and events come beside notices.

use anyhow::Result;
use jiff::Timestamp;
use notify::events::{MailEvents, Troubles, contract};
use notify::mail::{Note, Recipients};
use notify::{Config, Notify};
use serde_json::json;
use tests::Site;
use tests::site::run;

#[tokio::test]
async fn it_keeps_what_tells_most() -> Result<()> {
    let site = Site::connect()?;
    let table = site.private_table("id", None).await?;
    contract::keeps_what_tells_most(&Troubles::table(site.dynamodb, table)).await;
    Ok(())
}

#[tokio::test]
async fn a_bounce_is_noted_and_what_is_neither_notice_nor_event_is_dead_lettered() -> Result<()> {
    let site = Site::connect()?;
    let (table, dead_letters) = (site.private_table("id", None).await?, site.private_queue().await?);
    let environment = site.environment(&[
        ("LEASE_SECONDS", "30"),
        ("CLAIMS_TABLE", &site.stack.outputs.tables.claims),
        ("INCIDENTS_TABLE", &table),
        ("DELIVERIES_TABLE", &site.stack.outputs.tables.deliveries),
        ("NOTICES_QUEUE_URL", &dead_letters),
        ("DEAD_LETTER_QUEUE_URL", &dead_letters),
        ("MAIL_FROM", &site.stack.outputs.mail.from),
        ("MAIL_TO", "soc@example.com"),
        ("MAIL_CONFIGURATION_SET", "triage"),
    ]);
    let stage = Notify::new(Config::read(&environment)?, &site.aws);
    let bounce = json!({
        "eventType": "Bounce",
        "mail": {"messageId": "m1"},
        "bounce": {
            "bounceType": "Permanent",
            "bounceSubType": "NoEmail",
            "bouncedRecipients": [{"emailAddress": "gone@example.com"}],
            "feedbackId": format!("emulator-{}", Timestamp::now().as_nanosecond()),
        },
    })
    .to_string();
    let bodies = [bounce.clone(), bounce, "neither".to_owned()];
    assert!(run(&stage, &bodies).await??.failures.is_empty());
    assert_eq!(site.drain(&dead_letters).await?.len(), 1);
    let recipients: Recipients = "soc@example.com,gone@example.com".parse()?;
    let notes =
        MailEvents::new(Troubles::table(site.dynamodb, table)).notes(&recipients, Timestamp::now()).await;
    assert!(
        matches!(notes.as_slice(), [Note::Bounced { recipient, .. }] if recipient.as_str() == "gone@example.com")
    );
    Ok(())
}
