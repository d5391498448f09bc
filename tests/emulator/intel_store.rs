//! The intel table of the emulator does what every store must do.

use anyhow::Result;
use domain::verdict::Provider;
use intel::{DynamoStore, contract};
use tests::Site;

async fn store() -> Result<DynamoStore> {
    let site = Site::connect()?;
    let table = site.private_table("key", Some("source")).await?;
    Ok(DynamoStore::new(site.dynamodb, table))
}

#[tokio::test]
async fn it_keeps_answers_and_gives_one_turn_at_a_time() -> Result<()> {
    contract::keeps_answers(&store().await?, &"203.0.113.9".parse()?).await;
    Ok(())
}

#[tokio::test]
async fn it_guards_providers() -> Result<()> {
    contract::guards_providers(&store().await?, Provider::Misp).await;
    Ok(())
}
