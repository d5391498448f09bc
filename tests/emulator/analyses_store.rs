//! The analyses table of the emulator does what every store must do.

use analyze::analyses::{Analyses, contract};
use anyhow::Result;
use tests::Site;

async fn store() -> Result<Analyses> {
    let site = Site::connect()?;
    let table = site.private_table("id", None).await?;
    Ok(Analyses::table(site.dynamodb, table))
}

#[tokio::test]
async fn it_swaps_documents() -> Result<()> {
    contract::swaps_documents(&store().await?).await;
    Ok(())
}

#[tokio::test]
async fn it_adds_up_to_a_ceiling() -> Result<()> {
    contract::adds_up_to_a_ceiling(&store().await?).await;
    Ok(())
}
