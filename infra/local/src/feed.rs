//! What somebody of the site has written into the `intel` table: one private address. No feed may list it, and no provider
//! may be asked about it.

use anyhow::{Context, Result};
use aws_config::SdkConfig;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;

/// Writes the row; shared/intel/src/store/dynamo.rs says what a row holds.
pub(crate) async fn list(configuration: &SdkConfig, intel_table: &str, now: Timestamp) -> Result<()> {
    let text = |text: &str| AttributeValue::S(text.to_owned());
    Client::new(configuration)
        .put_item()
        .table_name(intel_table)
        .item("key", text("ip#192.168.1.100"))
        .item("source", text("feed#site"))
        .item("title", text("Example worm in office networks"))
        .item("listed_at", text(&now.to_string()))
        .send()
        .await
        .context("could not write the row of the feed")?;
    Ok(())
}
