//! The deliveries table of the emulator does what every store must do.

use std::time::Duration;

use anyhow::Result;
use lambda::claims::{Claims, DynamoClaims};
use notify::delivery::store::{DynamoDeliveries, contract};
use tests::Site;

/// Tables of its own.
async fn store() -> Result<(DynamoDeliveries, Claims<DynamoClaims>)> {
    let site = Site::connect()?;
    let claims = DynamoClaims::new(site.dynamodb.clone(), site.private_table("id", None).await?);
    let table = site.private_table("id", Some("part")).await?;
    let deliveries = DynamoDeliveries::new(site.dynamodb, table);
    Ok((deliveries, Claims::new(claims, "notify", Duration::from_secs(30))))
}

#[tokio::test]
async fn it_lets_a_notice_pass_once() -> Result<()> {
    let (deliveries, claims) = store().await?;
    contract::lets_a_notice_pass_once(&deliveries, &claims).await;
    Ok(())
}

#[tokio::test]
async fn a_state_belongs_to_whoever_is_at_work() -> Result<()> {
    let (deliveries, claims) = store().await?;
    contract::a_state_belongs_to_whoever_is_at_work(&deliveries, &claims).await;
    Ok(())
}

#[tokio::test]
async fn it_keeps_what_waits_for_the_account() -> Result<()> {
    let (deliveries, _) = store().await?;
    contract::keeps_what_waits_for_the_account(&deliveries).await;
    Ok(())
}
